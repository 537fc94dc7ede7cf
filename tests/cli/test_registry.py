"""What the registry has, the command line has; what is typed arrives as the registry wants it."""

import io
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer.main

from parlour.app.config_load import make_settings, to_toml
from parlour.cli import link
from parlour.cli.commands import build
from parlour.cli.main import main
from parlour.hub.commands import read_params
from parlour.hub.commands.registry import Command, Following, all_commands


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[tuple[str, Mapping[str, Any]]]]:
    """What would have been sent to the server of `tmp_path`."""
    (tmp_path / "parlour.toml").write_text(to_toml(make_settings({"data_dir": str(tmp_path)}, "test")))
    monkeypatch.setenv("PARLOUR_DATA_DIR", str(tmp_path))
    sent: list[tuple[str, Mapping[str, Any]]] = []

    def run(_settings: object, command: str, params: Mapping[str, Any]) -> Any:
        sent.append((command, params))
        return None

    def follow(_settings: object, command: str, params: Mapping[str, Any]) -> Iterator[Any]:
        sent.append((command, params))
        yield {"author": "a", "author_name": "A", "at": "", "text": "x"}

    monkeypatch.setattr(link, "run", run)
    monkeypatch.setattr(link, "follow", follow)
    yield sent


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(words)
    return int(left.value.code or 0)


def test_every_command_of_the_registry_can_be_typed() -> None:
    root: Any = typer.main.get_command(build())
    for name, command in all_commands().items():
        words = name.replace(".follow", ".tail").split(".")
        found = root
        for word in words:
            found = found.commands[word]
        names = {parameter.name for parameter in found.params}
        assert {spec.name for spec in command.specs if not spec.secret} <= names, name
        if isinstance(command, Following):
            assert "follow" in names


@pytest.mark.parametrize(
    ("words", "command", "params"),
    [
        (["room", "list"], "room.list", {}),
        (["room", "list", "--no-disabled"], "room.list", {"disabled": False}),
        (["room", "show", "Lobby"], "room.show", {"room": "Lobby"}),
        (
            [
                "room",
                "create",
                "A",
                "--category",
                "C",
                "--visibility",
                "open",
                "--member",
                "x",
                "--member",
                "y",
                "--no-invite",
            ],
            "room.create",
            {"name": "A", "category": "C", "visibility": "open", "member": ["x", "y"], "invite": False},
        ),
        (["room", "modify", "A", "--addin", ""], "room.modify", {"room": "A", "addin": ""}),
        (["room", "member", "add", "A", "x", "y"], "room.member.add", {"room": "A", "who": ["x", "y"]}),
        (
            ["category", "modify", "밤", "--no-logged", "--inherit", "invite", "--inherit", "filepost"],
            "category.modify",
            {"category": "밤", "logged": False, "inherit": ["invite", "filepost"]},
        ),
        (["user", "chat", "alice", "--off"], "user.chat", {"user": "alice", "on": False}),
        (["user", "add", "dave", "--admin"], "user.add", {"login": "dave", "admin": True}),
        (
            ["room", "list", "--search-descriptions", "--no-invite"],
            "room.list",
            {"search_descriptions": True, "invite": False},
        ),
        (["room", "modify", "A", "--no-disabled"], "room.modify", {"room": "A", "disabled": False}),
        (["room", "member", "set", "A"], "room.member.set", {"room": "A"}),
        (["room", "member", "set", "A", "x"], "room.member.set", {"room": "A", "who": ["x"]}),
        (["room", "clear", "A", "--until", "2026-01-31"], "room.clear", {"room": "A", "until": "2026-01-31"}),
        (["group", "member", "set", "G"], "group.member.set", {"group": "G"}),
        (["group", "modify", "G", "H"], "group.modify", {"group": "G", "name": "H"}),
        (["user", "modify", "x", "--email", ""], "user.modify", {"user": "x", "email": ""}),
        (["user", "remove", "x", "--dry-run"], "user.remove", {"user": "x", "dry_run": True}),
        (["policy", "show"], "policy.show", {}),
        (["policy", "show", "x"], "policy.show", {"user": "x"}),
        (["policy", "set", "off", "--global"], "policy.set", {"setting": "off", "everyone": True}),
        (["policy", "set", "on", "--group", "G"], "policy.set", {"setting": "on", "group": "G"}),
        (["addin", "delete", "A", "--force", "-y"], "addin.delete", {"addin": "A", "force": True}),
        (
            ["message", "search", "A", "B", "--words", "x y", "--all", "--author", "p", "--author", "q"],
            "message.search",
            {"room": ["A", "B"], "words": "x y", "all": True, "author": ["p", "q"]},
        ),
        (
            ["message", "remove", "A", "--id", "3", "--id", "4", "--replacement", "지움"],
            "message.remove",
            {"room": "A", "id": [3, 4], "replacement": "지움"},
        ),
        (
            ["message", "remove", "A", "--words", "x", "--match", "exact", "--replace", "--dry-run"],
            "message.remove",
            {"room": "A", "words": "x", "match": "exact", "replace": True, "dry_run": True},
        ),
        (["message", "tail", "A", "--count", "5"], "message.tail", {"room": "A", "count": 5}),
        (["message", "tail", "A", "--follow"], "message.follow", {"room": "A"}),
        (["message", "send", "A", "hi", "--as-user", "x"], "message.send", {"room": "A", "text": "hi", "as_user": "x"}),
    ],
)
def test_what_is_typed_arrives(
    asked: list[tuple[str, Mapping[str, Any]]], words: list[str], command: str, params: dict[str, Any]
) -> None:
    assert run(*words, "--json") == 0
    assert asked == [(command, params)]
    known = all_commands()[command]
    assert isinstance(known, Command | Following)
    read_params(known.params, params)


@pytest.mark.parametrize("words", [("room", "show", "\udcff"), ("room", "member", "add", "x", "ann", "\udcfe")])
def test_bytes_that_are_no_text_are_refused_before_anything_is_asked(
    asked: list[tuple[str, Mapping[str, Any]]], words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 2
    assert f"cannot be {words[-1].encode('unicode_escape').decode()}: this is no text" in capsys.readouterr().err
    assert asked == []


def test_a_password_never_stands_on_the_command_line(
    asked: list[tuple[str, Mapping[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("user", "password", "alice", "secret") == 2
    monkeypatch.setattr(sys, "stdin", io.StringIO("s3cret\n"))
    assert run("user", "password", "alice", "--password-stdin") == 0
    assert asked == [("user.password", {"user": "alice", "password": "s3cret"})]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("answer", "done"), [("y\n", True), ("예\n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_what_cannot_be_undone_is_asked_about_at_a_terminal(
    asked: list[tuple[str, Mapping[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: str,
    done: bool,
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    assert run("room", "delete", "야간\x07") == (0 if done else 1)
    assert len(asked) == done
    printed = capsys.readouterr()
    assert "Delete the room 야간\\x07 and all its messages? [y/N]" in printed.err
    assert ("[not-confirmed]" in printed.err) is not done


def test_nobody_is_asked_who_said_so_or_only_counts(
    asked: list[tuple[str, Mapping[str, Any]]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    assert run("room", "delete", "A", "--yes") == 0
    assert run("message", "remove", "A", "--words", "x", "--dry-run") == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert run("user", "remove", "x") == 0
    assert len(asked) == 3
    assert "[y/N]" not in capsys.readouterr().err


def test_wrong_words_are_refused_before_anything_is_asked(asked: list[tuple[str, Mapping[str, Any]]]) -> None:
    assert run("room", "create", "A") == 2
    assert run("room", "create", "A", "--category", "C", "--visibility", "foggy") == 2
    assert run("message", "tail", "A", "--count", "x") == 2
    assert asked == []


@pytest.mark.parametrize("group", [("group",), ("room",), ("category", "allow"), ("category", "deny")])
def test_names_come_from_a_file_as_well(
    asked: list[tuple[str, Mapping[str, Any]]], tmp_path: Path, group: tuple[str, ...]
) -> None:
    file = tmp_path / "names"
    file.write_bytes("\ufeffann\r\n\n# by hand\n  Night crew \n한글\n".encode())
    words = (*group, "add") if len(group) > 1 else (*group, "member", "add")
    assert run(*words, "A", "bob", "--file", str(file), "--json") == 0
    assert [params["who"] for _command, params in asked] == [["bob", "ann", "Night crew", "한글"]]


def test_names_come_from_standard_input(
    asked: list[tuple[str, Mapping[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"ann\nbob\n")))
    assert run("group", "member", "set", "A", "--file", "-") == 0
    assert asked == [("group.member.set", {"group": "A", "who": ["ann", "bob"]})]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "no such file"),
        (b"", "there is no name in it"),
        (b"# nobody\n\n", "there is no name in it"),
        (b"\xff\xfe", "no text"),
        (b"x" * (8 * 1024 * 1024 + 1), "too long"),
    ],
)
def test_a_file_that_came_to_nothing_changes_nothing(
    asked: list[tuple[str, Mapping[str, Any]]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: bytes | None,
    why: str,
) -> None:
    file = tmp_path / "names"
    if content is not None:
        file.write_bytes(content)
    assert run("group", "member", "set", "A", "bob", "--file", str(file)) == 2
    assert why in capsys.readouterr().err
    assert asked == []


def test_somebody_has_to_be_named(
    asked: list[tuple[str, Mapping[str, Any]]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("room", "member", "add", "A") == 2
    assert "`parlour room member add` lacks WHO" in capsys.readouterr().err
    assert asked == []


@pytest.mark.parametrize(("answer", "sent"), [("y\n", 2), ("n\n", 1)])
def test_what_would_go_is_shown_before_the_question(
    asked: list[tuple[str, Mapping[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: str,
    sent: int,
) -> None:
    def remove(_settings: object, command: str, params: Mapping[str, Any]) -> Any:
        asked.append((command, params))
        return {"rooms": 7, "left_without_manager": ["Apollo", "Night"]}

    monkeypatch.setattr(link, "run", remove)
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    run("user", "remove", "bob", "--json")
    params = {"user": "bob"}
    assert asked == [("user.remove", params | {"dry_run": True}), ("user.remove", params)][:sent]
    shown, question = capsys.readouterr().err.split("Remove the person bob?")
    assert "Apollo, Night" in shown
    assert "7" in shown
    assert "[y/N]" in question


@pytest.mark.parametrize(("lost", "sent"), [(0, 2), (3, 1)])
def test_a_change_asks_if_somebody_loses_a_place_by_it(
    asked: list[tuple[str, Mapping[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    lost: int,
    sent: int,
) -> None:
    def change(_settings: object, command: str, params: Mapping[str, Any]) -> Any:
        asked.append((command, params))
        return {"would_lose": [{"name": "Ann"}], "would_lose_people": lost} if "dry_run" in params else {}

    monkeypatch.setattr(link, "run", change)
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    run("category", "allow", "set", "Plant")
    assert len(asked) == sent
    assert ("take their places away? [y/N]" in capsys.readouterr().err) is bool(lost)


@pytest.mark.parametrize(
    ("words", "question"),
    [
        (("user", "disable", "bob"), True),
        (("policy", "set", "off", "--global"), True),
        (("policy", "set", "on", "--global"), False),
        (("policy", "set", "off", "--user", "bob"), False),
    ],
)
def test_what_shuts_people_out_asks(
    asked: list[tuple[str, Mapping[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    question: bool,
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    run(*words)
    assert bool(asked) is not question


def test_one_name_is_no_list_of_names(asked: list[tuple[str, Mapping[str, Any]]]) -> None:
    assert run("audit", "list", "--who", "kim", "--command", "user admin") == 0
    assert asked == [("audit.list", {"who": "kim", "command": "user admin"})]
    assert run("audit", "list", "--file", "x") == 2
