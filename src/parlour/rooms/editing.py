"""Changing rooms and categories: what a change is, and what comes of it. Pure; who may change is `policy`'s business.

Role lists hold principals (URIs of people, groups, domains). Two questions about them need a directory and are passed
in as `Standings`: is this principal in the scope of the category, and which names speak for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, replace
from enum import Enum
from urllib.parse import urlsplit

from parlour.rooms.model import (
    AddIn,
    AddInId,
    Audit,
    Behavior,
    Category,
    CategoryId,
    Limits,
    Micros,
    Role,
    Room,
    Visibility,
)
from parlour.rooms.names import check_description, check_title
from parlour.rooms.refusals import Refusal, Refused
from parlour.rooms.switches import SWITCHES, SwitchSetting

__all__ = [
    "CategoryChange",
    "CategoryList",
    "ListEdit",
    "Op",
    "RoomChange",
    "Standings",
    "category_list",
    "category_without",
    "check_addin",
    "edit_category",
    "edit_room",
    "edited",
    "purge_category",
    "purge_room",
    "role_list",
    "room_without",
]


class Op(Enum):
    """SET replaces a list; ADD refuses what is there already, DELETE what is not."""

    SET = "SET"
    ADD = "ADD"
    DELETE = "DEL"


class CategoryList(Enum):
    """The principal lists of a category."""

    ALLOWED = "ALLOWED"
    DENIED = "DENIED"
    CREATORS = "CREATORS"


@dataclass(frozen=True, slots=True)
class ListEdit:
    """An edit of one list: `which` is a `Role` in a room, a `CategoryList` in a category."""

    which: Role | CategoryList
    op: Op
    principals: frozenset[str]


@dataclass(frozen=True, slots=True)
class RoomChange:
    """What to change; None leaves as it is. `addin` "" takes the add-in away. `expected` is the `updated_at` of the
    copy that was edited: a newer room refuses the change."""

    name: str | None = None
    description: str | None = None
    topic: str | None = None
    category: CategoryId | None = None
    visibility: Visibility | None = None
    behavior: Behavior | None = None
    invite: bool | None = None
    addin: str | None = None
    disabled: bool | None = None
    lists: tuple[ListEdit, ...] = ()
    expected: Micros | None = None


@dataclass(frozen=True, slots=True)
class CategoryChange:
    """What to change; None leaves as it is, and in a new category, a switch to the category above. `parent` moves the
    category; `expected` as in `RoomChange`."""

    name: str | None = None
    description: str | None = None
    invite: SwitchSetting | None = None
    logged: SwitchSetting | None = None
    filepost: SwitchSetting | None = None
    parent: CategoryId | None = None
    lists: tuple[ListEdit, ...] = ()
    expected: Micros | None = None


@dataclass(frozen=True, slots=True)
class Standings:
    """What an edit has to know of the (new) category and the directory. `in_scope(uri)`: may stand in a role of the
    category's rooms; `names(uri)`: the principal and everything it belongs to; `invites`: the
    category's rooms may invite, by its own switch or one above it."""

    in_scope: Callable[[str], bool]
    names: Callable[[str], Set[str]]
    invites: bool = False


_COLLISION = Refused(Refusal.DATA_COLLISION, "somebody else has changed it meanwhile")
_NO_AUDITORIUM = Refused(Refusal.INVALID, "only an auditorium has presenters")
_NOT_MEMBER = Refused(Refusal.PRESENTER_NOT_MEMBER, "the presenters of an auditorium must be members of it")
_OPEN = Refused(Refusal.INVALID, "an open room has no member list")


def edited(audit: Audit, by: str, at: int) -> Audit:
    """The audit data after a change. `updated_at` always grows, since it is the version that editors quote."""
    return replace(audit, updated_by=by, updated_at=Micros(max(at, audit.updated_at + 1)))


def edit_room(room: Room, change: RoomChange, standings: Standings, limits: Limits) -> Room | Refused:
    """The room after the change (its audit data still the old), or why it cannot be made. All or nothing."""
    if change.expected is not None and change.expected != room.audit.updated_at:
        return _COLLISION
    settings = _room_settings(room, change, limits)
    if isinstance(settings, Refused):
        return settings
    new = replace(room, **settings)  # type: ignore[arg-type]
    if new.category != room.category:
        new = purge_room(new, standings)
    if new.visibility is Visibility.OPEN:
        new = replace(new, members=frozenset())
    for edit in sorted(change.lists, key=_members_first):
        answer = _edit_role(new, edit, standings, alone=not settings)
        if isinstance(answer, Refused):
            return answer
        new = answer
    presenters = _still_presenting(new, standings)
    return replace(new, presenters=presenters, invited=_still_invited(room, new, standings.invites))


def _still_invited(before: Room, after: Room, category_invites: bool) -> frozenset[str]:
    """The members who came while the room invited: those who come now count by the settings that the change makes."""
    new = after.members - before.members if category_invites and after.invite else frozenset()
    return (before.invited & after.members) | new


def _members_first(edit: ListEdit) -> bool:
    return edit.which is not Role.MEMBER


def _room_settings(room: Room, change: RoomChange, limits: Limits) -> dict[str, object] | Refused:
    settings = _checked_texts(_other(change.name, room.name), change.description, limits)
    if isinstance(settings, Refused):
        return settings
    if change.topic is not None:
        topic = check_description(change.topic, limits.description_chars)
        if isinstance(topic, Refused):
            return topic
        settings["topic"] = topic
    if change.addin is not None:
        settings["addin"] = change.addin or None
    return settings | _given(change, ("category", "visibility", "behavior", "invite", "disabled"))


def _other(name: str | None, known: str) -> str | None:
    """What is sent along unchanged is not looked at: it may have been a name when it was given."""
    return None if known and name == known else name


def _checked_texts(name: str | None, description: str | None, limits: Limits) -> dict[str, object] | Refused:
    texts: dict[str, object] = {}
    if name is not None:
        kept = check_title(name, limits.name_chars)
        if isinstance(kept, Refused):
            return kept
        texts["name"] = kept
    if description is not None:
        kept = check_description(description, limits.description_chars)
        if isinstance(kept, Refused):
            return kept
        texts["description"] = kept
    return texts


def _given(change: object, fields: Iterable[str]) -> dict[str, object]:
    return {name: value for name in fields if (value := getattr(change, name)) is not None}


_ROOM_LISTS = {Role.MEMBER: "members", Role.MANAGER: "managers", Role.PRESENTER: "presenters"}
_CATEGORY_LISTS = {
    CategoryList.ALLOWED: "allowed",
    CategoryList.DENIED: "denied",
    CategoryList.CREATORS: "creators",
}


def role_list(room: Room, role: Role) -> frozenset[str]:
    """Who is named in a role of the room."""
    principals: frozenset[str] = getattr(room, _ROOM_LISTS[role])
    return principals


def category_list(category: Category, which: CategoryList) -> frozenset[str]:
    """Who is named in a list of the category."""
    principals: frozenset[str] = getattr(category, _CATEGORY_LISTS[which])
    return principals


def _edit_role(room: Room, edit: ListEdit, standings: Standings, *, alone: bool) -> Room | Refused:
    """`alone`: lists are all that the change says."""
    if not isinstance(edit.which, Role) or edit.which not in _ROOM_LISTS:
        return Refused(Refusal.INVALID, "a room has members, managers and presenters")
    if edit.which is Role.MEMBER and room.visibility is Visibility.OPEN:
        # A whole list sent along with other settings is passed over; naming members for themselves is a mistake.
        return room if edit.op is Op.SET and not (alone and edit.principals) else _OPEN
    field = _ROOM_LISTS[edit.which]
    before: frozenset[str] = getattr(room, field)
    after = _edit_list(before, edit)
    if isinstance(after, Refused):
        return after
    added = sorted(after - before)
    outside = [uri for uri in added if not standings.in_scope(uri)]
    if outside:
        return Refused(Refusal.NOT_IN_SCOPE, f"outside the category's scope: {', '.join(outside)}")
    if edit.which is Role.PRESENTER and added and room.behavior is not Behavior.AUDITORIUM:
        return _NO_AUDITORIUM
    if edit.which is Role.PRESENTER and not all(_may_present(room, uri, standings) for uri in added):
        return _NOT_MEMBER
    return replace(room, **{field: after})  # type: ignore[arg-type]


def _edit_list(before: frozenset[str], edit: ListEdit) -> frozenset[str] | Refused:
    if edit.op is Op.SET:
        return edit.principals
    if edit.op is Op.ADD:
        known = sorted(before & edit.principals)
        if known:
            return Refused(Refusal.ALREADY_DEFINED, f"already in the list: {', '.join(known)}")
        return before | edit.principals
    missing = sorted(edit.principals - before)
    if missing:
        return Refused(Refusal.NO_SUCH_PRINCIPAL, f"not in the list: {', '.join(missing)}")
    return before - edit.principals


def _may_present(room: Room, uri: str, standings: Standings) -> bool:
    if room.behavior is not Behavior.AUDITORIUM:
        return False
    return room.visibility is Visibility.OPEN or not standings.names(uri).isdisjoint(room.members)


def _still_presenting(room: Room, standings: Standings) -> frozenset[str]:
    return frozenset(uri for uri in room.presenters if _may_present(room, uri, standings))


def purge_room(room: Room, standings: Standings) -> Room:
    """The room without the role entries that are out of scope: after a move, or when the scope was narrowed."""
    lists = {
        field: frozenset(uri for uri in getattr(room, field) if standings.in_scope(uri))
        for field in _ROOM_LISTS.values()
    }
    new = replace(room, **lists)  # type: ignore[arg-type]
    return replace(new, presenters=_still_presenting(new, standings), invited=new.invited & new.members)


def edit_category(category: Category, change: CategoryChange, limits: Limits) -> Category | Refused:
    """The category after the change (its audit data still the old). Creators are not yet held against the new scope:
    see `purge_category`."""
    if change.expected is not None and change.expected != category.audit.updated_at:
        return _COLLISION
    settings = _checked_texts(_other(change.name, category.name), change.description, limits)
    if isinstance(settings, Refused):
        return settings
    settings |= _given(change, ("parent",)) | _switched(change)
    for edit in change.lists:
        if not isinstance(edit.which, CategoryList):
            return Refused(Refusal.INVALID, "a category has allowed, denied and creators")
        field = _CATEGORY_LISTS[edit.which]
        after = _edit_list(settings.get(field, getattr(category, field)), edit)  # type: ignore[arg-type]
        if isinstance(after, Refused):
            return after
        settings[field] = after
    return replace(category, **settings)  # type: ignore[arg-type]


def _switched(change: CategoryChange) -> dict[str, object]:
    return {name: None if value == "inherit" else value for name, value in _given(change, SWITCHES).items()}


def purge_category(before: Category, category: Category, in_scope: Callable[[str], bool]) -> Category | Refused:
    """The category with only those creators who are in its scope. A creator who is new and outside refuses all."""
    outside = {uri for uri in category.creators if not in_scope(uri)}
    new = sorted(outside - before.creators)
    if new:
        return Refused(Refusal.NOT_IN_SCOPE, f"creators outside the scope: {', '.join(new)}")
    return replace(category, creators=category.creators - outside)


def room_without(room: Room, principal: str, standings: Standings) -> Room:
    """The room after somebody or a group is gone for good: out of every list, and out with presenters who were members
    through that group only."""
    lists = {field: getattr(room, field) - {principal} for field in _ROOM_LISTS.values()}
    new = replace(room, **lists)
    return replace(new, presenters=_still_presenting(new, standings), invited=new.invited & new.members)


def category_without(category: Category, principal: str) -> Category:
    """As `room_without`: out of the lists that give a right. A denial stays in force."""
    return replace(category, allowed=category.allowed - {principal}, creators=category.creators - {principal})


def check_addin(addin_id: AddInId, name: str, url: str, limits: Limits) -> AddIn | Refused:
    """An add-in as it will be kept, or why it cannot be one: it has a name and the address of a web page."""
    kept = check_title(name, limits.addin_name_chars)
    if isinstance(kept, Refused):
        return kept
    address = url.strip()
    if len(address) > limits.addin_url_chars:
        return Refused(Refusal.LIMIT_EXCEEDED, f"an address has at most {limits.addin_url_chars} characters")
    if not _is_web_page(address):
        return Refused(Refusal.INVALID, "the address of an add-in begins with https:// or http://")
    return AddIn(addin_id, kept, address)


def _is_web_page(address: str) -> bool:
    if not address.isprintable() or any(character.isspace() or character in '<>"' for character in address):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname)
