"""Which rooms fit a query."""

from __future__ import annotations

import pytest

from parlour.rooms.model import Audit, Behavior, CategoryId, Micros, Room, RoomId, Visibility
from parlour.rooms.names import fold_name
from parlour.rooms.search import Match, RoomQuery, compile_query

AUDIT = Audit("a", Micros(0), "a", Micros(0))
ROOM = Room(
    RoomId("r1"),
    "Night Shift",
    CategoryId("c1"),
    AUDIT,
    description="Hand-over NOTES",
    addin="wall",
    members=frozenset({"sip:a@x"}),
    managers=frozenset({"sip:m@x"}),
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (RoomQuery(), True),
        (RoomQuery(text="  "), True),
        (RoomQuery(text="night desk"), True),
        (RoomQuery(text="night desk", match=Match.ALL), False),
        (RoomQuery(text="SHIFT night", match=Match.ALL), True),
        (RoomQuery(text="ht sh", match=Match.PHRASE), True),
        (RoomQuery(text="shift night", match=Match.PHRASE), False),
        (RoomQuery(text="night", match=Match.EXACT), False),
        (RoomQuery(text="NIGHT shift ", match=Match.EXACT), True),
        (RoomQuery(text="notes"), False),
        (RoomQuery(text="notes", descriptions=True), True),
        (RoomQuery(room=RoomId("r1")), True),
        (RoomQuery(room=RoomId("r2")), False),
        (RoomQuery(category=CategoryId("c1"), visibility=Visibility.SCOPED, behavior=Behavior.NORMAL), True),
        (RoomQuery(category=CategoryId("c2")), False),
        (RoomQuery(visibility=Visibility.OPEN), False),
        (RoomQuery(behavior=Behavior.AUDITORIUM), False),
        (RoomQuery(addin="wall", invite=True), True),
        (RoomQuery(invite=False), False),
        (RoomQuery(member="sip:a@x"), True),
        (RoomQuery(member="sip:m@x"), False),
        (RoomQuery(manager="sip:m@x"), True),
        (RoomQuery(manager="sip:a@x"), False),
    ],
)
def test_fits(query: RoomQuery, expected: bool) -> None:
    assert compile_query(query)(ROOM, fold_name(ROOM.name)) is expected
