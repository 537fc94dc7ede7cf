"""What one INFO holds, in either direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, TypeGuard

from parlour.frozen import frozen
from parlour.xccos.types.base import BadCommand, UnknownCommand
from parlour.xccos.types.history import (
    DeleteMessage,
    GroupChat,
    History,
    HistoryByDate,
    HistoryByMessage,
    HistoryPages,
    MessageRef,
    Purged,
    PurgeRoom,
    RecentHistory,
    ReplacedMessage,
    ReplaceMessage,
)
from parlour.xccos.types.managing import (
    CategoriesFound,
    CreatableCategories,
    CreateCategory,
    CreateRoom,
    DeleteCategory,
    DeleteRoom,
    GetCategory,
    GetRoles,
    GetScope,
    ModifyCategory,
    ModifyRoom,
    MoveRoom,
    RoomCard,
    RoomRoles,
    SearchCategories,
    SetRoles,
    SetScope,
)
from parlour.xccos.types.people import FindPrincipals, FindUsers, GetGroupInfo, GetUserInfo, PeopleFound
from parlour.xccos.types.rooms import (
    Associations,
    BatchJoin,
    GetAssociations,
    GetInvitations,
    GetParticipants,
    GetPermissions,
    GetRoom,
    GetUnread,
    Invitations,
    Join,
    JoinedRooms,
    Kicked,
    MarkRead,
    Part,
    PartedRoom,
    PeopleJoined,
    PeopleParted,
    Permissions,
    RoomsFound,
    SearchRooms,
    UnreadCounts,
)
from parlour.xccos.types.server import (
    AddIns,
    CheckToken,
    CreateAddIn,
    DeleteAddIn,
    GetAddIns,
    GetDownloadToken,
    GetPreference,
    GetServerInfo,
    GetUploadToken,
    ModifyAddIn,
    Preference,
    RequestUri,
    ServerInfo,
    ServiceUri,
    SetPreference,
    TransferToken,
)

__all__ = [
    "Envelope",
    "Notice",
    "NoticeBody",
    "Reply",
    "ReplyBody",
    "Request",
    "Sayable",
    "ServerEnvelope",
    "ServerPrimitive",
    "is_lone_post",
    "is_post",
]

Sayable: TypeAlias = (
    RequestUri
    | GetServerInfo
    | GetPreference
    | SetPreference
    | GetAddIns
    | CreateAddIn
    | ModifyAddIn
    | DeleteAddIn
    | GetUploadToken
    | GetDownloadToken
    | CheckToken
    | Join
    | BatchJoin
    | Part
    | SearchRooms
    | GetAssociations
    | GetRoom
    | GetParticipants
    | GetPermissions
    | GetInvitations
    | MarkRead
    | GetUnread
    | RecentHistory
    | HistoryByDate
    | HistoryByMessage
    | DeleteMessage
    | ReplaceMessage
    | PurgeRoom
    | CreatableCategories
    | CreateRoom
    | ModifyRoom
    | DeleteRoom
    | MoveRoom
    | GetRoles
    | SetRoles
    | CreateCategory
    | ModifyCategory
    | DeleteCategory
    | GetCategory
    | SearchCategories
    | GetScope
    | SetScope
    | FindUsers
    | FindPrincipals
    | GetUserInfo
    | GetGroupInfo
    | GroupChat
    | UnknownCommand
)
"""What may be asked. An UnknownCommand goes out with empty data: for trying what a server knows."""

Request: TypeAlias = Sayable | BadCommand
"""What a server hears."""


@frozen
class Envelope:
    """What one INFO to a server holds, in order."""

    envid: int
    primitives: tuple[Request, ...]


def is_post(primitive: Request) -> TypeGuard[GroupChat | BadCommand]:
    """Whether it is a message, legible or not, and no command."""
    return isinstance(primitive, GroupChat) or (isinstance(primitive, BadCommand) and primitive.name == GroupChat.name)


def is_lone_post(envelope: Envelope) -> bool:
    """Whether a message is all there is, as from SIPE: the answer to the INFO is one to the message then."""
    return len(envelope.primitives) == 1 and is_post(envelope.primitives[0])


ReplyBody: TypeAlias = (
    ServiceUri
    | ServerInfo
    | Preference
    | AddIns
    | TransferToken
    | JoinedRooms
    | PartedRoom
    | RoomsFound
    | Associations
    | Permissions
    | Invitations
    | UnreadCounts
    | History
    | HistoryPages
    | MessageRef
    | Purged
    | RoomCard
    | RoomRoles
    | CategoriesFound
    | PeopleFound
    | None
)
NoticeBody: TypeAlias = (
    PeopleJoined
    | PeopleParted
    | Invitations
    | Kicked
    | RoomCard
    | PartedRoom
    | MessageRef
    | ReplacedMessage
    | Purged
    | Preference
    | None
)


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
