"""Replies find the commands they answer."""

from __future__ import annotations

import asyncio

import pytest

from parlour.client.errors import DataCollision, Disconnected, RoomNotFound, UnusableAnswer
from parlour.client.replies import (
    GatheredHistory,
    GatheredPages,
    GatheredRooms,
    GatheredSeats,
    OneReply,
    PendingReplies,
)
from parlour.xccos.types import (
    FailedRoom,
    GroupChat,
    History,
    HistoryPage,
    HistoryPages,
    JoinedRoom,
    JoinedRooms,
    PartedRoom,
    Preference,
    Reply,
    ReplyBody,
    RoomInfo,
    Seat,
    ServerInfo,
    ServiceUri,
    UserInfo,
)

ROOM = "ma-chan://example.com/5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"


def reply(name: str, body: ReplyBody, *, envid: int | None = 7, seqid: int | None = 1, code: int = 200) -> Reply:
    return Reply(1, name, envid, seqid, code, "", body)


def joined(*rooms: str, failed: int = 0) -> JoinedRooms:
    return JoinedRooms(
        tuple(JoinedRoom(RoomInfo(uri), ()) for uri in rooms),
        tuple(FailedRoom("example.com", f"{number}", 404) for number in range(failed)),
    )


def history(*numbers: int) -> History:
    return History(ROOM, tuple(GroupChat(1, ROOM, "sip:a@b", "x", chat_id=number) for number in numbers))


END = reply("getserverinfo", ServerInfo(None, 1, 1, 1, "", ""), seqid=2)


def page(uri: str, *numbers: int, matches: int = 0, truncated: bool = False) -> HistoryPage:
    return HistoryPage(uri, history(*numbers).messages, matches, truncated)


async def test_one_reply() -> None:
    pending = PendingReplies()
    answer = pending.expect(7, OneReply(ServiceUri))
    assert not pending.take(reply("requri", ServiceUri("sip:other"), envid=8))
    assert not pending.take(reply("requri", ServiceUri("sip:other"), envid=None))
    assert pending.take(reply("requri", ServiceUri("sip:x")))
    assert await answer == ServiceUri("sip:x")
    assert not pending.take(reply("requri", ServiceUri("sip:late")))
    await asyncio.sleep(0)
    assert len(pending) == 0


async def test_answers_come_in_any_order() -> None:
    pending = PendingReplies()
    first, second = pending.expect(1, OneReply(ServiceUri)), pending.expect(2, OneReply(ServiceUri))
    pending.take(reply("requri", ServiceUri("sip:2"), envid=2))
    pending.take(reply("requri", ServiceUri("sip:1"), envid=1))
    assert (await first, await second) == (ServiceUri("sip:1"), ServiceUri("sip:2"))


async def test_a_refusal() -> None:
    pending = PendingReplies()
    answer = pending.expect(7, OneReply(PartedRoom, ROOM))
    pending.take(reply("part", None, code=404))
    with pytest.raises(RoomNotFound) as caught:
        await answer
    assert caught.value.room == ROOM


async def test_an_answer_that_makes_no_sense() -> None:
    pending = PendingReplies()
    answer = pending.expect(7, OneReply(ServiceUri))
    pending.take(reply("requri", None))
    with pytest.raises(UnusableAnswer):
        await answer


async def test_rooms_in_pieces() -> None:
    pending = PendingReplies()
    answer = pending.expect(7, GatheredRooms(4))
    pending.take(reply("bjoin", joined("a", "b")))
    assert not answer.done()
    pending.take(reply("bjoin", joined("c", failed=1)))
    result = await answer
    assert [one.room.uri for one in result.rooms] == ["a", "b", "c"]
    assert len(result.failed) == 1


async def test_history_in_pieces_ends_with_the_second_answer() -> None:
    pending = PendingReplies()
    answer = pending.expect(7, GatheredHistory(ROOM, 10))
    pending.take(reply("bccontext", history(1, 2)))
    pending.take(reply("bccontext", history(3)))
    assert not answer.done()
    pending.take(END)
    assert [one.chat_id for one in await answer] == [1, 2, 3]


async def test_history_that_is_full_waits_for_nothing() -> None:
    pending = PendingReplies()
    answer = pending.expect(7, GatheredHistory(ROOM, 2))
    pending.take(reply("bccontext", history(1, 2)))
    assert len(await answer) == 2


async def test_pages_in_pieces_go_on_where_they_were_cut() -> None:
    pending = PendingReplies()
    answer = pending.expect(7, GatheredPages())
    failed = FailedRoom("example.com", "1", 403)
    pending.take(reply("bcbydate", HistoryPages((page("a", 1, 2, matches=9), page("b", 5, matches=3)))))
    pending.take(reply("bcbydate", HistoryPages((page("b", 6, 7, matches=3, truncated=True), page("c")), (failed,))))
    assert not answer.done()
    pending.take(END)
    result = await answer
    assert result.pages == (page("a", 1, 2, matches=9), page("b", 5, 6, 7, matches=3, truncated=True), page("c"))
    assert result.failed == (failed,)


async def test_seats_in_pieces() -> None:
    pending = PendingReplies()
    answer = pending.expect(7, GatheredSeats(ROOM))
    anna, bert = (Seat(UserInfo(f"sip:{name}@example.com"), 3984) for name in ("anna", "bert"))
    pending.take(reply("getpartlist", JoinedRooms((JoinedRoom(RoomInfo(ROOM), (anna,)),))))
    pending.take(reply("getpartlist", JoinedRooms((JoinedRoom(RoomInfo(ROOM), (bert, anna)),))))
    pending.take(END)
    assert await answer == (anna, bert)


async def test_rooms_end_with_the_second_answer_even_if_some_are_not_answered_for() -> None:
    pending = PendingReplies()
    answer = pending.expect(7, GatheredRooms(3))
    pending.take(reply("bjoin", joined("a")))
    pending.take(END)
    assert [one.room.uri for one in (await answer).rooms] == ["a"]


async def test_what_was_asked_before_the_command_does_not_end_its_answer() -> None:
    pending = PendingReplies()
    answer = pending.expect(7, GatheredRooms(3, number=2))
    info = ServerInfo(1, 1, 1, 1, "", "")
    pending.take(reply("getserverinfo", info, seqid=1))
    pending.take(reply("bjoin", joined("a"), seqid=2))
    assert not answer.done()
    pending.take(reply("getserverinfo", info, seqid=3))
    assert [one.room.uri for one in (await answer).rooms] == ["a"]


async def test_the_end_of_an_earlier_attempt_does_not_end_a_later_one() -> None:
    """An envelope that was answered 504 goes out again with the same number; the second answer of the first attempt may
    come only then."""
    pending = PendingReplies()
    answer = pending.expect(7, GatheredPages(ROOM))
    pending.take(END)
    pending.take(reply("bcbymsg", HistoryPages((page(ROOM, 1),))))
    assert not answer.done()
    pending.take(END)
    assert (await answer).pages == (page(ROOM, 1),)


async def test_a_collision_tells_what_the_server_has() -> None:
    pending = PendingReplies()
    answer = pending.expect(7, OneReply(Preference))
    theirs = Preference("kedzie.Filters", 4, "eA==")
    pending.take(reply("setpref", theirs, code=410))
    with pytest.raises(DataCollision) as caught:
        await answer
    assert caught.value.current == theirs


async def test_history_refused() -> None:
    pending = PendingReplies()
    answer = pending.expect(7, GatheredHistory(ROOM, 2))
    pending.take(reply("bccontext", None, code=404))
    with pytest.raises(RoomNotFound):
        await answer


async def test_what_is_forgotten_and_what_is_sent_again() -> None:
    pending = PendingReplies()
    given_up = pending.expect(7, OneReply(ServiceUri))
    again = pending.expect(7, OneReply(ServiceUri))
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    pending.take(reply("requri", ServiceUri("sip:x")))
    assert await again == ServiceUri("sip:x")


async def test_the_end_of_a_session() -> None:
    pending = PendingReplies()
    answer = pending.expect(7, OneReply(ServiceUri))
    pending.fail(Disconnected("gone"))
    with pytest.raises(Disconnected):
        await answer
    assert not pending.take(reply("requri", ServiceUri("sip:x")))
