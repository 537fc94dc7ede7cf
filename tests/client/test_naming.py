"""Rooms and moments by whatever a program has at hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from parlour.client.errors import InvalidArgument, NotInScope
from parlour.client.naming import category_uri_of, failures, micros, room_uri_of
from parlour.xccos.types import CategoryInfo, FailedRoom, RoomInfo

GUID = "5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"
ROOM = f"ma-chan://example.com/{GUID}"
CATEGORY = f"ma-cat://example.com/{GUID}"


def test_rooms() -> None:
    assert room_uri_of(ROOM.upper()) == ROOM
    assert room_uri_of(RoomInfo(ROOM)) == ROOM
    for wrong in ("", "회의실", CATEGORY):
        with pytest.raises(InvalidArgument):
            room_uri_of(wrong)


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


def test_failures() -> None:
    failed = failures((FailedRoom("Example.COM", GUID, 412),))
    assert list(failed) == [ROOM]
    assert isinstance(failed[ROOM], NotInScope)
    assert failed[ROOM].room == ROOM
