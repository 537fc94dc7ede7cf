"""Which reply answers which command: by the envelope number and the command number that a reply quotes.

A gathering collects the replies to one envelope and says when it has them all: some answers come in several pieces, and
nothing in the pieces says which one is the last.
"""

from __future__ import annotations

import asyncio
from typing import Any, Generic, Protocol, TypeVar

from parlour.client.errors import ClientError, UnusableAnswer, chat_error
from parlour.xccos.types import FailedRoom, GroupChat, History, JoinedRoom, JoinedRooms, Reply

__all__ = ["GatheredHistory", "GatheredRooms", "Gathering", "OneReply", "PendingReplies"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


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
            if not isinstance(reply.body, self._type):
                raise UnusableAnswer(f"rpl:{reply.name} without what it should tell")
            self._result = reply.body
        return True

    @property
    def result(self) -> T:
        return self._result  # type: ignore[return-value]  # complete: `take` was there


class GatheredRooms:
    """The answer to a join command that named `wanted` different rooms; `room` is the one, where it is one."""

    def __init__(self, wanted: int, room: str = "") -> None:
        self._wanted = wanted
        self._room = room
        self._rooms: list[JoinedRoom] = []
        self._failed: list[FailedRoom] = []

    def take(self, reply: Reply) -> bool:
        _check(reply, self._room)
        if not isinstance(reply.body, JoinedRooms):
            raise UnusableAnswer(f"rpl:{reply.name} without rooms")
        self._rooms += reply.body.rooms
        self._failed += reply.body.failed
        return len(self._rooms) + len(self._failed) >= self._wanted

    @property
    def result(self) -> JoinedRooms:
        return JoinedRooms(tuple(self._rooms), tuple(self._failed))


class GatheredHistory:
    """The answer to `bccontext` as command 1 of an envelope whose command 2 asks for something small: the reply to that
    one shows that all pieces of history are here, as commands are answered in order."""

    def __init__(self, room: str, count: int | None) -> None:
        self._room = room
        self._count = count
        self._messages: list[GroupChat] = []

    def take(self, reply: Reply) -> bool:
        if reply.command_seqid == 2:
            return True
        _check(reply, self._room)
        if not isinstance(reply.body, History):
            raise UnusableAnswer(f"rpl:{reply.name} without messages")
        self._messages += reply.body.messages
        return self._count is not None and len(self._messages) >= self._count

    @property
    def result(self) -> tuple[GroupChat, ...]:
        return tuple(self._messages)


def _check(reply: Reply, room: str = "") -> None:
    if reply.code != 200:
        raise chat_error(reply.code, reply.text, room)


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
