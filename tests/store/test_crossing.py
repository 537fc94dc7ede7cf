"""Results come back in order with one wake-up, and the loop gives way when nothing comes back."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import pytest

from parlour.store.sqlite import crossing
from parlour.store.sqlite.crossing import Crossing


async def test_outcomes_settle_in_order_with_one_wake_up(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    calls: list[object] = []
    plain = loop.call_soon_threadsafe

    def counting(*args: object) -> object:
        calls.append(args)
        return plain(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "call_soon_threadsafe", counting)
    there = Crossing(loop)
    futures = [there.future() for _ in range(4)]
    order: list[int] = []
    for number, future in enumerate(futures):
        future.add_done_callback(lambda _, number=number: order.append(number))
    futures[1].cancel()
    outcomes = [(futures[0], "a"), (futures[1], "b"), (futures[2], ValueError("c")), (futures[3], None)]
    threading.Thread(target=there.deliver, args=(outcomes,)).start()
    answers = await asyncio.gather(*futures, return_exceptions=True)
    assert [type(answer) for answer in answers] == [str, asyncio.CancelledError, ValueError, type(None)]
    assert order == [1, 0, 2, 3]
    assert len(calls) == 1


async def test_the_loop_gives_way_only_while_nothing_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = asyncio.Event()
    monkeypatch.setattr(crossing, "time", SimpleNamespace(sleep=lambda _: pauses.set()))
    there = Crossing(asyncio.get_running_loop())
    future = there.future()
    await asyncio.wait_for(pauses.wait(), 60)
    there.deliver([(future, None)])
    await future
    pauses.clear()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pauses.wait(), 0.02)
    # And again for the next one.
    there.future()
    await asyncio.wait_for(pauses.wait(), 60)


async def test_a_busy_loop_gives_way_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns of 2 ms, and a thread that gets on only while the loop sleeps: what a commit does with the interpreter lock
    is to let it go and want it back, some twenty times."""
    loop, now, pauses = asyncio.get_running_loop(), 1000.0, 0
    there = Crossing(loop)
    monkeypatch.setattr(loop, "time", lambda: now)
    future = there.future()

    def pause(seconds: float) -> None:
        nonlocal pauses
        assert 0 < seconds < 0.001
        pauses += 1
        if pauses == 20:
            there.deliver([(future, None)])

    monkeypatch.setattr(crossing, "time", SimpleNamespace(sleep=pause))
    turns = 0
    while not future.done() and turns < 100:
        now += 0.002
        await asyncio.sleep(0)
        turns += 1
    assert pauses == 20


def test_a_closed_loop_is_nobody_to_tell() -> None:
    loop = asyncio.new_event_loop()
    there = Crossing(loop)
    future = there.future()
    loop.close()
    there.deliver([(future, None)])
