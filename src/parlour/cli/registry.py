"""Commands made from the hub's registry: what the registry has, the command line has, with the same names and help.

`room.member.add` becomes `parlour room member add`. Required parameters are arguments, the others options; lists take
several values; secrets are never on the command line (asked for, or read from standard input). What cannot be undone
is asked about at a terminal, unless `--yes` is given. `message.follow` is reached as `message tail --follow`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from parlour.app.i18n import _
from parlour.app.problems import Problem
from parlour.cli.options import AsJson, ConfigFile, DataDirectory, find_settings
from parlour.cli.usage import add_verb, new_group, one_of
from parlour.hub.commands.params import NEEDED, ParamSpec, read_params
from parlour.hub.commands.registry import Command, Following, all_commands

__all__ = ["add_groups", "registry_texts"]

# Required, and yet clearer with its name beside it.
_NAMED = frozenset({("room.create", "category"), ("message.send", "as_user"), ("room.clear", "until")})
# Options that Python has another word for.
_FLAGS = {("policy.set", "everyone"): "--global"}
# A list of people and groups, which may be longer than a command line.
_TAKES_FILE = "who"
_Parameter = inspect.Parameter


def add_groups(app: typer.Typer, group: str) -> None:
    """Add everything that begins with `group` (say, `room`) to `app`."""
    nested: dict[str, typer.Typer] = {}
    for name, command in all_commands().items():
        first, *between, verb = name.split(".")
        if first != group or isinstance(command, Following):
            continue
        place = app
        for word in between:
            if word not in nested:
                nested[word] = new_group(_GROUP_HELP[f"{first} {word}"]())
                app.add_typer(nested[word], name=word)
            place = nested[word]
        add_verb(place, verb, _(command.help), _make(command))


_GROUP_HELP: dict[str, Callable[[], str]] = {
    "category allow": lambda: _("Who may be let into the rooms of a category."),
    "category creator": lambda: _("Who may make rooms in a category."),
    "category deny": lambda: _("Who is kept out of the rooms of a category."),
    "group member": lambda: _("Who is in a group."),
    "room manager": lambda: _("Who manages a room."),
    "room member": lambda: _("Who may enter a room."),
    "room presenter": lambda: _("Who may post in an auditorium."),
}


def registry_texts() -> set[str]:
    """All English texts that the registry brings along."""
    texts = set(NEEDED.values())
    for command in all_commands().values():
        texts |= {command.help, *(spec.help for spec in command.specs)}
        if isinstance(command, Command):
            texts.add(command.confirm)
    return texts - {""}


def _make(command: Command[Any]) -> Callable[..., None]:
    """A function with the signature that Typer reads options from."""
    specs = command.specs
    names = {spec.name: spec for spec in specs}
    follow = all_commands().get(command.name.replace(".tail", ".follow"))
    followed = isinstance(follow, Following)

    def run(**given: Any) -> None:
        from parlour.cli.asking import ask, confirm, preview, watch

        settings = find_settings(given.pop("config"), given.pop("data_dir"))
        as_json = given.pop("as_json")
        if given.pop("follow", False) and isinstance(follow, Following):
            watch(settings, follow.name, _given(command.name, specs, given), as_json)
            return
        if _takes_file(specs):
            given[_TAKES_FILE] = _named(
                command.name, given[_TAKES_FILE], given.pop("file"), names[_TAKES_FILE].required
            )
        if command.confirm and not (given.pop("yes") or given.get("dry_run")):
            params = _given(command.name, specs, given)
            asks = command.asks(read_params(command.params, params))
            if asks and (not command.preview or preview(settings, command, params)):
                confirm(_(command.confirm).format(**given))
        from_stdin = given.pop("password_stdin", False)
        ask(settings, command, {**_given(command.name, specs, given), **_secrets(specs, from_stdin)}, as_json)

    parameters = [_parameter(command.name, spec) for spec in specs if not spec.secret]
    parameters += [
        _keyword(name, kind, None if name == "file" else False) for name, kind in _extras(command, followed).items()
    ]
    parameters += [_keyword("config", ConfigFile, None), _keyword("data_dir", DataDirectory, None)]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _extras(command: Command[Any], followed: bool) -> dict[str, Any]:
    """Options that are the command line's own."""
    extra: dict[str, Any] = {}
    if followed:
        extra["follow"] = Annotated[
            bool, typer.Option("--follow", "-f", help=_("Go on with new messages as they come."))
        ]
    if any(spec.secret for spec in command.specs):
        text = _("Read the password from the first line of standard input.")
        extra["password_stdin"] = Annotated[bool, typer.Option("--password-stdin", help=text)]
    if _takes_file(command.specs):
        text = _("Read more names from this file, one in each line; - is standard input.")
        extra["file"] = Annotated[str | None, typer.Option("--file", metavar="FILE", help=text)]
    if command.confirm:
        extra["yes"] = Annotated[bool, typer.Option("--yes", "-y", help=_("Do not ask, do it."))]
    return extra | {"as_json": AsJson}


def _takes_file(specs: tuple[ParamSpec, ...]) -> bool:
    return any(spec.name == _TAKES_FILE and spec.many for spec in specs)


def _keyword(name: str, kind: Any, default: Any) -> inspect.Parameter:
    # Keyword-only parameters may lack a default anywhere in the order.
    return _Parameter(name, _Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def _parameter(command: str, spec: ParamSpec) -> inspect.Parameter:
    option = not (spec.required or spec.positional) or (command, spec.name) in _NAMED
    kind: Any = {"text": str, "number": int, "switch": bool}[spec.kind]
    if spec.many:
        kind = list[kind]
    if not spec.required and spec.default is None:
        kind = kind | None
    default = _Parameter.empty if spec.required and spec.name != _TAKES_FILE else _default(spec)
    return _keyword(spec.name, Annotated[kind, _info(command, spec, option)], default)


def _default(spec: ParamSpec) -> Any:
    return [] if spec.many else spec.default


def _info(command: str, spec: ParamSpec, option: bool) -> Any:
    choices = one_of(spec.choices) if spec.choices else {}
    if not option:
        return typer.Argument(help=_(spec.help), metavar=spec.name.upper(), **choices)
    flag = _FLAGS.get((command, spec.name), "--" + spec.name.replace("_", "-"))
    if spec.kind == "switch":
        flags = "--on/--off" if spec.name == "on" else f"{flag}/--no-{flag[2:]}"
        return typer.Option(flags if spec.default is not False else flag, help=_(spec.help))
    metavar = "|".join(spec.choices) or spec.kind.upper()
    return typer.Option(flag, help=_(spec.help), metavar=metavar, min=spec.least, max=spec.most, **choices)


def _given(command: str, specs: tuple[ParamSpec, ...], given: dict[str, Any]) -> dict[str, Any]:
    """What was said, as JSON has it; what was not said is left to the server's defaults. Raises `Problem`."""
    params = {}
    for spec in specs:
        value = given.get(spec.name)
        if value is None or (not spec.required and value == _default(spec)):
            continue
        for text in value if spec.many else [value]:
            if isinstance(text, str) and not _is_text(text):
                why = _("this is no text: it was not written in UTF-8")
                typed = "parlour " + command.replace(".", " ")
                raise Problem("usage-bad-value", command=typed, option=spec.name, value=text, error=why)
        params[spec.name] = value
    return params


def _named(command: str, typed: list[str], file: str | None, required: bool) -> list[str]:
    """The names on the command line and in the file. Raises `Problem`."""
    from parlour.cli.asking import read_names

    names = typed if file is None else [*typed, *read_names("parlour " + command.replace(".", " "), file)]
    if required and not names:
        raise Problem("usage-missing", command="parlour " + command.replace(".", " "), parameter=_TAKES_FILE.upper())
    return names


def _is_text(typed: str) -> bool:
    """Bytes of a command line that are no UTF-8 arrive as halves of characters."""
    return typed.isascii() or not any("\ud800" <= char <= "\udfff" for char in typed)


def _secrets(specs: tuple[ParamSpec, ...], from_stdin: bool) -> dict[str, Any]:
    from parlour.cli.asking import read_secret

    values = {spec.name: read_secret(spec.required, from_stdin) for spec in specs if spec.secret}
    return {name: value for name, value in values.items() if value is not None}
