"""Printing: problems to standard error, results to standard output, as text for people or JSON for programs."""

from __future__ import annotations

import json
import sys
from typing import Any

from parlour.app.i18n import _
from parlour.app.problems import Problem

__all__ = ["say", "say_json", "show_problem"]


def say(text: str = "") -> None:
    """One line for a person."""
    print(text, flush=True)


def say_json(value: Any) -> None:
    """One JSON value on one line."""
    print(json.dumps(value, ensure_ascii=False, default=str), flush=True)


def show_problem(problem: Problem, as_json: bool = False) -> None:
    """What failed, the likely cause, what mends it; on standard error."""
    if as_json:
        error = {"id": problem.id, "what": problem.what, "cause": problem.cause, "remedy": problem.remedy}
        print(json.dumps({"error": error}, ensure_ascii=False), file=sys.stderr)
        return
    print(f"parlour: {problem.what}", file=sys.stderr)
    for label, text in ((_("likely cause"), problem.cause), (_("to mend it"), problem.remedy)):
        if text:
            print(f"  {label}: {text}", file=sys.stderr)
    print(f"  [{problem.id}]", file=sys.stderr)
