"""Commands about rooms, categories and add-ins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import pytest

from parlour.hub.commands.params import InvalidParams
from parlour.rooms.refusals import Refusal
from tests.hub.fakes import DOMAIN, uri
from tests.hub.office import Office, opened_office, reason


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    with opened_office(tmp_path) as opened:
        await opened.hub.start()
        for login in ("ann", "bob", "cat"):
            await opened.run("user.add", login=login, display_name=login.title())
        await opened.run("category.create", name="Plant", allow=["everyone"], invite=True)
        yield opened


def names(rows: list[dict[str, object]]) -> list[object]:
    return [row["name"] for row in rows]


async def turns_during(act: Awaitable[object]) -> int:
    """How often the loop came round to somebody else meanwhile."""
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    waiting = asyncio.ensure_future(other())
    await act
    waiting.cancel()
    return turns


async def test_long_lists_are_gone_through_in_slices(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them, looked up, judged and shown, holds up others for a few names only."""
    monkeypatch.setattr("parlour.hub.slices.slices.__defaults__", (1,))
    run, many = office.run, [f"p{number}" for number in range(60)]
    for login in many:
        await run("user.add", login=login, display_name=login)
    await run("room.create", name="Hall", category="Plant")
    # Looked up as words, as members to be, held against the scope, and shown; each of the four lets go 59 times.
    assert await turns_during(run("room.member.add", room="Hall", who=many)) > 4 * 59
    assert await turns_during(run("room.show", room="Hall")) >= 59
    assert await turns_during(run("room.member.set", room="Hall", who=many[1:])) > 4 * 58
    assert await turns_during(run("room.member.remove", room="Hall", who=many[1:])) >= 58
    await run("category.create", name="Office", parent="Plant", allow=["everyone"])
    await run("room.member.set", room="Hall", who=many)
    assert await turns_during(run("room.move", room="Hall", category="Office")) >= 2 * 59
    assert len((await run("room.show", room="Hall"))["members"]) == 60
    assert await turns_during(run("category.allow.set", category="Office", who=many)) >= 3 * 59
    assert await turns_during(run("category.show", category="Office")) >= 59
    await run("group.add", name="All")
    await run("group.member.set", group="All", who=many)
    assert await turns_during(run("group.show", group="All")) >= 59


async def test_changing_a_room_by_words(office: Office) -> None:
    run = office.run
    await run("room.create", name="Hall", category="Plant", visibility="open", behavior="auditorium")
    await run("room.presenter.add", room="hall", who=["ann"])
    shown = await run("room.modify", room="hall", name="Great Hall", visibility="secret", description="Big")
    assert (shown["name"], shown["visibility"], shown["presenters"]) == ("Great Hall", "secret", [])
    assert (await run("room.disable", room="great hall"))["disabled"]
    assert names(await run("room.list", disabled=True)) == ["Great Hall"]
    assert await run("room.list", text="nothing") == []
    assert names(await run("room.list", text="hall great")) == ["Great Hall"]
    assert names(await run("room.list", text="hall great", match="all")) == ["Great Hall"]
    assert names(await run("room.list", text="hall green")) == ["Great Hall"]
    assert await run("room.list", text="hall green", match="all") == []
    assert await run("room.list", text="hall great", match="phrase") == []
    assert names(await run("room.list", text="réat h", match="phrase")) == ["Great Hall"]
    assert not (await run("room.enable", room="great hall"))["disabled"]
    assert (await run("room.modify", room="great hall", disabled=True))["disabled"]
    assert (await run("room.delete", room="great hall"))["deleted"] == "Great Hall"
    assert reason(await run("room.show", room="great hall")) is Refusal.NO_SUCH_ROOM


async def test_a_room_that_is_made_disabled(office: Office) -> None:
    shown = await office.run(
        "room.create", name="Later", category="Plant", disabled=True, invite=False, topic="인수인계"
    )
    assert (shown["disabled"], shown["invite"], shown["topic"]) == (True, False, "인수인계")
    assert await office.run("room.list", disabled=False) == []


async def test_a_list_of_rooms_is_filtered_by_everything(office: Office) -> None:
    run = office.run
    await run("category.create", name="Far", allow=["everyone"])
    await run("addin.create", name="날씨", url="https://weather.example/")
    await run("room.create", name="안내", category="Plant", description="Night notes", member=["ann"], manager=["bob"])
    await run("room.create", name="Hall", category="Far", visibility="open", behavior="auditorium", addin="날씨")
    await run("room.create", name="Vault", category="Plant", visibility="secret", invite=False, disabled=True)
    for filters, found in (
        ({}, ["Hall", "Vault", "안내"]),
        ({"limit": 2}, ["Hall", "Vault"]),
        ({"limit": 0}, []),
        ({"after": "hall"}, ["Vault", "안내"]),
        ({"after": "HALL", "limit": 1}, ["Vault"]),
        ({"after": "안내"}, []),
        ({"category": "plant"}, ["Vault", "안내"]),
        ({"text": "night"}, []),
        ({"text": "night", "search_descriptions": True}, ["안내"]),
        ({"text": "안"}, ["안내"]),
        ({"addin": "날씨"}, ["Hall"]),
        ({"member": "ann"}, ["안내"]),
        ({"manager": "bob"}, ["안내"]),
        ({"manager": "everyone"}, []),
        ({"visibility": "open"}, ["Hall"]),
        ({"visibility": "secret"}, ["Vault"]),
        ({"behavior": "normal"}, ["Vault", "안내"]),
        ({"invite": False}, ["Vault"]),
        ({"disabled": False, "category": "Plant"}, ["안내"]),
    ):
        assert names(await run("room.list", **filters)) == found, filters
    assert reason(await run("room.list", addin="sun")) is Refusal.NO_SUCH_ADDIN
    assert reason(await run("room.list", member="zoe")) is Refusal.NO_SUCH_PRINCIPAL
    assert reason(await run("room.list", category="sea")) is Refusal.NO_SUCH_CATEGORY


async def test_rooms_with_much_in_them_are_found(office: Office) -> None:
    run = office.run
    for name in ("Full", "Half", "Void"):
        await run("room.create", name=name, category="Plant", visibility="open")
    for room, count in (("Full", 140), ("Half", 70)):
        await office.say(room, "ann", *(["가" * 2500] * count))
    rows = await run("room.list", larger_than=1)
    assert [(row["name"], row["content_bytes"]) for row in rows] == [("Full", 140 * 7500)]
    rows = await run("room.list", larger_than=0)
    assert names(rows) == ["Full", "Half"]
    assert names(await run("room.list", larger_than=0, limit=1)) == ["Full"]
    assert reason(await run("room.list", "ann", larger_than=0)) is Refusal.NOT_PERMITTED


async def test_whole_lists_are_said_anew(office: Office) -> None:
    run = office.run
    await run("room.create", name="Shift", category="Plant", behavior="auditorium", member=["ann"], presenter=["ann"])
    shown = await run("room.member.set", room="shift", who=["bob", "cat"])
    assert (names(shown["members"]), shown["presenters"]) == (["Bob", "Cat"], [])
    assert names((await run("room.presenter.set", room="shift", who=["cat"]))["presenters"]) == ["Cat"]
    assert names((await run("room.manager.set", room="shift", who=["ann"]))["managers"]) == ["Ann"]
    assert (await run("room.manager.set", room="shift"))["managers"] == []
    shown = await run("category.deny.set", category="plant", who=["bob"])
    assert names(shown["denied"]) == ["Bob"]
    assert names((await run("room.show", room="shift"))["members"]) == ["Cat"]
    assert names((await run("category.creator.set", category="plant", who=["ann"]))["creators"]) == ["Ann"]
    assert (await run("category.allow.set", category="plant", who=[]))["allowed"] == []


async def test_who_is_inside_and_who_might_be(office: Office) -> None:
    run = office.run
    await run("room.create", name="Shift", category="Plant", behavior="auditorium", member=["ann", "bob"])
    assert await run("room.who", room="shift") == []
    await office.enter("bob", "Shift")
    assert await run("room.who", room="shift") == [
        {"uri": uri("bob"), "name": "Bob", "manager": False, "presenter": False}
    ]
    await run("room.manager.add", room="shift", who=["ann"])
    assert names(await run("room.who", "ann", room="shift")) == ["Bob"]
    assert reason(await run("room.who", "bob", room="shift")) is Refusal.NOT_PERMITTED
    await run("category.deny.add", category="plant", who=["cat"])
    assert {"Ann", "Bob"} <= set(names(await run("room.eligible", room="shift")))
    assert "Cat" not in names(await run("room.eligible", room="shift"))
    assert names(await run("room.eligible", room="shift", role="presenter", text="ann")) == ["Ann"]
    assert names(await run("category.eligible", category="plant", role="creator", text="bob")) == ["Bob"]
    assert len(await run("category.eligible", category="plant", limit=1)) == 1
    row = (await run("user.rooms", user="bob"))[0]
    assert (row["name"], row["member"], row["manager"], row["inside"]) == ("Shift", True, False, True)


async def test_categories_are_a_tree(office: Office) -> None:
    run = office.run
    shown = await run("category.create", name="Night", parent="plant", allow=["everyone"], filepost=True)
    assert (shown["parent"], shown["depth"], shown["logged"], shown["filepost"]) == ("Plant", 2, True, True)
    await run("category.create", name="Office", allow=["everyone"])
    rows = await run("category.list")
    assert [(row["name"], row["depth"]) for row in rows] == [(DOMAIN, 0), ("Office", 1), ("Plant", 1), ("Night", 2)]
    await run("room.create", name="Shift", category="Night", member=["bob"])
    await run("category.deny.add", category="Office", who=["bob"])
    moved = await run("category.move", category="Night", parent="Office")
    assert moved["parent"] == "Office"
    assert (await run("room.show", room="Shift"))["members"] == []
    assert reason(await run("category.move", category="Office", parent="Night")) is Refusal.HIERARCHY
    assert (await run("category.modify", category="Night", parent=DOMAIN, logged=False))["depth"] == 1
    assert reason(await run("category.move", category="Night", parent="Sea")) is Refusal.NO_SUCH_CATEGORY
    assert reason(await run("category.create", name="x", parent="Sea")) is Refusal.NO_SUCH_CATEGORY
    assert reason(await run("category.delete", category="Night")) is Refusal.NODE_NOT_EMPTY
    await run("room.move", room="Shift", category="Plant")
    assert (await run("category.delete", category="Night"))["deleted"] == "Night"
    assert reason(await run("room.move", room="Shift", category=DOMAIN)) is Refusal.HIERARCHY


async def test_what_a_category_inherits(office: Office) -> None:
    run = office.run
    shown = await run("category.create", name="밤", parent="plant", allow=["everyone"], filepost=True)
    assert (shown["logged"], shown["filepost"], shown["inherited"]) == (True, True, ["invite", "logged"])
    await run("category.modify", category="plant", logged=False)
    rows = {row["name"]: (row["logged"], row["inherited"]) for row in await run("category.list")}
    assert rows == {DOMAIN: (True, []), "Plant": (False, ["filepost"]), "밤": (False, ["invite", "logged"])}
    changed = await run("category.modify", category="밤", logged=True, inherit=["filepost"])
    assert (changed["logged"], changed["filepost"], changed["inherited"]) == (True, False, ["invite", "filepost"])
    assert (await run("category.modify", category="밤", name="낮"))["inherited"] == ["invite", "filepost"]
    assert reason(await run("category.modify", category="낮", logged=False, inherit=["logged"])) is Refusal.INVALID
    with pytest.raises(InvalidParams):
        await run("category.modify", category="낮", inherit=["history"])


async def test_the_lists_of_a_category(office: Office) -> None:
    run = office.run
    await run("category.deny.add", category="plant", who=["bob"])
    assert reason(await run("category.creator.add", category="plant", who=["bob"])) is Refusal.NOT_IN_SCOPE
    shown = await run("category.creator.add", category="plant", who=["ann"])
    assert [names(shown[key]) for key in ("allowed", "denied", "creators")] == [[DOMAIN], ["Bob"], ["Ann"]]
    assert (await run("category.deny.remove", category="plant", who=["bob"]))["denied"] == []
    assert (await run("category.allow.remove", category="plant", who=["everyone"]))["allowed"] == []


async def test_addins_are_registered_and_used_by_name(office: Office) -> None:
    run = office.run
    made = await run("addin.create", name="교대표", url="https://rota.example/")
    assert reason(await run("addin.create", name="교대표", url="https://x.example/")) is Refusal.DUPLICATE_ADDIN
    assert reason(await run("addin.create", name="x", url="ftp://x.example/")) is Refusal.INVALID
    shown = await run("room.create", name="Shift", category="Plant", addin="교대표")
    assert (shown["addin"], shown["addin_id"]) == ("교대표", made["id"])
    assert reason(await run("room.create", name="x", category="Plant", addin="sun")) is Refusal.NO_SUCH_ADDIN
    assert [(row["name"], row["rooms"]) for row in await run("addin.list")] == [("교대표", 1)]
    assert (await run("addin.show", addin=made["id"]))["in_rooms"] == ["Shift"]
    await run("room.create", name="Hidden", category="Plant", addin="교대표", visibility="secret")
    seen = await run("addin.show", "ann", addin="교대표")
    assert (seen["in_rooms"], seen["rooms"]) == (["Shift"], 1)
    assert [row["rooms"] for row in await run("addin.list")] == [2]
    assert (await run("addin.modify", addin="교대표", name="Rota"))["url"] == "https://rota.example/"
    assert (await run("room.modify", room="shift", addin=""))["addin"] is None
    await run("room.modify", room="shift", addin="rota")
    assert reason(await run("addin.delete", addin="rota")) is Refusal.ADDIN_IN_USE
    assert (await run("addin.delete", addin="rota", force=True))["deleted"] == "Rota"
    assert (await run("room.show", room="shift"))["addin_id"] is None
    for name in ("addin.show", "addin.modify", "addin.delete"):
        assert reason(await run(name, addin="rota")) is Refusal.NO_SUCH_ADDIN


async def test_invitations_of_a_person(office: Office) -> None:
    run = office.run
    await run("room.create", name="Shift", category="Plant", member=["ann"])
    await run("room.create", name="Quiet", category="Plant", member=["ann"], invite=False)
    rows = await run("invitation.list", user="ann")
    assert [row["room"] for row in rows] == ["Shift"]
    assert await run("invitation.list", "ann", user="ann") == rows
    assert await run("invitation.list", user="ann", after=rows[0]["number"]) == []
    await run("room.delete", room="Shift")
    assert await run("invitation.list", user="ann") == []
    assert reason(await run("invitation.list", user="zoe")) is Refusal.NO_SUCH_PRINCIPAL


async def test_a_name_is_never_the_id_of_something_else(office: Office) -> None:
    """`room delete` with what looks like an id deletes the room of that id, not one of that name."""
    run = office.run
    hall = await run("room.create", name="Hall", category="Plant")
    plant = await run("category.show", category="Plant")
    for taken in (hall["id"], plant["id"].upper(), "00000000-0000-0000-0000-0000ffffffff"):
        assert reason(await run("room.create", name=taken, category="Plant")) is Refusal.INVALID
        assert reason(await run("room.modify", room="Hall", name=taken)) is Refusal.INVALID
        assert reason(await run("category.create", name=taken)) is Refusal.INVALID
        assert reason(await run("category.modify", category="Plant", name=taken)) is Refusal.INVALID
        assert reason(await run("addin.create", name=taken, url="https://example.com")) is Refusal.INVALID


async def test_a_room_is_found_by_its_uri(office: Office) -> None:
    await office.run("category.create", name="Plant", allow=["everyone"])
    made = await office.run("room.create", name="Hall", category="Plant")
    for uri_of in (f"ma-chan://{DOMAIN}/{made['id']}", f" MA-CHAN://{DOMAIN.upper()}/{made['id'].upper()}"):
        assert (await office.run("room.show", room=uri_of))["name"] == "Hall"
    elsewhere = await office.run("room.show", room=f"ma-chan://elsewhere.example/{made['id']}")
    assert reason(elsewhere) is Refusal.NO_SUCH_ROOM


async def test_a_change_of_nothing_is_none(office: Office) -> None:
    await office.run("category.create", name="Plant", allow=["everyone"])
    made = await office.run("room.create", name="Hall", category="Plant")
    assert reason(await office.run("room.modify", room="Hall")) is Refusal.INVALID
    assert (await office.run("room.show", room="Hall"))["version"] == made["version"]
