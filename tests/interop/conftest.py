"""Fixtures of the interop groups."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.interop.needs import sipe_driver
from tests.interop.server import DOMAIN, PASSWORD, Server
from tests.interop.sipe_client import SipeClient

MakeClient = Callable[..., SipeClient]


@pytest.fixture(scope="session")
def driver() -> Path:
    return sipe_driver()


@pytest.fixture(params=["tcp", "tls"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path / "data") as running:
        yield running


@pytest.fixture
def sign_in(server: Server, driver: Path, tmp_path: Path) -> Iterator[MakeClient]:
    """`sign_in("alice", "tcp")`: a SIPE client that has signed in (or is trying to, with `ready=False`)."""
    count = itertools.count()

    def make(user: str, transport: str = "tcp", *more: str, password: str = PASSWORD, ready: bool = True) -> SipeClient:
        port = server.ports["sips" if transport == "tls" else "sip"]
        log = tmp_path / f"{user}-{next(count)}.log"
        client = SipeClient(driver, f"{user}@{DOMAIN}", password, f"127.0.0.1:{port}", transport, log, *more)
        clients.callback(client.quit)
        return client.ready() if ready else client

    with ExitStack() as clients:
        yield make
