import json

import pytest

import parlour
from parlour.app.i18n import use_language
from parlour.cli.main import main


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LC_ALL", "C")
    yield
    use_language("en")


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(words)
    return int(left.value.code or 0)


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    printed = capsys.readouterr().out
    for command in ("quickstart", "serve", "check", "certificate", "user", "group", "category", "room", "message"):
        assert command in printed


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert parlour.__version__ in capsys.readouterr().out


def test_wrong_usage_is_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("no-such-command") == 2
    assert run("--lang", "xx", "check") == 2


def test_a_problem_is_explained(capsys: pytest.CaptureFixture[str], tmp_path) -> None:
    assert run("serve", "--config", str(tmp_path / "absent.toml")) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "absent.toml" in printed.err
    assert "likely cause: " in printed.err
    assert "to mend it: " in printed.err
    assert "[config-not-readable]" in printed.err


def test_a_problem_as_json(capsys: pytest.CaptureFixture[str], tmp_path) -> None:
    assert run("check", "--json", "--data-dir", str(tmp_path)) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert json.loads(printed.err)["error"]["id"] == "data-dir-empty"


@pytest.mark.parametrize("words", [["--lang", "ko", "--help"], ["--lang=ko", "--help"]])
def test_korean_by_option(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert run(*words) == 0
    assert "설정 파일로 서버를 실행합니다" in capsys.readouterr().out


def test_korean_by_environment(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert run("check", "--data-dir", str(tmp_path)) == 1
    assert "Parlour 서버가 없습니다" in capsys.readouterr().err


def test_debug_shows_the_traceback(tmp_path) -> None:
    from parlour.app.problems import Problem

    with pytest.raises(Problem):
        main(["--debug", "serve", "--config", str(tmp_path / "absent.toml")])
