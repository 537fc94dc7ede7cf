"""Who is here, and in which rooms: visits (one person at one endpoint), seats (one visit in one room), live rooms.

A person is shown once in a room, however many endpoints sit there. In a large room (from the participant update limit
up, until fewer than 80 % of it remain) comings and goings are not told and the list of people is not handed out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from parlour.hub.events import Listener, Participant, PersonChanged, PersonJoined, PersonParted, RoomEvent
from parlour.hub.telling import Audience, Ear, Teller
from parlour.rooms.model import Limits, Person, Room, RoomId
from parlour.rooms.policy import Rights
from parlour.rooms.refusals import Refusal, Refused
from parlour.rooms.switches import Switches

__all__ = ["LiveRoom", "Presence", "RoomView", "Seat", "Visit"]


class Visit:
    """One person at one endpoint, from `Hub.enter` to `Hub.leave`. `open` is False once it is over."""

    __slots__ = ("arriving", "endpoint", "listener", "open", "person", "seats")

    def __init__(self, person: Person, endpoint: str, listener: Listener) -> None:
        self.person = person
        self.endpoint = endpoint
        self.listener = listener
        self.seats: dict[RoomId, Seat] = {}
        self.arriving: dict[RoomId, asyncio.Future[None]] | None = None
        self.open = True

    @property
    def uri(self) -> str:
        return self.person.uri

    def hear(self, events: Sequence[RoomEvent]) -> None:
        """For events that concern this visit alone: silent once the visit is over."""
        if self.open:
            self.listener.hear(events)


class Seat(Ear):
    """A visit in a room. `rights` are what the gate gave last."""

    __slots__ = ("live", "rights", "visit")

    def __init__(self, visit: Visit, live: LiveRoom, rights: Rights) -> None:
        super().__init__(visit.listener.hear)
        self.visit = visit
        self.live = live
        self.rights = rights


class LiveRoom:
    """A room with somebody in it."""

    __slots__ = ("audience", "large", "occupants", "room", "seat_counts", "switches")

    def __init__(self, room: Room, switches: Switches) -> None:
        self.room = room
        self.switches = switches
        self.audience = Audience()
        self.occupants: dict[str, Participant] = {}
        self.seat_counts: dict[str, int] = {}
        self.large = False

    @property
    def seats(self) -> list[Seat]:
        return [ear for ear in self.audience.ears if isinstance(ear, Seat)]


@dataclass(frozen=True, slots=True)
class RoomView:
    """A room as one person sees it on entering: `participants` is the caller alone when the room is large; `count` is
    the number of people (not endpoints) inside; `rejoined`: this endpoint was inside already."""

    room: Room
    switches: Switches
    rights: Rights
    participants: tuple[Participant, ...]
    count: int
    large: bool
    rejoined: bool = False


class Presence:
    def __init__(self, teller: Teller, limits: Limits) -> None:
        self._teller = teller
        self._limits = limits
        self._visits: dict[str, list[Visit]] = {}
        self.joins = 0
        self.parts = 0
        """Seats taken and given up so far."""
        self.live: dict[RoomId, LiveRoom] = {}

    # --- visits

    def admit(self, person: Person, endpoint: str, listener: Listener) -> Visit | Refused:
        here = self._visits.get(person.uri, [])
        if len(here) >= self._limits.endpoints_per_user:
            return Refused(Refusal.TOO_MANY_ENDPOINTS, f"at most {self._limits.endpoints_per_user} endpoints at a time")
        visit = Visit(person, endpoint, listener)
        self._visits.setdefault(person.uri, []).append(visit)
        return visit

    def forget(self, visit: Visit) -> None:
        visit.open = False
        here = self._visits.get(visit.uri, [])
        if visit in here:
            here.remove(visit)
        if not here:
            self._visits.pop(visit.uri, None)

    def visits_of(self, uri: str) -> list[Visit]:
        return list(self._visits.get(uri, ()))

    def all_visits(self) -> list[Visit]:
        return [visit for here in self._visits.values() for visit in here]

    def uris(self) -> list[str]:
        """Everybody who has a visit."""
        return list(self._visits)

    def rooms_of(self, uri: str) -> set[RoomId]:
        """The rooms in which the person is now."""
        return {room for visit in self._visits.get(uri, ()) for room in visit.seats}

    def population(self, room: RoomId) -> int:
        live = self.live.get(room)
        return len(live.occupants) if live is not None else 0

    # --- seats

    def seat(self, visit: Visit, room: Room, switches: Switches, rights: Rights) -> Seat:
        """Put the visit into the room and tell the others, if it is the person's first endpoint there."""
        live = self.live.get(room.id)
        if live is None:
            live = self.live[room.id] = LiveRoom(room, switches)
        uri = visit.uri
        count = live.seat_counts.get(uri, 0)
        live.seat_counts[uri] = count + 1
        if not count:
            self._announce(live, visit.person, rights)
        seat = visit.seats[room.id] = Seat(visit, live, rights)
        live.audience.add(seat)
        self.joins += 1
        return seat

    def _announce(self, live: LiveRoom, person: Person, rights: Rights) -> None:
        participant = live.occupants[person.uri] = shown(person, rights)
        if len(live.occupants) >= self._limits.participant_update_limit:
            live.large = True
        if not live.large:
            self._teller.tell(live.audience, PersonJoined(live.room.id, participant))

    def unseat(self, live: LiveRoom, seats: Iterable[Seat]) -> None:
        """Take seats of one room away, all at once: none of them hears anything more; then tell those who stay."""
        gone = []
        for seat in seats:
            self.parts += 1
            live.audience.discard(seat)
            seat.visit.seats.pop(live.room.id, None)
            if self._was_last(live, seat.visit.uri):
                gone.append(seat.visit.uri)
        if live.large and len(live.occupants) * 5 < self._limits.participant_update_limit * 4:
            live.large = False
        if not live.audience.ears:
            self.live.pop(live.room.id, None)
        elif not live.large:
            for uri in gone:
                self._teller.tell(live.audience, PersonParted(live.room.id, uri))

    @staticmethod
    def _was_last(live: LiveRoom, uri: str) -> bool:
        count = live.seat_counts.get(uri, 0) - 1
        if count > 0:
            live.seat_counts[uri] = count
            return False
        live.seat_counts.pop(uri, None)
        return live.occupants.pop(uri, None) is not None

    def watch(self, room: Room, switches: Switches, hear: Callable[[Sequence[RoomEvent]], None]) -> Callable[[], None]:
        """Let somebody hear a room without being in it; call the result to end that. For administrators' eyes: the
        caller has seen to rights and record."""
        live = self.live.get(room.id)
        if live is None:
            live = self.live[room.id] = LiveRoom(room, switches)
        ear = Ear(hear)
        live.audience.add(ear)

        def unwatch() -> None:
            live.audience.discard(ear)
            if not live.audience.ears and self.live.get(room.id) is live:
                del self.live[room.id]

        return unwatch

    def refresh(self, seat: Seat, rights: Rights) -> None:
        """Give the seat new rights, and tell the room if the person is shown differently now."""
        seat.rights = rights
        live, person = seat.live, seat.visit.person
        participant = shown(person, rights)
        if live.occupants.get(person.uri) == participant:
            return
        live.occupants[person.uri] = participant
        event = PersonChanged(live.room.id, participant)
        if not live.large:
            self._teller.tell(live.audience, event)
        else:
            self.tell_alone(self.visits_of(person.uri), event)

    def tell_alone(self, visits: Iterable[Visit], event: RoomEvent) -> None:
        """Tell some visits apart from any room."""
        audience = Audience()
        for visit in visits:
            audience.add(Ear(visit.hear))
        self._teller.tell(audience, event)

    def tell_last(self, visit: Visit, event: RoomEvent) -> None:
        """Tell a visit that is over why it is."""
        audience = Audience()
        audience.add(Ear(visit.listener.hear))
        self._teller.tell(audience, event)

    def view(self, seat: Seat, rejoined: bool = False) -> RoomView:
        live = seat.live
        own = live.occupants[seat.visit.uri]
        participants = (own,) if live.large else tuple(live.occupants.values())
        return RoomView(live.room, live.switches, seat.rights, participants, len(live.occupants), live.large, rejoined)


def shown(person: Person, rights: Rights) -> Participant:
    """How a person appears in a room's list."""
    return Participant(person.uri, person.guid, person.display_name, rights.manager, rights.presenter)
