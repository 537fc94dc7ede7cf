"""The entry point: choose the language, build the commands, turn a `Problem` into words and an exit code.

Exit codes: 0 done, 1 a problem or a refusal, 2 wrong usage, 130 interrupted, 141 nobody reads what is printed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from parlour.app.i18n import pick_language, use_language
from parlour.app.problems import Problem

__all__ = ["main"]

_COMPLETING = "_PARLOUR_COMPLETE"


def main(argv: Sequence[str] | None = None) -> None:
    """Run `parlour` with `argv` (default: the process's arguments) and leave with its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    use_language(pick_language(_wanted_language(words)))
    # After the language is known: help texts are translated when the commands are built.
    from parlour.cli.commands import build
    from parlour.cli.output import open_output, show_problem

    debug, as_json = "--debug" in words, "--json" in words
    open_output()
    try:
        app = build(None if _COMPLETING in os.environ else words)
        raise SystemExit(app(args=words, prog_name="parlour", standalone_mode=False))
    except Problem as problem:
        if debug:
            raise
        show_problem(problem, as_json)
        raise SystemExit(problem.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        if debug:
            raise
        show_problem(Problem("unexpected", error=f"{type(error).__name__}: {error}"), as_json)
        raise SystemExit(1) from error


def _wanted_language(words: Sequence[str]) -> str | None:
    """The value of `--lang`, found before the commands exist."""
    for index, word in enumerate(words):
        if word.startswith("--lang="):
            return word.partition("=")[2]
        if word == "--lang" and index + 1 < len(words):
            return words[index + 1]
    return None
