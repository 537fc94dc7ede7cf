"""Getting a session: connect, sign in, find the chat service, call it, learn its clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from parlour.client.address import Account, Destination
from parlour.client.errors import ChatError, TimedOut, UnusableAnswer
from parlour.client.line import Line
from parlour.client.replies import OneReply
from parlour.client.session import LOOKUP, ChatSession, is_lookup, look_up
from parlour.client.settings import ClientSettings
from parlour.sip.errors import ProtocolError
from parlour.ua.resolver import Resolver
from parlour.xccos.encode_requests import encode_requests
from parlour.xccos.types import GetServerInfo, ServerInfo, ServerPrimitive

__all__ = ["Opener", "discard"]


class Opener:
    """Makes sessions for one account. `pool_uri` None: the service is asked for; that of a lookup service: this one is
    asked. Raises ValueError, OSError."""

    def __init__(
        self,
        account: Account,
        destination: Destination,
        settings: ClientSettings,
        instance: str,
        pool_uri: str | None,
        next_envid: Callable[[], int],
    ) -> None:
        destination.check()
        if pool_uri is not None:
            _check_service(pool_uri)
        self.resolver = Resolver()
        self.server_info: ServerInfo | None = None
        self._account = account
        self._destination = destination
        self._settings = settings
        self._instance = instance
        self._pool_uri = pool_uri
        self._next_envid = next_envid
        self._clock_offset = 0

    async def open(self, hear: Callable[[ServerPrimitive], None], on_ended: Callable[[str], None]) -> ChatSession:
        """`hear` and `on_ended` as ChatSession has them. Raises ClientError."""
        line = Line(self._account, self._settings, self._instance)
        try:
            async with asyncio.timeout(self._settings.sign_in_timeout):
                await line.open(self._destination, self.resolver)
                await line.sign_in()
                uri = self._pool_uri or await line.find_pool() or f"sip:{LOOKUP}@{self._account.domain}"
                if is_lookup(uri):
                    uri = await look_up(line, uri)
                session = await ChatSession.open(line, uri, hear, on_ended)
                await self._learn(session)
        except BaseException as error:
            await line.close()
            if isinstance(error, TimeoutError):
                raise TimedOut("signing in took too long") from None
            if isinstance(error, ProtocolError):
                raise UnusableAnswer(str(error)) from error
            raise
        return session

    async def _learn(self, session: ChatSession) -> None:
        """What the server says of itself; its clock tells which messages are older than our joining."""
        envid = self._next_envid()
        body = encode_requests(envid, [GetServerInfo(1, self._account.domain)])
        try:
            self.server_info = info = await session.ask(envid, body, OneReply(ServerInfo))
        except ChatError:
            return
        if info.server_time is not None:
            self._clock_offset = info.server_time - _now()

    def server_time(self) -> int:
        """The server's clock, or a little less: its answer took time to arrive."""
        return _now() + self._clock_offset


async def discard(session: ChatSession) -> None:
    """Hang up and sign off."""
    await session.close()
    await session.line.close()


def _check_service(uri: str) -> None:
    try:
        is_lookup(uri)
    except ProtocolError as error:
        raise ValueError(f"not the address of a chat service: {uri!r}") from error


def _now() -> int:
    """Our own clock, microseconds since 1970."""
    return time.time_ns() // 1000
