"""Times: seven digits out, almost anything in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.xccos.times import end_of_day, format_time, parse_time

NOON = 1_370_952_000_000_000  # 2013-06-11T12:00:00Z


def test_seven_digits_and_z() -> None:
    assert format_time(NOON + 123_456) == "2013-06-11T12:00:00.1234560Z"
    assert format_time(NOON) == "2013-06-11T12:00:00.0000000Z"
    assert format_time(-1) == "1969-12-31T23:59:59.9999990Z"


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2013-06-11T12:00:00Z", NOON),
        ("2013-06-11T12:00:00.1234567Z", NOON + 123_456),
        ("2013-06-11T12:00:00.5", NOON + 500_000),
        ("2013-06-11T12:00:00,25Z", NOON + 250_000),
        ("2013-06-11T12:00:00", NOON),
        ("2013-06-11t12:00z", NOON),
        ("2013-06-11 14:00:00+02:00", NOON),
        ("2013-06-11T07:30:00-0430", NOON),
        ("  2013-06-11T12:00:00Z\n", NOON),
        ("2013-06-11", NOON - 43_200_000_000),
        ("2013-06-11T11:59:60Z", NOON),
        ("2013-06-10T24:00:00Z", NOON - 43_200_000_000),
        ("0001-01-01T00:00:00+09:00", -62_135_596_800_000_000),
        ("9999-12-31T23:59:59.9999999-05:00", 253_402_300_799_999_999),
        ("9999-12-31T23:59:60Z", 253_402_300_799_999_999),
    ],
)
def test_what_can_be_read(text: str, micros: int) -> None:
    assert parse_time(text) == micros


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2013-13-01T00:00:00Z",
        "2013-02-30T00:00:00Z",
        "2013-06-11T25:00:00Z",
        "2013-06-11T12:00:61Z",
        "2013-06-11T24:00:01Z",
        "2013-06-11T12:00:00+14:01",
        "2013-06-11T12:00:00+25:00",
        "2013-06-11T12:00:00-01:60",
        "2013-06-11T12:00:00." + "1" * 60,
    ],
)
def test_what_cannot(text: str) -> None:
    assert parse_time(text) is None


def test_the_end_of_a_day() -> None:
    assert end_of_day(" 2013-06-11 ") == NOON + 43_199_999_999
    assert end_of_day("9999-12-31") == 253_402_300_799_999_999
    for text in ("", "2013-06-11T00:00:00Z", "2013-06-31", "2013-06-11+02:00"):
        assert end_of_day(text) is None


@given(st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999))
def test_what_is_written_can_be_read(micros: int) -> None:
    assert parse_time(format_time(micros)) == micros
