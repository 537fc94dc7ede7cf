"""Which section of docs/protocol a test enforces: `@enforces("xccos.md#join-and-bjoin")`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PAGES = Path(__file__).resolve().parents[2] / "docs" / "protocol"


def enforces(*sections: str) -> pytest.MarkDecorator:
    """Marks a test: it fails when a server does not do what these sections say (`page#heading-in-this-manner`)."""
    return pytest.mark.enforces(*sections)


def anchor(heading: str) -> str:
    """`getinv [client], the answer [ours]` is `getinv`: where a rule comes from is no part of its name."""
    words = re.sub(r"[^\w\s-]", "", heading.partition(" [")[0].lower())
    return "-".join(words.split())


def headings(page: Path) -> Iterator[tuple[int, str]]:
    """(level, anchor) of each heading outside code."""
    inside = False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            inside = not inside
        elif not inside and (found := re.match(r"(#+) (.*)", line)):
            yield len(found[1]), anchor(found[2])


def sections() -> set[str]:
    """All there are."""
    return {f"{page.name}#{name}" for page in PAGES.glob("*.md") for _level, name in headings(page)}


def named(folder: Path) -> dict[str, list[str]]:
    """Sections that the tests in `folder` name, each with those tests."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for decorator in getattr(node, "decorator_list", ()):
                if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "enforces":
                    for argument in decorator.args:
                        assert isinstance(argument, ast.Constant), f"{path.name}: name the section itself"
                        found.setdefault(argument.value, []).append(f"{path.name}::{getattr(node, 'name', '?')}")
    return found
