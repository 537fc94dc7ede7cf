"""What the registry has, the command line has; what is typed arrives as the registry wants it."""

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
        (["user", "chat", "alice", "--off"], "user.chat", {"user": "alice", "on": False}),
        (["user", "add", "dave", "--admin"], "user.add", {"login": "dave", "admin": True}),
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


def test_a_password_never_stands_on_the_command_line(
    asked: list[tuple[str, Mapping[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    assert run("user", "password", "alice", "secret") == 2
    monkeypatch.setattr(sys, "stdin", io.StringIO("s3cret\n"))
    assert run("user", "password", "alice", "--password-stdin") == 0
    assert asked == [("user.password", {"user": "alice", "password": "s3cret"})]


def test_wrong_words_are_refused_before_anything_is_asked(asked: list[tuple[str, Mapping[str, Any]]]) -> None:
    assert run("room", "create", "A") == 2
    assert run("room", "create", "A", "--category", "C", "--visibility", "foggy") == 2
    assert run("message", "tail", "A", "--count", "x") == 2
    assert asked == []
