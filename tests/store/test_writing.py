"""How writing goes, as it is told: the tally, and the probe that finds out when nothing was written for a while."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from parlour.store.api import StoreUnavailable
from parlour.store.sqlite import Settings, SqliteStore
from parlour.store.sqlite.connection import DATABASE
from parlour.store.sqlite.tally import COMMIT_BOUNDS, WriteTally
from tests.exams.store_exam import CATEGORY, ROOM, post


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path, Settings(busy_timeout=0.05))
    store.writing.clock = Clock()
    await store.open()
    await store.rooms.save_category(CATEGORY)
    await store.rooms.save_room(ROOM)
    yield store
    await store.close()


@pytest.fixture
def foreign(store: SqliteStore, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(tmp_path / DATABASE, isolation_level=None)
    yield connection
    connection.close()


def later(store: SqliteStore) -> None:
    """So much later that what was written last says nothing about now."""
    clock = store.writing.clock
    assert isinstance(clock, Clock)
    clock.now += 60.0


def changes(store: SqliteStore) -> asyncio.Future[int]:
    """Rows written so far by the writer's connection."""
    return store._writer.run(lambda connection: connection.total_changes)


def test_commits_are_sorted_by_duration() -> None:
    clock = Clock()
    tally = WriteTally(clock)
    for took in (0.0, 0.0005, 0.003, 9.0):
        tally.committed(clock.now - took)
    assert [(at, count) for at, count in enumerate(tally.commits) if count] == [(0, 2), (2, 1), (11, 1)]
    assert tally.seconds == pytest.approx(9.0035)
    assert len(tally.commits) == len(COMMIT_BOUNDS) + 1


async def test_what_was_written_just_now_is_the_answer(store: SqliteStore) -> None:
    await store.posts.append(post(1))
    before = await changes(store)
    assert await asyncio.gather(*[store.can_write() for _ in range(100)]) == [True] * 100
    assert await changes(store) == before
    later(store)
    assert await asyncio.gather(*[store.can_write() for _ in range(100)]) == [True] * 100
    assert await changes(store) == before + 1, "one row, for all who asked"


async def test_a_locked_database_is_found_out_and_its_end_too(store: SqliteStore, foreign: sqlite3.Connection) -> None:
    foreign.execute("BEGIN IMMEDIATE")
    later(store)
    assert not await store.can_write()
    assert not await store.can_write(), "and nobody tries again at once"
    assert store.writing.lost == 1
    foreign.execute("ROLLBACK")
    later(store)
    assert await store.can_write()
    assert store.writing.failing is False


async def test_a_post_that_could_not_be_kept_says_it_as_well(store: SqliteStore, foreign: sqlite3.Connection) -> None:
    assert await store.can_write()
    foreign.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable):
        await store.posts.append(post(1))
    assert not await store.can_write()
    foreign.execute("ROLLBACK")
    await store.posts.append(post(1))
    assert await store.can_write()


async def test_nobody_waits_longer_than_asked(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, Settings(busy_timeout=30.0))
    store.writing.clock = Clock()
    await store.open()
    foreign = sqlite3.connect(tmp_path / DATABASE, isolation_level=None)
    try:
        foreign.execute("BEGIN IMMEDIATE")
        later(store)
        assert not await store.can_write(0.05)
        assert not await store.can_write(0.05)
        foreign.execute("ROLLBACK")
        assert await store.can_write(60.0)
    finally:
        foreign.close()
        await store.close()
