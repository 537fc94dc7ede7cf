"""Somebody with a chat client, as a script speaks of her: she registers, invites, says, hears.

    alice = await people("alice")
    call = await alice.invites(house.pool)
    joined = await call.says("join", chanids(lobby))
    assert joined.code == 200
    (notice,) = await bob_call.hears("ntc:join")

Nothing is repeated or resumed behind a script's back. What every message of a server has to keep to, whatever it is
about, is looked at here for all scripts: one kind in an envelope, From the URI that was invited, to the byte.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import xml.etree.ElementTree as ET
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from parlour.sip.auth.digest import answer, choose_challenge
from tests.conformance.controller import Controller, Person
from tests.conformance.transcript import Transcript
from tests.conformance.wire import (
    Lost,
    Message,
    Told,
    check_mixture,
    cmd,
    element,
    grpchat,
    primitives,
    read_message,
    xccos,
)

PATIENCE = 180.0
_READING_MANY = ("getserverinfo", "getassociations")
_SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=session\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=message 5060 sip null\r\na=accept-types:text/plain\r\n"
)
_connections = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where requests go: Request-URI, From, To, Call-ID, Route."""

    uri: str
    local: str
    remote: str
    call_id: str
    routes: tuple[str, ...] = ()


class Client:
    """One endpoint of one person, on one connection."""

    def __init__(self, person: Person, house: Controller, transcript: Transcript, *, agent: str = "") -> None:
        self.person = person
        self.house = house
        self.instance = secrets.token_hex(16)
        self.calls: list[Call] = []
        self.notified: list[Message] = []
        """NOTIFYs and BENOTIFYs."""
        self.answer_notify = 200
        self.wrong: list[str] = []
        """What no server may do."""
        self.number = next(_connections)
        self.lost = asyncio.Event()
        self._agent = agent
        self._transcript = transcript
        self._news = asyncio.Condition()
        self._cseq = itertools.count(1)
        self._waiting: dict[tuple[str, str], deque[asyncio.Future[Message]]] = {}
        self._repeated: set[tuple[str, str]] = set()
        self._task: asyncio.Task[None] | None = None

    # -- beginning and end -------------------------------------------------------------------------------------

    async def connects(self) -> Client:
        self._reader, self._writer = await asyncio.open_connection(self.house.host, self.house.port, limit=1 << 24)
        self._local = "{}:{}".format(*self._writer.get_extra_info("sockname"))
        self._task = asyncio.create_task(self._read())
        return self

    async def registers(self, status: int = 200) -> Message:
        """Two REGISTERs: the first is challenged, the second brings the proof. The last answer."""
        registrar, me = f"sip:{self.house.domain}", f"<{self.person.uri}>"
        place = Place(registrar, f"{me};tag={secrets.token_hex(4)}", me, secrets.token_hex(8))
        contact = ("Contact", f'{self.contact};+sip.instance="<urn:uuid:{self._uuid}>"')
        asked = await self.requests("REGISTER", place, headers=[contact])
        assert asked.status == 401, asked.first
        challenge = choose_challenge(asked.all("WWW-Authenticate"))
        assert challenge is not None, "no Digest challenge"
        proof = answer(
            challenge,
            username=self.person.uri.removeprefix("sip:"),
            password=self.person.password,
            method="REGISTER",
            uri=registrar,
            cnonce=secrets.token_hex(8),
        )
        done = await self.requests("REGISTER", place, headers=[contact, ("Authorization", proof.render())])
        assert done.status == status, done.first
        return done

    async def closes(self) -> None:
        """Without a word, as a program that ends."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._writer.transport.abort()
            await asyncio.sleep(0)

    @property
    def uri(self) -> str:
        return self.person.uri

    @property
    def contact(self) -> str:
        return f"<sip:{self.person.login}@{self._local};transport=tcp>"

    @property
    def _uuid(self) -> str:
        text = self.instance
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    # -- what she asks the front end ----------------------------------------------------------------------------

    async def subscribes(self, event: str, body: str = "", *, content_type: str = "", expires: int = 0) -> Message:
        """To a document of her own; the answer has it, as she lets notifications ride on answers."""
        headers = [
            ("Event", event),
            ("Expires", str(expires)),
            ("Supported", "ms-benotify"),
            ("Supported", "ms-piggyback-first-notify"),
            ("Contact", self.contact),
        ]
        return await self.requests("SUBSCRIBE", self._to_herself(), content_type, body, headers=headers)

    async def publishes(self, publication: str) -> Message:
        body = (
            '<publish xmlns="http://schemas.microsoft.com/2006/09/sip/rich-presence">'
            f'<publications uri="{self.uri}">{publication}</publications></publish>'
        )
        return await self.requests(
            "SERVICE",
            self._to_herself(),
            "application/msrtc-category-publish+xml",
            body,
            headers=[("Contact", self.contact)],
        )

    def _to_herself(self) -> Place:
        me = f"<{self.uri}>"
        return Place(self.uri, f"{me};tag={secrets.token_hex(4)}", me, secrets.token_hex(8))

    # -- calls -------------------------------------------------------------------------------------------------

    async def invites(self, uri: str, *, headers: Sequence[tuple[str, str]] = ()) -> Call:
        """A dialog with a chat service: INVITE, 200, ACK."""
        answered = await self.calls_out(uri, headers=headers)
        assert answered.status == 200, answered.first
        call = Call(self, uri, answered)
        self.calls.append(call)
        call.acknowledges()
        return call

    async def calls_out(self, uri: str, *, headers: Sequence[tuple[str, str]] = ()) -> Message:
        """An INVITE; its final answer. A refusal is acknowledged."""
        place = Place(
            uri, f"<{self.uri}>;tag={secrets.token_hex(4)};epid={self.instance[:12]}", f"<{uri}>", secrets.token_hex(8)
        )
        return await self.requests("INVITE", place, "application/sdp", _SDP, headers=[*headers, self._contact_header])

    @property
    def _contact_header(self) -> tuple[str, str]:
        return ("Contact", self.contact)

    # -- messages ----------------------------------------------------------------------------------------------

    async def requests(
        self,
        method: str,
        place: Place,
        content_type: str = "",
        body: str | bytes = b"",
        *,
        headers: Sequence[tuple[str, str]] = (),
    ) -> Message:
        """The final answer to a request."""
        message = self.build(method, place, content_type, body, headers=headers)
        return (await self.sends(message))[0]

    async def sends(self, message: Message, times: int = 1) -> list[Message]:
        """The same bytes `times` in a row; the answers."""
        for _ in range(times):
            self.write(message)
        return await self._hears([message] * times)

    async def hears_answers(self, message: Message, times: int) -> list[Message]:
        """The first final answers to one request, which is sent once. More of them may come."""
        self._repeated.add(_key(message))
        self.write(message)
        return await self._hears([message] * times)

    async def _hears(self, messages: Sequence[Message]) -> list[Message]:
        """An answer to each. Several may be there at once, before anybody has looked at the first."""
        loop = asyncio.get_running_loop()
        awaited = [loop.create_future() for _ in messages]
        for message, answered in zip(messages, awaited, strict=True):
            self._waiting.setdefault(_key(message), deque()).append(answered)
        async with asyncio.timeout(PATIENCE):
            return await asyncio.gather(*awaited)

    async def sends_together(self, messages: Sequence[Message]) -> list[Message]:
        """Different requests in one write, so that a server finds them all there at once; their answers."""
        if self.lost.is_set():
            raise Lost
        for message in messages:
            self._transcript.add(self.number, True, message)
        self._writer.write(b"".join(message.render() for message in messages))
        return await self._hears(messages)

    def build(
        self,
        method: str,
        place: Place,
        content_type: str = "",
        body: str | bytes = b"",
        *,
        headers: Sequence[tuple[str, str]] = (),
        cseq: int | None = None,
    ) -> Message:
        content = body.encode() if isinstance(body, str) else body
        number = next(self._cseq) if cseq is None else cseq
        told = [
            ("Via", f"SIP/2.0/TCP {self._local};branch=z9hG4bK{secrets.token_hex(8)}"),
            ("Max-Forwards", "70"),
            *(("Route", route) for route in place.routes),
            ("From", place.local),
            ("To", place.remote),
            ("Call-ID", place.call_id),
            ("CSeq", f"{number} {method}"),
            *([("User-Agent", self._agent)] if self._agent else []),
            *headers,
            *([("Content-Type", content_type)] if content_type else []),
        ]
        return Message(f"{method} {place.uri} SIP/2.0", tuple(told), content)

    def write(self, message: Message) -> None:
        if self.lost.is_set():
            raise Lost
        self._transcript.add(self.number, True, message)
        self._writer.write(message.render())

    async def wait_for(self, look: Callable[[], object]) -> None:
        """Until `look` finds something; what is wrong on this connection is told first."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: look() or self.wrong or self.lost.is_set())
        assert not self.wrong, self.wrong
        if not look():
            raise Lost

    async def _read(self) -> None:
        try:
            while True:
                message = await read_message(self._reader)
                self._transcript.add(self.number, False, message)
                self._take(message)
                async with self._news:
                    self._news.notify_all()
        except Lost:
            pass
        finally:
            self.lost.set()
            for answered in (one for waiting in self._waiting.values() for one in waiting):
                if not answered.done():
                    answered.set_exception(Lost())
            async with self._news:
                self._news.notify_all()

    def _take(self, message: Message) -> None:
        if message.status:
            self._take_answer(message)
            return
        call = next((one for one in self.calls if one.place.call_id == message.header("Call-ID")), None)
        if message.method in ("NOTIFY", "BENOTIFY"):
            self.notified.append(message)
            if message.method == "NOTIFY":
                self.answers(message, self.answer_notify)
            return
        if call is not None:
            call.take(message)
            return
        if message.method == "INFO":
            self.wrong.append(f"an INFO of no call: {message.header('Call-ID')}")
        if message.method != "ACK":
            self.answers(message)

    def _take_answer(self, message: Message) -> None:
        if message.status < 200:
            return
        waiting = self._waiting.get(_key(message), deque())
        if message.header("CSeq").endswith(" INVITE") and message.status >= 300:
            self._acknowledge_refusal(message)
        while waiting and waiting[0].done():  # given up
            waiting.popleft()
        if waiting:
            waiting.popleft().set_result(message)
        elif _key(message) not in self._repeated:
            self.wrong.append(f"an answer to nothing: {message.first}, CSeq {message.header('CSeq')}")

    def _acknowledge_refusal(self, message: Message) -> None:
        told = [(name, value) for name, value in message.headers if name.lower() in ("via", "from", "to", "call-id")]
        told.append(("CSeq", message.header("CSeq").replace("INVITE", "ACK")))
        self.write(Message(f"ACK {message.uri('To')} SIP/2.0", tuple(told)))

    def answers(self, message: Message, status: int = 200, reason: str = "OK") -> None:
        copied = ("via", "from", "to", "call-id", "cseq")
        told = [(name, value) for name, value in message.headers if name.lower() in copied]
        self.write(Message(f"SIP/2.0 {status} {reason}", tuple(told)))


class Call:
    """A dialog with a chat service. `heard` is what was told and no step has asked for yet."""

    def __init__(self, client: Client, uri: str, answered: Message) -> None:
        self.client = client
        self.invited = uri
        self.answered = answered
        target, routes = answered.uri("Contact"), tuple(reversed(answered.all("Record-Route")))
        self.place = Place(target, answered.header("From"), answered.header("To"), answered.header("Call-ID"), routes)
        self.heard: list[Told] = []
        self.ended = False
        """The server said BYE."""
        self.parting: Message | None = None
        """That BYE."""
        self.answer_with = (200, "OK")
        """What the client says to INFOs."""
        self.envids = itertools.count(secrets.randbelow(2**30) + 1)
        self._reads_many = False

    def acknowledges(self) -> None:
        cseq = int(self.answered.header("CSeq").split(" ")[0])
        self.client.write(self.client.build("ACK", self.place, cseq=cseq))

    # -- what she says -----------------------------------------------------------------------------------------

    async def says(self, name: str, data: str = "", *, code: int = 200) -> Told:
        """One command: INFO, 200, and then the reply, which has `code`."""
        reply = await self.asks(name, data)
        assert reply.code == code, f"{name}: {reply.code} {reply.words}, expected {code}"
        return reply

    async def asks(self, name: str, data: str = "") -> Told:
        """One command and its (first) reply, whatever that says."""
        return (await self.says_together((name, data)))[0]

    async def says_together(self, *commands: tuple[str, str]) -> list[Told]:
        """Commands in one envelope, numbered from 1; the first reply to each, in the order of the commands."""
        envid = next(self.envids)
        answered = await self.info(xccos(envid, *(cmd(name, data, at) for at, (name, data) in enumerate(commands, 1))))
        assert answered.status == 200, answered.first
        self._reads_many |= any(name in _READING_MANY for name, _ in commands)
        return [await self.reply(envid, at, name) for at, (name, _) in enumerate(commands, 1)]

    async def reply(self, envid: int, seqid: int = 1, name: str = "") -> Told:
        """The next reply to a command of ours."""
        reply = await self._next(lambda one: one.kind == "rpl" and one.quotes == (envid, seqid))
        # The two commands about tokens of files share one reply.
        assert not name or reply.id in (f"rpl:{name}", "rpl:getftok"), reply.id
        return reply

    async def says_to_the_end(self, name: str, data: str) -> list[Told]:
        """One command whose answer may come in several replies: all of them."""
        envid = next(self.envids)
        assert (await self.info(xccos(envid, cmd(name, data)))).status == 200
        await self.has_caught_up()
        replies = [one for one in self.heard if one.quotes is not None and one.quotes[0] == envid]
        self.heard = [one for one in self.heard if one not in replies]
        assert replies and all(one.id == f"rpl:{name}" for one in replies), [one.id for one in replies]
        return replies

    async def posts(self, room: str, text: str, *, status: int = 200, **more: object) -> Message:
        """A post; the answer to its INFO."""
        body = xccos(next(self.envids), grpchat(room, self.client.uri, text, **more))  # type: ignore[arg-type]
        answered = await self.info(body)
        assert answered.status == status, answered.first
        return answered

    async def info(self, body: str | bytes, content_type: str = "text/plain") -> Message:
        return await self.client.requests("INFO", self.place, content_type, body, headers=self._headers)

    def build_info(self, body: str) -> Message:
        """An INFO to be sent by `Client.sends`."""
        return self.client.build("INFO", self.place, "text/plain", body, headers=self._headers)

    async def updates(self) -> Message:
        return await self.client.requests("UPDATE", self.place, headers=self._headers)

    async def hangs_up(self) -> None:
        answered = await self.client.requests("BYE", self.place)
        assert answered.status == 200, answered.first

    @property
    def _headers(self) -> list[tuple[str, str]]:
        return [("Contact", self.client.contact)]

    # -- what she hears ----------------------------------------------------------------------------------------

    async def hears(self, id: str, where: Callable[[Told], object] = lambda told: True) -> Told:
        """The next `ntc:...`, `rpl:...` or `grpchat` that fits."""
        return await self._next(lambda one: one.id == id and where(one))

    async def hears_post(self, text: str, room: str = "") -> ET.Element:
        """The post with this text."""

        def fits(told: Told) -> bool:
            return told.xml.findtext("{*}chat") == text and room in ("", told.xml.attrib["chanUri"])

        return (await self.hears("grpchat", fits)).xml

    async def hears_nothing(self, *ids: str) -> None:
        """Of all that is on its way to her nothing is a notice or a post (of these ids, if some are given)."""
        await self.has_caught_up()
        told = [one.source for one in self.heard if (one.id in ids if ids else one.kind != "rpl")]
        assert not told, told

    async def has_caught_up(self) -> None:
        """Everything the server said before now has been heard: it answers in order."""
        await self.says("requri")

    async def ends(self) -> None:
        """The server says BYE."""
        await self.client.wait_for(lambda: self.ended)

    async def _next(self, fits: Callable[[Told], object]) -> Told:
        def found() -> Iterator[Told]:
            return (one for one in self.heard if fits(one))

        await self.client.wait_for(lambda: any(True for _ in found()))
        told = next(found())
        self.heard.remove(told)
        return told

    def take(self, message: Message) -> None:
        """For Client: a request of the server's in this dialog."""
        if message.uri("From") != self.invited:
            self.client.wrong.append(f"From is {message.uri('From')}, {self.invited} was invited")
        if message.method == "INFO":
            self._take_info(message)
            self.client.answers(message, *self.answer_with)
            return
        if message.method == "BYE":
            self.ended, self.parting = True, message
        self.client.answers(message)

    def _take_info(self, message: Message) -> None:
        if message.header("Content-Type") != "text/plain":
            self.client.wrong.append(f"an INFO of {message.header('Content-Type')}")
        try:
            told = list(primitives(message.body))
            check_mixture(told, reads_many=self._reads_many)
        except (AssertionError, ET.ParseError, KeyError) as error:
            self.client.wrong.append(f"{type(error).__name__}: {error}")
        else:
            self.heard += told


def _key(message: Message) -> tuple[str, str]:
    """What a request and its answers have in common."""
    return message.header("Call-ID"), message.header("CSeq")


def pref(label: str, version: int, content: str | None = None, *, create: bool | None = None) -> str:
    """A preference document, in the words of getpref and setpref."""
    default = None if create is None else str(create).lower()
    return element("pref", label=label, seqid=version, createdefault=default, content=content)
