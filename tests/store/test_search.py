"""Search in SQLite finds what `rooms.history.page_of` says, walks indexes only, and keeps its index whole."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlour.rooms.history import MOST_COUNTED, PostQuery, page_of
from parlour.rooms.model import Micros
from parlour.rooms.words import WordMatch
from parlour.store.api import StoreConflict, StoredPost, StoreUnavailable
from parlour.store.sqlite import SqliteStore
from parlour.store.sqlite import connection as library
from parlour.store.sqlite.connection import Settings
from parlour.store.sqlite.posts import _before, _unread
from parlour.store.sqlite.removal import Removal
from parlour.store.sqlite.search import find
from parlour.store.sqlite.sifting import STEP, Sifting
from tests.exams.store_exam import CATEGORY, NOW, OTHER, ROOM, post

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
    *(
        ":)",
        '"',
        "*",
        "AND",
        "OR",
        "NOT",
        "NEAR(",
        "-",
        "\0",
        "[STORY]",
        "\U0001f99c",
        "e\u0301",
        "🇰🇷",
        "C#",
        "c",
        "＃",
    ),
    *("회의" * 70, "회의" * 69 + "회록", "ＡＢ"),
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
    literal=st.booleans(),
    authors=st.frozensets(st.sampled_from([*PEOPLE, "sip:nobody@example.com"]), max_size=2),
    since=NUMBERS,
    until=NUMBERS,
    after=NUMBERS,
    before=NUMBERS,
    newest_first=st.booleans(),
    count_to=st.sampled_from([0, 3, MOST_COUNTED]),
    examine_to=st.sampled_from([0, 1, 2, 4, None]),
)
# (text, author, time, whether the post is in the other room)
POSTS = st.lists(st.tuples(SAFE_TEXTS, st.sampled_from(PEOPLE), st.integers(0, 12), st.booleans()), max_size=12)
REMOVALS = st.lists(st.tuples(QUERIES, st.integers(0, 4), st.one_of(st.none(), SAFE_TEXTS)), max_size=2)


async def open_store(directory: Path, settings: Settings | None = None) -> SqliteStore:
    store = SqliteStore(directory, settings)
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
            expected = page_of(_of_room(kept), replace(query, newest_first=False, examine_to=None), most)[0]
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


async def test_reading_walks_indexes(tmp_path: Path) -> None:
    """SQLite plans by the text of a statement alone (there are no statistics): what holds here holds for millions."""
    store = await open_store(tmp_path)
    await asyncio.gather(*[store.posts.append(post(number, text="word")) for number in range(100)])
    # Times that go back: then dates are compared post by post as well.
    await store.posts.append(replace(post(100, text="word"), at=Micros(NOW - 5)))
    statements = await store._readers.read(_traced)
    assert any("post_words MATCH" in sql for sql in statements)
    assert any("RECURSIVE" in sql for sql in statements)
    for sql in statements:
        for *_, step in await on_writer(store, f"EXPLAIN QUERY PLAN {sql}"):
            assert not re.search(r"SCAN (TABLE )?(posts|p|rooms)\b|USE TEMP B-TREE", step), (step, sql)
            # All of a room.
            assert not re.search(r"\(room=\?\)", step), (step, sql)
    await store.close()


def _traced(connection: sqlite3.Connection) -> list[str]:
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    for text, newest_first in product(("", "wo", '"wo rd"'), (True, False)):
        query = PostQuery(text, newest_first=newest_first)
        for each in (
            query,
            replace(query, authors=frozenset(PEOPLE)),
            replace(query, after=3, before=90),
            replace(query, since=NOW, until=Micros(NOW + 50)),
        ):
            find(connection, ROOM.id, each, 10)
        sifting = Sifting(ROOM.id, replace(query, match_case=True), "DESC" if newest_first else "ASC", 10)
        while not sifting.step(connection):
            pass
    _unread(connection, {ROOM.id: 5}, 10, PEOPLE[0])
    _before(connection, ROOM.id, 5, 10)
    connection.set_trace_callback(None)
    return [sql for sql in statements if not sql.startswith("--")]


@pytest.mark.parametrize("newest_first", [True, False])
async def test_few_of_many_candidates_fit(tmp_path: Path, newest_first: bool) -> None:
    """The index has them all; each has to be looked at, in several walks."""
    store = await open_store(tmp_path)
    texts = [f"{'Wörd' if number % 400 == 399 else 'wörd'} {number}" for number in range(1700)]
    await asyncio.gather(*[store.posts.append(post(number, text=text)) for number, text in enumerate(texts)])
    fits = [400, 800, 1200, 1600]
    for limit, count_to in ((0, 0), (1, 0), (3, 0), (2, 3), (2, MOST_COUNTED), (4, 0), (9, 0)):
        query = PostQuery("Wörd", match_case=True, newest_first=newest_first, count_to=count_to)
        found = await store.posts.find(ROOM.id, query, limit)
        expected = (fits[-limit:] if newest_first else fits[:limit]) if limit else []
        assert [each.chat_id for each in found.posts] == expected
        matches = min(4, max(limit, count_to))
        assert (found.page.matches, found.page.more) == (matches, limit < 4)
    gone = await store.posts.remove(ROOM.id, PostQuery("Wörd", match_case=True), 3, by="sip:a@b", at=NOW)
    assert [each.chat_id for each in gone] == fits[:3]
    await store.close()


async def test_others_read_between_the_steps_of_a_long_search(tmp_path: Path) -> None:
    """There is one thread that reads, and a search that looks at thousands of texts and finds nothing."""
    store = await open_store(tmp_path, Settings(readers=1))
    await asyncio.gather(*[store.posts.append(post(number, text=f"wörd {number}")) for number in range(3 * STEP)])
    order: list[str] = []

    async def search() -> None:
        found = await store.posts.find(ROOM.id, PostQuery("WÖRD", match_case=True), 10)
        assert (found.posts, found.page.more, found.page.examined) == ((), False, 3 * STEP)
        order.append("search")

    async def read() -> None:
        await store.posts.last(ROOM.id, 1)
        order.append("read")

    await asyncio.gather(search(), read())
    assert order == ["read", "search"]
    await store.close()


async def test_posts_are_kept_while_a_removal_looks_for_what_fits(tmp_path: Path) -> None:
    """The thread that writes does not look at texts; it had nothing else to do until they were looked at."""
    store = await open_store(tmp_path)
    await asyncio.gather(*[store.posts.append(post(number, text=f"wörd {number}")) for number in range(3 * STEP)])
    order: list[str] = []

    async def remove() -> None:
        assert not await store.posts.remove(ROOM.id, PostQuery("word", literal=True), 10, by="sip:a@b", at=NOW)
        order.append("removal")

    async def say() -> None:
        await store.posts.append(post(9999))
        order.append("post")

    await asyncio.gather(remove(), say())
    assert order == ["post", "removal"]
    await store.close()


async def test_what_another_removal_took_meanwhile_is_not_removed_twice(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    await asyncio.gather(*[store.posts.append(post(number, text="Wörd")) for number in range(4)])
    query = PostQuery("Wörd", literal=True)
    await store.posts.remove(ROOM.id, query, 2, by="sip:a@b", at=NOW, replacement="gone")
    late = Removal(ROOM.id, query, 3, "sip:a@b", NOW, None, sifted=["1", "2", "3"])
    assert [each.chat_id for each in await store._writer.run(late.run)] == [3]
    await store.rooms.delete_room(ROOM.id)
    assert await store._writer.run(replace(late, sifted=["4"]).run) == []
    await store.close()


async def test_a_room_that_is_swept_takes_its_words_along(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    await asyncio.gather(*[store.posts.append(post(n, (ROOM.id, OTHER.id)[n % 2], text="word")) for n in range(1200)])
    await store.rooms.delete_room(ROOM.id)
    await store.rooms.sweep()
    await check_index(store)
    assert (await store.posts.find(OTHER.id, PostQuery("word"), 1)).page.matches == 600
    await store.close()


async def test_a_removal_that_fails_leaves_everything(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    await asyncio.gather(*[store.posts.append(post(number, text="word")) for number in range(5)])
    await on_writer(store, "CREATE TEMP TRIGGER fail BEFORE DELETE ON posts BEGIN SELECT raise(ABORT, 'no'); END")
    with pytest.raises(StoreConflict):
        await store.posts.remove(ROOM.id, PostQuery("word"), 3, by="sip:a@b", at=NOW)
    assert (await store.posts.find(ROOM.id, PostQuery("word"), 9)).page.matches == 5
    assert len(await store.posts.outbox(0, 100)) == 5
    await check_index(store)
    await store.close()


async def test_other_rooms_post_between_the_slices_of_a_purge(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    await asyncio.gather(*[store.posts.append(post(number)) for number in range(2000)])
    order: list[str] = []

    async def purge() -> None:
        while await store.posts.remove(ROOM.id, PostQuery(), 500, by="sip:a@b", at=NOW):
            order.append("slice")

    async def talk() -> None:
        for number in range(3000, 3100):
            await store.posts.append(post(number, OTHER.id))
            order.append("post")

    await asyncio.gather(purge(), talk())
    assert order.count("slice") == 4
    assert "post" in order[order.index("slice") : len(order) - order[::-1].index("slice")]
    await check_index(store)
    await store.close()


async def test_a_library_without_search_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_SEARCH_PROBE", "CREATE VIRTUAL TABLE probe USING fts0(words)")
    with pytest.raises(StoreUnavailable, match="built without full-text search: no such module: fts0"):
        await SqliteStore(tmp_path).open()
