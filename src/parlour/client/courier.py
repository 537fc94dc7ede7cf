"""How commands travel: in the session that there is, in the next one when it is lost, later when the server is busy.

Whatever happens on the way, a command keeps its envelope and number, so the server knows it again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from parlour.client.backoff import Backoff, Patience
from parlour.client.errors import Busy, Disconnected, ServerBusy, TimedOut
from parlour.client.keeper import Keeper
from parlour.client.lists import GatheredList
from parlour.client.replies import MARKER, Gathering, OneReply
from parlour.client.session import ChatSession
from parlour.client.settings import ClientSettings
from parlour.xccos.encode_requests import Sayable, encode_requests
from parlour.xccos.types import GetServerInfo

__all__ = ["Courier", "backoff_of", "in_pieces"]

T = TypeVar("T")


def backoff_of(settings: ClientSettings) -> Backoff:
    """Fresh waits."""
    return Backoff(settings.first_delay, settings.longest_delay, random.random)


def in_pieces(envid: int, command: Sayable, domain: str) -> bytes:
    """An envelope with `command` as number 1, and with the one that shows where its answer ends (`replies`)."""
    return encode_requests(envid, [command, GetServerInfo(MARKER, domain)])


class Courier:
    """`next_envid` numbers the envelopes; `domain` is that of the account."""

    def __init__(
        self, keeper: Keeper[ChatSession], settings: ClientSettings, domain: str, next_envid: Callable[[], int]
    ) -> None:
        self.settings = settings
        self.domain = domain
        self.next_envid = next_envid
        self._keeper = keeper

    async def ask(self, command: Sayable, body_type: type[T], room: str = "") -> T:
        """A command with one reply, whose body is `body_type` (NoneType: it does not matter); `room` is named in the
        refusal. Raises ClientError."""
        envid = self.next_envid()
        body = encode_requests(envid, [command])
        return await self.carry_out(lambda session: session.ask(envid, body, OneReply(body_type, room)))

    async def ask_in_pieces(self, command: Sayable, gathering: Callable[[], Gathering[T]]) -> T:
        """A command whose answer may come in several replies. Raises ClientError."""
        envid = self.next_envid()
        body = in_pieces(envid, command, self.domain)
        return await self.carry_out(lambda session: session.ask(envid, body, gathering()))

    async def ask_list(self, command: Sayable, body_type: type[T], room: str = "") -> T:
        """A command that lists something; the whole list, in however many replies it comes. Raises ClientError."""
        return await self.ask_in_pieces(command, lambda: GatheredList(body_type, room))

    async def carry_out(self, attempt: Callable[[ChatSession], Awaitable[T]]) -> T:
        """Try until it is answered. Raises ClientError."""
        patience = Patience(backoff_of(self.settings))
        try:
            async with asyncio.timeout(self.settings.answer_timeout):
                while True:
                    session = await self._keeper.current()
                    try:
                        return await attempt(session)
                    except Disconnected:
                        if not self.settings.reconnect:
                            raise
                        session.dialog_ended("disconnected")
                    except (Busy, ServerBusy) as busy:
                        await patience.wait(busy)
        except TimeoutError:
            raise TimedOut("no answer in time") from patience.last
