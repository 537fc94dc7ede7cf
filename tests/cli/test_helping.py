"""Every help page: all of it there, in lines that fit, in the language in use."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from parlour.app.i18n import use_language
from parlour.app.terminal import columns_of
from parlour.cli.commands import build
from parlour.cli.main import main


@pytest.fixture(params=["en", "ko"])
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    use_language(request.param)
    yield request.param
    use_language("en")


def pages(command: Any, context: Any) -> Iterator[tuple[Any, str]]:
    yield command, command.get_help(context)
    for name, child in getattr(command, "commands", {}).items():
        yield from pages(child, typer.Context(child, info_name=name, parent=context))


@pytest.mark.parametrize("width", [40, 80, 200])
def test_every_page_is_whole_and_fits(language: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    root: Any = typer.main.get_command(build())
    context = typer.Context(root, info_name="parlour", help_option_names=["-h", "--help"])
    for command, page in pages(root, context):
        squeezed = re.sub(r"\s", "", page)
        for one in command.params:
            assert max(one.opts, key=len) in page or one.metavar in page
            # Korean of what the library says itself is looked up when the page is made.
            if language == "en" or re.search("[가-힣]", one.help):
                assert re.sub(r"\s", "", one.help) in squeezed, one.name
        names = [columns_of(line) for line in page.splitlines() if not line.startswith("  -")]
        assert max(names) <= min(width, 100)
        if language == "ko":
            sentences = re.sub(r"`.*?`|\(.*?\)", "", page.partition("\n\n")[2])
            assert not re.search(r"\b[A-Za-z]+ [a-z]+ [a-z]+ [a-z]+", sentences), sentences


def test_a_page_lines_up(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("COLUMNS", "60")
    with pytest.raises(SystemExit) as left:
        main(["message", "send", "--help"])
    assert left.value.code in (None, 0)
    assert capsys.readouterr().out.splitlines() == [
        "Usage: parlour message send [OPTIONS] ROOM TEXT --as-user",
        "TEXT",
        "",
        "Say something in a room as somebody.",
        "",
        "Arguments:",
        "  ROOM  Name or id of the room.",
        "  TEXT  The message.",
        "",
        "Options:",
        "  --as-user TEXT  Login or address of the person who says",
        "                  it; their rights count. Required.",
        "  --alert         Mark it as urgent.",
        "  --json          Print JSON for programs.",
        "  --config FILE   TOML file with the server's settings.",
        "  --data-dir DIR  Data directory of the server (default:",
        "                  ./data).",
        "  --help, -h      Show this message and exit.",
    ]
