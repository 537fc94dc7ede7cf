"""Whether a server is ready is the truth while the database is locked, while the disk is full, and afterwards; that it
lives is another matter."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.server import Server
from tests.ports import free_port
from tests.system.client import PATIENCE, Chatter
from tests.system.conftest import Enter
from tests.system.test_storage_trouble import Disk, disk, locked, post_until_refused

__all__ = ["disk"]

SPARSE = {"sips_port": "off", "ws_port": "off"}


async def get(server: Server, path: str) -> tuple[int, dict[str, object]]:
    """Status and JSON."""
    host, _, port = server.ready["addresses"]["https"].rpartition(":")
    trust = ssl.create_default_context(cafile=server.ready["certificate"])
    reader, writer = await asyncio.open_connection(host, int(port), ssl=trust)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    async with asyncio.timeout(PATIENCE):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return int(head.split()[1]), json.loads(body)


async def until(server: Server, *, store: bool) -> tuple[int, dict[str, object]]:
    """Ask, as a monitor does, until this is said of the store; the status, and what is said of the other parts."""
    async with asyncio.timeout(PATIENCE):
        while True:
            status, body = await get(server, "/health/ready")
            parts = body["parts"]
            assert isinstance(parts, dict)
            if parts.pop("store") is store:
                return status, parts


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path / "data", **SPARSE, https_port=str(free_port())) as server:
        yield server


async def test_a_locked_database_that_nobody_writes_to(watched: Server) -> None:
    well = {"sessions": True, "disk": True}
    assert await until(watched, store=True) == (200, well)
    with locked(watched.data_dir):
        assert await until(watched, store=False) == (503, well)
        assert (await get(watched, "/health/live"))[0] == 200
    assert await until(watched, store=True) == (200, well)


async def refused_and_unready(server: Server, alice: Chatter, lobby: str) -> None:
    """A post that is not kept is enough. What little the probe writes might find room when somebody asks later."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await post_until_refused(alice, lobby)
            status, body = await get(server, "/health/ready")
            parts = body["parts"]
            assert isinstance(parts, dict)
            if not parts["store"]:
                assert status == 503
                return


async def test_a_full_disk(disk: Disk, enter: Enter) -> None:
    data = disk.place / "data"
    with Server(data, **SPARSE, https_port=str(free_port()), beside=disk.beside) as server:
        lobby = server.room("Lobby")
        alice = await enter(server, "alice", lobby)
        await until(server, store=True)
        with disk.full(server):
            await refused_and_unready(server, alice, lobby)
        await until(server, store=True)
