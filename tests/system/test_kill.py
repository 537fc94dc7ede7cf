"""`kill -9` at random moments under load: what was answered is kept, once, in one order; nobody hears a post twice.

`PARLOUR_KILL_ROUNDS` sets the number of kills (5), `PARLOUR_KILL_SEED` repeats the moments of another run.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest

from tests.interop.server import Server
from tests.system.archive import Archive, Place, check_archive, read_archive
from tests.system.client import PATIENCE, Chatter, Heard, Lost, command

ROUNDS = int(os.environ.get("PARLOUR_KILL_ROUNDS", "5"))
SEED = int(os.environ.get("PARLOUR_KILL_SEED", random.randrange(10**6)))
WINDOW = 4

Draft = tuple[int, str, str]
"""Envelope number, room and text: what makes a post the same post when it is sent again."""

_TROUBLE = (Lost, OSError, TimeoutError)


@dataclass
class House:
    """The server as its guests know it: there or not, and whether the day is over."""

    server: Server
    rooms: list[str]
    up: asyncio.Event = field(default_factory=asyncio.Event)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @contextlib.asynccontextmanager
    async def visit(self, person: Chatter, rooms: list[str]) -> AsyncIterator[Chatter]:
        await self.up.wait()
        async with person:
            await person.open(self.server.ports["sip"])
            yield await person.call(*rooms)


@dataclass
class Poster:
    """Has `WINDOW` posts under way; what has no answer when the server dies is sent again, as it was."""

    name: str
    rooms: list[str]
    rng: random.Random
    acknowledged: dict[str, str] = field(default_factory=dict)
    unanswered: list[Draft] = field(default_factory=list)
    repeated: int = 0
    answers: Counter[int] = field(default_factory=Counter)

    def drafts(self) -> Iterator[Draft]:
        for number in itertools.count(1):
            yield number, self.rng.choice(self.rooms), f"{self.name} {number}"

    async def live(self, house: House) -> None:
        drafts = self.drafts()
        instance = Chatter(self.name).instance
        while self.unanswered or not house.closing.is_set():
            with contextlib.suppress(*_TROUBLE):
                async with house.visit(Chatter(self.name, instance), self.rooms) as person:
                    self.repeated += len(self.unanswered)
                    await self._post(person, self.unanswered)
                    while not house.closing.is_set():
                        new = list(itertools.islice(drafts, WINDOW))
                        self.unanswered += new
                        await self._post(person, new)
            await asyncio.sleep(0.01)

    async def _post(self, person: Chatter, drafts: list[Draft]) -> None:
        async def one(draft: Draft) -> None:
            envid, room, text = draft
            status = (await person.post(room, text, envid)).status
            self.answers[status] += 1
            if status == 200:
                self.acknowledged[text] = room
                self.unanswered.remove(draft)

        outcomes = await asyncio.gather(*map(one, list(drafts)), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome


@dataclass
class Listener:
    """Is in the rooms as much as it can; `lives` holds what it heard on each connection."""

    name: str
    rooms: list[str]
    lives: list[list[Heard]] = field(default_factory=list)

    async def live(self, house: House) -> None:
        instance = Chatter(self.name).instance
        while not house.closing.is_set():
            self.lives.append([])
            with contextlib.suppress(*_TROUBLE):
                async with house.visit(Chatter(self.name, instance, hear=self.lives[-1].append), self.rooms) as person:
                    await asyncio.wait(
                        [asyncio.create_task(person.lost.wait()), asyncio.create_task(house.closing.wait())],
                        return_when=asyncio.FIRST_COMPLETED,
                    )
            await asyncio.sleep(0.01)


def check(archive: Archive, posters: list[Poster], listeners: list[Listener], seen: dict[Place, str]) -> None:
    """Compare what was promised and heard so far with what is there. `seen`: what stood where at an earlier look."""
    check_archive(archive)
    posts = dict(archive.posts)
    assert seen.items() <= posts.items()
    seen.update(posts)
    places = {text: place for place, text in archive.posts}
    for poster in posters:
        assert {text: places[text][0] for text in poster.acknowledged} == poster.acknowledged
        for room in poster.rooms:
            mine = [re.fullmatch(rf"{poster.name} (\d+)", text) for (where, _), text in archive.posts if where == room]
            numbers = [int(found[1]) for found in mine if found]
            assert numbers == sorted(numbers), "a room shows the posts of one author as they were sent"
    for listener in listeners:
        heard = [one for life in listener.lives for one in life]
        assert len({one.text for one in heard}) == len(heard), "heard twice"
        assert all(posts[one.room, one.chat_id] == one.text for one in heard), "heard and not kept"
        for life, room in itertools.product(listener.lives, listener.rooms):
            ids = [one.chat_id for one in life if one.room == room]
            assert ids == sorted(ids)


async def something_more_is_acknowledged(posters: list[Poster]) -> None:
    before = sum(len(poster.acknowledged) for poster in posters)
    async with asyncio.timeout(PATIENCE):
        while sum(len(poster.acknowledged) for poster in posters) == before:
            await asyncio.sleep(0.01)


async def kill_and_restart(house: House, rng: random.Random) -> None:
    """Dead at any moment; one start in five is killed as well."""
    await asyncio.sleep(rng.uniform(0.0, 0.6))
    house.up.clear()
    house.server.kill()
    if rng.random() < 0.2:
        starting = asyncio.create_task(asyncio.to_thread(house.server.start))
        await asyncio.sleep(rng.uniform(0.05, 0.6))
        house.server.kill()
        with contextlib.suppress(AssertionError):
            await starting
        house.server.kill()
    await asyncio.to_thread(house.server.start)


async def read_back(house: House, room: str, archive: Archive) -> None:
    """A client sees the end of the archive."""
    async with house.visit(Chatter("bob"), [room]) as person:
        body = await person.ask(command("bccontext", f'<chanib uri="{room}"/><bcq><last cnt="20"/></bcq>'))
    told = [(int(number), text) for number, text in re.findall(r'chatId="(\d+)".*?<chat>(.*?)</chat>', body)]
    assert told == [(number, text) for (where, number), text in archive.posts if where == room][-20:]


@pytest.mark.slow
async def test_kill(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(SEED)
    rooms = [server.room("Lobby"), server.room("Night Shift")]
    house = House(server, rooms)
    posters = [
        Poster("alice", rooms, random.Random(rng.random())),
        Poster("bob", rooms, random.Random(rng.random())),
        Poster("carol", rooms[:1], random.Random(rng.random())),
    ]
    listeners = [Listener("alice", rooms), Listener("bob", rooms), Listener("carol", rooms[:1])]
    seen: dict[Place, str] = {}
    untold = 0
    begun = time.monotonic()
    house.up.set()
    async with asyncio.TaskGroup() as guests:
        for one in (*posters, *listeners):
            guests.create_task(one.live(house))
        for number in range(ROUNDS):
            if number % 2 == 0:  # otherwise it may happen that nobody has signed in yet
                await something_more_is_acknowledged(posters)
            await kill_and_restart(house, rng)
            archive = read_archive(server.data_dir)
            check(archive, posters, listeners, seen)
            kept = {text for _, text in archive.posts}
            untold += sum(text in kept for poster in posters for _, _, text in poster.unanswered)
            house.up.set()
        await something_more_is_acknowledged(posters)  # by the last server, too
        house.closing.set()
    archive = read_archive(server.data_dir)
    check(archive, posters, listeners, seen)
    for room in rooms:
        await read_back(house, room, archive)
    assert server.stop() == 0
    check(read_archive(server.data_dir), posters, listeners, seen)
    # Nobody gave up with a post unanswered, so that everything sent was acknowledged in the end.
    acknowledged = sum(len(poster.acknowledged) for poster in posters)
    assert acknowledged == len(archive.posts)
    assert set().union(*(poster.answers for poster in posters)) == {200}
    assert all(listener.lives for listener in listeners)
    heard = sum(len(life) for listener in listeners for life in listener.lives)
    repeated = sum(poster.repeated for poster in posters)
    assert repeated > 0
    with capsys.disabled():
        print(
            f"\n{ROUNDS} kills (seed {SEED}) in {time.monotonic() - begun:.0f} s: {acknowledged} posts acknowledged, "
            f"each kept once; sent again {repeated} times, {untold} times kept already; {heard} heard, none twice"
        )
