"""The audit trail of the SQLite store: what a kill leaves, and that rows stay."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from parlour.store.sqlite import SqliteStore
from parlour.store.sqlite.connection import DATABASE
from tests.exams.store_exam import ACT, CATEGORY, ROOM, trail


async def opened(directory: Path) -> SqliteStore:
    store = SqliteStore(directory)
    await store.open()
    return store


async def test_rows_cannot_be_changed_or_deleted(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    await store.audit.add([ACT])
    await store.close()
    connection = sqlite3.connect(tmp_path / DATABASE)
    for sql in ("UPDATE audit SET who = 'x'", "DELETE FROM audit"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(sql)
    connection.close()


async def test_a_kill_leaves_each_change_with_its_record_or_neither(tmp_path: Path) -> None:
    """The child changes a topic to 1, 2, 3 ...; each change is recorded with its number."""
    store = await opened(tmp_path)
    await store.rooms.save_category(CATEGORY)
    await store.rooms.save_room(ROOM)
    await store.close()
    child = Path(__file__).with_name("audit_child.py")
    for most in (1, 7, 20):
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(child), str(tmp_path), stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        for _ in range(most):
            await process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        await process.wait()
        store = await opened(tmp_path)
        (room,) = (await store.rooms.load())[1]
        assert [record.fields["number"] for record in await trail(store)] == list(range(1, int(room.topic) + 1))
        assert int(room.topic) >= most
        await store.close()
