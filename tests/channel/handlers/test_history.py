"""Reading back and looking for messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from parlour.rooms.editing import CategoryChange
from parlour.xccos.types import HistoryByDate, HistoryByMessage, HistoryFilter
from tests.channel.scene import MISSING, OPEN, OTHER, SECRET, Client, Scene, chat, join, recent, room_at, texts
from tests.hub.fakes import PLANT, uri

SAID = ("펌프 3 정지", "pump 3 tripped", "점심 먹자", "예비펌프를 켰다")


async def said(scene: Scene) -> tuple[Client, Client]:
    """Alice and bob are in the lobby, and by turns have said all of SAID."""
    alice, bob = await scene.joined(), await scene.joined("bob")
    for number, text in enumerate(SAID):
        assert await (alice, bob)[number % 2].say(chat(text)) == 200
    alice.forget()
    bob.forget()
    return alice, bob


def by_date(*rooms: str, **wanted: Any) -> HistoryByDate:
    return HistoryByDate(1, tuple(room_at(room) for room in rooms or (OPEN,)), HistoryFilter(**wanted))


def by_message(anchor: int, *rooms: str, **wanted: Any) -> HistoryByMessage:
    return HistoryByMessage(
        1, tuple(room_at(room) for room in rooms or (OPEN,)), HistoryFilter(anchor=anchor, **wanted)
    )


async def read(client: Client, command: Any) -> list[int]:
    """The numbers of the messages of the only page."""
    reply = await client.ask(command)
    assert reply.code == 200
    (page,) = reply.body.pages  # type: ignore[union-attr]
    return [message.chat_id for message in page.messages]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({}, [1, 2, 3, 4]),
        ({"words": "펌프"}, [1, 4]),
        ({"words": "펌프 trip"}, [1, 2, 4]),
        ({"words": "펌프 정지", "match": "ALL"}, [1]),
        ({"words": "펌프 3", "match": "PHR"}, [1]),
        ({"words": "PUMP"}, [2]),
        ({"words": "PUMP", "match_case": True}, []),
        ({"authors": (uri("bob"),)}, [2, 4]),
        ({"limit": 2}, [1, 2]),
        ({"limit": 2, "newest_first_scan": True}, [3, 4]),
        ({"limit": 3, "newest_first_sort": True}, [3, 2, 1]),
        ({"limit": 3, "newest_first_scan": True, "newest_first_sort": True}, [4, 3, 2]),
    ],
)
async def test_by_words_authors_and_order(wanted: dict[str, Any], numbers: Sequence[int]) -> None:
    async with Scene() as scene:
        alice, _ = await said(scene)
        assert await read(alice, by_date(**wanted)) == numbers


async def test_a_query_that_asks_for_too_much_is_refused_as_a_whole() -> None:
    words = " ".join(f"w{number}" for number in range(33))
    async with Scene() as scene:
        alice, _ = await said(scene)
        for rooms in ((OPEN,), (OPEN, OTHER), (OPEN, MISSING)):
            assert (await alice.ask(by_date(*rooms, words=words))).code == 413
            assert (await alice.ask(by_message(0, *rooms, words=words))).code == 413
        assert await read(alice, by_date(words=words, match="PHR")) == []


async def test_by_time_both_ends_included() -> None:
    async with Scene() as scene:
        alice, _ = await said(scene)
        times = [post.at for post in await scene.store.posts.last(OPEN, 10)]
        assert await read(alice, by_date(since=times[1], until=times[2])) == [2, 3]
        assert await read(alice, by_date(since=times[3])) == [4]
        assert await read(alice, by_date(until=times[0])) == [1]


@pytest.mark.parametrize(
    ("anchor", "wanted", "numbers"),
    [
        (2, {}, [3, 4]),
        (3, {"newest_first_scan": True}, [1, 2]),
        (4, {"newest_first_scan": True, "limit": 1}, [3]),
        (1, {"limit": 2}, [2, 3]),
        (2, {"only_anchor": True}, [2]),
        (2, {"since": 1, "until": 2}, [3, 4]),
    ],
)
async def test_from_a_message_on(anchor: int, wanted: dict[str, Any], numbers: Sequence[int]) -> None:
    async with Scene() as scene:
        alice, _ = await said(scene)
        assert await read(alice, by_message(anchor, **wanted)) == numbers


async def test_what_a_page_says_of_itself() -> None:
    async with Scene() as scene:
        alice, _ = await said(scene)
        (page,) = (await alice.ask(by_date(words="펌프", limit=1))).body.pages  # type: ignore[union-attr]
        assert (page.room_uri, page.matches, page.truncated) == (room_at(OPEN), 2, True)
        for anchored, matches in (({}, 1), ({"words": "펌프"}, 2)):
            (turned,) = (await alice.ask(by_message(5, limit=1, newest_first_scan=True, **anchored))).body.pages  # type: ignore
            assert (turned.matches, turned.truncated) == (matches, True)
        (message,) = page.messages
        assert (message.author, message.author_name, message.text) == (uri("alice"), "Alice", SAID[0])
        (page,) = (await alice.ask(by_message(2, only_anchor=True))).body.pages  # type: ignore[union-attr]
        assert (page.matches, page.truncated, page.messages[0].text) == (1, False, SAID[1])
        (page,) = (await alice.ask(by_date(OPEN, anchor=2, only_anchor=True))).body.pages  # type: ignore[union-attr]
        assert [message.chat_id for message in page.messages] == [2]


async def test_several_rooms_each_by_itself() -> None:
    async with Scene() as scene:
        alice, bob = await said(scene)
        await bob.ask(join(SECRET, OTHER))
        await bob.say(chat("비밀 펌프", SECRET), chat("펌프", OTHER))
        reply = await alice.ask(by_date(OPEN, SECRET, OTHER, MISSING, words="펌프"))
        body: Any = reply.body
        assert reply.code == 200
        assert [(page.room_uri, page.matches) for page in body.pages] == [(room_at(OPEN), 2), (room_at(OTHER), 1)]
        assert [(one.guid, one.code) for one in body.failed] == [(SECRET, 404), (MISSING, 404)]


async def test_a_single_room_that_may_not_be_read_refuses_the_command() -> None:
    async with Scene() as scene:
        alice, bob = await said(scene)
        await bob.ask(join(SECRET))
        await bob.say(chat("비밀", SECRET))
        for make in (lambda room: by_date(room), lambda room: by_message(1, room, only_anchor=True), recent):
            secret, missing = await alice.ask(make(SECRET)), await alice.ask(make(MISSING))
            assert (secret.code, secret.text, secret.body) == (missing.code, missing.text, missing.body)
            assert secret.code == 404


async def test_a_message_that_is_not_there() -> None:
    async with Scene() as scene:
        alice, _ = await said(scene)
        for number in (0, 5, 2**64 - 1):
            assert (await alice.ask(by_message(number, only_anchor=True))).code == 423
        body: Any = (await alice.ask(by_message(2, OPEN, OTHER, only_anchor=True))).body
        assert [page.messages[0].chat_id for page in body.pages] == [2]
        assert [one.code for one in body.failed] == [423]


async def test_a_category_without_history_gives_none() -> None:
    async with Scene() as scene:
        alice, _ = await said(scene)
        await scene.hub.managing.modify_category(None, PLANT.id, CategoryChange(logged=False))
        assert await read(alice, by_date()) == []
        assert texts([await alice.ask(recent())]) == []


async def test_a_large_answer_comes_whole_and_in_order() -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        for number in range(40):
            await bob.say(chat(f"{number} " + "가" * 1000))
        alice.forget()
        assert await alice.say(by_date(limit=500)) == 200
        pages = [page for reply in alice.replies() for page in reply.body.pages]  # type: ignore[union-attr]
        assert len(pages) > 2
        assert [message.chat_id for page in pages for message in page.messages] == list(range(1, 41))
        assert {(page.matches, page.truncated) for page in pages} == {(40, False)}


async def test_what_is_said_while_messages_are_looked_for_is_told_at_once() -> None:
    async with Scene() as scene:
        alice, bob = await said(scene)
        scene.store.posts.hold()
        alice.start(by_date())
        bob.start(chat("meanwhile"))
        await alice.settle()
        assert alice.order() == [200]
        scene.store.posts.release()
        await alice.settle()
        assert alice.chats() == ["meanwhile"]
        assert [reply.code for reply in alice.replies()] == [200]
