"""A server that is killed while somebody is removed: at its next start the person is there with everything, or gone
with everything (docs/decisions/0010-departures.md). Accounts and rooms are in two files: each moment between is tried.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from parlour.app.config_load import make_settings
from parlour.app.data_dir import DataDir
from parlour.app.wiring import Core, open_core
from parlour.rooms.model import Micros, RoomId
from parlour.store.api import FileToken

BOB = "sip:bob@example.com"
CHILD = Path(__file__).with_name("departing_child.py")


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Core]:
    settings = make_settings({"data_dir": str(path), "domain": "example.com"}, "test")
    DataDir(settings.data_dir).prepare()
    async with open_core(settings) as core:
        yield core


async def furnish(core: Core) -> None:
    run = core.commands.run
    for login in ("ann", "bob"):
        await run("user.add", {"login": login})
    await run("group.add", {"name": "Crew"})
    await run("group.member.add", {"group": "Crew", "who": ["bob"]})
    await run("category.create", {"name": "Plant", "allow": ["bob", "Crew", "everyone"], "creator": ["bob", "Crew"]})
    for name in ("One", "Two"):
        await run("room.create", {"name": name, "category": "Plant", "member": ["ann", "bob", "Crew"]})
    room = core.hub.catalogue.find_room("One")
    assert room is not None
    await core.store.documents.put(BOB, "preference", "lists", b"mine")
    await core.store.invitations.issue(BOB, [room.id], Micros(1))
    await core.store.tokens.add(FileToken("t", BOB, RoomId(room.id), True, "x", Micros(2)), Micros(1))


async def left_of(core: Core, uri: str) -> list[object]:
    """Everything that is there of somebody, in memory and in both files."""
    traces, store = core.hub.departing.traces(uri), core.store
    categories, rooms = await store.rooms.load()
    token = await store.tokens.get("t")
    return [
        *core.directory.departed(),
        *([uri] if core.directory.find_principal(uri) is not None else []),
        *traces.rooms,
        *traces.categories,
        *(room for room in rooms if uri in room.members | room.managers | room.presenters | room.invited),
        *(category for category in categories if uri in category.allowed | category.creators),
        *await store.documents.all(uri, "preference"),
        *await store.invitations.of(uri),
        *([token] if token is not None and token.person == uri else []),
    ]


async def kill(path: Path, point: str, command: str, **params: object) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, str(CHILD), str(path), point, command, json.dumps(params), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await child.communicate()
    assert (child.returncode, said) == (-signal.SIGKILL, b"")


@pytest.mark.parametrize(
    ("points", "gone"),
    [
        (("accounts-before",), False),
        (("accounts-after",), True),
        (("store-within",), True),
        (("store-after",), True),
        (("note-before",), True),
        (("note-after",), True),
        # Killed again, when it makes up for it.
        (("accounts-after", "store-within", "store-after", "note-before"), True),
    ],
)
async def test_a_person_is_removed_as_a_whole_or_not_at_all(
    tmp_path: Path, points: tuple[str, ...], gone: bool
) -> None:
    async with opened(tmp_path) as core:
        await furnish(core)
        whole = await left_of(core, BOB)
    assert len(whole) == 10
    for point in points:
        await kill(tmp_path, point, "user.remove", user="bob")
    async with opened(tmp_path) as core:
        assert await left_of(core, BOB) == ([] if gone else whole)
        if gone:
            await core.commands.run("user.add", {"login": "bob"})
            assert await left_of(core, BOB) == [BOB]


async def test_a_group_is_removed_as_a_whole(tmp_path: Path) -> None:
    async with opened(tmp_path) as core:
        await furnish(core)
        group = next(one.uri for one in core.directory.groups() if one.display_name == "Crew")
        assert len(await left_of(core, group)) == 7
    await kill(tmp_path, "accounts-after", "group.remove", group="Crew")
    async with opened(tmp_path) as core:
        assert await left_of(core, group) == []
        assert core.directory.find_person(BOB) is not None
