"""Replies that are kept for commands that are sent again."""

from __future__ import annotations

import pytest

from parlour.channel import remembered
from parlour.channel.remembered import MEMORY, RememberedEndpoints, RememberedReplies
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


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_same_command_of_the_same_person_and_endpoint_and_no_other() -> None:
    endpoints = RememberedEndpoints(Clock())
    endpoints.keep("alice", "e1", 5, Part(1, "room"), [reply(3)])
    assert endpoints.find("alice", "e1", 5, Part(1, "room")) == [reply(3)]
    for person, endpoint, envid in (("bob", "e1", 5), ("alice", "e2", 5), ("alice", "e1", 6)):
        assert endpoints.find(person, endpoint, envid, Part(1, "room")) is None


def test_an_endpoint_is_forgotten_ten_minutes_after_its_last_command() -> None:
    clock = Clock()
    endpoints = RememberedEndpoints(clock)
    endpoints.keep("alice", "e1", 5, Part(1, "room"), [reply(3)])
    clock.now += MEMORY - 1
    endpoints.keep("alice", "e1", 6, Part(1, "room"), [reply(3)])
    clock.now += MEMORY - 1
    assert endpoints.find("alice", "e1", 5, Part(1, "room")) is not None
    clock.now += 1
    assert endpoints.find("alice", "e1", 5, Part(1, "room")) is None
    endpoints.keep("alice", "e1", 7, Part(1, "room"), [reply(3)])
    assert endpoints.find("alice", "e1", 6, Part(1, "room")) is None
    clock.now += MEMORY
    endpoints.keep("bob", "e1", 7, Part(1, "room"), [reply(3)])
    assert len(endpoints) == 1


def test_what_was_used_longest_ago_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST_ENDPOINTS", 3)
    monkeypatch.setattr(remembered, "MOST_BYTES_IN_ALL", 1000)

    def known(endpoints: RememberedEndpoints) -> str:
        return "".join(one for one in "abcdefg" if endpoints.find(one, "", 1, Part(1, "room")) is not None)

    by_number, by_size = RememberedEndpoints(Clock()), RememberedEndpoints(Clock())
    for one in "abcad":
        by_number.keep(one, "", 1, Part(1, "room"), [reply(10)])
    assert known(by_number) == "acd"
    for one in "abc":
        by_size.keep(one, "", 1, Part(1, "room"), [reply(400)])
    assert known(by_size) == "bc"
    by_size.keep("d", "", 1, Part(1, "room"), [reply(5000)])
    assert known(by_size) == "d"
    for one in "abc":
        by_size.keep(one, "", 1, Part(1, "room"), [reply(300)])
    assert known(by_size) == "abc"


def test_who_is_gone_is_forgotten_on_all_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST_BYTES_IN_ALL", 1000)
    endpoints = RememberedEndpoints(Clock())
    for person, endpoint in (("alice", "e1"), ("bob", "e1"), ("alice", "e2")):
        endpoints.keep(person, endpoint, 5, Part(1, "room"), [reply(300)])
    endpoints.forget("alice")
    endpoints.forget("nobody")
    assert len(endpoints) == 1
    # What they took is free again.
    endpoints.keep("carol", "e1", 5, Part(1, "room"), [reply(600)])
    assert endpoints.find("bob", "e1", 5, Part(1, "room")) is not None
