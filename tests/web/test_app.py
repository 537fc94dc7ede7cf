import asyncio
import json
import ssl
from pathlib import Path

import pytest

from parlour.app.addresses import ListenAddress
from parlour.app.certificates import make_self_signed, server_context
from parlour.app.sockets import bind
from parlour.web.app import Readiness, make_app
from parlour.web.server import WebServer


class Https:
    """A server on a free port, and a client that trusts it."""

    def __init__(self, folder: Path, readiness: Readiness, *, idle_seconds: float = 60.0) -> None:
        certificate, key = folder / "c.pem", folder / "k.pem"
        make_self_signed(certificate, key, ["127.0.0.1"])
        socket = bind("https", ListenAddress("127.0.0.1", 0))
        self.port = socket.getsockname()[1]
        self.trust = ssl.create_default_context(cafile=str(certificate))

        async def ready() -> Readiness:
            return readiness

        app = make_app("1.2.3", ready, lambda: b"parlour_rooms 2.0\n")
        self.server = WebServer(app, [socket], server_context(certificate, key, "1.2"), idle_seconds=idle_seconds)

    async def get(self, path: str) -> tuple[int, str, bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=self.trust)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        await writer.wait_closed()
        return int(head.split()[1]), head.decode().lower(), body


@pytest.fixture
def readiness() -> Readiness:
    return Readiness(True, {"store": True})


async def test_health_and_metrics(tmp_path: Path, readiness: Readiness) -> None:
    https = Https(tmp_path, readiness)
    await https.server.start()
    status, _head, body = await https.get("/health/live")
    assert (status, json.loads(body)) == (200, {"status": "live", "version": "1.2.3"})
    status, _head, body = await https.get("/health/ready")
    assert (status, json.loads(body)) == (200, {"status": "ready", "parts": {"store": True}})
    status, head, body = await https.get("/metrics")
    assert (status, body) == (200, b"parlour_rooms 2.0\n")
    assert "content-type: text/plain; version=0.0.4; charset=utf-8" in head
    assert "server:" not in head
    assert (await https.get("/nothing"))[0] == 404
    await https.server.close()
    with pytest.raises(ConnectionRefusedError):
        await https.get("/health/live")


@pytest.mark.parametrize("readiness", [Readiness(False, {"store": False})])
async def test_not_ready_is_503(tmp_path: Path, readiness: Readiness) -> None:
    https = Https(tmp_path, readiness)
    await https.server.start()
    status, _head, body = await https.get("/health/ready")
    assert (status, json.loads(body)["parts"]) == (503, {"store": False})
    await https.server.close()


async def test_signal_handlers_stay_ours(tmp_path: Path, readiness: Readiness) -> None:
    import signal

    before = signal.getsignal(signal.SIGTERM)
    https = Https(tmp_path, readiness)
    await https.server.start()
    assert signal.getsignal(signal.SIGTERM) is before
    await https.server.close()


async def test_who_asks_nothing_is_hung_up_on(tmp_path: Path, readiness: Readiness) -> None:
    https = Https(tmp_path, readiness, idle_seconds=0.0)
    await https.server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", https.port, ssl=https.trust)
    writer.write(b"GET / HT")
    async with asyncio.timeout(60):
        try:
            assert await reader.read() == b""
        except ConnectionError:
            pass
    writer.close()
    await https.server.close()
