"""The client: one person, signed in to one server, in some rooms. Begin reading here.

    async with Client.connect("alice@example.com", password) as chat:
        room = await chat.join("ma-chan://example.com/5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203")
        await room.post("hello")
        async for message in room.messages():
            print(message.author_name, message.text)

A lost connection is come back from, rooms included; commands wait meanwhile, and a post that is sent again keeps its
envelope and number, so that it is kept once.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import secrets
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, TypeVar

from parlour.client.address import Account, Destination, Scheme, Transport
from parlour.client.backoff import Backoff
from parlour.client.errors import (
    Busy,
    ChatError,
    Disconnected,
    InvalidArgument,
    NotJoined,
    RoomNotFound,
    TimedOut,
    UnusableAnswer,
    chat_error,
)
from parlour.client.events import ConnectionLost, Event, EventQueue
from parlour.client.heard import Heard
from parlour.client.hearing import Hearing
from parlour.client.keeper import Keeper
from parlour.client.line import Line
from parlour.client.replies import GatheredHistory, GatheredRooms, Gathering, OneReply
from parlour.client.resume import ROOMS_AT_ONCE, resume, room_refs
from parlour.client.rooms import Room
from parlour.client.session import ChatSession, look_up
from parlour.client.settings import ClientSettings
from parlour.sip.errors import ProtocolError
from parlour.ua.resolver import Resolver
from parlour.xccos.encode_requests import Sayable, encode_requests
from parlour.xccos.ids import canonical_room_uri, parse_room_uri
from parlour.xccos.types import (
    BatchJoin,
    FailedRoom,
    GetInvitations,
    GetServerInfo,
    GroupChat,
    Invitation,
    Invitations,
    Join,
    JoinedRoom,
    Part,
    PartedRoom,
    RecentHistory,
    RoomRef,
    RoomsFound,
    SearchRooms,
    ServerInfo,
)

__all__ = ["Client"]

T = TypeVar("T")


class Client:
    """Made by `connect`; use it as an async context manager. One event loop, not several threads."""

    def __init__(
        self, account: Account, destination: Destination, settings: ClientSettings, instance: str, pool_uri: str | None
    ) -> None:
        """Use `connect`."""
        destination.check()
        self.account = account
        self.settings = settings
        self.pool_uri = pool_uri
        self.server_info: ServerInfo | None = None
        """What the server said of itself, where it did."""
        self._destination = destination
        self._instance = instance
        self._resolver = Resolver()
        self._clock_offset = 0
        self._next_envid = itertools.count(secrets.randbelow(2**31)).__next__
        self._events = EventQueue(settings.events)
        self._hearing = Hearing(account.uri, self._events, self._make_room, self._server_time)
        self._keeper: Keeper[ChatSession] = Keeper(
            begin=self._begin,
            resume=self._resume,
            discard=_discard,
            on_lost=lambda reason: self._hearing.publish(ConnectionLost(reason)),
            on_given_up=self._hearing.close,
            backoff=Backoff(settings.first_delay, settings.longest_delay, random.random)
            if settings.reconnect
            else None,
        )

    @classmethod
    def connect(
        cls,
        address: str,
        password: str,
        *,
        login: str | None = None,
        server: str | None = None,
        transport: Transport = "tls",
        certificate: str | Path | None = None,
        verify: bool = True,
        auth: Scheme = "auto",
        pool_uri: str | None = None,
        instance: str | None = None,
        settings: ClientSettings | None = None,
    ) -> Client:
        """A client that connects when it is entered (`async with`) or told to `open`.

        `address` is `alice@example.com`, `login` another name to sign in with; `server` HOST or HOST:PORT, else found
        by DNS; `certificate` a PEM file to trust instead of the system's authorities, `verify=False` trusts anybody;
        `pool_uri` the chat service, else asked for; `instance` (`urn:uuid:...`) names this device: give it where posts
        are to be recognised across restarts of the program. Raises ValueError, OSError.
        """
        account = Account.of(address, password, login, auth)
        destination = Destination(server, transport, certificate, verify)
        name = instance or uuid.uuid4().urn
        return cls(account, destination, settings or ClientSettings(), name, pool_uri)

    async def open(self) -> None:
        """Connect, sign in, call the chat service. Raises ClientError."""
        await self._keeper.start()

    async def close(self) -> None:
        """Sign off. Streams of events end."""
        await self._keeper.close()
        self._hearing.close()

    async def __aenter__(self) -> Client:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def uri(self) -> str:
        """Our own `sip:` URI."""
        return self.account.uri

    @property
    def rooms(self) -> tuple[Room, ...]:
        """The rooms we are in."""
        return tuple(self._hearing.rooms.values())

    def events(self) -> AsyncIterator[Event]:
        """Everything that happens in all rooms, invitations, and how the connection fares; one reader at a time. Ends
        when the client is closed. Raises ClientClosed when it has given up."""
        return aiter(self._events)

    # -- commands ----------------------------------------------------------------------------------------------

    async def join(self, room_uri: str) -> Room:
        """Enter a room. Raises RoomNotFound, PermissionDenied, RoomDisabled and other ClientErrors."""
        uri = _room_uri(room_uri)
        await self._enter(Join, [uri], uri)
        return self._entered(uri)

    async def join_many(self, room_uris: Sequence[str]) -> list[Room | ChatError]:
        """Enter rooms, 500 per command; for each, in order, the room or why not. Raises ClientError when nothing
        could be asked."""
        uris = [canonical_room_uri(uri) for uri in room_uris]
        wanted = list(dict.fromkeys(uri for uri in uris if parse_room_uri(uri) is not None))
        failed: dict[str, ChatError] = {}
        for start in range(0, len(wanted), ROOMS_AT_ONCE):
            for one in await self._enter(BatchJoin, wanted[start : start + ROOMS_AT_ONCE]):
                uri = RoomRef(0, one.domain.lower(), one.guid).uri
                failed[uri] = chat_error(one.code, room=uri)
        return [self._hearing.rooms.get(uri) or failed.get(uri) or RoomNotFound(room=uri) for uri in uris]

    async def part(self, room: Room | str) -> None:
        """Leave a room. Raises ClientError; NotJoined if we were not in it."""
        uri = _room_uri(room)
        await self._ask([Part(1, uri)], lambda: OneReply(PartedRoom, uri))
        self._hearing.left(uri)

    async def post(self, room: Room | str, text: str, *, rtf: str | None = None, alert: bool = False) -> None:
        """Post. When this returns, the message is kept, once, whatever happened on the way. After TimedOut it may have
        been kept. Raises PermissionDenied, NotJoined, RoomDisabled, LimitExceeded and other ClientErrors."""
        uri = _room_uri(room)
        envid = self._next_envid()
        chat = GroupChat(1, uri, self.account.uri, text, rtf=rtf, alert=alert, at=time.time_ns() // 1000)
        body = encode_requests(envid, [chat])
        self._hearing.posting(envid, uri)
        await self._carry_out(lambda session: session.post(body, uri))

    async def search_rooms(
        self,
        text: str = "",
        *,
        match: Literal["any", "all", "phrase"] = "any",
        descriptions: bool = False,
        limit: int | None = None,
    ) -> RoomsFound:
        """Rooms whose name (or description) has the words of `text`; without text, every room we may see."""
        command = SearchRooms(
            1,
            criteria=text,
            search_description=descriptions,
            match_all=match == "all",
            match_exact_phrase=match == "phrase",
            max_results=limit,
        )
        return await self._ask([command], lambda: OneReply(RoomsFound))

    async def recent_history(self, room: Room | str, count: int | None = None) -> tuple[GroupChat, ...]:
        """The newest messages, oldest first; without `count` as many as the server likes. Raises ClientError."""
        uri = _room_uri(room)
        # The second command only shows where the answer to the first one ends.
        commands: list[Sayable] = [RecentHistory(1, uri, count), GetServerInfo(2, self.account.domain)]
        return await self._ask(commands, lambda: GatheredHistory(uri, count))

    async def get_invitations(self, after: int = 0) -> tuple[Invitation, ...]:
        """Invitations numbered above `after`, ascending."""
        found = await self._ask([GetInvitations(1, after, self.account.domain)], lambda: OneReply(Invitations))
        return found.invitations

    async def get_server_info(self) -> ServerInfo:
        """Limits and identity of the server, and its clock."""
        return await self._ask([_server_question(self.account.domain)], lambda: OneReply(ServerInfo))

    # -- how commands travel -----------------------------------------------------------------------------------

    async def _ask(self, commands: Sequence[Sayable], gathering: Callable[[], Gathering[T]]) -> T:
        envid = self._next_envid()
        body = encode_requests(envid, commands)
        return await self._carry_out(lambda session: session.ask(envid, body, gathering()))

    async def _enter(
        self, command: type[Join] | type[BatchJoin], uris: Sequence[str], room: str = ""
    ) -> tuple[FailedRoom, ...]:
        envid = self._next_envid()
        refs = room_refs(uris)
        body = encode_requests(envid, [command(1, refs)])
        self._hearing.joining(envid)
        try:
            answer = await self._carry_out(lambda session: session.ask(envid, body, GatheredRooms(len(refs), room)))
        finally:
            self._hearing.joined(envid)
        return answer.failed

    def _entered(self, uri: str) -> Room:
        room = self._hearing.rooms.get(uri)
        if room is None:
            raise NotJoined(text="the server let us in and out again", room=uri)
        return room

    async def _carry_out(self, attempt: Callable[[ChatSession], Awaitable[T]]) -> T:
        """Try until it is answered: in the next session when one is lost, later when the server is busy."""
        try:
            async with asyncio.timeout(self.settings.answer_timeout):
                while True:
                    session = await self._keeper.current()
                    try:
                        return await attempt(session)
                    except Disconnected:
                        if not self.settings.reconnect:
                            raise
                        session.dialog_ended("disconnected")
                    except Busy as busy:
                        await asyncio.sleep(busy.retry_after or self.settings.first_delay)
        except TimeoutError:
            raise TimedOut("no answer in time") from None

    # -- sessions ----------------------------------------------------------------------------------------------

    async def _begin(self, on_ended: Callable[[str], None]) -> ChatSession:
        line = Line(self.account, self.settings, self._instance)
        try:
            async with asyncio.timeout(self.settings.sign_in_timeout):
                await line.open(self._destination, self._resolver)
                await line.sign_in()
                uri = self.pool_uri or await line.find_pool() or await look_up(line)
                session = await ChatSession.open(line, uri, self._hearing.hear, on_ended)
                await self._learn(session)
        except BaseException as error:
            await line.close()
            if isinstance(error, TimeoutError):
                raise TimedOut("signing in took too long") from None
            if isinstance(error, ProtocolError):
                raise UnusableAnswer(str(error)) from error
            raise
        return session

    async def _learn(self, session: ChatSession) -> None:
        """What the server says of itself; its clock tells which messages are older than our joining."""
        envid = self._next_envid()
        body = encode_requests(envid, [_server_question(self.account.domain)])
        try:
            self.server_info = info = await session.ask(envid, body, OneReply(ServerInfo))
        except ChatError:
            return
        if info.server_time is not None:
            self._clock_offset = info.server_time - _now()

    def _server_time(self) -> int:
        """The server's clock, or a little less: its answer took time to arrive."""
        return _now() + self._clock_offset

    async def _resume(self, session: ChatSession) -> None:
        try:
            async with asyncio.timeout(self.settings.answer_timeout):
                await resume(session, self._hearing, self._next_envid, self.settings.history_at_resume)
        except TimeoutError:
            raise TimedOut("resuming took too long") from None

    def _make_room(self, joined: JoinedRoom, heard: Heard) -> Room:
        return Room(self, joined, heard, self.settings.events)


async def _discard(session: ChatSession) -> None:
    await session.close()
    await session.line.close()


def _server_question(domain: str) -> GetServerInfo:
    return GetServerInfo(1, domain)


def _now() -> int:
    """Our own clock, microseconds since 1970."""
    return time.time_ns() // 1000


def _room_uri(room: Room | str) -> str:
    """Raises InvalidArgument for text that is no room URI."""
    if isinstance(room, Room):
        return room.uri
    uri = canonical_room_uri(room)
    if parse_room_uri(uri) is None:
        raise InvalidArgument(text="not a room URI", room=room)
    return uri
