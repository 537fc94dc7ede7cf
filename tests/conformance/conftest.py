"""The server of a module, the people of a test, and the ladder of what was said when a test fails."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio

from tests.conformance.client import Call, Client
from tests.conformance.controller import Controller
from tests.conformance.guest import Guest, read_environment
from tests.conformance.ours import Ours
from tests.conformance.transcript import Transcript
from tests.conformance.wire import chanids

SETTINGS: dict[str, dict[str, Any]] = {}
"""Of the server of a module that names no `SETTINGS` of its own."""

People = Callable[..., Awaitable[Client]]
Enter = Callable[..., Awaitable[Call]]
_ladder = pytest.StashKey[Transcript]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "enforces(*sections): sections of docs/protocol that the test holds a server to")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report: pytest.TestReport = yield  # type: ignore[assignment]
    transcript = item.stash.get(_ladder, None)
    if report.failed and transcript is not None and transcript.lines:
        for marker in item.iter_markers("enforces"):
            report.sections.append(("enforces", ", ".join(marker.args)))
        report.sections.append(("what was said", transcript.ladder()))
    return report  # type: ignore[return-value]


@pytest.fixture(scope="module")
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    """One server for a module; scripts make rooms of their own in it."""
    invitation = read_environment(os.environ)
    controller = Ours(tmp_path_factory.mktemp("house")) if invitation is None else Guest(invitation)
    controller.start(**getattr(request.module, "SETTINGS", SETTINGS))
    yield controller
    controller.stop()


@pytest.fixture
def transcript(request: pytest.FixtureRequest) -> Transcript:
    request.node.stash[_ladder] = made = Transcript()
    return made


@pytest_asyncio.fixture
async def people(house: Controller, transcript: Transcript) -> AsyncIterator[People]:
    """`await people("alice")`: somebody who is connected and registered; she is gone after the test."""
    clients: list[Client] = []

    async def one(login: str, *, agent: str = "") -> Client:
        client = Client(house.person(login), house, transcript, agent=agent)
        clients.append(client)
        await client.connects()
        await client.registers()
        return client

    yield one
    for client in clients:
        await client.closes()
    assert not [wrong for client in clients for wrong in client.wrong]


@pytest_asyncio.fixture
async def enter(house: Controller, people: People) -> Enter:
    """`await enter("alice", lobby)`: somebody in a dialog with the chat service, in these rooms."""

    async def one(login: str, *rooms: str, agent: str = "") -> Call:
        call = await (await people(login, agent=agent)).invites(house.pool)
        for room in rooms:
            await call.says("join", chanids(room))
        return call

    return one
