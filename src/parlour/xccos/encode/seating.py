"""Answers that say who is in which room: entered rooms, with everybody listed once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from parlour.xccos.blocks import SeatBook, byte_size, failure_block, room_block, user_attributes
from parlour.xccos.encode.envelope import FRAME_BYTES, SPLIT_BYTES, Fragment, reply
from parlour.xccos.encode.pieces import TRUNCATED, Section, cut, told
from parlour.xccos.types import Command, FailedRoom, JoinedRoom, Seat, UserInfo

__all__ = ["batch_join_replies", "join_reply", "participants_replies"]


_SEAT_BYTES: Final = 32
"""What a seat takes in an `aib`, with its share of that element, generously."""


def join_reply(envid: int, command: Command, joined: JoinedRoom) -> Fragment:
    """A room was entered. The caller has to be among its seats: COMPAT: SIPE lists whom it is told of, no one else."""
    return reply(envid, command, 200, _data([joined]))


def participants_replies(envid: int, command: Command, joined: JoinedRoom) -> Iterator[Fragment]:
    """Everybody in a room, told in the way of rpl:join, in one reply or several, each with some of the people."""
    datas = (
        _data([part])
        for part in _parts(joined, SPLIT_BYTES - FRAME_BYTES - len(TRUNCATED) - byte_size(room_block(joined.room)))
    )
    for data in told(datas):
        yield reply(envid, command, 200, data)


def _parts(joined: JoinedRoom, limit: int) -> Iterator[JoinedRoom]:
    """The room with some of its people at a time, one at least, so that they render within `limit` bytes."""
    seats: list[Seat] = []
    left = limit
    for seat in joined.seats:
        size = _user_size(seat.user) + _SEAT_BYTES
        if seats and left < size:
            yield JoinedRoom(joined.room, tuple(seats))
            seats, left = [], limit
        seats.append(seat)
        left -= size
    yield JoinedRoom(joined.room, tuple(seats))


def batch_join_replies(
    envid: int,
    command: Command,
    joined: Sequence[JoinedRoom],
    failed: Iterable[FailedRoom] = (),
    *,
    limit: int = SPLIT_BYTES,
) -> list[Fragment]:
    """One reply or several, each with some of the rooms and the people of just those; the failures come last.

    The code is 200 even when every room failed: COMPAT: SIPE throws all rooms away otherwise."""
    datas = [_data(group) for group in _groups(joined, limit - FRAME_BYTES)]
    failures = list(cut([Section("", map(failure_block, failed), "")], limit - FRAME_BYTES))
    if datas and byte_size(failures[0]) <= limit // 4:  # the groups leave as much room
        datas[-1] += failures.pop(0)
    return [reply(envid, command, 200, data) for data in datas + failures]


def _data(rooms: Sequence[JoinedRoom]) -> str:
    book = SeatBook()
    chanibs = "".join([room_block(one.room, book.add_seats(one.seats)) for one in rooms])
    return book.blocks() + chanibs


def _groups(rooms: Iterable[JoinedRoom], limit: int) -> Iterator[list[JoinedRoom]]:
    """Rooms in order, cut so that each group renders within `limit` bytes where a single room does."""
    group: list[JoinedRoom] = []
    size, seen = 0, set[str]()
    for room in rooms:
        own = _own_size(room)
        strangers = {seat.user.uri: _user_size(seat.user) for seat in room.seats if seat.user.uri not in seen}
        if group and size + own + sum(strangers.values()) > limit * 3 // 4:
            yield group
            group, size, seen = [], 0, set()
            strangers = {seat.user.uri: _user_size(seat.user) for seat in room.seats}
        group.append(room)
        size += own + sum(strangers.values())
        seen.update(strangers)
    if group:
        yield group


def _own_size(room: JoinedRoom) -> int:
    return byte_size(room_block(room.room)) + 8 * len(room.seats) + 64


def _user_size(user: UserInfo) -> int:
    return byte_size(user_attributes(user)) + 20
