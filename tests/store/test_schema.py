"""The tables: migrations lead to the metadata, a start in order imports no Alembic, newer databases are refused."""

from __future__ import annotations

import asyncio
import logging
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from parlour.rooms.history import PostQuery
from parlour.rooms.model import Micros
from parlour.rooms.words import WordMatch
from parlour.store.api import StoreUnavailable
from parlour.store.head import HEAD
from parlour.store.migrate import alembic_config
from parlour.store.schema import METADATA
from parlour.store.sqlite import SqliteStore
from parlour.store.sqlite.connection import DATABASE
from parlour.store.sqlite.rooms import _SLICE
from parlour.store.sqlite.schema import revision
from tests.exams.store_exam import CATEGORY, NOW, OTHER, ROOM, post
from tests.store.test_search import check_index

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
    subprocess.run([sys.executable, "-c", program, str(database.parent)], check=True, timeout=180)


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


def upgrade_to(directory: Path, revision: str) -> None:
    engine = create_engine(f"sqlite:///{directory / DATABASE}")
    with engine.connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def make_first_revision(directory: Path) -> None:
    """A database as the first release of the tables left it, with posts."""
    upgrade_to(directory, "0001")
    old = sqlite3.connect(directory / DATABASE)
    with old:
        old.execute("INSERT INTO categories VALUES (?, 'c', '', NULL, 0, 1, 0, '', 0, '', 0)", (CATEGORY.id,))
        for number, room in enumerate((ROOM, OTHER), 1):
            columns = "number, id, name, category, description, topic, visibility, behavior, disabled, invite"
            columns += ", created_by, created_at, updated_by, updated_at, last_chat_id"
            values = (number, room.id, room.name, CATEGORY.id, "", "", "OPEN", "NORMAL", 0, 0, "", 0, "", 0, 30)
            old.execute(f"INSERT INTO rooms ({columns}) VALUES ({','.join('?' * 15)})", values)
            for chat_id in range(1, 31):
                # The tenth came with a clock that was late.
                at = NOW - 5 if chat_id == 10 else NOW + chat_id
                text = f"회의록 #{chat_id} of {room.name}"
                row = (number, chat_id, "sip:a@b", "A", text, at, None, 0)
                old.execute("INSERT INTO posts VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    old.close()


async def check_migrated(store: SqliteStore) -> None:
    ((category,), _) = await store.rooms.load()
    assert (category.invite, category.logged, category.filepost) == (False, True, False)
    assert (await store.posts.find(ROOM.id, PostQuery("의록 of desk", WordMatch.ALL), 99)).page.matches == 30
    assert (await store.posts.find(OTHER.id, PostQuery("desk"), 99)).page.matches == 0
    early = await store.posts.find(
        OTHER.id, PostQuery("회의", authors=frozenset({"sip:a@b"}), until=Micros(NOW + 2)), 99
    )
    assert [each.chat_id for each in early.posts] == [1, 2, 10]
    assert (await store.posts.find(ROOM.id, PostQuery("#"), 99)).page.matches == 30
    assert (await store.posts.append(post(1))).post.chat_id == 31
    assert (await store.posts.find(ROOM.id, PostQuery("post", since=NOW), 99)).page.matches == 1
    await check_index(store)


async def test_posts_of_the_first_revision_are_indexed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_first_revision(tmp_path)
    monkeypatch.setattr("parlour.store.sqlite.words._SLICE", 7)
    caplog.set_level(logging.INFO, "parlour.store")
    store = SqliteStore(tmp_path)
    await store.open()
    assert "indexing 60 posts" in caplog.text
    await check_migrated(store)
    await store.close()


async def test_posts_are_indexed_anew_when_words_are_cut_otherwise(tmp_path: Path) -> None:
    make_first_revision(tmp_path)
    upgrade_to(tmp_path, "0002")
    old = sqlite3.connect(tmp_path / DATABASE)
    with old:
        old.execute("INSERT INTO post_words (rowid, words) SELECT id, '1x' || chat_id FROM posts")
    old.close()
    store = SqliteStore(tmp_path)
    await store.open()
    await check_migrated(store)
    await store.close()


async def test_a_process_killed_while_it_indexes_leaves_what_there_was(tmp_path: Path) -> None:
    make_first_revision(tmp_path)
    program = (
        "import asyncio, os, pathlib, signal, sys\n"
        "from parlour.store.sqlite import SqliteStore, words\n"
        "words._SLICE = 7\n"
        "cut, left = words.index_row, [25]\n"
        "def index_row(*post):\n"
        "    left[0] -= 1\n"
        "    if not left[0]: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return cut(*post)\n"
        "words.index_row = index_row\n"
        "asyncio.run(SqliteStore(pathlib.Path(sys.argv[1])).open())\n"
    )
    killed = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", program, str(tmp_path)], timeout=180)
    assert killed.returncode == -signal.SIGKILL
    connection = sqlite3.connect(tmp_path / DATABASE)
    assert revision(connection) == "0002"
    assert connection.execute("SELECT count(*) FROM post_words").fetchone() == (0,)
    connection.close()
    store = SqliteStore(tmp_path)
    await store.open()
    await check_migrated(store)
    await store.close()
