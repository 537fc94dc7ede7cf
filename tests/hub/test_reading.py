"""Reading back: recorded, served from memory, never wrong about what was kept."""

from __future__ import annotations

import asyncio

from parlour.hub.posting import Draft
from parlour.hub.reading import History
from parlour.hub.tails import Tails
from parlour.rooms.model import Limits, Micros, RoomId
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import EventKind, StoredPost
from tests.hub.fakes import World, key, person, room, uri

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
