"""Groups and verbs as the command line has them: with our help, and with mistakes in what was typed told as every
other `Problem`: what is wrong, with which value, and the command that mends it.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterable
from typing import Any

import typer
from pydantic import ValidationError
from typer.core import TyperCommand, TyperGroup

from parlour.app.i18n import _
from parlour.app.mistakes import first_mistake, say_reason
from parlour.app.problems import Problem
from parlour.cli.helping import name_of, render_help
from parlour.cli.output import say

__all__ = ["add_verb", "new_group", "one_of"]


class _Helped:
    """What `--help` prints, and how."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Ours instead of Typer's."""
        formatter.write(render_help(ctx, self))

    def get_help_option(self, ctx: Any) -> Any:
        """Typer's, printing as everything else is printed."""
        option: Any = super().get_help_option(ctx)  # type: ignore[misc]
        option.callback = _show_help
        return option


def _show_help(ctx: Any, _option: Any, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        say(ctx.get_help())
        ctx.exit()


class Verb(_Helped, TyperCommand):
    """A command that does something."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As Typer does it. Raises `Problem`."""
        ctx.allow_extra_args = True
        _parse(super().parse_args, self, ctx, args)
        if ctx.args and not ctx.resilient_parsing:
            raise Problem("usage-too-many", command=ctx.command_path, words=" ".join(ctx.args))
        return []


class Group(_Helped, TyperGroup):
    """A command that has others below it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As Typer does it. Raises `Problem`."""
        if not args and not ctx.resilient_parsing:
            print(ctx.get_help(), file=sys.stderr)
            ctx.exit(2)
        return _parse(super().parse_args, self, ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first word names. Raises `Problem`."""
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            closest = _closest(args[0], self.commands)
            raise Problem("usage-no-such-command", command=ctx.command_path, word=args[0], closest=closest)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """As Typer does it. Raises `Problem`."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            raise _to_problem(self, ctx, error) from error
        except typer.TyperException as error:
            # Whatever else is wrong with the words was found when they were parsed.
            raise Problem("usage-missing", command=ctx.command_path, parameter=_("COMMAND")) from error


def new_group(help: str, **more: Any) -> typer.Typer:
    """An empty group; `help` is translated."""
    # Without rich_markup_mode, Typer need not load what draws its own help.
    return typer.Typer(help=help, cls=Group, rich_markup_mode=None, **more)


def add_verb(group: typer.Typer, name: str, help: str, act: Callable[..., None]) -> None:
    """Add a command; `help` is translated, `act` has the signature that Typer reads options from."""
    group.command(name, help=help, cls=Verb)(act)


def one_of(choices: Iterable[str]) -> dict[str, Any]:
    """What Typer is to be told of an option or argument that takes one of some words."""
    words = tuple(choices)

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(_("one of {expected} is needed").format(expected=", ".join(words)))
        return text

    def complete(incomplete: str) -> list[str]:
        return [word for word in words if word.startswith(incomplete)]

    return {"parser": read, "autocompletion": complete}


def _parse(parse: Callable[[Any, list[str]], list[str]], command: Any, ctx: Any, args: list[str]) -> list[str]:
    try:
        return parse(ctx, args)
    except typer.TyperException as error:
        raise _to_problem(command, ctx, error) from error


def _to_problem(command: Any, ctx: Any, error: typer.TyperException) -> Problem:
    """Typer's kinds of errors are told apart by what they carry; only some of the classes are public."""
    path = ctx.command_path
    parameter, option = getattr(error, "param", None), getattr(error, "option_name", None)
    if hasattr(error, "possibilities"):
        options = [name for one in command.params for name in (*one.opts, *one.secondary_opts) if name[0] == "-"]
        return Problem("usage-no-such-option", command=path, option=option, closest=_closest(str(option), options))
    if option is not None:
        flags = [one for one in command.get_params(ctx) if getattr(one, "is_flag", False)]
        known = any(option in (*one.opts, *one.secondary_opts) for one in flags)
        kind = "usage-takes-no-value" if known else "usage-lacks-value"
        return Problem(kind, command=path, option=option)
    if hasattr(error, "param_type") and parameter is not None:
        return Problem("usage-missing", command=path, parameter=name_of(parameter))
    if parameter is not None and isinstance(error.__cause__, ValidationError):
        details = first_mistake(error.__cause__)
        option, value = name_of(parameter), details["input"]
        return Problem("usage-bad-value", command=path, option=option, value=value, error=say_reason(details))
    return Problem("usage-wrong", command=path, error=error.format_message())


def _closest(word: str, known: Iterable[str]) -> str:
    return difflib.get_close_matches(word, list(known), n=1, cutoff=0.0)[0]
