"""Which rooms fit a query."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parlour.rooms.model import Audit, Behavior, CategoryId, Micros, Room, RoomId, Visibility
from parlour.rooms.names import fold_name
from parlour.rooms.refusals import Refusal, Refused
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
KOREAN = replace(ROOM, name="야간 근무 — 1호기", description="인수인계 노트")
JAPANESE = replace(ROOM, name="夜勤ﾁｰﾑ", description="引き継ぎ")
CAFE = replace(ROOM, name="Café Crème", description="le résumé")
CHINESE = replace(ROOM, name="夜班 交接")


def fits(query: RoomQuery, room: Room) -> bool:
    found = compile_query(query)
    assert not isinstance(found, Refused)
    return found(room, fold_name(room.name))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (RoomQuery(), True),
        (RoomQuery(text="  "), True),
        (RoomQuery(after="Night"), True),
        (RoomQuery(after="NIGHT SHIFT"), False),
        (RoomQuery(after="night watch", text="night"), False),
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
    assert fits(query, ROOM) is expected


@pytest.mark.parametrize(
    ("room", "query", "expected"),
    [
        (KOREAN, RoomQuery(text="근무"), True),
        (KOREAN, RoomQuery(text="주간 근무"), True),
        (KOREAN, RoomQuery(text="주간 근무", match=Match.ALL), False),
        (KOREAN, RoomQuery(text="1호기 야간", match=Match.ALL), True),
        (KOREAN, RoomQuery(text="간 근", match=Match.PHRASE), True),
        (KOREAN, RoomQuery(text="인수인계"), False),
        (KOREAN, RoomQuery(text="인수인계", descriptions=True), True),
        (KOREAN, RoomQuery(text="야간  근무 — 1호기", match=Match.EXACT), True),
        (JAPANESE, RoomQuery(text="チーム"), True),
        (JAPANESE, RoomQuery(text="夜勤チーム", match=Match.EXACT), True),
        (JAPANESE, RoomQuery(text="継ぎ", descriptions=True), True),
        (CHINESE, RoomQuery(text="交接 夜班", match=Match.ALL), True),
        (CHINESE, RoomQuery(text="夜勤"), False),
        (CAFE, RoomQuery(text="CAFE"), True),
        (CAFE, RoomQuery(text="café"), True),
        (CAFE, RoomQuery(text="cafe creme", match=Match.PHRASE), True),
        (CAFE, RoomQuery(text="resume", match=Match.ALL), False),
        (CAFE, RoomQuery(text="resume", match=Match.ALL, descriptions=True), True),
        (CAFE, RoomQuery(text="cafe creme", match=Match.EXACT), False),
        (CAFE, RoomQuery(text="CAFE\u0301 crème", match=Match.EXACT), True),
        (CAFE, RoomQuery(text="\u0640", match=Match.PHRASE), False),
    ],
)
def test_names_in_other_scripts(room: Room, query: RoomQuery, expected: bool) -> None:
    assert fits(query, room) is expected


@pytest.mark.parametrize(
    ("name", "typed"),
    [("Ca\u200dfé", "cafe"), ("Café", "ca\u200dfé"), ("♥\ufe0f Herz", "♥ herz"), ("Night", "night\ufe0f")],
)
@pytest.mark.parametrize("match", Match)
def test_what_nobody_sees_does_not_count(name: str, typed: str, match: Match) -> None:
    query = RoomQuery(text=name if match is Match.EXACT else typed, match=match)
    assert fits(query, replace(ROOM, name=name.replace("\u200d", "").replace("\ufe0f", "")))
    assert fits(query, replace(ROOM, name=f"{name[:1]}\u200d{name[1:]}"))


def test_an_exact_name_is_not_looked_for_in_descriptions_word_by_word() -> None:
    query = RoomQuery(text="notes", match=Match.EXACT, descriptions=True)
    assert not fits(query, ROOM)


@pytest.mark.parametrize(
    "query",
    [
        RoomQuery(text="x" * 1001),
        RoomQuery(text="\ufdfa" * 60, match=Match.EXACT),
        RoomQuery(after="x" * 1001),
        RoomQuery(text=" ".join(map(str, range(33)))),
        RoomQuery(text=" ".join(map(str, range(33))), match=Match.ALL),
    ],
)
def test_too_much_is_refused(query: RoomQuery) -> None:
    refused = compile_query(query)
    assert isinstance(refused, Refused)
    assert refused.reason is Refusal.LIMIT_EXCEEDED


def test_as_much_as_may_be_looked_for() -> None:
    assert fits(RoomQuery(text="x" * 1000), ROOM) is False
    assert fits(RoomQuery(text=" ".join([*map(str, range(31)), "night", "NIGHT"])), ROOM)
    assert fits(RoomQuery(text=" ".join(map(str, range(99))), match=Match.PHRASE), ROOM) is False


def test_what_is_far_too_long_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parlour.rooms.names.unicodedata", None)
    assert isinstance(compile_query(RoomQuery(text="\ufdfa" * 80_000)), Refused)
