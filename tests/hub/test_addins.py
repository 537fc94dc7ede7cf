"""Add-ins: registered by administrators, chosen for rooms, taken from them again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parlour.hub.events import RoomChanged
from parlour.rooms.editing import RoomChange
from parlour.rooms.model import AddIn, AddInId, Person, Room
from parlour.rooms.refusals import Refusal, Refused
from tests.hub.fakes import PLANT, ROOT, World, person, room, uri

WORKS = replace(PLANT, creators=frozenset({uri("mia")}))
SHIFT = room(1, "Shift", members=frozenset({"ma-grp:all"}), managers=frozenset({uri("mia")}))
URL = "https://wall.example.com/board?shift=야간"


async def world() -> World:
    w = World([person("ann"), person("mia"), person("root", is_admin=True)], [SHIFT], categories=[ROOT, WORKS])
    await w.hub.start()
    return w


def who(w: World, name: str) -> Person:
    found = w.directory.find_person(uri(name))
    assert found is not None
    return found


def reason(answer: object) -> Refusal:
    assert isinstance(answer, Refused)
    return answer.reason


async def made(w: World, name: str = "현황판", url: str = URL) -> AddIn:
    addin = await w.hub.addins.create(None, name, url)
    assert isinstance(addin, AddIn)
    return addin


async def test_registered_found_and_kept() -> None:
    w = await world()
    wall = await made(w)
    other = await w.hub.addins.create(who(w, "root"), " Atlas ", "http://atlas.example.com")
    assert isinstance(other, AddIn)
    assert (other.name, wall.url) == ("Atlas", URL)
    assert w.hub.addins.all() == (other, wall)
    for text in (wall.id, wall.id.upper(), "현황판"):
        assert w.hub.addins.find(text) == wall
    assert w.hub.addins.find("ATLAS") == other
    assert w.hub.addins.find("") is None
    again = World([], [], categories=[ROOT, WORKS])
    again.rooms.pages = w.rooms.pages
    await again.hub.start()
    assert again.hub.addins.all() == (other, wall)


@pytest.mark.parametrize("name", ["ann", "mia"])
async def test_only_administrators_register(name: str) -> None:
    w = await world()
    wall, someone = await made(w), who(w, name)
    assert reason(await w.hub.addins.create(someone, "x", URL)) is Refusal.NOT_PERMITTED
    assert reason(await w.hub.addins.modify(someone, wall.id, name="x")) is Refusal.NOT_PERMITTED
    assert reason(await w.hub.addins.delete(someone, wall.id)) is Refusal.NOT_PERMITTED
    assert w.hub.addins.all() == (wall,)


@pytest.mark.parametrize(
    ("name", "url", "why"),
    [
        ("", URL, Refusal.INVALID),
        ("x" * 51, URL, Refusal.LIMIT_EXCEEDED),
        ("x", "https://x/" + "y" * 255, Refusal.LIMIT_EXCEEDED),
        ("x", "", Refusal.INVALID),
        ("x", "ftp://x.example.com", Refusal.INVALID),
        ("x", "javascript:alert(1)", Refusal.INVALID),
        ("x", "https://", Refusal.INVALID),
        ("x", "https://[::1", Refusal.INVALID),
        ("x", "https://x.example.com/a b", Refusal.INVALID),
        ("x", 'https://x.example.com/"><script>', Refusal.INVALID),
        ("현황판", URL, Refusal.DUPLICATE_ADDIN),
        (" 현황판 ", URL, Refusal.DUPLICATE_ADDIN),
    ],
)
async def test_what_is_no_add_in(name: str, url: str, why: Refusal) -> None:
    w = await world()
    wall = await made(w)
    assert reason(await w.hub.addins.create(None, name, url)) is why
    assert w.hub.addins.all() == (wall,)


async def test_a_name_that_looks_like_an_id_is_refused_for_that() -> None:
    """Not as a name that somebody has: it would be taken for the id when it is typed."""
    w = await world()
    wall = await made(w)
    for name in (wall.id, "00000000-0000-0000-0000-0000000000ff"):
        assert reason(await w.hub.addins.create(None, name, URL)) is Refusal.INVALID


async def test_a_room_shows_one_that_is_registered() -> None:
    w = await world()
    wall, mia = await made(w), who(w, "mia")
    ann, ears = w.enter("ann")
    await w.hub.join(ann, SHIFT.id)
    unknown = RoomChange(addin="00000000-0000-0000-0000-0000000000ff")
    assert reason(await w.hub.managing.modify_room(mia, SHIFT.id, unknown)) is Refusal.NO_SUCH_ADDIN
    unknown = replace(unknown, name="New")
    assert reason(await w.hub.managing.create_room(mia, WORKS.id, unknown)) is Refusal.NO_SUCH_ADDIN
    changed = await w.hub.managing.modify_room(mia, SHIFT.id, RoomChange(addin=wall.id))
    assert isinstance(changed, Room)
    assert changed.addin == wall.id
    moved = await w.hub.addins.modify(None, wall.id, url="https://new.example.com")
    assert moved == replace(wall, url="https://new.example.com")
    await w.settle()
    assert [type(event) for event in ears.events] == [RoomChanged, RoomChanged]
    away = await w.hub.managing.modify_room(mia, SHIFT.id, RoomChange(addin=""))
    assert isinstance(away, Room)
    assert away.addin is None


async def test_one_that_is_used_stays_unless_forced() -> None:
    w = await world()
    wall = await made(w)
    await w.hub.managing.modify_room(None, SHIFT.id, RoomChange(addin=wall.id))
    ann, ears = w.enter("ann")
    await w.hub.join(ann, SHIFT.id)
    assert reason(await w.hub.addins.delete(None, wall.id)) is Refusal.ADDIN_IN_USE
    assert w.hub.addins.all() == (wall,)
    assert await w.hub.addins.delete(None, wall.id, force=True) == wall
    await w.settle()
    (event,) = ears.events
    assert isinstance(event, RoomChanged)
    assert event.settings.addin is None
    assert w.rooms.rooms[SHIFT.id].addin is None
    assert w.hub.addins.all() == ()
    assert w.rooms.pages == {}
    assert reason(await w.hub.addins.delete(None, wall.id)) is Refusal.NO_SUCH_ADDIN
    assert reason(await w.hub.addins.modify(None, wall.id, name="x")) is Refusal.NO_SUCH_ADDIN


async def test_a_change_may_keep_its_own_name_but_not_take_anothers() -> None:
    w = await world()
    wall, atlas = await made(w), await made(w, "Atlas")
    assert await w.hub.addins.modify(None, atlas.id, name="ATLAS") == replace(atlas, name="ATLAS")
    assert reason(await w.hub.addins.modify(None, atlas.id, name=wall.name)) is Refusal.DUPLICATE_ADDIN


async def test_while_the_store_cannot_write() -> None:
    w = await world()
    wall = await made(w)
    await w.hub.managing.modify_room(None, SHIFT.id, RoomChange(addin=wall.id))
    w.rooms.down = True
    assert reason(await w.hub.addins.create(None, "x", URL)) is Refusal.UNAVAILABLE
    assert reason(await w.hub.addins.delete(None, wall.id, force=True)) is Refusal.UNAVAILABLE
    assert w.hub.addins.all() == (wall,)
    assert w.hub.catalogue.rooms[SHIFT.id].addin == wall.id
    assert w.hub.addins.find(AddInId("nothing")) is None
