"""A process killed at any moment: what it acknowledged is kept, once, in order, with its outbox row.

`PARLOUR_KILL_ROUNDS` sets the number of kills (5); every round goes on with the database the last one left.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

from parlour.rooms.history import PostQuery
from parlour.rooms.model import RoomId
from parlour.rooms.words import WordMatch
from parlour.store.sqlite import SqliteStore
from tests.exams.store_exam import CATEGORY, ROOM, post
from tests.store.test_search import check_index

ROUNDS = int(os.environ.get("PARLOUR_KILL_ROUNDS", "5"))
ROOMS = [replace(ROOM, id=RoomId(f"{number:036}"), name=f"room {number}") for number in range(3)]
LOGGED = {room.id for room in ROOMS[:-1]}

Acknowledged = dict[str, tuple[RoomId, int]]


async def run_and_kill(directory: Path, round_: int, rng: random.Random) -> Acknowledged:
    """One life of the child; what it acknowledged, by key."""
    child = Path(__file__).with_name("kill_child.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(child), str(directory), str(round_), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    first = b"" if round_ % 2 else await process.stdout.readline()  # otherwise the first may be under way
    reading = asyncio.create_task(process.stdout.read())
    # Not a wait for anything: the moment of the kill is what is tried out.
    await asyncio.sleep(rng.uniform(0.0, 0.25))
    process.send_signal(signal.SIGKILL)
    lines = (first + await reading).split(b"\n")[:-1]
    assert await process.wait() == -signal.SIGKILL
    fields = [line.decode().split() for line in lines]
    return {key: (RoomId(room), int(number)) for key, room, number in fields}


async def check(store: SqliteStore, acknowledged: Acknowledged) -> None:
    """Compare the promises with what is there."""
    await check_index(store)
    posts: dict[RoomId, dict[int, str]] = defaultdict(dict)
    for room in LOGGED:
        kept = await store.posts.after(room, 0, 10**9)
        # No gaps: a number is only taken by what is kept.
        assert [each.chat_id for each in kept] == list(range(1, len(kept) + 1))
        posts[room] = {each.chat_id: each.text for each in kept}
    outbox = await store.posts.outbox(0, 10**9)
    archived = {(row.room, row.chat_id): row.detail["text"] for row in outbox}
    assert len(archived) == len(outbox)
    for (room, number), text in archived.items():
        assert number is not None
        assert room not in LOGGED or posts[room][number] == text
    assert sum(map(len, posts.values())) == sum(room in LOGGED for room, _ in archived)
    assert max(Counter(archived.values()).values(), default=1) == 1
    for text, place in acknowledged.items():
        assert archived[place] == text
    for text, (room, number) in list(acknowledged.items())[-3:]:
        found = await store.posts.find(room, PostQuery(text, WordMatch.PHRASE), 9)
        assert [each.chat_id for each in found.posts] == ([number] if room in LOGGED else [])


async def test_kill(tmp_path: Path) -> None:
    rng = random.Random(os.environ.get("PARLOUR_KILL_SEED"))
    acknowledged: Acknowledged = {}
    store = SqliteStore(tmp_path)
    await store.open()
    await store.rooms.save_category(CATEGORY)
    for room in ROOMS:
        await store.rooms.save_room(room)
    for round_ in range(ROUNDS):
        await store.close()
        acknowledged |= await run_and_kill(tmp_path, round_, rng)
        store = SqliteStore(tmp_path)
        await store.open()
        await check(store, acknowledged)
        for room in ROOMS:
            # Counters go on where the archive ends, and a retry of the last acknowledged post gets its old answer.
            numbers = [row.chat_id for row in await store.posts.outbox(0, 10**9) if row.room == room.id]
            new = await store.posts.append(post(round_ * 10 + ROOMS.index(room), room.id, logged=room.id in LOGGED))
            assert new.post.chat_id == max((number for number in numbers if number), default=0) + 1
        for text, place in list(acknowledged.items())[-3:]:
            again = await store.posts.append(replace(post(0, place[0], logged=place[0] in LOGGED), key=text.encode()))
            assert again.repeated
            assert (again.post.room, again.post.chat_id) == place
    await store.close()
    assert acknowledged
