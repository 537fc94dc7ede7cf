"""Entering and leaving rooms, invitations to them, and who is inside."""

from __future__ import annotations

from dataclasses import replace

from parlour.channel.caller import Answer, Caller, made
from parlour.channel.refusals import code_for
from parlour.hub.presence import RoomView
from parlour.rooms.model import RoomId
from parlour.rooms.refusals import Refusal, Refused
from parlour.xccos.codes import ResponseCode
from parlour.xccos.encode import (
    batch_join_replies,
    invitations_replies,
    join_reply,
    part_reply,
    participants_replies,
    refusal,
    room_refusal,
)
from parlour.xccos.types import (
    BatchJoin,
    FailedRoom,
    GetInvitations,
    GetParticipants,
    Invitation,
    Join,
    JoinedRoom,
    Part,
    RoomRef,
)

__all__ = ["MOST_ENTERED", "MOST_TOLD", "batch_join", "get_invitations", "get_participants", "join", "part"]

MOST_ENTERED = 1000
"""Rooms entered by one command; each of those that are too many is refused for itself."""
MOST_TOLD = 2000
"""People in a room who are told to somebody who enters; of a larger one, nobody but oneself."""


async def join(caller: Caller, command: Join) -> Answer:
    """Enter a room. Nothing of the room is heard before the reply has left: see `Session.hear`."""
    joined, failed = await _enter(caller, command)
    if len(command.refs) > 1:
        return batch_join_replies(caller.envid, command, joined, failed)
    if failed:
        return [refusal(caller.envid, command, failed[0].code)]
    return [join_reply(caller.envid, command, joined[0])]


async def batch_join(caller: Caller, command: BatchJoin) -> Answer:
    """Enter many rooms; each that cannot be entered is told by itself."""
    joined, failed = await _enter(caller, command)
    return batch_join_replies(caller.envid, command, joined, failed)


async def _enter(caller: Caller, command: Join | BatchJoin) -> tuple[list[JoinedRoom], list[FailedRoom]]:
    """Each room once, however often it is named. COMPAT: SIPE would ask for the history as often, and show it."""
    named: dict[RoomId, RoomRef] = {}
    for ref in command.refs:
        named.setdefault(caller.names.room_of(ref), ref)
    refs, rest = list(named.values())[:MOST_ENTERED], list(named.values())[MOST_ENTERED:]
    outcomes = await caller.hub.join_many(caller.visit, list(named)[:MOST_ENTERED])
    joined: list[JoinedRoom] = []
    failed = [FailedRoom(ref.domain, ref.guid, ResponseCode.LIMIT_EXCEEDED) for ref in rest]
    for ref, outcome in zip(refs, outcomes, strict=True):
        if isinstance(outcome, RoomView):
            joined.append(caller.cards.joined(_told(outcome, caller.visit.uri)))
            caller.session.entered(outcome.room.id)
        else:
            caller.service.denials[outcome.reason] += 1
            failed.append(FailedRoom(ref.domain, ref.guid, code_for(outcome.reason)))
    return joined, failed


def _told(view: RoomView, own: str) -> RoomView:
    """COMPAT: to SIPE each rpl:join is the whole list of people, so that it cannot come in pieces. A list that is
    too long for one reply is not handed out, as for a large room, wherever the server lets rooms become large."""
    if len(view.participants) <= MOST_TOLD:
        return view
    return replace(view, participants=tuple(one for one in view.participants if one.uri == own))


async def part(caller: Caller, command: Part) -> Answer:
    """Leave a room. COMPAT: SIPE has closed the window already and must get 200 and the room's URI as it wrote it."""
    outcome = await caller.hub.part(caller.visit, caller.room_id(command.room_uri))
    if isinstance(outcome, Refused) and outcome.reason is not Refusal.UNAVAILABLE:
        caller.service.denials[outcome.reason] += 1
        return [room_refusal(caller.envid, command, code_for(outcome.reason), command.room_uri)]
    return [part_reply(caller.envid, command, command.room_uri)]


async def get_invitations(caller: Caller, command: GetInvitations) -> Answer:
    """Those that are newer than the client knows, as many as a search may find; the others are there to be asked for by
    the last number. Whose room is out of sight meanwhile is left out."""
    hub = caller.hub
    pending = await hub.inviting.pending(caller.person, command.after)
    if isinstance(pending, Refused):
        return pending
    found: list[Invitation] = []
    for one in pending.rows:
        view = hub.card(caller.person, one.room)
        if not isinstance(view, RoomView):
            continue
        if len(found) == hub.limits.search_limit:
            return await made(invitations_replies(caller.envid, command, found, truncated=True))
        found.append(caller.cards.invitation(one, view.room, view.switches, view.count))
    return await made(invitations_replies(caller.envid, command, found))


async def get_participants(caller: Caller, command: GetParticipants) -> Answer:
    """Everybody in a room that the caller is in, large or not. Where the server is strict: in large rooms only."""
    room = caller.room_id(command.room_uri)
    people = caller.hub.participants(caller.visit, room)
    view = caller.hub.room_view(caller.visit, room)
    if isinstance(people, Refused):
        return people
    if isinstance(view, Refused):
        return view
    if caller.hub.limits.strict_participant_list and not view.large:
        return Refused(Refusal.PARTICIPANT_LIST, "the room is not large")
    everybody = caller.cards.joined(replace(view, participants=people))
    return await made(participants_replies(caller.envid, command, everybody))
