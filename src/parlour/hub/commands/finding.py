"""From what people type to what is meant: rooms, categories and add-ins by name or id, people by login or address,
groups by name or URI. What is not found is named, and where to look."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from functools import cached_property

from parlour.hub.commands.registry import Context
from parlour.hub.refusals import NOT_ADMIN
from parlour.hub.slices import slices
from parlour.rooms.model import AddIn, Category, Person, Principal, PrincipalKind, Room, RoomId
from parlour.rooms.names import fold_name, look_of
from parlour.rooms.refusals import Refusal, Refused

__all__ = [
    "EVERYONE",
    "find_addin",
    "find_author",
    "find_category",
    "find_domain",
    "find_group",
    "find_person",
    "find_principal",
    "find_principals",
    "find_room",
    "find_room_to_administer",
    "known_person",
    "may_see",
    "only_admins",
    "only_one",
]

# As clients and `quickstart` show where a room is.
_ROOM_URI = re.compile(r"ma-chan://([^/]+)/([^/]+)", re.IGNORECASE)
_NAMED_UNKNOWN = 10
"""Unknown names that a refusal repeats."""

EVERYONE = "everyone"
"""What may be typed for the whole domain."""


def find_room(context: Context, actor: Person | None, text: str) -> Room | Refused:
    """By id, name or URI; one that the actor may not see is not found."""
    uri = _ROOM_URI.fullmatch(text.strip())
    named = uri[2] if uri is not None and uri[1].lower() == context.hub.domain else text
    room = context.hub.catalogue.find_room(named)
    if room is not None and may_see(context, actor, room.id):
        return room
    return Refused(Refusal.NO_SUCH_ROOM, f"there is no room {text}")


def may_see(context: Context, actor: Person | None, room: RoomId) -> bool:
    """Whether a room exists for the actor."""
    return actor is None or not isinstance(context.hub.gate.look(room, actor), Refused)


def find_category(context: Context, actor: Person | None, text: str) -> Category | Refused:
    """By id or name."""
    category = context.hub.catalogue.find_category(text)
    if category is not None and (actor is None or not isinstance(context.hub.gate.over(category.id, actor), Refused)):
        return category
    return Refused(Refusal.NO_SUCH_CATEGORY, f"there is no category {text}")


def find_addin(context: Context, text: str) -> AddIn | Refused:
    """By id or name."""
    return context.hub.addins.find(text) or Refused(Refusal.NO_SUCH_ADDIN, f"there is no add-in {text}")


def find_person(context: Context, text: str) -> str | Refused:
    """The URI of a person, by login, address or URI."""
    found = context.hub.people.find_by_login(text)
    return found or Refused(Refusal.NO_SUCH_PRINCIPAL, f"there is no such person: {text}")


def known_person(context: Context, actor: Person | None, text: str) -> Person | Refused:
    """The person, for administrators and for that person alone."""
    uri = find_person(context, text)
    refused = None if actor is not None and actor.uri == uri else only_admins(context, actor)
    if refused is not None:
        return refused
    person = context.hub.people.find_person(uri) if not isinstance(uri, Refused) else None
    return person or Refused(Refusal.NO_SUCH_PRINCIPAL, f"there is no such person: {text}")


def find_author(context: Context, text: str) -> str | Refused:
    """As `find_person`, but somebody who is gone may be named by the whole address: messages stay."""
    uri = find_person(context, text)
    if isinstance(uri, Refused) and "@" in text:
        return "sip:" + text.strip().lower().removeprefix("sip:")
    return uri


def find_domain(context: Context) -> Principal | Refused:
    """The group of everybody."""
    return find_group(context, EVERYONE)


def find_group(context: Context, text: str) -> Principal | Refused:
    """A group, a folder, or the domain, by name or URI."""
    known = context.hub.people.find_principal(text)
    if known is not None and known.kind is not PrincipalKind.USER:
        return known
    return _groups_by_name(context).find(text) or Refused(Refusal.NO_SUCH_PRINCIPAL, f"there is no such group: {text}")


async def find_principals(
    context: Context, texts: Iterable[str], listed: Set[str] = frozenset()
) -> frozenset[str] | Refused:
    """URIs of people, groups or the domain (`everyone`); there may be thousands of names. To take out of a list, pass
    what is in it as `listed`: who is gone from the directory is found there, by the address or URI."""
    finder = _Finder(context, listed)
    async for some in slices(texts):
        finder.find(some)
    return finder.answer()


def find_principal(context: Context, text: str) -> str | Refused:
    """The URI of a person, a group or the domain (`everyone`)."""
    finder = _Finder(context)
    finder.find((text,))
    found = finder.answer()
    return found if isinstance(found, Refused) else next(iter(found))


def only_one(context: Context, text: str | None) -> str | Refused | None:
    """The URI of one person, group or the domain; None for None."""
    return None if text is None else find_principal(context, text)


class _Finder:
    """Looks names up, and keeps what it found; groups are gone through once, however many names there are."""

    def __init__(self, context: Context, listed: Set[str] = frozenset()) -> None:
        self._people = context.hub.people
        self._domain = context.hub.domain
        self._groups = _groups_by_name(context)
        self._listed = listed
        self._found: set[str] = set()
        self._unknown: set[str] = set()
        self._ambiguous: set[str] = set()

    def find(self, texts: Iterable[str]) -> None:
        for text in texts:
            known = self._people.find_principal(text)
            person = known.uri if known is not None else self._people.find_by_login(text)
            # A whole URI means whom it names, even if an earlier release let a group be called so.
            group = self._groups.find(text) if known is None else None
            if person is not None and group is not None:
                self._ambiguous.add(text)
            uri = person or (group.uri if group is not None else None) or self._find_gone(text)
            if uri is None:
                self._unknown.add(text)
            else:
                self._found.add(uri)

    def _find_gone(self, text: str) -> str | None:
        folded = text.strip().lower()
        called = (folded, f"sip:{folded}", f"sip:{folded}@{self._domain}")
        return next((uri for uri in called if uri in self._listed), None)

    def answer(self) -> frozenset[str] | Refused:
        if self._ambiguous:
            text = min(self._ambiguous)
            return Refused(
                Refusal.INVALID, f"{text} is a login and a group; write the whole address, or the URI of the group"
            )
        unknown = sorted(self._unknown)
        if len(unknown) > _NAMED_UNKNOWN:
            first = ", ".join(unknown[:_NAMED_UNKNOWN])
            return Refused(Refusal.NO_SUCH_PRINCIPAL, f"{len(unknown)} of the names are unknown; the first are {first}")
        if unknown:
            return Refused(Refusal.NO_SUCH_PRINCIPAL, f"there is no such person or group: {', '.join(unknown)}")
        return frozenset(self._found)


class _GroupNames:
    """Groups by name, or by one that looks the same: two may look alike that were made by an earlier release."""

    def __init__(self, groups: Sequence[Principal]) -> None:
        self._groups = groups
        self._exact = {fold_name(group.display_name): group for group in groups}
        self._exact.update((EVERYONE, group) for group in groups if group.kind is PrincipalKind.DOMAIN)

    def find(self, text: str) -> Principal | None:
        return self._exact.get(fold_name(text)) or self._alike.get(look_of(text))

    @cached_property
    def _alike(self) -> dict[str, Principal]:
        return {look_of(group.display_name): group for group in self._groups}


def _groups_by_name(context: Context) -> _GroupNames:
    return _GroupNames(context.hub.people.groups())


def find_room_to_administer(context: Context, actor: Person | None, text: str) -> Room | Refused:
    """As `find_room`, for what only administrators do in it, whatever the room's lists say."""
    refused = only_admins(context, actor)
    return refused if refused is not None else find_room(context, actor, text)


def only_admins(context: Context, actor: Person | None) -> Refused | None:
    """For what is neither in a room nor in a category."""
    if actor is None or context.hub.gate.administers(actor):
        return None
    return NOT_ADMIN
