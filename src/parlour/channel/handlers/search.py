"""Finding rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parlour.rooms.search import Match, RoomQuery
from parlour.xccos.codes import ResponseCode
from parlour.xccos.encode import Fragment, refusal, search_reply
from parlour.xccos.types import SearchRooms

if TYPE_CHECKING:
    from parlour.channel.session import Session

__all__ = ["search_rooms"]


async def search_rooms(session: Session, envid: int, command: SearchRooms) -> list[Fragment]:
    """Rooms by name: an empty text lists every room the caller may find."""
    visit = session.visit
    assert visit is not None
    if command.query_type != "BYNAME":
        return [refusal(envid, command, ResponseCode.MSG_NOT_SUPPORTED)]
    match = Match.PHRASE if command.match_exact_phrase else Match.ALL if command.match_all else Match.ANY
    query = RoomQuery(
        text=command.criteria, match=match, descriptions=command.search_description, limit=command.max_results
    )
    found = session.service.hub.find_rooms(visit, query)
    rows = [session.service.renderer.found_room(row) for row in found.rows]
    return [search_reply(envid, command, rows, found.truncated)]
