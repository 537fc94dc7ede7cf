"""May it be done now: every answer of the decisions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parlour.rooms.decisions import (
    HIGHEST_NUMBER,
    MOST_AUTHORS_TEXT,
    MOST_TEXT,
    decide_download,
    decide_history_size,
    decide_invitation,
    decide_join,
    decide_page_size,
    decide_post,
    decide_query,
    decide_read,
    decide_upload,
    no_such_room,
    within_reach,
)
from parlour.rooms.history import PostQuery
from parlour.rooms.model import Audit, Behavior, CategoryId, Limits, Micros, Person, Room, RoomId
from parlour.rooms.policy import NO_RIGHTS, Rights
from parlour.rooms.refusals import Refusal, Refused
from parlour.rooms.switches import Switches
from parlour.rooms.words import WordMatch, Words

AUDIT = Audit("a", Micros(0), "a", Micros(0))
ROOM = Room(RoomId("r"), "R", CategoryId("c"), AUDIT)
INSIDE = Rights(see=True, find=True, join=True, read=True, post=True, member=True)
CARD_ONLY = Rights(see=True, find=True)
LIMITS = Limits(message_bytes=10, story_bytes=20)


def reason(answer: Refused | None) -> Refusal | None:
    return answer.reason if answer is not None else None


@pytest.mark.parametrize("decide", [decide_join, decide_read])
@pytest.mark.parametrize(
    ("room", "rights", "expected"),
    [
        (ROOM, INSIDE, None),
        (ROOM, CARD_ONLY, Refusal.NOT_PERMITTED),
        (ROOM, NO_RIGHTS, Refusal.NO_SUCH_ROOM),
        (replace(ROOM, disabled=True), CARD_ONLY, Refusal.ROOM_DISABLED),
        (replace(ROOM, disabled=True), NO_RIGHTS, Refusal.NO_SUCH_ROOM),
    ],
)
def test_join_and_read(decide: object, room: Room, rights: Rights, expected: Refusal | None) -> None:
    assert callable(decide)
    assert reason(decide(room, rights)) is expected


def test_a_room_out_of_sight_answers_as_one_that_is_not_there() -> None:
    for answer in (
        decide_join(ROOM, NO_RIGHTS),
        decide_read(ROOM, NO_RIGHTS),
        decide_post(ROOM, NO_RIGHTS, False, "x", None, LIMITS),
    ):
        assert answer == no_such_room()


@pytest.mark.parametrize(
    ("text", "rtf", "expected"),
    [
        ("0123456789", None, None),
        ("01234567890", None, Refusal.LIMIT_EXCEEDED),
        ("ééééé", None, None),
        ("éééééé", None, Refusal.LIMIT_EXCEEDED),
        ("[STORY]T\r\n4567890123", None, None),
        ("[STORY]T\r\n456789012345", None, Refusal.LIMIT_EXCEEDED),
        ("", None, Refusal.INVALID),
        (" \r\n", None, Refusal.INVALID),
        ("\x7f \x85", None, Refusal.INVALID),
        ("\u200b\u2060\ufeff\xad", None, Refusal.INVALID),
        ("\u06dd", None, None),
        ("a\x00b", None, Refusal.INVALID),
        ("a\ud800", None, Refusal.INVALID),
        ("line\r\ntwo", None, None),
        ("\U0001f600\t", None, None),
        ("hi", "x" * 80, None),
        ("hi", "x" * 81, Refusal.LIMIT_EXCEEDED),
        ("hi", "\x01", Refusal.INVALID),
    ],
)
def test_texts(text: str, rtf: str | None, expected: Refusal | None) -> None:
    assert reason(decide_post(ROOM, INSIDE, True, text, rtf, LIMITS)) is expected


@pytest.mark.parametrize(
    ("room", "rights", "inside", "expected"),
    [
        (ROOM, INSIDE, True, None),
        (ROOM, INSIDE, False, Refusal.NOT_JOINED),
        (ROOM, CARD_ONLY, False, Refusal.NOT_PERMITTED),
        (replace(ROOM, behavior=Behavior.AUDITORIUM), replace(INSIDE, post=False), True, Refusal.NOT_PERMITTED),
        (replace(ROOM, disabled=True), CARD_ONLY, False, Refusal.ROOM_DISABLED),
    ],
)
def test_posting(room: Room, rights: Rights, inside: bool, expected: Refusal | None) -> None:
    assert reason(decide_post(room, rights, inside, "hello", None, LIMITS)) is expected


@pytest.mark.parametrize(("asked", "given"), [(None, 30), (0, 30), (-1, 30), (1, 1), (25, 25), (31, 30), (10**9, 30)])
def test_history_size(asked: int | None, given: int) -> None:
    assert decide_history_size(asked, Limits()) == given


def test_history_size_has_a_ceiling_of_its_own() -> None:
    assert decide_history_size(None, Limits(default_history=10_000)) == 500
    assert decide_history_size(None, Limits(default_history=0)) == 1


@pytest.mark.parametrize(
    ("asked", "limits", "given"),
    [
        (None, Limits(), 30),
        (0, Limits(), 30),
        (-7, Limits(), 30),
        (1, Limits(), 1),
        (100, Limits(), 100),
        (501, Limits(), 500),
        (10**9, Limits(), 500),
        (100, Limits(search_limit=50), 50),
        (None, Limits(default_history=100, search_limit=50), 50),
        (5, Limits(search_limit=0), 1),
    ],
)
def test_page_size(asked: int | None, limits: Limits, given: int) -> None:
    assert decide_page_size(asked, limits) == given


def test_bounds_that_no_store_can_count_to() -> None:
    query = PostQuery(text="x", after=-(2**70), before=2**64, since=Micros(5), until=Micros(2**80))
    reached = within_reach(query)
    assert (reached.after, reached.before, reached.since) == (-HIGHEST_NUMBER, HIGHEST_NUMBER, 5)
    assert (reached.until, reached.text) == (HIGHEST_NUMBER, "x")
    plain = PostQuery(text="x")
    assert within_reach(plain) is plain


FILES = Switches(filepost=True)
NO_FILES = replace(FILES, filepost=False)


@pytest.mark.parametrize(
    ("room", "rights", "inside", "switches", "up", "down"),
    [
        (ROOM, INSIDE, True, FILES, None, None),
        (ROOM, INSIDE, False, FILES, Refusal.NOT_JOINED, None),
        (ROOM, INSIDE, True, NO_FILES, Refusal.FILES_NOT_ALLOWED, Refusal.FILES_NOT_ALLOWED),
        (ROOM, CARD_ONLY, False, FILES, Refusal.NOT_PERMITTED, Refusal.NOT_PERMITTED),
        (ROOM, NO_RIGHTS, False, NO_FILES, Refusal.NO_SUCH_ROOM, Refusal.NO_SUCH_ROOM),
        (replace(ROOM, disabled=True), CARD_ONLY, False, FILES, Refusal.ROOM_DISABLED, Refusal.ROOM_DISABLED),
        (
            replace(ROOM, behavior=Behavior.AUDITORIUM),
            replace(INSIDE, post=False),
            True,
            FILES,
            Refusal.NOT_PERMITTED,
            None,
        ),
    ],
)
def test_files(
    room: Room, rights: Rights, inside: bool, switches: Switches, up: Refusal | None, down: Refusal | None
) -> None:
    assert reason(decide_upload(room, rights, inside, switches)) is up
    assert reason(decide_download(room, rights, switches)) is down


ANN = Person("sip:ann@x", "g", "Ann", affiliations=frozenset({"ma-grp:crew"}))
INVITING = replace(FILES, invite=True)
INVITED = replace(ROOM, members=frozenset({"sip:ann@x"}), invited=frozenset({"sip:ann@x"}))


@pytest.mark.parametrize(
    ("room", "rights", "switches", "due"),
    [
        (INVITED, INSIDE, INVITING, True),
        (replace(INVITED, invited=frozenset({"ma-grp:crew"})), INSIDE, INVITING, True),
        (replace(INVITED, invited=frozenset()), INSIDE, INVITING, False),
        (INVITED, INSIDE, FILES, False),
        (replace(INVITED, invite=False), INSIDE, INVITING, False),
        (INVITED, CARD_ONLY, INVITING, False),
        (replace(INVITED, audit=replace(AUDIT, created_by="sip:ann@x")), INSIDE, INVITING, False),
    ],
)
def test_who_is_due_an_invitation(room: Room, rights: Rights, switches: Switches, due: bool) -> None:
    assert decide_invitation(room, rights, switches, ANN) is due


@pytest.mark.parametrize(
    "query",
    [
        PostQuery(text="x" * (MOST_TEXT + 1)),
        PostQuery(text="\ufdfa" * 240),
        PostQuery(text="word", authors=frozenset(f"sip:{'x' * 500}{n}@x" for n in range(20))),
    ],
)
def test_what_is_too_long_is_refused_before_it_is_compiled(query: PostQuery, monkeypatch: pytest.MonkeyPatch) -> None:
    def compile_words(*asked: object) -> Words:
        raise AssertionError(asked)

    monkeypatch.setattr("parlour.rooms.history.compile_words", compile_words)
    refused = decide_query(query)
    assert isinstance(refused, Refused)
    assert refused.reason is Refusal.LIMIT_EXCEEDED


def test_a_query_may_be_as_long_as_it_may() -> None:
    authors = frozenset({"sip:" + "x" * (MOST_AUTHORS_TEXT - 4)})
    query = PostQuery(text="word " * (MOST_TEXT // 5), match=WordMatch.PHRASE, authors=authors)
    decided = decide_query(query)
    assert isinstance(decided, PostQuery)
    assert decided == query
    assert decided.words == query.words
    assert decide_query(PostQuery(text="  ")) == PostQuery(text="  ")


def test_a_query_that_was_decided_is_not_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    decided = decide_query(PostQuery(text="pump 3"))
    assert isinstance(decided, PostQuery)
    monkeypatch.delattr("parlour.rooms.history.compile_words")
    assert within_reach(replace(decided, after=2**70)).words is decided.words
