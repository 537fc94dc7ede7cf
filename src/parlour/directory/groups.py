"""Who is in which group, through other groups too. Pure; a circle, should a file contain one, ends by itself.

Members and groups are URIs. The domain is a group of everybody that nobody is put into: `everyone` names it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Memberships", "Move"]


class Move(NamedTuple):
    """Of a member: into a group, out of a group, or from one to another in one step."""

    member: str
    into: str | None
    out_of: str | None


class Memberships:
    """Direct memberships both ways, and what follows from them."""

    def __init__(self, everyone: str, pairs: Iterable[tuple[str, str]] = ()) -> None:
        """`pairs` are (group, member)."""
        self._everyone = everyone
        self._members: dict[str, set[str]] = {}
        self._groups: dict[str, set[str]] = {}
        for group, member in pairs:
            self.add(group, member)

    def add(self, group: str, member: str) -> None:
        self._members.setdefault(group, set()).add(member)
        self._groups.setdefault(member, set()).add(group)

    def remove(self, group: str, member: str) -> None:
        """None is fine too."""
        self._members.get(group, set()).discard(member)
        self._groups.get(member, set()).discard(group)

    def move(self, move: Move) -> None:
        if move.into is not None:
            self.add(move.into, move.member)
        if move.out_of is not None:
            self.remove(move.out_of, move.member)

    def forget(self, uri: str) -> None:
        """Take somebody or a group out of everything."""
        for member in self._members.pop(uri, set()):
            self._groups[member].discard(uri)
        for group in self._groups.pop(uri, set()):
            self._members[group].discard(uri)

    def members_of(self, group: str) -> frozenset[str]:
        """Direct members."""
        return frozenset(self._members.get(group, ()))

    def groups_of(self, member: str) -> frozenset[str]:
        """The groups that somebody or something is directly in."""
        return frozenset(self._groups.get(member, ()))

    def above(self, uri: str) -> frozenset[str]:
        """Every group that somebody or something is in, the domain not counted as such."""
        return _reach(self._groups.get(uri, ()), self._groups)

    def affiliations(self, person: str) -> frozenset[str]:
        """Every group the person is in, the domain included."""
        return _reach([self._everyone, *self._groups.get(person, ())], self._groups)

    def beneath(self, uri: str) -> frozenset[str]:
        """`uri` itself and everything in it; where the domain is among it, everybody is meant (`everyone` says so)."""
        return _reach([uri], self._members)

    def beneath_all(self, uris: Iterable[str]) -> frozenset[str]:
        """As `beneath`, of several."""
        return _reach(uris, self._members)

    def would_circle(self, group: str, member: str) -> bool:
        """Whether `group` would be inside itself with `member` in it."""
        return group in self.beneath(member)


def _reach(start: Iterable[str], edges: dict[str, set[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        uri = waiting.pop()
        if uri not in found:
            found.add(uri)
            waiting.extend(edges.get(uri, ()))
    return frozenset(found)
