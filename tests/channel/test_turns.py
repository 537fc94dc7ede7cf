"""Whose command is next, shown by order alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import pytest

from parlour.channel.turns import Backlog, Turns


class Counter:
    """Writes down who was served; each turn lasts one turn of the loop."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.served: list[str] = []
        self.at_once = 0
        self.most_at_once: dict[str, int] = {}

    def ask(self, person: str, name: str = "") -> None:
        self.turns.ask(person, self._serve(person, name or person))

    def _serve(self, person: str, name: str) -> Callable[[], None]:
        def start() -> None:
            self.served.append(name)
            self.most_at_once[person] = self.most_at_once.get(person, 0) + 1
            assert self.most_at_once[person] == 1, "one at a time"
            asyncio.get_running_loop().call_soon(self._over, person)

        return start

    def _over(self, person: str) -> None:
        self.most_at_once[person] -= 1
        self.turns.done(person)

    async def all_served(self) -> list[str]:
        while not self.turns.idle:
            await asyncio.sleep(0)
        return self.served


async def test_nobody_waits_where_nobody_else_asks() -> None:
    counter = Counter()
    counter.ask("a")
    assert counter.served == ["a"]
    await counter.all_served()
    await asyncio.sleep(0)
    counter.ask("b")
    assert counter.served == ["a", "b"]
    await counter.all_served()


async def test_persons_take_turns_and_each_is_served_in_order() -> None:
    counter = Counter()
    for name in ("a1", "a2", "a3", "a4"):
        counter.ask("a", name)
    for name in ("b1", "b2"):
        counter.ask("b", name)
    counter.ask("c", "c1")
    served = await counter.all_served()
    assert [name for name in served if name[0] == "a"] == ["a1", "a2", "a3", "a4"]
    assert [name for name in served if name[0] == "b"] == ["b1", "b2"]
    assert served.index("b1") <= 2
    assert served.index("c1") <= 3


async def test_who_asks_much_waits_for_himself() -> None:
    counter = Counter()
    for number in range(512):
        counter.ask("greedy", f"g{number}")
    await asyncio.sleep(0)
    for person in ("b", "c", "d"):
        before = len(counter.served)
        counter.ask(person)
        while person not in counter.served:
            await asyncio.sleep(0)
        assert counter.served.index(person) - before <= 2
    assert len(counter.served) < 20
    assert len(await counter.all_served()) == 515


async def test_one_command_is_begun_in_one_turn_of_the_loop() -> None:
    counter = Counter()
    for number in range(20):
        counter.ask(f"person {number}")
    for _ in range(20):
        before = len(counter.served)
        await asyncio.sleep(0)
        assert len(counter.served) - before <= 1
    assert len(await counter.all_served()) == 20


async def test_a_turn_is_passed_on_between_the_commands_of_an_envelope() -> None:
    turns, served = Turns(), list[str]()

    async def envelope(person: str, commands: int) -> None:
        for number in range(commands):
            if number:
                await turns.pass_on(person)
            served.append(f"{person}{number}")
        turns.done(person)

    loop = asyncio.get_running_loop()
    tasks: list[asyncio.Task[None]] = []
    for person, commands in (("a", 4), ("b", 2)):
        turns.ask(person, lambda p=person, n=commands: tasks.append(loop.create_task(envelope(p, n))))  # type: ignore[misc]
    while not turns.idle:
        await asyncio.sleep(0)
    assert served in (["a0", "b0", "a1", "b1", "a2", "a3"], ["a0", "a1", "b0", "a2", "b1", "a3"])


async def test_who_is_cancelled_while_waiting_says_done_once_too_often() -> None:
    """As a command does whose service stops."""
    turns, failed = Turns(), list[object]()
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: failed.append(context))

    async def envelope() -> None:
        try:
            await turns.pass_on("a")
        finally:
            turns.done("a")

    tasks: list[asyncio.Task[None]] = []
    turns.ask("a", lambda: tasks.append(asyncio.ensure_future(envelope())))
    for person in "bcdefg":
        turns.ask(person, partial(turns.done, person))
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for _ in range(20):
        await asyncio.sleep(0)
    assert turns.idle
    assert failed == []


async def test_who_is_cancelled_while_waiting_gives_the_turn_back() -> None:
    turns = Turns()
    turns.ask("a", lambda: None)
    waiting = asyncio.ensure_future(turns.pass_on("a"))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    for _ in range(4):
        await asyncio.sleep(0)
    assert turns.idle


def test_the_backlog_counts_envelopes_and_bytes() -> None:
    backlog = Backlog(2, 1000)
    assert backlog.add(10)
    assert backlog.add(10)
    assert backlog.full
    assert not backlog.add(10)
    backlog.remove(10)
    assert backlog.add(2000), "one may be large, for what a message may be is bounded elsewhere"
    assert not backlog.add(1)
    backlog.remove(2000)
    backlog.remove(10)
    assert (backlog.count, backlog.size) == (0, 0)
