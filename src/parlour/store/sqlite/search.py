"""Finds posts: a query becomes one walk along an index, from the end that is asked for.

Words and authors are looked up in `post_words`, everything else in the index (room, chat_id). Dates become message
numbers first: times ascend with the numbers but for what `rooms.disorder` says, so halving finds the place. In both
indexes the ids of a room's posts ascend with their numbers. What the words in the index cannot tell is looked for in
texts: see `sifting`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from parlour.rooms.history import Page, PostQuery, most_counted
from parlour.rooms.model import Micros, RoomId
from parlour.rooms.words import Words
from parlour.store.api import FoundPosts, StoredPost
from parlour.store.sqlite.words import match_of

__all__ = ["Hits", "find", "hits_of", "posts_of", "settled", "stored_post"]

_ROOM: Final = "SELECT number, last_chat_id, disorder FROM rooms WHERE id = ? AND NOT gone"

# The last number up to which all posts are earlier than a time, and the first from which on none is, `disorder` aside.
_LATE: Final = """coalesce((SELECT at >= :at FROM posts WHERE room = :room AND chat_id >= (low + high) / 2
    ORDER BY chat_id LIMIT 1), 1)"""
_HALVE: Final = f"""
WITH RECURSIVE span(low, high) AS (
    VALUES (:low, :high)
    UNION ALL
    SELECT CASE WHEN {_LATE} THEN low ELSE (low + high) / 2 END, CASE WHEN {_LATE} THEN (low + high) / 2 ELSE high END
    FROM span WHERE high - low > 1
)
SELECT low, high FROM span WHERE high - low <= 1
"""  # noqa: S608 (two constants)

# One walk counts, as far as is asked, and says which, in its own order; then only those of the page are read.
_IDS: Final = "SELECT count(*), group_concat(id) FROM ({})"
_PAGE: Final = """
SELECT chat_id, author, author_name, text, at, rtf, alert FROM posts
WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id
"""

_MOST_INTEGER: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Hits:
    """A statement that gives the ids of posts (`id`), and its variables; the last of them is its LIMIT."""

    sql: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Span:
    """Posts of a room with numbers between `low` and `high`, both excluded. `whole`: those are all there are;
    `exact`: no post among them is outside the dates that were asked for."""

    room: int
    low: int
    high: int
    whole: bool
    exact: bool


def settled(query: PostQuery) -> bool:
    """Whether indexes alone find what fits; if not, texts have to be looked at (`sifting`)."""
    return query.words is None or query.words.settled


def find(connection: sqlite3.Connection, room: RoomId, query: PostQuery, limit: int) -> FoundPosts:
    """`PostLog.find`, for queries that are `settled`."""
    most = most_counted(query, limit)
    # `more` needs one beyond what is counted or shown.
    hits = hits_of(connection, room, query, "DESC" if query.newest_first else "ASC", most + 1)
    if hits is None:
        return FoundPosts((), Page(0, more=False))
    total, ids = connection.execute(_IDS.format(hits.sql), hits.values).fetchone()
    cut = ids.split(",", limit)[:limit] if total and limit > 0 else []
    return FoundPosts(posts_of(connection, room, cut), Page(min(total, most), more=total > len(cut)))


def posts_of(connection: sqlite3.Connection, room: RoomId, ids: Sequence[str]) -> tuple[StoredPost, ...]:
    """Posts of a room by their ids, oldest first."""
    rows = connection.execute(_PAGE, (f"[{','.join(ids)}]",)).fetchall() if ids else []
    return tuple(stored_post(room, *row) for row in rows)


def stored_post(
    room: RoomId, chat_id: int, author: str, name: str, text: str, at: int, rtf: str | None, alert: int
) -> StoredPost:
    """A post from the columns of its row."""
    return StoredPost(room, chat_id, author, name, text, Micros(at), rtf, alert != 0)


def hits_of(connection: sqlite3.Connection, room: RoomId, query: PostQuery, order: str, most: int) -> Hits | None:
    """What finds the posts that fit as far as indexes know, at most so many, from the oldest (`ASC`) or the newest
    (`DESC`); None if there can be none."""
    words = query.words
    span = _span(connection, room, query)
    if span is None or (words is not None and not words.terms):
        return None
    if words is None and not query.authors:
        return _by_number(span, query, order, most)
    return _by_words(span, query, words, order, most)


def _span(connection: sqlite3.Connection, room: RoomId, query: PostQuery) -> _Span | None:
    """Where to look; None if there is nothing."""
    found = connection.execute(_ROOM, (room,)).fetchone()
    if found is None:
        return None
    number, last, disorder = found
    low = max(query.after or 0, 0)
    high = last + 1 if query.before is None else min(query.before, last + 1)
    if query.since is not None:
        low = _halve(connection, number, (low, high), query.since - disorder)[0]
    if query.until is not None:
        high = _halve(connection, number, (low, high), query.until + disorder + 1)[1]
    if high - low <= 1:
        return None
    dated = query.since is not None or query.until is not None
    return _Span(number, low, high, whole=(low, high) == (0, last + 1), exact=not (dated and disorder))


def _halve(connection: sqlite3.Connection, room: int, span: tuple[int, int], at: int) -> tuple[int, int]:
    low, high = span
    if high - low <= 1:
        return span
    at = max(-_MOST_INTEGER, min(at, _MOST_INTEGER))
    found: tuple[int, int] = connection.execute(_HALVE, {"room": room, "low": low, "high": high, "at": at}).fetchone()
    return found


def _by_number(span: _Span, query: PostQuery, order: str, most: int) -> Hits:
    dates, values = _dates(span, query)
    conditions = " AND ".join(["p.room = ?", "p.chat_id > ?", "p.chat_id < ?", *dates])
    sql = f"SELECT p.id FROM posts p WHERE {conditions} ORDER BY p.chat_id {order} LIMIT ?"  # noqa: S608
    return Hits(sql, (span.room, span.low, span.high, *values, most))


def _by_words(span: _Span, query: PostQuery, words: Words | None, order: str, most: int) -> Hits:
    conditions = ["post_words MATCH ?"]
    values: list[str | int] = [match_of(span.room, words, query.authors)]
    if not span.whole:
        edge = "(SELECT id FROM posts WHERE room = ? AND chat_id {} ? ORDER BY chat_id {} LIMIT 1)"
        conditions.append(f"post_words.rowid >= {edge.format('>', 'ASC')}")
        conditions.append(f"post_words.rowid <= {edge.format('<', 'DESC')}")
        values += [span.room, span.low, span.room, span.high]
    dates, dated = _dates(span, query)
    join = "CROSS JOIN posts p ON p.id = post_words.rowid" if dates else ""
    sql = (
        f"SELECT post_words.rowid AS id FROM post_words {join} WHERE "  # noqa: S608
        f"{' AND '.join([*conditions, *dates])} ORDER BY post_words.rowid {order} LIMIT ?"
    )
    return Hits(sql, (*values, *dated, most))


def _dates(span: _Span, query: PostQuery) -> tuple[list[str], list[int]]:
    """What the numbers alone do not say, since times do not quite ascend with them."""
    if span.exact:
        return [], []
    dates = [("p.at >= ?", query.since), ("p.at <= ?", query.until)]
    return [sql for sql, at in dates if at is not None], [at for _, at in dates if at is not None]
