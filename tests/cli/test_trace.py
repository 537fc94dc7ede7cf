"""`parlour trace` on files as they are found."""

import json
from pathlib import Path

import pytest

from parlour.cli.main import main


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["--lang", "en", "trace", *words])
    return int(left.value.code or 0)


def lines(*people: str) -> str:
    told = [
        {"connection": at, "direction": "in", "first": "REGISTER sip:x SIP/2.0", "from": f"{who}@x", "call_id": str(at)}
        for at, who in enumerate(people)
    ]
    return "\n".join(map(json.dumps, told))


def test_a_trace_is_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "trace").write_text(lines("alice", "bob"))
    assert run(str(tmp_path / "trace")) == 0
    titles, *rows = capsys.readouterr().out.splitlines()
    assert titles.split()[:2] == ["alice", "bob"]
    assert len(rows) == 2


@pytest.mark.parametrize("words", [("--user", "sip:bob@x"), ("--user", "bob"), ("--call-id", "1")])
def test_of_one_person_or_one_call(words: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "trace").write_text(lines("alice", "bob"))
    assert run(str(tmp_path / "trace"), *words) == 0
    assert capsys.readouterr().out.startswith("bob ")


def test_a_terminal_is_told_nothing_it_would_obey(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "trace").write_text(lines("a\x1b[2J"))
    assert run(str(tmp_path / "trace")) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(tmp_path / "nowhere")) == 1
    assert "[trace-unusable]" in capsys.readouterr().err


def test_a_file_that_is_no_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "README.md"
    path.write_text("# Parlour\n")
    assert run(str(path)) == 1
    assert "there is no line of a trace in it" in capsys.readouterr().err
    path.write_text("")
    assert run(str(path)) == 0
