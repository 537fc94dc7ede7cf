"""The suite against the pages: every section it names is there, and every command has its test."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conformance.sections import PAGES, anchor, headings, named, sections

HERE = Path(__file__).parent
_PAGES_OF_COMMANDS = ("xccos.md", "xccos-managing.md")


def commands() -> set[str]:
    """Every command there is, as the pages name them in their examples."""
    pages = "".join((PAGES / name).read_text(encoding="utf-8") for name in _PAGES_OF_COMMANDS)
    return set(re.findall(r'<cmd id="cmd:([a-z]+)"', pages))


def command_sections() -> set[str]:
    """Sections of the third level that are headed by commands."""
    return {
        f"{name}#{found}"
        for name in _PAGES_OF_COMMANDS
        for level, found in headings(PAGES / name)
        if level == 3 and set(found.split("-")) & commands()
    }


def test_every_section_that_a_test_names_exists() -> None:
    assert not {section: tests for section, tests in named(HERE).items() if section not in sections()}


def test_every_section_of_a_command_is_enforced() -> None:
    assert len(command_sections()) > 30
    assert not command_sections() - named(HERE).keys()


def test_every_other_section_about_the_wire_of_chat_is_enforced() -> None:
    every = {f"xccos.md#{found}" for level, found in headings(PAGES / "xccos.md") if level == 2}
    said_by_their_subsections = {f"xccos.md#{word}" for word in ("contents", "rooms", "invitations")}
    assert not every - named(HERE).keys() - said_by_their_subsections


def test_every_command_is_said_by_some_test() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py"))
    assert not [name for name in commands() if f'"{name}"' not in source]


def test_headings_have_the_names_that_tests_use() -> None:
    assert anchor("join and bjoin [client]") == "join-and-bjoin"
    assert anchor("getinv [client], the answer [ours]") == "getinv"
    assert anchor("What is tolerated, what is sent [ours]") == "what-is-tolerated-what-is-sent"
    assert anchor("SERVICE: presence publications") == "service-presence-publications"


def test_every_test_of_the_wire_says_what_it_enforces() -> None:
    """Those that speak to a server (somebody signs in) are marked, but for the one about our own trace."""
    unmarked = [
        found[1]
        for path in HERE.glob("test_*.py")
        for found in re.finditer(r"\n\n\n(?!@)async def (test_\w+)\(([^)]*)\)", path.read_text(encoding="utf-8"))
        if "Enter" in found[2] or "People" in found[2]
    ]
    assert unmarked == ["test_the_trace_has_neither_words_nor_credentials"]
