"""Text for a terminal: made harmless, measured in columns, filled up, cut and wrapped. Chinese, Japanese and Korean
characters and most emoji take two columns, combining marks none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len as columns_of
from rich.cells import chop_cells, set_cell_size

__all__ = ["columns_of", "cut", "pad", "visible", "wrap"]

# What a terminal would obey instead of showing it: control characters but for line breaks; separators of lines and
# paragraphs; the marks that turn the direction of writing (UAX #9), with which a name could show as another one; halves
# of characters, which cannot be written out.
_UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """`text` without what a terminal would obey: such characters become `\\x1b` or `\\u202e`."""
    return _UNSEEN.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def pad(text: str, width: int) -> str:
    """`text` filled up with blanks to `width` columns; longer text stays as it is."""
    return text + " " * (width - columns_of(text))


def cut(text: str, width: int) -> str:
    """`text` in at most `width` columns, the last of them `…` where something is left out."""
    return text if columns_of(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def wrap(text: str, width: int) -> list[str]:
    """The words of `text` in lines of at most `width` columns. A word that is longer is broken."""
    lines = [""]
    for word in text.split():
        for piece in _pieces(word, width):
            longer = f"{lines[-1]} {piece}".lstrip()
            if columns_of(longer) <= width:
                lines[-1] = longer
            else:
                lines.append(piece)
    return lines


def _pieces(word: str, width: int) -> Iterator[str]:
    if columns_of(word) <= width:
        yield word
    else:
        yield from chop_cells(word, max(width, 2))
