"""Reading back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parlour.channel.posting import room_guid
from parlour.channel.refusals import code_for
from parlour.rooms.model import RoomId
from parlour.rooms.refusals import Refused
from parlour.xccos.encode import Fragment, history_replies, refusal
from parlour.xccos.types import RecentHistory

if TYPE_CHECKING:
    from parlour.channel.session import Session

__all__ = ["recent_history"]


async def recent_history(session: Session, envid: int, command: RecentHistory) -> list[Fragment]:
    """The newest messages. What is posted while they are read is kept back and told after them, once: some clients do
    not look at message numbers (COMPAT: SIPE), so they would show it twice."""
    visit = session.visit
    assert visit is not None
    room = RoomId(room_guid(command.room_uri))
    session.hold(room)
    outcome = await session.service.hub.recent(visit, room, command.count)
    if isinstance(outcome, Refused):
        session.release_after_reply(room, 0)
        return [refusal(envid, command, code_for(outcome.reason))]
    if outcome.posts:
        session.pass_on_before(room, outcome.posts[0].chat_id)
    session.release_after_reply(room, outcome.up_to)
    return history_replies(envid, command, command.room_uri, outcome.posts)
