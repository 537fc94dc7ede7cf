"""What a client hears: the replies to what it asked, and what happens in its rooms, in an order that it can bear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from parlour.channel.holding import Holding
from parlour.channel.render import differs
from parlour.hub.events import ListResumed, PersonJoined, Removed, RoomEvent, VisitEnded
from parlour.hub.presence import Visit
from parlour.rooms.model import RoomId
from parlour.ua.uas import UasDialog
from parlour.xccos.encode import Fragment, envelopes
from parlour.xccos.profiles import ClientProfile
from parlour.xccos.types import Part

if TYPE_CHECKING:
    from parlour.channel.service import ChannelService

__all__ = ["Hearing"]


class Hearing:
    """The half of a session that tells. Replies leave before anything that is heard because of them; of a room whose
    history is being read nothing is told before that."""

    __slots__ = ("_dialog", "_holding", "_leaving", "_replies", "endpoint_id", "person", "profile", "service", "visit")

    def __init__(self, service: ChannelService, person: str, endpoint_id: str, profile: ClientProfile) -> None:
        self.service = service
        self.person = person
        self.endpoint_id = endpoint_id
        self.profile = profile
        self.visit: Visit | None = None
        self._dialog: UasDialog | None = None
        self._replies: list[Fragment] = []
        self._holding: Holding | None = None
        self._leaving: Counter[RoomId] | None = None

    def _visit_ended(self, event: VisitEnded) -> None:
        raise NotImplementedError

    def flush(self) -> None:
        """Send the replies that are ready."""
        if not self._replies:
            return
        replies, self._replies = self._replies, []
        if self._dialog is not None:
            self._dialog.pipe.push(envelopes(self.service.next_envid, replies))

    def hear(self, events: Sequence[RoomEvent]) -> None:
        """What happened in a room, or to this visit. Called for every listener of a room: no more than needed here."""
        dialog = self._dialog
        if dialog is None:
            return
        if self._leaving is not None and not (events := self._wanted(events)):
            return
        if self._replies:
            self.flush()
        if self._holding is not None:
            self._hear_at_last(self._take(events, self._holding))
        elif (contents := self.service.renderer.contents(events, self.profile)) is not None:
            dialog.pipe.push_contents(contents)
        else:
            self._hear_each(events)

    def leaving(self, command: Part) -> None:
        """The client has asked to leave a room, and may have to wait for its turn: nothing that happens there is told
        any more, until as many times `left`. COMPAT: SIPE has freed the room already, and would use it."""
        self._leaving = self._leaving or Counter()
        self._leaving[self.service.names.room_id(command.room_uri)] += 1

    def left(self, command: Part) -> None:
        """What `leaving` announced is carried out."""
        if self._leaving is not None:
            self._leaving -= Counter((self.service.names.room_id(command.room_uri),))
            self._leaving = self._leaving or None

    def _wanted(self, events: Sequence[RoomEvent]) -> Sequence[RoomEvent]:
        """What is told of these events (of one room) to somebody who may be leaving it: being put out, to those who can
        bear it, as their part will find nobody inside."""
        if self._leaving is None or getattr(events[0], "room", None) not in self._leaving:
            return events
        if self.profile.removal_needs_part_notice:
            return ()
        return [one for one in events if isinstance(one, Removed)]

    def _hears(self, room: RoomId, serial: int) -> bool:
        """Whether this client is to be told the event of that serial number in `room`."""
        seat = self.visit.seats.get(room) if self.visit is not None else None
        return seat is not None and seat.since < serial and (self._leaving is None or room not in self._leaving)

    def _take(self, events: Sequence[RoomEvent], holding: Holding) -> Sequence[RoomEvent]:
        left = holding.take(events)
        if not holding:
            self._holding = None
        return left

    def _hear_at_last(self, events: Sequence[RoomEvent]) -> None:
        events = self._wanted(events) if events else ()
        if any(map(differs, events)):
            self._hear_each(events)
        elif events:
            self._push(self.service.renderer.bodies(events, self.profile))

    def _hear_each(self, events: Sequence[RoomEvent]) -> None:
        for event in events:
            if isinstance(event, VisitEnded):
                self._visit_ended(event)
            elif isinstance(event, Removed):
                self._push(self.service.renderer.put_out(event, self.person, self.profile))
            elif isinstance(event, ListResumed):
                self._push(self.service.renderer.caught_up(event, self.person, self.endpoint_id))
            elif isinstance(event, PersonJoined) and event.arrival is not None:
                if seats := event.arrival.take(self, self._hears):
                    self._push(self.service.renderer.joined_together(seats))
            else:
                self._push(self.service.renderer.bodies((event,), self.profile))

    def _push(self, bodies: Sequence[bytes]) -> None:
        if self._dialog is not None:
            self._dialog.pipe.push(bodies)

    # -- what is kept back ------------------------------------------------------------------------------------------

    def hold(self, room: RoomId) -> None:
        """Keep back what is heard in `room`: its history is being read for this client."""
        if self._holding is None:
            self._holding = Holding()
        self._holding.begin(room)

    def pass_on_before(self, room: RoomId, chat_id: int) -> None:
        """Tell what was kept back and is older than the history that comes now."""
        if self._holding is not None:
            self._hear_at_last(self._holding.take_older(room, chat_id))

    def release_after_reply(self, room: RoomId, up_to: int) -> None:
        """Pass on what was kept back once the reply has left, without the posts up to `up_to`: the reply has them."""
        if self._holding is not None:
            self._holding.end(room, up_to)

    def _release(self, *, everything: bool = False) -> None:
        self.flush()
        if self._holding is not None:
            due = self._holding.release(self._still_telling, everything)
            if not self._holding:
                self._holding = None
            for events in due:
                self._hear_at_last(events)

    def _still_telling(self, room: RoomId) -> bool:
        seat = self.visit.seats.get(room) if self.visit is not None else None
        return seat is not None and seat.live.audience.backlog > 0
