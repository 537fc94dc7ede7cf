"""Who answers which command. One line per command; handlers return what to say and never send it themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from parlour.channel.handlers import history, membership, search, server
from parlour.xccos.codes import ResponseCode
from parlour.xccos.encode import Fragment, refusal
from parlour.xccos.types import (
    BadCommand,
    BatchJoin,
    GetInvitations,
    GetServerInfo,
    Join,
    Part,
    RecentHistory,
    Request,
    RequestUri,
    SearchRooms,
    UnknownCommand,
)

if TYPE_CHECKING:
    from parlour.channel.session import Session

__all__ = ["HANDLERS", "ONCE", "Handler", "refuse"]

Handler = Callable[["Session", int, Any], Awaitable[list[Fragment]]]


async def refuse(session: Session, envid: int, command: Request) -> list[Fragment]:
    """A command that we do not speak, or that is missing something (docs/protocol/xccos.md, Unknown commands)."""
    if isinstance(command, BadCommand):
        return [refusal(envid, command, ResponseCode.INVALID_ARGUMENT)]
    return [refusal(envid, command, ResponseCode.MSG_NOT_SUPPORTED)]


HANDLERS: Mapping[type, Handler] = {
    RequestUri: server.request_uri,
    GetServerInfo: server.get_server_info,
    Join: membership.join,
    BatchJoin: membership.batch_join,
    Part: membership.part,
    SearchRooms: search.search_rooms,
    RecentHistory: history.recent_history,
    GetInvitations: membership.get_invitations,
    BadCommand: refuse,
    UnknownCommand: refuse,
}

ONCE: frozenset[type] = frozenset({Part})
"""Commands that would be answered differently the second time: their replies are remembered, and a command sent again
gets the same one. All others may be carried out again, which is right and costs no memory in between."""
