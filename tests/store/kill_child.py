"""Run by test_kill.py: appends posts as fast as it can and prints a line for each acknowledgement, until killed."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from pathlib import Path

from parlour.rooms.model import Micros, RoomId
from parlour.store.api import NewPost
from parlour.store.sqlite import SqliteStore

POSTERS = 8


async def poster(store: SqliteStore, round_: int, number: int, rooms: list[RoomId]) -> None:
    for count in itertools.count():
        room = rooms[(number + count) % len(rooms)]
        key = f"{round_:06}-{number:03}-{count:09}".encode()
        # The last room keeps no history.
        new = NewPost(room, "sip:a@b", "A", key.decode(), key, Micros(count), logged=room != rooms[-1])
        kept = await store.posts.append(new)
        assert not kept.repeated
        os.write(1, f"{key.decode()} {room} {kept.post.chat_id}\n".encode())


async def main(directory: Path, round_: int) -> None:
    store = SqliteStore(directory)
    await store.open()
    rooms = [room.id for room in (await store.rooms.load())[1]]
    os.write(1, b"ready\n")
    await asyncio.gather(*[poster(store, round_, number, rooms) for number in range(POSTERS)])


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
