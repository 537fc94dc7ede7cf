"""Posting: decide, keep, then tell. Nobody hears a post that the store has not committed.

What waits is bounded: so many posts of one person wait for the store at a time, and a room that has much still to tell
takes no more until it has told it. Whoever is beyond that is told to come again (BUSY), and nothing is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from parlour.frozen import frozen
from parlour.hub.catalogue import Catalogue
from parlour.hub.events import PostHeard
from parlour.hub.gate import Gate
from parlour.hub.presence import Presence, Visit
from parlour.hub.refusals import NOT_INSIDE, NOT_KEPT, ROOM_BUSY
from parlour.hub.tails import Tails
from parlour.hub.telling import Teller
from parlour.rooms.audit import AuditRecord
from parlour.rooms.decisions import decide_post
from parlour.rooms.model import Limits, Micros, Person, Room, RoomId
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import Appended, NewPost, PostLog, StoredPost, StoreUnavailable

__all__ = ["Draft", "Posting", "Said"]

_YOU_WAIT = Refused(Refusal.BUSY, "too many of your messages are waiting; try again in a moment")


@frozen
class Draft:
    """What somebody wants to say. `rtf`: the same text with formatting, if the client has it; `alert`: urgent."""

    text: str
    rtf: str | None = None
    alert: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """That somebody says something in the author's name: who, and what makes the record of it from the number."""

    by: str
    record: Callable[[int], AuditRecord]


class Posting:
    def __init__(
        self,
        catalogue: Catalogue,
        gate: Gate,
        presence: Presence,
        posts: PostLog,
        tails: Tails,
        teller: Teller,
        limits: Limits,
        clock_us: Callable[[], int],
    ) -> None:
        self._catalogue = catalogue
        self._gate = gate
        self._presence = presence
        self._posts = posts
        self._tails = tails
        self._teller = teller
        self._limits = limits
        self._clock_us = clock_us
        self._waiting: dict[str, int] = {}

    @property
    def waiting(self) -> int:
        """Posts that wait for the store."""
        return sum(self._waiting.values())

    async def post(self, visit: Visit, room_id: RoomId, draft: Draft, key: bytes) -> StoredPost | Refused:
        """Returns once the post is committed; the room hears it then, whatever becomes of the caller. The same key
        gets the same answer and is told to nobody again."""
        seat = visit.seats.get(room_id)
        if seat is None:
            return self._why_not(visit.person, room_id, draft)
        room = seat.live.room
        refused = decide_post(room, seat.rights, True, draft.text, draft.rtf, self._limits)
        refused = refused or self._busy(room.id, visit.uri)
        return refused if refused is not None else await self._keep(room, visit.person, draft, key)

    async def post_as(
        self, person: Person, room_id: RoomId, draft: Draft, key: bytes, said: Said | None = None
    ) -> StoredPost | Refused:
        """As `post`, for a person whose right to post is enough: nobody needs to be in the room."""
        seen = self._gate.look(room_id, person)
        if isinstance(seen, Refused):
            return seen
        room, rights = seen
        refused = decide_post(room, rights, True, draft.text, draft.rtf, self._limits)
        refused = refused or self._busy(room_id, person.uri)
        return refused if refused is not None else await self._keep(room, person, draft, key, said)

    def _busy(self, room_id: RoomId, author: str) -> Refused | None:
        if self._waiting.get(author, 0) >= self._limits.person_posts:
            return _YOU_WAIT
        live = self._presence.live.get(room_id)
        if live is not None and live.audience.backlog >= self._limits.room_backlog:
            return ROOM_BUSY
        return None

    def _why_not(self, person: Person, room_id: RoomId, draft: Draft) -> Refused:
        seen = self._gate.look(room_id, person)
        if isinstance(seen, Refused):
            return seen
        refused = decide_post(*seen, False, draft.text, draft.rtf, self._limits)
        return refused or NOT_INSIDE

    def _keep(
        self, room: Room, person: Person, draft: Draft, key: bytes, said: Said | None = None
    ) -> asyncio.Future[StoredPost | Refused]:
        logged = self._catalogue.switches(room.category).logged
        kept = self._posts.append(
            NewPost(
                room.id,
                person.uri,
                person.display_name,
                draft.text,
                key,
                Micros(self._clock_us()),
                draft.rtf,
                draft.alert,
                logged,
                said.by if said is not None else None,
                said.record if said is not None else None,
            )
        )
        # The caller waits on a future of its own: its being cancelled must stop neither the post nor the telling, and
        # telling in the callback keeps to the order in which the store resolves.
        answer: asyncio.Future[StoredPost | Refused] = kept.get_loop().create_future()
        self._waiting[person.uri] = self._waiting.get(person.uri, 0) + 1
        kept.add_done_callback(partial(self._kept, answer, person.uri, logged))
        return answer

    def _kept(
        self,
        answer: asyncio.Future[StoredPost | Refused],
        author: str,
        logged: bool,
        kept: asyncio.Future[Appended],
    ) -> None:
        self._waited(author)
        error = StoreUnavailable() if kept.cancelled() else kept.exception()
        if isinstance(error, StoreUnavailable):
            outcome: StoredPost | Refused = NOT_KEPT
        elif error is not None:
            if not answer.done():
                answer.set_exception(error)
            return
        else:
            outcome = kept.result().post
            if not kept.result().repeated:
                self._tell(outcome, logged)
        if not answer.done():
            answer.set_result(outcome)

    def _waited(self, author: str) -> None:
        rest = self._waiting[author] - 1
        if rest:
            self._waiting[author] = rest
        else:
            del self._waiting[author]

    def _tell(self, post: StoredPost, logged: bool) -> None:
        if logged:
            self._tails.append(post)
        live = self._presence.live.get(post.room)
        if live is not None:
            self._teller.tell(live.audience, PostHeard(post.room, post))
