"""Messages: live ones, old ones, and removing them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from parlour.frozen import frozen
from parlour.xccos.types.rooms import FailedRoom

__all__ = [
    "DeleteMessage",
    "GroupChat",
    "History",
    "HistoryByDate",
    "HistoryByMessage",
    "HistoryFilter",
    "HistoryPage",
    "HistoryPages",
    "MatchWord",
    "MessageRef",
    "PurgeRoom",
    "Purged",
    "RecentHistory",
    "ReplaceMessage",
    "ReplacedMessage",
]


@frozen
class GroupChat:
    """A post. From a client: `author` and `at` are claims, `chat_id` is None. From a server: all of it is the truth.
    `at` is None when absent or unreadable; `rtf` is the same text in RTF, kept verbatim."""

    name: ClassVar[str] = "grpchat"
    seqid: int
    room_uri: str
    author: str
    text: str
    author_name: str = ""
    rtf: str | None = None
    alert: bool = False
    chat_id: int | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class RecentHistory:
    """The newest `count` messages of a room; None leaves the number to the server."""

    name: ClassVar[str] = "bccontext"
    seqid: int
    room_uri: str
    count: int | None = None


MatchWord = Literal["ANY", "ALL", "PHR"]
"""Any of the words, all of them, or all as one phrase."""


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which messages. `authors` are URIs; `since` and `until` are both inclusive, and
    neither counts where `anchor`, a message number, is given: then what comes after it, or, scanning newest first,
    before it. `only_anchor`: that message alone. `newest_first_scan` decides which messages survive `limit` (None: the
    server's), `newest_first_sort` the order of presentation."""

    words: str = ""
    match: MatchWord = "ANY"
    match_case: bool = False
    authors: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    anchor: int | None = None
    only_anchor: bool = False
    limit: int | None = None
    newest_first_scan: bool = False
    newest_first_sort: bool = False


@dataclass(frozen=True, slots=True)
class HistoryByDate:
    """Messages of some rooms by time, words and authors."""

    name: ClassVar[str] = "bcbydate"
    seqid: int
    room_uris: tuple[str, ...]
    filter: HistoryFilter = HistoryFilter()


@dataclass(frozen=True, slots=True)
class HistoryByMessage:
    """As HistoryByDate, beginning at a message: paging, and jumping to one."""

    name: ClassVar[str] = "bcbymsg"
    seqid: int
    room_uris: tuple[str, ...]
    filter: HistoryFilter = HistoryFilter()


@dataclass(frozen=True, slots=True)
class History:
    """Body of rpl:bccontext, oldest message first. A large answer comes in several replies, in order."""

    room_uri: str
    messages: tuple[GroupChat, ...]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Messages of one room that were asked for. `matches`: how many there are in all, as far as the server counts
    (docs/protocol/xccos.md, History); `truncated`: there are more than are shown."""

    room_uri: str
    messages: tuple[GroupChat, ...]
    matches: int = 0
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class HistoryPages:
    """Body of rpl:bcbydate and rpl:bcbymsg: one page for each room that may be read. A large answer comes in several
    replies; a room's page may be cut then, and goes on in the next one."""

    pages: tuple[HistoryPage, ...]
    failed: tuple[FailedRoom, ...] = ()


@dataclass(frozen=True, slots=True)
class DeleteMessage:
    """Take a message out of the history; for administrators."""

    name: ClassVar[str] = "delmsg"
    seqid: int
    room_uri: str
    chat_id: int


@dataclass(frozen=True, slots=True)
class ReplaceMessage:
    """Put another text in a message's place; for administrators. Without `text` the server has one."""

    name: ClassVar[str] = "replmsg"
    seqid: int
    room_uri: str
    chat_id: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class PurgeRoom:
    """Take all messages up to and including `until` out of the history; for administrators."""

    name: ClassVar[str] = "chanpurge"
    seqid: int
    room_uri: str
    until: int


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A message by its number: body of rpl:delmsg, rpl:replmsg and ntc:msgdel."""

    room_uri: str
    chat_id: int


@dataclass(frozen=True, slots=True)
class ReplacedMessage:
    """Body of ntc:msgrepl: the message as it reads now."""

    message: GroupChat


@dataclass(frozen=True, slots=True)
class Purged:
    """Body of rpl:chanpurge and ntc:chanpurge."""

    room_uri: str
    until: int
