"""Reading back: recorded, served from memory, never wrong about what was kept."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from parlour.hub.hub import READS_AT_ONCE
from parlour.hub.posting import Draft
from parlour.hub.reading import History, HistoryPage, what_fits
from parlour.hub.tails import Tails
from parlour.rooms.editing import RoomChange
from parlour.rooms.history import PostQuery
from parlour.rooms.model import CategoryId, Limits, Micros, Person, RoomId, Visibility
from parlour.rooms.refusals import Refusal, Refused
from parlour.rooms.words import WordMatch, Words, compile_words
from parlour.store.api import EventKind, StoredPost
from tests.hub.fakes import PLANT, ROOT, World, key, person, room, uri

MEMBERS = frozenset({"ma-grp:all"})
SHIFT = room(1, "Night Shift", members=MEMBERS)
CLOSED = room(2, "Closed")
SHUT = room(3, "Shut", members=MEMBERS, disabled=True)


async def world(**options: object) -> World:
    made = World([person("ann"), person("bob")], [SHIFT, CLOSED, SHUT], **options)  # type: ignore[arg-type]
    await made.hub.start()
    return made


def ids(history: History | Refused) -> list[int]:
    assert isinstance(history, History)
    return [post.chat_id for post in history.posts]


async def test_the_newest_in_order_from_memory() -> None:
    w = await world()
    ann, _ = w.enter("ann")
    await w.hub.join(ann, SHIFT.id)
    for n in range(40):
        await w.hub.post(ann, SHIFT.id, Draft(str(n)), key())
    history = await w.hub.recent(ann, SHIFT.id, 25)
    assert isinstance(history, History)
    assert ids(history) == list(range(16, 41))
    assert history.up_to == 40
    await w.hub.post(ann, SHIFT.id, Draft("new"), key())
    assert ids(await w.hub.recent(ann, SHIFT.id, 3)) == [39, 40, 41]
    assert ids(await w.hub.recent(ann, SHIFT.id)) == list(range(12, 42))
    assert ids(await w.hub.recent(ann, SHIFT.id, 500)) == list(range(12, 42))
    assert w.posts.reads == 1


async def test_reading_is_an_act_for_the_archive() -> None:
    w = await world()
    ann, _ = w.enter("ann")
    await w.hub.post_as(uri("bob"), SHIFT.id, Draft("x"), key())
    await w.hub.recent(ann, SHIFT.id, 25)
    (event,) = w.posts.events
    assert (event.kind, event.who, dict(event.detail)) == (
        EventKind.BACKCHAT,
        uri("ann"),
        {"count": 1, "first": 1, "last": 1},
    )
    w.posts.down = True
    for _ in range(3):
        assert ids(await w.hub.recent(ann, SHIFT.id, 25)) == [1]
    assert w.hub.recorder.owed == 3
    w.hub.recorder._most_owed = 3
    answer = await w.hub.recent(ann, SHIFT.id, 25)
    assert isinstance(answer, Refused)
    assert answer.reason is Refusal.UNAVAILABLE
    w.posts.down = False
    await w.hub.recorder.close()
    assert w.hub.recorder.owed == 0


async def test_older_pages() -> None:
    w = await world()
    ann, _ = w.enter("ann")
    for n in range(10):
        await w.hub.post_as(uri("bob"), SHIFT.id, Draft(str(n)), key())
    assert ids(await w.hub.before(ann, SHIFT.id, 6, 3)) == [3, 4, 5]


async def test_who_may_not_read() -> None:
    w = await world()
    ann, _ = w.enter("ann")
    for asked, why in [(CLOSED.id, Refusal.NOT_PERMITTED), (SHUT.id, Refusal.ROOM_DISABLED)]:
        answer = await w.hub.recent(ann, asked)
        assert isinstance(answer, Refused)
        assert answer.reason is why
    w.hub.leave(ann)
    over = await w.hub.recent(ann, SHIFT.id)
    assert isinstance(over, Refused)


async def test_an_outage_while_loading_is_not_remembered() -> None:
    w = await world()
    ann, _ = w.enter("ann")
    await w.hub.post_as(uri("bob"), SHIFT.id, Draft("x"), key())
    w.posts.down = True
    assert isinstance(await w.hub.recent(ann, SHIFT.id), Refused)
    w.posts.down = False
    assert ids(await w.hub.recent(ann, SHIFT.id)) == [1]


async def test_posts_kept_while_the_tail_loads_are_neither_lost_nor_doubled() -> None:
    w = await world(limits=Limits(default_history=500))
    ann, _ = w.enter("ann")
    await w.hub.join(ann, SHIFT.id)
    for _ in range(5):
        await w.hub.post(ann, SHIFT.id, Draft("before"), key())
    answers = await asyncio.gather(
        w.hub.recent(ann, SHIFT.id),
        *(w.hub.post(ann, SHIFT.id, Draft("during"), key()) for _ in range(5)),
        w.hub.recent(ann, SHIFT.id),
    )
    assert not any(isinstance(answer, Refused) for answer in answers)
    assert ids(await w.hub.recent(ann, SHIFT.id)) == list(range(1, 11))
    assert w.posts.reads == 1


def post(where: str, number: int, size: int = 1) -> StoredPost:
    return StoredPost(RoomId(where), number, "a", "A", "x" * size, Micros(0))


async def test_tails_forget_the_room_used_longest_ago() -> None:
    loads: list[str] = []

    async def load(where: RoomId, count: int) -> list[StoredPost]:
        loads.append(where)
        return [post(where, 1)]

    tails = Tails(load, length=3, rooms=2)
    for where in ("a", "b", "a", "c", "a", "b"):
        assert [p.chat_id for p in await tails.newest(RoomId(where), 3)] == [1]
    assert loads == ["a", "b", "c", "b"]
    tails.append(post("b", 2))
    assert [p.chat_id for p in await tails.newest(RoomId("b"), 3)] == [1, 2]
    tails.append(post("b", 2))
    assert [p.chat_id for p in await tails.newest(RoomId("b"), 3)] == [1, 2]
    tails.forget(RoomId("b"))
    assert [p.chat_id for p in await tails.newest(RoomId("b"), 3)] == [1]


async def test_tails_are_bounded_in_size() -> None:
    async def load(where: RoomId, count: int) -> list[StoredPost]:
        return [post(where, n, 1000) for n in range(1, count + 1)]

    tails = Tails(load, length=3, chars=10_000)
    for n in range(50):
        await tails.newest(RoomId(str(n)), 3)
    assert len(tails._tails) <= 3
    assert tails._chars == sum(tail.chars for tail in tails._tails.values())


# --- queries

FLEETING = replace(PLANT, id=CategoryId("c0000000-0000-0000-0000-000000000009"), name="Fleeting", logged=False)
LIVE_ONLY = replace(room(4, "Live only", members=MEMBERS), category=FLEETING.id)
SECRET = room(5, "Secret", visibility=Visibility.PRIVATE)


async def wide(**limits: int) -> tuple[World, Person]:
    made = World(
        [person("ann"), person("bob")],
        [SHIFT, CLOSED, SHUT, LIVE_ONLY, SECRET],
        categories=[ROOT, PLANT, FLEETING],
        limits=replace(Limits(), **limits),  # type: ignore[arg-type]
    )
    await made.hub.start()
    ann = made.directory.find_person(uri("ann"))
    assert ann is not None
    return made, ann


async def say(w: World, *texts: str, author: str = "bob", where: RoomId = SHIFT.id) -> None:
    for text in texts:
        assert isinstance(await w.hub.post_as(uri(author), where, Draft(text), key()), StoredPost)


def reason(answer: object) -> Refusal:
    assert isinstance(answer, Refused)
    return answer.reason


async def found(w: World, ann: Person, query: PostQuery, limit: int | None = None) -> HistoryPage:
    (page,) = await w.hub.reading.query(ann, [SHIFT.id], query, limit)
    assert isinstance(page, HistoryPage)
    return page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (PostQuery(), [1, 2, 3, 4]),
        (PostQuery(text="펌프"), [1, 3]),
        (PostQuery(text="밸브 petrol"), [2, 4]),
        (PostQuery(text="펌프 고장", match=WordMatch.ALL), [3]),
        (PostQuery(text="펌프 3호", match=WordMatch.PHRASE), [1]),
        (PostQuery(text="petrol", match_case=True), []),
        (PostQuery(text="Petrol", match_case=True), [4]),
        (PostQuery(authors=frozenset({uri("ann")})), [4]),
        (PostQuery(text="펌프", authors=frozenset({uri("ann")})), []),
        (PostQuery(after=2), [3, 4]),
        (PostQuery(before=3), [1, 2]),
        (PostQuery(after=1, before=4), [2, 3]),
        (PostQuery(before=2**64), [1, 2, 3, 4]),
        (PostQuery(after=2**64), []),
        (PostQuery(since=Micros(0), until=Micros(2**64)), [1, 2, 3, 4]),
        (PostQuery(text="?!"), []),
    ],
)
async def test_what_a_query_finds(query: PostQuery, expected: list[int]) -> None:
    w, ann = await wide()
    await say(w, "펌프 3호 점검", "밸브", "고장: 펌프")
    await say(w, "Petrol", author="ann")
    page = await found(w, ann, query)
    assert [post.chat_id for post in page.posts] == expected
    assert (page.room, page.matches, page.more, page.logged) == (SHIFT.id, len(expected), False, True)


async def test_dates_are_inclusive() -> None:
    w, ann = await wide()
    await say(w, "a", "b", "c")
    times = [post.at for post in w.posts.posts[SHIFT.id]]
    page = await found(w, ann, PostQuery(since=times[1], until=times[2]))
    assert [post.chat_id for post in page.posts] == [2, 3]


@pytest.mark.parametrize(("newest_first", "expected"), [(True, [4, 5]), (False, [1, 2])])
async def test_a_limit_says_that_there_is_more(newest_first: bool, expected: list[int]) -> None:
    w, ann = await wide()
    await say(w, *"abcde")
    page = await found(w, ann, PostQuery(newest_first=newest_first), 2)
    assert ([post.chat_id for post in page.posts], page.matches, page.more) == (expected, 5, True)


async def test_the_servers_setting_wins_over_what_is_asked() -> None:
    w, ann = await wide(default_history=2, search_limit=3)
    await say(w, *"abcde")
    assert len((await found(w, ann, PostQuery())).posts) == 2
    assert len((await found(w, ann, PostQuery(), 1)).posts) == 1
    assert len((await found(w, ann, PostQuery(), 900)).posts) == 3


async def test_each_room_answers_for_itself() -> None:
    w, ann = await wide()
    await say(w, "here")
    await say(w, "there", where=LIVE_ONLY.id)
    asked = [CLOSED.id, SHIFT.id, SHUT.id, SECRET.id, RoomId("nowhere"), LIVE_ONLY.id, SHIFT.id]
    closed, shift, shut, secret, nowhere, live, again = await w.hub.reading.query(ann, asked, PostQuery(), None)
    assert (reason(closed), reason(shut)) == (Refusal.NOT_PERMITTED, Refusal.ROOM_DISABLED)
    assert secret == nowhere
    assert reason(secret) is Refusal.NO_SUCH_ROOM
    assert isinstance(shift, HistoryPage)
    assert [post.text for post in shift.posts] == ["here"]
    assert again == shift
    assert live == HistoryPage(LIVE_ONLY.id, (), 0, False, logged=False)


async def test_so_many_rooms_and_no_more() -> None:
    w, ann = await wide(rooms_per_query=2)
    answers = await w.hub.reading.query(ann, [SHIFT.id] * 3, PostQuery(), None)
    assert [reason(answer) for answer in answers] == [Refusal.LIMIT_EXCEEDED] * 3
    assert w.posts.events == []
    assert len(await w.hub.reading.query(ann, [SHIFT.id] * 2, PostQuery(), None)) == 2


async def test_searching_is_recorded_with_what_was_asked_not_with_what_was_found() -> None:
    w, ann = await wide()
    await say(w, "펌프 고장", "밸브")
    query = PostQuery(
        text="펌프", match=WordMatch.ALL, authors=frozenset({uri("bob"), uri("ann")}), until=Micros(10**9), before=9
    )
    await w.hub.reading.query(ann, [SHIFT.id, CLOSED.id, LIVE_ONLY.id], query, None)
    asked = {
        "text": "펌프",
        "match": "ALL",
        "match_case": False,
        "authors": [uri("ann"), uri("bob")],
        "until": 10**9,
        "before": 9,
    }
    assert [(event.kind, event.who, event.room, dict(event.detail)) for event in w.posts.events] == [
        (EventKind.BACKCHAT, uri("ann"), SHIFT.id, {"count": 1, "first": 1, "last": 1, "query": asked}),
        (EventKind.BACKCHAT, uri("ann"), LIVE_ONLY.id, {"count": 0, "query": asked}),
    ]
    assert json.loads(json.dumps(dict(w.posts.events[0].detail))) == w.posts.events[0].detail


async def test_the_words_of_a_query_are_compiled_once_for_all_rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[object] = []

    def counted(*asked: Any) -> Words:
        compiled.append(asked)
        return compile_words(*asked)

    monkeypatch.setattr("parlour.rooms.history.compile_words", counted)
    w, ann = await wide()
    await say(w, "Pump")
    query = PostQuery(text="Pump", match_case=True)
    answers = await w.hub.reading.query(ann, [SHIFT.id, LIVE_ONLY.id, SECRET.id, CLOSED.id], query, None)
    assert [isinstance(answer, HistoryPage) for answer in answers] == [True, True, False, False]
    await w.hub.reading.inspect_query("root", SHIFT.id, query, None)
    assert len(compiled) == 2


async def test_what_is_too_long_to_look_for_is_refused_and_not_recorded() -> None:
    w, ann = await wide()
    query = PostQuery(text="\ufdfa" * 80_000)
    answers = await w.hub.reading.query(ann, [SHIFT.id] * 3, query, None)
    answers.append(await w.hub.reading.inspect_query("root", SHIFT.id, query, None))
    assert [reason(answer) for answer in answers] == [Refusal.LIMIT_EXCEEDED] * 4
    assert w.posts.events == []


async def test_one_message() -> None:
    w, ann = await wide()
    await say(w, "a", "b")
    page, secret, live = await w.hub.reading.messages(ann, [SHIFT.id, SECRET.id, LIVE_ONLY.id], 2)
    assert isinstance(page, HistoryPage)
    assert [post.text for post in page.posts] == ["b"]
    assert (reason(secret), reason(live)) == (Refusal.NO_SUCH_ROOM, Refusal.NO_SUCH_MESSAGE)
    for number in (0, -1, 3, 2**64):
        (answer,) = await w.hub.reading.messages(ann, [SHIFT.id], number)
        assert reason(answer) is Refusal.NO_SUCH_MESSAGE
    many = await w.hub.reading.messages(ann, [SHIFT.id] * 101, 2)
    assert {reason(answer) for answer in many} == {Refusal.LIMIT_EXCEEDED}


@pytest.mark.parametrize(("newest", "kept"), [(True, [3, 4, 5]), (False, [1, 2, 3])])
def test_an_answer_has_as_much_as_fits_and_one_message_at_least(newest: bool, kept: list[int]) -> None:
    posts = [post("r", number, 100) for number in range(1, 6)]
    assert [one.chat_id for one in what_fits(posts, 950, newest)] == kept
    assert what_fits(posts, 5 * 300, newest) == posts
    assert len(what_fits(posts, 0, newest)) == 1
    assert what_fits([], 0, newest) == []


async def test_long_messages_make_short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parlour.hub.reading.ANSWER_CHARS", 3900)
    w, ann = await wide()
    await say(w, *("긴 글" * 100 for _ in range(9)))
    page = await found(w, ann, PostQuery(), 9)
    assert ([one.chat_id for one in page.posts], page.matches, page.more) == ([3, 4, 5, 6, 7, 8, 9], 9, True)
    assert dict(w.posts.events[-1].detail)["count"] == 7
    shared = (await w.hub.reading.query(ann, [SHIFT.id] * 4, PostQuery(newest_first=False), 9))[3]
    assert isinstance(shared, HistoryPage)
    assert [one.chat_id for one in shared.posts] == [1]
    visit, _ = w.enter("ann")
    assert ids(await w.hub.before(visit, SHIFT.id, 9, 30)) == [2, 3, 4, 5, 6, 7, 8]


async def test_administrators_look_into_every_room_and_are_recorded() -> None:
    w, _ = await wide()
    await say(w, "펌프")
    page = await w.hub.reading.inspect_query("urn:console", SHIFT.id, PostQuery(text="펌프"), None)
    assert isinstance(page, HistoryPage)
    assert len(page.posts) == 1
    assert isinstance(await w.hub.reading.inspect_query("urn:console", CLOSED.id, PostQuery(), None), HistoryPage)
    assert [event.who for event in w.posts.events] == ["urn:console"] * 2
    nowhere = await w.hub.reading.inspect_query("urn:console", RoomId("nowhere"), PostQuery(), None)
    assert reason(nowhere) is Refusal.NO_SUCH_ROOM
    assert reason(await w.hub.reading.inspect("urn:console", RoomId("nowhere"), 5)) is Refusal.NO_SUCH_ROOM
    newest = await w.hub.reading.inspect("urn:console", SHIFT.id, 5)
    assert ids(newest) == [1]
    assert ids(await w.hub.reading.inspect("urn:console", SHIFT.id, 0)) == []


async def test_an_outage_is_no_empty_page() -> None:
    w, ann = await wide()
    await say(w, "a")
    w.posts.down = True
    (answer,) = await w.hub.reading.query(ann, [SHIFT.id], PostQuery(), None)
    assert reason(answer) is Refusal.UNAVAILABLE


async def test_who_loses_the_right_while_waiting_reads_nothing() -> None:
    w, ann = await wide()
    await say(w, "a")
    gate = asyncio.Event()
    blockers = [asyncio.ensure_future(w.hub.turns.run(f"p{n}", gate.wait)) for n in range(READS_AT_ONCE)]
    await asyncio.sleep(0)
    reads = [
        asyncio.ensure_future(w.hub.reading.query(ann, [SHIFT.id], PostQuery(), None)),
        asyncio.ensure_future(w.hub.reading.before(ann, SHIFT.id, 9, 5)),
    ]
    await asyncio.sleep(0)
    await w.hub.managing.modify_room(None, SHIFT.id, RoomChange(disabled=True))
    gate.set()
    await asyncio.gather(*blockers)
    (page,), older = await asyncio.gather(*reads)
    assert reason(page) is reason(older) is Refusal.ROOM_DISABLED


async def test_a_reader_with_hundreds_of_queries_does_not_hold_up_another() -> None:
    w, ann = await wide()
    await say(w, "a")
    bob = w.directory.find_person(uri("bob"))
    assert bob is not None
    done: list[str] = []

    async def ask(who: Person) -> None:
        (answer,) = await w.hub.reading.query(who, [SHIFT.id], PostQuery(), None)
        done.append(who.uri if isinstance(answer, HistoryPage) else answer.reason.value)

    asked = [asyncio.ensure_future(ask(ann)) for _ in range(400)]
    await asyncio.sleep(0)
    asked.append(asyncio.ensure_future(ask(bob)))
    await asyncio.gather(*asked)
    # Beyond what may wait, one is told at once; the newcomer does not wait for anything that does.
    assert done.count("busy") == 400 - 256 - 1
    served = [who for who in done if who != "busy"]
    assert served.index(uri("bob")) <= 1


async def test_rooms_of_a_query_share_what_it_may_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one room leaves is there for those after it; a page that is not the whole says so."""
    monkeypatch.setattr("parlour.hub.reading.MOST_EXAMINED", 6)
    small, first, second = (room(number, f"room {number}", members=MEMBERS) for number in (7, 8, 9))
    w = World([person("ann")], [small, first, second])
    await w.hub.start()
    ann = w.directory.find_person(uri("ann"))
    assert ann is not None
    for where, texts in ((small, ["Pump"]), (first, ["Pump", "pump", "pump"]), (second, ["Pump", "pump", "pump"])):
        await say(w, *texts, author="ann", where=where.id)
    query = PostQuery("Pump", match_case=True)
    answers = await w.hub.reading.query(ann, [small.id, CLOSED.id, first.id, second.id], query, None)
    one, refused, two, three = answers
    assert reason(refused) is Refusal.NO_SUCH_ROOM
    pages = [(len(page.posts), page.more, page.examined) for page in (one, two, three) if isinstance(page, HistoryPage)]
    # A fourth of six; half of the other five, and what is left.
    assert pages == [(1, False, 1), (0, True, 2), (1, False, 3)]
    (alone,) = await w.hub.reading.query(ann, [first.id], query, None)
    assert isinstance(alone, HistoryPage)
    assert (len(alone.posts), alone.more) == (1, False)
