"""What is heard in rooms whose history is being read for this client: kept back until the history has left.

Some clients do not look at message numbers (COMPAT: SIPE), so they would show twice what they are told twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from parlour.hub.events import PostHeard, RoomEvent
from parlour.rooms.model import RoomId

__all__ = ["Holding"]


class Holding:
    """Of one dialog, while it reads, and until what was said before the reply is told: in a room that has much to tell
    that is later, and the reply has it already."""

    __slots__ = ("_rooms", "_told", "_up_to")

    def __init__(self) -> None:
        self._rooms: dict[RoomId, list[RoomEvent]] = {}
        self._up_to: dict[RoomId, int] = {}
        self._told: dict[RoomId, int] = {}

    def __bool__(self) -> bool:
        return bool(self._rooms or self._told)

    def begin(self, room: RoomId) -> None:
        self._told.pop(room, None)
        self._rooms.setdefault(room, [])

    def take(self, events: Sequence[RoomEvent]) -> Sequence[RoomEvent]:
        """What is left to tell now of these events (of one room)."""
        room = getattr(events[0], "room", RoomId(""))
        held = self._rooms.get(room)
        if held is not None:
            held.extend(events)
            return ()
        up_to = self._told.get(room)
        if up_to is None:
            return events
        if any(isinstance(one, PostHeard) and one.post.chat_id >= up_to for one in events):
            del self._told[room]
        return _without(events, up_to)

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

    def release(self, still_telling: Callable[[RoomId], bool], everything: bool = False) -> list[list[RoomEvent]]:
        """What is due now, by room, in the order in which it was heard. `still_telling`: whether something was said in
        a room and is not told yet; `everything`: of rooms that were not read to the end, too."""
        due = list(self._rooms) if everything else list(self._up_to)
        held = [self._release(room, still_telling(room)) for room in due]
        return [events for events in held if events]

    def _release(self, room: RoomId, still_telling: bool) -> list[RoomEvent]:
        events, up_to = self._rooms.pop(room, []), self._up_to.pop(room, 0)
        if (
            still_telling
            and up_to
            and not any(isinstance(one, PostHeard) and one.post.chat_id >= up_to for one in events)
        ):
            self._told[room] = up_to
        return _without(events, up_to)


def _without(events: Sequence[RoomEvent], up_to: int) -> list[RoomEvent]:
    return [one for one in events if not (isinstance(one, PostHeard) and one.post.chat_id <= up_to)]
