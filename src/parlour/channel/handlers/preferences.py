"""Documents that clients keep here. Their content is opaque."""

from __future__ import annotations

from parlour.channel.caller import Answer, Caller
from parlour.rooms.refusals import Refused
from parlour.xccos.encode import preference_reply
from parlour.xccos.types import GetPreference, Preference, SetPreference

__all__ = ["get_preference", "set_preference"]


async def get_preference(caller: Caller, command: GetPreference) -> Answer:
    """The document, if it is newer than the client's copy."""
    kept = await caller.hub.preferences.get(
        caller.visit.uri, command.label, command.version, create=command.create_default
    )
    if isinstance(kept, Refused):
        return kept
    return [preference_reply(caller.envid, command, Preference(kept.label, kept.version, kept.content))]


async def set_preference(caller: Caller, command: SetPreference) -> Answer:
    """Keep a new version; the answer has its number."""
    kept = await caller.hub.preferences.put(caller.visit, command.label, command.version, command.content)
    if isinstance(kept, Refused):
        return kept
    return [preference_reply(caller.envid, command, Preference(kept.label, kept.version))]
