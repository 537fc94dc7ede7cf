"""`parlour config` as somebody types it."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from parlour.app.data_dir import DataDir
from parlour.cli.main import main

Ran = tuple[int, str, str]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("PARLOUR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PARLOUR_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "C")
    path = DataDir(tmp_path).settings
    path.write_text('domain = "x.example"  # ours\n')
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def ran(*words: str) -> Ran:
        with pytest.raises(SystemExit) as left:
            main(words)
        printed = capsys.readouterr()
        return int(left.value.code or 0), printed.out, printed.err

    return ran


def test_a_setting_is_said_and_read_and_taken_back(path: Path, run: Callable[..., Ran]) -> None:
    assert run("config", "get", "chat.default_history") == (0, "30\n", "")
    code, out, _err = run("config", "set", "chat.default_history", "50")
    assert code == 0
    assert out.splitlines() == [
        f"{path}: chat.default_history is now 50; it was 30",
        "it counts from the next start on",
    ]
    assert run("config", "get", "chat.default_history") == (0, "50\n", "")
    assert json.loads(run("config", "get", "chat.default_history", "--json")[1]) == {
        "setting": "chat.default_history",
        "value": 50,
        "source": "file",
    }
    assert "is now 30; it was 50" in run("config", "unset", "chat.default_history")[1]
    assert path.read_text().startswith('domain = "x.example"  # ours\n')


def test_who_runs_a_server_is_told_to_restart_it(
    path: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLOUR_LOG__LEVEL", "error")
    with DataDir(path.parent).lock():
        code, out, _err = run("config", "set", "log.level", "debug")
        assert code == 0
        assert "restart it" in out
        assert "but the variable PARLOUR_LOG__LEVEL is set here" in out
        told = json.loads(run("config", "set", "log.level", "info", "--json")[1])
    assert told == {
        "setting": "log.level",
        "value": "info",
        "before": "debug",
        "file": str(path),
        "restart_needed": True,
        "overridden_by": "PARLOUR_LOG__LEVEL",
    }


def test_a_file_elsewhere_has_its_data_elsewhere(path: Path, run: Callable[..., Ran], tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(f'data_dir = "{tmp_path / "data"}"\n')
    with DataDir(path.parent).lock():
        told = json.loads(run("config", "set", "domain", "y.example", "--config", str(other), "--json")[1])
    assert (told["file"], told["restart_needed"]) == (str(other), False)
    assert "x.example" in path.read_text()


def test_lists_are_several_words(path: Path, run: Callable[..., Ran]) -> None:
    out = run("config", "set", "listen.sips", "127.0.0.1:1", "[::1]:2")[1]
    assert "is now 127.0.0.1:1 [::1]:2; it was 127.0.0.1:5061" in out
    assert "quickstart" in out
    assert run("config", "get", "listen.sips")[1] == "127.0.0.1:1\n[::1]:2\n"
    assert "is now off" in run("config", "set", "listen.sips", "off")[1]


def test_mistakes_are_named(path: Path, run: Callable[..., Ran]) -> None:
    before = path.read_text()
    for words, id in (
        (("get", "chat.defalt_history"), "config-unknown-setting"),
        (("set", "chat.default_history", "0"), "config-bad-value"),
        (("unset", "chat"), "config-unknown-setting"),
    ):
        code, out, err = run("config", *words)
        assert (code, out, f"[{id}]" in err) == (1, "", True)
    assert run("config", "set", "chat.default_history")[0] == 2
    assert path.read_text() == before
