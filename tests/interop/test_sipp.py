"""sipp (Debian sip-tester) as a standard client: registrar, chat and proxy, over TCP and over TLS. See `sipp_peer`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.interop.relay import Relay
from tests.interop.server import DOMAIN, Server
from tests.interop.sipp_peer import SippPeer
from tests.ports import free_port

pytestmark = pytest.mark.interop

Play = Callable[..., SippPeer]


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that need no settings of their own."""
    with Server(tmp_path_factory.mktemp("sipp") / "data") as running:
        yield running


@pytest.fixture
def relay(chat: Server, transport: str) -> Iterator[Relay]:
    tls = transport == "tls"
    with Relay(chat.ports["sips" if tls else "sip"], tls=tls) as running:
        yield running


@pytest.fixture
def perform(tmp_path: Path) -> Iterator[Play]:
    """`perform("register", port, user="alice")` starts a sipp that plays tests/interop/sipp/register.xml."""

    def start(scenario: str, port: int, **options: str) -> SippPeer:
        peer = SippPeer(scenario, port, tmp_path, **options)
        peers.callback(peer.stop)
        return peer

    with ExitStack() as peers:
        yield start


@pytest.fixture
def play(relay: Relay, transport: str, perform: Play) -> Play:
    """The same, over each transport."""

    def start(scenario: str, **options: str) -> SippPeer:
        return perform(scenario, relay.port, wire=transport.upper(), **options)

    return start


@pytest.mark.parametrize("login", ["alice", f"alice@{DOMAIN}"])
def test_register_refresh_unregister(play: Play, login: str) -> None:
    play("register", login=login).finish()


@pytest.mark.parametrize(
    "scenario",
    [
        "options",
        "wrong-password",
        "replayed-nonce",
        "md5-is-not-offered",
        "not-mine",
        "unknown-dialog",
        "no-patience",
        "every-request",
    ],
)
def test_alone(play: Play, scenario: str) -> None:
    play(scenario).finish()


def test_unknown_login_is_answered_as_a_wrong_password(play: Play) -> None:
    play("unknown-login", user="mallory").finish()


def test_lookup(play: Play) -> None:
    play("lookup").finish()


def test_channel(play: Play, chat: Server) -> None:
    text = f"Gr\u00fc\u00dfe, \uc548\ub155 {uuid.uuid4()}"
    room = chat.room("Lobby")
    play("channel", room=room, guid=room.rpartition("/")[2], text=text).finish()
    assert chat.cli("message", "tail", "Lobby", "--count", "1")[0]["text"] == text


def test_malformed(play: Play) -> None:
    play("malformed", long="x" * 9000, many="\n".join(f"X-{number}: x" for number in range(130))).finish()


@pytest.mark.parametrize("scenario", ["oversize", "bad-length"])
def test_what_cannot_be_framed_ends_the_connection(play: Play, relay: Relay, scenario: str) -> None:
    play(scenario).reached("refused")
    assert relay.hung_up.wait(180)


@pytest.mark.parametrize(
    ("callee", "caller"),
    [("callee", "caller"), ("callee-cancelled", "caller-cancels"), ("callee-busy", "caller-declined")],
)
def test_two_people(play: Play, callee: str, caller: str) -> None:
    """Both use one Call-ID, as sipp knows a call by nothing else."""
    shared = {"call_id": f"{uuid.uuid4()}@test", "text": f"good evening {uuid.uuid4()}"}
    bob = play(callee, user="bob", **shared).reached("signed-in")
    alice = play(caller, user="alice", **shared)
    alice.finish()
    bob.finish()


def test_md5_where_it_is_switched_on(tmp_path: Path, perform: Play) -> None:
    with Server(tmp_path / "data", env={"PARLOUR_AUTH__DIGEST_MD5": "true"}) as server:
        perform("register", server.ports["sip"], algorithm="MD5").finish()
        perform("register", server.ports["sip"], algorithm="SHA-256").finish()


def test_digest_as_sipp_computes_it(tmp_path: Path, perform: Play) -> None:
    only_md5 = {"NTLM": "false", "DIGEST": "false", "DIGEST_MD5": "true"}
    with Server(tmp_path / "data", env={f"PARLOUR_AUTH__{name}": on for name, on in only_md5.items()}) as server:
        for login in ("alice", f"alice@{DOMAIN}"):
            perform("native-md5", server.ports["sip"], login=login).finish()


def test_udp(tmp_path: Path, perform: Play) -> None:
    port = free_port()
    with Server(tmp_path / "data", env={"PARLOUR_LISTEN__UDP": f"127.0.0.1:{port}"}):
        perform("datagrams", port, wire="UDP").finish()
        perform("every-request", port, wire="UDP").finish()
