"""Who is here, and in which rooms: visits (one person at one endpoint), seats (one visit in one room), live rooms.

A person is shown once in a room, however many endpoints sit there. In a large room (from the participant update limit
up, until fewer than 80 % of it remain) comings and goings are not told and the list of people is not handed out; when
it ends, every endpoint is told what it has missed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from parlour.hub.events import (
    Arrival,
    Listener,
    ListResumed,
    Participant,
    PersonChanged,
    PersonJoined,
    PersonParted,
    RoomEvent,
)
from parlour.hub.telling import Audience, Ear, Teller
from parlour.rooms.model import Limits, Person, Room, RoomId
from parlour.rooms.policy import Rights
from parlour.rooms.refusals import Refusal, Refused
from parlour.rooms.switches import Switches

__all__ = ["LiveRoom", "Presence", "RoomView", "Seat", "Visit"]


class Visit:
    """One person at one endpoint, from `Hub.enter` to `Hub.leave`. `open` is False once it is over. `ending`: nobody is
    there any more, and its owner leaves by himself when what was asked before is done; "" or why."""

    __slots__ = ("arriving", "ending", "endpoint", "listener", "open", "person", "seats")

    def __init__(self, person: Person, endpoint: str, listener: Listener) -> None:
        self.person = person
        self.endpoint = endpoint
        self.listener = listener
        self.seats: dict[RoomId, Seat] = {}
        self.arriving: dict[RoomId, asyncio.Future[None]] | None = None
        self.open = True
        self.ending: str | None = None

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
    """A room with somebody in it. While it is `large`, `listed` are the people whom those `insiders` were told of who
    have been there since before; the others were told of themselves alone."""

    __slots__ = ("audience", "insiders", "large", "listed", "occupants", "room", "seat_counts", "switches")

    def __init__(self, room: Room, switches: Switches) -> None:
        self.room = room
        self.switches = switches
        self.audience = Audience()
        self.occupants: dict[str, Participant] = {}
        self.seat_counts: dict[str, int] = {}
        self.large = False
        self.listed: dict[str, Participant] = {}
        self.insiders: set[tuple[str, str]] = set()

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
        if self._others(self._visits.get(person.uri, ()), endpoint) >= self._limits.endpoints_per_user:
            return Refused(Refusal.TOO_MANY_ENDPOINTS, f"at most {self._limits.endpoints_per_user} endpoints at a time")
        visit = Visit(person, endpoint, listener)
        self._visits.setdefault(person.uri, []).append(visit)
        return visit

    @staticmethod
    def _others(here: Sequence[Visit], endpoint: str) -> int:
        """Endpoints of a person beside this one, each once: earlier visits of one may be ending still."""
        named = {visit.endpoint for visit in here if visit.endpoint} - {endpoint}
        return len(named) + sum(not visit.endpoint for visit in here)

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

    def seat(self, visit: Visit, places: Sequence[tuple[Room, Switches, Rights]]) -> None:
        """Put the visit into rooms and tell the others, where it is the person's first endpoint."""
        first = []
        for room, switches, rights in places:
            live = self.live.get(room.id)
            if live is None:
                live = self.live[room.id] = LiveRoom(room, switches)
            count = live.seat_counts.get(visit.uri, 0)
            live.seat_counts[visit.uri] = count + 1
            if not count and self._come_in(live, shown(visit.person, rights)):
                first.append(live)
        self._announce(visit.uri, first)
        for room, _, rights in places:
            live = self.live[room.id]
            seat = visit.seats[room.id] = Seat(visit, live, rights)
            live.audience.add(seat)
            self.joins += 1

    def _come_in(self, live: LiveRoom, participant: Participant) -> bool:
        """Whether the others are told."""
        if not live.large and len(live.occupants) + 1 >= self._limits.participant_update_limit:
            live.large = True
            live.listed = dict(live.occupants)
            live.insiders = {(seat.visit.uri, seat.visit.endpoint) for seat in live.seats}
        live.occupants[participant.uri] = participant
        return not live.large

    def _announce(self, uri: str, rooms: Sequence[LiveRoom]) -> None:
        """Somebody came into these rooms; they may be told together only where nothing else has still to be told."""
        calm = [live for live in rooms if live.audience.ears and not live.audience.backlog]
        arrival = Arrival() if len(calm) > 1 else None
        events = {live.room.id: PersonJoined(live.room.id, live.occupants[uri]) for live in rooms}
        if arrival is not None:
            for live in calm:
                event = events[live.room.id] = PersonJoined(live.room.id, live.occupants[uri], arrival)
                arrival.seats.append((event, live.audience.said + 1))
        for live in rooms:
            self._teller.tell(live.audience, events[live.room.id])

    def unseat(self, live: LiveRoom, seats: Iterable[Seat]) -> None:
        """Take seats of one room away, all at once: none of them hears anything more; then tell those who stay."""
        gone = []
        for seat in seats:
            self.parts += 1
            live.audience.discard(seat)
            live.insiders.discard((seat.visit.uri, seat.visit.endpoint))
            seat.visit.seats.pop(live.room.id, None)
            if self._was_last(live, seat.visit.uri):
                gone.append(seat.visit.uri)
        shrinks = live.large and len(live.occupants) * 5 < self._limits.participant_update_limit * 4
        if not live.audience.ears:
            self.live.pop(live.room.id, None)
        elif shrinks:
            self._resume(live)
        elif not live.large:
            for uri in gone:
                self._teller.tell(live.audience, PersonParted(live.room.id, uri))

    def _resume(self, live: LiveRoom) -> None:
        room = live.room.id
        inside = {uri: PersonJoined(room, participant) for uri, participant in live.occupants.items()}
        event = ListResumed(room, inside, live.listed, frozenset(live.insiders))
        live.large, live.listed, live.insiders = False, {}, set()
        self._teller.tell(live.audience, event)

    @staticmethod
    def told_anew(seat: Seat) -> None:
        """The endpoint has asked again who is in the room: of a large one it knows itself alone from now on."""
        seat.live.insiders.discard((seat.visit.uri, seat.visit.endpoint))

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
