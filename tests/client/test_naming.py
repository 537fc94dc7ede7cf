"""Rooms and moments by whatever a program has at hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from parlour.client.errors import InvalidArgument, NotInScope
from parlour.client.naming import addin_id_of, category_uri_of, failures, micros, room_uri_of, rooms_of, uris_of
from parlour.xccos.types import AddIn, CategoryInfo, FailedRoom, RoomCard, RoomInfo

GUID = "5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"
ROOM = f"ma-chan://example.com/{GUID}"
CATEGORY = f"ma-cat://example.com/{GUID}"


def test_rooms() -> None:
    assert room_uri_of(ROOM.upper()) == ROOM
    assert room_uri_of(RoomInfo(ROOM)) == ROOM
    assert room_uri_of(RoomCard(RoomInfo(ROOM))) == ROOM
    for wrong in ("", "회의실", CATEGORY):
        with pytest.raises(InvalidArgument):
            room_uri_of(wrong)


@pytest.mark.parametrize("wrong", [None, 7, object(), [ROOM]])
def test_what_is_neither_room_nor_category(wrong: Any) -> None:
    with pytest.raises(TypeError, match="a room is a Room, a RoomInfo, a RoomCard or a URI, not"):
        room_uri_of(wrong)
    with pytest.raises(TypeError, match="a category is a CategoryInfo or a URI, not"):
        category_uri_of(wrong)


def test_one_or_several_rooms() -> None:
    for one in (ROOM, RoomInfo(ROOM), RoomCard(RoomInfo(ROOM))):
        assert rooms_of(one) == [one]
        assert rooms_of(each for each in (one, ROOM)) == [one, ROOM]
    assert rooms_of([]) == []


def test_one_or_several_people() -> None:
    assert uris_of("sip:a@example.com") == ("sip:a@example.com",)
    assert uris_of(["sip:a@example.com", "sip:b@example.com"]) == ("sip:a@example.com", "sip:b@example.com")


def test_addins() -> None:
    assert addin_id_of(AddIn(GUID, "Status page", "https://x")) == GUID
    assert addin_id_of(f"{{{GUID.upper()}}}") == GUID
    with pytest.raises(InvalidArgument, match="Status page"):
        addin_id_of("Status page")


def test_categories() -> None:
    assert category_uri_of(f" {CATEGORY} ") == CATEGORY
    assert category_uri_of(CategoryInfo(CATEGORY)) == CATEGORY
    with pytest.raises(InvalidArgument):
        category_uri_of(ROOM)


def test_moments() -> None:
    seoul = timezone(timedelta(hours=9))
    assert micros(datetime(1970, 1, 1, 9, 0, 0, 5, tzinfo=seoul)) == 5
    assert micros(datetime(1970, 1, 2, tzinfo=UTC)) == 86_400_000_000
    assert micros(7) == 7
    assert micros(None) is None
    with pytest.raises(ValueError, match="time zone"):
        micros(datetime(2026, 1, 1))
    wrong: Any
    for wrong in ("2026-01-01", date(2026, 1, 1), 1.5):
        with pytest.raises(TypeError, match="a moment is"):
            micros(wrong)


def test_failures() -> None:
    failed = failures((FailedRoom("Example.COM", GUID, 412),))
    assert list(failed) == [ROOM]
    assert isinstance(failed[ROOM], NotInScope)
    assert failed[ROOM].room == ROOM
