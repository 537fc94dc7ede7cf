"""What the database file of a server holds, read beside the server or after it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.interop.server import DOMAIN

Place = tuple[str, int]
"""Room URI and chat id."""


@dataclass(frozen=True, slots=True)
class Archive:
    """`posts` in the order of the archive; `outbox` the rows of posts in the order of committing."""

    posts: list[tuple[Place, str]]
    outbox: list[tuple[Place, str]]


def read_archive(data_dir: Path) -> Archive:
    with closing(sqlite3.connect(f"file:{data_dir / 'parlour.db'}?mode=ro", uri=True)) as database:
        # One transaction: a server may be writing.
        database.execute("BEGIN")
        posts = database.execute(
            "SELECT r.id, p.chat_id, p.text FROM posts p JOIN rooms r ON r.number = p.room ORDER BY r.id, p.chat_id"
        ).fetchall()
        outbox = database.execute("SELECT room, chat_id, detail FROM outbox WHERE kind = 'CHAT' ORDER BY id").fetchall()
    return Archive(
        [((_uri(room), number), text) for room, number, text in posts],
        [((_uri(room), number), json.loads(detail)["text"]) for room, number, detail in outbox],
    )


def check_archive(archive: Archive) -> None:
    """Numbers without gaps or reuse, every post once, each with its outbox row, in one order."""
    numbers: dict[str, list[int]] = {}
    for (room, number), _ in archive.posts:
        numbers.setdefault(room, []).append(number)
    for found in numbers.values():
        assert found == list(range(1, len(found) + 1))
    texts = [text for _, text in archive.posts]
    assert len(set(texts)) == len(texts)
    assert sorted(archive.outbox) == archive.posts
    for room in numbers:
        committed = [number for (where, number), _ in archive.outbox if where == room]
        assert committed == sorted(committed)


def _uri(room: str) -> str:
    return f"ma-chan://{DOMAIN}/{room}"
