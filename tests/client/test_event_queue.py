"""The queue that never blocks who puts."""

from __future__ import annotations

import asyncio

import pytest

from parlour.client.errors import ClientClosed
from parlour.client.event_queue import EventQueue
from parlour.client.events import ConnectionLost, EventsDropped


def event(number: int) -> ConnectionLost:
    return ConnectionLost(str(number))


async def test_in_order_and_then_the_end() -> None:
    queue = EventQueue(10)
    for number in range(3):
        queue.put(event(number))
    queue.close()
    queue.put(event(9))
    assert [one async for one in queue] == [event(0), event(1), event(2)]


async def test_a_reader_waits() -> None:
    queue = EventQueue(10)
    reader = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.put(event(1))
    assert await reader == event(1)


async def test_a_full_queue_drops_the_oldest_and_says_so() -> None:
    queue = EventQueue(2)
    for number in range(5):
        queue.put(event(number))
    assert len(queue) == 2
    assert [await queue.get() for _ in range(3)] == [EventsDropped(3), event(3), event(4)]


async def test_an_error_comes_after_what_was_there() -> None:
    queue = EventQueue(2)
    queue.put(event(1))
    queue.close(ClientClosed("gave up"))
    assert await queue.get() == event(1)
    with pytest.raises(ClientClosed):
        await queue.get()


async def test_a_second_reader_is_a_mistake() -> None:
    queue = EventQueue(2)
    reader = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="one reader at a time"):
        await queue.get()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    queue.put(event(1))
    assert await queue.get() == event(1)
