"""Finding rooms: only what one may know of."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from parlour.hub.hub import Hub
from parlour.hub.searching import RoomList
from parlour.hub.slices import SLICE
from parlour.rooms import search as search_of_names
from parlour.rooms.model import Category, CategoryId, Limits, Visibility
from parlour.rooms.refusals import Refusal, Refused
from parlour.rooms.search import Match, Mine, RoomQuery
from parlour.rooms.switches import Switches
from tests.hub.fakes import AUDIT, PLANT, ROOT, World, person, room, uri

ANN = frozenset({uri("ann")})
WALLED = Category(
    CategoryId("c0000000-0000-0000-0000-000000000003"),
    "Walled",
    AUDIT,
    parent=ROOT.id,
    allowed=frozenset({"ma-grp:all"}),
    denied=frozenset({uri("bob")}),
)
ROOMS = [
    room(1, "Open", visibility=Visibility.OPEN),
    room(2, "Closed", members=ANN, managers=frozenset({uri("bob")})),
    room(3, "Secret", visibility=Visibility.PRIVATE, members=ANN),
    room(4, "Shut", members=ANN, managers=frozenset({uri("bob")}), disabled=True),
    replace(room(5, "Behind the wall", visibility=Visibility.OPEN), category=WALLED.id),
    room(6, "Crew", members=frozenset({"ma-grp:crew"})),
]


async def hub() -> tuple[World, Hub]:
    w = World(
        [person("ann", "crew"), person("bob"), person("root", is_admin=True)],
        ROOMS,
        categories=[WALLED, PLANT, ROOT],
        limits=Limits(search_limit=5),
    )
    await w.hub.start()
    return w, w.hub


@pytest.mark.parametrize(
    ("who", "query", "expected"),
    [
        ("ann", RoomQuery(), "Behind the wall, Closed, Crew, Open, Secret"),
        ("bob", RoomQuery(), "Closed, Crew, Open"),
        ("root", RoomQuery(), "Behind the wall, Closed, Crew, Open, Secret"),
        ("ann", RoomQuery(mine=Mine.MEMBER), "Closed, Crew, Secret"),
        ("ann", RoomQuery(mine=Mine.MANAGER), ""),
        ("bob", RoomQuery(mine=Mine.MEMBER), ""),
        ("bob", RoomQuery(mine=Mine.MANAGER), "Closed, Shut"),
        ("bob", RoomQuery(mine=Mine.MANAGER, disabled=False), "Closed"),
        ("bob", RoomQuery(disabled=True), "Shut"),
        ("ann", RoomQuery(disabled=True), ""),
        ("root", RoomQuery(disabled=True), "Shut"),
        ("bob", RoomQuery(text="SECRET", match=Match.EXACT), ""),
        ("ann", RoomQuery(text="SECRET", match=Match.EXACT), "Secret"),
        ("ann", RoomQuery(text="Plant", match=Match.EXACT), ""),
        ("bob", RoomQuery(room=ROOMS[2].id), ""),
        ("ann", RoomQuery(room=ROOMS[2].id), "Secret"),
        ("ann", RoomQuery(category=WALLED.id), "Behind the wall"),
        ("bob", RoomQuery(category=WALLED.id), ""),
        ("bob", RoomQuery(member=uri("ann")), "Closed"),
    ],
)
async def test_who_finds_what(who: str, query: RoomQuery, expected: str) -> None:
    w, hub_ = await hub()
    visit, _ = w.enter(who)
    found = await hub_.find_rooms(visit, query)
    assert isinstance(found, RoomList)
    assert ", ".join(row.room.name for row in found.rows) == expected
    assert not found.truncated


async def test_where_somebody_is_now_as_far_as_the_asker_may_know() -> None:
    w, hub_ = await hub()
    (ann, _), (bob, _) = w.enter("ann"), w.enter("bob")
    await hub_.join_many(ann, [ROOMS[0].id, ROOMS[2].id])
    found = await hub_.find_rooms(bob, RoomQuery(visitor=uri("ann")))
    assert isinstance(found, RoomList)
    assert [row.room.name for row in found.rows] == ["Open"]
    found = await hub_.find_rooms(bob, RoomQuery(text="open"))
    assert isinstance(found, RoomList)
    (row,) = found.rows
    assert (row.count, row.switches) == (1, Switches())


async def test_the_limit_is_said() -> None:
    w, hub_ = await hub()
    visit, _ = w.enter("ann")
    cut = await hub_.find_rooms(visit, RoomQuery(limit=2))
    assert isinstance(cut, RoomList)
    assert ([row.room.name for row in cut.rows], cut.truncated) == (["Behind the wall", "Closed"], True)
    whole = await hub_.find_rooms(visit, RoomQuery(limit=1000))
    assert isinstance(whole, RoomList)
    assert not whole.truncated


async def test_others_are_served_between_the_rooms_of_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    folded = 0

    def counted(text: str) -> str:
        nonlocal folded
        folded += 1
        return bare(text)

    bare = search_of_names._bare
    monkeypatch.setattr(search_of_names, "_bare", counted)
    w = World([person("ann")], [room(n, f"Room {n}", members=ANN) for n in range(1000)])
    await w.hub.start()
    visit, _ = w.enter("ann")
    words = " ".join(f"w{n}" for n in range(31))
    search = asyncio.create_task(w.hub.find_rooms(visit, RoomQuery(text=f"{words} 999")))
    seen = [folded]
    while not search.done():
        await asyncio.sleep(0)
        seen.append(folded)
        if len(seen) == 3:
            w.hub.catalogue.drop_room(room(998, "").id)
    found = await search
    assert isinstance(found, RoomList)
    assert [row.room.name for row in found.rows] == ["Room 999"]
    assert folded == 1 + 999, "each name is folded once, however many words are looked for"
    assert max(after - before for before, after in pairwise(seen)) <= SLICE + 1


@pytest.mark.parametrize("actor", ["ann", None])
async def test_too_much_is_not_looked_for(actor: str | None) -> None:
    w, hub_ = await hub()
    who = None if actor is None else w.directory.find_person(uri(actor))
    for query in (RoomQuery(text="x" * 1001), RoomQuery(text=" ".join(map(str, range(33))))):
        refused = await hub_.find_rooms_as(who, query)
        assert isinstance(refused, Refused)
        assert refused.reason is Refusal.LIMIT_EXCEEDED
