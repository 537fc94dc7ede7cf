"""One person who asks for far too much, on many devices at once, and another who asks for little: on a real server.

Nothing is timed. While the one floods, each act of the other is counted in answers that the flood got meanwhile:
whoever waits is served after a bounded number of the others' acts, however many they have waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.interop.server import DOMAIN, Server
from tests.system.client import Chatter, command, join_data, xccos
from tests.system.conftest import ONLY_TCP, Enter

DEVICES = 8
"""As many as one person may have."""
IN_FLIGHT = 40
"""Requests that each device keeps on their way."""
SOON = 2 * DEVICES
"""Answers to the flood within which an act of the other is done, as a rule: in one turn of its loop this process reads
one of each device, and it hears twice of an act. Who had to wait behind the flood would count hundreds."""
ROUNDS = 15
EVERYTHING = command("chansrch", '<qib qtype="BYNAME" criteria="" extended="true"/>')


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Many rooms, so that listing them is work, and a room with something to search in."""
    directory: Path = tmp_path_factory.mktemp("fair")
    # A fast disk never sees 128 posts of one person waiting.
    env = {"PARLOUR_CHAT__DEFAULT_HISTORY": "100", "PARLOUR_CHAT__PERSON_POSTS": "8"}
    with Server(directory / "data", **ONLY_TCP, env=env) as server:
        for number in range(300):
            server.ask("room.create", name=f"방 {number}", category="Demo", visibility="open")
        for number in range(200):
            server.ask("message.send", room="Lobby", text=f"펌프 {number} 점검", as_user="carol")
        yield server


def search(room: str) -> str:
    return command("bcbydate", f'<chanib uri="{room}"/><bcq><limit cnt="100"/><text mt="ANY">펌프 점검</text></bcq>')


class Flood:
    """Eight devices of one person that keep many requests on their way. `answered` counts the answers."""

    def __init__(self, say: Callable[[Chatter, int], Awaitable[bool]], in_flight: int = IN_FLIGHT) -> None:
        self.in_flight = in_flight
        self.answered = 0
        self.refused = 0
        self._say = say
        self._numbers = itertools.count()

    async def _go_on(self, device: Chatter) -> None:
        while True:
            if await self._say(device, next(self._numbers)):
                self.answered += 1
            else:
                self.refused += 1
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def running(self, devices: list[Chatter]) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._go_on(device)) for device in devices for _ in range(self.in_flight)]
        try:
            while self.answered < 3 * len(devices):
                await asyncio.sleep(0.01)
                assert not any(task.done() for task in tasks), "the flood has broken off"
            yield
        finally:
            for task in tasks:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks, return_exceptions=True)


async def asks(device: Chatter, commands: str) -> bool:
    """Whether a command was taken, and then answered."""
    envid = device.envids()
    answer = await device.info(xccos(envid, commands))
    if answer.status == 503:
        assert int(answer.header("retry-after")) > 0
        return False
    assert answer.status == 200
    told = await device.reply_to(envid)
    device.bodies.remove(told)
    return 'code="200"' in told


async def waited(flood: Flood, act: Callable[[], Awaitable[object]]) -> list[int]:
    """For each of some acts: how many answers the flood got while it waited."""
    counts = []
    for _ in range(ROUNDS):
        before = flood.answered
        await act()
        counts.append(flood.answered - before)
        await asyncio.sleep(0.02)
    return sorted(counts)


async def many(house: Server, enter: Enter, name: str, *rooms: str) -> list[Chatter]:
    """Another person in each test: devices that are gone count until what they had asked for is done."""
    return [await enter(house, name, *rooms) for _ in range(DEVICES)]


async def test_listing_all_rooms_again_and_again(house: Server, enter: Enter) -> None:
    """Each list is heavy. The other waits for the one that is being made, and for the one that was begun before."""
    lobby = house.room("Lobby")
    flood = Flood(lambda device, number: asks(device, EVERYTHING))
    polite = await enter(house, "bob", lobby)
    async with flood.running(await many(house, enter, "alice")):
        joins = await waited(flood, lambda: polite.ask(command("join", join_data(lobby))))
        posts = await waited(flood, lambda: polite.post(lobby, "안녕하세요"))
    assert joins[ROUNDS // 2] <= SOON, joins
    assert posts[ROUNDS // 2] <= SOON, posts
    # Now and then this process is kept waiting, and finds all that was answered meanwhile.
    assert joins[-ROUNDS // 4] < DEVICES * IN_FLIGHT // 4, joins


async def test_searching_again_and_again(house: Server, enter: Enter) -> None:
    lobby = house.room("Lobby")
    flood = Flood(lambda device, number: asks(device, search(lobby)))
    polite = await enter(house, "bob", lobby)
    async with flood.running(await many(house, enter, "carol", lobby)):
        searches = await waited(flood, lambda: polite.ask(search(lobby)))
    assert searches[ROUNDS // 2] <= SOON, searches


async def test_posting_without_pause(house: Server, enter: Enter) -> None:
    """Into one room, from all devices. What is too much is told 503 and not kept; other rooms and other commands go on.
    Sent again, each post is kept once."""
    flooded, other = (f"ma-chan://{DOMAIN}/{house.ask('room.show', room=name)['id']}" for name in ("방 1", "방 2"))
    kept: set[str] = set()

    async def post(device: Chatter, number: int) -> bool:
        envid, text = device.envids(), f"flood {number}"
        answer = await device.post(flooded, text, envid)
        if answer.status == 503:
            assert answer.header("ms-diagnostics").startswith("20011")
            answer = await device.post(flooded, text, envid)
        if answer.status == 200:
            kept.add(text)
        return answer.status == 200

    # More than one person may have waiting, and few enough for one process to listen to.
    flood = Flood(post, in_flight=20)
    polite = await enter(house, "bob", other)
    async with flood.running(await many(house, enter, "minji", flooded)):
        posts = await waited(flood, lambda: polite.post(other, "조용히"))
        asked = await waited(flood, lambda: polite.ask(search(other)))
    assert flood.refused
    # What the flood had on its way, and once more for what this process had still to read.
    for counts in (posts, asked):
        assert counts[ROUNDS // 2] <= 2 * DEVICES * 20, counts
    told = [one["text"] for one in house.ask("message.tail", room="방 1", count=500)]
    assert len(told) == len(set(told))
    assert len(told) == 500 or kept <= set(told)
