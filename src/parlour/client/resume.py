"""After an outage: into all rooms again with one command, and what was posted meanwhile told, once and in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from parlour.client.errors import Busy, ChatError, chat_error
from parlour.client.events import ConnectionResumed
from parlour.client.hearing import Hearing
from parlour.client.replies import GatheredHistory, GatheredRooms
from parlour.client.rooms import Room
from parlour.client.session import ChatSession
from parlour.xccos.codes import ResponseCode
from parlour.xccos.encode_requests import encode_requests
from parlour.xccos.ids import parse_room_uri
from parlour.xccos.types import BatchJoin, GetServerInfo, GroupChat, RecentHistory, RoomRef

__all__ = ["ROOMS_AT_ONCE", "resume", "room_refs"]

ROOMS_AT_ONCE: Final = 500
_FIRST_PAGE: Final = 50
_LATER: Final = frozenset({ResponseCode.DATABASE_CONNECTION, ResponseCode.SERVER_BUSY})


async def resume(session: ChatSession, hearing: Hearing, next_envid: Callable[[], int], most: int) -> None:
    """Bring `session` to where the last one was; at most `most` messages are fetched per room. Raises ClientError."""
    rooms = list(hearing.rooms.values())
    for room in rooms:
        room.heard.begin_catching_up()
    for start in range(0, len(rooms), ROOMS_AT_ONCE):
        await _rejoin(session, hearing, next_envid(), [room.uri for room in rooms[start : start + ROOMS_AT_ONCE]])
    for room in rooms:
        if room.inside:
            await _catch_up(session, hearing, next_envid, room, most)
    hearing.publish(ConnectionResumed(tuple(hearing.rooms)))


def room_refs(uris: Sequence[str]) -> tuple[RoomRef, ...]:
    """Rooms as join commands name them; each URI is a canonical one."""
    named = [parsed for uri in uris if (parsed := parse_room_uri(uri)) is not None]
    return tuple(RoomRef(key, domain, guid) for key, (domain, guid) in enumerate(named))


async def _rejoin(session: ChatSession, hearing: Hearing, envid: int, uris: Sequence[str]) -> None:
    refs = room_refs(uris)
    command = BatchJoin(1, refs)
    answer = await session.ask(envid, encode_requests(envid, [command]), GatheredRooms(len(refs)))
    by_guid = {ref.guid: ref.uri for ref in refs}
    for failed in answer.failed:
        if failed.code in _LATER:
            raise Busy(503, "a room cannot be entered just now")
        uri = by_guid.get(failed.guid, "")
        hearing.removed(uri, chat_error(failed.code, room=uri))


async def _catch_up(
    session: ChatSession, hearing: Hearing, next_envid: Callable[[], int], room: Room, most: int
) -> None:
    asked = min(_FIRST_PAGE, most)
    try:
        messages = await _newest(session, next_envid(), room.uri, asked)
        if len(messages) >= asked < most and room.heard.gap_before(messages) is not None:
            messages = await _newest(session, next_envid(), room.uri, most)
    except ChatError:
        # History is closed to us: what is heard live has to do.
        messages = ()
    hearing.caught_up(room, room.heard.catch_up(messages))


async def _newest(session: ChatSession, envid: int, room_uri: str, count: int) -> tuple[GroupChat, ...]:
    body = encode_requests(envid, [RecentHistory(1, room_uri, count), GetServerInfo(2)])
    return await session.ask(envid, body, GatheredHistory(room_uri, count))
