"""The store in memory passes the exam, and its handles for tests do what they say."""

from __future__ import annotations

import asyncio

import pytest

from parlour.store.api import StoreUnavailable
from parlour.store.memory import MemoryStore
from tests.exams.store_exam import CATEGORY, ROOM, MakeStore, StoreExam, post


class TestMemoryStore(StoreExam):
    @pytest.fixture
    def make_store(self) -> MakeStore:
        store = MemoryStore()
        return lambda: store


async def test_unavailable_fails_writes_only() -> None:
    store = MemoryStore()
    await store.rooms.save_category(CATEGORY)
    await store.rooms.save_room(ROOM)
    store.unavailable = True
    with pytest.raises(StoreUnavailable):
        await store.posts.append(post(1))
    with pytest.raises(StoreUnavailable):
        await store.rooms.save_room(ROOM)
    assert await store.posts.last(ROOM.id, 1) == []
    store.unavailable = False
    assert (await store.posts.append(post(1))).post.chat_id == 1


async def test_hold_keeps_posts_waiting() -> None:
    store = MemoryStore()
    await store.rooms.save_category(CATEGORY)
    await store.rooms.save_room(ROOM)
    store.posts.hold()
    waiting = store.posts.append(post(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiting.done()
    store.posts.release()
    assert (await waiting).post.chat_id == 1
