"""After every change of a room, a category or a person: who is inside is judged anew, who lost the right is out, and
who has come in is invited."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from parlour.hub.catalogue import Catalogue
from parlour.hub.events import Removed, RoomChanged, VisitEnded
from parlour.hub.gate import Gate
from parlour.hub.inviting import Inviting
from parlour.hub.joining import Joining, joined_or_parted
from parlour.hub.people import People
from parlour.hub.presence import LiveRoom, Presence, Seat, Visit
from parlour.hub.recording import Recorder
from parlour.hub.telling import Teller
from parlour.rooms.model import Category, Room, RoomId
from parlour.rooms.refusals import Refusal
from parlour.store.api import EventKind

__all__ = ["Enforcing"]


class Enforcing:
    def __init__(
        self,
        catalogue: Catalogue,
        people: People,
        gate: Gate,
        presence: Presence,
        joining: Joining,
        recorder: Recorder,
        teller: Teller,
        inviting: Inviting,
        clock_us: Callable[[], int],
    ) -> None:
        self._catalogue = catalogue
        self._people = people
        self._gate = gate
        self._presence = presence
        self._joining = joining
        self._recorder = recorder
        self._teller = teller
        self._inviting = inviting
        self._clock_us = clock_us

    def room_changed(self, room: Room, before: Room | None) -> None:
        """Settings or role lists are new, or the add-in that it shows; `before` is None for a new room."""
        self._those_inside(room, news=True)
        self._inviting.room_changed(room, before)

    def category_changed(self, category: Category, before: Category) -> None:
        """Settings, lists or place of a category are new, and with it all rooms below."""
        below = [room for each in self._catalogue.below(category.id) for room in self._catalogue.rooms_in(each)]
        for room in below:
            self._those_inside(self._catalogue.rooms[room])
        self._inviting.category_changed(category, before, below)

    def _those_inside(self, room: Room, *, news: bool = False) -> None:
        """They hear of it if there is something new in the room, or are out."""
        live = self._presence.live.get(room.id)
        if live is None:
            return
        known, now = (live.room, live.switches), (room, self._catalogue.switches(room.category))
        live.room, live.switches = now
        self._judge(live, live.seats)
        if news or now != known:  # of a category's lists the room shows nothing
            self._teller.tell(live.audience, RoomChanged(room.id, room, live.switches))

    def room_deleted(self, room: RoomId) -> None:
        live = self._presence.live.get(room)
        if live is not None:
            self._remove(live, live.seats, Refusal.NO_SUCH_ROOM)
            # Left now are those who watch without being inside.
            self._teller.tell(live.audience, Removed(room, Refusal.NO_SUCH_ROOM))

    def person_changed(self, uri: str) -> None:
        """Name, groups or flags are new, or the person is gone."""
        person = self._people.find_person(uri)
        for visit in self._presence.visits_of(uri):
            if person is None or person.disabled or not person.chat_enabled:
                self.end(visit, Refusal.NOT_PROVISIONED)
            else:
                visit.person = person
                for seat in list(visit.seats.values()):
                    self._judge(seat.live, (seat,))
        self._inviting.person_changed(uri)

    def end(self, visit: Visit, reason: Refusal) -> None:
        """End a visit that its owner did not end. One that is ending is not replaced: it may finish."""
        if visit.open and not (reason is Refusal.REPLACED and visit.ending is not None):
            self._joining.leave(visit, reason.value)
            self._presence.tell_last(visit, VisitEnded(reason))

    def _judge(self, live: LiveRoom, seats: Iterable[Seat]) -> None:
        out = []
        for seat in seats:
            rights = self._gate.rights(live.room, seat.visit.person)
            if rights.join:
                self._presence.refresh(seat, rights)
            else:
                out.append(seat)
        if out:
            self._remove(live, out, Refusal.ROOM_DISABLED if live.room.disabled else Refusal.NOT_PERMITTED)

    def _remove(self, live: LiveRoom, seats: list[Seat], reason: Refusal) -> None:
        room, at = live.room.id, self._clock_us()
        self._presence.unseat(live, seats)
        for seat in seats:
            self._recorder.owe(joined_or_parted(EventKind.PART, seat.visit, room, at, reason.value))
        self._presence.tell_alone([seat.visit for seat in seats], Removed(room, reason))
