"""The real program: started as people start it, asked as people ask it, stopped as systemd stops it."""

import asyncio
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ANY_PORT = ["--sip-port", "auto", "--sips-port", "auto", "--ws-port", "auto", "--https-port", "auto"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PARLOUR_")} | {"LC_ALL": "C"}
PARLOUR = [sys.executable, "-c", "from parlour.cli.main import main; main()"]
PATIENCE = 180.0
"""Seconds after which a process that was started or told to end hangs, however busy the machine."""


class Running:
    """A server process that is ready."""

    def __init__(self, process: subprocess.Popen[str], ready: dict[str, Any]) -> None:
        self.process = process
        self.ready = ready

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[subprocess.Popen[str]] = []

    def run(*words: object) -> Running:
        ready = tmp_path / "ready.json"
        ready.unlink(missing_ok=True)
        command = [*PARLOUR, *map(str, words), "--ready-file", str(ready)]
        log = (tmp_path / "log").open("a")
        process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=log, env=ENVIRONMENT)
        log.close()
        started.append(process)
        deadline = time.monotonic() + PATIENCE
        while not ready.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert ready.exists(), (tmp_path / "log").read_text()
        return Running(process, json.loads(ready.read_text()))

    yield run
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def parlour(*words: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [*PARLOUR, *map(str, words)]
    return subprocess.run(command, input=stdin, text=True, capture_output=True, timeout=PATIENCE, env=ENVIRONMENT)


async def get(ready: dict[str, Any], path: str) -> tuple[int, bytes]:
    host, _, port = ready["addresses"]["https"].rpartition(":")
    trust = ssl.create_default_context(cafile=ready["certificate"])
    reader, writer = await asyncio.open_connection(host, int(port), ssl=trust)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return int(head.split()[1]), body


async def options(ready: dict[str, Any], transport: str) -> str:
    """The first line of the answer to an OPTIONS."""
    host, _, port = ready["addresses"][transport].rpartition(":")
    trust = ssl.create_default_context(cafile=ready["certificate"]) if transport == "sips" else None
    reader, writer = await asyncio.open_connection(host, int(port), ssl=trust)
    via = "TLS" if trust else "TCP"
    writer.write(
        f"OPTIONS sip:{ready['domain']} SIP/2.0\r\nVia: SIP/2.0/{via} 127.0.0.1:1;branch=z9hG4bK1\r\n"
        f"From: <sip:x@{ready['domain']}>;tag=1\r\nTo: <sip:{ready['domain']}>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
        "Max-Forwards: 5\r\nContent-Length: 0\r\n\r\n".encode()
    )
    line = (await reader.readline()).decode().strip()
    writer.close()
    await writer.wait_closed()
    return line


def test_quickstart_from_nothing_to_a_clean_stop(start: Callable[..., Running], tmp_path: Path) -> None:
    data = tmp_path / "data"
    server = start("quickstart", "--data-dir", data, *ANY_PORT)
    ready = server.ready

    assert set(ready["addresses"]) == {"sip", "sips", "ws", "https"}
    assert [user["login"] for user in ready["users"]] == [
        f"{name}@parlour.local" for name in ("alice", "bob", "carol", "minji")
    ]
    assert {room["name"]: room["visibility"] for room in ready["rooms"]} == {
        "Lobby": "open",
        "Night Shift": "closed",
        "Announcements": "open",
        "Board": "secret",
        "안내 데스크": "open",
    }
    assert all(room["uri"].startswith("ma-chan://parlour.local/") for room in ready["rooms"])
    assert ready["rooms"][1]["members"] == ["sip:alice@parlour.local", "sip:bob@parlour.local"]

    assert asyncio.run(options(ready, "sip")) == "SIP/2.0 200 OK"
    assert asyncio.run(options(ready, "sips")) == "SIP/2.0 200 OK"
    assert asyncio.run(get(ready, "/health/live"))[0] == 200
    status, body = asyncio.run(get(ready, "/health/ready"))
    assert (status, json.loads(body)["status"]) == (200, "ready")
    assert b"\nparlour_rooms 5.0\n" in asyncio.run(get(ready, "/metrics"))[1]

    assert server.stop() == 0
    assert server.process.stdout is not None
    printed = server.process.stdout.read()
    assert ready["users"][0]["password"] in printed
    assert ready["addresses"]["sip"] in printed
    assert not (data / "admin.sock").exists()
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log
    assert ready["users"][0]["password"] not in log
    # What is printed is read: a dozen lines of how the demo was made would stand before it.
    assert "parlour.audit" not in log
    trail = parlour("audit", "list", "--data-dir", data, "--json")
    assert "room.create" in {record["command"] for record in json.loads(trail.stdout)}


def test_quickstart_again_keeps_everything(start: Callable[..., Running], tmp_path: Path) -> None:
    data = tmp_path / "data"
    server = start(
        "quickstart", "--data-dir", data, "--domain", "chat.example", "--demo-password", "first-one", *ANY_PORT
    )
    before = server.ready
    assert (
        parlour("user", "password", "bob", "--password-stdin", "--data-dir", data, stdin="other-word\n").returncode == 0
    )
    sent = parlour("message", "send", "Lobby", "안녕", "--as-user", "alice", "--data-dir", data)
    assert sent.returncode == 0, sent.stderr
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()

    server = start("quickstart", "--data-dir", data, *ANY_PORT)
    after = server.ready
    assert after["domain"] == "chat.example"
    assert after["rooms"] == before["rooms"]
    assert [user["password"] for user in after["users"]] == ["first-one", None, "first-one", "first-one"]
    tail = parlour("message", "tail", "Lobby", "--json", "--data-dir", data)
    assert [post["text"] for post in json.loads(tail.stdout)] == ["안녕"]
    refused = parlour("quickstart", "--data-dir", data, *ANY_PORT)
    assert (refused.returncode, "[data-dir-in-use]" in refused.stderr) == (1, True)
    assert server.stop(signal.SIGINT) == 0


def test_serve_with_a_file_and_commands_with_and_without_it(start: Callable[..., Running], tmp_path: Path) -> None:
    config = tmp_path / "parlour.toml"
    config.write_text(
        f'domain = "example.com"\ndata_dir = "{tmp_path / "data"}"\n[log]\nformat = "json"\n'
        '[listen]\nsip = ["127.0.0.1:auto", "[::1]:auto"]\nsips = []\nhttps = []\nudp = "127.0.0.1:auto"\n'
    )
    # No server yet: the command opens the data itself.
    made = parlour("category", "create", "Projects", "--allow", "everyone", "--config", config, "--json")
    assert (made.returncode, json.loads(made.stdout)["name"]) == (0, "Projects")

    server = start("serve", "--config", config)
    assert [listener["transport"] for listener in server.ready["listeners"]] == ["sip", "sip", "udp"]
    assert server.ready["users"] == server.ready["rooms"] == []
    assert parlour("room", "create", "Apollo", "--category", "Projects", "--config", config).returncode == 0
    listed = parlour("room", "list", "--config", config, "--json")
    assert [room["name"] for room in json.loads(listed.stdout)] == ["Apollo"]
    refused = parlour("room", "create", "apollo", "--category", "Projects", "--config", config, "--json")
    assert refused.returncode == 1
    assert json.loads(refused.stderr)["error"]["id"] == "command-refused"
    assert parlour("check", "--config", config).returncode == 0

    assert server.stop() == 0
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [line["event"] for line in lines][-1] == "stopped"
    shown = parlour("room", "show", "Apollo", "--config", config, "--json")
    assert json.loads(shown.stdout)["category"] == "Projects"


def test_an_administrators_day(start: Callable[..., Running], tmp_path: Path) -> None:
    data = tmp_path / "data"

    def ask(*words: object) -> Any:
        done = parlour(*words, "--data-dir", data, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    server = start("quickstart", "--data-dir", data, *ANY_PORT)
    assert ask("service", "drain")["draining"] is True
    assert asyncio.run(get(server.ready, "/health/ready"))[0] == 503
    assert ask("service", "resume")["running"] is True
    for text in ("열쇠는 어디에", "keys are here"):
        ask("message", "send", "Board", text, "--as-user", "minji")
    found = ask("message", "search", "Board", "--words", "열쇠")
    assert [post["text"] for post in found[0]["messages"]] == ["열쇠는 어디에"]
    assert ask("message", "remove", "Board", "--words", "keys", "--yes") == {
        "room": "Board",
        "room_id": found[0]["room_id"],
        "removed": 1,
    }
    ask("endpoint", "add", "help", "--name", "도움")
    ask("policy", "set", "off", "--global")
    assert server.stop() == 0

    # Nothing runs now: the commands open the data themselves, and find what was done.
    assert [row["uri"] for row in ask("endpoint", "list")] == ["sip:help@parlour.local"]
    assert ask("policy", "show", "carol")["source"] == "domain"
    assert ask("room", "clear", "Board", "--until", "2999-12-31", "--dry-run")["would_remove"] == 1
    assert ask("service", "status")["running"] is False
    refused = parlour("service", "drain", "--data-dir", data)
    assert (refused.returncode, "parlour serve" in refused.stderr) == (1, True)


def test_a_follower_hears_what_is_said(start: Callable[..., Running], tmp_path: Path) -> None:
    data = tmp_path / "data"
    server = start("quickstart", "--data-dir", data, *ANY_PORT)
    say = ["message", "send", "Lobby", "--as-user", "bob", "--data-dir", data]
    assert parlour(*say, "before").returncode == 0
    command = [*PARLOUR, "message", "tail", "Lobby", "--follow", "--count", "1", "--json", "--data-dir", str(data)]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, env=ENVIRONMENT) as follower:
        assert follower.stdout is not None
        assert json.loads(follower.stdout.readline())["text"] == "before"
        assert parlour(*say, "after").returncode == 0
        assert json.loads(follower.stdout.readline())["text"] == "after"
        assert server.stop() == 0
        assert follower.wait(PATIENCE) == 0


def test_a_taken_port_is_explained(start: Callable[..., Running], tmp_path: Path) -> None:
    server = start("quickstart", "--data-dir", tmp_path / "a", *ANY_PORT)
    port = server.ready["addresses"]["sip"].rpartition(":")[2]
    second = parlour("quickstart", "--data-dir", tmp_path / "b", *ANY_PORT, "--sip-port", port)
    assert second.returncode == 1
    assert "[listen-port-in-use]" in second.stderr
    assert f"127.0.0.1:{port}" in second.stderr
