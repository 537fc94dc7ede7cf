"""The text of `--help`, in the language in use and with columns that line up in it.

Typer's own help is English around our words, and Rich, which draws it, loses characters where Chinese, Japanese or
Korean text is wrapped.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from typing import Any

import typer

from parlour.app.i18n import _, mark
from parlour.app.terminal import pad, wrap

__all__ = ["name_of", "render_help", "render_usage"]

Row = tuple[str, str]
_WIDEST = 100
_NAMES = 30
"""Columns for names at most; the text beside a longer one begins in the next line."""
# Typer brings these options along, with their help in English.
_LIBRARY = (
    mark("Install completion for the current shell."),
    mark("Show completion for the current shell, to copy it or customize the installation."),
    mark("Show this message and exit."),
)


def render_help(context: typer.Context, command: Any) -> str:
    """What `parlour ... --help` prints of `command`."""
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    parameters = [one for one in command.get_params(context) if not getattr(one, "hidden", False)]
    arguments = [_row(one) for one in parameters if one.param_type_name == "argument"]
    options = [_row(one) for one in parameters if one.param_type_name == "option"]
    commands = [(name, one.help or "") for name, one in getattr(command, "commands", {}).items()]
    lines = [*wrap(render_usage(context, command), width), "", *wrap(command.help or "", width)]
    for title, rows in ((_("Arguments"), arguments), (_("Commands"), commands), (_("Options"), options)):
        if rows:
            lines += ["", f"{title}:", *_table(rows, width)]
    return "\n".join(lines)


def render_usage(context: typer.Context, command: Any) -> str:
    """The line that says what the words of a command are."""
    words = [context.command_path, _("[OPTIONS]")]
    if hasattr(command, "commands"):
        words += [_("COMMAND"), "..."]
    for one in command.params:
        if one.param_type_name == "argument":
            words.append(name_of(one) if one.required else f"[{name_of(one)}]")
        elif one.required:
            words.append(f"{name_of(one)} {one.metavar}")
    return _("Usage:") + " " + " ".join(words)


def name_of(parameter: Any) -> str:
    """How a parameter is written: `ROOM`, `WHO ...`, `--limit`."""
    if parameter.param_type_name == "option":
        return str(max(parameter.opts, key=len))
    return f"{parameter.metavar} ..." if parameter.nargs == -1 else str(parameter.metavar)


def _row(parameter: Any) -> Row:
    text = _(parameter.help or "")
    if parameter.param_type_name == "argument":
        return name_of(parameter), text
    names = ", ".join([*sorted(parameter.opts, key=len, reverse=True), *parameter.secondary_opts])
    if not parameter.is_flag:
        names = f"{names} {parameter.metavar}"
    return names, " ".join([text, *_notes(parameter)])


def _notes(option: Any) -> Iterator[str]:
    if option.required:
        yield _("Required.")
    if option.multiple:
        yield _("May be repeated.")
    if not option.is_flag and option.default not in (None, "", []):
        yield _("Default {value}.").format(value=option.default)


def _table(rows: Sequence[Row], width: int) -> list[str]:
    beside = 2 + min(max(len(name) for name, _text in rows), _NAMES) + 2
    lines = []
    for name, text in rows:
        first, *others = wrap(text, width - beside)
        # Two blanks between them at least.
        fits = len(name) + 4 <= beside
        lines += [pad(f"  {name}", beside) + first] if fits else [f"  {name}", " " * beside + first]
        lines += [" " * beside + line for line in others]
    return lines
