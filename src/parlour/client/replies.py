"""Which reply answers which command: by the envelope number and the command number that a reply quotes.

A gathering collects the replies to one envelope and says when it has them all. Some answers come in several pieces,
and nothing in the pieces says which one is the last. So such a command travels with a second, small one (`MARKER`):
commands are answered in order, so the reply to that one shows that all pieces are here.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Any, Final, Generic, Protocol, TypeVar

from parlour.client.errors import ClientError, UnusableAnswer, reply_error
from parlour.xccos.types import (
    FailedRoom,
    GroupChat,
    History,
    HistoryPage,
    HistoryPages,
    JoinedRoom,
    JoinedRooms,
    Reply,
    Seat,
)

__all__ = [
    "MARKER",
    "GatheredHistory",
    "GatheredPages",
    "GatheredRooms",
    "GatheredSeats",
    "Gathering",
    "OneReply",
    "PendingReplies",
    "Pieces",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MARKER: Final = 2
"""The `seqid` of the second command of an envelope, whose reply ends the answer to the first one."""


class Gathering(Protocol[T_co]):
    """Collects the replies to one envelope."""

    def take(self, reply: Reply) -> bool:
        """Whether the answer is complete now. Raises ClientError."""
        ...

    @property
    def result(self) -> T_co:
        """The whole answer."""
        ...


class OneReply(Generic[T]):
    """A command with one reply whose body is of one type; `body_type` NoneType: the body does not matter."""

    def __init__(self, body_type: type[T], room: str = "") -> None:
        self._type = body_type
        self._room = room
        self._result: T | None = None

    def take(self, reply: Reply) -> bool:
        _check(reply, self._room)
        if self._type is not type(None):
            self._result = _body(reply, self._type)
        return True

    @property
    def result(self) -> T:
        return self._result  # type: ignore[return-value]  # complete: `take` was there


class Pieces(ABC, Generic[T]):
    """Replies with bodies of one type until the marker's reply. That one does not count before the first piece: it
    would be left over from an earlier attempt, which was refused. `room` is the one that was asked for, where it is
    one: its refusal is the answer's. `number` is that of the command, the marker's is the next; what was asked before
    does not concern us."""

    def __init__(self, body_type: type[T], room: str = "", number: int = 1) -> None:
        self._type = body_type
        self._room = room
        self._number = number
        self._begun = False

    def take(self, reply: Reply) -> bool:
        number = reply.command_seqid
        if number is not None and number < self._number:
            return False
        if number == self._number + 1:
            return self._begun
        _check(reply, self._room)
        self._begun = True
        return self._add(_body(reply, self._type))

    @abstractmethod
    def _add(self, body: T) -> bool:
        """Whether nothing can be missing any more."""


class GatheredRooms(Pieces[JoinedRooms]):
    """The answer to a join command that named `wanted` different rooms; it is complete as soon as each of them is
    answered for."""

    def __init__(self, wanted: int, room: str = "", number: int = 1) -> None:
        super().__init__(JoinedRooms, room, number)
        self._wanted = wanted
        self._rooms: list[JoinedRoom] = []
        self._failed: list[FailedRoom] = []

    def _add(self, body: JoinedRooms) -> bool:
        self._rooms += body.rooms
        self._failed += body.failed
        return len(self._rooms) + len(self._failed) >= self._wanted

    @property
    def result(self) -> JoinedRooms:
        return JoinedRooms(tuple(self._rooms), tuple(self._failed))


class GatheredSeats(Pieces[JoinedRooms]):
    """Everybody in one room: the answer to `getpartlist`."""

    def __init__(self, room: str) -> None:
        super().__init__(JoinedRooms, room)
        self._seats: dict[str, Seat] = {}

    def _add(self, body: JoinedRooms) -> bool:
        for joined in body.rooms:
            self._seats.update((seat.user.uri.lower(), seat) for seat in joined.seats)
        return False

    @property
    def result(self) -> tuple[Seat, ...]:
        return tuple(self._seats.values())


class GatheredHistory(Pieces[History]):
    """The answer to `bccontext`, which asked for `count` messages; it is complete when they are here."""

    def __init__(self, room: str, count: int | None) -> None:
        super().__init__(History, room)
        self._count = count
        self._messages: list[GroupChat] = []

    def _add(self, body: History) -> bool:
        self._messages += body.messages
        return self._count is not None and len(self._messages) >= self._count

    @property
    def result(self) -> tuple[GroupChat, ...]:
        return tuple(self._messages)


class GatheredPages(Pieces[HistoryPages]):
    """The answer to `bcbydate` and `bcbymsg`: a room's page may be cut, and goes on in the next reply."""

    def __init__(self, room: str = "") -> None:
        super().__init__(HistoryPages, room)
        self._pages: dict[str, HistoryPage] = {}
        self._failed: list[FailedRoom] = []

    def _add(self, body: HistoryPages) -> bool:
        self._failed += body.failed
        for page in body.pages:
            begun = self._pages.get(page.room_uri)
            self._pages[page.room_uri] = page if begun is None else _joined(begun, page)
        return False

    @property
    def result(self) -> HistoryPages:
        return HistoryPages(tuple(self._pages.values()), tuple(self._failed))


def _joined(first: HistoryPage, second: HistoryPage) -> HistoryPage:
    return HistoryPage(
        first.room_uri,
        first.messages + second.messages,
        max(first.matches, second.matches),
        first.truncated or second.truncated,
    )


def _check(reply: Reply, room: str = "") -> None:
    if reply.code != 200:
        raise reply_error(reply, room)


def _body(reply: Reply, body_type: type[T]) -> T:
    if not isinstance(reply.body, body_type):
        raise UnusableAnswer(f"rpl:{reply.name} without what it should tell")
    return reply.body


class PendingReplies:
    """Envelopes that wait for their answers."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[Gathering[Any], asyncio.Future[Any]]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def expect(self, envid: int, gathering: Gathering[T]) -> asyncio.Future[T]:
        """The answer to envelope `envid`; sent again, an envelope replaces itself. Cancel the future to forget it."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        waiting = (gathering, future)
        self._waiting[envid] = waiting
        future.add_done_callback(lambda _: self._forget(envid, waiting))
        return future

    def _forget(self, envid: int, waiting: tuple[Gathering[Any], asyncio.Future[Any]]) -> None:
        if self._waiting.get(envid) is waiting:
            del self._waiting[envid]

    def take(self, reply: Reply) -> bool:
        """Whether somebody waits for this reply."""
        waiting = self._waiting.get(reply.command_envid) if reply.command_envid is not None else None
        if waiting is None or waiting[1].done():
            return False
        gathering, future = waiting
        try:
            if gathering.take(reply):
                future.set_result(gathering.result)
        except ClientError as error:
            future.set_exception(error)
        return True

    def fail(self, error: ClientError) -> None:
        """Nothing more will be answered."""
        waiting, self._waiting = self._waiting, {}
        for _, future in waiting.values():
            if not future.done():
                future.set_exception(error)
