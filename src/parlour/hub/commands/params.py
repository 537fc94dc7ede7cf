"""Parameters of commands: written once as a frozen dataclass, read from JSON, described for command lines and forms."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

__all__ = ["NEEDED", "InvalidParams", "ParamSpec", "param", "read_params", "specs_of"]

P = TypeVar("P")

# Half a character: what is left of bytes of a command line that are no UTF-8, and cannot be kept anywhere.
_LONE = re.compile("[\ud800-\udfff]")
Kind = Literal["text", "number", "switch"]
_TYPES: Mapping[Kind, type] = {"text": str, "number": int, "switch": bool}
NEEDED: Mapping[Kind, str] = {
    "text": "a text is needed",
    "number": "a whole number is needed",
    "switch": "true or false is needed",
}
"""What is said where a value is of another kind."""


class InvalidParams(Exception):
    """A parameter is missing, unknown or of the wrong kind. `name` is the parameter."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name = name
        self.why = why


@dataclass(frozen=True, slots=True)
class ParamSpec:
    """One parameter as a command line or a form needs to know it. `kind` is text, number or switch (a boolean; True
    and False are both said, None leaves as it is); `many`: a list of them; `choices`: the only values; `secret`: not to
    be shown or put on a command line; `positional`: a command line has it without a name, though it may be left out;
    `least`, `most`: bounds of a number, None where there is none."""

    name: str
    kind: Kind
    help: str
    required: bool
    default: object = None
    many: bool = False
    choices: tuple[str, ...] = ()
    secret: bool = False
    positional: bool = False
    least: int | None = None
    most: int | None = None


def param(
    help: str,
    default: Any = MISSING,
    *,
    secret: bool = False,
    positional: bool = False,
    least: int | None = None,
    most: int | None = None,
) -> Any:
    """A dataclass field with a help text; without a default it is required. `least` and `most` bound a number."""
    metadata = {"help": help, "secret": secret, "positional": positional, "least": least, "most": most}
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


def specs_of(params: type[Any]) -> tuple[ParamSpec, ...]:
    """The parameters of a dataclass, in order."""
    hints = get_type_hints(params)
    return tuple(_spec(each, hints[each.name]) for each in fields(params))


def _spec(each: Field[Any], hint: Any) -> ParamSpec:
    hint = _without_none(hint)
    many = get_origin(hint) is tuple
    plain = get_args(hint)[0] if many else hint
    choices = tuple(get_args(plain)) if get_origin(plain) is Literal else ()
    kind: Kind = "switch" if plain is bool else "number" if plain is int else "text"
    required = each.default is MISSING
    return ParamSpec(
        each.name,
        kind,
        each.metadata.get("help", ""),
        required,
        None if required else each.default,
        many,
        choices,
        bool(each.metadata.get("secret")),
        bool(each.metadata.get("positional")),
        each.metadata.get("least"),
        each.metadata.get("most"),
    )


def _without_none(hint: Any) -> Any:
    # `str | None` is the one, `Literal[...] | None` the other.
    if get_origin(hint) in (UnionType, Union):
        return next(option for option in get_args(hint) if option is not NoneType)
    return hint


def read_params(params: type[P], raw: Mapping[str, object]) -> P:
    """The parameters from a JSON object. Raises `InvalidParams`. None stands for a parameter that is not given."""
    specs = {spec.name: spec for spec in specs_of(params)}
    for name in raw:
        if name not in specs:
            near = difflib.get_close_matches(name, specs, n=1)
            raise InvalidParams(name, f"unknown; did you mean {near[0]}?" if near else "unknown")
    values: dict[str, object] = {}
    for name, spec in specs.items():
        value = raw.get(name)
        if value is not None:
            values[name] = _read_many(spec, value) if spec.many else _read(spec, value)
        elif spec.required:
            raise InvalidParams(name, "is needed")
    return params(**values)


def _read_many(spec: ParamSpec, value: object) -> tuple[object, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise InvalidParams(spec.name, "a list is needed")
    return tuple(_read(spec, item) for item in value)


def _read(spec: ParamSpec, value: object) -> object:
    if type(value) is not _TYPES[spec.kind]:
        raise InvalidParams(spec.name, NEEDED[spec.kind])
    if isinstance(value, str) and _LONE.search(value):
        raise InvalidParams(spec.name, "this is no text: it was not written in UTF-8")
    if spec.choices and value not in spec.choices:
        raise InvalidParams(spec.name, f"one of {', '.join(spec.choices)} is needed")
    if isinstance(value, int):
        _check_bounds(spec, value)
    return value


def _check_bounds(spec: ParamSpec, value: int) -> None:
    if spec.least is not None and value < spec.least:
        raise InvalidParams(spec.name, f"at least {spec.least} is needed")
    if spec.most is not None and value > spec.most:
        raise InvalidParams(spec.name, f"at most {spec.most} is possible")
