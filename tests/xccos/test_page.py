"""The page for outsiders: its examples are real bodies, and its tables say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parlour.xccos.codes import ResponseCode
from parlour.xccos.decode import COMMANDS, decode_envelope
from parlour.xccos.decode_answers import decode_server_envelope
from parlour.xccos.types import BadCommand, Notice, Reply, UnknownCommand

PAGE = (Path(__file__).parents[2] / "docs" / "protocol" / "xccos.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```xml\n(.*?)\n```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_understood(example: str) -> None:
    asked = decode_envelope(example.encode()).primitives
    told = decode_server_envelope(example.encode()).primitives
    assert asked or told
    assert not [one for one in asked if isinstance(one, BadCommand | UnknownCommand)]
    assert all(one.body is not None for one in told if isinstance(one, Reply | Notice))


def test_every_code_is_on_the_page() -> None:
    assert not [code for code in ResponseCode if str(int(code)) not in PAGE or code.text not in PAGE]


def test_every_command_has_a_heading() -> None:
    headings = " ".join(line for line in PAGE.splitlines() if line.startswith("### "))
    assert not [name for name in COMMANDS if not re.search(rf"\b{name}\b", headings)]
