"""Rooms, messages and users, put in place before a server starts: through the store's and the directory's own doors."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from bench.layout import USERS, Scene, user_login
from bench.server import DOMAIN, PASSWORD
from parlour.directory.local import LocalDirectory
from parlour.directory.passwords import PasswordCost
from parlour.rooms.model import Audit, Category, CategoryId, Micros, PrincipalKind, Room, RoomId, Visibility
from parlour.rooms.switches import Switches
from parlour.store.api import NewPost
from parlour.store.sqlite import SqliteStore

__all__ = ["plain_text", "seed"]

_AUDIT = Audit("parlour:bench", Micros(0), "parlour:bench", Micros(0))
_WINDOW = 2000  # posts waiting for their commit
_TEXT = ("words of a message that is about as long as messages are, so that pages weigh what they do " * 2)[:130]


def user_uri(number: int) -> str:
    return f"sip:{user_login(number)}@{DOMAIN}"


def plain_text(number: int) -> str:
    """What the messages say unless search is measured."""
    return f"{number} {_TEXT}"


def seed(data_dir: Path, rooms: Mapping[str, int], text: Callable[[int], str] = plain_text) -> Scene:
    """Make the people of the layout, and rooms (name -> messages) open to everybody; `text` of a message's number."""
    data_dir.mkdir(mode=0o700, parents=True)
    return asyncio.run(_seed(data_dir, rooms, text))


async def _seed(data_dir: Path, rooms: Mapping[str, int], text: Callable[[int], str]) -> Scene:
    everybody = await _seed_people(data_dir / "accounts.db")
    return await _seed_rooms(data_dir, everybody, rooms, text)


async def _seed_people(path: Path) -> str:
    """Nobody signs in with the password itself, only with what the SIP schemes keep of it: its own hash may be cheap.
    Returns the URI that stands for all people of the domain."""
    directory = LocalDirectory(path, DOMAIN, cost=PasswordCost(time_cost=1, memory_kib=8, parallelism=1))
    try:
        for number in range(USERS):
            await directory.add_user(user_login(number), PASSWORD, display_name=f"Bench {number}")
        return next(one.uri for one in directory.principals() if one.kind is PrincipalKind.DOMAIN)
    finally:
        directory.close()


async def _seed_rooms(data_dir: Path, everybody: str, rooms: Mapping[str, int], text: Callable[[int], str]) -> Scene:
    store = SqliteStore(data_dir)
    await store.open()
    try:
        root = Category(CategoryId(str(uuid.uuid4())), DOMAIN, _AUDIT, **asdict(Switches()))
        allowed = frozenset({everybody})
        category = Category(CategoryId(str(uuid.uuid4())), "Bench", _AUDIT, parent=root.id, allowed=allowed)
        await store.rooms.save_category(root)
        await store.rooms.save_category(category)
        uris = {}
        for name, posts in rooms.items():
            room = Room(RoomId(str(uuid.uuid4())), f"Room {name}", category.id, _AUDIT, visibility=Visibility.OPEN)
            await store.rooms.save_room(room)
            await _fill(store, room.id, posts, text)
            uris[name] = f"ma-chan://{DOMAIN}/{room.id}"
        return Scene(uris)
    finally:
        await store.close()


async def _fill(store: SqliteStore, room: RoomId, posts: int, text: Callable[[int], str]) -> None:
    for first in range(0, posts, _WINDOW):
        await asyncio.gather(
            *(
                store.posts.append(
                    NewPost(
                        room,
                        user_uri(number % USERS),
                        f"Bench {number % USERS}",
                        text(number),
                        uuid.uuid4().bytes,
                        Micros(1_700_000_000_000_000 + number * 1_000_000),
                    )
                )
                for number in range(first, min(first + _WINDOW, posts))
            )
        )
