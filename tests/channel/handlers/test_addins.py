"""Web pages beside rooms."""

from __future__ import annotations

from typing import Any

from parlour.xccos.types import (
    AddIn,
    CreateAddIn,
    DeleteAddIn,
    GetAddIns,
    GetRoom,
    ModifyAddIn,
    ModifyRoom,
    RoomSettings,
)
from tests.channel.scene import OPEN, Client, Scene, room_at

URL = "https://wall.example.com/board"


async def registered(client: Client, title: str = "현황판") -> AddIn:
    body: Any = (await client.ask(CreateAddIn(1, title, URL))).body
    (addin,) = body.addins
    assert isinstance(addin, AddIn)
    return addin


async def test_administrators_register_change_and_forget() -> None:
    async with Scene() as scene:
        dave, alice = await scene.called("dave"), await scene.called()
        addin = await registered(dave)
        assert (addin.title, addin.url) == ("현황판", URL)
        body: Any = (await alice.ask(GetAddIns(1))).body
        assert body.addins == (addin,)
        changed: Any = (await dave.ask(ModifyAddIn(1, addin.id, title="상황판"))).body
        assert changed.addins == (AddIn(addin.id, "상황판", URL),)
        gone: Any = (await dave.ask(DeleteAddIn(1, addin.id))).body
        assert gone.addins == changed.addins
        body = (await alice.ask(GetAddIns(1))).body
        assert body.addins == ()


async def test_a_room_shows_its_add_in_and_keeps_it_from_being_forgotten() -> None:
    async with Scene() as scene:
        dave = await scene.joined("dave")
        addin = await registered(dave)
        shown: Any = (await dave.ask(ModifyRoom(1, room_at(OPEN), RoomSettings(addin=addin.id)))).body
        assert (shown.room.addin_id, shown.room.addin_name, shown.room.addin_url) == (addin.id, "현황판", URL)
        assert (await dave.ask(DeleteAddIn(1, addin.id))).code == 419
        assert (await dave.ask(DeleteAddIn(1, addin.id, force=True))).code == 200
        card: Any = (await dave.ask(GetRoom(1, room_at(OPEN)))).body
        assert card.room.addin_id == ""


async def test_refusals() -> None:
    async with Scene() as scene:
        dave, alice = await scene.called("dave"), await scene.called()
        addin = await registered(dave)
        assert (await dave.ask(CreateAddIn(1, "현황판", URL))).code == 420
        assert (await dave.ask(ModifyAddIn(1, "nothing", title="x"))).code == 400
        for command in (CreateAddIn(1, "x", URL), ModifyAddIn(1, addin.id, title="x"), DeleteAddIn(1, addin.id)):
            assert (await alice.ask(command)).code == 403
