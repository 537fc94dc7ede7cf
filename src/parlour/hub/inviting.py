"""Invitations: notices that somebody has become a member of a room. They ask for nothing and grant nothing.

A room remembers which member entries were made while it invited (`Room.invited`). Whoever is reached by one of these,
directly or through a group, is due an invitation: once for each room, for ever. It is issued when the person asks, or
at once for people who are here; a group of thousands who are not here costs nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from parlour.hub.catalogue import Catalogue
from parlour.hub.events import Invited
from parlour.hub.gate import Gate
from parlour.hub.people import People
from parlour.hub.presence import Presence
from parlour.hub.refusals import NOT_KEPT
from parlour.hub.turns import FairTurns
from parlour.rooms.decisions import decide_invitation
from parlour.rooms.model import Category, Micros, Person, Room, RoomId
from parlour.rooms.policy import holds, names_of
from parlour.rooms.refusals import Refused
from parlour.store.api import Invitation, InvitationLog, StoreUnavailable

__all__ = ["Invitations", "Inviting"]

log = logging.getLogger(__name__)


SLICE = 128
"""People who are looked at in one turn of the loop."""


@dataclass(frozen=True, slots=True)
class Invitations:
    """Ascending by number. `last` is the number to ask with next time."""

    rows: tuple[Invitation, ...]
    last: int


class Inviting:
    def __init__(
        self,
        catalogue: Catalogue,
        people: People,
        gate: Gate,
        presence: Presence,
        invitations: InvitationLog,
        turns: FairTurns,
        clock_us: Callable[[], int],
    ) -> None:
        self._catalogue = catalogue
        self._people = people
        self._gate = gate
        self._presence = presence
        self._log = invitations
        self._turns = turns
        self._clock_us = clock_us
        # What has still to be looked at; bounded by the rooms and people there are.
        self._entries: defaultdict[RoomId, set[str]] = defaultdict(set)
        self._comers: set[str] = set()
        self._work: asyncio.Task[None] | None = None

    # --- asked

    async def pending(self, person: Person, after: int) -> Invitations | Refused:
        """The invitations that are newer than number `after` (numbers begin with 2, so that 0 and 1 ask for all), into
        rooms that the person may still enter; what is due is issued first."""
        return await self._turns.run(person.uri, lambda: self._pending(person, max(0, after)))

    async def _pending(self, person: Person, after: int) -> Invitations | Refused:
        try:
            rows = list(await self._log.of(person.uri))
            due = self._due(person, {row.room for row in rows})
            if due:
                rows += await self._log.issue(person.uri, due, Micros(self._clock_us()))
        except StoreUnavailable:
            return NOT_KEPT
        shown = tuple(row for row in rows if row.number > after and self._may_enter(person, row.room))
        return Invitations(shown, max((row.number for row in shown), default=after))

    def _due(self, person: Person, known: Collection[RoomId]) -> list[RoomId]:
        """By name, so that the numbers of what is issued together follow an order that people know."""
        rooms = self._catalogue.rooms_inviting(names_of(person)) - set(known)
        due = [room for room in rooms if self._is_due(person, self._catalogue.rooms[room])]
        return sorted(due, key=self._catalogue.folded_name)

    def _is_due(self, person: Person, room: Room) -> bool:
        rights = self._gate.rights(room, person)
        return decide_invitation(room, rights, self._catalogue.switches(room.category), person)

    def _may_enter(self, person: Person, room_id: RoomId) -> bool:
        room = self._catalogue.rooms.get(room_id)
        return room is not None and self._gate.rights(room, person).join

    # --- at once, for people who are here

    def room_changed(self, room: Room, before: Room | None) -> None:
        """New entries of the member list, or old ones that invite (again) now."""
        again = before is None or before.disabled or not before.invite or before.category != room.category
        entries = room.invited if again or before is None else room.invited - before.invited
        self._look_at({room.id: entries})

    def category_changed(self, category: Category, before: Category, below: Iterable[RoomId]) -> None:
        """Another scope or place lets other people in; or the switch was off before, in the category or above it."""
        same = (before.invite, before.parent, before.allowed, before.denied)
        if same != (category.invite, category.parent, category.allowed, category.denied):
            self._look_at({room: self._catalogue.rooms[room].invited for room in below})

    def person_changed(self, uri: str) -> None:
        """The person may have come into a group that is invited."""
        if self._presence.visits_of(uri):
            self._comers.add(uri)
            self._start()

    def _look_at(self, entries: Mapping[RoomId, frozenset[str]]) -> None:
        for room, principals in entries.items():
            if principals and not self._catalogue.rooms[room].disabled:
                self._entries[room] |= principals
        self._start()

    def _start(self) -> None:
        if self._work is None and (self._entries or self._comers):
            self._work = asyncio.get_running_loop().create_task(self._look())
            self._work.add_done_callback(self._looked)

    def _looked(self, work: asyncio.Task[None]) -> None:
        self._work = None
        if not work.cancelled() and work.exception() is not None:
            log.error("inviting failed", exc_info=work.exception())
        self._start()

    async def settle(self) -> None:
        """Wait until everybody who is here and due has been told."""
        while self._work is not None:
            await asyncio.wait([self._work])

    async def _look(self) -> None:
        comers, self._comers = self._comers, set()
        entries, self._entries = self._entries, defaultdict(set)
        await self._in_slices(comers, self._invite_everywhere)
        if entries:
            await self._in_slices(self._reached(entries), lambda uri: self._invite_into(uri, entries))

    async def _in_slices(self, uris: Iterable[str], invite: Callable[[str], Awaitable[None]]) -> None:
        rest = iter(uris)
        while batch := list(islice(rest, SLICE)):
            await asyncio.gather(*(invite(uri) for uri in batch))
            await asyncio.sleep(0)

    def _reached(self, entries: Mapping[RoomId, set[str]]) -> list[str]:
        """Those who are here and may be meant; entries that name people alone need no look at everybody."""
        principals = set().union(*entries.values())
        if all(self._people.find_person(uri) is not None for uri in principals):
            return sorted(uri for uri in principals if self._presence.visits_of(uri))
        return self._presence.uris()

    async def _invite_into(self, uri: str, entries: Mapping[RoomId, set[str]]) -> None:
        person = self._people.find_person(uri)
        if person is None:
            return
        rooms = [self._catalogue.rooms[room] for room in entries if room in self._catalogue.rooms]
        due = [room.id for room in rooms if holds(entries[room.id], person) and self._is_due(person, room)]
        if due:
            await self._issue(person, due)

    async def _invite_everywhere(self, uri: str) -> None:
        person = self._people.find_person(uri)
        if person is None or not (rooms := self._due(person, ())):
            return
        try:
            known = {row.room for row in await self._log.of(uri)}
        except StoreUnavailable:
            return
        if due := [room for room in rooms if room not in known]:
            await self._issue(person, due)

    async def _issue(self, person: Person, rooms: Sequence[RoomId]) -> None:
        try:
            rows = await self._log.issue(person.uri, rooms, Micros(self._clock_us()))
        except StoreUnavailable:
            # They are due still, and issued when the person asks.
            return
        for row in rows:
            if self._may_enter(person, row.room):
                room = self._catalogue.rooms[row.room]
                event = Invited(room.id, row, room, self._catalogue.switches(room.category))
                self._presence.tell_alone(self._presence.visits_of(person.uri), event)
