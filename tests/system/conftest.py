"""Servers for the tests of this package, and what is always asked after one was mistreated: does it still serve?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.interop.server import Server
from tests.system.client import Chatter

ONLY_TCP = {"sips_port": "off", "ws_port": "off"}

Enter = Callable[..., Awaitable[Chatter]]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests of a module, which must all leave it serving."""
    with Server(tmp_path_factory.mktemp("house") / "data", **ONLY_TCP) as server:
        yield server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that the test may stop and start."""
    with Server(tmp_path / "data", **ONLY_TCP) as server:
        yield server


@pytest_asyncio.fixture
async def enter() -> AsyncIterator[Enter]:
    """`await enter(server, "alice", room, ...)`: somebody signed in, in these rooms; signed off after the test."""
    people: list[Chatter] = []

    async def one(server: Server, name: str, *rooms: str) -> Chatter:
        person = Chatter(name)
        people.append(person)
        await person.open(server.ports["sip"])
        return await person.call(*rooms)

    yield one
    for person in people:
        await person.close()
