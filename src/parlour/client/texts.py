"""What may stand in a message besides words: stories, links, links to rooms and files (docs/protocol/xccos.md, Text).
Texts are plain for the server; this is how people's clients read them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from parlour.client.naming import RoomLike, room_uri_of
from parlour.xccos.ids import parse_room_uri

__all__ = ["TextLink", "TextStory", "file_link", "find_links", "link", "read_story", "room_link", "story"]

_STORY: Final = "[STORY]"
_LINK = re.compile(
    r'<a href="(?P<url>[^"<>\r\n]{1,2048})">(?P<label>[^<>]{0,1024})</a>'
    r"|(?P<bare>\b(?:https?|ma-chan|ma-filelink)://[^\s<>\"]{1,2048})",
    re.IGNORECASE,
)
_STORED = re.compile(r"[^/\s<>\"?]{1,128}")


@dataclass(frozen=True, slots=True)
class TextStory:
    """A long text under a title."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class TextLink:
    """A link: `url` begins with `http:`, `https:`, `ma-chan:` (a room) or `ma-filelink:` (a file); `label` is what
    people are shown."""

    url: str
    label: str


def story(title: str, body: str) -> str:
    """The text of a story. Raises ValueError for a title that is empty or has several lines."""
    if not title.strip() or "\n" in title or "\r" in title:
        raise ValueError(f"a title is one line: {title!r}")
    return f"{_STORY}{title.strip()}\r\n{body}"


def read_story(text: str) -> TextStory | None:
    """Title and body; None for a text that is no story."""
    if not text.startswith(_STORY):
        return None
    title, _, body = text[len(_STORY) :].replace("\r\n", "\n").partition("\n")
    return TextStory(title.strip(), body)


def link(url: str, label: str | None = None) -> str:
    """A link for the middle of a text. Raises ValueError for characters that have no place in one."""
    shown = url if label is None else label
    text = f'<a href="{url}">{shown}</a>'
    if _LINK.fullmatch(text) is None:
        raise ValueError(f"neither an address nor its label may have such characters: {url!r}, {shown!r}")
    return text


def room_link(room: RoomLike, label: str) -> str:
    """A link that takes people to a room. Raises InvalidArgument, ValueError."""
    return link(room_uri_of(room), label)


def file_link(room: RoomLike, stored: str, name: str, size: int | None = None) -> str:
    """A file of a room: `stored` is its name in the file store, `name` what people call it, `size` in bytes. Raises
    InvalidArgument, ValueError."""
    if _STORED.fullmatch(stored) is None:
        raise ValueError(f"not the name of a stored file: {stored!r}")
    domain, guid = parse_room_uri(room_uri_of(room)) or ("", "")
    length = "" if size is None else f"&size={size}"
    return f"ma-filelink://{domain}/{guid}/{stored}?name={quote(name, safe='')}{length}"


def find_links(text: str) -> tuple[TextLink, ...]:
    """All links of a text, in order."""
    return tuple(
        TextLink(match["url"] or match["bare"], match["bare"] if match["url"] is None else match["label"])
        for match in _LINK.finditer(text)
    )
