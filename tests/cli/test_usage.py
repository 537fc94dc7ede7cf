"""What is wrong with the words of a command is told like any other problem, in English and in Korean."""

import json
import re
from collections.abc import Iterator

import pytest

from parlour.app.i18n import use_language
from parlour.cli.main import main

MISTAKES = [
    (["romo"], "usage-no-such-command", "romo"),
    (["room", "lst"], "usage-no-such-command", "`list`"),
    (["room", "member", "ad"], "usage-no-such-command", "parlour room member --help"),
    (["room", "list", "--limt", "3"], "usage-no-such-option", "--limit"),
    (["room", "show", "-x"], "usage-no-such-option", "-x"),
    (["room", "create"], "usage-missing", "NAME"),
    (["room", "create", "x"], "usage-missing", "--category"),
    (["message", "search"], "usage-missing", "ROOM ..."),
    (["--debug=1"], "usage-takes-no-value", "--debug"),
    (["--lang", "en"], "usage-missing", "`parlour`"),
    (["room", "show", "Night", "Shift"], "usage-too-many", "Shift"),
    (["room", "list", "--limit"], "usage-lacks-value", "--limit"),
    (["user", "admin", "a", "--off=3"], "usage-takes-no-value", "--off"),
    (["room", "list", "--limit", "many"], "usage-bad-value", "many"),
    (["room", "list", "--visibility", "foggy"], "usage-bad-value", "open, closed, secret"),
    (["message", "remove", "x", "--id", "1", "--id", "two"], "usage-bad-value", "two"),
    (["category", "modify", "x", "--inherit", "invite", "--inherit", "y"], "usage-bad-value", "filepost"),
    (["room", "list", "--limit", "-1"], "usage-bad-value", "-1"),
    (["message", "tail", "x", "--count", "501"], "usage-bad-value", "500"),
    (["policy", "set", "perhaps"], "usage-bad-value", "on, off, inherit"),
    (["probe", "--timeout", "0"], "usage-bad-value", "0.1"),
    (["probe", "--transport", "pigeon"], "usage-bad-value", "tls, tcp, auto"),
    (["quickstart", "--sip-port", "x"], "usage-bad-value", "--sip-port"),
    (["--lang", "xx", "check"], "usage-bad-value", "en, ko"),
]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LC_ALL", "C")
    yield
    use_language("en")


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(words)
    return int(left.value.code or 0)


@pytest.mark.parametrize(("words", "id", "said"), MISTAKES)
def test_a_mistake_is_named_with_what_was_typed(
    words: list[str], id: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"[{id}]" in printed.err
    assert said in printed.err
    assert "likely cause: " in printed.err
    assert re.search(r"to mend it: .*`parlour.* --help`", printed.err)


@pytest.mark.parametrize(("words", "id", "said"), [mistake for mistake in MISTAKES if mistake[0][0] != "--lang"])
def test_a_mistake_is_told_in_korean(
    words: list[str], id: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert run(*words) == 2
    what, cause, remedy, last = capsys.readouterr().err.splitlines()
    assert last == f"  [{id}]"
    assert said in what + cause + remedy
    assert all(re.search("[가-힣]", line) for line in (what, cause, remedy))
    # Not a sentence of the library's between ours.
    assert not re.search(r"[a-z]+ [a-z]+ [a-z]+ [a-z]+", re.sub("`.*?`", "", what + cause + remedy))


def test_a_mistake_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("room", "list", "--json", "--limit", "x") == 2
    error = json.loads(capsys.readouterr().err)["error"]
    assert (error["id"], error["what"]) == ("usage-bad-value", "--limit cannot be x: a whole number is needed")


def test_a_group_alone_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["room"], ["config"], ["room", "member"]):
        assert run(*words) == 2
        printed = capsys.readouterr()
        assert (printed.out, "Commands:" in printed.err) == ("", True)


def test_names_may_begin_with_a_dash(capsys: pytest.CaptureFixture[str], tmp_path) -> None:
    assert run("room", "show", "--data-dir", str(tmp_path), "--", "-x") == 1
    assert "[data-dir-empty]" in capsys.readouterr().err
