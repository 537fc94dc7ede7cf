"""Everybody by name. Folding and sorting the names of a large company is slow, so it is done once, and again for
whoever changes."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import NamedTuple

from parlour.hub.people import People
from parlour.rooms.model import Person
from parlour.rooms.names import bare_name, fold_name

__all__ = ["Roster", "Row"]


class Row(NamedTuple):
    """Sorts by name, then by address; the rest never decides. `bare` and `bare_email` are as they are searched
    (`bare_name`)."""

    name: str
    uri: str
    email: str
    person: Person
    bare: str
    bare_email: str

    def contains(self, text: str) -> bool:
        """Whether name, address or mail address has the (bare) text in it."""
        return text in self.bare or text in self.uri or text in self.bare_email


class Roster:
    def __init__(self, people: People) -> None:
        self._people = people
        self._rows: dict[str, Row] = {}
        self._sorted: list[Row] | None = None
        people.subscribe(self._changed)

    def rows(self) -> Sequence[Row]:
        """Everybody, by folded name."""
        if self._sorted is None:
            self._rows = {person.uri: _row(person) for person in self._people.people()}
            self._sorted = sorted(self._rows.values(), key=_order)
        return self._sorted

    def _changed(self, uri: str) -> None:
        if self._sorted is None:
            return
        old = self._rows.pop(uri, None)
        if old is not None:
            del self._sorted[bisect_left(self._sorted, _order(old), key=_order)]
        person = self._people.find_person(uri)
        if person is not None:
            self._rows[uri] = _row(person)
            insort(self._sorted, self._rows[uri], key=_order)


def _row(person: Person) -> Row:
    name = fold_name(person.display_name)
    return Row(name, person.uri, person.email.lower(), person, bare_name(name), bare_name(person.email))


def _order(row: Row) -> tuple[str, str]:
    return row.name, row.uri
