"""Names on the wire as names of the house."""

from __future__ import annotations

import pytest

from parlour.channel.names import Names, category_edits, role_edits
from parlour.rooms.editing import CategoryList, ListEdit, Op
from parlour.rooms.model import Role
from parlour.rooms.refusals import Refusal, Refused
from parlour.xccos.types import ListSetting, RoomRef

GUID = "5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"
NAMES = Names("example.com")


@pytest.mark.parametrize("uri", [f"ma-chan://example.com/{GUID}", f"MA-CHAN://Example.COM/{{{GUID.upper()}}}"])
def test_a_room_is_its_number(uri: str) -> None:
    assert NAMES.room_id(uri) == GUID


@pytest.mark.parametrize("uri", ["", "nonsense", f"ma-cat://example.com/{GUID}", f"ma-chan://other.example/{GUID}"])
def test_what_names_no_room_is_no_room(uri: str) -> None:
    assert NAMES.room_id(uri) == "none"


def test_rooms_that_are_joined() -> None:
    assert NAMES.room_of(RoomRef(0, "example.com", GUID)) == NAMES.room_of(RoomRef(0, "", GUID)) == GUID
    others = {NAMES.room_of(RoomRef(0, domain, GUID)) for domain in ("other.example", "another.example")}
    assert len(others - {GUID}) == 2


def test_categories() -> None:
    assert NAMES.category_id(f"ma-cat://example.com/{GUID}") == GUID
    assert NAMES.category_id(f"ma-chan://example.com/{GUID}") == "none"
    assert NAMES.category_id(f"ma-cat://other.example/{GUID}") == "none"


def test_lists() -> None:
    assert role_edits([ListSetting("MEMBER", "DEL", ("a", "b"))]) == (
        ListEdit(Role.MEMBER, Op.DELETE, frozenset({"a", "b"})),
    )
    assert category_edits([ListSetting("CREATOR", "SET", ()), ListSetting("DENIED", "ADD", ("a",))]) == (
        ListEdit(CategoryList.CREATORS, Op.SET, frozenset()),
        ListEdit(CategoryList.DENIED, Op.ADD, frozenset({"a"})),
    )
    twice = role_edits([ListSetting("MEMBER", "SET", ("a", "a"))])
    assert isinstance(twice, Refused)
    assert twice.reason is Refusal.ALREADY_DEFINED
