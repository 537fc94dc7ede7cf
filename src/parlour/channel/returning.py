"""COMPAT: SIPE. After an INFO or UPDATE answered 481 it opens a new dialog on the same connection, joins nothing, and
posts into the rooms it believes it is in. We remember, for a while, which rooms an endpoint sat in when its dialog
was lost."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

from parlour.rooms.model import RoomId

__all__ = ["ReturningEndpoints"]

_MEMORY = 600.0
_MOST = 10_000


class ReturningEndpoints:
    """Rooms by (person, endpoint, connection), for ten minutes, at most 10,000 of them."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rooms: OrderedDict[tuple[str, str, int], tuple[float, tuple[RoomId, ...]]] = OrderedDict()

    def remember(self, person: str, endpoint: str, connection: int, rooms: Iterable[RoomId]) -> None:
        kept = tuple(rooms)
        if not kept:
            return
        self._rooms.pop((person, endpoint, connection), None)  # the newest stand at the end
        self._rooms[person, endpoint, connection] = (self._clock() + _MEMORY, kept)
        while len(self._rooms) > _MOST:
            self._rooms.popitem(last=False)

    def take(self, person: str, endpoint: str, connection: int) -> tuple[RoomId, ...]:
        """The rooms to be seated in again; they are given once."""
        until, rooms = self._rooms.pop((person, endpoint, connection), (0.0, ()))
        return rooms if self._clock() < until else ()
