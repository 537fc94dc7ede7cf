"""The exam every home of the store passes. A home's test module subclasses `StoreExam` and says how to make one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from parlour.rooms.audit import AuditQuery, AuditRecord, Way
from parlour.rooms.history import MOST_COUNTED, Page, PostQuery
from parlour.rooms.model import AddIn, AddInId, Audit, Behavior, Category, CategoryId, Micros, Room, RoomId, Visibility
from parlour.rooms.words import WordMatch
from parlour.store.api import (
    DocumentChange,
    DocumentConflict,
    DocumentHead,
    EventKind,
    FileToken,
    FoundPosts,
    Invitation,
    NewPost,
    OutboxEvent,
    Store,
    StoreConflict,
    StoreUnavailable,
)

ALICE = "sip:alice@example.com"
BOB = "sip:bob@example.com"
NOW = Micros(1_700_000_000_000_000)
AUDIT = Audit(ALICE, NOW, BOB, Micros(NOW + 5))
CATEGORY = Category(CategoryId("c0000000-0000-4000-8000-000000000001"), "Trading", AUDIT, allowed=frozenset({ALICE}))
ROOM = Room(RoomId("a0000000-0000-4000-8000-000000000001"), "Desk", CATEGORY.id, AUDIT, members=frozenset({ALICE, BOB}))
OTHER = replace(ROOM, id=RoomId("a0000000-0000-4000-8000-000000000002"), name="Pit")

MakeStore = Callable[[], Store]

ACT = AuditRecord("r0", NOW, ALICE, Way.WIRE, "room.modify", "room", ROOM.id, "Desk", {"topic": ["", "Grüße"]})


async def trail(store: Store, **wanted: object) -> list[AuditRecord]:
    """Records that fit, oldest first."""
    page = await store.audit.find(AuditQuery(**wanted), 1000)  # type: ignore[arg-type]
    assert sorted((number for number, _ in page.rows), reverse=True) == [number for number, _ in page.rows]
    return [record for _, record in reversed(page.rows)]


def key(number: int) -> bytes:
    """A key of a post."""
    return number.to_bytes(16, "big")


def post(number: int, room: RoomId = ROOM.id, *, logged: bool = True, text: str = "") -> NewPost:
    """A post with its own key."""
    return NewPost(room, ALICE, "Alice", text or f"post {number}", key(number), Micros(NOW + number), logged=logged)


class StoreExam:
    """What `parlour.store.api` promises."""

    @pytest.fixture
    def make_store(self) -> MakeStore:
        """Overridden: makes a handle on the same store at each call, so that a test can close it and open it again."""
        raise NotImplementedError

    @pytest.fixture
    async def store(self, make_store: MakeStore) -> AsyncIterator[Store]:
        store = make_store()
        await store.open()
        await store.rooms.save_category(CATEGORY)
        await store.rooms.save_room(ROOM)
        await store.rooms.save_room(OTHER)
        yield store
        await store.close()

    # Posts

    async def test_numbers_count_from_one_in_each_room(self, store: Store) -> None:
        posts = [post(1), post(2), post(3, OTHER.id), post(4)]
        kept = await asyncio.gather(*[store.posts.append(each) for each in posts])
        assert [each.post.chat_id for each in kept] == [1, 2, 1, 3]
        assert not any(each.repeated for each in kept)

    async def test_posts_come_back_as_they_went_in(self, store: Store) -> None:
        text = "zero \0 quote \" ' back \\ Grüße 漢字 🦜\r\n\t" + "x" * 9000
        sent = NewPost(ROOM.id, BOB, "Bob \u202e", text, key(1), NOW, rtf="{\\rtf1 hi}", alert=True)
        kept = (await store.posts.append(sent)).post
        assert await store.posts.last(ROOM.id, 5) == [kept]
        assert (kept.author, kept.author_name, kept.text, kept.rtf) == (BOB, sent.author_name, text, sent.rtf)
        assert (kept.at, kept.alert, kept.room) == (NOW, True, ROOM.id)
        (row,) = await store.posts.outbox(0, 10)
        assert row.detail == {"name": sent.author_name, "text": text, "rtf": sent.rtf, "alert": True}

    async def test_futures_resolve_in_the_order_of_asking(self, store: Store) -> None:
        resolved: list[int] = []
        futures = [store.posts.append(post(number)) for number in range(1, 600)]
        for future in futures:
            future.add_done_callback(lambda done: resolved.append(done.result().post.chat_id))
        await asyncio.gather(*futures)
        await asyncio.sleep(0)
        assert resolved == list(range(1, 600))

    async def test_a_cancelled_future_does_not_take_the_post_back(self, store: Store) -> None:
        store.posts.append(post(1)).cancel()
        assert (await store.posts.append(post(2))).post.chat_id == 2
        assert [each.text for each in await store.posts.last(ROOM.id, 5)] == ["post 1", "post 2"]

    async def test_a_key_of_the_wrong_size_is_refused_at_once(self, store: Store) -> None:
        for bad in (b"", b"x" * 15, b"x" * 65):
            with pytest.raises(ValueError, match="16 to 64"):
                store.posts.append(replace(post(1), key=bad))
        for good in (b"x" * 16, b"x" * 64):
            await store.posts.append(replace(post(1), key=good))

    async def test_an_unknown_room_fails_alone(self, store: Store) -> None:
        nowhere = RoomId("a0000000-0000-4000-8000-00000000ffff")
        before, lost, after = [store.posts.append(post(n, room)) for n, room in enumerate([ROOM.id, nowhere, ROOM.id])]
        with pytest.raises(StoreUnavailable, match="no such room"):
            await lost
        assert ((await before).post.chat_id, (await after).post.chat_id) == (1, 2)
        assert len(await store.posts.outbox(0, 10)) == 2

    # Keys

    async def test_a_repeated_key_gets_the_first_answer(self, store: Store) -> None:
        first = await store.posts.append(post(1, text="first"))
        again = await store.posts.append(replace(post(1, text="second"), at=Micros(NOW + 99)))
        assert again.repeated
        assert again.post == first.post
        assert (await store.posts.append(post(2))).post.chat_id == 2
        assert len(await store.posts.outbox(0, 10)) == 2

    async def test_a_key_repeated_within_one_batch(self, store: Store) -> None:
        kept = await asyncio.gather(*[store.posts.append(post(number)) for number in (1, 2, 1, 3, 2)])
        assert [each.repeated for each in kept] == [False, False, True, False, True]
        assert [each.post.chat_id for each in kept] == [1, 2, 1, 3, 2]
        assert len(await store.posts.last(ROOM.id, 10)) == 3

    async def test_known_and_new_keys_in_one_batch(self, store: Store) -> None:
        await store.posts.append(post(1))
        await store.posts.append(post(2, OTHER.id))
        batch = [post(3), post(1), post(4), post(2, OTHER.id), post(5, OTHER.id)]
        kept = await asyncio.gather(*[store.posts.append(each) for each in batch])
        assert [(each.post.room == ROOM.id, each.post.chat_id, each.repeated) for each in kept] == [
            (True, 2, False),
            (True, 1, True),
            (True, 3, False),
            (False, 1, True),
            (False, 2, False),
        ]

    # Rooms without history

    async def test_an_unlogged_post_has_a_number_and_an_outbox_row_only(self, store: Store) -> None:
        kept = [await store.posts.append(post(number, logged=number != 2)) for number in (1, 2, 3)]
        assert [each.post.chat_id for each in kept] == [1, 2, 3]
        assert [each.chat_id for each in await store.posts.last(ROOM.id, 10)] == [1, 3]
        assert [row.chat_id for row in await store.posts.outbox(0, 10)] == [1, 2, 3]
        assert [row.detail["text"] for row in await store.posts.outbox(0, 10)] == ["post 1", "post 2", "post 3"]

    async def test_the_key_of_an_unlogged_post_is_remembered(self, store: Store) -> None:
        first = await store.posts.append(post(1, logged=False))
        again = await store.posts.append(replace(post(1, logged=False), at=Micros(NOW + 99)))
        assert again.repeated
        assert again.post == first.post
        assert (await store.posts.append(post(2, logged=False))).post.chat_id == 2

    # Reading

    async def test_last_before_after(self, store: Store) -> None:
        await asyncio.gather(*[store.posts.append(post(number)) for number in range(1, 31)])
        await store.posts.append(post(99, OTHER.id))

        async def ids(reading: object) -> list[int]:
            return [each.chat_id for each in await reading]  # type: ignore[misc]

        posts = store.posts
        assert await ids(posts.last(ROOM.id, 3)) == [28, 29, 30]
        assert await ids(posts.last(ROOM.id, 500)) == list(range(1, 31))
        assert await ids(posts.before(ROOM.id, 28, 3)) == [25, 26, 27]
        assert await ids(posts.before(ROOM.id, 3, 10)) == [1, 2]
        assert await ids(posts.before(ROOM.id, 1, 10)) == []
        assert await ids(posts.after(ROOM.id, 0, 2)) == [1, 2]
        assert await ids(posts.after(ROOM.id, 28, 10)) == [29, 30]
        assert await ids(posts.after(ROOM.id, 30, 10)) == []
        for nothing in (0, -1):
            assert await ids(posts.last(ROOM.id, nothing)) == []
            assert await ids(posts.after(ROOM.id, 0, nothing)) == []
        assert await ids(posts.last(RoomId("nowhere"), 3)) == []

    # Searching

    @staticmethod
    async def keep(store: Store, *texts: str) -> None:
        """Posts with these texts, numbered from 1."""
        await asyncio.gather(*[store.posts.append(post(1000 + n, text=text)) for n, text in enumerate(texts)])

    @staticmethod
    async def numbers(store: Store, query: PostQuery, room: RoomId = ROOM.id) -> list[int]:
        """Which posts of a room a query finds."""
        found = await store.posts.find(room, query, 100)
        assert found.page == Page(len(found.posts), more=False)
        return [each.chat_id for each in found.posts]

    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            ("hello", [1, 2]),
            ("HELLO", [1, 2]),
            ("hel", [1, 2, 3]),
            ('"hel"', []),
            ('"hello world"', [1]),
            ('"world hello"', []),
            ("world help", [1, 3]),
            ("cafe", [4]),
            ("CAFÉ", [4]),
            ("strasse", [4]),
            ("회", [5, 6, 7]),
            ("회의", [5, 6]),
            ("의", [5, 6]),
            ("의록", [5]),
            ("회의록을", [5]),
            ('"회의"', [5, 6]),
            ("漢", [8]),
            ("字", [8]),
            ("漢字", [8]),
            ("日本", [9]),
            ("本語", [9]),
            ("ひら", [9]),
            ("7x7", []),
            ("zebra", []),
            ('"', []),
            ("-", []),
            ("NOT hello", [1, 2]),
        ],
    )
    async def test_words(self, store: Store, asked: str, expected: list[int]) -> None:
        texts = (
            "Hello, world!",
            "hello again",
            "Help",
            "Cafe\u0301 Straße",
            "어제 회의록을 봤다",
            "주간 회의",
            "회사",
            "漢字",
            "日本語とひらがな",
        )
        await self.keep(store, *texts)
        await store.posts.append(post(99, OTHER.id, text=" ".join(reversed(texts))))
        assert await self.numbers(store, PostQuery(asked)) == expected
        assert await self.numbers(store, PostQuery(asked), OTHER.id) == ([1] if expected else [])

    @pytest.mark.parametrize("newest_first", [True, False])
    async def test_only_so_many_texts_are_looked_at(self, store: Store, newest_first: bool) -> None:
        """A page that is not the whole says so, also if there is nothing on it."""
        texts = ["Red", "red", "RED", "rød", "red", "Rød", "rød", "red", "Red"]
        for number, text in enumerate(texts):
            await store.posts.append(post(number, text=text))
        numbers = {True: {0: [], 1: [9], 3: [9], 5: [9], 6: [1, 9], None: [1, 9]}}
        numbers[False] = {0: [], 1: [1], 5: [1], 6: [1, 9], None: [1, 9]}
        for most, fits in numbers[newest_first].items():
            query = PostQuery("Red", match_case=True, newest_first=newest_first, examine_to=most)
            found = await store.posts.find(ROOM.id, query, 10)
            assert [each.chat_id for each in found.posts] == fits
            assert found.page == Page(len(fits), more=most not in (6, None))
        # What the index settles is not looked at.
        assert (await store.posts.find(ROOM.id, PostQuery("red", examine_to=0), 10)).page == Page(6, more=False)
        query = PostQuery("Red", match_case=True, examine_to=0)
        assert len(await store.posts.remove(ROOM.id, query, 10, by=ALICE, at=NOW)) == 2

    async def test_any_all_phrase_and_case(self, store: Store) -> None:
        await self.keep(store, "red Green", "green blue", "Red blue green", "회의 green")
        assert await self.numbers(store, PostQuery("red blue")) == [1, 2, 3]
        assert await self.numbers(store, PostQuery("red blue", WordMatch.ALL)) == [3]
        assert await self.numbers(store, PostQuery("red green", WordMatch.PHRASE)) == [1]
        assert await self.numbers(store, PostQuery("회의 green", WordMatch.ALL)) == [4]
        assert await self.numbers(store, PostQuery("green", match_case=True)) == [2, 3, 4]
        assert await self.numbers(store, PostQuery("Red Green", match_case=True)) == [1, 3]
        assert await self.numbers(store, PostQuery("Red Green", WordMatch.ALL, match_case=True)) == []

    async def test_links_and_files_are_found_by_what_people_see(self, store: Store) -> None:
        file = "ma-filelink://example.com/a0/5f00?name=%ED%9A%8C%EC%9D%98%EB%A1%9D%20Final.pdf&size=3"
        await self.keep(store, '<a href="https://example.com/plan">Our Plan</a>', f"see {file}", "[STORY]Title\nBody")
        assert await self.numbers(store, PostQuery("plan")) == [1]
        assert await self.numbers(store, PostQuery("href filelink story 5f00")) == []
        assert await self.numbers(store, PostQuery("회의록 Final", WordMatch.ALL, match_case=True)) == [2]
        assert await self.numbers(store, PostQuery("title body", WordMatch.ALL)) == [3]
        assert await self.numbers(store, PostQuery("[STORY]Title", match_case=True)) == []

    async def test_authors_dates_and_numbers(self, store: Store) -> None:
        for number in range(1, 9):
            author = (ALICE, BOB)[number % 2]
            await store.posts.append(replace(post(number, text="word"), author=author))
        assert await self.numbers(store, PostQuery(authors=frozenset({BOB}))) == [1, 3, 5, 7]
        assert await self.numbers(store, PostQuery("word", authors=frozenset({ALICE, "sip:no@example.com"}))) == [
            2,
            4,
            6,
            8,
        ]
        assert await self.numbers(store, PostQuery(authors=frozenset({"sip:no@example.com"}))) == []
        span = PostQuery(since=Micros(NOW + 3), until=Micros(NOW + 6))
        assert await self.numbers(store, span) == [3, 4, 5, 6]
        assert await self.numbers(store, replace(span, text="word", after=4)) == [5, 6]
        assert await self.numbers(store, replace(span, before=5, authors=frozenset({BOB}))) == [3]
        assert await self.numbers(store, PostQuery("word", after=3, before=5)) == [4]
        for nothing in (
            PostQuery(after=8),
            PostQuery(before=1),
            PostQuery(after=2**70),
            PostQuery(since=Micros(2**70)),
        ):
            assert await self.numbers(store, nothing) == []
        assert len(await self.numbers(store, PostQuery(before=2**70, until=Micros(2**70), since=Micros(-(2**70))))) == 8

    async def test_times_need_not_ascend(self, store: Store) -> None:
        for number, at in enumerate([10, 50, 20, 30, 90, 40, 60]):
            await store.posts.append(replace(post(number, text="word"), at=Micros(at)))
        for text in ("", "word"):
            assert await self.numbers(store, PostQuery(text, since=Micros(30), until=Micros(60))) == [2, 4, 6, 7]
            assert await self.numbers(store, PostQuery(text, since=Micros(60))) == [5, 7]
            assert await self.numbers(store, PostQuery(text, until=Micros(20))) == [1, 3]

    async def test_pages_are_oldest_first_and_say_what_is_left(self, store: Store) -> None:
        await self.keep(store, *["word"] * 10)
        for text in ("", "word"):
            newest = await store.posts.find(ROOM.id, PostQuery(text), 3)
            assert ([each.chat_id for each in newest.posts], newest.page) == ([8, 9, 10], Page(10, more=True))
            oldest = await store.posts.find(ROOM.id, PostQuery(text, newest_first=False), 3)
            assert ([each.chat_id for each in oldest.posts], oldest.page) == ([1, 2, 3], Page(10, more=True))
            assert (await store.posts.find(ROOM.id, PostQuery(text), 10)).page == Page(10, more=False)
            for nothing in (0, -1):
                assert (await store.posts.find(ROOM.id, PostQuery(text), nothing)).page == Page(10, more=True)
        assert await store.posts.find(RoomId("nowhere"), PostQuery("word"), 3) == FoundPosts((), Page(0, more=False))

    async def test_matches_are_counted_up_to_a_bound(self, store: Store) -> None:
        for start in range(0, MOST_COUNTED + 2, 1000):
            await asyncio.gather(*[store.posts.append(post(start + n, text="w1")) for n in range(1000)])
        for query in (PostQuery(), PostQuery("w1")):
            found = await store.posts.find(ROOM.id, query, 2)
            assert found.page == Page(MOST_COUNTED, more=True)
            assert [each.chat_id for each in found.posts] == [10_999, 11_000]

    async def test_only_what_is_kept_is_found(self, store: Store) -> None:
        await store.posts.append(post(1, logged=False, text="secret"))
        await store.posts.append(post(2, text="secret"))
        assert await self.numbers(store, PostQuery("secret")) == [2]
        await store.rooms.delete_room(ROOM.id)
        assert await self.numbers(store, PostQuery("secret")) == []

    async def test_unread(self, store: Store) -> None:
        await self.keep(store, *["word"] * 5)
        await store.posts.append(post(99, logged=False))
        reader = "sip:reader@example.com"
        asked = [(0, 10), (2, 10), (5, 10), (0, 3), (0, 0)]
        counts = [await store.posts.unread({ROOM.id: after}, most, reader) for after, most in asked]
        assert counts == [{ROOM.id: number} for number in (5, 3, 0, 3, 0)]
        await store.posts.append(post(100, OTHER.id))
        marks = {OTHER.id: 0, RoomId("nowhere"): 0, ROOM.id: 3}
        assert await store.posts.unread(marks, 10, reader) == {OTHER.id: 1, RoomId("nowhere"): 0, ROOM.id: 2}
        assert await store.posts.unread({}, 10, reader) == {}

    async def test_what_somebody_wrote_is_not_unread_to_them(self, store: Store) -> None:
        await self.keep(store, *["word"] * 3)
        mine = await store.posts.append(replace(post(98), author="sip:reader@example.com"))
        assert await store.posts.unread({ROOM.id: 0}, 10, mine.post.author) == {ROOM.id: 3}
        assert await store.posts.unread({ROOM.id: 0}, 4, "sip:another@example.com") == {ROOM.id: 4}

    # Removing

    async def test_removed_posts_are_gone_and_archived(self, store: Store) -> None:
        await store.posts.append(replace(post(1, text="회의 one"), rtf="{rtf}", alert=True))
        await self.keep(store, "회의 two", "회의 three", "other")
        first = (await store.posts.outbox(0, 10))[-1].id
        removed = await store.posts.remove(ROOM.id, PostQuery("회의"), 2, by=BOB, at=Micros(NOW + 50))
        assert [each.text for each in removed] == ["회의 one", "회의 two"]
        assert [each.chat_id for each in await store.posts.last(ROOM.id, 10)] == [3, 4]
        assert await self.numbers(store, PostQuery("회의")) == [3]
        assert await self.numbers(store, PostQuery("one two")) == []
        rows = await store.posts.outbox(first, 10)
        assert [(row.kind, row.room, row.who, row.at, row.chat_id) for row in rows] == [
            (EventKind.CHATDELETE, ROOM.id, BOB, NOW + 50, number) for number in (1, 2)
        ]
        assert rows[0].detail == {
            "name": "Alice", "text": "회의 one", "rtf": "{rtf}", "alert": True, "author": ALICE, "posted_at": NOW + 1,
        }  # fmt: skip
        assert (rows[1].detail["rtf"], rows[1].detail["alert"]) == (None, False)
        assert len(await store.posts.remove(ROOM.id, PostQuery("회의"), 2, by=BOB, at=NOW)) == 1
        assert await store.posts.remove(ROOM.id, PostQuery("회의"), 2, by=BOB, at=NOW) == []
        assert await store.posts.remove(RoomId("nowhere"), PostQuery(), 2, by=BOB, at=NOW) == []
        assert await store.posts.remove(ROOM.id, PostQuery(), 0, by=BOB, at=NOW) == []
        assert (await store.posts.append(post(9))).post.chat_id == 5

    async def test_replaced_posts_say_something_else(self, store: Store) -> None:
        await store.posts.append(replace(post(99, text="bad word"), rtf="{rtf}"))
        await self.keep(store, "good word")
        (removed,) = await store.posts.remove(
            ROOM.id, PostQuery("bad"), 10, by=BOB, at=Micros(NOW + 50), replacement="삭제된 메시지"
        )
        assert (removed.text, removed.rtf) == ("bad word", "{rtf}")
        kept = await store.posts.last(ROOM.id, 10)
        assert kept == [replace(removed, text="삭제된 메시지", rtf=None), kept[1]]
        assert await self.numbers(store, PostQuery("bad")) == []
        assert await self.numbers(store, PostQuery("삭제")) == [1]
        assert await self.numbers(store, PostQuery(authors=frozenset({ALICE}))) == [1, 2]
        row = (await store.posts.outbox(0, 10))[-1]
        assert (row.kind, row.chat_id, row.who) == (EventKind.CHATREPLACE, 1, BOB)
        assert (row.detail["text"], row.detail["replacement"]) == ("bad word", "삭제된 메시지")

    async def test_a_slice_at_a_time(self, store: Store) -> None:
        await asyncio.gather(*[store.posts.append(post(number)) for number in range(1, 13)])
        query = PostQuery(until=Micros(NOW + 10))
        slices = [await store.posts.remove(ROOM.id, query, 4, by=BOB, at=NOW) for _ in range(4)]
        assert [[each.chat_id for each in removed] for removed in slices] == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10], []]
        after = 0
        while removed := await store.posts.remove(
            ROOM.id, PostQuery("post", after=after), 1, by=BOB, at=NOW, replacement="post"
        ):
            after = removed[-1].chat_id
        assert [each.text for each in await store.posts.last(ROOM.id, 9)] == ["post", "post"]

    async def test_a_retry_does_not_bring_a_removed_post_back(self, store: Store) -> None:
        await store.posts.append(post(1))
        await store.posts.append(post(2))
        await store.posts.remove(ROOM.id, PostQuery(before=2), 9, by=BOB, at=NOW)
        await store.posts.remove(ROOM.id, PostQuery(), 9, by=BOB, at=NOW, replacement="gone")
        rows = len(await store.posts.outbox(0, 100))
        for number in (1, 2):
            again = await store.posts.append(post(number))
            assert (again.repeated, again.post.chat_id) == (True, number)
        assert [(each.chat_id, each.text) for each in await store.posts.last(ROOM.id, 9)] == [(2, "gone")]
        assert await self.numbers(store, PostQuery("post")) == []
        assert len(await store.posts.outbox(0, 100)) == rows

    # Add-ins, invitations, tokens

    async def test_addins(self, store: Store) -> None:
        first = AddIn(AddInId("d0000000-0000-4000-8000-000000000001"), "Wetter", "https://example.com/w")
        second = AddIn(AddInId("d0000000-0000-4000-8000-000000000002"), "날씨", "https://example.com/k")
        assert await store.rooms.addins() == []
        await store.rooms.save_addin(second)
        await store.rooms.save_addin(first)
        assert await store.rooms.addins() == [first, second]
        with pytest.raises(StoreConflict):
            await store.rooms.save_addin(replace(second, name="WETTER"))
        await store.rooms.save_addin(replace(first, name="WETTER", url="https://example.com/new"))
        # Rooms and add-ins do not share their names.
        await store.rooms.save_room(replace(ROOM, name="wetter", addin=first.id))
        await store.rooms.delete_addin(second.id)
        await store.rooms.delete_addin(second.id)
        assert [each.name for each in await store.rooms.addins()] == ["WETTER"]

    async def test_invitations_are_numbered_once(self, store: Store, make_store: MakeStore) -> None:
        rooms = [RoomId(f"a0000000-0000-4000-8000-{number:012}") for number in range(500)]
        assert await store.invitations.of(ALICE) == []
        assert await store.invitations.issue(ALICE, [rooms[3], rooms[1], rooms[3]], NOW) == [
            Invitation(2, rooms[3], NOW),
            Invitation(3, rooms[1], NOW),
        ]
        assert await store.invitations.issue(BOB, [rooms[1]], NOW) == [Invitation(2, rooms[1], NOW)]
        assert await store.invitations.issue(ALICE, [rooms[1]], NOW) == []
        later = Micros(NOW + 1)
        assert await store.invitations.issue(ALICE, [rooms[1], rooms[0]], later) == [Invitation(4, rooms[0], later)]
        await store.rooms.delete_room(ROOM.id)
        assert len(await store.invitations.issue(ALICE, rooms, later)) == 497
        await store.close()
        again = make_store()
        await again.open()
        assert [each.number for each in await again.invitations.of(ALICE)] == list(range(2, 502))
        assert len(await again.invitations.of(BOB)) == 1
        await again.close()

    async def test_tokens_are_forgotten_when_they_expired(self, store: Store) -> None:
        token = FileToken("t1", ALICE, ROOM.id, upload=True, file_name="회의록.pdf", expires=Micros(NOW + 10))
        await store.tokens.add(token, NOW)
        assert await store.tokens.get("t1") == token
        assert await store.tokens.get("t2") is None
        with pytest.raises(StoreConflict):
            await store.tokens.add(replace(token, person=BOB), NOW)
        await store.tokens.add(replace(token, token="t2", upload=False, expires=Micros(NOW + 99)), Micros(NOW + 10))
        assert await store.tokens.get("t1") == token
        await store.tokens.add(replace(token, token="t3"), Micros(NOW + 11))
        assert await store.tokens.get("t1") is None
        assert (await store.tokens.get("t2")) is not None
        await store.tokens.add(replace(token, token="t4", person=BOB, expires=Micros(NOW + 50)), Micros(NOW + 11))
        counts = [await store.tokens.good(who, Micros(NOW + at)) for who in (ALICE, BOB) for at in (9, 10, 50, 99)]
        assert counts == [1, 1, 1, 0, 1, 1, 0, 0]

    # Outbox

    async def test_who_is_gone_is_forgotten(self, store: Store, make_store: MakeStore) -> None:
        for owner in (ALICE, BOB):
            await store.documents.put(owner, "mark", ROOM.id, b"1")
            await store.invitations.issue(owner, [ROOM.id], NOW)
            await store.tokens.add(FileToken(owner, owner, ROOM.id, True, "x", Micros(NOW + 1)), NOW)
        await store.posts.append(replace(post(1), author=BOB))
        category = replace(CATEGORY, denied=frozenset({BOB}), creators=frozenset({ALICE}))
        left = [replace(room, members=frozenset({ALICE})) for room in (ROOM, OTHER)]
        await store.forget(BOB, [category], left)
        await store.close()
        store = make_store()
        await store.open()
        assert await store.rooms.load() == ([category], left)
        assert await store.documents.get(BOB, "mark", ROOM.id) is None
        assert await store.documents.get(ALICE, "mark", ROOM.id) is not None
        assert [len(await store.invitations.of(who)) for who in (ALICE, BOB)] == [1, 0]
        assert [await store.tokens.get(who) is None for who in (ALICE, BOB)] == [False, True]
        # What they wrote stays.
        assert [kept.author for kept in await store.posts.last(ROOM.id, 5)] == [BOB]
        await store.close()

    async def test_forgetting_is_done_as_a_whole_or_not_at_all(self, store: Store) -> None:
        await store.documents.put(BOB, "mark", ROOM.id, b"1")
        with pytest.raises(StoreConflict):
            await store.forget(BOB, [], [replace(ROOM, members=frozenset()), replace(OTHER, name=ROOM.name)])
        assert (await store.rooms.load())[1] == [ROOM, OTHER]
        assert await store.documents.get(BOB, "mark", ROOM.id) is not None

    async def test_the_size_of_a_history_is_that_of_its_words(self, store: Store) -> None:
        assert await store.posts.size(ROOM.id) == 0
        await store.posts.append(replace(post(1, text="가나"), rtf="{\\rtf1 é}"))
        await store.posts.append(post(2, text="abc"))
        assert await store.posts.size(ROOM.id) == 6 + len("{\\rtf1 é}".encode()) + 3
        await store.posts.append(post(3, text="not kept", logged=False))
        await store.posts.remove(ROOM.id, PostQuery(after=1), 10, by="sip:root@example.com", at=Micros(9))
        assert await store.posts.size(ROOM.id) == 6 + len("{\\rtf1 é}".encode())
        assert await store.posts.size(RoomId("00000000-0000-0000-0000-0000000000ff")) == 0

    async def test_events_and_posts_share_one_order(self, store: Store) -> None:
        event = OutboxEvent(EventKind.JOIN, ROOM.id, BOB, NOW, {"endpoint": "é", "n": [1, None, True]})
        asked = [store.posts.append(post(1)), store.posts.record(event), store.posts.append(post(2))]
        await asyncio.gather(*asked)
        await store.posts.record(replace(event, kind=EventKind.PART))
        rows = await store.posts.outbox(0, 10)
        assert [row.kind.name for row in rows] == ["CHAT", "JOIN", "CHAT", "PART"]
        assert [row.id for row in rows] == sorted({row.id for row in rows})
        assert [row.chat_id for row in rows] == [1, None, 2, None]
        assert rows[1].detail == event.detail
        assert (rows[1].room, rows[1].who, rows[1].at) == (ROOM.id, BOB, NOW)

    async def test_a_record_is_kept_whatever_is_in_it(self, store: Store) -> None:
        detail = {"endpoint": "\udcff\x00", "name": "안나"}
        await store.posts.record(OutboxEvent(EventKind.JOIN, ROOM.id, BOB, NOW, detail))
        assert [row.detail for row in await store.posts.outbox(0, 10)] == [detail]

    async def test_outbox_pages_and_deletes_and_never_reuses_an_id(self, store: Store) -> None:
        await asyncio.gather(*[store.posts.append(post(number)) for number in range(1, 6)])
        rows = await store.posts.outbox(0, 10)
        assert await store.posts.outbox(rows[1].id, 2) == rows[2:4]
        await store.posts.outbox_delete(rows[2].id)
        assert await store.posts.outbox(0, 10) == rows[3:]
        await store.posts.outbox_delete(rows[-1].id)
        await store.posts.append(post(6))
        (row,) = await store.posts.outbox(0, 10)
        assert row.id > rows[-1].id

    # Rooms

    async def test_rooms_and_categories_come_back_as_they_went_in(self, store: Store, make_store: MakeStore) -> None:
        category = replace(
            CATEGORY,
            name="Handel",
            description="d",
            invite=True,
            logged=False,
            filepost=True,
            denied=frozenset({BOB, "ma-grp:1@u.g"}),
            creators=frozenset({BOB}),
        )
        child = replace(
            CATEGORY,
            id=CategoryId("c0000000-0000-4000-8000-000000000002"),
            name="Sub",
            parent=CATEGORY.id,
            invite=None,
            logged=False,
            filepost=None,
        )
        room = replace(
            ROOM,
            description="d",
            topic="t",
            visibility=Visibility.PRIVATE,
            behavior=Behavior.AUDITORIUM,
            disabled=True,
            invite=False,
            addin="https://example.com/addin",
            members=frozenset(f"sip:u{number}@example.com" for number in range(1000)),
            managers=frozenset({BOB}),
            presenters=frozenset({ALICE}),
            invited=frozenset({"sip:u7@example.com", "ma-grp:1@u.g"}),
        )
        await store.rooms.save_category(category)
        await store.rooms.save_category(child)
        await store.rooms.save_room(room)
        await store.close()
        again = make_store()
        await again.open()
        categories, rooms = await again.rooms.load()
        assert {each.id: each for each in categories} == {category.id: category, child.id: child}
        assert {each.id: each for each in rooms} == {room.id: room, OTHER.id: OTHER}
        smaller = replace(
            room, members=frozenset({"sip:u7@example.com", "sip:new@example.com"}), presenters=frozenset()
        )
        await again.rooms.save_room(smaller)
        assert smaller in (await again.rooms.load())[1]
        await again.close()

    async def test_names_are_one_namespace_without_case(self, store: Store) -> None:
        for name in ("PIT", "pit", "Trading", "ＰＩＴ"):
            with pytest.raises(StoreConflict, match="taken"):
                await store.rooms.save_room(replace(ROOM, name=name))
        with pytest.raises(StoreConflict, match="taken"):
            await store.rooms.save_category(replace(CATEGORY, name="desk"))
        assert {each.name for each in (await store.rooms.load())[1]} == {"Desk", "Pit"}
        await store.rooms.save_room(replace(ROOM, name="DESK"))
        await store.rooms.save_room(replace(ROOM, name="Floor"))
        await store.rooms.save_room(replace(OTHER, name="Desk"))

    async def test_a_category_that_is_needed_stays(self, store: Store) -> None:
        with pytest.raises(StoreConflict):
            await store.rooms.delete_category(CATEGORY.id)
        with pytest.raises(StoreConflict):
            await store.rooms.save_room(replace(ROOM, category=CategoryId("nowhere")))
        with pytest.raises(StoreConflict):
            await store.rooms.save_category(replace(CATEGORY, parent=CategoryId("nowhere")))
        await store.rooms.delete_room(ROOM.id)
        await store.rooms.delete_room(OTHER.id)
        await store.rooms.delete_category(CATEGORY.id)
        assert await store.rooms.load() == ([], [])
        await store.rooms.save_category(CATEGORY)

    async def test_a_deleted_room_takes_its_posts_and_leaves_the_outbox(self, store: Store) -> None:
        await asyncio.gather(*[store.posts.append(post(number)) for number in range(1, 10)])
        await store.posts.append(post(100, OTHER.id))
        await store.rooms.delete_room(ROOM.id)
        assert await store.posts.last(ROOM.id, 10) == []
        assert len(await store.posts.last(OTHER.id, 10)) == 1
        assert len(await store.posts.outbox(0, 100)) == 10
        assert (await store.rooms.load())[1] == [OTHER]
        with pytest.raises(StoreUnavailable):
            await store.posts.append(post(11))
        await store.rooms.save_room(replace(OTHER, name="Desk"))

    async def test_saving_a_room_leaves_its_counter(self, store: Store) -> None:
        await store.posts.append(post(1))
        await store.rooms.save_room(replace(ROOM, topic="new"))
        assert (await store.posts.append(post(2))).post.chat_id == 2

    # Documents

    async def test_documents_have_versions(self, store: Store) -> None:
        documents = store.documents
        assert await documents.get(ALICE, "pref", "a") is None
        assert await documents.all(ALICE, "pref") == []
        assert await documents.put(ALICE, "pref", "b", b"\0one") == 1
        assert await documents.put(ALICE, "pref", "b", b"two", expected=1) == 2
        assert await documents.put(ALICE, "pref", "a", b"", expected=0) == 1
        assert await documents.put(BOB, "pref", "a", b"bob's") == 1
        assert await documents.put(ALICE, "other", "a", b"other") == 1
        found = await documents.get(ALICE, "pref", "b")
        assert found is not None
        assert (found.label, found.version, found.content) == ("b", 2, b"two")
        shelf = await documents.all(ALICE, "pref")
        assert [(each.label, each.version, each.content) for each in shelf] == [("a", 1, b""), ("b", 2, b"two")]

    async def test_documents_conflict(self, store: Store) -> None:
        documents = store.documents
        await documents.put(ALICE, "pref", "a", b"1")
        for expected in (0, 2):
            with pytest.raises(DocumentConflict) as conflict:
                await documents.put(ALICE, "pref", "a", b"2", expected=expected)
            assert conflict.value.current == 1
        with pytest.raises(DocumentConflict) as conflict:
            await documents.put(ALICE, "pref", "new", b"2", expected=1)
        assert conflict.value.current == 0
        await documents.delete(ALICE, "pref", "a")
        await documents.delete(ALICE, "pref", "a")
        assert await documents.get(ALICE, "pref", "a") is None

    async def test_heads_of_documents(self, store: Store) -> None:
        documents = store.documents
        assert await documents.heads(ALICE, "pref") == []
        await documents.put(ALICE, "pref", "b", "ä".encode())
        await documents.put(ALICE, "pref", "b", b"\0one")
        await documents.put(ALICE, "pref", "a", b"")
        await documents.put(ALICE, "other", "c", b"x")
        assert await documents.heads(ALICE, "pref") == [DocumentHead("a", 1, 0), DocumentHead("b", 2, 4)]

    async def test_documents_change_together(self, store: Store) -> None:
        documents = store.documents
        changes = [DocumentChange("a", b"1", 0), DocumentChange("b", b"2"), DocumentChange("gone", None, 7)]
        assert await documents.change(ALICE, "pref", changes) == [1, 1, 0]
        changes = [DocumentChange("a", b"3", 1), DocumentChange("b", None, 1), DocumentChange("a", b"4", 2)]
        assert await documents.change(ALICE, "pref", changes) == [2, 0, 3]
        assert [(each.label, each.content) for each in await documents.all(ALICE, "pref")] == [("a", b"4")]

    @pytest.mark.parametrize("wrong", [DocumentChange("b", b"x", 1), DocumentChange("b", None, 3)])
    async def test_documents_do_not_change_by_half(self, store: Store, wrong: DocumentChange) -> None:
        documents = store.documents
        await documents.change(ALICE, "pref", [DocumentChange("a", b"1"), *[DocumentChange("b", b"2")] * 2])
        before = await documents.all(ALICE, "pref")
        with pytest.raises(DocumentConflict) as conflict:
            await documents.change(
                ALICE, "pref", [DocumentChange("a", None), DocumentChange("c", b"3"), wrong, DocumentChange("d", b"4")]
            )
        assert (conflict.value.label, conflict.value.current) == ("b", 2)
        assert await documents.all(ALICE, "pref") == before

    # Opening and closing

    async def test_everything_is_there_after_opening_again(self, store: Store, make_store: MakeStore) -> None:
        waiting = [store.posts.append(post(number, logged=number != 3)) for number in (1, 2, 3)]
        instance = store.instance_id
        assert len(instance) == 36
        await store.close()
        assert [each.result().post.chat_id for each in waiting] == [1, 2, 3]
        again = make_store()
        await again.open()
        assert again.instance_id == instance
        assert [each.chat_id for each in await again.posts.last(ROOM.id, 10)] == [1, 2]
        assert (await again.posts.append(post(4))).post.chat_id == 4
        assert (await again.posts.append(post(3))).repeated
        await again.close()

    # The audit trail

    async def test_a_change_takes_its_record_along(self, store: Store) -> None:
        addin = AddIn(AddInId("d0000000-0000-4000-8000-000000000001"), "Status", "https://x/")
        records = [replace(ACT, id=f"r{number}") for number in range(10)]
        await store.rooms.save_room(replace(ROOM, topic="Grüße", addin=addin.id), records[0])
        await store.rooms.save_category(CATEGORY, records[1])
        await store.rooms.save_addin(addin, records[2])
        await store.rooms.delete_addin(addin.id, [replace(ROOM, topic="taken away")], records[3])
        await store.documents.put("pool", "endpoint", "sip:x@y", b"{}", record=records[4])
        await store.documents.delete("pool", "endpoint", "sip:x@y", records[5])
        await store.rooms.delete_room(OTHER.id, records[6])
        await store.forget(BOB, [], [replace(ROOM, members=frozenset())], records[7])
        await store.rooms.delete_room(ROOM.id)
        await store.rooms.delete_category(CATEGORY.id, records[8])
        assert await trail(store) == records[:9]

    async def test_the_room_loses_its_addin_with_the_addin(self, store: Store) -> None:
        addin = AddIn(AddInId("d0000000-0000-4000-8000-000000000001"), "Status", "https://x/")
        await store.rooms.save_addin(addin)
        await store.rooms.save_room(replace(ROOM, addin=addin.id))
        await store.rooms.delete_addin(addin.id, [ROOM])
        assert not await store.rooms.addins()
        assert ROOM in (await store.rooms.load())[1]

    async def test_what_is_not_changed_is_not_recorded(self, store: Store) -> None:
        with pytest.raises(StoreConflict):
            await store.rooms.save_room(replace(OTHER, name=ROOM.name), ACT)
        with pytest.raises(StoreConflict):
            await store.rooms.save_all([], [replace(ROOM, topic="new"), replace(OTHER, name=ROOM.name)], ACT)
        with pytest.raises(StoreConflict):
            await store.rooms.delete_category(CATEGORY.id, ACT)
        with pytest.raises(DocumentConflict):
            await store.documents.put(ALICE, "mark", "x", b"", expected=3, record=ACT)
        none = await store.posts.remove(ROOM.id, PostQuery(), 5, by=ALICE, at=NOW, record=lambda numbers: ACT)
        assert none == []
        assert await trail(store) == []
        assert ROOM in (await store.rooms.load())[1]

    async def test_a_removal_is_recorded_with_its_numbers(self, store: Store) -> None:
        for number in (1, 2, 3):
            await store.posts.append(post(number))
        made = lambda numbers: replace(ACT, command="message.remove", fields={"numbers": list(numbers)})  # noqa: E731
        await store.posts.remove(ROOM.id, PostQuery(), 2, by=ALICE, at=NOW, record=made)
        assert [record.fields for record in await trail(store)] == [{"numbers": [1, 2]}]

    async def test_what_is_said_in_a_name_is_marked_and_recorded(self, store: Store) -> None:
        said = replace(
            post(2),
            by="console:kim",
            record=lambda number: replace(ACT, command="message.send", fields={"message": number}),
        )
        kept = await asyncio.gather(
            store.posts.append(post(1)),
            store.posts.append(said),
            store.posts.append(post(3, OTHER.id)),
            store.posts.append(post(1)),
        )
        assert [each.post.chat_id for each in kept] == [1, 2, 1, 1]
        assert [row.detail.get("by") for row in await store.posts.outbox(0, 10)] == [None, "console:kim", None]
        assert [record.fields for record in await trail(store)] == [{"message": 2}]
        assert (await store.posts.append(said)).repeated
        assert len(await trail(store)) == 1

    async def test_records_are_found_by_what_they_say(self, store: Store, make_store: MakeStore) -> None:
        records = [
            ACT,
            replace(ACT, id="r1", at=Micros(NOW + 1), who="console:kim", way=Way.CONSOLE, command="room.member.add"),
            replace(ACT, id="r2", at=Micros(NOW + 2), kind="user", target=BOB, name="Desk", command="user.admin"),
            replace(ACT, id="r3", at=Micros(NOW + 3), outcome="not-permitted", command="room.memberless"),
        ]
        await store.audit.add(records)
        await store.audit.add(records[:2])
        await store.close()
        store = make_store()
        await store.open()
        assert await trail(store) == records
        assert await trail(store, since=Micros(NOW + 1), until=Micros(NOW + 2)) == records[1:3]
        assert await trail(store, who=("console:kim", "x")) == records[1:2]
        assert await trail(store, room="DESK") == [records[0], records[1], records[3]]
        assert await trail(store, room=ROOM.id, command="room.member") == records[1:2]
        assert await trail(store, target=BOB) == records[2:3]
        newest = await store.audit.find(AuditQuery(), 1)
        assert newest.rows[0][1] == records[3]
        older = await store.audit.find(AuditQuery(before=newest.rows[0][0]), 2)
        assert [record.id for _, record in older.rows] == ["r2", "r1"]
        assert (await store.audit.find(AuditQuery(), 0)).rows == ()
        await store.close()
