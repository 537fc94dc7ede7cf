"""One dialog with a service that speaks XCCOS: commands out, their replies back, everything heard passed on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, TypeVar

from parlour.client.dialog import ChatDialog
from parlour.client.errors import Disconnected, UnusableAnswer, post_refusal, sip_error
from parlour.client.line import Line
from parlour.client.replies import Gathering, OneReply, PendingReplies
from parlour.sip.message import Response
from parlour.sip.uri import SipUri
from parlour.xccos.decode_answers import decode_server_envelope
from parlour.xccos.encode_requests import encode_requests
from parlour.xccos.errors import XccosError
from parlour.xccos.types import Reply, RequestUri, ServerPrimitive, ServiceUri

__all__ = ["LOOKUP", "ChatSession", "is_lookup", "look_up"]

LOOKUP: Final = "ocschat"
"""The user part of the address of lookup services."""

log = logging.getLogger(__name__)

T = TypeVar("T")


class ChatSession:
    """Made by `open`. `hear` gets every primitive, replies included, in the order they came; then a waiting command
    gets its reply. `on_ended(reason)` is called once."""

    def __init__(
        self,
        line: Line,
        hear: Callable[[ServerPrimitive], None],
        on_ended: Callable[[str], None],
    ) -> None:
        self.line = line
        self._hear = hear
        self._on_ended = on_ended
        self._pending = PendingReplies()
        self._slots = asyncio.Semaphore(line.settings.in_flight)
        self._dialog: ChatDialog | None = None
        self.ended: str | None = None

    @classmethod
    async def open(
        cls,
        line: Line,
        uri: str,
        hear: Callable[[ServerPrimitive], None] = lambda primitive: None,
        on_ended: Callable[[str], None] = lambda reason: None,
    ) -> ChatSession:
        """Call the service at `uri`. Raises ClientError."""
        session = cls(line, hear, on_ended)
        session._dialog = await ChatDialog.invite(line, uri, session)
        return session

    # -- asking ------------------------------------------------------------------------------------------------

    async def ask(self, envid: int, body: bytes, gathering: Gathering[T]) -> T:
        """Send the envelope `envid` and wait for its whole answer. Raises ClientError: ChatError for a refusal,
        Disconnected when it should be sent again in another session, Busy when it should be sent again later."""
        async with self._slots:
            answer = self._pending.expect(envid, gathering)
            try:
                response = await self._info(body)
                if response.status >= 300:
                    raise sip_error(response)
                return await answer
            finally:
                answer.cancel()

    async def post(self, body: bytes, room: str) -> None:
        """Send an envelope with a post. When this returns, the post is kept. Raises ClientError as `ask`."""
        async with self._slots:
            response = await self._info(body)
        if response.status == 503:
            raise sip_error(response)
        if response.status >= 300:
            raise post_refusal(response, room)

    async def _info(self, body: bytes) -> Response:
        if self._dialog is None:
            raise Disconnected("the session is over")
        return await self._dialog.info(body)

    # -- DialogListener ----------------------------------------------------------------------------------------

    def receive_body(self, body: bytes) -> None:
        """An INFO of the server."""
        try:
            envelope = decode_server_envelope(body)
        except XccosError as error:
            log.warning("an INFO without a readable envelope: %s", error)
            return
        for primitive in envelope.primitives:
            self._hear(primitive)
            if isinstance(primitive, Reply):
                self._pending.take(primitive)

    def dialog_ended(self, reason: str) -> None:
        if self.ended is None:
            self.ended = reason
            self._pending.fail(Disconnected(reason))
            self._on_ended(reason)

    async def close(self) -> None:
        """BYE."""
        if self._dialog is not None:
            await self._dialog.bye()


def is_lookup(uri: str) -> bool:
    """Whether a lookup service is there, which speaks XCCOS too, but knows no rooms (docs/protocol/xccos.md, requri).
    Raises RemoteProtocolError for what is no SIP URI."""
    return (SipUri.parse(uri).user or "").lower() == LOOKUP


async def look_up(line: Line, uri: str) -> str:
    """The channel service that the lookup service at `uri` recommends. Raises ClientError."""
    session = await ChatSession.open(line, uri)
    try:
        found: ServiceUri = await session.ask(1, encode_requests(1, [RequestUri(1)]), OneReply(ServiceUri))
    finally:
        await session.close()
    if not found.uri:
        raise UnusableAnswer("the lookup service knows no channel service")
    return found.uri
