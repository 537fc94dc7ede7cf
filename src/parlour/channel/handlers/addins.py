"""Web pages that rooms may show beside the talk."""

from __future__ import annotations

from parlour.channel.caller import Answer, Caller, made
from parlour.rooms.model import AddIn, AddInId
from parlour.rooms.refusals import Refused
from parlour.xccos.encode import addins_replies
from parlour.xccos.types import CreateAddIn, DeleteAddIn, GetAddIns, ModifyAddIn

__all__ = ["create_addin", "delete_addin", "get_addins", "modify_addin"]


async def get_addins(caller: Caller, command: GetAddIns) -> Answer:
    """All of them: a manager chooses one for a room."""
    rows = [caller.cards.addin(one) for one in caller.hub.addins.all()]
    return await made(addins_replies(caller.envid, command, rows))


async def create_addin(caller: Caller, command: CreateAddIn) -> Answer:
    return _told(caller, command, await caller.hub.addins.create(caller.person, command.title, command.url))


async def modify_addin(caller: Caller, command: ModifyAddIn) -> Answer:
    changed = await caller.hub.addins.modify(caller.person, AddInId(command.id), name=command.title, url=command.url)
    return _told(caller, command, changed)


async def delete_addin(caller: Caller, command: DeleteAddIn) -> Answer:
    """The answer holds what the add-in was."""
    gone = await caller.hub.addins.delete(caller.person, AddInId(command.id), force=command.force)
    return _told(caller, command, gone)


def _told(caller: Caller, command: CreateAddIn | ModifyAddIn | DeleteAddIn, outcome: AddIn | Refused) -> Answer:
    if isinstance(outcome, Refused):
        return outcome
    return list(addins_replies(caller.envid, command, [caller.cards.addin(outcome)]))
