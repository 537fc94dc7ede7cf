"""The probe: two people sign in, meet in a room, exchange a pair of messages, and leave. Every step is timed.

It comes in by the front door, with the SDK that programs use, so that what works for it works for clients.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from parlour.app.i18n import _, mark
from parlour.client import (
    Busy,
    ChatError,
    Client,
    ClientError,
    ClientSettings,
    ConnectFailed,
    NotProvisioned,
    Room,
    RoomNotFound,
    SignInRefused,
    TimedOut,
)
from parlour.client.address import Transport

__all__ = ["Plan", "Report", "Step", "probe"]

T = TypeVar("T")

_NO_ANSWER = mark("no answer in time: see `parlour service status` and the server's log")
# What a failure probably means; the first class that fits.
_DIAGNOSES: tuple[tuple[type[Exception], str], ...] = (
    (ConnectFailed, mark("nobody answers there: look whether the server runs, and at --server and --transport")),
    (SignInRefused, mark("the password or the account: see `parlour user show`, set it with `parlour user password`")),
    (NotProvisioned, mark("not enabled for group chat: see `parlour policy show`")),
    (RoomNotFound, mark("no such room for these people: see `parlour room show`, or make one with --setup")),
    (Busy, mark("the server is busy, drains or stops: see `parlour service status`, and `parlour service resume`")),
    (TimedOut, _NO_ANSWER),
    (ChatError, mark("the rules of chat say no: see `parlour room show` for who may do what")),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to try. `sender` and `receiver` are addresses; `room` is a `ma-chan` URI or a name; `server` HOST:PORT, else
    found by DNS; `timeout` is for each step, in seconds."""

    sender: str
    sender_password: str = field(repr=False)
    receiver: str
    receiver_password: str = field(repr=False)
    room: str
    server: str | None = None
    transport: Transport = "tls"
    certificate: Path | None = None
    timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried. `error` is empty where it went well."""

    name: str
    who: str
    seconds: float
    error: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All steps up to the first that failed; `diagnosis` says what that probably means."""

    plan: Plan
    steps: tuple[Step, ...]
    diagnosis: str = ""

    @property
    def good(self) -> bool:
        return not any(step.error for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        """Seconds everywhere; `latency` is that of all steps together."""
        return {
            "target": self.plan.server or self.plan.sender.rpartition("@")[2],
            "room": self.plan.room,
            "result": "success" if self.good else "failure",
            "latency": round(sum(step.seconds for step in self.steps), 6),
            "error": next((step.error for step in self.steps if step.error), ""),
            "diagnosis": self.diagnosis,
            "steps": [
                {"step": step.name, "who": step.who, "seconds": round(step.seconds, 6), "error": step.error}
                for step in self.steps
            ],
        }


async def probe(plan: Plan, on_step: Callable[[Step], None] = lambda _step: None) -> Report:
    """Try everything, telling each step as it is done; what fails ends it. Raises ValueError or OSError for a plan that
    makes no sense."""
    trial = _Trial(plan, on_step)
    sender = trial.client(plan.sender, plan.sender_password)
    receiver = trial.client(plan.receiver, plan.receiver_password)
    try:
        async with AsyncExitStack() as stack:
            await trial.run(stack, sender, receiver)
    except _Failed as failed:
        return Report(plan, tuple(trial.steps), failed.diagnosis)
    return Report(plan, tuple(trial.steps))


class _Failed(Exception):
    """A step went wrong, and is written down."""

    def __init__(self, diagnosis: str) -> None:
        super().__init__(diagnosis)
        self.diagnosis = diagnosis


class _Trial:
    """One run, with the steps as they come."""

    def __init__(self, plan: Plan, on_step: Callable[[Step], None]) -> None:
        self._plan = plan
        self._on_step = on_step
        self.steps: list[Step] = []

    def client(self, address: str, password: str) -> Client:
        limit = self._plan.timeout
        settings = ClientSettings(connect_timeout=limit, sign_in_timeout=limit, answer_timeout=limit, reconnect=False)
        return Client.connect(
            address,
            password,
            server=self._plan.server,
            transport=self._plan.transport,
            certificate=self._plan.certificate,
            settings=settings,
        )

    async def run(self, stack: AsyncExitStack, sender: Client, receiver: Client) -> None:
        for client in (sender, receiver):
            stack.push_async_callback(client.close)
            await self._step("sign in", client, client.open())
        rooms = [await self._step("join", client, self._join(client)) for client in (sender, receiver)]
        await self._say("message", sender, rooms[0], rooms[1])
        await self._say("reply", receiver, rooms[1], rooms[0])
        for client, room in zip((sender, receiver), rooms, strict=True):
            await self._step("leave", client, room.part())
        for client in (sender, receiver):
            await self._step("sign out", client, client.close())

    async def _join(self, client: Client) -> Room:
        room = self._plan.room
        return await client.join(room if room.startswith("ma-chan:") else await _find(client, room))

    async def _say(self, name: str, author: Client, here: Room, there: Room) -> None:
        """From the post to the moment the other one hears it."""
        word = f"parlour probe {secrets.token_hex(8)}"

        async def said_and_heard() -> None:
            await here.post(word)
            async for message in there.messages():
                if message.text == word:
                    return

        await self._step(name, author, said_and_heard())

    async def _step(self, name: str, client: Client, act: Awaitable[T]) -> T:
        begun, who = time.monotonic(), client.uri.removeprefix("sip:")
        try:
            async with asyncio.timeout(self._plan.timeout):
                answer = await act
        except (ClientError, TimeoutError) as error:
            text = str(error) or type(error).__name__
            self._note(Step(name, who, time.monotonic() - begun, text))
            raise _Failed(_diagnose(error)) from error
        self._note(Step(name, who, time.monotonic() - begun))
        return answer

    def _note(self, step: Step) -> None:
        self.steps.append(step)
        self._on_step(step)


async def _find(client: Client, name: str) -> str:
    """The URI of the room that has this name. Raises RoomNotFound."""
    found = await client.search_rooms(name, match="phrase")
    for room in found.rooms:
        if room.name.casefold() == name.casefold():
            return room.uri
    raise RoomNotFound(room=name)


def _diagnose(error: Exception) -> str:
    fitting = (text for kind, text in _DIAGNOSES if isinstance(error, kind))
    return _(next(fitting, _NO_ANSWER))
