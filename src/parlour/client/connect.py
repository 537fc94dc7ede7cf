"""The client: one person, signed in to one server, in some rooms. Begin reading here.

    async with Client.connect("alice@example.com", password) as chat:
        room = await chat.join("ma-chan://example.com/5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203")
        await room.post("hello")
        async for message in room.messages():
            print(message.author_name, message.text)

A lost connection is come back from, rooms included; commands wait meanwhile, and a post that is sent again keeps its
envelope and number, so that it is kept once.

What is done every day is a method of the client; the rest stands in groups: `find`, `messages`, `manage`, `categories`,
`people`, `addins`, `files`, `preferences`.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Unpack

from parlour.client.addins import ManageAddIns
from parlour.client.address import Account, Destination, Scheme, Transport
from parlour.client.categories import Categories
from parlour.client.courier import Courier, backoff_of
from parlour.client.errors import ChatError, InvalidArgument, NotJoined, RoomNotFound, TimedOut
from parlour.client.event_queue import EventQueue
from parlour.client.events import ConnectionLost, Event
from parlour.client.files import Files
from parlour.client.finding import FindRooms, RoomMatch
from parlour.client.heard import Heard
from parlour.client.hearing import Hearing
from parlour.client.history import MessageStream
from parlour.client.keeper import Keeper
from parlour.client.managing import ManageRooms
from parlour.client.messages import Messages, Wanted
from parlour.client.naming import RoomLike, failures, room_uri_of, rooms_of, spelling_of
from parlour.client.opening import Opener, discard
from parlour.client.people import People
from parlour.client.preferences import Preferences
from parlour.client.replies import GatheredRooms, GatheredSeats
from parlour.client.resume import ROOMS_AT_ONCE, Resumption, room_refs
from parlour.client.rooms import Room
from parlour.client.session import ChatSession
from parlour.client.settings import ClientSettings
from parlour.client.texts import story
from parlour.xccos.encode_requests import encode_requests
from parlour.xccos.ids import canonical_room_uri, parse_room_uri
from parlour.xccos.types import (
    BatchJoin,
    FailedRoom,
    GetInvitations,
    GetParticipants,
    GetPermissions,
    GetRoom,
    GetServerInfo,
    GroupChat,
    Invitation,
    Invitations,
    Join,
    JoinedRoom,
    Part,
    PartedRoom,
    Permissions,
    RequestUri,
    RoomCard,
    RoomsFound,
    Seat,
    ServerInfo,
    ServiceUri,
)

__all__ = ["Client"]


class Client:
    """Made by `connect`; use it as an async context manager. One event loop, not several threads. Every command raises
    ClientError, and TypeError or ValueError for arguments that only a mistake of the program can give."""

    def __init__(
        self, account: Account, destination: Destination, settings: ClientSettings, instance: str, pool_uri: str | None
    ) -> None:
        """Use `connect`."""
        self.account = account
        self.settings = settings
        next_envid = itertools.count(secrets.randbelow(2**31)).__next__
        self._opener = Opener(account, destination, settings, instance, pool_uri, next_envid)
        self._events = EventQueue(settings.events)
        self._hearing = Hearing(account.uri, self._events, self._make_room, self._opener.server_time)
        self._keeper: Keeper[ChatSession] = Keeper(
            begin=self._begin,
            resume=self._resume,
            discard=discard,
            on_lost=lambda reason: self._hearing.publish(ConnectionLost(reason)),
            on_given_up=self._hearing.close,
            backoff=backoff_of(settings) if settings.reconnect else None,
        )
        self._courier = Courier(self._keeper, settings, account.domain, next_envid)
        self.find = FindRooms(self._courier)
        self.messages = Messages(self._courier)
        self.manage = ManageRooms(self._courier)
        self.categories = Categories(self._courier)
        self.people = People(self._courier, account.uri)
        self.addins = ManageAddIns(self._courier)
        self.files = Files(self._courier)
        self.preferences = Preferences(self._courier)

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
        are to be recognised across restarts of the program. Raises ValueError, and OSError for a `certificate` that
        cannot be read.
        """
        account = Account.of(address, password, login, auth)
        destination = Destination(server, transport, certificate, verify)
        name = instance or uuid.uuid4().urn
        return cls(account, destination, settings or ClientSettings(), name, pool_uri)

    async def open(self) -> None:
        """Connect, sign in, call the chat service."""
        await self._keeper.start()
        self._hearing.begin()

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
    def server_info(self) -> ServerInfo | None:
        """What the server said of itself when we signed in, where it did."""
        return self._opener.server_info

    @property
    def rooms(self) -> tuple[Room, ...]:
        """The rooms we are in."""
        return tuple(self._hearing.rooms.values())

    def events(self) -> AsyncIterator[Event]:
        """Everything that happens in all rooms, invitations, and how the connection fares; one reader at a time. Ends
        when the client is closed. Raises ClientClosed when it has given up."""
        return aiter(self._events)

    # -- entering and leaving ----------------------------------------------------------------------------------

    async def join(self, room: RoomLike) -> Room:
        """Enter a room. Raises RoomNotFound, PermissionDenied, RoomDisabled."""
        uri = room_uri_of(room)
        await self._enter(Join(2, room_refs([uri])), uri)
        entered = self._hearing.rooms.get(uri)
        if entered is None:
            raise NotJoined(text="the server let us in and out again", room=uri)
        return entered

    async def join_named(self, name: str) -> Room:
        """Enter the room of this name."""
        return await self.join(await self.find.by_exact_name(name))

    async def join_many(self, rooms: RoomLike | Iterable[RoomLike]) -> list[Room | ChatError]:
        """Enter rooms, 500 per command; for each, in order, the room or why not. Raises ClientError when nothing
        could be asked."""
        uris = [canonical_room_uri(spelling_of(room)) for room in rooms_of(rooms)]
        wanted = list(dict.fromkeys(uri for uri in uris if parse_room_uri(uri) is not None))
        failed: dict[str, ChatError] = {}
        for start in range(0, len(wanted), ROOMS_AT_ONCE):
            refs = room_refs(wanted[start : start + ROOMS_AT_ONCE])
            failed.update(failures(await self._enter(BatchJoin(2, refs))))
        return [self._hearing.rooms.get(uri) or failed.get(uri) or RoomNotFound(room=uri) for uri in uris]

    async def _enter(self, command: Join | BatchJoin, room: str = "") -> tuple[FailedRoom, ...]:
        """The question before the command tells the server's time at which we enter, the one after it where the answer
        ends."""
        envid = self._courier.next_envid()
        before, after = (GetServerInfo(number, self.account.domain) for number in (1, 3))
        body = encode_requests(envid, [before, command, after])
        self._hearing.joining(envid)
        try:
            answer = await self._courier.carry_out(
                lambda session: session.ask(envid, body, GatheredRooms(len(command.refs), room, command.seqid))
            )
        finally:
            self._hearing.joined(envid)
        return answer.failed

    async def part(self, room: RoomLike) -> None:
        """Leave a room. Raises NotJoined if we were not in it."""
        uri = room_uri_of(room)
        await self._courier.ask(Part(1, uri), PartedRoom, uri)
        self._hearing.left(uri)

    # -- messages ----------------------------------------------------------------------------------------------

    async def post(
        self,
        room: RoomLike,
        text: str,
        *,
        title: str | None = None,
        rtf: str | None = None,
        alert: bool = False,
    ) -> None:
        """Post. When this returns, the message is kept, once, whatever happened on the way. After TimedOut it may have
        been kept. With a `title` it is a story; `rtf` is the same text in RTF; `alert`: people are to look at once.
        Raises PermissionDenied, NotJoined, RoomDisabled, LimitExceeded."""
        uri = room_uri_of(room)
        envid = self._courier.next_envid()
        whole = text if title is None else _story(title, text)
        chat = GroupChat(1, uri, self.account.uri, whole, rtf=rtf, alert=alert, at=time.time_ns() // 1000)
        body = encode_requests(envid, [chat])
        self._hearing.posting(envid, uri)
        await self._courier.carry_out(lambda session: session.post(body, uri))

    async def recent_history(self, room: RoomLike, count: int | None = None) -> tuple[GroupChat, ...]:
        """The newest messages, oldest first; without `count` as many as the server likes."""
        return await self.messages.recent(room, count)

    def history(
        self, rooms: RoomLike | Iterable[RoomLike], *, limit: int | None = None, **wanted: Unpack[Wanted]
    ) -> MessageStream:
        """Messages of one or many rooms in the order of time, for `async for`; at most `limit`. Between message
        numbers (`after`, `before`): `Room.history` and `messages.history`."""
        return self.messages.search(rooms, limit=limit, **wanted)

    # -- knowing -----------------------------------------------------------------------------------------------

    async def search_rooms(
        self, text: str = "", *, match: RoomMatch = "any", descriptions: bool = False, limit: int | None = None
    ) -> RoomsFound:
        """Rooms whose name (or description) has the words of `text`; without text, every room we may see. Other ways
        of finding are in `find`."""
        return await self.find.by_name(text, match=match, descriptions=descriptions, limit=limit)

    async def room_card(self, room: RoomLike) -> RoomCard:
        """All about a room, with its category and its last change. Raises RoomNotFound."""
        uri = room_uri_of(room)
        return await self._courier.ask(GetRoom(1, uri), RoomCard, uri)

    async def room_card_named(self, name: str) -> RoomCard:
        """All about the room of this name. Raises RoomNotFound."""
        return await self._courier.ask(GetRoom(1, room_name=name), RoomCard, name)

    async def participants(self, room: RoomLike) -> tuple[Seat, ...]:
        """Everybody in a room that we are in, large or not. Raises NotJoined, ParticipantListUnavailable."""
        uri = room_uri_of(room)
        return await self._courier.ask_in_pieces(GetParticipants(1, uri), lambda: GatheredSeats(uri))

    async def permissions(self, room: RoomLike) -> Permissions:
        """What we may do in a room. Raises RoomNotFound."""
        uri = room_uri_of(room)
        return await self._courier.ask(GetPermissions(1, uri), Permissions, uri)

    async def get_invitations(self, after: int = 0) -> tuple[Invitation, ...]:
        """Invitations numbered above `after`, ascending. They are not told as events any more."""
        known: list[Invitation] = []
        more = True
        while more:
            found = await self._courier.ask_list(GetInvitations(1, after, self.account.domain), Invitations)
            self._hearing.know(found.invitations)
            known += found.invitations
            more = found.truncated and bool(found.invitations)
            after = max((one.number for one in found.invitations), default=after)
        return tuple(known)

    async def get_server_info(self) -> ServerInfo:
        """Limits and identity of the server, and its clock."""
        return await self._courier.ask(GetServerInfo(1, self.account.domain), ServerInfo)

    async def get_service_uri(self) -> str:
        """The channel service that the server recommends just now."""
        return (await self._courier.ask(RequestUri(1), ServiceUri)).uri

    # -- for the keeper ----------------------------------------------------------------------------------------

    async def _begin(self, on_ended: Callable[[str], None]) -> ChatSession:
        return await self._opener.open(self._hearing.hear, on_ended)

    async def _resume(self, session: ChatSession) -> None:
        resumption = Resumption(session, self._hearing, self._courier.next_envid, self.settings, self.account.domain)
        try:
            async with asyncio.timeout(self.settings.answer_timeout):
                await resumption.run()
        except TimeoutError:
            raise TimedOut("resuming took too long") from None

    def _make_room(self, joined: JoinedRoom, heard: Heard) -> Room:
        return Room(self, joined, heard, self.settings.events)


def _story(title: str, text: str) -> str:
    try:
        return story(title, text)
    except ValueError as error:
        raise InvalidArgument(text=str(error)) from None
