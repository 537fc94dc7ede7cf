"""A connection: one peer, one stream of SIP messages, whatever carries it.

`Connection` is what the rest of the house sees; `TcpConnection` (also TLS) is its asyncio protocol. WebSocket and UDP
have their own modules. A connection knows bytes and frames, no SIP rules: whole messages go to its `FrameSink`.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Protocol

from parlour.sip.errors import FramingError
from parlour.sip.framing import Frame, StreamFramer
from parlour.sip.limits import SipLimits
from parlour.sip.peek import InfoAnswer, peek_info_answers

__all__ = ["Connection", "ConnectionSettings", "FrameSink", "StreamConnection", "TlsConnection", "Tracer"]

log = logging.getLogger(__name__)

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """`write_high`: bytes waiting to be written at which we stop reading from this peer; `write_limit`: bytes at
    which the peer is given up; `idle`: seconds of complete silence, keep-alives included, after which a connection
    that never authenticated is closed; `linger`: seconds that a connection being closed has for what was written.

    So that one peer cannot keep the loop from all others: `share`: messages taken from a connection in one turn of the
    loop, `stranger_share`: and from one that nobody has authenticated on; `share_bytes`: octets after which what comes
    next is of another turn, however few messages it was. `stranger_body`: octets in a body before anybody signed in.
    """

    write_high: int = 256 * 1024
    write_limit: int = 4 * 1024 * 1024
    idle: float = 60.0
    linger: float = 5.0
    share: int = 32
    stranger_share: int = 4
    share_bytes: int = 32 * 1024
    stranger_body: int = 32 * 1024


class FrameSink(Protocol):
    """Where whole messages go; the endpoint is one."""

    def connected(self, connection: Connection) -> None: ...

    def receive_answers(self, connection: Connection, answers: Sequence[InfoAnswer]) -> None: ...

    def receive_frames(self, connection: Connection, frames: Sequence[Frame]) -> None: ...

    def framing_failed(self, connection: Connection, error: FramingError) -> None: ...

    def disconnected(self, connection: Connection) -> None: ...


class Tracer(Protocol):
    """Looks on: every message of a connection in both directions, whatever it is. Must be quick and raise nothing."""

    def received(self, connection: Connection, frames: Sequence[Frame]) -> None: ...

    def sent(self, connection: Connection, data: bytes) -> None:
        """`data` may hold several messages, one after the other."""
        ...


class Connection:
    """One peer. `user` is a slot for the service that authenticates; `close` lets what was written go out first.
    `reliable`: what is sent arrives, or the connection is lost; `stream`: messages are cut out of a stream of bytes,
    which is worth nothing any more after one that could not be."""

    __slots__ = (
        "_close_callbacks",
        "closed",
        "id",
        "last_read",
        "local",
        "peer",
        "secure",
        "sent_by",
        "tracer",
        "transport",
        "trusted",
        "user",
    )

    reliable = True
    stream = False

    def __init__(self, transport: str, peer: tuple[str, int], local: tuple[str, int]) -> None:
        self.id = next(_numbers)
        self.transport = transport
        self.peer = peer
        self.local = local
        self.secure = transport in ("TLS", "WSS")
        self.closed = False
        self.user: Any = None
        self.trusted = False  # somebody has authenticated on it, or we opened it
        self.last_read = 0.0
        self.sent_by = format_host_port(local)
        self.tracer: Tracer | None = None
        self._close_callbacks: list[Callable[[Connection], None]] | None = None

    def trust(self) -> None:
        """Somebody has proven who he is, or we opened it."""
        self.trusted = True

    def send(self, data: bytes) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def abort(self) -> None:
        """Close now; what was not written yet is lost. For peers that do not read."""
        raise NotImplementedError

    def add_close_callback(self, callback: Callable[[Connection], None]) -> None:
        """Call `callback(connection)` once when the connection is gone (at once if it already is)."""
        if self.closed:
            callback(self)
        elif self._close_callbacks is None:
            self._close_callbacks = [callback]
        else:
            self._close_callbacks.append(callback)

    def remove_close_callback(self, callback: Callable[[Connection], None]) -> None:
        if self._close_callbacks and callback in self._close_callbacks:
            self._close_callbacks.remove(callback)

    def _run_close_callbacks(self) -> None:
        callbacks, self._close_callbacks = self._close_callbacks, None
        for callback in callbacks or ():
            callback(self)

    def __repr__(self) -> str:
        return f"<{self.transport} {format_host_port(self.peer)} #{self.id}>"


def format_host_port(address: tuple[str, int]) -> str:
    """`host:port`, IPv6 in brackets (RFC 3261 section 25.1 `sent-by`)."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class StreamConnection(Connection, asyncio.Protocol):
    """TCP. Frames are cut out of whatever arrives and given to the sink, of many together a share in each turn of the
    loop; writes go straight to the loop, which tries to send each of them at once."""

    __slots__ = ("_choked", "_framer", "_io", "_limits", "_settings", "_sink", "_waiting")

    stream = True

    def __init__(
        self, sink: FrameSink, limits: SipLimits, settings: ConnectionSettings, transport: str = "TCP"
    ) -> None:
        super().__init__(transport, ("", 0), ("", 0))
        self._sink = sink
        self._settings = settings
        self._limits = limits
        self._framer = StreamFramer(replace(limits, body=min(limits.body, settings.stranger_body)))
        self._io: asyncio.Transport | None = None
        self._choked = False
        self._waiting: deque[Frame | FramingError] | None = None  # for a later turn; nothing is read meanwhile

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._io = transport  # type: ignore[assignment]  # uvloop's transports do not inherit from asyncio's
        self.peer = _address(transport.get_extra_info("peername"))
        self.local = _address(transport.get_extra_info("sockname"))
        self.sent_by = format_host_port(self.local)
        transport.set_write_buffer_limits(high=self._settings.write_high)  # type: ignore[attr-defined]
        self._sink.connected(self)

    def trust(self) -> None:
        super().trust()
        self._framer.limits = self._limits

    def data_received(self, data: bytes) -> None:
        if self._framer.idle and self._waiting is None:
            answers = peek_info_answers(data)
            if answers:
                self._sink.receive_answers(self, answers)
                if len(data) >= self._settings.share_bytes:
                    self._wait(())
                return
        try:
            frames = self._framer.receive(data)
        except FramingError as error:
            self._wait((*error.frames, error))
        else:
            self._take(frames, len(data))

    def _take(self, frames: Sequence[Frame], size: int) -> None:
        """What was cut out of a read of `size` bytes goes to the sink, or, where it is much, waits for its turns."""
        if size < self._settings.share_bytes and len(frames) <= self._share and self._waiting is None:
            if frames:
                self._sink.receive_frames(self, frames)
        else:
            self._wait(frames)

    @property
    def _share(self) -> int:
        return self._settings.share if self.trusted else self._settings.stranger_share

    def _wait(self, items: Sequence[Frame | FramingError]) -> None:
        """These are taken in the next turns; nothing is read before they are through."""
        if self._waiting is not None:
            self._waiting.extend(items)
            return
        self._waiting = deque(items)
        if self._io is not None and not self._io.is_closing():
            self._io.pause_reading()
        asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        """A turn of what waits."""
        waiting = self._waiting
        if not waiting or self._io is None or self._io.is_closing():
            self._waiting = None
            self._resume_reading()
            return
        asyncio.get_running_loop().call_soon(self._go_on)
        try:
            self._take_share(waiting)
        except Exception:
            # As the loop does with what fails while it reads: the peer notices, and comes back.
            log.exception("what %s sent could not be taken; closing", self)
            self.abort()

    def _take_share(self, waiting: deque[Frame | FramingError]) -> None:
        frames: list[Frame] = []
        size = 0
        while waiting and len(frames) < self._share and size < self._settings.share_bytes:
            item = waiting.popleft()
            if isinstance(item, FramingError):
                self._sink.receive_frames(self, frames)
                self._sink.framing_failed(self, item)
                return
            frames.append(item)
            size += len(item.head) + len(item.body)
        self._sink.receive_frames(self, frames)

    def _take_rest(self) -> None:
        """The peer has said goodbye, after which nothing is taken any more: what came before is taken now."""
        while self._waiting and self._io is not None and not self._io.is_closing():
            self._take_share(self._waiting)

    def eof_received(self) -> bool:
        self._take_rest()
        return False

    def pause_writing(self) -> None:
        """The peer reads slower than we write: take nothing more from it until it has caught up."""
        self._choked = True
        if self._io is not None and not self._io.is_closing():
            self._io.pause_reading()

    def resume_writing(self) -> None:
        self._choked = False
        self._resume_reading()

    def _resume_reading(self) -> None:
        """If nothing speaks against it any more."""
        if self._waiting is None and not self._choked and self._io is not None and not self._io.is_closing():
            self._io.resume_reading()

    def send(self, data: bytes) -> None:
        if self._io is None or self.closed:
            return
        if self.tracer is not None:
            self.tracer.sent(self, data)
        self._io.write(data)
        if self._choked and self._io.get_write_buffer_size() > self._settings.write_limit:
            self.abort()

    def close(self) -> None:
        io = self._io
        if io is not None and not io.is_closing():
            io.close()
            if io.get_write_buffer_size():
                # A peer that does not read would keep a closing connection for ever.
                asyncio.get_running_loop().call_later(self._settings.linger, self.abort)

    def abort(self) -> None:
        io, self._io = self._io, None  # nothing is written from here on
        if io is not None:
            io.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        if self.closed:
            return
        self.closed = True
        self._io = None
        self._sink.disconnected(self)
        self._run_close_callbacks()


class _ReceiveBuffer(threading.local):
    def __init__(self) -> None:
        self.view = memoryview(bytearray(64 * 1024))


_receive_buffer = _ReceiveBuffer()


class TlsConnection(StreamConnection, asyncio.BufferedProtocol):
    """TLS, or TCP on a loop that allocates a large buffer per read: all connections of a thread read into one shared
    buffer, which is empty again before the next read (a loop reads one connection at a time; loops in other threads
    have a buffer each). Without it each message costs an mmap."""

    __slots__ = ()

    def get_buffer(self, sizehint: int) -> memoryview:
        return _receive_buffer.view

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(bytes(_receive_buffer.view[:nbytes]))


def _address(name: Any) -> tuple[str, int]:
    if isinstance(name, tuple) and len(name) >= 2:
        return str(name[0]), int(name[1])
    return ("unknown", 0)
