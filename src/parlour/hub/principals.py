"""Finding people and groups: to look somebody up, and to fill the lists of rooms and categories."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import TypeVar

from parlour.hub.catalogue import Catalogue
from parlour.hub.gate import Gate
from parlour.hub.people import People
from parlour.hub.refusals import NO_CATEGORY
from parlour.hub.roster import Roster, Row
from parlour.rooms.decisions import no_such_room
from parlour.rooms.model import Behavior, CategoryId, Limits, Person, Principal, PrincipalKind, Role, RoomId, Visibility
from parlour.rooms.names import bare_name, fold_name
from parlour.rooms.refusals import Refusal, Refused

__all__ = ["PeopleRows", "PrincipalRows", "Principals"]

_NO_PRINCIPAL = Refused(Refusal.NO_SUCH_PRINCIPAL, "there is no such person or group")
_NOT_PERMITTED = Refused(Refusal.NOT_PERMITTED, "only administrators look others up")
_NOT_MANAGER = Refused(Refusal.NOT_PERMITTED, "only those who fill these lists may ask this")
_ROOM_OR_CATEGORY = Refused(Refusal.INVALID, "people are eligible for a role of one room or of one category")

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class PeopleRows:
    """By name. `more`: there are more than the limit."""

    rows: tuple[Person, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class PrincipalRows:
    """By name. `more`: there are more than the limit."""

    rows: tuple[Principal, ...]
    more: bool


class Principals:
    def __init__(self, catalogue: Catalogue, people: People, gate: Gate, limits: Limits) -> None:
        self._catalogue = catalogue
        self._people = people
        self._gate = gate
        self._limits = limits
        self._roster = Roster(people)

    # --- people

    def find_people(
        self,
        actor: Person | None,
        *,
        first: str = "",
        last: str = "",
        email: str = "",
        text: str = "",
        limit: int | None = None,
    ) -> PeopleRows:
        """People whose name contains `first` and `last`, whose mail address contains `email`, and where any of name,
        login or mail address contains `text`; ignoring case, and accents in names. Disabled people are shown to
        administrators only."""
        words = [bare_name(word) for word in (first, last) if word.strip()]
        address, anything = email.strip().lower(), bare_name(text)
        everybody = self._administers(actor)

        def fits(row: Row) -> bool:
            return (
                (everybody or not row.person.disabled)
                and all(word in row.bare for word in words)
                and address in row.email
                and row.contains(anything)
            )

        rows = (row.person for row in self._roster.rows() if fits(row))
        return PeopleRows(*_page(rows, self._rows(limit)))

    def user(self, actor: Person | None, uri: str) -> Person | Refused:
        """Somebody's data: one's own, or anybody's for administrators."""
        if actor is not None and actor.uri != uri and not self._administers(actor):
            return _NOT_PERMITTED
        return self._people.find_person(uri) or _NO_PRINCIPAL

    # --- groups, and everything that may stand in a list

    def group(self, actor: Person | None, uri: str) -> Principal | Refused:
        """A group, folder or domain, for administrators."""
        if not self._administers(actor):
            return _NOT_PERMITTED
        found = self._people.find_principal(uri)
        return found if found is not None and found.kind is not PrincipalKind.USER else _NO_PRINCIPAL

    def known(self, uri: str) -> Principal | None:
        """Who or what a URI in a list is; None if the directory does not know it (any more)."""
        return self._people.find_principal(uri)

    def eligible(
        self,
        actor: Person | None,
        *,
        room: RoomId | None = None,
        category: CategoryId | None = None,
        role: Role,
        text: str = "",
        limit: int | None = None,
    ) -> PrincipalRows | Refused:
        """Who may be put into a role: of a room, for those who manage it; of the rooms of a category, or CREATOR there,
        for those who may create in it. `text` is looked for in names and addresses. The server's limit does not bind
        the console."""
        if (room is None) == (category is None):
            return _ROOM_OR_CATEGORY
        test = self._room_test(actor, room, role) if room is not None else self._category_test(actor, category, role)
        if isinstance(test, Refused):
            return test
        # The name is looked at first: how a group stands to a scope is found by looking at its people.
        found = (uri for uri in self._named(bare_name(text)) if test(uri))
        rows = (row for uri in found if (row := self._people.find_principal(uri)) is not None)
        return PrincipalRows(*_page(rows, limit if actor is None else self._rows(limit)))

    def _named(self, text: str) -> Iterator[str]:
        """People who are not disabled, groups, folders and domains that have `text` in their name, by name."""
        people = ((row.name, row.uri) for row in self._roster.rows() if row.contains(text) and not row.person.disabled)
        named = ((fold_name(group.display_name), group.uri) for group in self._people.groups())
        groups = sorted((name, uri) for name, uri in named if text in bare_name(name) or text in uri)
        return (uri for _, uri in merge(people, groups))

    def _room_test(self, actor: Person | None, room_id: RoomId, role: Role) -> Callable[[str], bool] | Refused:
        room = self._catalogue.rooms.get(room_id)
        if actor is not None:
            seen = self._gate.look(room_id, actor)
            if isinstance(seen, Refused):
                return seen
            if not seen[1].manage:
                return _NOT_MANAGER
        if room is None:
            return no_such_room()
        in_scope = self._gate.scope_of(self._catalogue.chain(room.category))
        if role is not Role.PRESENTER:
            return in_scope
        if room.behavior is not Behavior.AUDITORIUM:
            return _nobody
        if room.visibility is Visibility.OPEN:
            return in_scope
        members = room.members
        return lambda uri: in_scope(uri) and not self._gate.names_for(uri).isdisjoint(members)

    def _category_test(
        self, actor: Person | None, category_id: CategoryId | None, role: Role
    ) -> Callable[[str], bool] | Refused:
        if category_id is None or category_id not in self._catalogue.categories:
            return NO_CATEGORY
        if actor is not None:
            seen = self._gate.over(category_id, actor)
            if isinstance(seen, Refused):
                return seen
            if not (seen[1].create or seen[1].administer):
                return _NOT_MANAGER
        # Presenters are chosen from among the members of a room, which a category does not have.
        return _nobody if role is Role.PRESENTER else self._gate.scope_of(self._catalogue.chain(category_id))

    # --- both

    def _administers(self, actor: Person | None) -> bool:
        return actor is None or self._gate.administers(actor)

    def _rows(self, limit: int | None) -> int:
        most = self._limits.search_limit
        return most if limit is None or limit <= 0 else min(limit, most)


def _page(found: Iterable[R], limit: int | None) -> tuple[tuple[R, ...], bool]:
    if limit is None:
        return tuple(found), False
    rows = tuple(islice(found, limit + 1))
    return rows[:limit], len(rows) > limit


def _nobody(uri: str) -> bool:
    del uri
    return False
