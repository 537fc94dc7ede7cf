"""SIP over UDP (RFC 3261 section 18): off by default. Each peer address is a `Connection` of its own, so that the
floors above need not care; it disappears after some minutes of silence."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from parlour.sip.errors import FramingError
from parlour.sip.framing import parse_datagram
from parlour.sip.limits import SipLimits
from parlour.ua.connection import Connection, FrameSink

__all__ = ["UdpListener", "UdpPeer"]

_MAX_PEERS = 20_000
_SILENCE = 900.0


class UdpPeer(Connection):
    """One remote address. Closing it forgets it; there is nothing to close on the wire."""

    __slots__ = ("_listener",)

    reliable = False

    def __init__(self, listener: UdpListener, peer: tuple[str, int], local: tuple[str, int]) -> None:
        super().__init__("UDP", peer, local)
        self._listener = listener

    def send(self, data: bytes) -> None:
        if not self.closed:
            if self.tracer is not None:
                self.tracer.sent(self, data)
            self._listener.send_to(self.peer, data)

    def close(self) -> None:
        if not self.closed:
            self._listener.forget(self)
            self.closed = True
            self._run_close_callbacks()

    abort = close


class UdpListener(asyncio.DatagramProtocol):
    """The socket. Peers are kept in order of their last datagram and capped in number: a new one takes the place of the
    one that has been silent for longest; strangers first, since an address is easily forged."""

    def __init__(self, sink: FrameSink, limits: SipLimits, clock: Callable[[], float]) -> None:
        self._sink = sink
        self._limits = limits
        self._clock = clock
        self._io: asyncio.DatagramTransport | None = None
        self._peers: OrderedDict[tuple[str, int], UdpPeer] = OrderedDict()
        self._strangers: OrderedDict[tuple[str, int], UdpPeer] = OrderedDict()  # and who was one until now
        self.local: tuple[str, int] = ("", 0)

    def connection_made(self, transport: Any) -> None:
        self._io = transport
        name = transport.get_extra_info("sockname")
        self.local = (str(name[0]), int(name[1]))

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if not data.strip(b"\r\n\0"):
            return  # holds a NAT binding open; the answer that RFC 5626 section 3.5.2 knows for UDP is STUN
        peer = self.peer((str(addr[0]), int(addr[1])))
        peer.last_read = self._clock()
        try:
            frame = parse_datagram(data, self._limits)
        except FramingError as error:
            self._sink.framing_failed(peer, error)
            return
        if frame is not None:
            self._sink.receive_frames(peer, [frame])

    def peer(self, address: tuple[str, int]) -> UdpPeer:
        """The connection that stands for a remote address, made when needed."""
        peer = self._peers.get(address)
        if peer is None:
            if len(self._peers) >= _MAX_PEERS:
                self._least_missed().close()
            peer = self._peers[address] = self._strangers[address] = UdpPeer(self, address, self.local)
            self._sink.connected(peer)
        else:
            self._peers.move_to_end(address)
            if address in self._strangers:
                self._strangers.move_to_end(address)
        return peer

    def _least_missed(self) -> UdpPeer:
        while self._strangers:
            address, peer = next(iter(self._strangers.items()))
            if not peer.trusted:
                return peer
            del self._strangers[address]
        return next(iter(self._peers.values()))

    def forget(self, peer: UdpPeer) -> None:
        if self._peers.get(peer.peer) is peer:
            del self._peers[peer.peer]
            self._strangers.pop(peer.peer, None)
            self._sink.disconnected(peer)

    def tick(self, now: float) -> None:
        """Drop peers that have been silent for a quarter of an hour."""
        for peer in list(self._peers.values()):
            if now - peer.last_read < _SILENCE:
                return
            peer.close()

    def send_to(self, address: tuple[str, int], data: bytes) -> None:
        if self._io is not None:
            self._io.sendto(data, address)

    def close(self) -> None:
        if self._io is not None:
            self._io.close()
