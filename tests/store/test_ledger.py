"""The one statement: numbering, duplicates, padding and what a failure leaves behind, without threads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from parlour.store.api import Appended
from parlour.store.sqlite.connection import Settings, connect_writer
from parlour.store.sqlite.ledger import Ledger
from parlour.store.sqlite.schema import bring_to_head
from tests.exams.store_exam import CATEGORY, ROOM, post


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "parlour.db"
    connection = connect_writer(path, Settings())
    bring_to_head(connection, lambda: connect_writer(path, Settings()))
    connection.execute("INSERT INTO categories VALUES (?, 'c', '', NULL, 0, 1, 0, '', 0, '', 0, 0)", (CATEGORY.id,))
    connection.execute(
        "INSERT INTO rooms (id, name, category, description, topic, visibility, behavior, disabled, invite,"
        " created_by, created_at, updated_by, updated_at) VALUES (?, 'r', ?, '', '', '', '', 0, 0, '', 0, '', 0)",
        (ROOM.id, CATEGORY.id),
    )
    yield connection
    connection.close()


def numbers(connection: sqlite3.Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT chat_id FROM posts ORDER BY id")]


@pytest.mark.parametrize("size", [1, 5, 7, 11, 100, 256, 511, 513, 700])
def test_any_number_of_rows_fits_a_statement(connection: sqlite3.Connection, size: int) -> None:
    answers = Ledger(connection).keep([post(number) for number in range(size)])
    assert [each.post.chat_id for each in answers if isinstance(each, Appended)] == list(range(1, size + 1))
    assert numbers(connection) == list(range(1, size + 1))
    assert connection.execute("SELECT count(*) FROM outbox").fetchone() == (size,)
    assert connection.execute("SELECT count(*) FROM post_keys").fetchone() == (size,)
    assert connection.execute("SELECT last_chat_id FROM rooms").fetchone() == (size,)
    assert not connection.in_transaction


def test_a_batch_is_all_or_nothing_and_takes_no_numbers(connection: sqlite3.Connection) -> None:
    ledger = Ledger(connection)
    ledger.keep([post(1)])
    too_large = replace(post(3), at=2**63)
    with pytest.raises(OverflowError):
        ledger.keep([post(2), too_large])
    # A row that only the database refuses, after others were inserted.
    with pytest.raises(sqlite3.IntegrityError):
        ledger.keep([post(2), replace(post(3), author_name=None)])  # type: ignore[arg-type]
    assert numbers(connection) == [1]
    (answer,) = ledger.keep([post(2)])
    assert isinstance(answer, Appended)
    assert answer.post.chat_id == 2
    assert connection.execute("SELECT last_chat_id FROM rooms").fetchone() == (2,)


def test_a_counter_survives_the_removal_of_posts(connection: sqlite3.Connection) -> None:
    ledger = Ledger(connection)
    ledger.keep([post(1), post(2), post(3)])
    connection.execute("DELETE FROM posts")
    connection.execute("DELETE FROM post_words")
    ledger.forget()
    (answer,) = ledger.keep([post(4)])
    assert isinstance(answer, Appended)
    assert answer.post.chat_id == 4
    # The key outlives the post: the number is still known.
    (answer,) = ledger.keep([post(2)])
    assert isinstance(answer, Appended)
    assert (answer.post.chat_id, answer.repeated) == (2, True)
