"""Entering and leaving: records first, one participant per person, large rooms, broken connections."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from parlour.hub.events import ListResumed, PersonJoined, PersonParted, Removed, VisitEnded
from parlour.hub.posting import Draft
from parlour.hub.presence import RoomView, Visit
from parlour.rooms.editing import ListEdit, Op, RoomChange
from parlour.rooms.model import Limits, Role, RoomId, Visibility
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import EventKind
from tests.hub.fakes import World, key, person, room, uri

MEMBERS = frozenset({"ma-grp:all"})
SHIFT = room(1, "Night Shift", members=MEMBERS)
DESK = room(2, "Incident Desk", members=MEMBERS)
SECRET = room(3, "Secret", visibility=Visibility.PRIVATE, members=frozenset({uri("ann")}))
CLOSED = room(4, "Closed", members=frozenset({uri("ann")}))
SHUT = room(5, "Shut", members=MEMBERS, disabled=True)
NOWHERE = RoomId("00000000-0000-0000-0000-0000000000ff")


async def world(**options: object) -> World:
    made = World(
        [person("ann"), person("bob"), person("cat"), person("off", chat_enabled=False), person("dis", disabled=True)],
        [SHIFT, DESK, SECRET, CLOSED, SHUT],
        **options,  # type: ignore[arg-type]
    )
    await made.hub.start()
    return made


def reason(answer: object) -> Refusal:
    assert isinstance(answer, Refused)
    return answer.reason


@pytest.mark.parametrize("name", ["nobody", "off", "dis"])
async def test_people_who_may_not_chat_are_not_let_in(name: str) -> None:
    visit, _ = (await world()).enter(name)
    assert reason(visit) is Refusal.NOT_PROVISIONED


async def test_join_gives_the_room_and_its_people() -> None:
    w = await world()
    (ann, ann_ears), (bob, bob_ears) = w.enter("ann"), w.enter("bob")
    assert isinstance(await w.hub.join(ann, SHIFT.id), RoomView)
    view = await w.hub.join(bob, SHIFT.id)
    assert isinstance(view, RoomView)
    assert [p.uri for p in view.participants] == [uri("ann"), uri("bob")]
    assert (view.count, view.large, view.rejoined, view.room) == (2, False, False, SHIFT)
    assert ann_ears.kinds() == ["PersonJoined"]
    assert bob_ears.kinds() == []
    assert [event.kind for event in w.posts.events] == [EventKind.JOIN, EventKind.JOIN]


async def test_joining_again_changes_nothing() -> None:
    w = await world()
    (ann, _), (bob, bob_ears) = w.enter("ann"), w.enter("bob")
    await w.hub.join(bob, SHIFT.id)
    first = await w.hub.join(ann, SHIFT.id)
    again = await w.hub.join(ann, SHIFT.id)
    assert isinstance(first, RoomView)
    assert isinstance(again, RoomView)
    assert again.rejoined
    assert again.participants == first.participants
    assert bob_ears.kinds() == ["PersonJoined"]
    assert len(w.posts.events) == 2


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (NOWHERE, Refusal.NO_SUCH_ROOM),
        (SECRET.id, Refusal.NO_SUCH_ROOM),
        (CLOSED.id, Refusal.NOT_PERMITTED),
        (SHUT.id, Refusal.ROOM_DISABLED),
    ],
)
async def test_rooms_that_cannot_be_entered(asked: RoomId, expected: Refusal) -> None:
    w = await world()
    bob, _ = w.enter("bob")
    assert reason(await w.hub.join(bob, asked)) is expected
    assert w.posts.events == []


async def test_a_secret_room_and_no_room_are_the_same_to_outsiders() -> None:
    w = await world()
    bob, _ = w.enter("bob")
    hub, draft = w.hub, Draft("x")
    for ask in (
        lambda room: hub.join(bob, room),
        lambda room: hub.part(bob, room),
        lambda room: hub.post(bob, room, draft, key()),
        lambda room: hub.post_as(uri("bob"), room, draft, key()),
        lambda room: hub.recent(bob, room),
        lambda room: hub.before(bob, room, 1),
    ):
        assert await ask(SECRET.id) == await ask(NOWHERE)
    for look in (hub.room_view, hub.participants, hub.rights):
        assert look(bob, SECRET.id) == look(bob, NOWHERE)


async def test_many_rooms_cost_one_wait_and_each_has_its_own_answer() -> None:
    w = await world()
    _ann, _ = w.enter("ann")
    bob, _ = w.enter("bob")
    w.posts.hold = True
    task = asyncio.create_task(w.hub.join_many(bob, [SHIFT.id, CLOSED.id, NOWHERE, DESK.id, SHIFT.id]))
    await asyncio.sleep(0)
    w.posts.commit()
    one, closed, nowhere, two, again = await task
    assert isinstance(one, RoomView)
    assert isinstance(two, RoomView)
    assert isinstance(again, RoomView)
    assert [reason(closed), reason(nowhere)] == [Refusal.NOT_PERMITTED, Refusal.NO_SUCH_ROOM]
    assert [event.room for event in w.posts.events] == [SHIFT.id, DESK.id]


async def test_two_joins_at_once_are_one() -> None:
    w = await world()
    ann, _ = w.enter("ann")
    first, second = await asyncio.gather(w.hub.join(ann, SHIFT.id), w.hub.join(ann, SHIFT.id))
    assert isinstance(first, RoomView)
    assert isinstance(second, RoomView)
    assert [first.rejoined, second.rejoined] == [False, True]
    assert len(w.posts.events) == 1


async def test_nobody_is_inside_without_a_record() -> None:
    w = await world()
    (ann, _), (bob, bob_ears) = w.enter("ann"), w.enter("bob")
    await w.hub.join(bob, SHIFT.id)
    w.posts.down = True
    assert reason(await w.hub.join(ann, SHIFT.id)) is Refusal.UNAVAILABLE
    assert bob_ears.kinds() == []
    assert not ann.seats
    w.posts.down = False
    assert isinstance(await w.hub.join(ann, SHIFT.id), RoomView)


async def test_hanging_up_while_joining_is_set_right_in_the_archive() -> None:
    w = await world()
    (ann, _), (bob, bob_ears) = w.enter("ann"), w.enter("bob")
    await w.hub.join(bob, SHIFT.id)
    w.posts.hold = True
    task = asyncio.create_task(w.hub.join(ann, SHIFT.id))
    await asyncio.sleep(0)
    w.hub.leave(ann)
    w.posts.commit()
    assert isinstance(await task, Refused)
    w.posts.commit()
    assert [(event.kind, event.who) for event in w.posts.events[1:]] == [
        (EventKind.JOIN, uri("ann")),
        (EventKind.PART, uri("ann")),
    ]
    assert bob_ears.kinds() == []


async def test_a_cancelled_join_is_set_right_in_the_archive() -> None:
    w = await world()
    ann, _ = w.enter("ann")
    w.posts.hold = True
    task = asyncio.create_task(w.hub.join(ann, SHIFT.id))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    w.posts.commit()
    await asyncio.sleep(0)
    w.posts.commit()
    assert [event.kind for event in w.posts.events] == [EventKind.JOIN, EventKind.PART]
    assert not ann.seats
    assert not ann.arriving


async def test_part_excludes_at_once() -> None:
    w = await world()
    (ann, ann_ears), (bob, bob_ears) = w.enter("ann"), w.enter("bob")
    await w.hub.join(ann, SHIFT.id)
    await w.hub.join(bob, SHIFT.id)
    w.posts.hold = True
    posted = asyncio.create_task(w.hub.post(ann, SHIFT.id, Draft("hello"), key()))
    await asyncio.sleep(0)
    parted = asyncio.create_task(w.hub.part(bob, SHIFT.id))
    await asyncio.sleep(0)
    w.posts.commit()
    await posted
    assert await parted is None
    assert bob_ears.kinds() == []
    assert ann_ears.kinds() == ["PersonJoined", "PersonParted", "PostHeard"]
    assert reason(await w.hub.part(bob, SHIFT.id)) is Refusal.NOT_JOINED


async def test_a_part_that_cannot_be_recorded_now_is_recorded_later() -> None:
    w = await world()
    w.hub.recorder._retry_after = 0.0
    ann, _ = w.enter("ann")
    await w.hub.join(ann, SHIFT.id)
    w.posts.down = True
    assert reason(await w.hub.part(ann, SHIFT.id)) is Refusal.UNAVAILABLE
    assert not ann.seats
    w.posts.down = False
    while w.hub.recorder.owed or w.posts.events[-1].kind is not EventKind.PART:
        await asyncio.sleep(0)
    assert [event.kind for event in w.posts.events] == [EventKind.JOIN, EventKind.PART]


async def test_a_broken_connection_leaves_every_room_and_is_recorded() -> None:
    w = await world()
    (ann, _), (bob, bob_ears) = w.enter("ann"), w.enter("bob")
    await w.hub.join_many(ann, [SHIFT.id, DESK.id])
    await w.hub.join_many(bob, [SHIFT.id, DESK.id])
    await asyncio.sleep(0)
    w.hub.leave(ann)
    w.hub.leave(ann)
    assert [event.room for event in bob_ears.events if isinstance(event, PersonParted)] == [SHIFT.id, DESK.id]
    await w.hub.stop()
    assert sum(event.kind is EventKind.PART for event in w.posts.events) == 4
    assert reason(await w.hub.join(ann, SHIFT.id)) is Refusal.NOT_PROVISIONED


async def test_stopping_tells_and_records_even_after_an_outage() -> None:
    w = await world()
    ann, _ears = w.enter("ann")
    await w.hub.join(ann, SHIFT.id)
    w.posts.down = True
    w.hub.leave(ann)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    w.posts.down = False
    await w.hub.stop()
    assert [event.kind for event in w.posts.events] == [EventKind.JOIN, EventKind.PART]
    assert w.hub.recorder.owed == 0


async def test_several_endpoints_are_one_participant() -> None:
    w = await world()
    bob, bob_ears = w.enter("bob")
    await w.hub.join(bob, SHIFT.id)
    (desk, desk_ears), (phone, phone_ears) = w.enter("ann", "desk"), w.enter("ann", "phone")
    await w.hub.join(desk, SHIFT.id)
    view = await w.hub.join(phone, SHIFT.id)
    assert isinstance(view, RoomView)
    assert (view.count, len(view.participants)) == (2, 2)
    assert bob_ears.kinds() == ["PersonJoined"]
    assert desk_ears.kinds() == []
    await w.hub.post(desk, SHIFT.id, Draft("hi"), key())
    assert desk_ears.kinds() == phone_ears.kinds() == ["PostHeard"]
    await w.hub.part(desk, SHIFT.id)
    assert bob_ears.kinds() == ["PersonJoined", "PostHeard"]
    w.hub.leave(phone)
    assert bob_ears.kinds() == ["PersonJoined", "PostHeard", "PersonParted"]


async def test_endpoints_are_limited_and_one_that_comes_again_replaces_itself() -> None:
    w = await world(limits=Limits(endpoints_per_user=2))
    old, old_ears = w.enter("ann", "desk")
    await w.hub.join(old, SHIFT.id)
    assert isinstance(w.enter("ann", "phone")[0], Visit)
    assert reason(w.enter("ann", "third")[0]) is Refusal.TOO_MANY_ENDPOINTS
    new, _ = w.enter("ann", "desk")
    assert isinstance(new, Visit)
    assert not old.open
    (ended,) = old_ears.events
    assert isinstance(ended, VisitEnded)
    assert ended.reason is Refusal.REPLACED
    assert w.hub.presence.population(SHIFT.id) == 0


@pytest.mark.parametrize(
    ("where", "why"),
    [
        (SHIFT.id, Refusal.NOT_JOINED),
        (CLOSED.id, Refusal.NOT_PERMITTED),
        (SHUT.id, Refusal.ROOM_DISABLED),
        (SECRET.id, Refusal.NO_SUCH_ROOM),
        (NOWHERE, Refusal.NO_SUCH_ROOM),
    ],
)
async def test_who_is_inside_is_told_inside_and_the_true_reason_outside(where: RoomId, why: Refusal) -> None:
    w = await world()
    bob, _ = w.enter("bob")
    assert reason(w.hub.participants(bob, where)) is why


async def test_a_visit_that_is_ending_is_not_replaced_and_takes_no_place_from_its_successor() -> None:
    w = await world(limits=Limits(endpoints_per_user=1))
    old, old_ears = w.enter("ann", "desk")
    await w.hub.join(old, SHIFT.id)
    old.ending = "replaced"
    new, _ = w.enter("ann", "desk")
    assert isinstance(new, Visit)
    assert old.open
    assert not old_ears.events
    assert reason(w.enter("ann", "phone")[0]) is Refusal.TOO_MANY_ENDPOINTS
    w.hub.leave(old)
    assert w.hub.presence.population(SHIFT.id) == 0
    await w.hub.stop()
    assert [(event.detail or {}).get("why") for event in w.posts.events] == [None, "replaced"]


async def test_a_large_room_falls_silent_and_recovers_below_four_fifths() -> None:
    w = World([person(f"p{n}") for n in range(12)], [SHIFT], limits=Limits(participant_update_limit=10))
    await w.hub.start()
    visits = [w.enter(f"p{n}") for n in range(12)]
    first = visits[0][1]
    views = [await w.hub.join(visit, SHIFT.id) for visit, _ in visits]
    assert [view.large for view in views if isinstance(view, RoomView)] == [False] * 9 + [True] * 3
    assert [len(view.participants) for view in views if isinstance(view, RoomView)] == [*range(1, 10), 1, 1, 1]
    assert [view.count for view in views if isinstance(view, RoomView)] == [*range(1, 13)]
    assert sum(isinstance(event, PersonJoined) for event in first.events) == 8
    everybody = w.hub.participants(visits[0][0], SHIFT.id)
    assert not isinstance(everybody, Refused)
    assert len(everybody) == 12
    for visit, _ in visits[8:]:
        await w.hub.part(visit, SHIFT.id)
    assert not any(isinstance(event, PersonParted) for event in first.events)
    assert w.hub.presence.live[SHIFT.id].large
    await w.hub.part(visits[7][0], SHIFT.id)
    assert not any(isinstance(event, PersonParted) for event in first.events)
    (resumed,) = [event for event in first.events if isinstance(event, ListResumed)]
    assert changes(resumed, "p0") == [("gone", "p7"), ("gone", "p8")]
    back = await w.hub.join(visits[7][0], SHIFT.id)
    assert isinstance(back, RoomView)
    assert len(back.participants) == 8


def changes(resumed: ListResumed, name: str) -> list[tuple[str, str]]:
    """What somebody has missed, in short."""
    found = []
    for one in resumed.missed(uri(name), ""):
        if isinstance(one, PersonParted):
            found.append(("gone", one.uri))
        else:
            found.append(("new" if isinstance(one, PersonJoined) else "changed", one.participant.uri))
    return [(what, who.removeprefix("sip:").partition("@")[0]) for what, who in found]


async def test_when_a_room_is_small_again_everybody_is_told_what_they_missed() -> None:
    w = World([person(f"p{n}") for n in range(8)], [SHIFT], limits=Limits(participant_update_limit=5))
    await w.hub.start()
    visits = [w.enter(f"p{n}") for n in range(8)]
    for visit, _ in visits[:7]:
        await w.hub.join(visit, SHIFT.id)
    lists = (ListEdit(Role.MANAGER, Op.SET, frozenset({uri("p2")})),)
    assert not isinstance(await w.hub.managing.modify_room(None, SHIFT.id, RoomChange(lists=lists)), Refused)
    # p2 was told of all; it asks again and is told of itself alone, as everybody is who comes late.
    await w.hub.join(visits[2][0], SHIFT.id)
    for number in (0, 3, 4):
        await w.hub.part(visits[number][0], SHIFT.id)
    await w.hub.join(visits[0][0], SHIFT.id)
    for number in (5, 0):
        await w.hub.part(visits[number][0], SHIFT.id)
    heard = {n: [one for one in visits[n][1].events if isinstance(one, ListResumed)] for n in range(8)}
    assert {n for n in heard if heard[n]} == {1, 2, 6}
    (resumed,) = heard[1]
    assert changes(resumed, "p1") == [("gone", "p0"), ("gone", "p3"), ("changed", "p2"), ("new", "p6")]
    assert changes(resumed, "p2") == [("new", "p1"), ("new", "p6")]
    assert changes(resumed, "p6") == [("new", "p1"), ("new", "p2")]


async def test_losing_a_right_while_inside_ends_it() -> None:
    w = await world()
    (ann, ann_ears), (bob, bob_ears) = w.enter("ann"), w.enter("bob")
    await w.hub.join(ann, SHIFT.id)
    await w.hub.join(bob, SHIFT.id)
    await asyncio.sleep(0)
    w.directory.put(replace(person("ann"), affiliations=frozenset()))
    (removed,) = [event for event in ann_ears.events if isinstance(event, Removed)]
    assert (removed.room, removed.reason) == (SHIFT.id, Refusal.NOT_PERMITTED)
    assert bob_ears.kinds() == ["PersonParted"]
    assert ann.open
    w.directory.drop(uri("bob"))
    assert bob_ears.kinds()[-1] == "VisitEnded"
    assert not bob.open
    await w.hub.stop()
    assert sum(event.kind is EventKind.PART for event in w.posts.events) == 2
