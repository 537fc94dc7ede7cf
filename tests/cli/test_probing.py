"""`parlour probe` against a real server, and what it says when it cannot begin."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from parlour.app.admin_server import AdminServer
from parlour.app.config_load import make_settings, to_toml
from parlour.app.data_dir import DataDir
from parlour.app.wiring import build_sip, open_core
from parlour.cli.main import main

Ran = tuple[int, str, str]


@pytest.fixture(autouse=True)
def no_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PROBE_SENDER_PASSWORD", "PROBE_RECEIVER_PASSWORD", "PARLOUR_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def ran(*words: object) -> Ran:
        with pytest.raises(SystemExit) as left:
            main([str(word) for word in words])
        printed = capsys.readouterr()
        return int(left.value.code or 0), printed.out, printed.err

    return ran


def served(data: Path, act: Callable[[str], Awaitable[None]]) -> None:
    """`act` while a server runs on `data`; it is given where SIP is spoken."""

    async def serve() -> None:
        settings = make_settings({"data_dir": str(data), "domain": "example.com"}, "test")
        async with open_core(settings) as core:
            sip = build_sip(settings, core)
            host, port = await sip.endpoint.listen("TCP", "127.0.0.1", 0)
            admin = AdminServer(DataDir(data).admin_socket, core.commands)
            await admin.start()
            # The file that commands read names the port that was found.
            told = make_settings(
                {"data_dir": str(data), "domain": "example.com", "listen": {"sip": f"{host}:{port}", "sips": "off"}},
                "test",
            )
            DataDir(data).settings.write_text(to_toml(told))
            try:
                await act(f"{host}:{port}")
            finally:
                await admin.close()
                await sip.close()

    DataDir(data).prepare()
    asyncio.run(serve())


def test_it_makes_what_it_needs_and_then_needs_no_more(run: Callable[..., Ran], tmp_path: Path) -> None:
    data, passwords = tmp_path / "data", tmp_path / "passwords"

    async def act(server: str) -> None:
        code, out, err = await asyncio.to_thread(
            run, "probe", "--setup", "--timeout", "60", "--password-file", passwords, "--data-dir", data
        )
        assert (code, out.splitlines()[-1], err) == (0, "everything works", "")
        assert len(out.splitlines()) == 11
        assert stat.S_IMODE(passwords.stat().st_mode) == 0o600
        first, second = passwords.read_text().split()
        assert first not in out
        words = ["--server", server, "--transport", "tcp", "--sender", "probe-sender@example.com", "--timeout", "60"]
        code, out, _err = await asyncio.to_thread(
            run, "probe", *words, "--receiver", "probe-receiver@example.com", "--password-file", passwords, "--json"
        )
        assert (code, json.loads(out)["result"]) == (0, "success")
        passwords.write_text(f"{second}\n{first}\n")
        code, out, _err = await asyncio.to_thread(run, "probe", "--data-dir", data, "--password-file", passwords)
        assert code == 1
        assert "parlour user password" in out

    served(data, act)


def test_passwords_are_needed_from_somewhere(run: Callable[..., Ran], tmp_path: Path) -> None:
    words = ["probe", "--server", "127.0.0.1:1", "--sender", "a@x.example", "--receiver", "b@x.example"]
    code, _out, err = run(*words)
    assert (code, "[probe-passwords]" in err) == (1, True)
    short = tmp_path / "short"
    short.write_text("one\n")
    assert "[probe-passwords]" in run(*words, "--password-file", short)[2]
    assert "[probe-impossible]" in run(*words, "--password-file", tmp_path / "absent")[2]


def test_a_probe_that_cannot_begin_is_explained(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROBE_SENDER_PASSWORD", "x")
    monkeypatch.setenv("PROBE_RECEIVER_PASSWORD", "y")
    assert "[data-dir-empty]" in run("probe", "--data-dir", tmp_path)[2]
    settings = make_settings({"data_dir": str(tmp_path), "listen": {"sip": "127.0.0.1:auto", "sips": "off"}}, "test")
    DataDir(tmp_path).settings.write_text(to_toml(settings))
    code, _out, err = run("probe", "--data-dir", tmp_path)
    assert (code, "[probe-impossible]" in err, "--server" in err) == (1, True, True)
    words = ["--server", "127.0.0.1:1", "--sender", "nobody", "--receiver", "b@x.example", "--transport", "tcp"]
    assert "[probe-impossible]" in run("probe", *words)[2]
    assert run("probe", "--transport", "pigeon")[0] == 2
