"""Who may do what: effective rights as pure functions of a room, its category chain and a person.

The rules are listed in docs/protocol/rooms.md; `rights_in` is the only place that applies them to rooms, and
`parlour.hub.gate` is the only caller outside this package.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from parlour.rooms.model import Behavior, Category, Person, Room, Visibility

__all__ = [
    "NO_RIGHTS",
    "CategoryRights",
    "Rights",
    "Standing",
    "holds",
    "names_of",
    "rights_at",
    "rights_in",
    "rights_over",
    "standing_in",
]


@dataclass(frozen=True, slots=True)
class Rights:
    """What one person may do with one room, all things considered.

    see: learn that the room exists, and its card; find: have it in search results; join; read: fetch history, joined
    or not; post; manage: change settings and roles, disable; administer: enable and delete.
    member, manager, presenter: how the person is shown in the participant list."""

    see: bool = False
    find: bool = False
    join: bool = False
    read: bool = False
    post: bool = False
    manage: bool = False
    administer: bool = False
    member: bool = False
    manager: bool = False
    presenter: bool = False


@dataclass(frozen=True, slots=True)
class CategoryRights:
    """see: know of the category; create: make rooms in it; administer: change or delete it."""

    see: bool = False
    create: bool = False
    administer: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How the names of one person (or group) stand to a category chain. Denied wins, wherever on the chain."""

    allowed: bool
    denied: bool

    @property
    def in_scope(self) -> bool:
        return self.allowed and not self.denied


NO_RIGHTS = Rights()


def names_of(person: Person) -> frozenset[str]:
    """All URIs that speak for the person: the own one and those of groups, folders and domains."""
    return person.affiliations | {person.uri}


def holds(role: Set[str], person: Person) -> bool:
    """True if the list names the person or anything the person belongs to."""
    return person.uri in role or not person.affiliations.isdisjoint(role)


def standing_in(chain: Sequence[Category], names: Set[str]) -> Standing:
    """`chain` is the category and its ancestors, in any order. Every one of them must allow. The root (no parent)
    lets everybody through while its `allowed` is empty, since it cannot be given a scope of its own in the original."""
    allowed = all(
        not names.isdisjoint(category.allowed) or (category.parent is None and not category.allowed)
        for category in chain
    )
    denied = any(not names.isdisjoint(category.denied) for category in chain)
    return Standing(allowed, denied)


def rights_in(room: Room, chain: Sequence[Category], person: Person) -> Rights:
    """The effective rights of `person` in `room`, whose category and its ancestors are `chain`."""
    return rights_at(room, standing_in(chain, names_of(person)), person)


def rights_at(room: Room, standing: Standing, person: Person) -> Rights:
    """As `rights_in`, with the standing already known: for looking at many rooms of one category."""
    if person.disabled or not (person.chat_enabled or person.is_admin):
        return NO_RIGHTS
    admin = person.is_admin
    if not admin and not standing.in_scope:
        return NO_RIGHTS
    # Administrators are not bound by allowed lists, but a denial (an ethical wall) keeps them out of the talk too.
    welcome = person.chat_enabled and not standing.denied
    member = welcome and (room.visibility is Visibility.OPEN or holds(room.members, person))
    manager = welcome and holds(room.managers, person)
    presenter = member and room.behavior is Behavior.AUDITORIUM and holds(room.presenters, person)
    see = admin or member or manager or room.visibility is not Visibility.PRIVATE
    inside = member and not room.disabled
    return Rights(
        see=see,
        find=see and not room.disabled,
        join=inside,
        read=inside,
        post=inside and (presenter or room.behavior is Behavior.NORMAL),
        manage=manager or admin,
        administer=admin,
        member=member,
        manager=manager,
        presenter=presenter,
    )


def rights_over(chain: Sequence[Category], person: Person) -> CategoryRights:
    """Rights over the category `chain[0]`, whose ancestors are the rest. Creating in the root is nobody's right."""
    category = chain[0]
    if person.disabled or not (person.chat_enabled or person.is_admin):
        return CategoryRights()
    in_scope = standing_in(chain, names_of(person)).in_scope
    creator = person.is_admin or (in_scope and holds(category.creators, person))
    return CategoryRights(
        see=person.is_admin or in_scope,
        create=creator and category.parent is not None,
        administer=person.is_admin,
    )
