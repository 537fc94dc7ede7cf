"""Printing: problems to standard error, results to standard output, as text for people or JSON for programs.

Who reads may stop reading (`parlour room list | head`): that ends the command quietly, as it ends others.
"""

from __future__ import annotations

import io
import json
import os
import sys
from typing import Any

from parlour.app.i18n import _
from parlour.app.problems import Problem
from parlour.app.terminal import visible

__all__ = ["open_output", "say", "say_json", "show_problem"]


_SIGPIPE = 128 + 13
"""What a shell says of a command that a broken pipe has ended."""


def open_output() -> None:
    """Before anything is printed: what the terminal's character set lacks is printed as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str = "") -> None:
    """One line for a person."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # Or the interpreter would try to write the rest when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(_SIGPIPE) from None


def say_json(value: Any) -> None:
    """One JSON value on one line."""
    say(json.dumps(value, ensure_ascii=False, default=str))


def show_problem(problem: Problem, as_json: bool = False) -> None:
    """What failed, the likely cause, what mends it; on standard error."""
    if as_json:
        error = {"id": problem.id, "what": problem.what, "cause": problem.cause, "remedy": problem.remedy}
        if "reason" in problem.values:
            # Why the server refused, in a word that is the same in every language.
            error["reason"] = str(problem.values["reason"])
        print(json.dumps({"error": error}, ensure_ascii=False), file=sys.stderr)
        return
    print(f"parlour: {visible(problem.what)}", file=sys.stderr)
    for label, text in ((_("likely cause"), problem.cause), (_("to mend it"), problem.remedy)):
        if text:
            print(f"  {label}: {visible(text)}", file=sys.stderr)
    print(f"  [{problem.id}]", file=sys.stderr)
