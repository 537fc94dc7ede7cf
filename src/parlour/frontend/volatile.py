"""Presence publications that do not last: kept in memory, until their endpoint or the person's last endpoint has gone,
or their time is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from parlour.frontend.publications import Category, Lifetime, Publication, outgrows, sizes_after

__all__ = ["MAX_BYTES", "MAX_COUNT", "VolatileCategories"]

MAX_COUNT: Final = 256
"""Publications that do not last one person may have."""
MAX_BYTES: Final = 512 * 1024
"""Octets of content they may have together."""


@dataclass(frozen=True, slots=True)
class _Item:
    category: Category
    endpoint: str
    size: int
    expires_at: float | None


class VolatileCategories:
    """Those of all people; one per server. `wall` gives seconds since 1970."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._of: dict[str, dict[str, _Item]] = {}

    def __len__(self) -> int:
        """How many are kept."""
        return sum(map(len, self._of.values()))

    def of(self, person: str) -> list[Category]:
        """What holds now."""
        return [item.category for item in self._current(person).values()]

    def has_room(self, person: str, publications: Sequence[Publication]) -> bool:
        """Whether the person may publish these; always, if it leaves less than there is."""
        before = {label: item.size for label, item in self._current(person).items()}
        after = sizes_after(before, ((p, len(p.content.encode())) for p in publications))
        return not outgrows(before, after, MAX_COUNT, MAX_BYTES)

    def keep(self, person: str, endpoint: str, publication: Publication, at: str) -> int:
        """Publish one, or remove it: its version, 0 when it is gone. `at`: when, in ISO 8601.

        The last writer wins: a version that survived a lost connection must not cost the client a round trip."""
        mine = self._current(person)
        if publication.removes:
            mine.pop(publication.label, None)
            self._replace(person, mine)
            return 0
        old = mine.get(publication.label)
        version = (old.category.version if old else publication.version) + 1
        category = publication.category(version, at, publication.content)
        timed = publication.lifetime is Lifetime.TIME and publication.expires is not None
        expires_at = self._wall() + (publication.expires or 0) if timed else None
        mine[publication.label] = _Item(category, endpoint, len(category.content.encode()), expires_at)
        self._replace(person, mine)
        return version

    def endpoint_gone(self, person: str, endpoint: str, *, last: bool) -> None:
        """An endpoint has signed off, the person's `last` one perhaps: forget what was bound to it."""
        mine = self._current(person)
        self._replace(person, {k: item for k, item in mine.items() if not _dies(item, endpoint, last=last)})

    def _current(self, person: str) -> dict[str, _Item]:
        """The person's own; what has expired is forgotten on the way."""
        mine = self._of.get(person, {})
        now = self._wall()
        if any(item.expires_at is not None and item.expires_at <= now for item in mine.values()):
            mine = {k: item for k, item in mine.items() if item.expires_at is None or now < item.expires_at}
            self._replace(person, mine)
        return mine

    def _replace(self, person: str, mine: dict[str, _Item]) -> None:
        if mine:
            self._of[person] = mine
        else:
            self._of.pop(person, None)


def _dies(item: _Item, endpoint: str, *, last: bool) -> bool:
    """A `time` publication that names no time would stay for ever: it goes with its endpoint."""
    if item.category.lifetime is Lifetime.USER:
        return last
    return item.expires_at is None and (last or item.endpoint == endpoint)
