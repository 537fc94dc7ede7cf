"""sipp (Debian sip-tester) as a standard client: registrar, chat and proxy, over TCP and over TLS. See `sipp_peer`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.interop.relay import Relay
from tests.interop.server import DOMAIN, Server
from tests.interop.sipp_peer import SippPeer

pytestmark = pytest.mark.interop

Play = Callable[..., SippPeer]


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that leave nothing behind."""
    with Server(tmp_path_factory.mktemp("sipp") / "data") as running:
        yield running


@pytest.fixture
def relay(chat: Server, transport: str) -> Iterator[Relay]:
    tls = transport == "tls"
    with Relay(chat.ports["sips" if tls else "sip"], tls=tls) as running:
        yield running


@pytest.fixture
def play(relay: Relay, transport: str, tmp_path: Path) -> Iterator[Play]:
    """`play("register", user="alice")` starts a sipp that plays tests/interop/sipp/register.xml."""
    peers: list[SippPeer] = []

    def start(scenario: str, **options: str) -> SippPeer:
        peers.append(SippPeer(scenario, relay.port, tmp_path, wire=transport.upper(), **options))
        return peers[-1]

    yield start
    for peer in peers:
        peer.stop()


@pytest.mark.parametrize("login", ["alice", f"alice@{DOMAIN}"])
def test_register(play: Play, login: str) -> None:
    play("register", login=login).finish()
