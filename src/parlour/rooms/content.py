"""What may stand in a message's text besides words: stories, links, room links, file links (docs/protocol/xccos.md,
Text). The server measures a text and never rewrites it; search looks inside."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote, urlsplit

__all__ = ["STORY_PREFIX", "searchable_text"]

STORY_PREFIX = "[STORY]"

_ANCHOR = re.compile(r'<a href="([^"<>\r\n]{1,2048})">([^<>]{0,1024})</a>', re.IGNORECASE)
_FILE = re.compile(
    r"ma-filelink://([^/\s<>\"?]{1,255})/([^/\s<>\"?]{1,64})/([^/\s<>\"?]{1,128})(\?[^\s<>\"]{0,1024})?",
    re.IGNORECASE,
)
_BARE = re.compile(r"\b(?:https?|ma-chan)://[^\s<>\"]{1,2048}", re.IGNORECASE)
_ANY = re.compile("|".join(pattern.pattern for pattern in (_ANCHOR, _FILE, _BARE)), re.IGNORECASE)


def searchable_text(text: str) -> str:
    """What search looks at: the words, the labels and addresses of links, the names of files, and not their mark-up."""
    if text.startswith(STORY_PREFIX):
        text = text[len(STORY_PREFIX) :]
    if "://" not in text:
        return text
    return _ANY.sub(lambda match: _searchable(match.group()), text)


def _searchable(link: str) -> str:
    anchor = _ANCHOR.fullmatch(link)
    url, label = (link, link) if anchor is None else anchor.groups()
    file = _FILE.fullmatch(url)
    if file is not None:
        return _name_of(file)
    return label if label == url else f"{label} {url}"


def _name_of(file: re.Match[str]) -> str:
    # No bound on the number of fields: too many would be an error, and the pattern has bounded the length.
    asked = parse_qs(urlsplit(file[4] or "").query)
    return asked.get("name", [unquote(file[3])])[0]
