"""Connections without sockets: what is read, and where it is kept."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Sequence

import pytest

from parlour.sip.errors import FramingError
from parlour.sip.framing import Frame
from parlour.sip.limits import SipLimits
from parlour.sip.peek import InfoAnswer
from parlour.ua.connection import Connection, ConnectionSettings, StreamConnection, TlsConnection


class Sink:
    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.failed_after: list[int] = []

    def connected(self, connection: Connection) -> None: ...

    def receive_answers(self, connection: Connection, answers: Sequence[InfoAnswer]) -> None: ...

    def receive_frames(self, connection: Connection, frames: Sequence[Frame]) -> None:
        self.frames += frames

    def framing_failed(self, connection: Connection, error: FramingError) -> None:
        self.failed_after.append(len(self.frames))

    def disconnected(self, connection: Connection) -> None: ...


def test_loops_of_two_threads_do_not_read_into_each_others_buffer() -> None:
    """As a program with a client in one thread and another in a second, or the probe beside a server."""
    ours, theirs = Sink(), Sink()
    one, other = (TlsConnection(sink, SipLimits(), ConnectionSettings()) for sink in (ours, theirs))
    first, second = (b"BYE sip:%b SIP/2.0\r\nContent-Length: 0\r\n\r\n" % name for name in (b"a@b", b"c@d"))

    def read(connection: TlsConnection, message: bytes) -> None:
        connection.get_buffer(-1)[: len(message)] = message

    read(one, first)
    reader = threading.Thread(target=read, args=(other, second))
    reader.start()
    reader.join()
    one.buffer_updated(len(first))
    assert [frame.head for frame in ours.frames] == [first[:-2]]


class Transport(asyncio.Transport):
    """Of a peer: whether it is read from."""

    def __init__(self) -> None:
        super().__init__()
        self.reading, self.closing = True, False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return self.closing

    def abort(self) -> None:
        self.closing = True


def connected(sink: Sink, *, trusted: bool = True, **settings: int) -> tuple[StreamConnection, Transport]:
    connection, transport = StreamConnection(sink, SipLimits(), ConnectionSettings(**settings)), Transport()
    connection.connection_made(transport)
    if trusted:
        connection.trust()
    return connection, transport


def requests(count: int, body: bytes = b"") -> bytes:
    return b"".join(b"BYE sip:%d SIP/2.0\r\nContent-Length: %d\r\n\r\n%b" % (n, len(body), body) for n in range(count))


@pytest.mark.parametrize(("trusted", "share"), [(True, 7), (False, 3)])
async def test_of_many_messages_together_a_share_is_taken_in_each_turn_of_the_loop(trusted: bool, share: int) -> None:
    """Others are read in between, and nothing more of this peer before."""
    sink = Sink()
    connection, transport = connected(sink, trusted=trusted, share=7, stranger_share=3)
    connection.data_received(requests(20))
    counts = [len(sink.frames)]
    while not transport.reading:
        await asyncio.sleep(0)
        counts.append(len(sink.frames))
    steps = [after - before for before, after in itertools.pairwise(counts)]
    assert max(steps) == share
    assert [frame.head.split()[1] for frame in sink.frames] == [b"sip:%d" % n for n in range(20)]


async def test_of_large_messages_fewer_are_taken_in_a_turn() -> None:
    sink = Sink()
    connection, transport = connected(sink, share=7, share_bytes=1000)
    connection.data_received(requests(6, bytes(400)))
    counts = [len(sink.frames)]
    while not transport.reading:
        await asyncio.sleep(0)
        counts.append(len(sink.frames))
    assert max(after - before for before, after in itertools.pairwise(counts)) == 3
    assert len(sink.frames) == 6


async def test_a_large_read_is_a_turn_of_its_own() -> None:
    """The loop would otherwise read as long as anything is there, megabytes of it."""
    sink = Sink()
    connection, transport = connected(sink, share_bytes=1000)
    connection.data_received(requests(1, bytes(1000)))
    assert not transport.reading
    while not transport.reading:
        await asyncio.sleep(0)
    assert len(sink.frames) == 1
    connection.data_received(requests(1, bytes(100)))
    assert transport.reading
    assert len(sink.frames) == 2


async def test_what_comes_while_messages_wait_keeps_its_place() -> None:
    """TLS may still give what it had deciphered."""
    sink = Sink()
    connection, transport = connected(sink, share=2)
    connection.data_received(requests(5))
    connection.data_received(b"ACK sip:last SIP/2.0\r\nContent-Length: 0\r\n\r\n")
    while not transport.reading:
        await asyncio.sleep(0)
    assert len(sink.frames) == 6
    assert sink.frames[-1].head.startswith(b"ACK")


async def test_unusable_bytes_come_after_what_waits() -> None:
    sink = Sink()
    connection, _ = connected(sink, share=2)
    connection.data_received(requests(5) + b"BYE sip:a SIP/2.0\r\nContent-Length: x\r\n\r\n")
    while not sink.failed_after:
        await asyncio.sleep(0)
    assert sink.failed_after == [5]


async def test_a_peer_that_does_not_read_is_not_read_when_its_turns_are_over() -> None:
    sink = Sink()
    connection, transport = connected(sink, share=2)
    connection.data_received(requests(5))
    connection.pause_writing()
    while len(sink.frames) < 5:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not transport.reading
    connection.resume_writing()
    assert transport.reading


async def test_nothing_is_taken_from_a_connection_that_is_being_closed() -> None:
    sink = Sink()
    connection, transport = connected(sink, share=2)
    connection.data_received(requests(5))
    transport.closing = True
    for _ in range(5):
        await asyncio.sleep(0)
    assert sink.frames == []


async def test_what_came_before_a_goodbye_is_taken() -> None:
    """Of TLS both may be there at once, and the transport is closing right after."""
    sink = Sink()
    connection, transport = connected(sink, share=2)
    connection.data_received(requests(5))
    connection.eof_received()
    transport.closing = True
    assert len(sink.frames) == 5


async def test_a_failure_in_a_later_turn_costs_the_connection_too(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Sink):
        def receive_frames(self, connection: Connection, frames: Sequence[Frame]) -> None:
            super().receive_frames(connection, frames)
            raise RuntimeError("a bug")

    sink = Failing()
    connection, transport = connected(sink, share=2)
    connection.data_received(requests(5))
    while not transport.closing:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(sink.frames) == 2
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [RuntimeError]


async def test_bodies_are_small_until_somebody_has_authenticated() -> None:
    sink = Sink()
    stranger, _ = connected(sink, trusted=False, stranger_body=1000)
    known, _ = connected(sink, stranger_body=1000)
    known.data_received(requests(1, bytes(1001)))
    assert len(sink.frames) == 1
    stranger.data_received(requests(1, bytes(1001)))
    while not sink.failed_after:
        await asyncio.sleep(0)
    assert len(sink.frames) == 1
