"""Entering and leaving rooms, and invitations to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parlour.channel.posting import room_guid
from parlour.channel.refusals import code_for
from parlour.hub.presence import RoomView
from parlour.rooms.model import RoomId
from parlour.rooms.refusals import Refusal, Refused
from parlour.xccos.encode import (
    Fragment,
    batch_join_replies,
    invitations_reply,
    join_reply,
    part_reply,
    refusal,
    room_refusal,
)
from parlour.xccos.types import BatchJoin, FailedRoom, GetInvitations, Invitation, Join, JoinedRoom, Part

if TYPE_CHECKING:
    from parlour.channel.session import Session

__all__ = ["batch_join", "get_invitations", "join", "part"]


async def join(session: Session, envid: int, command: Join) -> list[Fragment]:
    """Enter a room. Nothing of the room is heard before the reply has left: see `Session.hear`."""
    joined, failed = await _enter(session, command)
    if len(command.refs) > 1:
        return batch_join_replies(envid, command, joined, failed)
    if failed:
        return [refusal(envid, command, failed[0].code)]
    return [join_reply(envid, command, joined[0])]


async def batch_join(session: Session, envid: int, command: BatchJoin) -> list[Fragment]:
    """Enter many rooms; each that cannot be entered is told by itself."""
    joined, failed = await _enter(session, command)
    return batch_join_replies(envid, command, joined, failed)


async def _enter(session: Session, command: Join | BatchJoin) -> tuple[list[JoinedRoom], list[FailedRoom]]:
    visit = session.visit
    assert visit is not None  # `Session._work` stops when the visit is over
    outcomes = await session.service.hub.join_many(visit, [RoomId(ref.guid) for ref in command.refs])
    joined: list[JoinedRoom] = []
    failed: list[FailedRoom] = []
    for ref, outcome in zip(command.refs, outcomes, strict=True):
        if isinstance(outcome, RoomView):
            joined.append(session.service.renderer.joined_room(outcome))
        else:
            failed.append(FailedRoom(ref.domain, ref.guid, code_for(outcome.reason)))
    return joined, failed


async def part(session: Session, envid: int, command: Part) -> list[Fragment]:
    """Leave a room. COMPAT: SIPE has closed the window already and must get 200 and the room's URI as it wrote it."""
    visit = session.visit
    assert visit is not None
    outcome = await session.service.hub.part(visit, RoomId(room_guid(command.room_uri)))
    if isinstance(outcome, Refused) and outcome.reason is not Refusal.UNAVAILABLE:
        return [room_refusal(envid, command, code_for(outcome.reason), command.room_uri)]
    return [part_reply(envid, command, command.room_uri)]


async def get_invitations(session: Session, envid: int, command: GetInvitations) -> list[Fragment]:
    visit = session.visit
    assert visit is not None
    hub, renderer = session.service.hub, session.service.renderer
    found: list[Invitation] = []
    for one in hub.invitations(visit, command.after).rows:
        view = hub.room_view(visit, one.room)
        if isinstance(view, RoomView):
            room = renderer.room_info(view.room, view.category, view.count)
            found.append(Invitation(one.id, renderer.domain, one.at, room))
    return [invitations_reply(envid, command, found)]
