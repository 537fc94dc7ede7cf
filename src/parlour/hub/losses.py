"""Who loses a place in a list by a change of settings: counted, and the first of them named."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from parlour.rooms.model import Category, Room

__all__ = ["NAMED", "Changed", "Losses"]

NAMED = 20
"""People, and rooms or categories, that are named."""

T = TypeVar("T", Room, Category)

_ROOM_LISTS = ("members", "managers", "presenters")
_CATEGORY_LISTS = ("allowed", "creators")


@dataclass(slots=True)
class Losses:
    """`people`: URIs of people and groups; `places`: names of rooms and categories, as many as are named; `rooms`: how
    many rooms there are among them."""

    people: set[str] = field(default_factory=set)
    places: list[str] = field(default_factory=list)
    rooms: int = 0

    def add(self, before: Room | Category, after: Room | Category) -> None:
        """What one room or category loses."""
        lists = _ROOM_LISTS if isinstance(before, Room) else _CATEGORY_LISTS
        lost = set().union(*(getattr(before, name) - getattr(after, name) for name in lists))
        if not lost:
            return
        self.people |= lost
        self.rooms += isinstance(before, Room)
        if len(self.places) < NAMED:
            self.places.append(before.name)


@dataclass(frozen=True, slots=True)
class Changed(Generic[T]):
    """A room or category after a change, or as it would be, and who loses a place by it."""

    now: T
    lost: Losses = field(default_factory=Losses)
