import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from parlour.app.config import Settings
from parlour.app.config_load import make_settings
from parlour.app.data_dir import DataDir
from parlour.app.i18n import use_language
from parlour.app.problems import Problem
from parlour.cli import link
from parlour.cli.output import show_problem


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings({"data_dir": str(tmp_path)}, "test")


@pytest.fixture
def server(settings: Settings) -> Iterator[Callable[..., list[Any]]]:
    """Call with the lines to answer the first request with; gives the list that the request will be in."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(DataDir(settings.data_dir).admin_socket))
    listener.listen()
    threads = []

    def answer(*lines: bytes) -> list[Any]:
        requests: list[Any] = []

        def work() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as reader:
                requests.append(json.loads(reader.readline()))
                connection.sendall(b"".join(lines))

        threads.append(threading.Thread(target=work))
        threads[-1].start()
        return requests

    yield answer
    for thread in threads:
        thread.join()
    listener.close()


def test_the_running_server_is_asked(settings: Settings, server: Callable[..., list[Any]]) -> None:
    requests = server(b'{"result": [1]}\n')
    assert link.run(settings, "user.list", {"text": "한"}) == [1]
    assert requests == [{"command": "user.list", "params": {"text": "한"}}]


@pytest.mark.parametrize(
    ("limit", "pages", "asked"),
    [
        (None, [500, 500, 0], [(500, None), (500, "499"), (500, "999")]),
        (None, [3], [(500, None)]),
        (502, [500, 2], [(500, None), (2, "499")]),
        (500, [500], [(500, None)]),
        (0, [0], [(0, None)]),
    ],
)
def test_long_lists_are_asked_for_in_pages(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, limit: int | None, pages: list[int], asked: list[Any]
) -> None:
    ours, theirs = socket.socketpair()
    names = iter(range(10_000))
    with theirs, theirs.makefile("rb") as reader:

        @contextmanager
        def connected(_path: Path) -> Iterator[socket.socket]:
            with ours:
                yield ours

        monkeypatch.setattr(link, "_connected", connected)
        rows = [[{"name": str(next(names))} for _ in range(count)] for count in pages]
        for page in rows:
            theirs.sendall(json.dumps({"result": page}).encode() + b"\n")
        params = {"text": "x"} | ({} if limit is None else {"limit": limit})
        assert link.run(settings, "room.list", params) == [row for page in rows for row in page]
        requests = [json.loads(line)["params"] for line in reader]
    assert [(one["limit"], one.get("after")) for one in requests] == asked
    assert all(one["text"] == "x" for one in requests)


@pytest.mark.parametrize(
    ("line", "id"),
    [
        (b'{"refused": {"reason": "no-such-room", "detail": "there is no such room"}}\n', "command-refused"),
        (b'{"error": {"kind": "bad-request", "text": "room: is needed"}}\n', "command-refused"),
        (b'{"error": {"kind": "unknown-command", "text": "x"}}\n', "command-unknown"),
        (b'{"error": {"kind": "failed", "text": "KeyError"}}\n', "server-failed"),
        (b'{"error": {"kind": "too-long", "text": "x"}}\n', "command-refused"),
        (b"", "server-not-answering"),
        (b"nonsense\n", "server-not-answering"),
    ],
)
def test_refusals_and_failures_are_problems(
    settings: Settings, server: Callable[..., list[Any]], line: bytes, id: str
) -> None:
    server(line)
    with pytest.raises(Problem) as caught:
        link.run(settings, "room.show", {"room": "x"})
    assert caught.value.id == id


def test_a_parameter_that_cannot_be_taken_is_told_in_korean(
    settings: Settings, server: Callable[..., list[Any]]
) -> None:
    use_language("ko")
    try:
        server(b'{"error": {"kind": "bad-request", "text": "count: a whole number is needed"}}\n')
        with pytest.raises(Problem) as caught:
            link.run(settings, "message.tail", {"room": "x", "count": "y"})
        assert caught.value.cause == "count: 정수가 필요합니다"
    finally:
        use_language("en")


def test_a_server_of_another_user_is_named_as_that(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_socket: socket.socket, _address: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "connect", closed)
    with pytest.raises(Problem, match="server-of-another") as caught:
        link.run(settings, "room.list", {})
    assert str(DataDir(settings.data_dir).admin_socket) in caught.value.what


def test_a_refusal_tells_programs_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    show_problem(link.refused("room.show", "no-such-room", "there is no room x"), as_json=True)
    error = json.loads(capsys.readouterr().err)["error"]
    assert (error["id"], error["reason"]) == ("command-refused", "no-such-room")


def test_a_server_that_goes_away_is_explained(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    theirs.close()

    @contextmanager
    def connected(_path: Path) -> Iterator[socket.socket]:
        with ours:
            yield ours

    monkeypatch.setattr(link, "_connected", connected)
    with pytest.raises(Problem, match=r"server-not-answering: .*the other side hung up"):
        link.run(settings, "user.list", {})


def test_following_gives_items_until_the_server_stops(settings: Settings, server: Callable[..., list[Any]]) -> None:
    server(b'{"item": 1}\n{"item": 2}\n')
    assert list(link.follow(settings, "message.follow", {"room": "x"})) == [1, 2]


def test_following_needs_a_server(settings: Settings) -> None:
    with pytest.raises(Problem, match="server-needed: message tail --follow needs a running server"):
        list(link.follow(settings, "message.follow", {"room": "x"}))


def test_a_data_directory_in_use_without_a_socket_is_explained(settings: Settings) -> None:
    with DataDir(settings.data_dir).lock(), pytest.raises(Problem, match="data-dir-in-use"):
        link.run(settings, "room.list", {})


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("no-such-room", "parlour room list"),
        ("addin-in-use", "--force"),
        ("room-disabled", "parlour room enable"),
        ("limit-exceeded", "parlour config set"),
        ("already-defined", "already"),
        ("invalid", "parlour room member add --help"),
    ],
)
def test_a_refusal_says_what_mends_it(reason: str, remedy: str) -> None:
    problem = link.refused("room.member.add", reason, "there is no room x")
    assert problem.what == f"room member add was refused: {reason}"
    assert problem.cause == "there is no room x"
    assert remedy in problem.remedy


def test_what_is_too_long_is_not_sent(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()

    @contextmanager
    def connected(_path: Path) -> Iterator[socket.socket]:
        with ours:
            yield ours

    monkeypatch.setattr(link, "_connected", connected)
    with theirs:
        with pytest.raises(Problem, match="limit-exceeded") as refused:
            link.run(settings, "group.member.add", {"group": "G", "who": ["x" * 100] * 11_000})
        assert theirs.recv(1) == b""
    assert "name fewer at a time" in refused.value.cause
