"""What is heard in rooms whose history is being read for this client: kept back until the history has left.

Some clients do not look at message numbers (COMPAT: SIPE), so they would show twice what they are told twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from parlour.hub.events import PostHeard, RoomEvent
from parlour.rooms.model import RoomId

__all__ = ["Holding"]


class Holding:
    """Of one dialog, while it reads."""

    __slots__ = ("_rooms", "_up_to")

    def __init__(self) -> None:
        self._rooms: dict[RoomId, list[RoomEvent]] = {}
        self._up_to: dict[RoomId, int] = {}

    def __bool__(self) -> bool:
        return bool(self._rooms)

    def begin(self, room: RoomId) -> None:
        self._rooms.setdefault(room, [])

    def take(self, events: Sequence[RoomEvent]) -> bool:
        """Whether these events (of one room) are kept back."""
        held = self._rooms.get(getattr(events[0], "room", RoomId("")))
        if held is None:
            return False
        held.extend(events)
        return True

    def take_older(self, room: RoomId, chat_id: int) -> list[RoomEvent]:
        """What was kept back up to the last post below `chat_id`, with which the reply begins: when much is said while
        history is read, the reply does not reach back to where keeping back began. To be told before the reply."""
        events = self._rooms.get(room, [])
        older = [at for at, one in enumerate(events, 1) if isinstance(one, PostHeard) and one.post.chat_id < chat_id]
        if not older:
            return []
        self._rooms[room] = events[older[-1] :]
        return events[: older[-1]]

    def end(self, room: RoomId, up_to: int) -> None:
        """The reply is made, and has all posts up to `up_to`; what else was kept back is due once the reply left."""
        self._up_to[room] = up_to

    def release(self, everything: bool = False) -> list[list[RoomEvent]]:
        """What is due now, by room, in the order in which it was heard; `everything`: of rooms that were not read to
        the end, too."""
        due = list(self._rooms) if everything else list(self._up_to)
        held = [_without(self._rooms.pop(room, []), self._up_to.pop(room, 0)) for room in due]
        return [events for events in held if events]


def _without(events: Sequence[RoomEvent], up_to: int) -> list[RoomEvent]:
    return [one for one in events if not (isinstance(one, PostHeard) and one.post.chat_id <= up_to)]
