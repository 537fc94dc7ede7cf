"""Cutting bytes into messages: a TCP or TLS stream (RFC 3261 section 18.3), a UDP datagram, a WebSocket message.

Only the head's end and Content-Length are looked at here; what the lines say is the business of `message`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from parlour.sip.errors import FramingError, RemoteProtocolError
from parlour.sip.limits import DEFAULT_LIMITS, SipLimits

__all__ = ["KEEP_ALIVE", "PONG", "Frame", "StreamFramer", "content_length", "parse_datagram"]


class Frame(NamedTuple):
    """One message: `head` up to and with the CRLF of its last header line, without the blank line; `body` whole."""

    head: bytes
    body: bytes


KEEP_ALIVE = Frame(b"", b"")
"""Stands in the list where the peer sent a CRLFCRLF ping: answer with `PONG` (RFC 5626 section 4.4.1).

Compare with `is`."""

PONG = b"\r\n"

# Any spelling of the header, with its value and the value's continuation lines.
_CONTENT_LENGTH = re.compile(
    rb"\r\n(?:content-length|l)[ \t]*+:((?:[^\r\n]++|\r\n[ \t]|\r(?!\n)|(?<!\r)\n)*)", re.IGNORECASE
)
_FAST_NAME = b"\r\nContent-Length: "
_new = tuple.__new__  # half the price of calling the class


class StreamFramer:
    """Frames of one byte stream. A frame comes out as soon as its last byte is in, however the bytes arrive.

    After a FramingError the stream is lost: whatever is received later is dropped. `limits` may be changed at any time,
    and holds for what is looked at from then on.
    """

    __slots__ = ("_buffer", "_failed", "_needed", "_odd_break", "_searched", "idle", "limits")

    def __init__(self, limits: SipLimits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self._buffer = bytearray()
        self._needed = 0  # bytes the buffer must hold before looking again makes sense
        self._searched = 0  # the head's end does not begin before this offset
        self._odd_break = False  # an unpaired CRLF stands before the buffer
        self._failed = False
        self.idle = True
        """Nothing has begun: what comes next may be taken by somebody else, if it is whole messages."""

    @property
    def pending(self) -> int:
        """Bytes of an unfinished message now held; 0 between messages."""
        return len(self._buffer)

    def receive(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes. Raises FramingError: 400, 413 (body) or 513 (head)."""
        if self._failed:
            return []
        if not self._buffer:
            # Much of what arrives is one message without a body: the way of these is kept short.
            end = data.find(b"\r\n\r\n")
            if end + 4 == len(data) and end <= self.limits.head and data[0] != 13:
                found = data.find(_FAST_NAME)
                if found >= 0 and data[found + 18 : found + 20] == b"0\r":
                    self._odd_break = False
                    self.idle = True
                    return [_new(Frame, (data[:-2], b""))]
        else:
            self._buffer += data
            if self._wait():
                return []
            data = bytes(self._buffer)
            self._buffer.clear()
        frames: list[Frame] = []
        try:
            used = self._cut(data, frames)
        except FramingError as error:
            self._failed = True
            self.idle = False
            error.frames = frames
            raise
        if used < len(data):
            self._buffer += data[used:] if used else data
        self.idle = used == len(data) and not self._odd_break
        return frames

    def _wait(self) -> bool:
        """Whether the unfinished message in the buffer is still unfinished: known without copying it."""
        size = len(self._buffer)
        if self._needed:
            return size < self._needed
        if not self._searched or size - 3 > self.limits.head:
            return False
        if self._buffer.find(b"\r\n\r\n", self._searched) >= 0:
            return False
        self._searched = size - 3
        return True

    def _cut(self, data: bytes, frames: list[Frame]) -> int:
        """Append all whole frames; the offset of the first byte not used."""
        start, size, find = 0, len(data), data.find
        searched, self._searched, self._needed = self._searched, 0, 0
        while start < size:
            if data[start] == 13:
                start = self._skip_breaks(data, start, frames)
                if start == size or (size - start == 1 and data[start] == 13):
                    return start
            end = find(b"\r\n\r\n", start + searched)
            if end < 0:
                self._searched = self._unfinished(data, start)
                return start
            searched = 0
            found = find(_FAST_NAME, start, end)
            if found >= 0 and data[found + 18 : found + 20] == b"0\r" and end - start <= self.limits.head:
                body, finish = b"", end + 4
            else:
                finish = end + 4 + self._body_length(data, start, end, found)
                if finish > size:
                    self._needed, self._searched = finish - start, end - start
                    return start
                body = data[end + 4 : finish]
            frames.append(_new(Frame, (data[start : end + 2], body)))
            self._odd_break = False
            start = finish
        return start

    def _unfinished(self, data: bytes, start: int) -> int:
        """Where the end of a head may still begin, behind `start`, in bytes that have none."""
        size = len(data) - start
        if size - 3 > self.limits.head:
            raise self._too_large(data, start)
        return max(0, size - 3)

    def _too_large(self, data: bytes, start: int) -> FramingError:
        """With the lines that are still within the limit, to answer with."""
        end = data.rfind(b"\r\n", start, start + self.limits.head)
        return FramingError(513, "Message Too Large", head=data[start : end + 2] if end > 0 else b"")

    def _skip_breaks(self, data: bytes, start: int, frames: list[Frame]) -> int:
        # Section 7.5: CRLFs before a start line are ignored. Two in a row are a ping (RFC 5626 section 3.5.1).
        while data.startswith(b"\r\n", start):
            start += 2
            self._odd_break = not self._odd_break
            if not self._odd_break:
                frames.append(KEEP_ALIVE)
        return start

    def _body_length(self, data: bytes, start: int, end: int, found: int) -> int:
        """Content-Length of the head data[start:end], checked; 0 if there is none. `found`: where, if spelled out."""
        limits = self.limits
        if end - start > limits.head:
            raise self._too_large(data, start)
        if found >= 0:
            digits = data[found + 18 : data.find(b"\r\n", found + 18, end + 2)]
            if digits.isdigit() and len(digits) < 8 and (length := int(digits)) <= limits.body:
                return length
        head = data[start : end + 2]
        try:
            return content_length(head, limits) or 0
        except RemoteProtocolError as error:
            raise FramingError(error.status, error.reason, head=head) from None


def content_length(head: bytes, limits: SipLimits = DEFAULT_LIMITS) -> int | None:
    """The Content-Length of a head in any spelling, None if there is none. Raises RemoteProtocolError 400 or 413.

    Two that differ are refused: the peer and whoever stands between us may each have believed another one.
    """
    values = {found[1].strip(b" \t\r\n") for found in _CONTENT_LENGTH.finditer(head)}
    if not values:
        return None
    lengths = {value.lstrip(b"0") or b"0" for value in values if value.isdigit()}
    if len(lengths) != 1 or not all(value.isdigit() for value in values):
        raise RemoteProtocolError(400, "Malformed Content-Length")
    digits = lengths.pop()
    if len(digits) > 10 or int(digits) > limits.body:
        raise RemoteProtocolError(413, "Request Entity Too Large")
    return int(digits)


def parse_datagram(data: bytes, limits: SipLimits = DEFAULT_LIMITS) -> Frame | None:
    """The one message of a UDP datagram or a WebSocket message; KEEP_ALIVE for a ping; None if it holds nothing.

    Without Content-Length the body is the rest; bytes beyond Content-Length are dropped (section 18.3).
    Raises FramingError 400, 413 or 513; on UDP and WebSocket the next message is not affected by it.
    """
    start = 0
    while data.startswith(b"\r\n", start):
        start += 2
    if start == len(data):
        return KEEP_ALIVE if start >= 4 else None
    end = data.find(b"\r\n\r\n", start)
    if end < 0:
        # The blank line is not optional (section 7), but the head is there to answer with.
        raise FramingError(400, "Missing End Of Headers", head=data[start : start + limits.head])
    head = data[start : end + 2]
    if end - start > limits.head:
        raise FramingError(513, "Message Too Large")
    body = data[end + 4 :]
    try:
        length = content_length(head, limits)
    except RemoteProtocolError as error:
        raise FramingError(error.status, error.reason, head=head) from None
    if len(body) > limits.body and length is None:
        raise FramingError(413, "Request Entity Too Large", head=head)
    if length is not None and length > len(body):
        raise FramingError(400, "Content-Length Beyond Datagram", head=head)
    return Frame(head, body if length is None else body[:length])
