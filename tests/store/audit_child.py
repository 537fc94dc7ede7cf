"""Run by test_audit.py: changes a room again and again, each time with a record, until killed."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from dataclasses import replace
from pathlib import Path

from parlour.rooms.audit import AuditRecord, Way
from parlour.rooms.model import Micros
from parlour.store.sqlite import SqliteStore


async def main(directory: Path) -> None:
    store = SqliteStore(directory)
    await store.open()
    (room,) = (await store.rooms.load())[1]
    for number in itertools.count(int(room.topic or 0) + 1):
        record = AuditRecord(
            f"r{number}", Micros(0), "sip:a@b", Way.WIRE, "room.modify", "room", room.id, "Desk", {"number": number}
        )
        await store.rooms.save_room(replace(room, topic=str(number)), record)
        os.write(1, f"{number}\n".encode())


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
