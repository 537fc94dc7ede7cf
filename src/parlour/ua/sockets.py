"""Listeners and connections: what the endpoint listens on, whom it is connected to, and when strangers are shown
out."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable

from parlour.sip.limits import SipLimits
from parlour.ua.connection import Connection, ConnectionSettings, FrameSink, StreamConnection, TlsConnection
from parlour.ua.udp import UdpListener
from parlour.ua.websocket import WebSocketConnection

__all__ = ["Sockets"]

log = logging.getLogger(__name__)


class Sockets:
    """All of an endpoint's. A stranger is a connection on which nobody has proven who he is."""

    def __init__(
        self, sink: FrameSink, limits: SipLimits, settings: ConnectionSettings, clock: Callable[[], float]
    ) -> None:
        self._sink = sink
        self._limits = limits
        self._settings = settings
        self._clock = clock
        self.connections: set[Connection] = set()
        self._strangers: set[Connection] = set()
        self._listeners: list[asyncio.AbstractServer] = []
        self._datagrams: list[UdpListener] = []
        self._all_closed: asyncio.Event | None = None

    async def listen(self, transport: str, host: str, port: int, ssl_context: ssl.SSLContext | None) -> tuple[str, int]:
        """As `Endpoint.listen`."""
        if (transport in ("TLS", "WSS")) != (ssl_context is not None):
            raise ValueError(f"{transport} with{'' if ssl_context else 'out'} an SSL context")
        loop = asyncio.get_running_loop()
        if transport == "UDP":
            listener = UdpListener(self._sink, self._limits, self._clock)
            await loop.create_datagram_endpoint(lambda: listener, local_addr=(host, port))
            self._datagrams.append(listener)
            return listener.local
        server = await loop.create_server(
            lambda: self._protocol(transport), host, port, ssl=ssl_context, backlog=4096, reuse_address=True
        )
        self._listeners.append(server)
        name = server.sockets[0].getsockname()
        return str(name[0]), int(name[1])

    async def connect(
        self, transport: str, host: str, port: int, ssl_context: ssl.SSLContext | None, server_name: str | None
    ) -> Connection:
        """As `Endpoint.connect`."""
        if transport not in ("TCP", "TLS", "UDP") or (transport == "TLS") != (ssl_context is not None):
            raise ValueError(f"cannot open {transport} with{'' if ssl_context else 'out'} an SSL context")
        if transport == "UDP":
            return await self._udp_peer(host, port)
        _, protocol = await asyncio.get_running_loop().create_connection(
            lambda: self._protocol(transport),
            host,
            port,
            ssl=ssl_context,
            server_hostname=(server_name or host) if ssl_context else None,
        )
        self.trust(protocol)
        return protocol

    async def _udp_peer(self, host: str, port: int) -> Connection:
        if not self._datagrams:
            raise OSError("no UDP listener to send from: switch the udp listener on")
        infos = await asyncio.get_running_loop().getaddrinfo(host, port)
        address = infos[0][4]
        return self._datagrams[0].peer((str(address[0]), int(address[1])))

    def _protocol(self, transport: str) -> StreamConnection:
        if transport in ("WS", "WSS"):
            return WebSocketConnection(self._sink, self._limits, self._settings, transport)
        kind = TlsConnection if transport == "TLS" or not _loop_reads_cheaply() else StreamConnection
        return kind(self._sink, self._limits, self._settings, transport)

    # -- who is connected ----------------------------------------------------------------------------------------

    def add(self, connection: Connection) -> None:
        self.connections.add(connection)
        self._strangers.add(connection)

    def trust(self, connection: Connection) -> None:
        """Somebody has proven who he is: the connection may be silent from now on."""
        connection.trust()
        self._strangers.discard(connection)

    def discard(self, connection: Connection) -> None:
        self.connections.discard(connection)
        self._strangers.discard(connection)
        if not self.connections and self._all_closed is not None:
            self._all_closed.set()

    def tick(self, now: float) -> None:
        """About once a second."""
        for datagrams in self._datagrams:
            datagrams.tick(now)
        since = now - self._settings.idle
        for connection in [one for one in self._strangers if one.reliable and one.last_read < since]:
            self._strangers.discard(connection)
            log.info("closing %s: silent, and nobody has signed in on it", connection)
            connection.close()

    # -- the end -------------------------------------------------------------------------------------------------

    def stop_listening(self) -> None:
        """Take no more connections; those that exist go on."""
        for server in self._listeners:
            server.close()
        self._listeners.clear()

    async def close(self) -> None:
        """Close everything: politely, and after half a second at once."""
        self.stop_listening()
        for connection in list(self.connections):
            connection.close()
        if not await self._wait_until_closed(0.5):
            for connection in list(self.connections):
                connection.abort()
            await self._wait_until_closed(5.0)
        for datagrams in self._datagrams:
            datagrams.close()
        self._datagrams.clear()

    async def _wait_until_closed(self, seconds: float) -> bool:
        if self.connections:
            self._all_closed = asyncio.Event()
            try:
                await asyncio.wait_for(self._all_closed.wait(), seconds)
            except TimeoutError:
                return False
        return True


def _loop_reads_cheaply() -> bool:
    """uvloop reads plain TCP without allocating 256 KiB each time; asyncio's own loop does not."""
    return type(asyncio.get_running_loop()).__module__.startswith("uvloop")
