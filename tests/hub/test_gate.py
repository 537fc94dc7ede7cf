"""One choke point: nobody but the gate applies the rules of who may do what."""

from __future__ import annotations

import ast
from pathlib import Path

import parlour

RULES = {"rights_in", "rights_at", "rights_over", "standing_in"}


def test_only_the_gate_applies_the_rules() -> None:
    source = Path(parlour.__file__).parent
    users = set()
    for path in source.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and {alias.name for alias in node.names} & RULES:
                users.add(path.relative_to(source).as_posix())
            if isinstance(node, ast.Attribute) and node.attr in RULES:
                users.add(path.relative_to(source).as_posix())
    assert users - {"rooms/policy.py"} == {"hub/gate.py"}
