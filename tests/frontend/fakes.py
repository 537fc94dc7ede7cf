"""Stand-ins for what the front end touches: connections that collect bytes, a directory in a dict, an endpoint that
keeps what it was asked to send."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from parlour.rooms.model import Person, Principal
from parlour.sip.auth.digest import Algorithm, compute_ha1
from parlour.sip.message import Request, Response, parse_message
from parlour.ua.connection import Connection
from parlour.ua.dialogs import DialogTable
from parlour.ua.incoming import IncomingRequest, MessageSigner

WIRE = Path(__file__).parent / "wire"
DOMAIN = "contoso.com"
ALICE = "sip:alice@contoso.com"
BOB = "sip:bob@contoso.com"


def split(text: str) -> tuple[bytes, bytes]:
    """Head with CRLF and without Content-Length, body as it is."""
    head, _, body = text.partition("\n\n")
    lines = [line for line in head.strip("\n").split("\n") if not line.lower().startswith("content-length:")]
    return "\r\n".join(lines).encode() + b"\r\n", body.rstrip("\n").encode()


def request(text: str) -> Request:
    return Request.parse(*split(text))


def wire(name: str, **replacements: str) -> Request:
    """A request of a real client, from tests/frontend/wire."""
    text = (WIRE / f"{name}.sip").read_text()
    for old, new in replacements.items():
        text = text.replace(old, new)
    return request(text)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Timers:
    """`call_later` whose time never passes by itself."""

    def __init__(self) -> None:
        self.waiting: dict[int, Callable[[], None]] = {}
        self._ids = count()

    def __call__(self, delay: float, function: Callable[[], None]) -> Timer:
        number = next(self._ids)
        self.waiting[number] = function
        return Timer(self, number)

    def fire(self) -> None:
        waiting, self.waiting = self.waiting, {}
        for function in waiting.values():
            function()


class Timer:
    def __init__(self, timers: Timers, number: int) -> None:
        self._timers = timers
        self._number = number

    def cancel(self) -> None:
        self._timers.waiting.pop(self._number, None)


class FakeConnection(Connection):
    """Collects the messages written to it."""

    def __init__(self, transport: str = "TCP", port: int = 34442, host: str = "127.0.0.1") -> None:
        super().__init__(transport, (host, port), ("127.0.0.1", 5060))
        self.written: list[bytes] = []

    def send(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._run_close_callbacks()

    abort = close

    @property
    def messages(self) -> list[Request | Response]:
        return [parse_message(*_cut(data)) for data in self.written]


def _cut(data: bytes) -> tuple[bytes, bytes]:
    head, _, body = data.partition(b"\r\n\r\n")
    return head + b"\r\n", body


class FakeTransactions:
    """Server transactions that write answers straight to the connection."""

    def __init__(self) -> None:
        self._tags = count(1)
        self.forgotten = 0

    def new_tag(self) -> str:
        return f"tag{next(self._tags)}"

    def send_response(self, incoming: IncomingRequest, response: Response) -> None:
        incoming.connection.send(response.serialize())

    def forget(self, incoming: IncomingRequest) -> None:
        self.forgotten += 1


class Sent:
    """One request the front end sent: `answer` plays the other side."""

    def __init__(
        self,
        message: Request,
        connection: Connection,
        on_response: Callable[[Response | None], None] | None,
        signer: MessageSigner | None,
    ) -> None:
        self.message = message
        self.connection = connection
        self.signer = signer
        self.cancelled = 0
        self._on_response = on_response

    def cancel(self) -> None:
        self.cancelled += 1

    def answer(self, status: int, *headers: tuple[str, str], body: bytes = b"") -> None:
        assert self._on_response is not None
        response = Response.to_request(self.message.headers, status, to_tag="callee")
        for name, value in headers:
            response.headers.add(name, value)
        response.body = body
        self._on_response(response)

    def time_out(self) -> None:
        assert self._on_response is not None
        self._on_response(None)


class FakeEndpoint:
    """What `Frontend.attach` wants."""

    def __init__(self) -> None:
        self.dialogs = DialogTable()
        self.sent: list[Sent] = []

    def send_request(
        self,
        message: Request,
        connection: Connection,
        on_response: Callable[[Response | None], None],
        signer: MessageSigner | None = None,
    ) -> Sent:
        return self._send(message, connection, on_response, signer)

    def send_ack(self, message: Request, connection: Connection, signer: MessageSigner | None = None) -> None:
        self._send(message, connection, None, signer)

    def contact_for(self, connection: Connection) -> str:
        return f"<sip:{connection.sent_by};transport={connection.transport.lower()}>"

    def _send(
        self,
        message: Request,
        connection: Connection,
        on_response: Callable[[Response | None], None] | None,
        signer: MessageSigner | None,
    ) -> Sent:
        message.headers.insert("Via", f"SIP/2.0/TCP {connection.sent_by};branch=z9hG4bKours{len(self.sent)}")
        if signer is not None:
            signer.sign(message)
        sent = Sent(message, connection, on_response, signer)
        self.sent.append(sent)
        return sent


class FakeDirectory:
    """People in a dict; every password is `Secret123`."""

    def __init__(self, *people: Person) -> None:
        self._people = {person.uri: person for person in people}
        self._callbacks: list[Callable[[str], None]] = []
        self.new_password: list[Callable[[str], None]] = []

    def change(self, person: Person) -> None:
        self._people[person.uri] = person
        for callback in self._callbacks:
            callback(person.uri)

    def find_person(self, uri: str) -> Person | None:
        return self._people.get(uri.lower())

    def find_by_login(self, login: str, domain: str | None = None) -> str | None:
        name = login.lower().removeprefix("sip:")
        uri = f"sip:{name}" if "@" in name else f"sip:{name}@{DOMAIN}"
        return uri if uri in self._people else None

    def nt_hash(self, uri: str) -> bytes | None:
        return bytes.fromhex("63647965f13544c6551d5fdb7ffd13e0") if uri in self._people else None

    def digest_ha1(self, uri: str, algorithm: str, username: str = "") -> str | None:
        if uri not in self._people:
            return None
        user = username or uri.removeprefix("sip:").partition("@")[0]
        return compute_ha1(user, DOMAIN, "Secret123", Algorithm(algorithm))

    async def check_password(self, uri: str, password: str) -> bool:
        return uri in self._people and password == "Secret123"

    def people(self) -> Sequence[Person]:
        return list(self._people.values())

    def principals(self) -> Sequence[Principal]:
        return ()

    def find_principal(self, uri: str) -> Principal | None:
        return None

    def subscribe(self, callback: Callable[[str], None]) -> None:
        self._callbacks.append(callback)

    def subscribe_passwords(self, callback: Callable[[str], None]) -> None:
        self.new_password.append(callback)


def incoming(message: Request, connection: Any) -> IncomingRequest:
    return IncomingRequest(message, connection, FakeTransactions(), key=())  # type: ignore[arg-type]
