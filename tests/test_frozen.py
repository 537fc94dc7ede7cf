"""Light values: equal and hashable as frozen dataclasses are, without a dictionary each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parlour.frozen import frozen


@frozen
class Point:
    x: int
    y: int = 0


def test_values_are_equal_by_their_fields() -> None:
    assert Point(1) == Point(1, 0) != Point(1, 2)
    assert {Point(1), Point(1, 0), Point(1, 2)} == {Point(1), Point(1, 2)}


def test_a_value_is_changed_by_making_another() -> None:
    first = Point(1, 2)
    assert replace(first, y=3) == Point(1, 3)
    assert first == Point(1, 2)


def test_a_value_takes_no_more_than_its_fields() -> None:
    point = Point(1)
    with pytest.raises(AttributeError):
        point.z = 3  # type: ignore[attr-defined]


def test_the_fields_can_be_matched_by_place() -> None:
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)
