"""The file of a trace: who may read it, what is in it, and what happens when it cannot be written."""

import asyncio
import json
import stat
from pathlib import Path

import pytest

from parlour.app.problems import Problem
from parlour.app.trace import Trace, open_trace
from parlour.sip.framing import KEEP_ALIVE, Frame
from parlour.ua.connection import Connection

OK = (
    b"SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>;tag=2\r\n"
    b"Call-ID: c\r\nCSeq: 1 INFO\r\n"
)


def peer() -> Connection:
    return Connection("TCP", ("192.0.2.1", 5060), ("192.0.2.2", 5061))


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_message_is_a_line_in_a_file_of_its_owner(tmp_path: Path) -> None:
    path, connection = tmp_path / "trace", peer()
    path.touch(mode=0o644)
    trace = open_trace(path, lambda: 1_700_000_000.25)
    trace.received(connection, [Frame(OK, b""), KEEP_ALIVE])
    trace.sent(connection, 2 * (OK + b"Content-Length: 2\r\n\r\nhi") + b"")
    trace.sent(connection, b"\r\n")
    trace.close()
    trace.sent(connection, OK + b"\r\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first, second, third = lines(path)
    assert first == {
        "time": "2023-11-14T22:13:20.250000+00:00",
        "connection": connection.id,
        "transport": "TCP",
        "peer": "192.0.2.1:5060",
        "direction": "in",
        "first": "SIP/2.0 200 OK",
        "from": "a@x",
        "to": "b@x",
        "call_id": "c",
        "cseq": "1 INFO",
    }
    assert second == third
    assert (second["direction"], second["body"]) == ("out", "")


def test_a_trace_goes_on_where_it_ended(tmp_path: Path) -> None:
    for _ in range(2):
        trace = open_trace(tmp_path / "trace", lambda: 0.0)
        trace.received(peer(), [Frame(OK, b"")])
        trace.close()
    assert len(lines(tmp_path / "trace")) == 2


def test_bytes_that_are_no_text_stay_readable(tmp_path: Path) -> None:
    trace = open_trace(tmp_path / "trace", lambda: 0.0)
    trace.received(peer(), [Frame(OK.replace(b"Call-ID: c", b"Call-ID: c\xff"), b"")])
    trace.close()
    assert lines(tmp_path / "trace")[0]["call_id"] == "c\udcff"


def test_where_no_file_can_be(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="trace"):
        open_trace(tmp_path, lambda: 0.0)


def test_a_full_disk_ends_the_trace_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    with Path("/dev/full").open("w", buffering=1) as full:
        trace = Trace(full, lambda: 0.0)
        for _ in range(3):
            trace.received(peer(), [Frame(OK, b"")])
    assert [record.message for record in caplog.records] == ["the trace ends here: [Errno 28] No space left on device"]


async def test_a_server_with_the_setting_traces_its_messages(tmp_path: Path) -> None:
    from parlour.app.config import Log, Settings
    from parlour.app.wiring import build_sip, open_core

    settings = Settings(data_dir=tmp_path, log=Log(trace=tmp_path / "trace"))
    async with open_core(settings) as core:
        sip = build_sip(settings, core)
        port = (await sip.endpoint.listen("TCP", "127.0.0.1", 0))[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"OPTIONS sip:parlour.local SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\n"
            b"To: <sip:parlour.local>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        writer.close()
        await writer.wait_closed()
        await sip.close()
    told = [(one["direction"], one["first"]) for one in lines(tmp_path / "trace")]
    assert told == [("in", "OPTIONS sip:parlour.local SIP/2.0"), ("out", "SIP/2.0 200 OK")]
