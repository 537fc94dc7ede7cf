"""From text to XML text: escaping, and leaving out what XML 1.0 cannot carry.

Nothing a person typed may make a document that the receiver cannot parse: forbidden characters are dropped, and
carriage returns are written as references, since a parser would turn raw ones into line feeds (XML 1.0, 2.11).
"""

from __future__ import annotations

import re

__all__ = ["escape_attribute", "escape_text", "strip_forbidden"]

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def strip_forbidden(text: str) -> str:
    """`text` without the characters that XML 1.0 (production 2) excludes: controls, lone surrogates, U+FFFE, U+FFFF."""
    return _FORBIDDEN.sub("", text)


def escape_text(text: str) -> str:
    """`text` as the content of an element."""
    # The usual line of chat is printable and needs nothing: four C-level scans instead of six replacements.
    if text.isprintable():
        return _escape_markup(text)
    if not text.replace("\n", "").replace("\r", "").isprintable():
        text = _FORBIDDEN.sub("", text)
    text = _escape_markup(text)
    return text.replace("\r", "&#xD;") if "\r" in text else text


def escape_attribute(text: str) -> str:
    """`text` as the value of an attribute in double quotes; white space survives attribute value normalisation."""
    if not text.isprintable():
        text = _escape_markup(_FORBIDDEN.sub("", text))
        return text.replace('"', "&quot;").replace("\t", "&#x9;").replace("\n", "&#xA;").replace("\r", "&#xD;")
    text = _escape_markup(text)
    return text.replace('"', "&quot;") if '"' in text else text


def _escape_markup(text: str) -> str:
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    return text
