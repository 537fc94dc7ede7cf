"""Search in SQLite finds what `rooms.history.page_of` says, walks indexes only, and keeps its index whole."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlour.rooms.history import MOST_COUNTED, PostQuery, page_of
from parlour.rooms.model import Micros, RoomId
from parlour.rooms.words import WordMatch
from parlour.store.api import StoredPost, StoreUnavailable
from parlour.store.sqlite import SqliteStore, connection
from parlour.store.sqlite.search import find, hits_of
from tests.exams.store_exam import CATEGORY, OTHER, ROOM, post

PEOPLE = ["sip:alice@example.com", "sip:bob@example.com", "sip:기민@example.com"]
PIECES = [
    *("hello", "Hell", "help", "HELLO", "12", "12x", "7y", "café", "cafe", "Straße", "don't", "a", "ab", "snake_case"),
    *(
        "한국어",
        "한국",
        "국어",
        "한",
        "漢字",
        "漢",
        "日本語",
        "日本",
        "ひらがな",
        "カタカナ",
        "ｶﾀｶﾅ",
        "ไทย",
        "привет",
        "ΑΣ",
    ),
    *(":)", '"', "*", "AND", "OR", "NOT", "NEAR(", "-", "\0", "[STORY]", "\U0001f99c", "e\u0301", "🇰🇷"),
    *("https://example.com/Hello", '<a href="http://x.example/ab">hello</a>', "ma-filelink://d/r/s?name=caf%C3%A9"),
]
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), min_size=1, max_size=6).flatmap(
    lambda pieces: st.sampled_from([" ", "", "\n"]).map(lambda blank: blank.join(pieces))
)
SAFE_TEXTS = TEXTS.filter(lambda text: text.isascii() or text.encode("utf-8", "ignore").decode() == text)
ASKED = st.one_of(st.just(""), SAFE_TEXTS, st.sampled_from(PIECES), SAFE_TEXTS.map(lambda text: f'"{text}"'))
NUMBERS = st.one_of(st.none(), st.integers(-2, 14))
QUERIES = st.builds(
    PostQuery,
    text=ASKED,
    match=st.sampled_from(WordMatch),
    match_case=st.booleans(),
    authors=st.frozensets(st.sampled_from([*PEOPLE, "sip:nobody@example.com"]), max_size=2),
    since=NUMBERS,
    until=NUMBERS,
    after=NUMBERS,
    before=NUMBERS,
    newest_first=st.booleans(),
)
# (text, author, time, whether the post is in the other room)
POSTS = st.lists(st.tuples(SAFE_TEXTS, st.sampled_from(PEOPLE), st.integers(0, 12), st.booleans()), max_size=12)
REMOVALS = st.lists(st.tuples(QUERIES, st.integers(0, 4), st.one_of(st.none(), SAFE_TEXTS)), max_size=2)


async def open_store(directory: Path) -> SqliteStore:
    store = SqliteStore(directory)
    await store.open()
    await store.rooms.save_category(CATEGORY)
    await store.rooms.save_room(ROOM)
    await store.rooms.save_room(OTHER)
    return store


async def on_writer(store: SqliteStore, sql: str, *values: Any) -> list[Any]:
    return await store._writer.run(lambda connection: connection.execute(sql, values).fetchall())


async def check_index(store: SqliteStore) -> None:
    """FTS5 compares its index with the words it keeps; we, those with the posts."""
    await on_writer(store, "INSERT INTO post_words (post_words) VALUES ('integrity-check')")
    missing = "SELECT id FROM posts EXCEPT SELECT rowid FROM post_words"
    left = "SELECT rowid FROM post_words EXCEPT SELECT id FROM posts"
    assert await on_writer(store, f"SELECT * FROM ({missing}) UNION ALL SELECT * FROM ({left})") == []


@settings(max_examples=150, deadline=None)
@given(posts=POSTS, removals=REMOVALS, queries=st.lists(QUERIES, min_size=1, max_size=12), limit=st.integers(-1, 6))
def test_sqlite_finds_what_the_rules_say(
    tmp_path_factory: pytest.TempPathFactory, posts: Any, removals: Any, queries: list[PostQuery], limit: int
) -> None:
    async def scenario() -> None:
        store = await open_store(tmp_path_factory.mktemp("search"))
        asked = [
            replace(post(number, OTHER.id if other else ROOM.id, text=text), author=author, at=Micros(at))
            for number, (text, author, at, other) in enumerate(posts)
        ]
        kept = [each.post for each in await asyncio.gather(*[store.posts.append(each) for each in asked])]
        for query, most, replacement in removals:
            expected = page_of(_of_room(kept), replace(query, newest_first=False), most)[0]
            removed = await store.posts.remove(
                ROOM.id, query, most, by="sip:admin@example.com", at=Micros(99), replacement=replacement
            )
            assert removed == expected
            kept = [
                _after(each, expected, replacement) for each in kept if replacement is not None or each not in expected
            ]
        for query in queries:
            found = await store.posts.find(ROOM.id, query, limit)
            assert (list(found.posts), found.page) == page_of(_of_room(kept), query, limit), query
        await check_index(store)
        await store.close()

    asyncio.run(scenario())


def _of_room(posts: list[StoredPost]) -> list[StoredPost]:
    return [each for each in posts if each.room == ROOM.id]


def _after(post: StoredPost, removed: list[StoredPost], replacement: str | None) -> StoredPost:
    return replace(post, text=replacement, rtf=None) if replacement is not None and post in removed else post
