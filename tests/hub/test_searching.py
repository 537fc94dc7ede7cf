"""Finding rooms: only what one may know of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parlour.hub.hub import Hub
from parlour.rooms.model import Category, CategoryId, Limits, Visibility
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
    found = hub_.find_rooms(visit, query)
    assert ", ".join(row.room.name for row in found.rows) == expected
    assert not found.truncated


async def test_where_somebody_is_now_as_far_as_the_asker_may_know() -> None:
    w, hub_ = await hub()
    (ann, _), (bob, _) = w.enter("ann"), w.enter("bob")
    await hub_.join_many(ann, [ROOMS[0].id, ROOMS[2].id])
    assert [row.room.name for row in hub_.find_rooms(bob, RoomQuery(visitor=uri("ann"))).rows] == ["Open"]
    (row,) = hub_.find_rooms(bob, RoomQuery(text="open")).rows
    assert (row.count, row.switches) == (1, Switches())


async def test_the_limit_is_said() -> None:
    w, hub_ = await hub()
    visit, _ = w.enter("ann")
    cut = hub_.find_rooms(visit, RoomQuery(limit=2))
    assert ([row.room.name for row in cut.rows], cut.truncated) == (["Behind the wall", "Closed"], True)
    assert not hub_.find_rooms(visit, RoomQuery(limit=1000)).truncated
