"""`trace`: a trace file of a server as a ladder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parlour.app.i18n import _
from parlour.cli.output import say
from parlour.cli.usage import add_verb

__all__ = ["add_commands"]


def _trace(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("Trace file of a server (setting log.trace)."))],
    call_id: Annotated[str, typer.Option("--call-id", metavar="ID", help=_("Only the messages of this call."))] = "",
    user: Annotated[
        str, typer.Option("--user", metavar="WHO", help=_("Only messages from or to this login or address."))
    ] = "",
) -> None:
    from parlour.app.ladder import parse_trace, render_ladder, select
    from parlour.app.os_errors import say_os_error
    from parlour.app.problems import Problem
    from parlour.app.terminal import visible

    try:
        with file.open(encoding="utf-8", errors="replace") as text:
            lines = parse_trace(text)
    except OSError as error:
        raise Problem("trace-unusable", path=file, error=say_os_error(error)) from error
    if not lines and file.stat().st_size:
        raise Problem("trace-unusable", path=file, error=_("there is no line of a trace in it"))
    for row in render_ladder(select(lines, call_id=call_id, user=user.removeprefix("sip:"))):
        say(visible(row))


def add_commands(app: typer.Typer) -> None:
    """Add the command to `app`."""
    add_verb(app, "trace", _("Draw a trace file of a server: who said what to whom."), _trace)
