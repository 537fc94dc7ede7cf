"""Connections without sockets: what is read, and where it is kept."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from parlour.sip.errors import FramingError
from parlour.sip.framing import Frame
from parlour.sip.limits import SipLimits
from parlour.sip.peek import InfoAnswer
from parlour.ua.connection import Connection, ConnectionSettings, TlsConnection


class Sink:
    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def connected(self, connection: Connection) -> None: ...

    def receive_answers(self, connection: Connection, answers: Sequence[InfoAnswer]) -> None: ...

    def receive_frames(self, connection: Connection, frames: Sequence[Frame]) -> None:
        self.frames += frames

    def framing_failed(self, connection: Connection, error: FramingError) -> None: ...

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
