"""Keeps a batch of posts and events in one transaction that is one statement.

Why one statement: each one lets go of the interpreter lock and must win it back from the event loop's thread, which
costs up to a switch interval each time. A temporary view, private to the writer's connection, takes all rows in one
`INSERT`, and its triggers spread them over the tables: post, its words, key, outbox row, the room's counter. The
statement runs in autocommit mode, so it is also begin, commit and flush
(docs/decisions/0002-durability-and-group-commit.md).
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from parlour.rooms.model import RoomId
from parlour.store.api import Appended, NewPost, OutboxEvent, StoredPost, StoreUnavailable
from parlour.store.sqlite.audit_rows import keep_record
from parlour.store.sqlite.words import index_row

__all__ = ["Answer", "Item", "Ledger"]

Item = NewPost | OutboxEvent
# What became of an item: kept (None for an event), or refused by itself while its neighbours were kept.
Answer = Appended | StoreUnavailable | None

_INCOMING: Final = """
CREATE TEMP VIEW incoming AS SELECT
    0 AS chat_id, 0 AS room, '' AS guid, x'' AS key, 0 AS logged, '' AS who, '' AS who_name, '' AS text,
    0 AS at, '' AS rtf, 0 AS alert, '' AS kind, '' AS detail, '' AS words;
CREATE TEMP TRIGGER incoming_post INSTEAD OF INSERT ON incoming WHEN new.chat_id IS NOT NULL BEGIN
    INSERT INTO posts (room, chat_id, author, author_name, text, at, rtf, alert)
        SELECT new.room, new.chat_id, new.who, new.who_name, new.text, new.at, new.rtf, new.alert WHERE new.logged;
    INSERT INTO post_words (rowid, words) SELECT last_insert_rowid(), new.words WHERE new.logged;
    INSERT INTO post_keys (key, room, chat_id, at)
        VALUES (new.key, new.room, new.chat_id, CASE WHEN new.logged THEN NULL ELSE new.at END);
    INSERT INTO outbox (kind, room, who, at, chat_id, detail)
        VALUES ('CHAT', new.guid, new.who, new.at, new.chat_id, json_object(
            'name', new.who_name, 'text', new.text, 'rtf', new.rtf,
            'alert', json(CASE WHEN new.alert THEN 'true' ELSE 'false' END)));
    UPDATE rooms SET last_chat_id = new.chat_id, newest_at = max(newest_at, new.at),
        disorder = max(disorder, newest_at - new.at) WHERE number = new.room;
END;
CREATE TEMP TRIGGER incoming_event INSTEAD OF INSERT ON incoming WHEN new.kind IS NOT NULL BEGIN
    INSERT INTO outbox (kind, room, who, at, chat_id, detail)
        VALUES (new.kind, new.guid, new.who, new.at, NULL, new.detail);
END;
"""
_COLUMNS: Final = 14
_Row = tuple[int | None, int | None, str, bytes | None, int, str, str, str, int, str | None, int, str | None, str, str]
_PADDING: Final = (None,) * _COLUMNS
_LONE: Final = re.compile("[\ud800-\udfff]")

# Statements are prepared once for each of these numbers of rows; a batch is padded with rows that no trigger takes.
_SIZES: Final = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)

_KNOWN: Final = """
SELECT k.key, r.id, k.chat_id, k.at, p.author, p.author_name, p.text, p.at, p.rtf, p.alert
FROM post_keys k
LEFT JOIN rooms r ON r.number = k.room AND NOT r.gone
LEFT JOIN posts p ON p.room = k.room AND p.chat_id = k.chat_id
WHERE k.key IN ({})
"""
# Those said in somebody's name are few, and among the newest rows.
_SAID_BY: Final = """
UPDATE outbox SET detail = json_set(detail, '$.by', ?)
WHERE id > (SELECT max(id) FROM outbox) - ? AND kind = 'CHAT' AND room = ? AND chat_id = ?
"""


class Ledger:
    """The writer's knowledge of rooms and their counters, and the one statement. Used by one thread.

    Numbers are given out of a copy of the counters, which replaces them only once the transaction is flushed: a failed
    batch leaves no trace, and since `forget` follows it, the next one asks the database anew."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        connection.executescript(_INCOMING)
        self._connection = connection
        # GUID -> (number of the room, newest chat id)
        self._rooms: dict[RoomId, tuple[int, int]] = {}

    def forget(self) -> None:
        """Something may have happened to the rooms; look again."""
        self._rooms.clear()

    def keep(self, items: Sequence[Item]) -> list[Answer]:
        """Keep all items, in order, or raise an `sqlite3.Error` or whatever an item that cannot be bound raises."""
        batch = _Batch(self, {})
        answers = batch.take(items)
        try:
            self._insert(batch)
        except sqlite3.IntegrityError:
            self._connection.rollback()
            # Keys are not looked up beforehand: that would be a second statement, and retries are rare.
            known = self._known(items)
            if not known:
                raise
            batch = _Batch(self, known)
            answers = batch.take(items)
            self._insert(batch)
        self._rooms.update(batch.rooms)
        return answers

    def room(self, room: RoomId) -> tuple[int, int] | None:
        """Number and newest chat id of a room; None if there is none."""
        found = self._rooms.get(room)
        if found is None:
            found = self._connection.execute(
                "SELECT number, last_chat_id FROM rooms WHERE id = ? AND NOT gone", (room,)
            ).fetchone()
            if found is not None:
                self._rooms[room] = found
        return found

    def _insert(self, batch: _Batch) -> None:
        if not batch.acts:
            self._insert_rows(batch.rows)
            return
        self._connection.execute("BEGIN IMMEDIATE")
        self._insert_rows(batch.rows)
        for post, chat_id in batch.acts:
            self._connection.execute(_SAID_BY, (post.by, len(batch.rows), post.room, chat_id))
            keep_record(self._connection, post.record(chat_id) if post.record is not None else None)
        self._connection.execute("COMMIT")

    def _insert_rows(self, rows: list[_Row]) -> None:
        if not rows:
            return
        size = next((size for size in _SIZES if size >= len(rows)), len(rows))
        values = [value for row in rows for value in row]
        values.extend(_PADDING * (size - len(rows)))
        self._connection.execute(_statement(size), values)

    def _known(self, items: Sequence[Item]) -> dict[bytes, StoredPost | StoreUnavailable]:
        posts = {item.key: item for item in items if isinstance(item, NewPost)}
        found = self._connection.execute(_KNOWN.format(",".join("?" * len(posts))), list(posts))
        return {row[0]: _first(posts[row[0]], row) for row in found}


class _Batch:
    """Gives numbers to one batch; nothing here is true until its rows are kept."""

    def __init__(self, ledger: Ledger, known: dict[bytes, StoredPost | StoreUnavailable]) -> None:
        self._ledger = ledger
        self._known = known
        self.rooms: dict[RoomId, tuple[int, int]] = {}
        self.rows: list[_Row] = []
        # Posts that were said in the author's name, with their numbers.
        self.acts: list[tuple[NewPost, int]] = []

    def take(self, items: Sequence[Item]) -> list[Answer]:
        answers: list[Answer] = []
        for item in items:
            if isinstance(item, NewPost):
                answers.append(self._post(item))
            else:
                self._event(item)
                answers.append(None)
        return answers

    def _post(self, post: NewPost) -> Answer:
        known = self._known.get(post.key)
        if known is not None:
            return Appended(known, repeated=True) if isinstance(known, StoredPost) else known
        place = self.rooms.get(post.room) or self._ledger.room(post.room)
        if place is None:
            return StoreUnavailable(f"no such room: {post.room}")
        number, chat_id = place[0], place[1] + 1
        self.rooms[post.room] = (number, chat_id)
        stored = StoredPost(post.room, chat_id, post.author, post.author_name, post.text, post.at, post.rtf, post.alert)
        self._known[post.key] = stored
        if post.by is not None:
            self.acts.append((post, chat_id))
        # Here, on the writer's thread: the loop need not wait while a long text is cut into words.
        words = index_row(number, post.author, post.text) if post.logged else ""
        # Numbers for truth values: `sqlite3` looks for an adapter of each `bool`, at the price of cutting the words.
        logged, alert = int(post.logged), int(post.alert)
        self.rows.append(
            (
                chat_id, number, post.room, post.key, logged,
                post.author, post.author_name, post.text, post.at, post.rtf, alert, None, "", words,
            )
        )  # fmt: skip
        return Appended(stored, repeated=False)

    def _event(self, event: OutboxEvent) -> None:
        detail = _json_of(event)
        self.rows.append(
            (
                None,
                None,
                event.room,
                None,
                0,
                event.who,
                "",
                "",
                event.at,
                None,
                0,
                event.kind.value,
                detail,
                "",
            )
        )


def _json_of(event: OutboxEvent) -> str:
    """A record is never refused for what is in it: text that is no Unicode (a device may name itself by any bytes) is
    written as escapes."""
    detail = json.dumps(dict(event.detail), ensure_ascii=False)
    return json.dumps(dict(event.detail)) if _LONE.search(detail) else detail


def _statement(rows: int) -> str:
    row = "(" + ",".join("?" * _COLUMNS) + ")"
    return "INSERT INTO incoming VALUES " + ",".join([row] * rows)  # noqa: S608 (question marks only)


def _first(retry: NewPost, row: tuple[Any, ...]) -> StoredPost | StoreUnavailable:
    """What was kept under a known key. Where no history is kept, the words are the retry's own; number and time are
    those of the first."""
    _, room, chat_id, unlogged_at, author, author_name, text, at, rtf, alert = row
    if room is None:
        return StoreUnavailable("the post with this key went with its room")
    if at is None:
        kept_at = retry.at if unlogged_at is None else unlogged_at
        return StoredPost(room, chat_id, retry.author, retry.author_name, retry.text, kept_at, retry.rtf, retry.alert)
    return StoredPost(room, chat_id, author, author_name, text, at, rtf, bool(alert))
