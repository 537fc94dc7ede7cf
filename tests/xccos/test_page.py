"""The pages for outsiders: their examples are real bodies, and their tables say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parlour.xccos.codes import ResponseCode
from parlour.xccos.decode import COMMANDS, decode_envelope
from parlour.xccos.decode_answers import NOTICES, REPLIES, decode_server_envelope
from parlour.xccos.types import BadCommand, Notice, Reply, UnknownCommand

PROTOCOL = Path(__file__).parents[2] / "docs" / "protocol"
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted(PROTOCOL.glob("xccos*.md"))}
PAGE = "\n".join(PAGES.values())
EXAMPLES = re.findall(r"```xml\n(.*?)\n```", PAGE, re.DOTALL)
MAIN = PAGES["xccos.md"]


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


def test_every_command_reply_and_notice_has_an_example() -> None:
    text = "\n".join(EXAMPLES)
    assert not [name for name in COMMANDS if f'id="cmd:{name}"' not in text]
    # The last one is an older spelling, which is read and never said.
    assert [name for name in REPLIES if f'id="rpl:{name}"' not in text] == ["getservinfo"]
    assert not [name for name in NOTICES if f'id="ntc:{name}"' not in text]


def test_the_table_has_every_command() -> None:
    table = MAIN.split("\n## Commands\n")[1].split("\n## ")[0]
    named = {name for row in table.splitlines() if row.startswith("|") for name in re.findall(r"`([a-z]+)`", row)}
    assert named - {"grpchat"} == set(COMMANDS)
    assert named <= set(REPLIES) | {"getfutok", "getfdtok"}


@pytest.mark.parametrize(("page", "text"), PAGES.items())
def test_links_lead_somewhere(page: str, text: str) -> None:
    for file, anchor in re.findall(r"\]\(([\w.-]*)(?:#([\w-]+))?\)", text):
        target = (PROTOCOL / (file or page)).read_text(encoding="utf-8")
        headings = [re.sub(r"[^\w -]", "", line.lstrip("# ").lower()) for line in re.findall(r"^#+ .*$", target, re.M)]
        assert not anchor or anchor in [heading.replace(" ", "-") for heading in headings], (file, anchor)
