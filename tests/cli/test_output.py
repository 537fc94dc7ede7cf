"""Printing where nobody reads, or where the terminal cannot show it."""

import os
import subprocess
import sys

import pytest

PARLOUR = (sys.executable, "-c", "from parlour.cli.main import main; main()")


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("certificate", "--data-dir", ".", "--json")])
def test_a_reader_that_went_away_ends_a_command_quietly(words: tuple[str, ...], tmp_path) -> None:
    (tmp_path / "parlour.toml").write_text("")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ran = subprocess.run([*PARLOUR, *words], stdout=writing, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    finally:
        os.close(writing)
    assert (ran.returncode, ran.stderr) == (141, "")


def test_what_a_terminal_cannot_show_is_an_escape(tmp_path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "ko_KR"}
    ran = subprocess.run([*PARLOUR, "room", "lst"], capture_output=True, env=environment, cwd=tmp_path)
    assert ran.returncode == 2
    assert b"\\uba85\\ub839" in ran.stderr


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("parlour room li", ["list"]),
        ("parlour room create --visibility ", ["open", "closed", "secret"]),
        ("parlour policy set in", ["inherit"]),
        ("parlour config set chat.de", ["chat.default_history", "chat.description_chars"]),
    ],
)
def test_a_shell_completes_commands_and_words(line: str, found: list[str], tmp_path) -> None:
    environment = {
        **os.environ,
        "_PARLOUR_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(line.count(" ")),
    }
    ran = subprocess.run([*PARLOUR], capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert (ran.returncode, ran.stdout.split(), ran.stderr) == (0, found, "")
