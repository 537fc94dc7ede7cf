"""All commands, by name."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from parlour.hub.commands import categories, groups, messages, rooms, users
from parlour.hub.commands.registry import Command, Following

__all__ = ["COMMANDS"]

COMMANDS: Mapping[str, Command[Any] | Following[Any]] = {
    command.name: command
    for command in chain(rooms.COMMANDS, categories.COMMANDS, users.COMMANDS, groups.COMMANDS, messages.COMMANDS)
}
