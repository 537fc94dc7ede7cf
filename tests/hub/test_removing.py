"""Messages that administrators remove or replace: out of the history, told to the room, kept in the archive."""

from __future__ import annotations

import asyncio

import pytest

from parlour.hub.changing import CONSOLE
from parlour.hub.events import HistoryPurged, PostReplaced, PostsRemoved
from parlour.hub.posting import Draft
from parlour.hub.reading import History
from parlour.hub.removing import DEFAULT_REPLACEMENT, SLICE, Removal
from parlour.rooms.history import PostQuery
from parlour.rooms.model import Limits, Micros, Person, RoomId
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import EventKind, StoredPost
from tests.hub.fakes import World, key, person, room, uri

SHIFT = room(1, "야간 근무", members=frozenset({"ma-grp:all"}), managers=frozenset({uri("mia")}))
QUIET = room(2, "Quiet", members=frozenset({"ma-grp:all"}))


async def world(**options: object) -> World:
    people = [person(name) for name in ("ann", "bob", "mia")]
    w = World([*people, person("root", is_admin=True)], [SHIFT, QUIET], **options)  # type: ignore[arg-type]
    await w.hub.start()
    return w


def who(w: World, name: str) -> Person:
    found = w.directory.find_person(uri(name))
    assert found is not None
    return found


async def say(w: World, *texts: str, author: str = "ann", where: RoomId = SHIFT.id) -> None:
    for text in texts:
        assert isinstance(await w.hub.post_as(uri(author), where, Draft(text, rtf="{\\rtf}"), key()), StoredPost)


def texts(w: World, where: RoomId = SHIFT.id) -> list[str]:
    return [post.text for post in w.posts.posts.get(where, [])]


async def test_one_message_is_removed() -> None:
    w = await world()
    await say(w, "하나", "둘", "셋")
    bob, ears = w.enter("bob")
    await w.hub.join(bob, SHIFT.id)
    await w.hub.recent(bob, SHIFT.id)
    gone = await w.hub.removing.remove_one(who(w, "root"), SHIFT.id, 2)
    assert isinstance(gone, StoredPost)
    assert (gone.chat_id, gone.text) == (2, "둘")
    await w.settle()
    (event,) = ears.events
    assert isinstance(event, PostsRemoved)
    assert (event.room, event.chat_ids) == (SHIFT.id, (2,))
    history = await w.hub.recent(bob, SHIFT.id)
    assert isinstance(history, History)
    assert [post.text for post in history.posts] == ["하나", "셋"]
    assert (EventKind.CHATDELETE, uri("root"), SHIFT.id) in w.posts.archive


async def test_one_message_is_replaced() -> None:
    w = await world()
    await say(w, "secret")
    bob, ears = w.enter("bob")
    await w.hub.join(bob, SHIFT.id)
    now = await w.hub.removing.remove_one(None, SHIFT.id, 1, DEFAULT_REPLACEMENT)
    assert isinstance(now, StoredPost)
    assert (now.chat_id, now.author, now.text, now.rtf) == (1, uri("ann"), DEFAULT_REPLACEMENT, None)
    await w.settle()
    (event,) = ears.events
    assert isinstance(event, PostReplaced)
    assert event.post == now == w.posts.posts[SHIFT.id][0]
    assert (EventKind.CHATREPLACE, CONSOLE, SHIFT.id) in w.posts.archive


@pytest.mark.parametrize("name", ["ann", "mia"])
async def test_neither_authors_nor_managers_remove(name: str) -> None:
    w = await world()
    await say(w, "mine", author=name)
    someone, removing = who(w, name), w.hub.removing
    for answer in (
        await removing.remove_one(someone, SHIFT.id, 1),
        await removing.remove_one(someone, SHIFT.id, 1, "better"),
        await removing.remove(someone, SHIFT.id, PostQuery()),
        await removing.purge(someone, SHIFT.id, Micros(10**9)),
    ):
        assert isinstance(answer, Refused)
        assert answer.reason is Refusal.NOT_PERMITTED
    assert texts(w) == ["mine"]


@pytest.mark.parametrize("number", [0, -5, 2, 2**63 - 1, 2**64])
async def test_a_message_that_is_not_there(number: int) -> None:
    w = await world()
    await say(w, "x")
    answer = await w.hub.removing.remove_one(None, SHIFT.id, number)
    assert isinstance(answer, Refused)
    assert answer.reason is Refusal.NO_SUCH_MESSAGE
    nowhere = await w.hub.removing.remove_one(None, RoomId("nowhere"), 1)
    assert isinstance(nowhere, Refused)
    assert nowhere.reason is Refusal.NO_SUCH_ROOM
    assert texts(w) == ["x"]


@pytest.mark.parametrize(("replacement", "why"), [(" ", Refusal.INVALID), ("x" * 9000, Refusal.LIMIT_EXCEEDED)])
async def test_a_replacement_is_a_message(replacement: str, why: Refusal) -> None:
    w = await world()
    await say(w, "x")
    for answer in (
        await w.hub.removing.remove_one(None, SHIFT.id, 1, replacement),
        await w.hub.removing.remove(None, SHIFT.id, PostQuery(), replacement),
    ):
        assert isinstance(answer, Refused)
        assert answer.reason is why
    assert texts(w) == ["x"]


async def test_many_are_removed_by_words_and_author() -> None:
    w = await world()
    await say(w, "급여 명세", "점심", "급여 인상")
    await say(w, "급여", author="bob")
    await say(w, "급여", where=QUIET.id)
    query = PostQuery(text="급여", authors=frozenset({uri("ann")}))
    assert await w.hub.removing.remove(None, SHIFT.id, query) == Removal(2)
    assert texts(w) == ["점심", "급여"]
    assert texts(w, QUIET.id) == ["급여"]
    assert await w.hub.removing.remove(None, SHIFT.id, query) == Removal(0)


async def test_a_purge_is_inclusive_and_told_once() -> None:
    w = await world()
    await say(w, "a", "b", "c")
    bob, ears = w.enter("bob")
    await w.hub.join(bob, SHIFT.id)
    until = w.posts.posts[SHIFT.id][1].at
    assert await w.hub.removing.purge(None, SHIFT.id, until) == Removal(2)
    await w.settle()
    (event,) = ears.events
    assert isinstance(event, HistoryPurged)
    assert (event.room, event.until) == (SHIFT.id, until)
    assert texts(w) == ["c"]
    assert await w.hub.removing.purge(None, SHIFT.id, until) == Removal(0)
    await w.settle()
    assert len(ears.events) == 1


async def fill(w: World, count: int) -> None:
    stored = [
        StoredPost(SHIFT.id, n, uri("ann"), "Ann", f"text {n}", Micros(n), "{\\rtf}") for n in range(1, count + 1)
    ]
    w.posts.posts[SHIFT.id] = stored
    w.posts._numbers[SHIFT.id] = iter(range(count + 1, 10**6))  # type: ignore[assignment]


@pytest.mark.parametrize("replacement", [None, "gone"])
async def test_posts_go_on_while_much_is_removed(replacement: str | None) -> None:
    w = await world()
    await fill(w, 3 * SLICE + 7)
    bob, ears = w.enter("bob")
    await w.hub.join(bob, SHIFT.id)
    removal = asyncio.ensure_future(w.hub.removing.remove(None, SHIFT.id, PostQuery(), replacement))
    while not w.posts.reads:
        await asyncio.sleep(0)
    said = 0
    while not removal.done():
        assert isinstance(await w.hub.post(bob, SHIFT.id, Draft(f"meanwhile {said}"), key()), StoredPost)
        said += 1
    assert await removal == Removal(3 * SLICE + 7)
    assert said >= 3
    # What was said after the removal was asked for is not meant by it.
    left = [text for text in texts(w) if text != replacement]
    assert left == [f"meanwhile {n}" for n in range(said)]
    await w.settle()
    told = [number for event in ears.events if isinstance(event, PostsRemoved) for number in event.chat_ids]
    told += [event.post.chat_id for event in ears.events if isinstance(event, PostReplaced)]
    assert told == list(range(1, 3 * SLICE + 8))


async def test_notices_of_removal_never_fill_a_room() -> None:
    w = await world(slice_size=1, limits=Limits(room_backlog=40))
    await fill(w, SLICE)
    for n in range(4):
        visit, _ = w.enter("bob", f"{n}")
        await w.hub.join(visit, SHIFT.id)
    removal = asyncio.ensure_future(w.hub.removing.remove(None, SHIFT.id, PostQuery(), "gone"))
    highest = 0
    while not removal.done():
        highest = max(highest, w.hub.presence.live[SHIFT.id].audience.backlog)
        await asyncio.sleep(0)
    assert await removal == Removal(SLICE)
    assert 20 < highest <= 20 + 32 * 2


@pytest.mark.parametrize("act", ["remove", "replace", "purge"])
async def test_a_store_that_fails_midway_says_how_far_it_came(act: str) -> None:
    w = await world()
    await fill(w, 3 * SLICE)
    bob, ears = w.enter("bob")
    await w.hub.join(bob, SHIFT.id)
    w.posts.removals_left = 2
    removing = w.hub.removing
    if act == "purge":
        answer = await removing.purge(None, SHIFT.id, Micros(3 * SLICE))
    else:
        answer = await removing.remove(None, SHIFT.id, PostQuery(), "gone" if act == "replace" else None)
    assert isinstance(answer, Refused)
    assert answer.reason is Refusal.UNAVAILABLE
    assert str(2 * SLICE) in answer.detail
    await w.settle()
    last = ears.events[-1]
    match last:
        case PostsRemoved(chat_ids=numbers):
            assert numbers[-1] == 2 * SLICE
        case PostReplaced(post=post):
            assert post.chat_id == 2 * SLICE
        case HistoryPurged(until=until):
            assert until == 2 * SLICE - 1
        case _:
            raise AssertionError(last)
    w.posts.removals_left = None
    rest = await removing.remove(None, SHIFT.id, PostQuery(text="text"))
    assert rest == Removal(SLICE)


async def test_who_hangs_up_does_not_stop_a_removal() -> None:
    w = await world()
    await fill(w, 2 * SLICE)
    bob, ears = w.enter("bob")
    await w.hub.join(bob, SHIFT.id)
    removal = asyncio.ensure_future(w.hub.removing.remove(None, SHIFT.id, PostQuery()))
    for _ in range(3):
        await asyncio.sleep(0)
    removal.cancel()
    await w.hub.removing.settle()
    await w.settle()
    assert texts(w) == []
    assert sum(len(event.chat_ids) for event in ears.events if isinstance(event, PostsRemoved)) == 2 * SLICE
