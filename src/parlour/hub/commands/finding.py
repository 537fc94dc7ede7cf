"""From what people type to what is meant: rooms and categories by name or id, people by login or address, groups by
name or URI."""

from __future__ import annotations

from collections.abc import Iterable

from parlour.hub.commands.registry import Context
from parlour.rooms.decisions import no_such_room
from parlour.rooms.model import Category, Person, PrincipalKind, Room
from parlour.rooms.names import fold_name
from parlour.rooms.refusals import Refusal, Refused

__all__ = ["EVERYONE", "find_category", "find_person", "find_principals", "find_room", "only_admins"]

EVERYONE = "everyone"
"""What may be typed for the whole domain."""


def find_room(context: Context, actor: Person | None, text: str) -> Room | Refused:
    """By id or name; one that the actor may not see is not found."""
    room = context.hub.catalogue.find_room(text)
    if room is None:
        return no_such_room()
    if actor is None:
        return room
    seen = context.hub.gate.look(room.id, actor)
    return seen if isinstance(seen, Refused) else seen[0]


def find_category(context: Context, actor: Person | None, text: str) -> Category | Refused:
    """By id or name."""
    category = context.hub.catalogue.find_category(text)
    if category is None:
        return Refused(Refusal.NO_SUCH_CATEGORY, "there is no such category")
    if actor is None:
        return category
    seen = context.hub.gate.over(category.id, actor)
    return seen if isinstance(seen, Refused) else seen[0]


def find_person(context: Context, text: str) -> str | Refused:
    """The URI of a person, by login, address or URI."""
    found = context.hub.people.find_by_login(text)
    return found or Refused(Refusal.NO_SUCH_PRINCIPAL, f"there is no such person: {text}")


def find_principals(context: Context, texts: Iterable[str]) -> frozenset[str] | Refused:
    """URIs of people, groups or the domain (`everyone`)."""
    found = {text: _find_principal(context, text) for text in texts}
    unknown = sorted(text for text, uri in found.items() if uri is None)
    if unknown:
        return Refused(Refusal.NO_SUCH_PRINCIPAL, f"there is no such person or group: {', '.join(unknown)}")
    return frozenset(uri for uri in found.values() if uri is not None)


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


def only_admins(context: Context, actor: Person | None) -> Refused | None:
    """For what is neither in a room nor in a category."""
    if actor is None or context.hub.gate.administers(actor):
        return None
    return Refused(Refusal.NOT_PERMITTED, "only administrators may do this")
