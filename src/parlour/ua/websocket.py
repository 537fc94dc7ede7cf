"""SIP over WebSocket (RFC 7118): one SIP message in each WebSocket message, subprotocol `sip`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.frames import Frame as WsFrame
from websockets.frames import Opcode
from websockets.http11 import Request as HttpRequest
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from parlour.sip.errors import FramingError
from parlour.sip.framing import Frame, parse_datagram
from parlour.sip.limits import SipLimits
from parlour.ua.connection import ConnectionSettings, FrameSink, StreamConnection

__all__ = ["WebSocketConnection"]

_SIP = Subprotocol("sip")
_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


class WebSocketConnection(StreamConnection):
    """A browser, or anything else that speaks RFC 7118. Pings are answered by the library; fragments are joined up to
    the message limit."""

    __slots__ = ("_parts", "_protocol", "_refused")

    stream = False

    def __init__(self, sink: FrameSink, limits: SipLimits, settings: ConnectionSettings, transport: str = "WS") -> None:
        super().__init__(sink, limits, settings, transport)
        self._parts: list[bytes] = []
        self._refused = False
        self._protocol = ServerProtocol(subprotocols=[_SIP], max_size=limits.head + limits.body)

    def data_received(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        frames: list[Frame] = []
        for event in self._protocol.events_received():
            if isinstance(event, HttpRequest):
                self._shake_hands(event)
            elif isinstance(event, WsFrame) and event.opcode in _DATA:
                try:
                    frames += self._receive_data_frame(event)
                except FramingError as error:
                    self._wait((*frames, error))
                    frames = []
        self._take(frames, len(data))
        if self._protocol.close_expected():
            self._take_rest()
        self._flush()

    def eof_received(self) -> bool:
        self._take_rest()
        self._protocol.receive_eof()
        self._flush()
        return False

    def _shake_hands(self, request: HttpRequest) -> None:
        response = self._protocol.accept(request)
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS and self._protocol.subprotocol != _SIP:
            response = self._protocol.reject(
                HTTPStatus.BAD_REQUEST,
                "This port speaks SIP over WebSocket: ask for the subprotocol 'sip' (RFC 7118).\n",
            )
        self._refused = response.status_code != HTTPStatus.SWITCHING_PROTOCOLS
        self._protocol.send_response(response)

    def _receive_data_frame(self, frame: WsFrame) -> list[Frame]:
        """The SIP message that is whole with this frame, if one is. Raises FramingError."""
        self._parts.append(bytes(frame.data))
        if not frame.fin:
            return []
        message, self._parts = b"".join(self._parts), []
        whole = parse_datagram(message, self._limits)
        return [] if whole is None else [whole]

    def send(self, data: bytes) -> None:
        if self._io is None or self.closed or self._refused:
            return
        if self.tracer is not None:
            self.tracer.sent(self, data)
        for message in split_messages(data):
            self._send_frame(message)
        self._flush()

    def _send_frame(self, message: bytes) -> None:
        try:
            if _is_utf8(message):
                self._protocol.send_text(message)
            else:
                self._protocol.send_binary(message)
        except WebSocketException:
            self.abort()

    def close(self) -> None:
        if self._io is None or self._io.is_closing():
            return
        try:
            self._protocol.send_close(1000)
        except WebSocketException:
            pass  # never shook hands, or the peer said goodbye first: the socket is closed below all the same
        self._flush()
        super().close()

    def _flush(self) -> None:
        io: Any = self._io
        if io is None:
            return
        for data in self._protocol.data_to_send():
            if data:
                io.write(data)
            else:
                io.close()
        if io.get_write_buffer_size() > self._settings.write_limit:
            self.abort()


def split_messages(data: bytes) -> list[bytes]:
    """Undo the joining of several messages in one write: RFC 7118 section 5 wants one per WebSocket message."""
    messages = []
    while data:
        end = data.find(b"\r\n\r\n") + 4
        at = data.find(b"\r\nContent-Length: ", 0, end)
        length = int(data[at + 18 : data.find(b"\r\n", at + 18)]) if at >= 0 else 0
        messages.append(data[: end + length])
        data = data[end + length :]
    return messages


def _is_utf8(message: bytes) -> bool:
    try:
        message.decode()
    except UnicodeDecodeError:
        return False
    return True
