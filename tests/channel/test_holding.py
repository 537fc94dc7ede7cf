"""What is kept back while history is read."""

from __future__ import annotations

from collections.abc import Sequence

from parlour.channel.holding import Holding
from parlour.hub.events import PersonParted, PostHeard, PreferenceChanged, RoomEvent
from parlour.rooms.model import Micros, RoomId
from parlour.store.api import StoredPost

ROOM, OTHER = RoomId("a"), RoomId("b")


def heard(number: int, room: RoomId = ROOM) -> PostHeard:
    return PostHeard(room, StoredPost(room, number, "sip:a@example.com", "A", str(number), Micros(1)))


def quiet(_: RoomId) -> bool:
    return False


def numbers(events: Sequence[RoomEvent]) -> list[int]:
    return [one.post.chat_id for one in events if isinstance(one, PostHeard)]


def test_only_rooms_that_are_read_are_kept_back() -> None:
    holding = Holding()
    assert not holding
    holding.begin(ROOM)
    assert holding.take([heard(1)]) == ()
    assert numbers(holding.take([heard(1, OTHER)])) == [1]
    assert len(holding.take([PreferenceChanged("x", 1)])) == 1


def test_what_the_reply_has_is_not_told_again_and_the_rest_is() -> None:
    holding = Holding()
    holding.begin(ROOM)
    holding.begin(OTHER)
    gone = PersonParted(ROOM, "sip:b@example.com")
    holding.take([heard(1), gone, heard(2), heard(3)])
    holding.take([heard(9, OTHER)])
    assert holding.release(quiet) == []
    holding.end(ROOM, 2)
    (due,) = holding.release(quiet)
    assert due[0] is gone
    assert numbers(due) == [3]
    assert numbers(holding.take([heard(4)])) == [4]
    assert holding, "the other room is still being read"
    assert [numbers(events) for events in holding.release(quiet, everything=True)] == [[9]]
    assert not holding


def test_what_is_older_than_the_reply_comes_before_it() -> None:
    holding = Holding()
    holding.begin(ROOM)
    holding.take([heard(1), heard(2), heard(3), heard(4)])
    assert numbers(holding.take_older(ROOM, 3)) == [1, 2]
    assert holding.take_older(ROOM, 3) == []
    holding.end(ROOM, 4)
    assert holding.release(quiet) == []


def test_what_was_said_before_the_reply_and_is_told_after_it() -> None:
    """A room that has much to tell: the history has a post already when it is this listener's turn to hear it."""
    holding = Holding()
    holding.begin(ROOM)
    holding.take([heard(1)])
    holding.end(ROOM, 3)
    assert holding.release(lambda room: room == ROOM) == []
    gone = PersonParted(ROOM, "sip:b@example.com")
    assert list(holding.take([heard(2), gone])) == [gone]
    assert numbers(holding.take([heard(3), heard(4)])) == [4]
    assert not holding, "the last post that the reply has was told"
    holding.begin(ROOM)
    holding.end(ROOM, 6)
    assert holding.release(lambda room: True) == []
    assert numbers(holding.take([heard(7)])) == [7]
    assert not holding
