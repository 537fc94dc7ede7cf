"""One frozen type per word of the protocol; the names of XML stay inside the codec.

Three families: what a client asks (`Request`), what a server answers (`Reply` and `Notice` with a typed body), and
`GroupChat`, which travels both ways. Times are microseconds since 1970 UTC. Room URIs are in the canonical spelling of
`ids.canonical_room_uri`. `name` is the part of the id after the colon: `cmd:join` and `rpl:join` are both "join".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeAlias

from parlour.xccos.ids import room_uri

__all__ = [
    "BadCommand",
    "BatchJoin",
    "Command",
    "Envelope",
    "FailedRoom",
    "GetInvitations",
    "GetServerInfo",
    "GroupChat",
    "History",
    "Invitation",
    "Invitations",
    "Join",
    "JoinedRoom",
    "JoinedRooms",
    "Message",
    "Notice",
    "Part",
    "PartedRoom",
    "PeopleJoined",
    "PeopleParted",
    "RecentHistory",
    "Reply",
    "Request",
    "RequestUri",
    "RoomInfo",
    "RoomRef",
    "RoomsFound",
    "SearchRooms",
    "Seat",
    "SeatTaken",
    "ServerEnvelope",
    "ServerInfo",
    "ServerPrimitive",
    "ServiceUri",
    "UnknownCommand",
    "UserInfo",
]


class Command(Protocol):
    """Anything that can be answered: its name makes the id of the reply, its number is quoted."""

    @property
    def name(self) -> str: ...
    @property
    def seqid(self) -> int: ...


class Message(Protocol):
    """A kept message, as the encoder wants one; a store's own type may fit as it is."""

    @property
    def chat_id(self) -> int: ...
    @property
    def author(self) -> str: ...
    @property
    def author_name(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def at(self) -> int: ...
    @property
    def rtf(self) -> str | None: ...
    @property
    def alert(self) -> bool: ...


# What a client asks -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RoomRef:
    """A room as join commands name it. `guid` is normalised when it is a GUID, else what the client wrote."""

    key: int
    domain: str
    guid: str

    @property
    def uri(self) -> str:
        """The room's URI."""
        return room_uri(self.domain, self.guid)


@dataclass(frozen=True, slots=True)
class RequestUri:
    """Which channel service shall I call?"""

    name: ClassVar[str] = "requri"
    seqid: int


@dataclass(frozen=True, slots=True)
class GetServerInfo:
    """`info_type` is only echoed; every fact is always told."""

    name: ClassVar[str] = "getserverinfo"
    seqid: int
    domain: str = ""
    info_type: int | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """Enter a room. `refs` is never empty; clients send one."""

    name: ClassVar[str] = "join"
    seqid: int
    refs: tuple[RoomRef, ...]


@dataclass(frozen=True, slots=True)
class BatchJoin:
    """Enter many rooms."""

    name: ClassVar[str] = "bjoin"
    seqid: int
    refs: tuple[RoomRef, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Leave a room."""

    name: ClassVar[str] = "part"
    seqid: int
    room_uri: str


@dataclass(frozen=True, slots=True)
class SearchRooms:
    """Find rooms. `query_type` is upper case ("BYNAME" when absent); empty `criteria` means every visible room;
    `max_results` None means up to the server's limit."""

    name: ClassVar[str] = "chansrch"
    seqid: int
    query_type: str = "BYNAME"
    criteria: str = ""
    search_description: bool = False
    match_all: bool = False
    match_exact_phrase: bool = False
    max_results: int | None = None


@dataclass(frozen=True, slots=True)
class RecentHistory:
    """The newest `count` messages of a room; None leaves the number to the server."""

    name: ClassVar[str] = "bccontext"
    seqid: int
    room_uri: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class GetInvitations:
    """Invitations numbered above `after`; 0 means all."""

    name: ClassVar[str] = "getinv"
    seqid: int
    after: int = 0
    domain: str = ""


@dataclass(frozen=True, slots=True)
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
class UnknownCommand:
    """A command we do not speak; answered 415 in its own reply."""

    seqid: int
    name: str


@dataclass(frozen=True, slots=True)
class BadCommand:
    """A command we speak, with fields missing or malformed; answered 400 in its own reply."""

    seqid: int
    name: str
    reason: str


Request: TypeAlias = (
    RequestUri
    | GetServerInfo
    | Join
    | BatchJoin
    | Part
    | SearchRooms
    | RecentHistory
    | GetInvitations
    | GroupChat
    | UnknownCommand
    | BadCommand
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What one INFO to a server holds, in order."""

    envid: int
    primitives: tuple[Request, ...]


# What a server says -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UserInfo:
    """A person (`kind` 5) or another principal; `name` is what people are shown."""

    uri: str
    guid: str = ""
    name: str = ""
    kind: int = 5


@dataclass(frozen=True, slots=True)
class RoomInfo:
    """A room in wire terms. None, and an empty `parent` or `filestore_uri`, means not told. `behavior` is NORMAL or
    AUDITORIUM, `visibility` OPEN, SCOPED or PRIVATE; `invite` is the effective value."""

    uri: str
    name: str = ""
    description: str = ""
    parent: str = ""
    behavior: str = "NORMAL"
    topic: str = ""
    disabled: bool = False
    visibility: str | None = None
    participant_count: int | None = None
    logged: bool | None = None
    invite: bool | None = None
    filepost: bool | None = None
    filestore_uri: str = ""


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody in a room, with a permission mask (`masks`)."""

    user: UserInfo
    mask: int


@dataclass(frozen=True, slots=True)
class JoinedRoom:
    """A room that was entered, and who is in it (only the caller when the room is large)."""

    room: RoomInfo
    seats: tuple[Seat, ...]


@dataclass(frozen=True, slots=True)
class FailedRoom:
    """A room that a command could not serve, and why (`codes`)."""

    domain: str
    guid: str
    code: int


@dataclass(frozen=True, slots=True)
class ServiceUri:
    """Body of rpl:requri; empty when there is nobody to call."""

    uri: str


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """Body of rpl:getserverinfo. Limits are in bytes and rows. `server_time` None: not told."""

    server_time: int | None
    search_limit: int
    message_size_limit: int
    story_size_limit: int
    root_uri: str
    db_version: str
    display_name: str = ""
    room_management_url: str = ""


@dataclass(frozen=True, slots=True)
class JoinedRooms:
    """Body of rpl:join and rpl:bjoin. A large answer comes in several replies, each with some of the rooms."""

    rooms: tuple[JoinedRoom, ...]
    failed: tuple[FailedRoom, ...] = ()


@dataclass(frozen=True, slots=True)
class PartedRoom:
    """Body of rpl:part, and of rpl:grpchat: the room of a post that was refused."""

    room_uri: str


@dataclass(frozen=True, slots=True)
class RoomsFound:
    """Body of rpl:chansrch. `truncated`: there were more than the limit."""

    rooms: tuple[RoomInfo, ...]
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """Body of rpl:bccontext, oldest message first. A large answer comes in several replies, in order."""

    room_uri: str
    messages: tuple[GroupChat, ...]


@dataclass(frozen=True, slots=True)
class Invitation:
    """You may now enter this room. Only a hint: there is nothing to accept."""

    number: int
    domain: str
    created_at: int | None
    room: RoomInfo


@dataclass(frozen=True, slots=True)
class Invitations:
    """Body of rpl:getinv and ntc:inv, ascending."""

    invitations: tuple[Invitation, ...]


@dataclass(frozen=True, slots=True)
class SeatTaken:
    """One person entered one room."""

    room_uri: str
    user: UserInfo
    mask: int


@dataclass(frozen=True, slots=True)
class PeopleJoined:
    """Body of ntc:join and ntc:bjoin."""

    seats: tuple[SeatTaken, ...]


@dataclass(frozen=True, slots=True)
class PeopleParted:
    """Body of ntc:part: (room URI, user URI) pairs."""

    seats: tuple[tuple[str, str], ...]


ReplyBody: TypeAlias = ServiceUri | ServerInfo | JoinedRooms | PartedRoom | RoomsFound | History | Invitations | None
NoticeBody: TypeAlias = PeopleJoined | PeopleParted | Invitations | None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to the command numbered `command_seqid` of our envelope `command_envid` (both None when not quoted).
    `code` is 500 when the reply told none. `body` is None for an unknown reply or a failed command without data."""

    seqid: int
    name: str
    command_envid: int | None
    command_seqid: int | None
    code: int
    text: str
    body: ReplyBody


@dataclass(frozen=True, slots=True)
class Notice:
    """Something happened. `body` is None for a notice we do not know."""

    seqid: int
    name: str
    body: NoticeBody


ServerPrimitive: TypeAlias = Reply | Notice | GroupChat


@dataclass(frozen=True, slots=True)
class ServerEnvelope:
    """What one INFO to a client holds, in order."""

    envid: int
    primitives: tuple[ServerPrimitive, ...]
