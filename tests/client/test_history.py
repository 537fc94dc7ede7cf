"""Histories are paged without holes and repeats, whichever way they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.client.courier import Courier
from parlour.client.errors import PermissionDenied
from parlour.client.history import HistoryQuery, MessageStream, portions
from parlour.client.replies import MARKER, GatheredPages
from parlour.rooms.history import MOST_EXAMINED, PostQuery, page_of
from parlour.rooms.words import WordMatch
from parlour.xccos.types import (
    FailedRoom,
    GroupChat,
    HistoryByDate,
    HistoryByMessage,
    HistoryPage,
    HistoryPages,
    Reply,
)

ROOMS = [f"ma-chan://example.com/5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a220{number}" for number in range(3)]
WORDS = ("펌프", "밸브", "pump", "Pump 펌프")


class Archive:
    """A courier to a server that keeps its word: the queries of `rooms.history`, at most `cap` messages in a page and,
    where case counts, among `examine` of all rooms together."""

    domain = "example.com"

    def __init__(
        self, posts: Sequence[GroupChat], cap: int = 1000, closed: Sequence[str] = (), examine: int = MOST_EXAMINED
    ) -> None:
        self.posts = posts
        self.examine = examine
        self.cap = cap
        self.closed = closed
        self.asked: list[HistoryByDate | HistoryByMessage] = []

    async def ask_in_pieces(
        self, command: HistoryByDate | HistoryByMessage, gathering: Callable[[], GatheredPages]
    ) -> HistoryPages:
        self.asked.append(command)
        gathered = gathering()
        for reply in self._replies(command):
            gathered.take(reply)
        assert gathered.take(Reply(1, "getserverinfo", 1, MARKER, 200, "", None))
        return gathered.result

    def _replies(self, command: HistoryByDate | HistoryByMessage) -> list[Reply]:
        if len(command.room_uris) == 1 and command.room_uris[0] in self.closed:
            return [Reply(1, command.name, 1, 1, 403, "", None)]
        failed = tuple(FailedRoom("example.com", uri[-36:], 403) for uri in command.room_uris if uri in self.closed)
        pages = [self._page(uri, command) for uri in command.room_uris if uri not in self.closed]
        halves = [HistoryPages((half,)) for page in pages for half in _halves(page)]
        return [Reply(1, command.name, 1, 1, 200, "", body) for body in [*halves, HistoryPages((), failed)]]

    def _page(self, uri: str, command: HistoryByDate | HistoryByMessage) -> HistoryPage:
        asked = command.filter
        assert asked.limit is not None
        anchored = isinstance(command, HistoryByMessage)
        assert anchored == (asked.anchor is not None)
        query = PostQuery(
            text=asked.words,
            match=WordMatch[{"ANY": "ANY", "ALL": "ALL", "PHR": "PHRASE"}[asked.match]],
            match_case=asked.match_case,
            authors=frozenset(asked.authors),
            since=None if anchored else asked.since,
            until=None if anchored else asked.until,
            after=None if asked.newest_first_scan else asked.anchor,
            before=asked.anchor if asked.newest_first_scan else None,
            newest_first=asked.newest_first_scan,
            examine_to=self.examine // len(command.room_uris),
        )
        posts = [_Kept(post) for post in self.posts if post.room_uri == uri]
        found, page = page_of(posts, query, min(asked.limit, self.cap))
        return HistoryPage(uri, tuple(one.post for one in found), page.matches, page.more)


class _Kept:
    """A message as the archive has it: numbered and dated."""

    def __init__(self, post: GroupChat) -> None:
        assert post.chat_id is not None
        assert post.at is not None
        self.post, self.chat_id, self.at, self.author, self.text = post, post.chat_id, post.at, post.author, post.text


def _halves(page: HistoryPage) -> list[HistoryPage]:
    middle = len(page.messages) // 2
    parts = (page.messages[:middle], page.messages[middle:])
    return [HistoryPage(page.room_uri, part, page.matches, page.truncated) for part in parts]


def post(room: int, number: int, at: int, text: str = "펌프", author: str = "sip:a@example.com") -> GroupChat:
    return GroupChat(1, ROOMS[room], author, text, chat_id=number, at=at)


def stream(archive: Archive, rooms: Sequence[str], query: HistoryQuery, limit: int | None = None) -> MessageStream:
    return MessageStream(cast("Courier", archive), rooms, query, limit)


def numbers(messages: Sequence[GroupChat]) -> list[int | None]:
    return [message.chat_id for message in messages]


optional = st.none() | st.integers(0, 30)


@given(
    times=st.lists(st.integers(0, 30), max_size=25).map(sorted),
    data=st.data(),
    cap=st.integers(1, 7),
    newest_first=st.booleans(),
    since=optional,
    until=optional,
    after=optional,
    before=optional,
    limit=optional,
)
async def test_one_room_in_pages_is_the_room(
    times: list[int],
    data: st.DataObject,
    cap: int,
    newest_first: bool,
    since: int | None,
    until: int | None,
    after: int | None,
    before: int | None,
    limit: int | None,
) -> None:
    kept = [post(0, number, at, data.draw(st.sampled_from(WORDS))) for number, at in enumerate(times, 1)]
    words = data.draw(st.sampled_from(["", "펌프"]))
    query = HistoryQuery(words, since=since, until=until, after=after, before=before, newest_first=newest_first)
    told = await stream(Archive(kept, cap), ROOMS[:1], query, limit).collect()
    fitting = [one for one in kept if words in one.text and query.has(one)]
    expected = fitting[::-1] if newest_first else fitting
    assert list(told) == expected[:limit]


@given(
    posts=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40)), max_size=40),
    cap=st.integers(1, 7),
    newest_first=st.booleans(),
    limit=optional,
)
async def test_many_rooms_come_in_the_order_of_time(
    posts: list[tuple[int, int]], cap: int, newest_first: bool, limit: int | None
) -> None:
    kept = [
        post(room, number, at)
        for room in range(3)
        for number, at in enumerate(sorted(a for r, a in posts if r == room))
    ]
    everything = await stream(Archive(kept, cap), ROOMS, HistoryQuery(newest_first=newest_first)).collect()
    assert sorted(everything, key=lambda one: (one.room_uri, one.chat_id)) == kept
    times = [one.at or 0 for one in everything]
    assert times == sorted(times, reverse=newest_first)
    some = await stream(Archive(kept, cap), ROOMS, HistoryQuery(newest_first=newest_first), limit).collect()
    assert some == everything[:limit]


async def test_nothing_is_asked_for_that_is_not_read() -> None:
    archive = Archive([post(0, number, number) for number in range(1, 500)])
    history = stream(archive, ROOMS[:1], HistoryQuery())
    assert archive.asked == []
    async for message in history:
        if message.chat_id == 200:
            break
    assert len(archive.asked) == 1
    assert history.matches == 499
    assert len(await history.collect()) == 499


async def test_what_is_asked() -> None:
    archive = Archive([post(0, number, number, "Pump 펌프", "sip:b@example.com") for number in range(1, 9)], cap=3)
    query = HistoryQuery("Pump 펌프", "phrase", True, ("sip:b@example.com",), since=2, until=7)
    assert numbers(await stream(archive, ROOMS[:1], query, 4).collect()) == [2, 3, 4, 5]
    first, second = archive.asked
    assert isinstance(first, HistoryByDate)
    assert isinstance(second, HistoryByMessage)
    assert (first.filter.since, first.filter.until, first.filter.limit) == (2, 7, 4)
    assert (second.filter.since, second.filter.until, second.filter.anchor) == (None, None, 4)
    for one in (first.filter, second.filter):
        assert (one.words, one.match, one.match_case, one.authors) == (
            "Pump 펌프",
            "PHR",
            True,
            ("sip:b@example.com",),
        )


async def test_a_limit_of_nothing_asks_nothing() -> None:
    archive = Archive([post(0, 1, 1)])
    assert await stream(archive, ROOMS[:1], HistoryQuery(), 0).collect() == ()
    assert await stream(archive, [], HistoryQuery()).collect() == ()
    assert archive.asked == []


async def test_rooms_that_may_not_be_read_are_left_out() -> None:
    archive = Archive([post(room, 1, room) for room in range(3)], closed=ROOMS[1:2])
    history = stream(archive, [*ROOMS, ROOMS[0]], HistoryQuery())
    assert [one.room_uri for one in await history.collect()] == [ROOMS[0], ROOMS[2]]
    assert list(history.failed) == [ROOMS[1]]
    assert isinstance(history.failed[ROOMS[1]], PermissionDenied)


async def test_one_room_that_may_not_be_read() -> None:
    with pytest.raises(PermissionDenied) as caught:
        await stream(Archive([], closed=ROOMS), ROOMS[:1], HistoryQuery()).collect()
    assert caught.value.room == ROOMS[0]


async def test_many_rooms_are_asked_in_portions() -> None:
    rooms = [f"ma-chan://example.com/00000000-0000-4000-8000-{number:012}" for number in range(250)]
    archive = Archive([])
    await stream(archive, rooms, HistoryQuery()).collect()
    assert [len(command.room_uris) for command in archive.asked] == [83, 83, 84]


async def test_messages_in_any_order_and_a_page_that_leads_nowhere() -> None:
    """A server that is not ours may show pages as it likes, and say that there is more where there is none."""

    class Odd(Archive):
        def _replies(self, command: Any) -> list[Reply]:
            page = (post(0, 3, 3), post(0, 1, 1), post(0, 2, 2)) if isinstance(command, HistoryByDate) else ()
            return [Reply(1, "x", 1, 1, 200, "", HistoryPages((HistoryPage(ROOMS[0], page, 3, truncated=True),)))]

    history = stream(Odd([]), ROOMS[:1], HistoryQuery())
    assert numbers(await history.collect()) == [1, 2, 3]
    assert history.unfinished == (ROOMS[0],)


def far_apart(*rooms: int) -> list[GroupChat]:
    """In each room one "Pump" that comes after five that are written otherwise."""
    return [post(room, n, n, "pump" if n < 6 else "Pump") for room in rooms for n in range(1, 7)]


async def test_where_the_server_looks_no_further_the_stream_says_so() -> None:
    history = stream(Archive(far_apart(0), examine=5), ROOMS[:1], HistoryQuery("Pump", match_case=True))
    assert await history.collect() == ()
    assert history.unfinished == (ROOMS[0],)
    other_way = stream(
        Archive(far_apart(0), examine=5), ROOMS[:1], HistoryQuery("Pump", match_case=True, newest_first=True)
    )
    assert numbers(await other_way.collect()) == [6]
    assert other_way.unfinished == ()
    shorter = stream(Archive(far_apart(0), examine=5), ROOMS[:1], HistoryQuery("Pump", match_case=True, since=3))
    assert numbers(await shorter.collect()) == [6]
    assert shorter.unfinished == ()


async def test_unfinished_after_some_messages_and_forgotten_when_read_again() -> None:
    archive = Archive([post(0, 1, 1, "Pump"), *[post(0, n, n, "pump") for n in range(2, 9)]], examine=5)
    history = stream(archive, ROOMS[:1], HistoryQuery("Pump", match_case=True))
    assert numbers(await history.collect()) == [1]
    assert history.unfinished == (ROOMS[0],)
    archive.examine = 100
    assert numbers(await history.collect()) == [1]
    assert history.unfinished == ()


async def test_what_several_rooms_share_each_gets_alone() -> None:
    """Five are looked at in each when they are asked together: one goes on alone, and has all fifteen."""
    archive = Archive(far_apart(0, 1, 2), examine=15)
    history = stream(archive, ROOMS, HistoryQuery("Pump", match_case=True, since=1))
    assert [one.room_uri for one in await history.collect()] == ROOMS
    assert history.unfinished == ()
    assert history.matches == 3
    assert [len(command.room_uris) for command in archive.asked] == [3, 1, 1, 1]
    assert {command.filter.since for command in archive.asked} == {1}


async def test_what_several_rooms_share_and_alone_is_not_enough() -> None:
    archive = Archive(far_apart(0, 1), examine=5)
    history = stream(archive, ROOMS[:2], HistoryQuery("Pump", match_case=True))
    assert await history.collect() == ()
    assert history.unfinished == tuple(ROOMS[:2])


@given(st.integers(0, 420))
def test_no_portion_of_many_rooms_is_a_single_one(count: int) -> None:
    uris = [f"{number}" for number in range(count)]
    shares = portions(uris)
    assert [uri for share in shares for uri in share] == uris
    assert all(1 < len(share) <= 100 for share in shares) or count == 1


async def test_the_last_of_101_rooms_is_closed() -> None:
    uris = [f"ma-chan://example.com/5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a{number:04d}" for number in range(101)]
    archive = Archive([GroupChat(1, uris[0], "sip:a@example.com", "hello", chat_id=1, at=1)], closed=uris[1:])
    history = stream(archive, uris, HistoryQuery())
    assert numbers(await history.collect()) == [1]
    assert list(history.failed) == uris[1:]


async def test_a_room_that_closes_while_it_is_read_ends_there() -> None:
    archive = Archive([post(0, n, n) for n in range(1, 6)] + [post(1, n, n) for n in range(1, 6)], cap=3)
    history = stream(archive, ROOMS[:2], HistoryQuery())
    seen = []
    async for message in history:
        seen.append((message.room_uri, message.chat_id))
        archive.closed = [ROOMS[1]]
    assert [number for uri, number in seen if uri == ROOMS[0]] == [1, 2, 3, 4, 5]
    assert [number for uri, number in seen if uri == ROOMS[1]] == [1, 2, 3]
    assert history.failed[ROOMS[1]].room == ROOMS[1]
