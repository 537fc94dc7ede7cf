"""What holds for the rooms of a category, of which it and those above it state some things and leave others."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

import parlour
from parlour.rooms.model import Audit, Category, CategoryId, Micros
from parlour.rooms.switches import SWITCHES, Switches, inherited, switches_of

BLANK = Category(CategoryId("c"), "공장", Audit("a", Micros(0), "a", Micros(0)))


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize(
    ("stated", "holds"),
    [
        ((True,), True),
        ((False,), False),
        ((None, True), True),
        ((None, False), False),
        ((True, False), True),
        ((False, True), False),
        ((None, None, True), True),
        ((None, False, True), False),
        ((False, None, True), False),
        ((True, None, None, False), True),
    ],
)
def test_the_nearest_that_states_it_decides(name: str, stated: tuple[bool | None, ...], holds: bool) -> None:
    chain = [replace(BLANK, **{name: value}) for value in stated]
    assert switches_of(chain) == replace(Switches(), **{name: holds})


def test_each_switch_is_looked_for_by_itself() -> None:
    chain = [
        replace(BLANK, filepost=True),
        replace(BLANK, logged=False),
        replace(BLANK, invite=True, logged=True, filepost=False),
    ]
    assert switches_of(chain) == Switches(invite=True, logged=False, filepost=True)


def test_what_nobody_states_is_as_roots_begin() -> None:
    assert switches_of([BLANK, BLANK]) == Switches(invite=False, logged=True, filepost=False)


def test_what_a_category_leaves_to_the_one_above() -> None:
    assert inherited(BLANK) == ("invite", "logged", "filepost")
    assert inherited(replace(BLANK, logged=False)) == ("invite", "filepost")
    assert inherited(replace(BLANK, invite=False, logged=True, filepost=False)) == ()


def _is_category(node: ast.expr) -> bool:
    """`category`, `live.category`, `categories[...]`: by its name."""
    node = node.value if isinstance(node, ast.Subscript) else node
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return "categor" in name.lower()


def test_use_cases_ask_what_is_in_effect_and_not_what_a_category_states() -> None:
    source = Path(parlour.__file__).parent
    readers = {
        path.relative_to(source).as_posix()
        for package in ("hub", "channel")
        for path in (source / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in SWITCHES and _is_category(node.value)
    }
    # It compares what was stated before a change with what is now.
    assert readers == {"hub/inviting.py"}
