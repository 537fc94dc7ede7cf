"""After an outage: everything that was missed, once and in order, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from parlour.client.connect import Client
from parlour.client.errors import Busy, ChatError, PermissionDenied, RoomDisabled, ServerBusy, StorageUnavailable
from parlour.client.event_queue import EventQueue
from parlour.client.events import (
    ConnectionResumed,
    Event,
    Invited,
    MessageHeard,
    MessagesMissed,
    RemovedFromRoom,
)
from parlour.client.hearing import Hearing
from parlour.client.resume import Resumption
from parlour.client.rooms import Room
from parlour.client.session import ChatSession
from parlour.client.settings import ClientSettings
from parlour.xccos.decode import decode_envelope
from parlour.xccos.types import (
    BatchJoin,
    FailedRoom,
    GetInvitations,
    GroupChat,
    HistoryByDate,
    HistoryByMessage,
    HistoryPage,
    HistoryPages,
    Invitation,
    Invitations,
    JoinedRoom,
    JoinedRooms,
    Reply,
    RoomInfo,
)

ROOM = "ma-chan://example.com/5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"
OTHER = "ma-chan://example.com/c0a9a3d4-06c9-4c59-b1f8-6d2d3b1a3304"
JOINED = 1_000_000
SETTINGS = ClientSettings(first_delay=0.001, longest_delay=0.002)


def chat(number: int, room: str = ROOM, at: int | None = None) -> GroupChat:
    return GroupChat(1, room, "sip:bob@example.com", f"{number}번", chat_id=number, at=at or JOINED + number)


class Again:
    """A session that has just begun, with a server behind it that a test writes: `refusals` are raised first, `before`
    is called with every command."""

    def __init__(self) -> None:
        self.kept: dict[str, list[GroupChat]] = {ROOM: [], OTHER: []}
        self.invitations: list[Invitation] = []
        self.failed: list[FailedRoom] = []
        self.closed: ChatError | None = None
        self.refusals: list[Exception] = []
        self.cap = 1000
        self.before: Callable[[Any], None] = lambda command: None
        self.commands: list[Any] = []
        self.envids: list[int] = []
        self.events = EventQueue(1000)
        self.hearing = Hearing("sip:alice@example.com", self.events, self._make_room, lambda: JOINED)
        self.hearing.begin()

    def _make_room(self, joined: JoinedRoom, heard: Any) -> Room:
        return Room(cast("Client", None), joined, heard, 1000)

    def enter(self, uri: str, *, logged: bool | None = True) -> Room:
        self.hearing.joining(0)
        body = JoinedRooms((JoinedRoom(RoomInfo(uri, "방", logged=logged), ()),))
        self.hearing.hear(Reply(1, "join", 0, 1, 200, "", body))
        return self.hearing.rooms[uri]

    async def ask(self, envid: int, body: bytes, gathering: Any) -> Any:
        command = decode_envelope(body).primitives[0]
        self.envids.append(envid)
        self.commands.append(command)
        if self.refusals:
            raise self.refusals.pop(0)
        self.before(command)
        done = gathering.take(Reply(1, "x", envid, 1, 200, "", self._answer(command)))
        assert done or gathering.take(Reply(2, "getserverinfo", envid, 2, 200, "", None))
        return gathering.result

    def _answer(self, command: Any) -> Any:
        if isinstance(command, BatchJoin):
            gone = {one.guid for one in self.failed}
            rooms = tuple(JoinedRoom(RoomInfo(ref.uri), ()) for ref in command.refs if ref.guid not in gone)
            return JoinedRooms(rooms, tuple(self.failed))
        if isinstance(command, GetInvitations):
            return Invitations(tuple(one for one in self.invitations if one.number > command.after))
        if self.closed is not None:
            raise self.closed
        return HistoryPages((self._page(command),))

    def _page(self, command: HistoryByDate | HistoryByMessage) -> HistoryPage:
        (uri,), asked = command.room_uris, command.filter
        after, since = asked.anchor or 0, asked.since or 0
        found = [one for one in self.kept[uri] if (one.chat_id or 0) > after and (one.at or 0) >= since]
        limit = min(asked.limit or 0, self.cap)
        page = found[-limit:] if asked.newest_first_scan else found[:limit]
        return HistoryPage(uri, tuple(page), len(found), len(found) > len(page))

    async def resume(self, settings: ClientSettings = SETTINGS) -> list[Event]:
        """What is told by it."""
        numbers = iter(range(1, 1000))
        session = cast("ChatSession", self)
        await Resumption(session, self.hearing, lambda: next(numbers), settings, "example.com").run()
        return await self.told()

    async def told(self) -> list[Event]:
        return [event for _ in range(len(self.events)) if (event := await self.events.get()) is not None]


@pytest.fixture
def again() -> Again:
    return Again()


def heard(events: list[Event], room: str = ROOM) -> list[int | None]:
    return [one.message.chat_id for one in events if isinstance(one, MessageHeard) and one.room_uri == room]


async def test_pages_until_nothing_is_missing(again: Again) -> None:
    again.enter(ROOM)
    again.enter(OTHER)
    again.hearing.hear(chat(3))
    again.kept[ROOM] = [chat(number) for number in range(1, 700)]
    again.kept[OTHER] = [chat(1, OTHER, JOINED - 1), chat(2, OTHER)]
    events = await again.resume()
    assert heard(events) == list(range(3, 700))
    assert heard(events, OTHER) == [2]
    assert [one.recovered for one in events if isinstance(one, MessageHeard)] == [False] + [True] * 697
    assert events[-1] == ConnectionResumed((ROOM, OTHER))
    assert not [one for one in events if isinstance(one, MessagesMissed)]


async def test_messages_that_come_while_pages_are_read(again: Again) -> None:
    room = again.enter(ROOM)
    again.hearing.hear(chat(1))
    again.kept[ROOM] = [chat(number) for number in range(1, 30)]
    again.cap = 10

    def somebody_posts(command: Any) -> None:
        if isinstance(command, HistoryByMessage):
            new = chat(len(again.kept[ROOM]) + 1)
            again.kept[ROOM].append(new)
            again.hearing.hear(new)

    again.before = somebody_posts
    events = await again.resume()
    assert heard(events) == list(range(1, len(again.kept[ROOM]) + 1))
    assert len(again.kept[ROOM]) > 30
    assert room.heard._held is None, "what is live is told as it comes"


async def test_the_bound(again: Again) -> None:
    again.enter(ROOM)
    again.hearing.hear(chat(1))
    again.kept[ROOM] = [chat(number) for number in range(1, 100)]
    events = await again.resume(replace(SETTINGS, history_at_resume=20))
    assert heard(events) == list(range(1, 22))
    assert MessagesMissed(ROOM, 21, 100) in events
    again.hearing.hear(chat(99))
    again.hearing.hear(chat(100))
    assert heard(await again.told()) == [100]


async def test_exactly_the_bound(again: Again) -> None:
    again.enter(ROOM)
    again.hearing.hear(chat(1))
    again.kept[ROOM] = [chat(number) for number in range(1, 22)]
    events = await again.resume(replace(SETTINGS, history_at_resume=20))
    assert heard(events) == list(range(1, 22))
    assert not [one for one in events if isinstance(one, MessagesMissed)]


@pytest.mark.parametrize("logged", [True, False])
async def test_no_history(again: Again, logged: bool) -> None:
    again.enter(ROOM)
    again.hearing.rooms[ROOM].info = RoomInfo(ROOM, logged=logged)
    again.closed = PermissionDenied()
    again.hearing.hear(chat(1))
    events = await again.resume()
    assert heard(events) == [1]
    assert len([one for one in again.commands if isinstance(one, HistoryByMessage)]) == int(logged)
    again.hearing.hear(chat(5))
    assert await again.told() == [MessagesMissed(ROOM, 1, 5), MessageHeard(ROOM, chat(5))]


async def test_rooms_that_are_closed_to_us(again: Again) -> None:
    again.enter(ROOM)
    again.enter(OTHER)
    again.failed = [FailedRoom("example.com", OTHER.rpartition("/")[2], 407)]
    events = await again.resume()
    removed, resumed = events
    assert isinstance(removed, RemovedFromRoom)
    assert isinstance(removed.error, RoomDisabled)
    assert resumed == ConnectionResumed((ROOM,))


@pytest.mark.parametrize(("code", "kind"), [(503, StorageUnavailable), (504, ServerBusy)])
async def test_a_room_that_cannot_be_entered_just_now(again: Again, code: int, kind: type[Exception]) -> None:
    again.enter(ROOM)
    again.failed = [FailedRoom("example.com", ROOM.rpartition("/")[2], code)]
    with pytest.raises(kind):
        await again.resume()
    assert ROOM in again.hearing.rooms
    again.failed = []
    assert await again.resume() == [ConnectionResumed((ROOM,))]


async def test_history_that_cannot_be_read_just_now(again: Again) -> None:
    again.enter(ROOM)
    again.hearing.hear(chat(1))
    again.kept[ROOM] = [chat(1), chat(2)]
    again.closed = StorageUnavailable()
    with pytest.raises(StorageUnavailable):
        await again.resume()
    again.closed = None
    assert heard(await again.resume()) == [1, 2]


async def test_a_busy_server_gets_the_same_envelope_again(again: Again) -> None:
    again.enter(ROOM)
    again.refusals = [Busy(503, ""), ServerBusy(), ServerBusy()]
    await again.resume()
    assert again.envids[:4] == [1, 1, 1, 1]
    assert again.envids[4] == 2


async def test_missed_invitations(again: Again) -> None:
    again.enter(ROOM)
    first, second, third = (Invitation(number, "example.com", JOINED, RoomInfo(OTHER)) for number in (2, 3, 4))
    old = Invitation(1, "example.com", JOINED - 1, RoomInfo(OTHER))
    again.invitations = [old, first]
    assert [one.invitation for one in await again.resume() if isinstance(one, Invited)] == [first]
    again.invitations = [old, first, second, third]
    assert [one.invitation for one in await again.resume() if isinstance(one, Invited)] == [second, third]
    assert [one.after for one in again.commands if isinstance(one, GetInvitations)] == [0, 2]


async def test_messages_without_numbers_do_not_go_round_in_circles(again: Again) -> None:
    again.enter(ROOM)
    again.kept[ROOM] = [replace(chat(number), chat_id=None) for number in range(30)]
    again.cap = 10
    assert heard(await again.resume()) == []
