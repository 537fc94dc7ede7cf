"""The part of the SIP endpoint that the front end uses: it finds dialogs and sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from parlour.sip.message import Request, Response
from parlour.ua.connection import Connection
from parlour.ua.dialogs import DialogTable
from parlour.ua.incoming import MessageSigner

__all__ = ["Courier"]


class Courier(Protocol):
    """`ua.endpoint.Endpoint` is one."""

    dialogs: DialogTable

    def send_request(
        self,
        request: Request,
        connection: Connection,
        on_response: Callable[[Response | None], None],
        signer: MessageSigner | None = None,
    ) -> Any:
        """Returns a handle with `cancel()`."""
        ...

    def send_ack(self, request: Request, connection: Connection, signer: MessageSigner | None = None) -> None:
        """For requests that are never answered: ACK and BENOTIFY."""
        ...

    def contact_for(self, connection: Connection) -> str: ...
