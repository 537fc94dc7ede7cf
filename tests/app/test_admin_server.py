import asyncio
import json
import os
import stat
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from parlour.app.admin_protocol import MAX_REQUEST, BadRequest, decode_request, encode_line, encode_pieces, short_path
from parlour.app.admin_server import AdminServer
from parlour.app.system_user import own_console_name
from parlour.hub.auditing import Origin
from parlour.hub.commands import InvalidParams, UnknownCommand
from parlour.rooms.refusals import Refusal, Refused


class Echo:
    """Answers with what it was asked."""

    def __init__(self) -> None:
        self.stopped = asyncio.Event()

    async def run(self, command: str, params: Mapping[str, Any], *, origin: Origin) -> Any:
        match command:
            case "refuse":
                return Refused(Refusal.NO_SUCH_ROOM, "no")
            case "misuse":
                raise InvalidParams("room", "is needed")
            case "bug":
                raise RuntimeError("bug")
            case "who":
                return [origin.who, origin.way.value]
            case "echo":
                return dict(params)
        raise UnknownCommand(command)

    async def follow(self, command: str, params: Mapping[str, Any]) -> AsyncIterator[Any]:
        try:
            yield {"first": command}
            await asyncio.Event().wait()
        finally:
            self.stopped.set()


@pytest.fixture
async def echo(tmp_path: Path) -> AsyncIterator[tuple[Echo, Path]]:
    behind = Echo()
    path = tmp_path / ("d" * 80) / "admin.sock"  # longer than a socket address allows
    path.parent.mkdir()
    path.touch()  # stale, of a server that was killed
    server = AdminServer(path, behind)
    await server.start()
    yield behind, path
    await server.close()
    assert not path.exists()


async def connect(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    directory = os.open(path.parent, os.O_PATH)
    try:
        return await asyncio.open_unix_connection(short_path(path, directory))
    finally:
        os.close(directory)


async def ask(path: Path, *lines: bytes) -> list[Any]:
    reader, writer = await connect(path)
    writer.write(b"".join(line + b"\n" for line in lines))
    writer.write_eof()
    answers = [json.loads(line) for line in (await reader.read()).splitlines()]
    writer.close()
    await writer.wait_closed()
    return answers


async def test_answers_come_in_order(echo: tuple[Echo, Path]) -> None:
    assert stat.S_IMODE(echo[1].stat().st_mode) == 0o600
    answers = await ask(
        echo[1],
        '{"command": "echo", "params": {"a": "한글"}}'.encode(),
        b'{"command": "refuse"}',
        b'{"command": "misuse"}',
        b'{"command": "nothing"}',
        b"not json",
        b"[]",
        b'{"command": "echo", "params": 3}',
        b"[" * 100_000,
        b'{"command": "echo"}',
    )
    assert answers[:4] == [
        {"result": {"a": "한글"}},
        {"refused": {"reason": "no-such-room", "detail": "no"}},
        {"error": {"kind": "bad-request", "text": "room: is needed"}},
        {"error": {"kind": "unknown-command", "text": "nothing"}},
    ]
    assert [answer["error"]["kind"] for answer in answers[4:8]] == ["bad-request"] * 4
    assert answers[8] == {"result": {}}


async def test_a_bug_is_told_and_ends_nothing(echo: tuple[Echo, Path], caplog: pytest.LogCaptureFixture) -> None:
    answers = await ask(echo[1], b'{"command": "bug"}', b'{"command": "echo"}')
    assert answers == [{"error": {"kind": "failed", "text": "RuntimeError"}}, {"result": {}}]
    assert "admin_failed" in caplog.text


async def test_a_bug_in_what_is_followed_is_told(echo: tuple[Echo, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    async def fall(_command: str, _params: Mapping[str, Any]) -> AsyncIterator[Any]:
        yield 1
        raise RuntimeError("bug")

    monkeypatch.setattr(echo[0], "follow", fall)
    reader, writer = await connect(echo[1])
    writer.write(encode_line({"command": "message.follow", "params": {}}))
    lines = [json.loads(await reader.readline()) for _ in range(2)]
    assert lines == [{"item": 1}, {"error": {"kind": "failed", "text": "RuntimeError"}}]
    writer.close()


@pytest.mark.parametrize("most", [100, 10_000])
async def test_an_answer_that_nobody_would_read_is_not_begun(
    echo: tuple[Echo, Path], monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("parlour.app.admin_server.MAX_ANSWER", most)
    long = json.dumps({"command": "echo", "params": {"list": list(range(5000))}}).encode()
    answers = await ask(echo[1], long, b'{"command": "echo"}')
    assert [answer.get("error", {}).get("kind") for answer in answers] == ["too-long", None]


async def test_an_endless_line_is_cut_off(echo: tuple[Echo, Path]) -> None:
    reader, writer = await connect(echo[1])
    writer.write(b"x" * (MAX_REQUEST + 70000))
    line = await reader.readline()
    assert json.loads(line)["error"]["kind"] == "bad-request"
    writer.close()


async def test_following_ends_when_the_client_hangs_up(echo: tuple[Echo, Path]) -> None:
    reader, writer = await connect(echo[1])
    writer.write(b'{"command": "message.follow"}\n')
    assert json.loads(await reader.readline()) == {"item": {"first": "message.follow"}}
    writer.close()
    await asyncio.wait_for(echo[0].stopped.wait(), 60)


async def test_closing_hangs_up_on_followers(tmp_path: Path) -> None:
    behind = Echo()
    server = AdminServer(tmp_path / "s", behind)
    await server.start()
    reader, writer = await connect(tmp_path / "s")
    writer.write(b'{"command": "message.follow"}\n')
    await reader.readline()
    await server.close()
    assert await reader.read() == b""
    assert behind.stopped.is_set()
    writer.close()


def test_requests_are_objects_with_a_command() -> None:
    assert decode_request(b'{"command": "x"}') == ("x", {})
    for line in (b"", b"3", b"{}", b'{"command": 3}', b"\xff"):
        with pytest.raises(BadRequest):
            decode_request(line)


async def test_the_system_user_is_told_to_the_registry(echo: tuple[Echo, Path]) -> None:
    (answer,) = await ask(echo[1], b'{"command": "who"}')
    assert answer == {"result": [own_console_name(), "console"]}


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"result": []},
        {"result": {"deep": {"none": None, "empty": {}}, "text": 'a "b"\n회의'}},
        {"result": [{"n": number} for number in range(2500)]},
        {"result": {"before": 1, "members": [{"n": number, "list": [1, 2]} for number in range(2001)], "after": "x"}},
    ],
)
def test_long_answers_are_encoded_in_pieces(message: dict[str, Any]) -> None:
    line = encode_line(message)
    assert json.loads(line) == message
    assert line.decode() == json.dumps(message, ensure_ascii=False, separators=(",", ":")) + "\n"
    assert max(piece.count(b'"n"') for piece in encode_pieces(message)) <= 1000
