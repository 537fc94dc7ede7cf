"""Records that are owed to the archive stay owed until they are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from parlour.hub.recording import Recorder
from parlour.rooms.model import Micros, RoomId
from parlour.store.api import EventKind, OutboxEvent, StoreUnavailable


def act(number: int) -> OutboxEvent:
    return OutboxEvent(EventKind.PART, RoomId("r"), f"sip:p{number}@x", Micros(number), {})


class Log:
    """A log that fails as it is told."""

    def __init__(self) -> None:
        self.kept: list[OutboxEvent] = []
        self.fails: Callable[[OutboxEvent], Exception | None] = lambda event: None

    def record(self, event: OutboxEvent) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        error = self.fails(event)
        if error is not None:
            future.set_exception(error)
        else:
            self.kept.append(event)
            future.set_result(None)
        return future


async def recorder() -> tuple[Recorder, Log]:
    log = Log()
    return Recorder(log, retry_after=0.0), log  # type: ignore[arg-type]


def always(error: Exception) -> Callable[[OutboxEvent], Exception]:
    return lambda event: error


@pytest.mark.parametrize("error", [StoreUnavailable(), RuntimeError("broken")])
async def test_what_cannot_be_recorded_is_owed_whatever_the_reason(error: Exception) -> None:
    made, log = await recorder()
    log.fails = always(error)
    assert await made.keep_or_owe(act(1))
    assert not await made.owe(act(2))
    assert made.owed == 2
    await made.close()
    assert made.owed == 2
    log.fails = lambda event: None
    await made.close()
    assert (made.owed, log.kept) == (0, [act(1), act(2)])


async def test_one_that_fails_takes_no_other_with_it() -> None:
    made, log = await recorder()
    log.fails = always(StoreUnavailable())
    for number in range(5):
        assert await made.keep_or_owe(act(number))
    log.fails = lambda event: RuntimeError("broken") if event.at == 2 else None
    while made.owed > 1:
        await asyncio.sleep(0)
    assert log.kept == [act(0), act(1), act(3), act(4)]
    assert await made.keep_or_owe(act(5))
    while made.owed > 1:
        await asyncio.sleep(0)
    log.fails = lambda event: None
    while made.owed:
        await asyncio.sleep(0)
    await made.close()
    assert log.kept == [act(0), act(1), act(3), act(4), act(5), act(2)]


async def test_what_is_owed_while_others_are_tried_is_tried_next() -> None:
    made, log = await recorder()
    log.fails = always(StoreUnavailable())
    await made.keep_or_owe(act(1))

    def another(event: OutboxEvent) -> Exception | None:
        if event.at == 1:
            made._owed.append(act(2))
        return None

    log.fails = another
    while made.owed:
        await asyncio.sleep(0)
    await made.close()
    assert log.kept == [act(1), act(2)]


async def test_an_act_that_is_only_done_if_recorded_is_not_done() -> None:
    made, log = await recorder()
    log.fails = lambda event: RuntimeError("broken") if event.at == 1 else None
    assert await made.keep([act(0), act(1), act(2)]) == [True, False, True]
    assert made.owed == 0
