"""A small chat client on a raw TCP socket, for tests that want to see the server from outside.

Messages are written and cut out of the stream by hand; only the Digest arithmetic is the product's. Nothing is repeated
or resumed behind the test's back: what was answered and what was heard is there to be looked at.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape

from parlour.sip.auth.digest import answer, choose_challenge
from tests.interop.server import DOMAIN, PASSWORD

POOL = f"sip:GC-1-PersistentChatService-1@{DOMAIN}"
NAMESPACE = "urn:parlano:xml:ns:xccos"
PATIENCE = 180.0
"""Seconds after which something that was waited for does not come any more, however busy the machine."""

_SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=session\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=message 5060 sip null\r\na=accept-types:text/plain\r\n"
)
_CHAT = re.compile(r"<grpchat ([^>]*)>.*?<chat>(.*?)</chat>.*?</grpchat>", re.DOTALL)
_REPLY = re.compile(r'<commandid [^>]*envid="(\d+)"')


class Lost(Exception):
    """The connection is gone."""


@dataclass(slots=True)
class Message:
    """One SIP message. `first` is its first line; header names are in lower case, the first value of each counts."""

    first: str
    headers: dict[str, list[str]]
    body: bytes

    @property
    def status(self) -> int:
        """0 for a request."""
        return int(self.first.split(" ")[1]) if self.first.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        return self.first.split(" ")[0]

    def header(self, name: str) -> str:
        return self.headers[name][0]


@dataclass(frozen=True, slots=True)
class Heard:
    """A post as a listener got it."""

    room: str
    chat_id: int
    text: str


async def read_message(reader: asyncio.StreamReader) -> Message:
    """The next message of a stream; raises Lost at its end."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).lstrip(b"\r\n")
        while not head:  # the answer to a keep-alive
            head = (await reader.readuntil(b"\r\n\r\n")).lstrip(b"\r\n")
        first, *lines = head.decode().rstrip("\r\n").split("\r\n")
        headers: dict[str, list[str]] = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers.setdefault(name.strip().lower(), []).append(value.strip())
        body = await reader.readexactly(int(headers.get("content-length", ["0"])[0]))
    except (asyncio.IncompleteReadError, OSError) as error:
        raise Lost(str(error)) from error
    return Message(first, headers, body)


def post_body(envid: int, room: str, author: str, text: str, stamp: str = "2026-01-01T00:00:00.000Z") -> str:
    return xccos(
        envid,
        f'<grpchat id="grpchat" seqid="1" chanUri="{room}" author="{author}" ts="{stamp}">'
        f"<chat>{escape(text, quote=False)}</chat></grpchat>",
    )


def command(name: str, data: str = "", seqid: int = 1) -> str:
    return f'<cmd id="cmd:{name}" seqid="{seqid}"><data>{data}</data></cmd>'


def join_data(room: str) -> str:
    domain, guid = room.removeprefix("ma-chan://").split("/")
    return f'<chanid key="0" domain="{domain}" value="{guid}"/>'


def xccos(envid: int, inside: str) -> str:
    return f'<xccos ver="1" envid="{envid}" xmlns="{NAMESPACE}">{inside}</xccos>'


class Chatter:
    """One endpoint of one person, on one connection, in at most one dialog with the chat service."""

    def __init__(self, name: str, instance: str = "", *, hear: Callable[[Heard], None] | None = None) -> None:
        self.uri = f"sip:{name}@{DOMAIN}"
        self.instance = instance or str(uuid.uuid4())
        self.heard: list[Heard] = []
        self.bodies: list[str] = []
        """Bodies of INFOs that are no posts: replies and notices."""
        self.notified: list[str] = []
        """Bodies of NOTIFYs."""
        self.hung_up = asyncio.Event()
        """The server sent BYE."""
        self.lost = asyncio.Event()
        self.reading = asyncio.Event()
        """Cleared: nothing is read from the socket, as by a program that hangs."""
        self.reading.set()
        self.answering = True
        """False: what the server says is taken in and not answered."""
        self.envids = itertools.count(secrets.randbelow(2**30)).__next__
        self._hear = hear or self.heard.append
        self._news = asyncio.Event()
        self._name = name
        self._cseq = 0
        self._waiting: dict[tuple[str, str], asyncio.Future[Message]] = {}
        self._dialog: tuple[str, str, str, str] | None = None
        self._task: asyncio.Task[None] | None = None

    # -- beginning and end -------------------------------------------------------------------------------------

    async def open(self, port: int, *, buffer: int = 0) -> Chatter:
        """Connect and sign in. `buffer`: bytes that the socket takes in while nobody reads."""
        self._reader, self.writer = await asyncio.open_connection("127.0.0.1", port, limit=buffer or 2**16)
        self._local = "{}:{}".format(*self.writer.get_extra_info("sockname"))
        self._task = asyncio.create_task(self._read())
        await self._register()
        return self

    async def call(self, *rooms: str) -> Chatter:
        """A session with the chat service, in these rooms."""
        local, call_id = f"<{self.uri}>;tag={secrets.token_hex(4)}", secrets.token_hex(8)
        answered = await self.request("INVITE", POOL, local, f"<{POOL}>", call_id, "application/sdp", _SDP)
        assert answered.status == 200, answered
        target = answered.header("contact").partition("<")[2].partition(">")[0]
        self._dialog = (target, local, answered.header("to"), call_id)
        self.write(self.render("ACK", *self._dialog, cseq=self._cseq))
        for room in rooms:
            assert 'resp code="200"' in await self.ask(command("join", join_data(room)))
        return self

    async def close(self) -> None:
        """Without a word, as a program that ends."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if hasattr(self, "writer"):
            self.writer.transport.abort()
            await asyncio.sleep(0)

    async def __aenter__(self) -> Chatter:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _register(self) -> None:
        registrar, me, call_id = f"sip:{DOMAIN}", f"<{self.uri}>", secrets.token_hex(8)
        contact = f'Contact: <sip:{self._name}@{self._local};transport=tcp>;+sip.instance="<urn:uuid:{self.instance}>"'
        local = f"{me};tag={secrets.token_hex(4)}"
        asked = await self.request("REGISTER", registrar, local, me, call_id, more=[contact])
        assert asked.status == 401, asked
        challenge = choose_challenge(asked.headers["www-authenticate"])
        assert challenge is not None
        proof = answer(
            challenge,
            username=self.uri.removeprefix("sip:"),
            password=PASSWORD,
            method="REGISTER",
            uri=registrar,
            cnonce=secrets.token_hex(8),
        )
        more = [contact, f"Authorization: {proof.render()}"]
        assert (await self.request("REGISTER", registrar, local, me, call_id, more=more)).status == 200

    async def subscribe(self, event: str) -> Message:
        """A lasting subscription to a document of one's own."""
        local, me = f"<{self.uri}>;tag={secrets.token_hex(4)}", f"<{self.uri}>"
        contact = f"Contact: <sip:{self._name}@{self._local};transport=tcp>"
        return await self.request(
            "SUBSCRIBE", self.uri, local, me, secrets.token_hex(8), more=[contact, f"Event: {event}", "Expires: 3600"]
        )

    # -- what we say -------------------------------------------------------------------------------------------

    async def post(self, room: str, text: str, envid: int | None = None) -> Message:
        """The answer to the INFO of a post."""
        number = self.envids() if envid is None else envid
        return await self.info(post_body(number, room, self.uri, text))

    async def ask(self, commands: str) -> str:
        """Commands in one envelope; the body of the first answer."""
        envid = self.envids()
        assert (await self.info(xccos(envid, commands))).status == 200
        return await self.reply_to(envid)

    async def reply_to(self, envid: int) -> str:
        """The first body that answers an envelope of ours."""
        return (await self.until(lambda: [body for body in self.bodies if str(envid) in _REPLY.findall(body)]))[0]

    async def info(self, body: str | bytes, content_type: str = "text/plain") -> Message:
        assert self._dialog is not None
        return await self.request("INFO", *self._dialog, content_type, body)

    async def bye(self) -> Message:
        assert self._dialog is not None
        return await self.request("BYE", *self._dialog)

    async def request(
        self,
        method: str,
        uri: str,
        local: str,
        remote: str,
        call_id: str,
        content_type: str = "",
        body: str | bytes = b"",
        *,
        more: list[str] | None = None,
    ) -> Message:
        """The final answer to a request. Raises Lost."""
        self._cseq += 1
        data = self.render(method, uri, local, remote, call_id, content_type, body, more=more, cseq=self._cseq)
        key = (call_id, f"{self._cseq} {method}")
        waiting = self._waiting[key] = asyncio.get_running_loop().create_future()
        try:
            self.write(data)
            async with asyncio.timeout(PATIENCE):
                return await waiting
        finally:
            del self._waiting[key]

    def render(
        self,
        method: str,
        uri: str,
        local: str,
        remote: str,
        call_id: str,
        content_type: str = "",
        body: str | bytes = b"",
        *,
        cseq: int,
        more: list[str] | None = None,
    ) -> bytes:
        content = body.encode() if isinstance(body, str) else body
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/TCP {self._local};branch=z9hG4bK{secrets.token_hex(8)}",
            "Max-Forwards: 70",
            f"From: {local}",
            f"To: {remote}",
            f"Call-ID: {call_id}",
            f"CSeq: {cseq} {method}",
            *(more or [f"Contact: <sip:{self._name}@{self._local};transport=tcp>"]),
            *([f"Content-Type: {content_type}"] if content_type else []),
            f"Content-Length: {len(content)}",
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + content

    def write(self, data: bytes) -> None:
        if self.lost.is_set():
            raise Lost
        self.writer.write(data)

    # -- what we hear ------------------------------------------------------------------------------------------

    async def until(self, look: Callable[[], list[str] | list[Heard]]) -> list[str] | list[Heard]:
        """Wait until `look` finds something."""
        async with asyncio.timeout(PATIENCE):
            while not (found := look()):
                if self.lost.is_set():
                    raise Lost
                self._news.clear()
                await self._news.wait()
        return found

    async def hears(self, text: str) -> Heard:
        return (await self.until(lambda: [one for one in self.heard if one.text == text]))[0]

    async def _read(self) -> None:
        try:
            while True:
                await self.reading.wait()
                self._take(await read_message(self._reader))
        except Lost:
            pass
        finally:
            self.lost.set()
            self._news.set()
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(Lost())
            self.writer.transport.abort()

    def _take(self, message: Message) -> None:
        if message.status:
            waiting = self._waiting.get((message.header("call-id"), message.header("cseq")))
            if message.status >= 200 and waiting is not None and not waiting.done():
                waiting.set_result(message)
            return
        if message.method == "BYE":
            self.hung_up.set()
        elif message.method == "NOTIFY":
            self.notified.append(message.body.decode())
            self._news.set()
        elif message.method == "INFO":
            self._take_info(message.body.decode())
        if self.answering:
            self._answer(message)

    def _take_info(self, body: str) -> None:
        for attributes, text in _CHAT.findall(body) if "<rpl " not in body else ():
            told = dict(re.findall(r'(\w+)="([^"]*)"', attributes))
            self._hear(Heard(told["chanUri"], int(told["chatId"]), unescape(text)))
        if "<grpchat " not in body or "<rpl " in body:
            self.bodies.append(body)
        self._news.set()

    def _answer(self, message: Message) -> None:
        names = {"via": "Via", "from": "From", "to": "To", "call-id": "Call-ID", "cseq": "CSeq"}
        lines = [f"{names[name]}: {value}" for name in names for value in message.headers[name]]
        self.writer.write("\r\n".join(["SIP/2.0 200 OK", *lines, "Content-Length: 0", "", ""]).encode())
