"""A damaged database is not written into: it is found at the start, or at the first damaged page."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from parlour.store.api import StoreUnavailable
from parlour.store.sqlite import SqliteStore, damage
from parlour.store.sqlite.connection import DATABASE
from parlour.store.sqlite.damage import find_damage, is_damage, look
from parlour.store.sqlite.scribe import Job, Scribe
from parlour.store.sqlite.tally import WriteTally
from tests.exams.store_exam import CATEGORY, ROOM, post

PAGE = 4096


async def filled(directory: Path, posts: int = 200) -> None:
    store = SqliteStore(directory)
    await store.open()
    await store.rooms.save_category(CATEGORY)
    await store.rooms.save_room(ROOM)
    for number in range(1, posts + 1):
        await store.posts.append(post(number))
    await store.close()


def spoil(path: Path, pages: range) -> None:
    content = bytearray(path.read_bytes())
    for page in pages:
        content[page * PAGE : (page + 1) * PAGE] = b"\x07" * PAGE
    path.write_bytes(content)


async def test_a_damaged_file_is_refused_at_the_start(tmp_path: Path) -> None:
    await filled(tmp_path)
    assert find_damage(tmp_path / DATABASE) is None
    spoil(tmp_path / DATABASE, range(20, 60))
    store = SqliteStore(tmp_path)
    with pytest.raises(StoreUnavailable, match="damaged"):
        await store.open()
    # The directory is free again.
    with pytest.raises(StoreUnavailable, match="damaged"):
        await SqliteStore(tmp_path).open()


async def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"nothing of the kind" * 1000)
    with pytest.raises(StoreUnavailable, match="not a database"):
        await SqliteStore(tmp_path).open()


async def test_a_large_file_is_looked_at_when_it_was_not_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above all when a backup was copied over it, and the WAL is still that of the old one."""
    monkeypatch.setattr(damage, "_SMALL", PAGE)
    old, new = tmp_path / "old", tmp_path / "new"
    await filled(old)
    await filled(new, 20)
    spoil(old / DATABASE, range(20, 60))
    assert find_damage(old / DATABASE) is None
    store = SqliteStore(new)
    await store.open()
    await store.rooms.save_room(ROOM)
    for number in range(21, 60):
        await store.posts.append(post(number))
    wal = f"{DATABASE}-wal"
    shutil.copy(new / wal, tmp_path / wal)
    await store.close()
    shutil.copy(tmp_path / wal, old / wal)
    kept = (old / DATABASE).read_bytes()
    assert find_damage(old / DATABASE) is not None
    # Looking moves nothing: without the WAL, the file is what it was.
    assert (old / DATABASE).read_bytes() == kept


class Endless:
    """A check that goes on until it is interrupted."""

    def __init__(self) -> None:
        self._interrupted = threading.Event()

    def execute(self, _sql: str, /) -> sqlite3.Cursor:
        assert self._interrupted.wait(60)
        error = sqlite3.OperationalError("interrupted")
        error.sqlite_errorcode = sqlite3.SQLITE_INTERRUPT
        raise error

    def interrupt(self) -> None:
        self._interrupted.set()


def test_looking_ends(caplog: pytest.LogCaptureFixture) -> None:
    assert look(Endless(), 0.01) is None
    assert "parlour check" in caplog.text


class Saying:
    """A check that answers this."""

    def __init__(self, answer: str) -> None:
        self._connection = sqlite3.connect(":memory:")
        self._answer = answer

    def execute(self, _sql: str, /) -> sqlite3.Cursor:
        return self._connection.execute("SELECT ?", (self._answer,))

    def interrupt(self) -> None: ...


def test_what_cannot_be_looked_at_is_not_damaged(caplog: pytest.LogCaptureFixture) -> None:
    """As SQLite 3.44.0 to 3.45.0 says of an index of words that it may not write to."""
    cannot = (
        "unable to validate the inverted index for FTS5 table main.post_words: attempt to write a readonly database"
    )
    assert look(Saying(cannot), 60) is None
    assert "was not looked at" in caplog.text
    assert look(Saying("ok"), 60) is None
    assert look(Saying("Tree 5 page 3: btreeInitPage() returns error code 11"), 60)


def corrupt(code: int = sqlite3.SQLITE_CORRUPT) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = code
    return error


def test_which_errors_are_damage() -> None:
    virtual_table = 267  # SQLITE_CORRUPT_VTAB: the index of words
    assert all(map(is_damage, (corrupt(), corrupt(virtual_table), corrupt(sqlite3.SQLITE_NOTADB))))
    assert not is_damage(corrupt(sqlite3.SQLITE_FULL))
    assert not is_damage(sqlite3.OperationalError("made by us"))


def test_after_the_first_sign_nothing_is_written(caplog: pytest.LogCaptureFixture) -> None:
    connection, tally = sqlite3.connect(":memory:", isolation_level=None), WriteTally(time.monotonic)
    scribe = Scribe(lambda: connection, tally)

    def meet_a_bad_page(_connection: sqlite3.Connection) -> None:
        raise corrupt()

    assert scribe.do(Job(lambda _connection: 1)) == 1
    assert isinstance(scribe.do(Job(meet_a_bad_page)), StoreUnavailable)
    answer = scribe.do(Job(lambda _connection: 1))
    assert isinstance(answer, StoreUnavailable)
    assert "damaged" in str(answer)
    assert isinstance(scribe.keep([post(1)])[0], StoreUnavailable)
    scribe.close()
    (loud,) = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert "restore a backup" in loud.getMessage()


async def test_what_a_reader_meets_stops_writers_and_readiness(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await filled(tmp_path, 3)
    store = SqliteStore(tmp_path)
    await store.open()
    assert await store.can_write()

    def meet_a_bad_page(_connection: sqlite3.Connection) -> None:
        raise corrupt()

    with pytest.raises(StoreUnavailable, match="malformed"):
        await store._readers.read(meet_a_bad_page)
    assert not await store.can_write()
    with pytest.raises(StoreUnavailable, match="damaged"):
        await store.posts.append(post(4))
    assert [each.chat_id for each in await store.posts.last(ROOM.id, 10)] == [1, 2, 3]
    await store.close()
    assert "THE DATABASE IS DAMAGED" in caplog.text
