"""A channel service with a real hub and real dialogs, and clients that speak to it without sockets."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from parlour.channel.service import ChannelService, ChannelSettings
from parlour.hub.hub import Hub
from parlour.rooms.editing import CategoryChange, CategoryList, ListEdit, Op, RoomChange
from parlour.rooms.model import Limits, Room, RoomId, Visibility
from parlour.rooms.refusals import Refused
from parlour.sip.framing import StreamFramer
from parlour.sip.message import Request, Response, parse_message
from parlour.store.memory import MemoryStore
from parlour.ua.connection import Connection
from parlour.ua.endpoint import Endpoint
from parlour.ua.identity import Identity
from parlour.ua.incoming import IncomingRequest
from parlour.xccos.decode_answers import decode_server_envelope
from parlour.xccos.encode_requests import encode_requests
from parlour.xccos.ids import category_uri, room_uri
from parlour.xccos.types import GroupChat, Join, Notice, Part, RecentHistory, Reply, RoomRef
from tests.hub.fakes import AUDIT, DOMAIN, OPEN, PLANT, ROOT, FakeDirectory, person, uri

SERVICE = f"sip:GC-1-PersistentChatService-1@{DOMAIN}"
SECRET = RoomId("00000000-0000-0000-0000-00000000000b")
OTHER = RoomId("00000000-0000-0000-0000-00000000000c")
MISSING = RoomId("00000000-0000-0000-0000-0000000000ff")
SIPE_AGENT = "Purple/2.14.12 Sipe/1.25.0 (linux-x86_64)"
LYNC_AGENT = "UCCAPI/15.0.4420.1017 OC/15.0.4420.1017 (Microsoft Lync)"
_serials = itertools.count(1)


def lobby(number: RoomId = OPEN, name: str = "Lobby", visibility: Visibility = Visibility.OPEN) -> Room:
    return Room(number, name, PLANT.id, AUDIT, visibility=visibility)


def room_at(room: str) -> str:
    """Its URI."""
    return room_uri(DOMAIN, room)


def category_at(category: str) -> str:
    return category_uri(DOMAIN, category)


def chat(text: str, room: RoomId = OPEN, seqid: int = 1) -> GroupChat:
    return GroupChat(seqid, room_uri(DOMAIN, room), "sip:somebody@else", text, at=1_000_000)


def join(*rooms: RoomId, seqid: int = 1) -> Join:
    return Join(seqid, tuple(RoomRef(key, DOMAIN, room) for key, room in enumerate(rooms)))


def part(room: RoomId = OPEN, seqid: int = 1) -> Part:
    return Part(seqid, room_uri(DOMAIN, room))


def recent(room: RoomId = OPEN, seqid: int = 1, count: int = 25) -> RecentHistory:
    return RecentHistory(seqid, room_uri(DOMAIN, room), count)


class Wire(Connection):
    """A connection whose other end is a list."""

    __slots__ = ("written",)

    def __init__(self) -> None:
        super().__init__("TCP", ("192.0.2.9", next(_serials)), ("192.0.2.1", 5060))
        self.written = b""

    def send(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._run_close_callbacks()

    abort = close


class Scene:
    """`down` switches the store off; `store.posts.hold()` and `release()` stop and start commits."""

    def __init__(self, *, limits: Limits | None = None, **settings: Any) -> None:
        self.now = 1000.0
        self.store = MemoryStore()
        self.directory = FakeDirectory(
            person("alice"),
            person("bob"),
            person("carol", chat_enabled=False),
            person("dave", is_admin=True),
            replace(person("minji"), display_name="김민지", email="minji@example.com", company="서울 공장"),
        )
        ticks, guids, envids = itertools.count(1_000_000), itertools.count(0x1000), itertools.count(7)
        self.hub = Hub(
            self.store,
            self.directory,
            domain=DOMAIN,
            limits=limits or Limits(),
            clock_us=lambda: next(ticks),
            new_guid=lambda: f"00000000-0000-0000-0000-{next(guids):012x}",
        )
        self.endpoint = Endpoint(self._on_request, clock=lambda: self.now)
        self.service = ChannelService(
            self.hub,
            self.endpoint,
            ChannelSettings(uri=SERVICE, domain=DOMAIN, host="server.example.com", instance_id="one", **settings),
            next_envid=lambda: next(envids),
            clock=lambda: self.now,
            clock_us=lambda: 5,
        )
        self.agents: dict[Connection, tuple[str, str, str]] = {}

    async def __aenter__(self) -> Scene:
        await self.store.rooms.save_category(ROOT)
        await self.store.rooms.save_category(PLANT)
        for room in (
            lobby(),
            replace(lobby(SECRET, "Secret", Visibility.PRIVATE), members=frozenset({uri("bob")})),
            lobby(OTHER, "Other"),
        ):
            await self.store.rooms.save_room(room)
        await self.hub.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.store.posts.release()
        self.store.unavailable = False
        await self.service.close()
        await self.hub.stop()
        assert not self.service.session_count
        assert not self.service._tasks

    async def equip(self) -> None:
        """Plant invites, takes files, and lets alice and minji make rooms."""
        creators = ListEdit(CategoryList.CREATORS, Op.SET, frozenset({uri("alice"), uri("minji")}))
        change = CategoryChange(invite=True, filepost=True, lists=(creators,))
        assert not isinstance(await self.hub.managing.modify_category(None, PLANT.id, change), Refused)

    async def make(self, name: str, by: str = "alice", **settings: Any) -> Room:
        """A room in Plant."""
        maker = self.directory.find_person(uri(by))
        room = await self.hub.managing.create_room(maker, PLANT.id, RoomChange(name=name, **settings))
        assert not isinstance(room, Refused), room
        return room

    def _on_request(self, incoming: IncomingRequest) -> None:
        name, endpoint, agent = self.agents[incoming.connection]
        incoming.identity = Identity(uri(name), name.title(), endpoint, agent)
        dialog = self.endpoint.dialogs.find(incoming.request)
        if dialog is not None:
            dialog.receive(incoming)
        elif incoming.request.method == "INVITE":
            self.service.handle_invite(incoming)
        elif incoming.request.method != "ACK":
            incoming.respond(481)

    def client(self, name: str = "alice", endpoint: str = "e1", agent: str = SIPE_AGENT) -> Client:
        return Client(self, Wire(), name, endpoint, agent)

    async def called(self, name: str = "alice", endpoint: str = "e1", agent: str = SIPE_AGENT) -> Client:
        client = self.client(name, endpoint, agent)
        assert client.call().status == 200
        return client

    async def joined(self, name: str = "alice", endpoint: str = "e1", agent: str = SIPE_AGENT) -> Client:
        client = await self.called(name, endpoint, agent)
        await client.say(join(OPEN))
        assert client.replies()[0].code == 200
        client.forget()
        return client


class Client:
    """One dialog. `heard` is everything that came, in order: statuses of our requests, then what INFOs held."""

    def __init__(self, scene: Scene, wire: Wire, name: str, endpoint: str, agent: str) -> None:
        self.scene, self.wire = scene, wire
        scene.agents[wire] = (name, endpoint, agent)
        self.name = name
        self.number = next(_serials)
        self.cseq = 0
        self.envid = self.number * 1000
        self.tag = ""
        self.framer = StreamFramer()
        self.heard: list[Any] = []
        self.statuses: dict[int, Response] = {}
        self.answering: int | None = 200
        self.byes = 0

    def again(self) -> Client:
        """Another dialog on the same connection."""
        name, endpoint, agent = self.scene.agents[self.wire]
        self.pump()
        return Client(self.scene, self.wire, name, endpoint, agent)

    def _deliver(
        self, method: str, body: bytes = b"", content_type: str = "", more: Sequence[tuple[str, str]] = ()
    ) -> int:
        if method != "ACK":
            self.cseq += 1
        items = [
            ("Via", f"SIP/2.0/TCP 192.0.2.9:1;branch=z9hG4bK{self.number}-{self.cseq}-{method}"),
            ("Max-Forwards", "70"),
            ("From", f"<{uri(self.name)}>;tag=t{self.number}"),
            ("To", f"<{SERVICE}>" + (f";tag={self.tag}" if self.tag else "")),
            ("Call-ID", f"c{self.number}"),
            ("CSeq", f"{self.cseq} {method}"),
            ("Contact", f"<{uri(self.name)}>"),
            *more,
        ]
        if content_type:
            items.append(("Content-Type", content_type))
        data = Request(method, SERVICE, items, body).serialize()
        self.scene.endpoint.receive_frames(self.wire, StreamFramer().receive(data))
        return self.cseq

    def pump(self) -> None:
        """Read what was written, and answer it."""
        while self.wire.written:
            data, self.wire.written = self.wire.written, b""
            for frame in self.framer.receive(data):
                message = parse_message(frame.head, frame.body)
                if isinstance(message, Response):
                    self.statuses[message.cseq.number] = message
                    self.heard.append(message.status)
                else:
                    self._take(message)

    def _take(self, request: Request) -> None:
        if request.method == "BYE":
            self.byes += 1
        else:
            self.heard += decode_server_envelope(request.body).primitives
        if self.answering is not None:
            data = Response.to_request(request.headers, self.answering).serialize()
            self.scene.endpoint.receive_frames(self.wire, StreamFramer().receive(data))

    def call(
        self, offer: bytes = b"", content_type: str = "application/sdp", more: Sequence[tuple[str, str]] = ()
    ) -> Response:
        """INVITE, and ACK where it is accepted. `more`: headers."""
        cseq = self._deliver("INVITE", offer, content_type if offer else "", more)
        self.pump()
        response = self.statuses[cseq]
        self.heard.clear()
        if response.status == 200:
            self.tag = response.to.tag or ""
            self._deliver("ACK")
        return response

    def send(self, method: str) -> int:
        cseq = self._deliver(method)
        self.pump()
        return self.statuses[cseq].status

    def start(self, *requests: Any, envid: int | None = None) -> int:
        """Send an INFO and wait for nothing; its number."""
        if envid is None:
            self.envid += 1
            envid = self.envid
        return self._deliver("INFO", encode_requests(envid, requests), "text/plain")

    def start_raw(self, body: bytes) -> int:
        """As `start`, with a body of one's own."""
        return self._deliver("INFO", body, "text/plain")

    def raw(self, body: bytes, content_type: str = "text/plain") -> Response:
        cseq = self._deliver("INFO", body, content_type)
        self.pump()
        return self.statuses[cseq]

    async def say(self, *requests: Any, envid: int | None = None) -> int:
        """Send an INFO, wait until all is quiet, and return its status (0: not answered)."""
        cseq = self.start(*requests, envid=envid)
        await self.settle()
        return self.status(cseq)

    def status(self, cseq: int) -> int:
        self.pump()
        return self.statuses[cseq].status if cseq in self.statuses else 0

    async def settle(self) -> None:
        """Until all that was asked is done, or waits for the store."""
        service = self.scene.service
        for turn in range(4000):
            await asyncio.sleep(0)
            self.pump()
            if turn > 20 and service.turns.idle and not service._tasks:
                return

    async def ask(self, command: Any) -> Reply:
        """Send a command and give its reply; what else was heard meanwhile is forgotten."""
        assert await self.say(command) == 200
        reply = self.replies()[-1]
        assert (reply.command_envid, reply.command_seqid) == (self.envid, command.seqid)
        self.forget()
        return reply

    def forget(self) -> None:
        self.pump()
        self.heard.clear()

    def _of(self, kind: type) -> list[Any]:
        self.pump()
        return [one for one in self.heard if isinstance(one, kind)]

    def replies(self) -> list[Reply]:
        return self._of(Reply)

    def notices(self) -> list[Notice]:
        return self._of(Notice)

    def chats(self) -> list[str]:
        return [one.text for one in self._of(GroupChat)]

    def order(self) -> list[Any]:
        """What was heard, shortened to names, texts and statuses."""
        self.pump()
        return [one.text if isinstance(one, GroupChat) else getattr(one, "name", one) for one in self.heard]


def texts(history: Sequence[Any]) -> list[str]:
    return [message.text for reply in history for message in reply.body.messages]
