"""What the server says, and what readers are told of it."""

from __future__ import annotations

from typing import Any, cast

import pytest

from parlour.client.connect import Client
from parlour.client.errors import PermissionDenied, RoomDisabled, RoomNotFound
from parlour.client.event_queue import EventQueue
from parlour.client.events import (
    Event,
    HistoryPurged,
    Invited,
    MessageHeard,
    MessageRemoved,
    MessageReplaced,
    MessagesMissed,
    PersonChanged,
    PersonJoined,
    PersonParted,
    PreferenceChanged,
    RemovedFromRoom,
    RoomChanged,
    RoomDeleted,
)
from parlour.client.hearing import Hearing
from parlour.client.rooms import Room
from parlour.xccos.types import (
    AuditInfo,
    GroupChat,
    HistoryPage,
    HistoryPages,
    Invitation,
    Invitations,
    JoinedRoom,
    JoinedRooms,
    Kicked,
    MessageRef,
    Notice,
    NoticeBody,
    PartedRoom,
    PeopleJoined,
    PeopleParted,
    Preference,
    Purged,
    ReplacedMessage,
    Reply,
    RoomCard,
    RoomInfo,
    Seat,
    SeatTaken,
    ServerInfo,
    UserInfo,
)

ROOM = "ma-chan://example.com/5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"
OTHER = "ma-chan://example.com/c0a9a3d4-06c9-4c59-b1f8-6d2d3b1a3304"
ME = UserInfo("sip:alice@example.com", name="Alice")
BOB = UserInfo("sip:bob@example.com", name="밥")
NOW = 1_000_000


class Listener:
    """A Hearing in one room, and what it has told."""

    def __init__(self) -> None:
        self.queue = EventQueue(100)
        self.hearing = Hearing(
            ME.uri.upper(),
            self.queue,
            lambda joined, heard: Room(cast("Client", None), joined, heard, 100),
            lambda: NOW,
        )
        self.hearing.begin()
        self.hearing.joining(1)
        seats = (Seat(ME, 3984),)
        self.reply("join", JoinedRooms((JoinedRoom(RoomInfo(ROOM, "야간 근무", participant_count=1), seats),)))
        self.room = self.hearing.rooms[ROOM]

    def reply(self, name: str, body: Any, code: int = 200) -> None:
        self.hearing.hear(Reply(1, name, 1, 1, code, "", body))

    def notice(self, name: str, body: NoticeBody) -> None:
        self.hearing.hear(Notice(1, name, body))

    async def told(self) -> list[Event]:
        """Everything since the last time; the room's readers were told the same."""
        everything = [await self._take(self.queue) for _ in range(len(self.queue))]
        of_room = [await self._take(self.room.queue) for _ in range(len(self.room.queue))]
        assert of_room == [event for event in everything if getattr(event, "room_uri", "") == ROOM]
        return everything

    async def _take(self, queue: EventQueue) -> Event:
        event = await queue.get()
        assert event is not None
        return event


@pytest.fixture
def there() -> Listener:
    return Listener()


def chat(number: int, text: str = "안녕") -> GroupChat:
    return GroupChat(1, ROOM, BOB.uri, text, chat_id=number, at=NOW + number)


def invitation(number: int, at: int | None = NOW) -> Invitation:
    return Invitation(number, "example.com", at, RoomInfo(OTHER, "사고 대책"))


async def test_people_come_change_and_go(there: Listener) -> None:
    there.notice("join", PeopleJoined((SeatTaken(ROOM, BOB, 3984),)))
    there.notice("permmodified", PeopleJoined((SeatTaken(ROOM, BOB, 12276), SeatTaken(OTHER, BOB, 1))))
    assert there.room.people == (Seat(ME, 3984), Seat(BOB, 12276))
    assert there.room.info.participant_count == 2
    there.notice("permmodified", PeopleJoined((SeatTaken(ROOM, ME, 8080),)))
    there.notice("part", PeopleParted(((ROOM, BOB.uri), (OTHER, BOB.uri))))
    assert there.room.people == (Seat(ME, 8080),)
    assert there.room.info.participant_count == 1
    assert await there.told() == [
        PersonJoined(ROOM, BOB, 3984),
        PersonChanged(ROOM, BOB, 12276),
        PersonChanged(ROOM, ME, 8080),
        PersonParted(ROOM, BOB.uri),
    ]


async def test_a_large_room_is_not_counted_here(there: Listener) -> None:
    there.room.info = RoomInfo(ROOM, participant_count=80)
    there.notice("permmodified", PeopleJoined((SeatTaken(ROOM, BOB, 12276),)))
    there.notice("part", PeopleParted(((ROOM, BOB.uri),)))
    assert there.room.info.participant_count == 80


async def test_a_kick_and_the_part_that_follows_are_one_removal(there: Listener) -> None:
    there.notice("kick", Kicked(ROOM, 407))
    there.notice("part", PeopleParted(((ROOM, ME.uri),)))
    (event,) = await there.told()
    assert isinstance(event, RemovedFromRoom)
    assert isinstance(event.error, RoomDisabled)
    assert event.error.room == ROOM
    assert not there.room.inside
    assert there.hearing.rooms == {}


async def test_a_part_alone_is_a_removal_without_a_reason(there: Listener) -> None:
    there.notice("part", PeopleParted(((ROOM, ME.uri.upper()),)))
    assert await there.told() == [RemovedFromRoom(ROOM)]


async def test_new_settings(there: Listener) -> None:
    audit = AuditInfo(updated_by="Bob", updated_at=9)
    new = RoomInfo(ROOM, "주간 근무", topic="펌프 3", behavior="AUDITORIUM", audit=audit)
    there.notice("chanmodified", RoomCard(new))
    there.notice("chanmodified", RoomCard(RoomInfo(OTHER, "elsewhere")))
    there.notice("chancreated", RoomCard(RoomInfo(ROOM, "no change")))
    assert there.room.name == "주간 근무"
    assert there.room.info.participant_count == 1
    assert await there.told() == [RoomChanged(ROOM, there.room.info)]


async def test_a_deleted_room(there: Listener) -> None:
    there.notice("chandeleted", PartedRoom(OTHER))
    there.notice("chandeleted", PartedRoom(ROOM))
    there.notice("kick", Kicked(ROOM, 404))
    deleted, removed = await there.told()
    assert deleted == RoomDeleted(ROOM)
    assert isinstance(removed, RemovedFromRoom)
    assert isinstance(removed.error, RoomNotFound)


async def test_messages_that_are_taken_away(there: Listener) -> None:
    there.hearing.hear(chat(3))
    there.notice("msgdel", MessageRef(ROOM, 3))
    there.notice("msgdel", MessageRef(OTHER, 3))
    there.notice("msgrepl", ReplacedMessage(chat(2, "(지워짐)")))
    there.notice("chanpurge", Purged(ROOM, NOW))
    there.notice("chanpurge", Purged(OTHER, NOW))
    assert await there.told() == [
        MessageHeard(ROOM, chat(3)),
        MessageRemoved(ROOM, 3),
        MessageReplaced(ROOM, chat(2, "(지워짐)")),
        HistoryPurged(ROOM, NOW),
    ]


async def test_what_is_taken_away_while_it_waits_for_older_ones(there: Listener) -> None:
    there.room.heard.begin_catching_up()
    for number in (4, 5, 6):
        there.hearing.hear(chat(number))
    there.notice("msgdel", MessageRef(ROOM, 5))
    there.notice("msgrepl", ReplacedMessage(chat(6, "new")))
    there.notice("chanpurge", Purged(ROOM, NOW + 4))
    there.hearing.recovered(there.room, [chat(3)])
    there.hearing.caught_up(there.room, whole=True)
    assert (await there.told())[3:] == [MessageHeard(ROOM, chat(3), recovered=True), MessageHeard(ROOM, chat(6, "new"))]


async def test_a_hole_after_an_outage_without_history(there: Listener) -> None:
    there.hearing.hear(chat(3))
    there.room.heard.begin_catching_up()
    there.hearing.caught_up(there.room, whole=False)
    there.hearing.hear(chat(7))
    assert (await there.told())[1:] == [MessagesMissed(ROOM, 3, 7), MessageHeard(ROOM, chat(7))]


async def test_a_search_tells_no_news(there: Listener) -> None:
    """Its messages have holes between them; what is news comes live."""
    there.reply("bcbydate", HistoryPages((HistoryPage(ROOM, (chat(9),)),)))
    there.hearing.hear(chat(8))
    assert await there.told() == [MessageHeard(ROOM, chat(8))]


async def test_a_list_of_people_changes_nothing(there: Listener) -> None:
    there.reply("getpartlist", JoinedRooms((JoinedRoom(RoomInfo(ROOM), (Seat(BOB, 1),)),)))
    assert there.room.people == (Seat(ME, 3984),)
    assert there.room.name == "야간 근무"


async def test_invitations_are_told_once(there: Listener) -> None:
    there.notice("inv", Invitations((invitation(4), invitation(5))))
    there.notice("inv", Invitations((invitation(5),)))
    assert there.hearing.last_invitation == 5
    assert await there.told() == [Invited(invitation(4)), Invited(invitation(5))]


async def test_invitations_after_an_outage(there: Listener) -> None:
    """One that came live while the missed ones were fetched is not told twice, and hides none with a lower number."""
    there.hearing.know((invitation(3),))
    there.notice("inv", Invitations((invitation(6),)))
    there.hearing.invited(tuple(invitation(number) for number in (3, 5, 6, 7)), recovered=True)
    there.hearing.invited((invitation(8, at=NOW - 1), invitation(9, at=None)), recovered=True)
    assert [event.invitation.number for event in await there.told() if isinstance(event, Invited)] == [6, 5, 7, 9]


async def test_a_preference_that_another_client_has_set(there: Listener) -> None:
    there.notice("prefmodified", Preference("kedzie.Filters", 7))
    assert await there.told() == [PreferenceChanged("kedzie.Filters", 7)]


async def test_the_servers_clock_tells_what_is_older_than_our_coming(there: Listener) -> None:
    there.hearing.joining(2)
    for time in (None, NOW + 50, NOW + 90):
        info = ServerInfo(time, 1, 1, 1, "", "")
        there.hearing.hear(Reply(1, "getserverinfo", 2, 1, 200, "", info))
    there.hearing.hear(Reply(2, "join", 2, 2, 200, "", JoinedRooms((JoinedRoom(RoomInfo(OTHER), ()),))))
    assert there.hearing.rooms[OTHER].heard.since == NOW + 50
    assert there.room.heard.since == NOW


async def test_what_we_do_not_know_is_passed_over(there: Listener) -> None:
    there.notice("filepost", None)
    there.reply("chandelete", PartedRoom(ROOM))
    there.reply("part", PartedRoom(OTHER))
    there.reply("part", PartedRoom(ROOM), code=500)
    assert there.room.inside
    assert await there.told() == []


async def test_being_put_out_twice(there: Listener) -> None:
    there.hearing.removed(ROOM, PermissionDenied())
    there.hearing.removed(ROOM)
    assert len(await there.told()) == 1
