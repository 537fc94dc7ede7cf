"""Looks at the texts of posts that an index has found, where it cannot tell the rest: case, accents and signs where
they count, the end of a long phrase.

That may be a hundred thousand texts for a page of none. So it goes by steps, each a reading of its own: what others
want to read is read in between, and for a search there is a bound (`PostQuery.examine_to`).
"""

from __future__ import annotations

import json
import sqlite3
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from parlour.rooms.content import searchable_text
from parlour.rooms.history import PostQuery
from parlour.rooms.model import RoomId
from parlour.rooms.words import Words
from parlour.store.sqlite.search import hits_of

__all__ = ["Sifting", "still_fitting"]

STEP: Final = 1000
"""Texts that Python looks at in one step: some 5 to 25 ms."""

_MOST_WALKED: Final = 10_000
"""Posts that are taken from the index at once: where case counts, SQLite looks at their texts."""

# In one row: each would have to wait for the interpreter. Nothing for a post that does not fit, and the id, negative if
# the text has to be looked at, for any other.
_WALK: Final = """
SELECT count(*), min(p.id), max(p.id), min(p.chat_id), max(p.chat_id), group_concat({})
FROM ({}) AS hit CROSS JOIN posts p ON p.id = hit.id
"""
_TEXTS: Final = """
SELECT json_group_array(json_array(posts.id, text)) FROM json_each(?) AS wanted
CROSS JOIN posts ON posts.id = wanted.value CROSS JOIN rooms ON rooms.number = posts.room
WHERE rooms.id = ? AND NOT gone
"""

# Where case counts, SQLite looks at most texts itself: one of ASCII without links and stories is its searchable text.
_PLAIN: Final = "length(p.text) = length(CAST(p.text AS BLOB)) AND NOT instr(p.text, '://')"
_TITLED: Final = "substr(p.text, 1, 7) = '[STORY]'"


class Sifting:
    """The ids of posts that fit a query with words, at most `most`, from the oldest (`ASC`) or the newest (`DESC`).

    The first walk takes as many from the index as are wanted, since nearly all fit as a rule; further ones ten times as
    many as the one before."""

    def __init__(self, room: RoomId, query: PostQuery, order: str, most: int) -> None:
        self.ids: list[str] = []
        self.examined = 0
        """How many posts were taken from the index."""
        self.whole = True
        """False if some were left there, as `PostQuery.examine_to` was reached."""
        self._room = room
        self._query = query
        self._words = query.words or Words((), every=False)
        self._order = order
        self._most = most
        self._ahead = most
        self._walked: deque[str] = deque()
        self._at_end = False

    def step(self, connection: sqlite3.Connection) -> bool:
        """Go on; whether it is done."""
        if not self._walked:
            self._walk(connection)
        batch: list[str] = []
        doubtful: list[str] = []
        while self._walked and len(doubtful) < STEP:
            each = self._walked.popleft()
            batch.append(each.removeprefix("-"))
            if each.startswith("-"):
                doubtful.append(batch[-1])
        unfit = set(doubtful) - self._confirmed(connection, doubtful)
        self.ids += [each for each in batch if each not in unfit]
        del self.ids[self._most :]
        return len(self.ids) >= self._most or (self._at_end and not self._walked)

    def _walk(self, connection: sqlite3.Connection) -> None:
        most = self._query.examine_to
        # One more than may be looked at shows whether there are more.
        left = None if most is None else max(most - self.examined, 0)
        ahead = min(self._ahead, _MOST_WALKED) if left is None else min(self._ahead, _MOST_WALKED, left + 1)
        hits = hits_of(connection, self._room, self._query, self._order, ahead)
        if hits is None:
            self._at_end = True
            return
        judged, strings = _judged(self._words)
        row = connection.execute(_WALK.format(judged, hits.sql), (*strings, *hits.values)).fetchone()
        count, first_id, last_id, first, last, joined = row
        self._walked.extend(joined.split(",") if joined else ())
        backwards = self._order == "DESC"
        if left is not None and count > left:
            self.whole, self._at_end = False, True
            beyond = str(first_id if backwards else last_id)
            if self._walked and self._walked[-1].removeprefix("-") == beyond:
                self._walked.pop()
            count = left
        elif count < ahead:
            self._at_end = True
        else:
            query = self._query
            self._query = replace(query, before=first) if backwards else replace(query, after=last)
        self.examined += count
        self._ahead *= 10

    def _confirmed(self, connection: sqlite3.Connection, ids: Sequence[str]) -> set[str]:
        texts = _texts(connection, self._room, ids)
        return {str(number) for number, text in texts if self._words.confirms(searchable_text(text))}


def still_fitting(connection: sqlite3.Connection, room: RoomId, words: Words, ids: Sequence[str]) -> list[int]:
    """Those of the posts that are there and have the words, ascending."""
    texts = _texts(connection, room, ids)
    return sorted(number for number, text in texts if words.fits(searchable_text(text)))


def _texts(connection: sqlite3.Connection, room: RoomId, ids: Sequence[str]) -> list[tuple[int, str]]:
    if not ids:
        return []
    (rows,) = connection.execute(_TEXTS, (f"[{','.join(ids)}]", room)).fetchone()
    found: list[tuple[int, str]] = json.loads(rows)
    return found


def _judged(words: Words) -> tuple[str, Sequence[str]]:
    """What SQLite says to a post `p` (see `_WALK`), and its variables. A text that has all strings has that of
    whichever term the index has found."""
    if not words.case or words.lookups != words.terms:
        return "-p.id", ()
    has = ["instr(p.text, ?)"] * len(words.strings)
    parts = [max(string.split(), key=len, default="") for string in words.strings]
    sure = " AND ".join([f"NOT {_TITLED}", *has])
    possible = (" AND " if words.every else " OR ").join(has)
    judged = f"CASE WHEN NOT ({_PLAIN}) THEN -p.id WHEN {sure} THEN p.id WHEN {possible} THEN -p.id END"
    return judged, (*words.strings, *parts)
