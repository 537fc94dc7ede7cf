"""Making and changing rooms and categories, and who stands in which role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from parlour.xccos.types.people import AuditInfo, RoleWord, UserInfo
from parlour.xccos.types.rooms import BehaviorWord, RoomInfo, SwitchSetting, VisibilityWord

__all__ = [
    "CategoriesFound",
    "CategoryInfo",
    "CategorySettings",
    "CreatableCategories",
    "CreateCategory",
    "CreateRoom",
    "DeleteCategory",
    "DeleteRoom",
    "GetCategory",
    "GetRoles",
    "GetScope",
    "ListMembers",
    "ListOp",
    "ListSetting",
    "ListWord",
    "ModifyCategory",
    "ModifyRoom",
    "MoveRoom",
    "RoomCard",
    "RoomRoles",
    "RoomSettings",
    "SearchCategories",
    "SetRoles",
    "SetScope",
]


ListWord = RoleWord | Literal["ALLOWED", "DENIED"]
"""A role, or one of the two lists of a scope."""
ListOp = Literal["ADD", "DEL", "SET"]


@dataclass(frozen=True, slots=True)
class ListSetting:
    """An edit of a list of principals, which are URIs."""

    which: ListWord
    op: ListOp
    principals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListMembers:
    """A list of principals as it is; `which` as in ListSetting."""

    which: str
    principals: tuple[UserInfo, ...]


# Rooms --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RoomSettings:
    """Settings of a room as a client sends them; None leaves as it is. `parent` is a category URI, `addin` a GUID or
    "" for none, `expected` the `updated_at` of the copy that was edited."""

    room_name: str | None = None
    description: str | None = None
    topic: str | None = None
    parent: str | None = None
    behavior: BehaviorWord | None = None
    visibility: VisibilityWord | None = None
    disabled: bool | None = None
    invite: SwitchSetting | None = None
    addin: str | None = None
    roles: tuple[ListSetting, ...] = ()
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class CreatableCategories:
    """The categories in which the caller may make rooms."""

    name: ClassVar[str] = "nodespermcreatechild"
    seqid: int


@dataclass(frozen=True, slots=True)
class CreateRoom:
    """Make a room; its name and category are in the settings."""

    name: ClassVar[str] = "chancreate"
    seqid: int
    settings: RoomSettings


@dataclass(frozen=True, slots=True)
class ModifyRoom:
    """Change a room."""

    name: ClassVar[str] = "chanmodify"
    seqid: int
    room_uri: str
    settings: RoomSettings


@dataclass(frozen=True, slots=True)
class DeleteRoom:
    """Remove a room and its messages for good; for administrators."""

    name: ClassVar[str] = "chandelete"
    seqid: int
    room_uri: str


@dataclass(frozen=True, slots=True)
class MoveRoom:
    """Put a room into another category."""

    name: ClassVar[str] = "chanmove"
    seqid: int
    room_uri: str
    parent: str


@dataclass(frozen=True, slots=True)
class GetRoles:
    """Who stands in these roles of a room; without any, in all of them."""

    name: ClassVar[str] = "getroles"
    seqid: int
    room_uri: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetRoles:
    """Change role lists of a room: all of it or nothing."""

    name: ClassVar[str] = "setroles"
    seqid: int
    room_uri: str
    roles: tuple[ListSetting, ...]


@dataclass(frozen=True, slots=True)
class RoomRoles:
    """Body of rpl:getroles."""

    room_uri: str
    roles: tuple[ListMembers, ...]


@dataclass(frozen=True, slots=True)
class RoomCard:
    """Body of rpl:chaninfo, rpl:chancreate, rpl:chanmodify, rpl:chanmove (URI and parent only), ntc:chanmodified and
    ntc:chancreated."""

    room: RoomInfo
    category: CategoryInfo | None = None


# Categories ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CategoryInfo:
    """A category in wire terms; None and empty mean not told. The switches are those in effect, `inherits` names which
    of them the category leaves to the one above; `lists`: ALLOWED, DENIED, CREATOR, where asked for."""

    uri: str
    name: str = ""
    description: str = ""
    parent: str = ""
    invite: bool | None = None
    logged: bool | None = None
    filepost: bool | None = None
    audit: AuditInfo | None = None
    lists: tuple[ListMembers, ...] = ()
    inherits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CategorySettings:
    """Settings of a category as a client sends them; None leaves as it is. `lists`: scopes and the CREATOR role."""

    category_name: str | None = None
    description: str | None = None
    parent: str | None = None
    invite: SwitchSetting | None = None
    logged: SwitchSetting | None = None
    filepost: SwitchSetting | None = None
    lists: tuple[ListSetting, ...] = ()
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class CreateCategory:
    """Make a category, below the root unless the settings name a parent; for administrators, as all that follows."""

    name: ClassVar[str] = "catcreate"
    seqid: int
    settings: CategorySettings


@dataclass(frozen=True, slots=True)
class ModifyCategory:
    """Change a category."""

    name: ClassVar[str] = "catmodify"
    seqid: int
    category_uri: str
    settings: CategorySettings


@dataclass(frozen=True, slots=True)
class DeleteCategory:
    """Remove a category that holds nothing."""

    name: ClassVar[str] = "catdelete"
    seqid: int
    category_uri: str


@dataclass(frozen=True, slots=True)
class GetCategory:
    """A category with its lists."""

    name: ClassVar[str] = "catinfo"
    seqid: int
    category_uri: str


@dataclass(frozen=True, slots=True)
class SearchCategories:
    """Categories by name, as `SearchRooms` finds rooms."""

    name: ClassVar[str] = "catsrch"
    seqid: int
    criteria: str = ""
    max_results: int | None = None


@dataclass(frozen=True, slots=True)
class GetScope:
    """The allowed and denied principals of a category."""

    name: ClassVar[str] = "getscope"
    seqid: int
    category_uri: str


@dataclass(frozen=True, slots=True)
class SetScope:
    """Change them: all of it or nothing."""

    name: ClassVar[str] = "setscope"
    seqid: int
    category_uri: str
    scopes: tuple[ListSetting, ...]


@dataclass(frozen=True, slots=True)
class CategoriesFound:
    """Body of rpl:nodespermcreatechild, rpl:catsrch, rpl:catcreate, rpl:catmodify, rpl:catinfo, rpl:getscope, and, with
    URIs only, rpl:catdelete and rpl:setscope."""

    categories: tuple[CategoryInfo, ...]
    truncated: bool = False
