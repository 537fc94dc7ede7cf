"""Taking messages out of a room's history, or putting another text in their place: administrators only.

Nobody else may, authors and managers included. What was there stays in the archive: the store writes its record in the
transaction of the removal. Much is removed in slices, so that posts go on meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from parlour.hub.auditing import Auditing
from parlour.hub.catalogue import Catalogue
from parlour.hub.changing import Changes, name_of
from parlour.hub.events import HistoryPurged, PostReplaced, PostsRemoved, RoomEvent
from parlour.hub.gate import Gate
from parlour.hub.presence import Presence
from parlour.hub.refusals import NO_MESSAGE, NOT_ADMIN, NOT_KEPT
from parlour.hub.tails import Tails
from parlour.hub.telling import Teller
from parlour.rooms.audit import NAMED, AuditRecord, Fields
from parlour.rooms.decisions import HIGHEST_NUMBER, check_text, decide_query, no_such_room, within_reach
from parlour.rooms.history import PostQuery
from parlour.rooms.model import Limits, Micros, Person, RoomId
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import PostLog, StoredPost, StoreUnavailable

__all__ = ["DEFAULT_REPLACEMENT", "Removal", "Removing", "no_such_messages"]

DEFAULT_REPLACEMENT = "This message was replaced by the Persistent Chat administrator."
"""What stands in the place of a message when nothing else is said: the sentence of the original."""

SLICE = 500
"""Messages that are removed in one transaction."""


@dataclass(frozen=True, slots=True)
class Removal:
    """How many messages were removed or replaced."""

    count: int


class Removing:
    def __init__(
        self,
        catalogue: Catalogue,
        gate: Gate,
        presence: Presence,
        posts: PostLog,
        tails: Tails,
        teller: Teller,
        auditing: Auditing,
        limits: Limits,
        clock_us: Callable[[], int],
    ) -> None:
        self._catalogue = catalogue
        self._gate = gate
        self._presence = presence
        self._posts = posts
        self._tails = tails
        self._teller = teller
        self._auditing = auditing
        self._limits = limits
        self._clock_us = clock_us
        # One at a time, and to its end even if whoever asked for it is gone: the room has to hear of it.
        self._removals = Changes(per_person=64, in_all=256)

    async def remove_one(
        self, actor: Person | None, room: RoomId, chat_id: int, replacement: str | None = None
    ) -> StoredPost | Refused:
        """Remove a message, and give it as it was; or replace its text, and give it as it reads now."""
        refused = self._may(actor, room) or self._unfit(replacement)
        if refused is not None:
            return refused
        return await self._removals.alone(actor, lambda: self._remove_one(actor, room, chat_id, replacement))

    async def _remove_one(
        self, actor: Person | None, room: RoomId, chat_id: int, replacement: str | None
    ) -> StoredPost | Refused:
        sweep = _Sweep(room, _only(chat_id), replacement, {"message": chat_id})
        try:
            gone = await self._take(actor, sweep, sweep.query, 1)
        except StoreUnavailable:
            return NOT_KEPT
        if not gone:
            return NO_MESSAGE if room in self._catalogue.rooms else no_such_room()
        if replacement is None:
            self._tell(room, PostsRemoved(room, (gone[0].chat_id,)))
            return gone[0]
        now = replace(gone[0], text=replacement, rtf=None)
        self._tell(room, PostReplaced(room, now))
        return now

    async def remove_listed(
        self, actor: Person | None, room: RoomId, numbers: Sequence[int], replacement: str | None = None
    ) -> Removal | Refused:
        """Remove, or replace, the messages of these numbers; none if one of them is not there. UNAVAILABLE as in
        `remove`."""
        refused = self._may(actor, room) or self._unfit(replacement)
        if refused is not None:
            return refused
        wanted = list(dict.fromkeys(numbers))
        return await self._removals.alone(actor, lambda: self._remove_listed(actor, room, wanted, replacement))

    async def _remove_listed(
        self, actor: Person | None, room: RoomId, wanted: Sequence[int], replacement: str | None
    ) -> Removal | Refused:
        # One removal at a time: what is there now is there until this one takes it, or the whole room goes.
        sweep = _Sweep(room, PostQuery(), replacement, {"listed": _joined(wanted)})
        try:
            missing = [number for number in wanted if not (await self._posts.find(room, _only(number), 1)).posts]
            if missing:
                return no_such_messages(missing)
            for number in wanted:
                gone = await self._take(actor, sweep, _only(number), 1)
                await self._tell_slice(sweep, gone)
        except StoreUnavailable:
            return _broken_off(sweep)
        await self._record_sum(actor, sweep)
        return Removal(sweep.count)

    async def remove(
        self, actor: Person | None, room: RoomId, query: PostQuery, replacement: str | None = None
    ) -> Removal | Refused:
        """Remove, or replace, all that fits the query now. UNAVAILABLE if the store fails midway: the detail says how
        many are removed, and asking again goes on with the rest."""
        decided = self._may(actor, room) or self._unfit(replacement) or decide_query(query)
        if isinstance(decided, Refused):
            return decided
        sweep = _Sweep(room, decided, replacement, _asked(query))
        return await self._removals.alone(actor, lambda: self._sweep(actor, sweep, self._tell_slice))

    async def purge(self, actor: Person | None, room: RoomId, until: Micros) -> Removal | Refused:
        """Remove everything up to and including `until`. The room hears of it once, when it is done."""
        refused = self._may(actor, room)
        if refused is not None:
            return refused
        sweep = _Sweep(room, PostQuery(until=until), None, {"until": until})
        return await self._removals.alone(actor, lambda: self._purge(actor, sweep, until))

    async def _purge(self, actor: Person | None, sweep: _Sweep, until: Micros) -> Removal | Refused:
        answer = await self._sweep(actor, sweep, _tell_later)
        if sweep.newest is not None:
            # Broken off midway, what has the time of the newest that is gone may be there still.
            reached = Micros(sweep.newest.at - 1) if isinstance(answer, Refused) else until
            self._tell(sweep.room, HistoryPurged(sweep.room, reached))
        return answer

    async def _sweep(
        self,
        actor: Person | None,
        sweep: _Sweep,
        tell: Callable[[_Sweep, Sequence[StoredPost]], Coroutine[Any, Any, None]],
    ) -> Removal | Refused:
        """Slice after slice, up to the newest message that there is now: what is said meanwhile is not meant."""
        if sweep.room not in self._catalogue.rooms:
            return no_such_room()
        try:
            newest = await self._posts.last(sweep.room, 1)
            query = within_reach(sweep.query)
            end = newest[-1].chat_id + 1 if newest else 0
            query = replace(query, before=end if query.before is None else min(end, query.before))
            while True:
                gone = await self._take(actor, sweep, query, SLICE)
                if gone:
                    sweep.newest = gone[-1]
                    await tell(sweep, gone)
                    query = replace(query, after=gone[-1].chat_id)
                if len(gone) < SLICE:
                    await self._record_sum(actor, sweep)
                    return Removal(sweep.count)
        except StoreUnavailable:
            return _broken_off(sweep)

    async def _take(self, actor: Person | None, sweep: _Sweep, query: PostQuery, most: int) -> Sequence[StoredPost]:
        """One transaction; the first of a sweep takes the record along."""
        room = self._catalogue.rooms.get(sweep.room)
        if room is None:
            return ()
        by, at = name_of(actor), Micros(self._clock_us())
        first = None if sweep.count else self._maker(actor, sweep, room.name)
        gone = await self._posts.remove(room.id, query, most, by=by, at=at, replacement=sweep.replacement, record=first)
        if gone:
            numbers = [post.chat_id for post in gone]
            if first is not None:
                sweep.recorded = len(gone)
                self._auditing.written(first(numbers))
            sweep.taken = sweep.taken.and_then(numbers)
            self._tails.forget(room.id)
        return gone

    def _maker(self, actor: Person | None, sweep: _Sweep, name: str) -> Callable[[Sequence[int]], AuditRecord]:
        """What makes the record of the first messages, from their numbers. The store calls it on a thread of its own,
        so all that has to be looked up is looked up here."""
        command = "message.remove" if "until" not in sweep.asked else "room.clear"
        made = self._auditing.prepare(actor, command, "room", sweep.room, name, sweep.asked)
        return lambda numbers: replace(made, fields=_told(sweep, _Taken().and_then(numbers)))

    async def _record_sum(self, actor: Person | None, sweep: _Sweep) -> None:
        """The record that went with the first slice knows of that alone. Where nothing fitted, none did, and yet it is
        told what was looked for."""
        if sweep.count == sweep.recorded and sweep.count:
            return
        name = self._catalogue.rooms[sweep.room].name if sweep.room in self._catalogue.rooms else ""
        record = replace(self._maker(actor, sweep, name)(()), fields=_told(sweep, sweep.taken))
        if await self._auditing.keep(record) and not sweep.count:
            self._auditing.written(record)

    async def _tell_slice(self, sweep: _Sweep, gone: Sequence[StoredPost]) -> None:
        for events in _notices(sweep, gone):
            # These notices wait, so that there is a place for posts; the teller works in every turn of the loop.
            while self._backlog(sweep.room) > self._limits.room_backlog // 2:  # noqa: ASYNC110
                await asyncio.sleep(0)
            for event in events:
                self._tell(sweep.room, event)

    def _may(self, actor: Person | None, room: RoomId) -> Refused | None:
        if actor is None:
            return None if room in self._catalogue.rooms else no_such_room()
        seen = self._gate.look(room, actor)
        if isinstance(seen, Refused):
            return seen
        return None if seen[1].administer else NOT_ADMIN

    def _unfit(self, replacement: str | None) -> Refused | None:
        return None if replacement is None else check_text(replacement, None, self._limits)

    def _backlog(self, room: RoomId) -> int:
        live = self._presence.live.get(room)
        return live.audience.backlog if live is not None else 0

    def _tell(self, room: RoomId, event: RoomEvent) -> None:
        live = self._presence.live.get(room)
        if live is not None:
            self._teller.tell(live.audience, event)

    async def settle(self) -> None:
        """Wait for what is under way."""
        await self._removals.settle()


@dataclass(frozen=True, slots=True)
class _Taken:
    """Messages that are gone, as a record tells them: how many, the numbers of the first few, and the last one's."""

    count: int = 0
    first: tuple[int, ...] = ()
    last: int = 0

    def and_then(self, numbers: Sequence[int]) -> _Taken:
        if not numbers:
            return self
        return _Taken(self.count + len(numbers), (*self.first, *numbers[:NAMED])[:NAMED], numbers[-1])

    def __str__(self) -> str:
        return _joined(self.first) if self.count <= NAMED else f"{self.first[0]} … {self.last}"


@dataclass(slots=True)
class _Sweep:
    """A removal under way: what is asked, also as it is recorded; how far it has come, and how much is recorded."""

    room: RoomId
    query: PostQuery
    replacement: str | None
    asked: Fields
    taken: _Taken = field(default_factory=_Taken)
    recorded: int = 0
    newest: StoredPost | None = None

    @property
    def count(self) -> int:
        return self.taken.count


def no_such_messages(missing: Sequence[int]) -> Refused:
    """Some of the messages that were named are not there, so none of the others is touched."""
    numbers = ", ".join(map(str, missing))
    return Refused(Refusal.NO_SUCH_MESSAGE, f"there is no message {numbers}; nothing was changed")


def _only(chat_id: int) -> PostQuery:
    number = max(0, min(chat_id, HIGHEST_NUMBER - 1))
    return PostQuery(after=number - 1, before=number + 1)


def _broken_off(sweep: _Sweep) -> Refused:
    return Refused(Refusal.UNAVAILABLE, f"the store is not available; {sweep.count} messages are removed already")


def _joined(all_of_them: Sequence[object]) -> str:
    first = ", ".join(map(str, all_of_them[:NAMED]))
    return first if len(all_of_them) <= NAMED else f"{first}, …"


def _told(sweep: _Sweep, taken: _Taken) -> Fields:
    """What a record says of a removal; the numbers, where they are not what was asked."""
    act = "messages" if sweep.replacement is None else "replaced"
    by_number = sweep.asked.keys() & {"message", "listed"}
    numbers = {"numbers": str(taken)} if taken.count and not by_number else {}
    return {act: taken.count, **numbers, **sweep.asked}


def _asked(query: PostQuery) -> Fields:
    """By what messages were chosen; not by which words: they may be what was said."""
    chosen: dict[str, object] = {"since": query.since, "until": query.until, "words": bool(query.text) or None}
    chosen["authors"] = _joined(sorted(query.authors)) or None
    return {name: value for name, value in chosen.items() if value is not None}


def _notices(sweep: _Sweep, gone: Sequence[StoredPost]) -> Iterator[Sequence[RoomEvent]]:
    """What a room hears of a slice, a few events at a time."""
    if not gone:
        return
    if sweep.replacement is None:
        yield (PostsRemoved(sweep.room, tuple(post.chat_id for post in gone)),)
        return
    for start in range(0, len(gone), 32):
        yield [
            PostReplaced(sweep.room, replace(post, text=sweep.replacement, rtf=None))
            for post in gone[start : start + 32]
        ]


async def _tell_later(sweep: _Sweep, gone: Sequence[StoredPost]) -> None:
    """A purge is told as a whole; in between, others have their turn."""
    del sweep, gone
    await asyncio.sleep(0)
