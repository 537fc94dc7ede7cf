"""Names: when two are the same, and what cannot be one."""

from __future__ import annotations

import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.rooms.names import check_description, check_name, check_title, fold_name, longer_than, look_of
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


def test_a_name_can_be_looked_for() -> None:
    assert check_name("\ufdfa" * 55, 256) == "\ufdfa" * 55
    refused = check_name("\ufdfa" * 60, 256)
    assert isinstance(refused, Refused)
    assert refused.reason is Refusal.LIMIT_EXCEEDED


def test_nothing_is_done_with_a_name_that_is_far_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []
    normalize = unicodedata.normalize

    def counted(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
        looked_at.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr("unicodedata.normalize", counted)
    for name in ("\ufdfa" * 80_000, "e\u0301" * 80_000):
        refused = check_name(name, 256)
        assert isinstance(refused, Refused)
        assert refused.reason is Refusal.LIMIT_EXCEEDED
        assert longer_than(name, 1000)
    assert sum(looked_at) < 10_000


def test_a_name_that_is_typed_in_pieces_is_as_long_as_it_is_kept() -> None:
    assert check_name("\u03b1\u0313\u0300\u0345" * 256, 256) == "\u1f82" * 256
    assert check_name("\u1112\u1161\u11ab" * 256, 256) == "\ud55c" * 256


@pytest.mark.parametrize(
    ("text", "longer"), [("abcd", False), ("abcde", True), ("\ufdfa", True), ("ｱﾞｱﾞ", False), ("\ufb03a", False)]
)
def test_a_text_is_as_long_as_it_is_compared(text: str, longer: bool) -> None:
    assert longer_than(text, 4) is longer


def test_descriptions_may_have_lines() -> None:
    assert check_description("one\r\ntwo", 256) == "one\r\ntwo"
    assert isinstance(check_description("bell\x07", 256), Refused)
    assert isinstance(check_description("next\x85line", 256), Refused)
    assert isinstance(check_description("x" * 257, 256), Refused)


@pytest.mark.parametrize(
    ("name", "character"),
    [
        ("Zero\u200bWidth", "U+200B (ZERO WIDTH SPACE)"),
        ("\u202egnidarT", "U+202E (RIGHT-TO-LEFT OVERRIDE)"),
        ("a\u1160b", "U+1160 (HANGUL JUNGSEONG FILLER)"),
        ("\u3164", "U+3164 (HANGUL FILLER)"),
        ("soft\u00adhyphen", "U+00AD (SOFT HYPHEN)"),
        ("a\u2800b", "U+2800 (BRAILLE PATTERN BLANK)"),
        ("a\nb", "U+000A"),
        ("\U000e0041", "U+E0041 (TAG LATIN CAPITAL LETTER A)"),
    ],
)
def test_what_nobody_sees_is_not_part_of_a_name(name: str, character: str) -> None:
    refused = check_name(name, 256)
    assert refused == Refused(Refusal.INVALID, f"a name cannot hold {character}: nobody can see it")


@pytest.mark.parametrize("name", ["می\u200cروم", "क्\u200dष", "👨\u200d👩\u200d👧", "❤\ufe0f", "葛\U000e0100飾区"])
def test_scripts_and_pictures_keep_what_they_need(name: str) -> None:
    assert check_name(name, 256) == name


@pytest.mark.parametrize("name", ["\u200d", "\ufe0f\u200c", "\u200d \u200d"])
def test_a_name_shows_something(name: str) -> None:
    assert check_name(name, 256) == Refused(Refusal.INVALID, "a name has to show something")


@pytest.mark.parametrize(
    "other", ["Zero\u200bWidth", "ZERO\u200dwidth", "zero\u1160width", "\ufeffZeroWidth", "Zero\u200b \u200bWidth"]
)
def test_what_looks_the_same(other: str) -> None:
    assert look_of("ZeroWidth") == look_of(other.replace(" ", ""))
    assert fold_name("ZeroWidth") != fold_name(other)


@given(st.text())
def test_every_name_that_is_taken_shows_something(name: str) -> None:
    kept = check_name(name, 256)
    assert isinstance(kept, Refused) or look_of(kept)


@pytest.mark.parametrize(
    "name",
    [
        "a0000000-0000-4000-8000-00000000000f",
        " A0000000-0000-4000-8000-00000000000F ",
        "\uff41\uff10000000-0000-4000-8000-00000000000f",
        "a0000000\u200d-0000-4000-8000-00000000000f",
    ],
)
def test_what_would_be_taken_for_an_id_is_no_title(name: str) -> None:
    assert not isinstance(check_name(name, 256), Refused)
    refused = check_title(name, 256)
    assert isinstance(refused, Refused)
    assert refused.reason is Refusal.INVALID


@pytest.mark.parametrize("name", ["a0000000-0000-4000-8000-00000000000f 2", "0000-0000", "Bad cafe"])
def test_other_names_with_hexadecimal_digits_are_titles(name: str) -> None:
    assert check_title(name, 256) == name
    assert check_title("", 256) == check_name("", 256)
