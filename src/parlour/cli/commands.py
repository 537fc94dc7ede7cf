"""The tree of commands: the ones that run a server, and the administrative ones made from the command registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from parlour import __version__
from parlour.app.i18n import LANGUAGES, _
from parlour.app.problems import Problem
from parlour.cli import configuring, probing, running, trace
from parlour.cli.output import say
from parlour.cli.usage import new_group

__all__ = ["build"]


def _show_version(wanted: bool) -> None:
    if wanted:
        say(f"parlour {__version__}")
        raise typer.Exit


def _group_helps() -> dict[str, str]:
    return {
        "room": _("Make, show, change and delete rooms."),
        "category": _("Make, show, change and delete categories of rooms."),
        "addin": _("Register, show, change and delete pages that rooms show."),
        "user": _("Add, show, change and remove people."),
        "group": _("Add, show, change and remove groups of people."),
        "policy": _("Show and say who is enabled for group chat."),
        "invitation": _("Show who has been invited where."),
        "message": _("Read, follow, find, post and remove messages."),
        "endpoint": _("Add, show and remove further addresses of the chat service."),
        "audit": _("Show who changed what."),
        "service": _("Show the running server, drain it, let it take sessions again."),
    }


def build(words: Sequence[str] | None = None) -> typer.Typer:
    """The whole `parlour` command, in the language in use. With `words` (the command line), groups that are not asked
    for stay empty: their commands come from the hub, whose import a quick `parlour --help` need not wait for."""
    app = new_group(
        _("Persistent group chat over SIP."),
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def root(
        lang: Annotated[
            str | None, typer.Option("--lang", metavar="CODE", help=_("Language of what is printed: en or ko."))
        ] = None,
        debug: Annotated[bool, typer.Option("--debug", help=_("Show tracebacks of failures."))] = False,
        version: Annotated[
            bool, typer.Option("--version", is_eager=True, callback=_show_version, help=_("Print the version."))
        ] = False,
    ) -> None:
        del debug, version  # read in `main`, or done by then
        if lang is not None and lang.split("_")[0].split("-")[0] not in LANGUAGES:
            expected = _("one of {expected} is needed").format(expected=", ".join(LANGUAGES))
            raise Problem("usage-bad-value", command="parlour", option="--lang", value=lang, error=expected)

    running.add_commands(app)
    trace.add_commands(app)
    configuring.add_commands(app)
    probing.add_commands(app)
    for group, help in _group_helps().items():
        sub = new_group(help)
        if words is None or group in words:
            from parlour.cli.registry import add_groups

            add_groups(sub, group)
        else:
            sub.callback()(_empty)
        app.add_typer(sub, name=group, help=help)
    return app


def _empty() -> None:
    return None
