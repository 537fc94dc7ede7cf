"""Rooms, messages and users, put in place before a server starts: through the store's and the directory's own doors."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

from bench.layout import ROOMS, USERS, Scene, user_login
from bench.server import DOMAIN
from parlour.rooms.model import Audit, Category, CategoryId, Micros, Room, RoomId, Visibility
from parlour.store.api import NewPost
from parlour.store.sqlite import SqliteStore

__all__ = ["seed_store"]

_AUDIT = Audit("parlour:bench", Micros(0), "parlour:bench", Micros(0))
_WINDOW = 2000  # posts waiting for their commit
_TEXT = ("words of a message that is about as long as messages are, so that pages weigh what they do " * 2)[:130]


def user_uri(number: int) -> str:
    return f"sip:{user_login(number)}@{DOMAIN}"


def seed_store(data_dir: Path) -> Scene:
    """Make the rooms of the layout, open to all users of the bench, with their messages."""
    return asyncio.run(_seed_store(data_dir))


async def _seed_store(data_dir: Path) -> Scene:
    store = SqliteStore(data_dir)
    await store.open()
    try:
        root = Category(CategoryId(str(uuid.uuid4())), DOMAIN, _AUDIT)
        people = frozenset(user_uri(number) for number in range(USERS))
        category = Category(CategoryId(str(uuid.uuid4())), "Bench", _AUDIT, parent=root.id, allowed=people)
        await store.rooms.save_category(root)
        await store.rooms.save_category(category)
        uris = {}
        for name, posts in ROOMS.items():
            room = Room(RoomId(str(uuid.uuid4())), f"Room {name}", category.id, _AUDIT, visibility=Visibility.OPEN)
            await store.rooms.save_room(room)
            await _fill(store, room.id, posts)
            uris[name] = f"ma-chan://{DOMAIN}/{room.id}"
        return Scene(uris)
    finally:
        await store.close()


async def _fill(store: SqliteStore, room: RoomId, posts: int) -> None:
    for first in range(0, posts, _WINDOW):
        await asyncio.gather(
            *(
                store.posts.append(
                    NewPost(
                        room,
                        user_uri(number % USERS),
                        f"Bench {number % USERS}",
                        f"{number} {_TEXT}",
                        uuid.uuid4().bytes,
                        Micros(1_700_000_000_000_000 + number * 1_000_000),
                    )
                )
                for number in range(first, min(first + _WINDOW, posts))
            )
        )
