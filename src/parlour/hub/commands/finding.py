"""From what people type to what is meant: rooms, categories and add-ins by name or id, people by login or address,
groups by name or URI. What is not found is named, and where to look."""

from __future__ import annotations

from collections.abc import Iterable

from parlour.hub.commands.registry import Context
from parlour.hub.refusals import NOT_ADMIN
from parlour.rooms.model import AddIn, Category, Person, Principal, PrincipalKind, Room, RoomId
from parlour.rooms.names import fold_name
from parlour.rooms.refusals import Refusal, Refused

__all__ = [
    "EVERYONE",
    "find_addin",
    "find_author",
    "find_category",
    "find_domain",
    "find_group",
    "find_person",
    "find_principals",
    "find_room",
    "find_room_to_administer",
    "known_person",
    "may_see",
    "only_admins",
    "only_one",
]

EVERYONE = "everyone"
"""What may be typed for the whole domain."""


def find_room(context: Context, actor: Person | None, text: str) -> Room | Refused:
    """By id or name; one that the actor may not see is not found."""
    room = context.hub.catalogue.find_room(text)
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
    uri = _find_principal(context, text)
    group = context.hub.people.find_principal(uri) if uri is not None else None
    if group is None or group.kind is PrincipalKind.USER:
        return Refused(Refusal.NO_SUCH_PRINCIPAL, f"there is no such group: {text}")
    return group


def find_principals(context: Context, texts: Iterable[str]) -> frozenset[str] | Refused:
    """URIs of people, groups or the domain (`everyone`)."""
    found = {text: _find_principal(context, text) for text in texts}
    unknown = sorted(text for text, uri in found.items() if uri is None)
    if unknown:
        return Refused(Refusal.NO_SUCH_PRINCIPAL, f"there is no such person or group: {', '.join(unknown)}")
    return frozenset(uri for uri in found.values() if uri is not None)


def only_one(context: Context, text: str | None) -> str | Refused | None:
    """The URI of one person, group or the domain; None for None."""
    if text is None:
        return None
    return _find_principal(context, text) or Refused(
        Refusal.NO_SUCH_PRINCIPAL, f"there is no such person or group: {text}"
    )


def _find_principal(context: Context, text: str) -> str | None:
    people = context.hub.people
    known = people.find_principal(text)
    if known is not None:
        return known.uri
    person = people.find_by_login(text)
    if person is not None:
        return person
    wanted = fold_name(text)
    for principal in people.principals():
        if principal.kind is PrincipalKind.DOMAIN and wanted == EVERYONE:
            return principal.uri
        if principal.kind is not PrincipalKind.USER and fold_name(principal.display_name) == wanted:
            return principal.uri
    return None


def find_room_to_administer(context: Context, actor: Person | None, text: str) -> Room | Refused:
    """As `find_room`, for what only administrators do in it, whatever the room's lists say."""
    refused = only_admins(context, actor)
    return refused if refused is not None else find_room(context, actor, text)


def only_admins(context: Context, actor: Person | None) -> Refused | None:
    """For what is neither in a room nor in a category."""
    if actor is None or context.hub.gate.administers(actor):
        return None
    return NOT_ADMIN
