"""The index of words: what a row of `post_words` says, and how it is asked (docs/decisions/0006-search-tokens.md).

A row belongs to the post with the same rowid. Every token in it begins with the number of the room, so that one index
serves all rooms and a search walks through the words of its own room only: `7xhello` is a word in room 7, and
`7y` with a digest is the author of a post there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b

from parlour.rooms.content import searchable_text
from parlour.rooms.words import Term, Words, tokens_of

__all__ = ["fill_index", "index_row", "match_of"]

_UNREAD = "SELECT id, room, author, text FROM posts WHERE id > ? ORDER BY id LIMIT ?"
_FILL = "INSERT INTO post_words (rowid, words) VALUES (?, ?)"

# Posts that are in memory at a time.
_SLICE = 10_000


def index_row(room: int, author: str, text: str) -> str:
    """The tokens of a post; `room` is the number of its room."""
    return f" {room}x".join([f"{room}y{_digest(author)}", *tokens_of(searchable_text(text))])


def match_of(room: int, words: Words | None, authors: frozenset[str]) -> str:
    """What to MATCH for the posts of a room that have the lookups of these words and are by one of these people (all of
    them if there is none). Words without terms match nothing: the caller does not ask."""
    clauses: list[str] = []
    if words is not None:
        clauses.append((" AND " if words.every else " OR ").join(_phrase(room, term) for term in words.lookups))
    if authors:
        clauses.append(" OR ".join(f'"{room}y{_digest(author)}"' for author in sorted(authors)))
    return " AND ".join(f"({clause})" for clause in clauses)


def fill_index(connection: sqlite3.Connection) -> Iterator[int]:
    """Index all posts there are, in memory that does not grow with them; yields how many were done since the last."""
    last = 0
    while rows := connection.execute(_UNREAD, (last, _SLICE)).fetchall():
        connection.executemany(_FILL, [(number, index_row(*post)) for number, *post in rows])
        last = rows[-1][0]
        yield len(rows)


def _phrase(room: int, term: Term) -> str:
    tokens = " ".join(f"{room}x{token}" for token in term.tokens)
    return f'"{tokens}"*' if term.prefix else f'"{tokens}"'


@lru_cache(4096)
def _digest(author: str) -> str:
    """Eighty bits: long enough that no two people are taken for one."""
    return blake2b(author.encode(), digest_size=10).hexdigest()
