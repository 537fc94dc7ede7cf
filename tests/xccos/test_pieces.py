"""Answers of any length: where they are cut, and where one reply has to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from parlour.xccos.decode_answers import decode_server_envelope
from parlour.xccos.encode import (
    SPLIT_BYTES,
    Fragment,
    associations_replies,
    categories_replies,
    envelopes,
    participants_replies,
    search_replies,
)
from parlour.xccos.encode.pieces import ANSWER_BYTES, TRUNCATED, WHOLE_BYTES, Section, cut, told
from parlour.xccos.types import (
    CategoryInfo,
    CreatableCategories,
    GetAssociations,
    GetParticipants,
    JoinedRoom,
    RoomInfo,
    SearchRooms,
    Seat,
    UserInfo,
)

LONG = "펌프&" * 64


def rooms(count: int) -> list[RoomInfo]:
    return [
        RoomInfo(f"ma-chan://example.com/00000000-0000-0000-0000-{number:012x}", f"{number} {LONG}", LONG)
        for number in range(count)
    ]


def sent(fragments: Iterable[Fragment]) -> list[bytes]:
    return envelopes(lambda: 2**63 - 1, fragments)


def bodies(fragments: Iterable[Fragment]) -> list[Any]:
    return [one.body for data in sent(fragments) for one in decode_server_envelope(data).primitives]  # type: ignore[union-attr]


def test_a_section_goes_on_between_the_same_start_and_end() -> None:
    sections = [Section("<a>", ["11", "22", "33"], "</a>"), Section("<b>", ["44"], "</b>")]
    assert list(cut(sections, 100)) == ["<a>112233</a><b>44</b>"]
    assert list(cut(sections, 11)) == ["<a>1122</a>", "<a>33</a>", "<b>44</b>"]
    assert list(cut(sections, 1)) == ["<a>11</a>", "<a>22</a>", "<a>33</a>", "<b>44</b>"]
    assert list(cut([], 1)) == [""]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (SearchRooms(1), search_replies),
        (GetAssociations(1, "MANAGER", "example.com", 9999), associations_replies),
    ],
)
@pytest.mark.parametrize("truncated", [False, True])
def test_rooms_come_in_pieces_or_as_far_as_one_reply_reaches(command: Any, answer: Any, truncated: bool) -> None:
    all_rooms = rooms(2000)
    pieces = list(answer(77, command, all_rooms, truncated, whole=False))
    assert len(pieces) > 2
    assert max(map(len, sent(pieces))) <= SPLIT_BYTES
    assert [room.uri for body in bodies(pieces) for room in body.rooms] == [room.uri for room in all_rooms]
    assert [body.truncated for body in bodies(pieces)] == [False] * (len(pieces) - 1) + [truncated]

    (only,) = sent(answer(77, command, all_rooms, truncated))
    assert WHOLE_BYTES * 0.95 < len(only) <= WHOLE_BYTES
    (body,) = bodies(answer(77, command, all_rooms, truncated))
    assert body.truncated
    assert [room.uri for room in body.rooms] == [room.uri for room in all_rooms[: len(body.rooms)]]

    (body,) = bodies(answer(77, command, all_rooms[:100], truncated))
    assert (len(body.rooms), body.truncated) == (100, truncated)


def test_each_piece_of_my_rooms_repeats_what_was_asked() -> None:
    command = GetAssociations(1, "MANAGER", "example.com", 9999)
    kinds = [body.kind for body in bodies(associations_replies(77, command, rooms(500), whole=False))]
    assert kinds == ["MANAGER"] * len(kinds)


def test_categories_may_have_to_fit_into_one_reply() -> None:
    categories = [CategoryInfo(f"ma-cat://example.com/{n:032x}", f"{n}", LONG) for n in range(3000)]
    (body,) = bodies(categories_replies(77, CreatableCategories(1), categories, whole=True))
    assert body.truncated
    assert 0 < len(body.categories) < 3000


def test_the_people_of_a_room_come_in_pieces_each_with_the_room() -> None:
    seats = tuple(
        Seat(
            UserInfo(f"sip:person{n}@example.com", f"00000000-0000-0000-0000-{n:012x}", f"김민지 {n}"),
            12276 if n % 7 == 0 else 3984,
        )
        for n in range(16_000)
    )
    joined = JoinedRoom(rooms(1)[0], seats)
    pieces = list(participants_replies(77, GetParticipants(1, joined.room.uri), joined))
    assert max(map(len, sent(pieces))) <= SPLIT_BYTES
    told = [room for body in bodies(pieces) for room in body.rooms]
    assert {room.room for room in told} == {joined.room}
    assert sorted((seat.user.uri, seat.mask) for room in told for seat in room.seats) == sorted(
        (seat.user.uri, seat.mask) for seat in seats
    )


def test_an_empty_room_has_one_reply() -> None:
    joined = JoinedRoom(rooms(1)[0], ())
    assert bodies(participants_replies(77, GetParticipants(1, joined.room.uri), joined))[0].rooms == (joined,)


def test_all_pieces_together_are_bounded_too() -> None:
    """More than a client that reads slowly is granted would cost it its connection."""
    datas = ["1234", "5678", "90ab"]
    assert list(told(datas, "end", most=12)) == ["1234", "5678", "90abend"]
    assert list(told(datas, "end", most=11)) == ["1234", f"5678{TRUNCATED}"]
    assert list(told(datas, most=1)) == [f"1234{TRUNCATED}"]
    assert list(told([])) == []
    pieces = list(search_replies(77, SearchRooms(1), rooms(10_000), whole=False))
    assert 0.98 * ANSWER_BYTES < sum(piece.size() for piece in pieces) < 1.02 * ANSWER_BYTES
    assert [body.truncated for body in bodies(pieces)] == [False] * (len(pieces) - 1) + [True]


def test_pieces_are_made_one_after_the_other() -> None:
    asked = 0

    def slowly() -> Iterable[RoomInfo]:
        nonlocal asked
        for room in rooms(1000):
            asked += 1
            yield room

    pieces = iter(search_replies(77, SearchRooms(1), slowly(), whole=False))
    next(pieces)
    assert 0 < asked < 100
