"""Taking turns: told by the order of events, not by a clock."""

from __future__ import annotations

import asyncio

import pytest

from parlour.hub.turns import FairTurns
from parlour.rooms.refusals import Refusal, Refused


class Desk:
    """Acts that last until they are finished by hand."""

    def __init__(self, turns: FairTurns) -> None:
        self.turns = turns
        self.begun: list[str] = []
        self._open: list[asyncio.Future[None]] = []

    async def ask(self, who: str, name: str = "") -> str | Refused:
        async def act() -> str:
            self.begun.append(name or who)
            done = asyncio.get_running_loop().create_future()
            self._open.append(done)
            await done
            return name or who

        return await self.turns.run(who, act)

    async def finish_one(self) -> None:
        self._open.pop(0).set_result(None)
        await settle()

    async def finish_all(self) -> None:
        while self._open:
            await self.finish_one()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_person_with_hundreds_of_acts_delays_another_by_one() -> None:
    desk = Desk(FairTurns(1, per_person=500))
    acts = [asyncio.ensure_future(desk.ask("ann", f"ann {n}")) for n in range(300)]
    await settle()
    acts.append(asyncio.ensure_future(desk.ask("bob")))
    await settle()
    await desk.finish_all()
    # The one that runs, and then the newcomer.
    assert desk.begun == ["ann 0", "bob", *(f"ann {n}" for n in range(1, 300))]
    assert await asyncio.gather(*acts) == [*(f"ann {n}" for n in range(300)), "bob"]


async def test_many_people_are_served_in_a_circle() -> None:
    desk = Desk(FairTurns(2))
    acts = [asyncio.ensure_future(desk.ask(who, f"{who}{n}")) for who in "abc" for n in range(4)]
    await settle()
    await desk.finish_all()
    assert desk.begun == ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3"]
    await asyncio.gather(*acts)


async def test_nobody_has_more_than_one_place() -> None:
    desk = Desk(FairTurns(3))
    acts = [asyncio.ensure_future(desk.ask("ann", f"ann {n}")) for n in range(5)]
    await settle()
    assert (desk.begun, desk.turns.waiting) == (["ann 0"], 4)
    acts += [asyncio.ensure_future(desk.ask(who)) for who in ("bob", "carol")]
    await settle()
    assert desk.begun == ["ann 0", "bob", "carol"]
    await desk.finish_all()
    assert desk.begun[3:] == [f"ann {n}" for n in range(1, 5)]
    await asyncio.gather(*acts)


async def test_who_goes_away_while_acting_elsewhere_comes_round_no_more() -> None:
    desk = Desk(FairTurns(2))
    first, second = (asyncio.ensure_future(desk.ask("ann", f"ann {n}")) for n in range(2))
    await settle()
    second.cancel()
    await settle()
    assert desk.turns.waiting == 0
    await desk.finish_all()
    again = [asyncio.ensure_future(desk.ask(who)) for who in ("ann", "bob")]
    await settle()
    assert desk.begun == ["ann 0", "ann", "bob"]
    await desk.finish_all()
    assert (await first, await asyncio.gather(*again)) == ("ann 0", ["ann", "bob"])


async def test_never_more_at_once_than_agreed() -> None:
    desk = Desk(FairTurns(3))
    acts = [asyncio.ensure_future(desk.ask(f"p{n}")) for n in range(10)]
    await settle()
    assert len(desk.begun) == 3
    assert desk.turns.waiting == 7
    await desk.finish_one()
    assert len(desk.begun) == 4
    await desk.finish_all()
    await asyncio.gather(*acts)
    assert desk.turns.waiting == 0


@pytest.mark.parametrize(("who", "welcome"), [("ann", False), ("bob", True)])
async def test_what_waits_is_bounded_for_each_person(who: str, welcome: bool) -> None:
    desk = Desk(FairTurns(1, per_person=2))
    acts = [asyncio.ensure_future(desk.ask("ann")) for _ in range(3)]
    await settle()
    one_more = asyncio.ensure_future(desk.ask(who))
    await settle()
    assert one_more.done() is not welcome
    await desk.finish_all()
    answer = await one_more
    assert answer == who if welcome else isinstance(answer, Refused) and answer.reason is Refusal.BUSY
    await asyncio.gather(*acts)


async def test_what_waits_is_bounded_in_all() -> None:
    desk = Desk(FairTurns(1, in_all=2))
    acts = [asyncio.ensure_future(desk.ask(f"p{n}")) for n in range(3)]
    await settle()
    assert isinstance(await desk.ask("late"), Refused)
    await desk.finish_all()
    assert await asyncio.gather(*acts) == ["p0", "p1", "p2"]


async def test_who_goes_away_leaves_no_gap() -> None:
    desk = Desk(FairTurns(1))
    first, second, third = (asyncio.ensure_future(desk.ask(who)) for who in "abc")
    await settle()
    second.cancel()
    await settle()
    assert desk.turns.waiting == 1
    await desk.finish_all()
    assert (await first, await third) == ("a", "c")
    assert second.cancelled()


async def test_who_goes_away_in_the_moment_of_his_turn_passes_it_on() -> None:
    desk = Desk(FairTurns(1))
    first, second, third = (asyncio.ensure_future(desk.ask(who)) for who in "abc")
    await settle()
    desk._open.pop(0).set_result(None)
    await asyncio.sleep(0)
    assert (desk.turns.waiting, desk.begun) == (1, ["a"])
    second.cancel()
    await settle()
    await desk.finish_all()
    assert (await first, await third) == ("a", "c")
    assert desk.begun == ["a", "c"]
    again = asyncio.ensure_future(desk.ask("d"))
    await settle()
    await desk.finish_all()
    assert await again == "d"


async def test_an_act_that_fails_gives_its_turn_back() -> None:
    turns = FairTurns(1)

    async def fail() -> None:
        raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await turns.run("ann", fail)
