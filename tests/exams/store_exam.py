"""The exam every home of the store passes. A home's test module subclasses `StoreExam` and says how to make one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from parlour.rooms.history import PostQuery
from parlour.rooms.model import Audit, Behavior, Category, CategoryId, Micros, Room, RoomId, Visibility
from parlour.store.api import (
    DocumentConflict,
    EventKind,
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

    # Outbox

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
        child = replace(CATEGORY, id=CategoryId("c0000000-0000-4000-8000-000000000002"), name="Sub", parent=CATEGORY.id)
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
