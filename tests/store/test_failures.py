"""The disk says no: nothing is kept, everybody is told, reading goes on, and it mends without a restart."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from parlour.store.api import EventKind, NewPost, OutboxEvent, StoreUnavailable
from parlour.store.sqlite import DataDirectoryInUse, Settings, SqliteStore
from parlour.store.sqlite.connection import DATABASE
from tests.exams.store_exam import CATEGORY, NOW, OTHER, ROOM, post


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path, Settings(busy_timeout=0.05, queue=1000))
    await store.open()
    await store.rooms.save_category(CATEGORY)
    await store.rooms.save_room(ROOM)
    await store.rooms.save_room(OTHER)
    yield store
    await store.close()


@pytest.fixture
def foreign(store: SqliteStore, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another program with the database open."""
    connection = sqlite3.connect(tmp_path / DATABASE, isolation_level=None)
    yield connection
    connection.close()


async def outcomes(store: SqliteStore, posts: list[NewPost]) -> list[object]:
    futures = [store.posts.append(each) for each in posts]
    return [
        type(each) if isinstance(each, Exception) else each.post.chat_id
        for each in await asyncio.gather(*futures, return_exceptions=True)
        if not isinstance(each, BaseException) or isinstance(each, Exception)
    ]


async def test_locked_by_another_connection(
    store: SqliteStore, foreign: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    assert await outcomes(store, [post(1)]) == [1]
    foreign.execute("BEGIN IMMEDIATE")
    assert await outcomes(store, [post(2), post(3)]) == [StoreUnavailable] * 2
    assert await outcomes(store, [post(4)]) == [StoreUnavailable]
    with pytest.raises(StoreUnavailable, match="locked"):
        await store.rooms.save_room(replace(ROOM, topic="new"))
    with pytest.raises(StoreUnavailable, match="locked"):
        await store.posts.record(OutboxEvent(EventKind.JOIN, ROOM.id, "sip:a@b", NOW, {}))
    assert [each.chat_id for each in await store.posts.last(ROOM.id, 10)] == [1]
    foreign.execute("ROLLBACK")
    assert await outcomes(store, [post(3), post(2)]) == [2, 3]
    # Said once when it began and once when it ended.
    told = [record.levelno for record in caplog.records if record.name.startswith("parlour.")]
    assert told == [logging.ERROR, logging.WARNING]


async def test_a_room_is_deleted_although_its_posts_cannot_be_swept_away_yet(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_connection: sqlite3.Connection) -> bool:
        raise sqlite3.OperationalError("database or disk is full")

    await store.posts.append(post(1))
    with monkeypatch.context() as patched:
        patched.setattr("parlour.store.sqlite.rooms._sweep", full)
        await store.rooms.delete_room(ROOM.id)
        await store.posts.append(post(2, OTHER.id))
    assert [room.id for room in (await store.rooms.load())[1]] == [OTHER.id]
    assert await swept(store) == [(OTHER.id, 1)]


async def swept(store: SqliteStore) -> list[tuple[str, int]]:
    """The rooms there are and the number of their posts, when all sweeping is over."""
    while store.rooms._sweeper is not None:
        await asyncio.sleep(0)
    await store.rooms.sweep()
    sql = "SELECT r.id, count(*) FROM rooms r JOIN posts p ON p.room = r.number GROUP BY r.id"
    return await store._readers.read(lambda c: c.execute(sql).fetchall())


async def test_rooms_deleted_while_others_are_swept_go_too(store: SqliteStore) -> None:
    await asyncio.gather(*[store.posts.append(post(n, (ROOM.id, OTHER.id)[n % 2])) for n in range(900)])
    await store.rooms.delete_room(ROOM.id)
    # The posts of the first are still being swept away: other writes go in between.
    assert store.rooms._sweeper is not None
    await store.rooms.delete_room(OTHER.id)
    assert (await store.rooms.load())[1] == []
    assert await swept(store) == []


async def set_page_limit(store: SqliteStore, pages: int) -> None:
    await store._writer.run(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}").fetchone())


async def test_disk_full(store: SqliteStore) -> None:
    long = "x" * 8000
    assert await outcomes(store, [post(1)]) == [1]
    # A limit below the present size means the present size.
    await set_page_limit(store, 1)
    kept, number = 1, 1
    while True:
        number += 1
        (answer,) = await outcomes(store, [post(number, text=long)])
        if answer is StoreUnavailable:
            break
        assert answer == kept + 1
        kept += 1
        assert number < 100
    batch = [post(number + extra, text=long) for extra in range(20)]
    assert await outcomes(store, batch) == [StoreUnavailable] * 20
    assert [each.chat_id for each in await store.posts.last(ROOM.id, 100)] == list(range(1, kept + 1))
    await set_page_limit(store, 1_000_000)
    assert await outcomes(store, batch) == list(range(kept + 1, kept + 21))
    assert len(await store.posts.outbox(0, 1000)) == kept + 20


async def test_a_bad_row_does_not_harm_its_neighbours(store: SqliteStore, caplog: pytest.LogCaptureFixture) -> None:
    assert await outcomes(store, [post(1)]) == [1]
    bad = [
        replace(post(10), at=2**63),
        replace(post(11), text="\ud800"),
        replace(post(12), author_name=None),
        replace(post(13), text=object()),
    ]
    batch = [post(2), *bad[:2], post(3), post(1), *bad[2:], post(4)]
    expected = [2, StoreUnavailable, StoreUnavailable, 3, 1, StoreUnavailable, StoreUnavailable, 4]
    assert await outcomes(store, batch) == expected
    assert "x" * 100 not in caplog.text
    event = OutboxEvent(EventKind.JOIN, ROOM.id, "sip:a@b", NOW, {"bad": object()})
    good = store.posts.append(post(5))
    with pytest.raises(StoreUnavailable):
        await store.posts.record(event)
    assert (await good).post.chat_id == 5
    assert [each.text for each in await store.posts.last(ROOM.id, 10)] == [f"post {number}" for number in range(1, 6)]
    assert [row.chat_id for row in await store.posts.outbox(0, 100)] == [1, 2, 3, 4, 5]


async def test_an_error_nobody_thought_of(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("surprise")

    with monkeypatch.context() as patch:
        patch.setattr("parlour.store.sqlite.ledger.Ledger.keep", lambda *_: broken(None))
        assert await outcomes(store, [post(1), post(2)]) == [StoreUnavailable] * 2
    with pytest.raises(RuntimeError, match="surprise"):
        await store._writer.run(broken)
    with pytest.raises(RuntimeError, match="surprise"):
        await store._readers.read(broken)
    assert await outcomes(store, [post(1)]) == [1]
    assert caplog.text.count("Traceback") == 3


async def test_a_lost_connection_is_replaced(store: SqliteStore) -> None:
    def lose(connection: sqlite3.Connection) -> None:
        connection.close()

    assert await outcomes(store, [post(1)]) == [1]
    with pytest.raises(StoreUnavailable):
        await store._writer.run(lose)
    with pytest.raises(StoreUnavailable):
        await asyncio.gather(*[store._readers.read(lambda c: (c.close(), c.execute("SELECT 1"))) for _ in range(4)])
    assert await outcomes(store, [post(2)]) == [2]
    assert len(await store.posts.last(ROOM.id, 10)) == 2


async def test_the_queue_is_bounded(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, Settings(busy_timeout=60.0, queue=1000))
    await store.open()
    await store.rooms.save_category(CATEGORY)
    await store.rooms.save_room(ROOM)
    foreign = sqlite3.connect(tmp_path / DATABASE, isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    # The writer has a batch at most, and waits with it.
    first = store.posts.append(post(0))
    futures = [store.posts.append(post(number)) for number in range(1, 1400)]
    # These failed before the loop turned.
    refused = [future for future in futures if future.done()]
    assert len(refused) >= 1400 - 1000 - Settings().batch
    foreign.execute("ROLLBACK")
    assert (await first).post.chat_id == 1
    answers = await asyncio.gather(*futures, return_exceptions=True)
    assert sum(isinstance(answer, StoreUnavailable) for answer in answers) == len(refused)
    assert "waiting already" in str(refused[0].exception())
    foreign.close()
    await store.close()


async def test_after_closing_everything_is_refused(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    await store.open()
    await store.close()
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.posts.append(post(1))
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.posts.last(ROOM.id, 1)


async def test_a_directory_has_one_process(store: SqliteStore, tmp_path: Path) -> None:
    with pytest.raises(DataDirectoryInUse, match=rf"process {os.getpid()} holds .*{tmp_path.name}/parlour.lock"):
        await SqliteStore(tmp_path).open()
    program = "import asyncio, pathlib, sys; from parlour.store.sqlite import SqliteStore\n"
    program += "asyncio.run(SqliteStore(pathlib.Path(sys.argv[1])).open())"
    command = [sys.executable, "-c", program, str(tmp_path)]
    other = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=180)
    assert other.returncode == 1
    assert f"the data directory is in use: process {os.getpid()} holds {tmp_path}/parlour.lock" in other.stderr
    # The refusal left the holder's lock and name alone.
    assert (tmp_path / "parlour.lock").read_text() == f"{os.getpid()}\n"


async def test_a_directory_is_free_after_closing(tmp_path: Path) -> None:
    for _ in range(2):
        store = SqliteStore(tmp_path)
        await store.open()
        await store.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["parlour.db", "parlour.lock"]
    assert (tmp_path / "parlour.db").stat().st_mode & 0o777 == 0o600


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A directory that this process may not write to, even if it is root's."""
    directory = Path(tempfile.mkdtemp())
    (directory / "data").mkdir()
    directory.chmod(0o755)
    (directory / "data").chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    yield directory / "data"
    if root:
        os.seteuid(0)
    (directory / "data").chmod(0o755)
    shutil.rmtree(directory)


async def test_read_only_directory(read_only: Path) -> None:
    with pytest.raises(StoreUnavailable, match=f"cannot use the data directory {read_only}: .*Permission denied"):
        await SqliteStore(read_only).open()


async def test_a_path_that_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="cannot use the data directory"):
        await SqliteStore(tmp_path / "file").open()


def open_files() -> list[str]:
    """What this process has open."""
    names = []
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):  # the listing itself
            names.append(os.readlink(f"/proc/self/fd/{number}"))
    return names


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"not a database" * 1000)
    store = SqliteStore(tmp_path)
    with pytest.raises(StoreUnavailable, match="file is not a database") as refused:
        await store.open()
    # Even while somebody looks at the error.
    assert refused.value.__traceback__ is not None
    assert not [name for name in open_files() if name.startswith(str(tmp_path))]
    (tmp_path / DATABASE).unlink()
    await store.open()
    await store.close()
