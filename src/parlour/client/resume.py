"""After an outage: into all rooms again with one command, and what was posted meanwhile told, once and in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from parlour.client.backoff import Patience
from parlour.client.courier import backoff_of, in_pieces
from parlour.client.errors import Busy, ChatError, ServerBusy, StorageUnavailable
from parlour.client.events import ConnectionResumed
from parlour.client.hearing import Hearing
from parlour.client.lists import GatheredList
from parlour.client.naming import failures
from parlour.client.replies import GatheredPages, GatheredRooms, Gathering
from parlour.client.rooms import Room
from parlour.client.session import ChatSession
from parlour.client.settings import ClientSettings
from parlour.xccos.encode_requests import Sayable
from parlour.xccos.ids import parse_room_uri
from parlour.xccos.types import (
    BatchJoin,
    GetInvitations,
    HistoryByDate,
    HistoryByMessage,
    HistoryFilter,
    HistoryPage,
    Invitations,
    RoomRef,
)

__all__ = ["ROOMS_AT_ONCE", "Resumption", "room_refs"]

T = TypeVar("T")

ROOMS_AT_ONCE: Final = 500
_PAGE: Final = 200


def room_refs(uris: Sequence[str]) -> tuple[RoomRef, ...]:
    """Rooms as join commands name them; each URI is a canonical one."""
    named = [parsed for uri in uris if (parsed := parse_room_uri(uri)) is not None]
    return tuple(RoomRef(key, domain, guid) for key, (domain, guid) in enumerate(named))


class Resumption:
    """Brings `session` to where the last one was."""

    def __init__(
        self,
        session: ChatSession,
        hearing: Hearing,
        next_envid: Callable[[], int],
        settings: ClientSettings,
        domain: str,
    ) -> None:
        self._session = session
        self._hearing = hearing
        self._next_envid = next_envid
        self._settings = settings
        self._domain = domain

    async def run(self) -> None:
        """Raises ClientError: then another session begins again, where this one has come to."""
        rooms = list(self._hearing.rooms.values())
        for room in rooms:
            room.heard.begin_catching_up()
        for start in range(0, len(rooms), ROOMS_AT_ONCE):
            await self._rejoin([room.uri for room in rooms[start : start + ROOMS_AT_ONCE]])
        for room in rooms:
            if room.inside:
                await self._catch_up(room)
        await self._fetch_invitations()
        self._hearing.publish(ConnectionResumed(tuple(self._hearing.rooms)))

    async def _rejoin(self, uris: Sequence[str]) -> None:
        refs = room_refs(uris)
        answer = await self._ask(BatchJoin(1, refs), lambda: GatheredRooms(len(refs)))
        failed = failures(answer.failed)
        for error in failed.values():
            if isinstance(error, (StorageUnavailable, ServerBusy)):
                raise error
        for uri, error in failed.items():
            self._hearing.removed(uri, error)

    # -- messages ----------------------------------------------------------------------------------------------

    async def _catch_up(self, room: Room) -> None:
        try:
            # False: no history is kept, and the server need not be asked.
            whole = room.info.logged is not False and await self._page_forward(room)
        except StorageUnavailable:
            raise
        except ChatError:
            # History is closed to us: what is heard live has to do.
            whole = False
        self._hearing.caught_up(room, whole=whole)

    async def _page_forward(self, room: Room) -> bool:
        """Page by page from the last message that was heard, until nothing is missing or the bound is reached."""
        fetched = 0
        while True:
            known = room.heard.last
            page = await self._page(room, min(_PAGE, self._settings.history_at_resume - fetched))
            self._hearing.recovered(room, page.messages)
            fetched += len(page.messages)
            if not page.truncated or room.heard.last == known:
                return True
            if fetched >= self._settings.history_at_resume:
                newest = await self._newest(room)
                self._hearing.missed(room, room.heard.skip_to(newest))
                return True

    async def _page(self, room: Room, limit: int) -> HistoryPage:
        last = room.heard.last
        if last is None:
            since = HistoryFilter(since=room.heard.since, limit=limit)
            return await self._ask_page(HistoryByDate(1, (room.uri,), since))
        return await self._ask_page(HistoryByMessage(1, (room.uri,), HistoryFilter(anchor=last, limit=limit)))

    async def _newest(self, room: Room) -> int:
        page = await self._ask_page(HistoryByDate(1, (room.uri,), HistoryFilter(limit=1, newest_first_scan=True)))
        return max((one.chat_id for one in page.messages if one.chat_id is not None), default=0)

    async def _ask_page(self, command: HistoryByDate | HistoryByMessage) -> HistoryPage:
        (uri,) = command.room_uris
        answer = await self._ask(command, lambda: GatheredPages(uri))
        return next((page for page in answer.pages if page.room_uri == uri), HistoryPage(uri, ()))

    # -- invitations -------------------------------------------------------------------------------------------

    async def _fetch_invitations(self) -> None:
        more = True
        while more:
            command = GetInvitations(1, self._hearing.last_invitation, self._domain)
            try:
                found = await self._ask(command, lambda: GatheredList(Invitations))
            except StorageUnavailable:
                raise
            except ChatError:
                return
            self._hearing.invited(found.invitations, recovered=True)
            more = found.truncated and bool(found.invitations)

    async def _ask(self, command: Sayable, gathering: Callable[[], Gathering[T]]) -> T:
        envid = self._next_envid()
        body = in_pieces(envid, command, self._domain)
        patience = Patience(backoff_of(self._settings))
        while True:
            try:
                return await self._session.ask(envid, body, gathering())
            except (Busy, ServerBusy) as busy:
                await patience.wait(busy)
