"""What may stand in a message's text besides words: stories, links, room links, file links, emoticons
(docs/protocol/xccos.md, Text). The server measures a text and never rewrites it; search and clients look inside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote, urlsplit

__all__ = [
    "EMOTICONS",
    "STORY_PREFIX",
    "Emoticon",
    "FileLink",
    "Link",
    "Part",
    "PlainText",
    "RoomLink",
    "Story",
    "parse_content",
    "searchable_text",
    "split_story",
]

STORY_PREFIX = "[STORY]"

EMOTICONS = (":)", ":(", "8-)", ":-D", ":-O", ":-/", ":'(", ":-P", ";)", ">:O", ":-*")
"""In the vendor's numbering: smile, frown, cool, laughing, shocked, confused, crying, tongue, wink, angry, kissing."""

_ANCHOR = re.compile(r'<a href="([^"<>\r\n]{1,2048})">([^<>]{0,1024})</a>', re.IGNORECASE)
_FILE = re.compile(
    r"ma-filelink://([^/\s<>\"?]{1,255})/([^/\s<>\"?]{1,64})/([^/\s<>\"?]{1,128})(\?[^\s<>\"]{0,1024})?",
    re.IGNORECASE,
)
_BARE = re.compile(r"\b(?:https?|ma-chan)://[^\s<>\"]{1,2048}", re.IGNORECASE)
_FACES = re.compile("|".join(re.escape(face) for face in sorted(EMOTICONS, key=len, reverse=True)))
_ANY = re.compile(rf"(?P<a>{_ANCHOR.pattern})|(?P<f>{_FILE.pattern})|(?P<b>{_BARE.pattern})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PlainText:
    """Words."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A hyperlink; `label` is what people are shown."""

    url: str
    label: str


@dataclass(frozen=True, slots=True)
class RoomLink:
    """A link to a room by its URI."""

    uri: str
    label: str


@dataclass(frozen=True, slots=True)
class FileLink:
    """A file of a room: `stored` is its name in the store, `name` what it was called, `size` in bytes if told."""

    domain: str
    room: str
    stored: str
    name: str
    size: int | None = None

    def __str__(self) -> str:
        size = "" if self.size is None else f"&size={self.size}"
        return f"ma-filelink://{self.domain}/{self.room}/{self.stored}?name={quote(self.name, safe='')}{size}"


@dataclass(frozen=True, slots=True)
class Emoticon:
    """One of EMOTICONS, as typed."""

    text: str


Part = PlainText | Link | RoomLink | FileLink | Emoticon


@dataclass(frozen=True, slots=True)
class Story:
    """A long text under a title."""

    title: str
    body: str


def split_story(text: str) -> Story | None:
    """A story's title and body; None for a text that is none."""
    if not text.startswith(STORY_PREFIX):
        return None
    title, _, body = text[len(STORY_PREFIX) :].replace("\r\n", "\n").partition("\n")
    return Story(title.strip(), body)


def parse_content(text: str) -> list[Part]:
    """The parts of a text, in order; whatever looks like none of them is words."""
    parts: list[Part] = []
    end = 0
    for match in _ANY.finditer(text):
        parts += _with_faces(text[end : match.start()])
        parts.append(_part(match.group()))
        end = match.end()
    return parts + _with_faces(text[end:])


def _part(text: str) -> Part:
    if anchor := _ANCHOR.fullmatch(text):
        return _link(anchor[1], anchor[2])
    if file := _FILE.fullmatch(text):
        return _file_link(file)
    return _link(text, text)


def _link(url: str, label: str) -> Part:
    if file := _FILE.fullmatch(url):
        return _file_link(file)
    return RoomLink(url, label) if url.lower().startswith("ma-chan:") else Link(url, label)


def _file_link(match: re.Match[str]) -> FileLink:
    # No bound on the number of fields: too many would be an error, and the pattern has bounded the length.
    asked = parse_qs(urlsplit(match[4] or "").query)
    size = asked.get("size", [""])[0]
    number = int(size) if size.isascii() and size.isdigit() and len(size) < 19 else None
    return FileLink(match[1], match[2], match[3], asked.get("name", [unquote(match[3])])[0], number)


def _with_faces(text: str) -> list[Part]:
    parts: list[Part] = []
    end = 0
    for match in _FACES.finditer(text):
        if match.start() > end:
            parts.append(PlainText(text[end : match.start()]))
        parts.append(Emoticon(match.group()))
        end = match.end()
    if end < len(text):
        parts.append(PlainText(text[end:]))
    return parts


def searchable_text(text: str) -> str:
    """What search looks at: the words, the labels and addresses of links, the names of files, and not their mark-up."""
    if text.startswith(STORY_PREFIX):
        text = text[len(STORY_PREFIX) :]
    if "://" not in text:
        return text
    return _ANY.sub(lambda match: _searchable(_part(match.group())), text)


def _searchable(part: Part) -> str:
    match part:
        case Link(url, label) | RoomLink(url, label):
            return label if label == url else f"{label} {url}"
        case FileLink(name=name):
            return name
        case PlainText(text) | Emoticon(text):
            return text
