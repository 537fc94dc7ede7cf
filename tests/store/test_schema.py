"""The tables: migrations lead to the metadata, a start in order imports no Alembic, newer databases are refused."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from parlour.store.api import StoreUnavailable
from parlour.store.head import HEAD
from parlour.store.migrate import alembic_config
from parlour.store.schema import METADATA
from parlour.store.sqlite import SqliteStore
from parlour.store.sqlite.connection import DATABASE
from parlour.store.sqlite.rooms import _SLICE
from tests.exams.store_exam import CATEGORY, ROOM, post

VERSION = "alembic_version"


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    store = SqliteStore(tmp_path)
    await store.open()
    await store.close()
    return tmp_path / DATABASE


def test_head_is_the_newest_revision() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD]


def test_migrations_lead_to_the_metadata(database: Path) -> None:
    engine = create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        # The index of words is a virtual table, with shadow tables that reflection takes for tables of ours.
        options = {
            "compare_type": True,
            "compare_server_default": True,
            "include_name": lambda name, kind, _: kind != "table" or not name.startswith("post_words"),
        }
        assert compare_metadata(MigrationContext.configure(connection, opts=options), METADATA) == []
    engine.dispose()


def test_migrations_make_the_tables_that_the_metadata_would(database: Path, tmp_path: Path) -> None:
    """What the comparison above does not see: WITHOUT ROWID, AUTOINCREMENT, checks, foreign keys."""
    engine = create_engine(f"sqlite:///{tmp_path}/fresh.db")
    METADATA.create_all(engine)
    engine.dispose()

    def tables(path: Path) -> dict[str, list[str]]:
        connection = sqlite3.connect(path)
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        connection.close()
        # The order of constraints within a table means nothing, nor does a column's own line.
        return {name: sorted(re.split(r"[\s,]*[,\n)(][\s,]*", sql)) for name, sql in rows if name != VERSION}

    assert tables(database) == tables(tmp_path / "fresh.db")


def test_a_start_in_order_imports_no_alembic(database: Path) -> None:
    program = "import asyncio, pathlib, sys; from parlour.store.sqlite import SqliteStore\n"
    program += "asyncio.run(SqliteStore(pathlib.Path(sys.argv[1])).open())\n"
    program += "assert not {'alembic', 'sqlalchemy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program, str(database.parent)], check=True, timeout=30)


async def test_a_newer_database_is_refused(database: Path) -> None:
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreUnavailable, match="another version of the program"):
        await SqliteStore(database.parent).open()


async def test_an_interrupted_deletion_ends_at_the_next_start(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    await store.open()
    await store.rooms.save_category(CATEGORY)
    await store.rooms.save_room(ROOM)
    for number in range(_SLICE + 10):
        last = store.posts.append(post(number))
    await last
    await store._writer.run(lambda connection: connection.execute("UPDATE rooms SET gone = 1"), rooms=True)
    assert (await store.rooms.load())[1] == []
    assert await store.posts.last(ROOM.id, 1) == []
    with pytest.raises(StoreUnavailable):
        await store.posts.append(post(99999))
    await store.close()
    await store.open()
    left = await store._readers.read(lambda c: c.execute("SELECT count(*) FROM posts, rooms").fetchone())
    assert left == (0,)
    await store.close()
