"""How far somebody has read, and how much is unread."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from parlour.hub.marks import Unread
from parlour.hub.posting import Draft
from parlour.rooms.editing import CategoryChange, RoomChange
from parlour.rooms.model import CategoryId, Limits, Person, RoomId
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import StoredDocument, StoreUnavailable
from tests.hub.fakes import PLANT, ROOT, World, key, person, room, uri

SHIFT = room(1, "Shift", members=frozenset({"ma-grp:all"}))
OTHER = room(2, "Other", members=frozenset({"ma-grp:all"}))
CLOSED = room(3, "Closed")
FLEETING = replace(PLANT, id=CategoryId("c0000000-0000-0000-0000-000000000009"), name="Fleeting", logged=False)
LIVE_ONLY = replace(room(4, "Live only", members=frozenset({"ma-grp:all"})), category=FLEETING.id)


async def world(**limits: int) -> World:
    w = World(
        [person("ann"), person("bob"), person("cat")],
        [SHIFT, OTHER, CLOSED, LIVE_ONLY],
        categories=[ROOT, PLANT, FLEETING],
        limits=replace(Limits(), **limits),  # type: ignore[arg-type]
    )
    await w.hub.start()
    return w


def ann(w: World) -> Person:
    found = w.directory.find_person(uri("ann"))
    assert found is not None
    return found


async def say(w: World, count: int, where: RoomId = SHIFT.id) -> None:
    for n in range(count):
        await w.hub.post_as(uri("bob"), where, Draft(f"{n}"), key())


def reason(answer: object) -> Refusal:
    assert isinstance(answer, Refused)
    return answer.reason


async def test_a_mark_goes_forward_only_and_not_beyond_the_newest() -> None:
    w = await world()
    await say(w, 5)
    assert await w.hub.marks.unread(ann(w), [SHIFT.id]) == [Unread(SHIFT.id, 0, 5)]
    assert await w.hub.marks.mark(ann(w), SHIFT.id, 3) == Unread(SHIFT.id, 3, 2)
    assert await w.hub.marks.mark(ann(w), SHIFT.id, 1) == Unread(SHIFT.id, 3, 2)
    assert await w.hub.marks.mark(ann(w), SHIFT.id, 2**64) == Unread(SHIFT.id, 5, 0)
    await say(w, 2)
    assert await w.hub.marks.unread(ann(w), [SHIFT.id]) == [Unread(SHIFT.id, 5, 2)]


@pytest.mark.parametrize("number", [0, -1])
async def test_a_mark_before_the_first_message_is_none(number: int) -> None:
    w = await world()
    assert await w.hub.marks.mark(ann(w), SHIFT.id, number) == Unread(SHIFT.id, 0, 0)
    await say(w, 1)
    assert await w.hub.marks.mark(ann(w), SHIFT.id, number) == Unread(SHIFT.id, 0, 1)
    assert await w.store.documents.all(uri("ann"), "read-mark") == []


async def test_each_person_has_marks_of_their_own() -> None:
    w = await world()
    await say(w, 2)
    await w.hub.marks.mark(ann(w), SHIFT.id, 2)
    cat = w.directory.find_person(uri("cat"))
    assert cat is not None
    assert await w.hub.marks.unread(cat, [SHIFT.id]) == [Unread(SHIFT.id, 0, 2)]


async def test_all_marked_rooms_that_may_still_be_read() -> None:
    w = await world()
    await say(w, 2)
    await say(w, 3, OTHER.id)
    await w.hub.marks.mark(ann(w), SHIFT.id, 1)
    await w.hub.marks.mark(ann(w), OTHER.id, 1)
    assert await w.hub.marks.unread(ann(w), None) == [Unread(SHIFT.id, 1, 1), Unread(OTHER.id, 1, 2)]
    await w.hub.managing.modify_room(None, OTHER.id, RoomChange(disabled=True))
    assert await w.hub.marks.unread(ann(w), None) == [Unread(SHIFT.id, 1, 1)]


async def test_rooms_that_may_not_be_read_answer_for_themselves() -> None:
    w = await world()
    await say(w, 1)
    first, second, third = await w.hub.marks.unread(ann(w), [CLOSED.id, SHIFT.id, RoomId("nowhere")])
    assert (reason(first), second, reason(third)) == (
        Refusal.NOT_PERMITTED,
        Unread(SHIFT.id, 0, 1),
        Refusal.NO_SUCH_ROOM,
    )
    assert reason(await w.hub.marks.mark(ann(w), CLOSED.id, 1)) is Refusal.NOT_PERMITTED


async def test_so_many_rooms_at_a_time() -> None:
    w = await world(rooms_per_query=2)
    answers = await w.hub.marks.unread(ann(w), [SHIFT.id] * 3)
    assert [reason(answer) for answer in answers] == [Refusal.LIMIT_EXCEEDED] * 3


async def test_where_nothing_is_kept_nothing_is_unread() -> None:
    w = await world()
    await say(w, 3, LIVE_ONLY.id)
    assert await w.hub.marks.mark(ann(w), LIVE_ONLY.id, 3) == Unread(LIVE_ONLY.id, 0, 0)


async def test_what_cannot_be_read_is_not_unread() -> None:
    w = await world()
    await say(w, 5)
    await w.hub.marks.mark(ann(w), SHIFT.id, 2)
    await w.hub.managing.modify_category(None, PLANT.id, CategoryChange(logged=False))
    assert await w.hub.marks.unread(ann(w), [SHIFT.id]) == [Unread(SHIFT.id, 2, 0)]
    await w.hub.managing.modify_category(None, PLANT.id, CategoryChange(logged=True))
    assert await w.hub.marks.unread(ann(w), [SHIFT.id]) == [Unread(SHIFT.id, 2, 3)]


async def test_ones_own_messages_are_not_unread() -> None:
    w = await world()
    await say(w, 2)
    await w.hub.marks.mark(ann(w), SHIFT.id, 2)
    await w.hub.post_as(uri("ann"), SHIFT.id, Draft("mine"), key())
    assert await w.hub.marks.unread(ann(w), [SHIFT.id]) == [Unread(SHIFT.id, 2, 0)]
    await say(w, 1)
    assert await w.hub.marks.unread(ann(w), [SHIFT.id]) == [Unread(SHIFT.id, 2, 1)]


async def test_two_endpoints_at_once_the_higher_mark_counts() -> None:
    w = await world()
    await say(w, 9)
    answers = await asyncio.gather(*(w.hub.marks.mark(ann(w), SHIFT.id, number) for number in (4, 9, 2, 7)))
    assert not any(isinstance(answer, Refused) for answer in answers)
    assert await w.hub.marks.unread(ann(w), [SHIFT.id]) == [Unread(SHIFT.id, 9, 0)]


async def test_removed_messages_do_not_move_a_mark() -> None:
    w = await world()
    await say(w, 4)
    await w.hub.marks.mark(ann(w), SHIFT.id, 4)
    await w.hub.removing.remove_one(None, SHIFT.id, 4)
    assert await w.hub.marks.mark(ann(w), SHIFT.id, 4) == Unread(SHIFT.id, 4, 0)


async def test_while_the_store_is_away() -> None:
    w = await world()
    await say(w, 2)
    w.store.papers.off = True
    assert reason(await w.hub.marks.mark(ann(w), SHIFT.id, 1)) is Refusal.UNAVAILABLE
    w.posts.down = True
    (answer,) = await w.hub.marks.unread(ann(w), [SHIFT.id])
    assert reason(answer) is Refusal.UNAVAILABLE


async def test_marks_that_cannot_be_read_are_not_taken_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    w = await world()

    async def all_of(owner: str, kind: str) -> Sequence[StoredDocument]:
        raise StoreUnavailable

    monkeypatch.setattr(w.store.documents, "all", all_of)
    assert reason(await w.hub.marks.unread(ann(w), None)) is Refusal.UNAVAILABLE
    (answer,) = await w.hub.marks.unread(ann(w), [SHIFT.id])
    assert reason(answer) is Refusal.UNAVAILABLE


@pytest.mark.parametrize("named", [True, False])
async def test_one_reading_for_all_rooms_of_a_request(named: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    w = await world()
    await say(w, 2)
    await say(w, 3, OTHER.id)
    for where in (SHIFT, OTHER, LIVE_ONLY):
        await w.hub.marks.mark(ann(w), where.id, 1)
    before = w.posts.reads
    wanted = [SHIFT.id, OTHER.id, SHIFT.id]
    answers = await w.hub.marks.unread(ann(w), wanted if named else None)
    both = [Unread(SHIFT.id, 1, 1), Unread(OTHER.id, 1, 2)]
    assert answers == ([*both, both[0]] if named else both)
    assert w.posts.reads == before + 1
    # Very many are read in portions, each a turn of its own.
    monkeypatch.setattr("parlour.hub.marks.ROOMS_AT_ONCE", 1)
    assert await w.hub.marks.unread(ann(w), None) == both
    assert w.posts.reads == before + 3
