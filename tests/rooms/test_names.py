"""Names: when two are the same, and what cannot be one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.rooms.names import check_description, check_name, fold_name
from parlour.rooms.refusals import Refusal, Refused


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Night Shift", "night shift"),
        ("STRASSE", "straße"),
        ("ﬁsh", "FISH"),
        ("Ａ room", "a room"),
        ("caf\u00e9", "cafe\u0301"),
        ("a  b", "a b"),
        ("a\u00a0b", "a b"),
    ],
)
def test_the_same_name(one: str, other: str) -> None:
    assert fold_name(one) == fold_name(other)


def test_not_the_same_name() -> None:
    assert fold_name("night shift") != fold_name("nightshift")


@given(st.text())
def test_folding_is_settled(name: str) -> None:
    assert fold_name(fold_name(name)) == fold_name(name)


@pytest.mark.parametrize("bad", ["", "   ", "a\nb", "a\x00", "a\u2028b", "\ud800", "\u00a0"])
def test_not_a_name(bad: str) -> None:
    refused = check_name(bad, 256)
    assert isinstance(refused, Refused)
    assert refused.reason is Refusal.INVALID


def test_name_length_counts_characters() -> None:
    assert check_name("é" * 256, 256) == "é" * 256
    assert check_name(" " + "e" * 256 + " ", 256) == "e" * 256
    too_long = check_name("e" * 257, 256)
    assert isinstance(too_long, Refused)
    assert too_long.reason is Refusal.LIMIT_EXCEEDED


def test_descriptions_may_have_lines() -> None:
    assert check_description("one\r\ntwo", 256) == "one\r\ntwo"
    assert isinstance(check_description("bell\x07", 256), Refused)
    assert isinstance(check_description("x" * 257, 256), Refused)
