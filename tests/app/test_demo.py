"""The people and rooms of `quickstart`: every kind, made once, through the commands of an administrator."""

from __future__ import annotations

from pathlib import Path

from parlour.app.config_load import make_settings
from parlour.app.demo import make_demo
from parlour.app.wiring import open_core
from parlour.rooms.model import Behavior, Visibility


async def test_every_kind_is_there_once_and_what_is_missing_comes_back(tmp_path: Path) -> None:
    settings = make_settings({"data_dir": str(tmp_path)}, "test")
    async with open_core(settings) as core:
        demo = await make_demo(core, settings, "first-word")
        rooms = list(core.hub.catalogue.rooms.values())
        assert {room.visibility for room in rooms} == set(Visibility)
        assert {room.behavior for room in rooms} == set(Behavior)
        assert max(len(core.hub.catalogue.chain(room.category)) for room in rooms) == 3
        assert [addin.id for addin in core.hub.addins.all()] == [room.addin for room in rooms if room.addin]
        assert {user.name for user in demo.users} == {"alice", "bob", "carol", "minji"}
        assert {"김민지", "안내 데스크"} <= {person.display_name for person in core.directory.people()} | {
            room.name for room in rooms
        }
        assert await make_demo(core, settings, "first-word") == demo
        for room in rooms:
            await core.commands.run("room.delete", {"room": room.id})
        for name in ("고객 지원", "Demo"):
            await core.commands.run("category.delete", {"category": name})
        again = await make_demo(core, settings, "first-word")
        assert [room.name for room in again.rooms] == [room.name for room in demo.rooms]
        assert not {room.uri for room in again.rooms} & {room.uri for room in demo.rooms}
        assert len(core.hub.catalogue.categories) == 3
