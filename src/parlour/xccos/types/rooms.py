"""Rooms: finding them, entering and leaving, and who is inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from parlour.xccos.ids import room_uri
from parlour.xccos.types.people import AuditInfo, UserInfo

__all__ = [
    "AssociationKind",
    "Associations",
    "BatchJoin",
    "BehaviorWord",
    "FailedRoom",
    "GetAssociations",
    "GetInvitations",
    "GetParticipants",
    "GetPermissions",
    "GetRoom",
    "GetUnread",
    "Invitation",
    "Invitations",
    "Join",
    "JoinedRoom",
    "JoinedRooms",
    "Kicked",
    "MarkRead",
    "Part",
    "PartedRoom",
    "PeopleJoined",
    "PeopleParted",
    "Permissions",
    "RoomInfo",
    "RoomRef",
    "RoomsFound",
    "SearchRooms",
    "Seat",
    "SeatTaken",
    "SwitchSetting",
    "Unread",
    "UnreadCounts",
    "VisibilityWord",
]

SwitchSetting = bool | Literal["inherit"]
"""A switch as it is set: on, off, or as in the category (above). Of a room, `prop:invite`."""
VisibilityWord = Literal["OPEN", "SCOPED", "PRIVATE"]
BehaviorWord = Literal["NORMAL", "AUDITORIUM"]
AssociationKind = Literal["MEMBER", "MANAGER"]


# What a client asks -------------------------------------------------------------------------------------------------


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
    `max_results` None means up to the server's limit. The fields after it are those of BYFILTER: None does not filter;
    `category` is a URI, `addin` a GUID."""

    name: ClassVar[str] = "chansrch"
    seqid: int
    query_type: str = "BYNAME"
    criteria: str = ""
    search_description: bool = False
    match_all: bool = False
    match_exact_phrase: bool = False
    max_results: int | None = None
    member: str | None = None
    manager: str | None = None
    category: str | None = None
    addin: str | None = None
    visibility: VisibilityWord | None = None
    behavior: BehaviorWord | None = None
    invite: bool | None = None
    disabled: bool | None = None


@dataclass(frozen=True, slots=True)
class GetAssociations:
    """Rooms in which the caller is MEMBER, or those of which the caller is MANAGER."""

    name: ClassVar[str] = "getassociations"
    seqid: int
    kind: AssociationKind
    domain: str = ""
    max_results: int | None = None


@dataclass(frozen=True, slots=True)
class GetRoom:
    """All about one room, named by its URI, or else by its name."""

    name: ClassVar[str] = "chaninfo"
    seqid: int
    room_uri: str = ""
    room_name: str = ""


@dataclass(frozen=True, slots=True)
class GetParticipants:
    """Everybody in a room, large or not."""

    name: ClassVar[str] = "getpartlist"
    seqid: int
    room_uri: str


@dataclass(frozen=True, slots=True)
class GetPermissions:
    """What may I do in this room?"""

    name: ClassVar[str] = "getperms"
    seqid: int
    room_uri: str


@dataclass(frozen=True, slots=True)
class GetInvitations:
    """Invitations numbered above `after`; 0 means all."""

    name: ClassVar[str] = "getinv"
    seqid: int
    after: int = 0
    domain: str = ""


@dataclass(frozen=True, slots=True)
class MarkRead:
    """The caller has read the room up to message `chat_id`, on whatever device. A command of our own."""

    name: ClassVar[str] = "markread"
    seqid: int
    room_uri: str
    chat_id: int


@dataclass(frozen=True, slots=True)
class GetUnread:
    """How much is unread; without rooms, in every room that has a mark. A command of our own."""

    name: ClassVar[str] = "getunread"
    seqid: int
    room_uris: tuple[str, ...] = ()


# What a server says -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RoomInfo:
    """A room in wire terms. None, and an empty `parent` or `filestore_uri`, means not told. `behavior` is NORMAL or
    AUDITORIUM, `visibility` OPEN, SCOPED or PRIVATE; the add-in is none where `addin_id` is empty."""

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
    invite: SwitchSetting | None = None
    filepost: bool | None = None
    filestore_uri: str = ""
    addin_id: str = ""
    addin_name: str = ""
    addin_url: str = ""
    audit: AuditInfo | None = None


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
class JoinedRooms:
    """Body of rpl:join, rpl:bjoin and rpl:getpartlist. A large answer comes in several replies, each with some of the
    rooms."""

    rooms: tuple[JoinedRoom, ...]
    failed: tuple[FailedRoom, ...] = ()


@dataclass(frozen=True, slots=True)
class PartedRoom:
    """A room by its URI alone: body of rpl:part, rpl:grpchat (the room of a post that was refused), rpl:chandelete,
    rpl:setroles and ntc:chandeleted."""

    room_uri: str


@dataclass(frozen=True, slots=True)
class RoomsFound:
    """Body of rpl:chansrch. `truncated`: there were more than the limit."""

    rooms: tuple[RoomInfo, ...]
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Associations:
    """Body of rpl:getassociations; `kind` as asked."""

    kind: str
    rooms: tuple[RoomInfo, ...]
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Permissions:
    """Body of rpl:getperms: rights as the vendor's SDK counts them (1 manage, 2 join, 4 post, 8 read history, 16 see,
    32 post in an auditorium), and the mask."""

    room_uri: str
    value: int
    mask: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """You may now enter this room. Only a hint: there is nothing to accept."""

    number: int
    domain: str
    created_at: int | None
    room: RoomInfo


@dataclass(frozen=True, slots=True)
class Invitations:
    """Body of rpl:getinv and ntc:inv, ascending. `truncated`: there are more, with higher numbers."""

    invitations: tuple[Invitation, ...]
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """`read_up_to` is the mark (0: none yet); `count` of the messages after it, at most 1000."""

    room_uri: str
    read_up_to: int
    count: int


@dataclass(frozen=True, slots=True)
class UnreadCounts:
    """Body of rpl:markread and rpl:getunread."""

    rooms: tuple[Unread, ...]
    failed: tuple[FailedRoom, ...] = ()


@dataclass(frozen=True, slots=True)
class SeatTaken:
    """One person entered one room, or has a new mask there."""

    room_uri: str
    user: UserInfo
    mask: int


@dataclass(frozen=True, slots=True)
class PeopleJoined:
    """Body of ntc:join, ntc:bjoin and ntc:permmodified."""

    seats: tuple[SeatTaken, ...]


@dataclass(frozen=True, slots=True)
class PeopleParted:
    """Body of ntc:part: (room URI, user URI) pairs."""

    seats: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Kicked:
    """Body of ntc:kick: the receiver is out of the room, for the reason `code`."""

    room_uri: str
    code: int
