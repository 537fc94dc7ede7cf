"""Takes posts out of the history: with their words, and with an outbox row that keeps what they said."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from parlour.rooms.audit import AuditRecord
from parlour.rooms.history import PostQuery
from parlour.rooms.model import Micros, RoomId
from parlour.store.api import EventKind, StoredPost
from parlour.store.sqlite.audit_rows import keep_record
from parlour.store.sqlite.search import Hits, hits_of, stored_post
from parlour.store.sqlite.sifting import still_fitting
from parlour.store.sqlite.words import index_row

__all__ = ["Removal", "drop_posts"]

_FOUND: Final = """
SELECT p.id, p.room, p.chat_id, p.author, p.author_name, p.text, p.at, p.rtf, p.alert
FROM ({}) AS hit CROSS JOIN posts p ON p.id = hit.id ORDER BY p.id
"""
_SIFTED: Final = "SELECT value AS id FROM json_each(?) LIMIT ?"

# Ids come as one JSON array, so that each of these is run once, however many posts there are.
_ARCHIVE: Final = """
INSERT INTO outbox (kind, room, who, at, chat_id, detail)
SELECT :kind, :room, :by, :at, chat_id, json_object(
    'name', author_name, 'text', text, 'rtf', rtf, 'alert', json(CASE WHEN alert THEN 'true' ELSE 'false' END),
    'author', author, 'posted_at', at{})
FROM posts WHERE id IN (SELECT value FROM json_each(:ids)) ORDER BY id
"""
_ARCHIVE_DELETION: Final = _ARCHIVE.format("")
_ARCHIVE_REPLACEMENT: Final = _ARCHIVE.format(", 'replacement', :replacement")
_DROP: Final = "DELETE FROM posts WHERE id IN (SELECT value FROM json_each(?))"
_DROP_WORDS: Final = "DELETE FROM post_words WHERE rowid IN (SELECT value FROM json_each(?))"
_REPLACE: Final = "UPDATE posts SET text = ?, rtf = NULL WHERE id IN (SELECT value FROM json_each(?))"
_WORDS: Final = """
INSERT INTO post_words (rowid, words)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)
"""


@dataclass(frozen=True, slots=True)
class Removal:
    """A slice of a removal: the oldest `most` posts of `room` that fit `query`; see `PostLog.remove`. `sifted` are the
    ids of these, where they were looked for beforehand so that the writer need not do it; None if indexes alone say."""

    room: RoomId
    query: PostQuery
    most: int
    by: str
    at: Micros
    replacement: str | None
    record: Callable[[Sequence[int]], AuditRecord] | None = None
    sifted: Sequence[str] | None = None

    def run(self, connection: sqlite3.Connection) -> list[StoredPost]:
        """Do it, within the caller's transaction; the posts as they were, oldest first."""
        hits = self._hits(connection) if self.most > 0 else None
        if hits is None:
            return []
        rows = connection.execute(_FOUND.format(hits.sql), hits.values).fetchall()
        if rows:
            self._change(connection, rows)
            keep_record(connection, self.record([row[2] for row in rows]) if self.record is not None else None)
        return [stored_post(self.room, *row[2:]) for row in rows]

    def _hits(self, connection: sqlite3.Connection) -> Hits | None:
        words = self.query.words
        if self.sifted is None or words is None:
            return hits_of(connection, self.room, self.query, "ASC", self.most)
        # Looked at once more: another removal may have come in between.
        return Hits(_SIFTED, (json.dumps(still_fitting(connection, self.room, words, self.sifted)), self.most))

    def _change(self, connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        ids = json.dumps([row[0] for row in rows])
        act = {"room": self.room, "by": self.by, "at": self.at, "ids": ids}
        if self.replacement is None:
            connection.execute(_ARCHIVE_DELETION, {**act, "kind": EventKind.CHATDELETE.value})
            drop_posts(connection, ids)
            return
        replaced = {**act, "kind": EventKind.CHATREPLACE.value, "replacement": self.replacement}
        connection.execute(_ARCHIVE_REPLACEMENT, replaced)
        connection.execute(_REPLACE, (self.replacement, ids))
        connection.execute(_DROP_WORDS, (ids,))
        words = [(number, index_row(room, author, self.replacement)) for number, room, _, author, *_ in rows]
        connection.execute(_WORDS, (json.dumps(words),))


def drop_posts(connection: sqlite3.Connection, ids: str) -> int:
    """Delete posts, a JSON array of ids, with their words; how many there were."""
    connection.execute(_DROP_WORDS, (ids,))
    return connection.execute(_DROP, (ids,)).rowcount
