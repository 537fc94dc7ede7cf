"""Replies that are kept for commands that are sent again."""

from __future__ import annotations

from parlour.channel.remembered import RememberedReplies
from parlour.xccos.encode import Fragment
from parlour.xccos.types import Part


def reply(size: int) -> Fragment:
    return Fragment("rpl", "x" * size, "")


def test_the_same_command_and_no_other_finds_its_reply() -> None:
    replies = RememberedReplies()
    replies.keep(5, Part(1, "room"), [reply(3)])
    assert replies.find(5, Part(1, "room")) == [reply(3)]
    for envid, command in ((6, Part(1, "room")), (5, Part(2, "room")), (5, Part(1, "another"))):
        assert replies.find(envid, command) is None


def test_the_newest_64_are_kept() -> None:
    replies = RememberedReplies()
    for envid in range(100):
        replies.keep(envid, Part(1, "room"), [reply(10)])
    assert len(replies) == 64
    assert replies.find(35, Part(1, "room")) is None
    assert replies.find(36, Part(1, "room")) is not None


def test_long_replies_leave_room_for_fewer_but_the_newest_is_kept() -> None:
    replies = RememberedReplies()
    for envid in range(10):
        replies.keep(envid, Part(1, "room"), [reply(20_000)])
    assert len(replies) == 3
    replies.keep(99, Part(1, "room"), [reply(500_000)])
    assert len(replies) == 1
    assert replies.find(99, Part(1, "room")) == [reply(500_000)]
