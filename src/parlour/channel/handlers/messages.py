"""Taking messages out of the history: for administrators."""

from __future__ import annotations

from parlour.channel.caller import Answer, Caller
from parlour.hub.removing import DEFAULT_REPLACEMENT
from parlour.rooms.model import Micros
from parlour.rooms.refusals import Refused
from parlour.xccos.encode import message_ref_reply, purged_reply
from parlour.xccos.types import DeleteMessage, PurgeRoom, ReplaceMessage

__all__ = ["delete_message", "purge_room", "replace_message"]


async def delete_message(caller: Caller, command: DeleteMessage) -> Answer:
    gone = await caller.hub.removing.remove_one(caller.person, caller.room_id(command.room_uri), command.chat_id)
    if isinstance(gone, Refused):
        return gone
    return [message_ref_reply(caller.envid, command, command.room_uri, command.chat_id)]


async def replace_message(caller: Caller, command: ReplaceMessage) -> Answer:
    room, text = caller.room_id(command.room_uri), command.text or DEFAULT_REPLACEMENT
    changed = await caller.hub.removing.remove_one(caller.person, room, command.chat_id, text)
    if isinstance(changed, Refused):
        return changed
    return [message_ref_reply(caller.envid, command, command.room_uri, command.chat_id)]


async def purge_room(caller: Caller, command: PurgeRoom) -> Answer:
    gone = await caller.hub.removing.purge(caller.person, caller.room_id(command.room_uri), Micros(command.until))
    if isinstance(gone, Refused):
        return gone
    return [purged_reply(caller.envid, command, command.room_uri, command.until)]
