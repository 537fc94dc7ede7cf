"""Telling: everybody once, in order, in slices."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import pytest

from parlour.hub.events import PersonParted, RoomEvent
from parlour.hub.telling import Audience, Ear, Teller
from parlour.rooms.model import RoomId
from tests.hub.fakes import Ears

ROOM = RoomId("r")


def say(number: int) -> PersonParted:
    return PersonParted(ROOM, str(number))


def heard(ears: Ears) -> list[int]:
    return [int(event.uri) for event in ears.events if isinstance(event, PersonParted)]


def crowd(audience: Audience, count: int) -> list[tuple[Ear, Ears]]:
    pairs = []
    for _ in range(count):
        ears = Ears()
        ear = Ear(ears.hear)
        audience.add(ear)
        pairs.append((ear, ears))
    return pairs


async def drain(teller: Teller) -> None:
    while not teller.idle:
        await asyncio.sleep(0)


async def test_a_small_room_is_told_at_once() -> None:
    teller, audience = Teller(), Audience()
    pairs = crowd(audience, 3)
    teller.tell(audience, say(1))
    assert [heard(ears) for _, ears in pairs] == [[1]] * 3


async def test_what_else_is_said_in_the_same_turn_comes_in_one_call() -> None:
    teller, audience = Teller(), Audience()
    pairs = crowd(audience, 3)
    for number in range(1, 5):
        teller.tell(audience, say(number))
    await drain(teller)
    assert [heard(ears) for _, ears in pairs] == [[1, 2, 3, 4]] * 3
    assert [len(ears.calls) for _, ears in pairs] == [2] * 3
    teller.tell(audience, say(5))
    assert [heard(ears)[-1] for _, ears in pairs] == [5] * 3


async def test_a_large_room_is_told_in_slices_and_what_gathers_comes_in_one_call() -> None:
    teller, audience = Teller(slice_size=10), Audience()
    pairs = crowd(audience, 25)
    for number in range(5):
        teller.tell(audience, say(number))
    assert not any(ears.calls for _, ears in pairs)
    told = []
    while not teller.idle:
        await asyncio.sleep(0)
        told.append(sum(bool(ears.calls) for _, ears in pairs))
    assert told == [10, 20, 25]
    assert all(len(ears.calls) == 1 and heard(ears) == [0, 1, 2, 3, 4] for _, ears in pairs)


async def test_many_small_rooms_share_one_turn_budget() -> None:
    teller = Teller(slice_size=10)
    audiences = [Audience() for _ in range(6)]
    pairs = [pair for audience in audiences for pair in crowd(audience, 4)]
    for audience in audiences:
        teller.tell(audience, say(1))
    assert sum(len(ears.calls) for _, ears in pairs) == 8
    most, before = 0, 8
    while not teller.idle:
        await asyncio.sleep(0)
        now = sum(len(ears.calls) for _, ears in pairs)
        most, before = max(most, now - before), now
    assert most <= 10
    assert all(heard(ears) == [1] for _, ears in pairs)


async def test_rooms_take_turns() -> None:
    teller, big, small = Teller(slice_size=10), Audience(), Audience()
    crowd(big, 100)
    ((_, ears),) = crowd(small, 1)
    teller.tell(big, say(1))
    teller.tell(small, say(2))
    for _ in range(3):
        await asyncio.sleep(0)
    assert heard(ears) == [2]
    assert not teller.idle
    await drain(teller)


async def test_who_comes_later_does_not_hear_what_was_said_before() -> None:
    teller, audience = Teller(slice_size=1), Audience()
    crowd(audience, 3)
    teller.tell(audience, say(1))
    ((_, late),) = crowd(audience, 1)
    teller.tell(audience, say(2))
    ((_, later),) = crowd(audience, 1)
    await drain(teller)
    assert heard(late) == [2]
    assert heard(later) == []
    assert later.calls == []


async def test_who_parts_hears_nothing_more() -> None:
    teller, audience = Teller(slice_size=1), Audience()
    pairs = crowd(audience, 3)
    teller.tell(audience, say(1))
    audience.discard(pairs[2][0])
    await drain(teller)
    assert [heard(ears) for _, ears in pairs] == [[1], [1], []]


async def test_leaving_and_coming_back_does_not_bring_back_what_waited() -> None:
    teller, audience = Teller(slice_size=1), Audience()
    pairs = crowd(audience, 2)
    teller.tell(audience, say(1))
    for ear, _ in pairs:
        audience.discard(ear)
    teller.tell(audience, say(2))
    ((_, late),) = crowd(audience, 1)
    await drain(teller)
    teller.tell(audience, say(3))
    await drain(teller)
    assert heard(late) == [3]
    assert [heard(ears) for _, ears in pairs] == [[], []]


async def test_what_a_listener_causes_is_told_after() -> None:
    teller, audience = Teller(), Audience()

    class Starter(Ears):
        def hear(self, events: Sequence[RoomEvent]) -> None:
            super().hear(events)
            if heard(self) == [1]:
                teller.tell(audience, say(2))

    starter, other = Starter(), Ears()
    audience.add(Ear(starter.hear))
    audience.add(Ear(other.hear))
    teller.tell(audience, say(1))
    assert heard(other) == [1]
    await drain(teller)
    assert heard(starter) == heard(other) == [1, 2]


@pytest.mark.parametrize("slice_size", [100, 2])
async def test_a_listener_that_fails_costs_nobody_else_anything(
    slice_size: int, caplog: pytest.LogCaptureFixture
) -> None:
    teller, audience = Teller(slice_size), Audience()

    def fail(events: Sequence[RoomEvent]) -> None:
        raise RuntimeError("broken ear")

    before = crowd(audience, 2)
    audience.add(Ear(fail))
    after = crowd(audience, 2)
    teller.tell(audience, say(1))
    await drain(teller)
    assert all(heard(ears) == [1] for _, ears in before + after)
    assert "a listener failed" in caplog.text


@pytest.mark.parametrize("seed", range(20))
async def test_any_mix_of_coming_going_and_saying(seed: int) -> None:
    """Everybody hears an unbroken, ordered run: from the first thing said after coming, never twice, never after
    going; and everything if they stay."""
    rand = random.Random(seed)
    teller, audience = Teller(slice_size=rand.choice([1, 3, 8, 1000])), Audience()
    present: list[tuple[Ear, Ears, int]] = []
    done: list[tuple[Ears, int, int | None]] = []
    said = 0
    for _ in range(400):
        match rand.choice(["come", "go", "say", "say", "turn"]):
            case "come":
                ((ear, ears),) = crowd(audience, 1)
                present.append((ear, ears, said))
            case "go" if present:
                ear, ears, since = present.pop(rand.randrange(len(present)))
                audience.discard(ear)
                done.append((ears, since, len(heard(ears))))
            case "say":
                said += 1
                teller.tell(audience, say(said))
            case _:
                await asyncio.sleep(0)
    await drain(teller)
    for _, ears, since in present:
        assert heard(ears) == list(range(since + 1, said + 1))
    for ears, since, count in done:
        assert heard(ears) == list(range(since + 1, since + 1 + (count or 0)))
