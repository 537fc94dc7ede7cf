"""All commands, by name."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from parlour.hub.commands import (
    addins,
    audits,
    categories,
    endpoints,
    groups,
    invitations,
    messages,
    policies,
    removals,
    rooms,
    searches,
    services,
    standings,
    users,
)
from parlour.hub.commands.registry import Command, Following

__all__ = ["COMMANDS"]

_GROUPS: tuple[tuple[Command[Any] | Following[Any], ...], ...] = (
    rooms.COMMANDS,
    standings.COMMANDS,
    categories.COMMANDS,
    addins.COMMANDS,
    users.COMMANDS,
    groups.COMMANDS,
    policies.COMMANDS,
    invitations.COMMANDS,
    messages.COMMANDS,
    searches.COMMANDS,
    removals.COMMANDS,
    endpoints.COMMANDS,
    services.COMMANDS,
    audits.COMMANDS,
)

COMMANDS: Mapping[str, Command[Any] | Following[Any]] = {
    command.name: command for command in chain.from_iterable(_GROUPS)
}
