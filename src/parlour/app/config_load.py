"""Reading settings from TOML and the environment; every mistake becomes a `Problem` that says how to mend it."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from parlour.app.config import Settings
from parlour.app.i18n import _
from parlour.app.mistakes import first_mistake, say_reason
from parlour.app.problems import Problem

__all__ = ["Source", "load_settings", "make_settings", "setting_names", "setting_sources", "to_toml"]

_PREFIX = "PARLOUR_"
Source = Literal["default", "file", "environment"]


def load_settings(path: Path) -> Settings:
    """Settings from the TOML file at `path`, under the environment's; relative paths in it start at its directory's
    place in the working directory, as everywhere else on a command line. Raises `Problem`."""
    return make_settings(_read_file(path), origin=str(path))


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise Problem("config-not-readable", path=path, error=error.strerror or error) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problem("config-not-toml", path=path, error=error) from error


def setting_sources(path: Path) -> dict[str, Source]:
    """Where the value of each setting comes from that `load_settings` would give. Raises `Problem`."""
    values = _read_file(path)
    return {name: _source(name, values) for name in setting_names()}


def _source(name: str, values: Mapping[str, Any]) -> Source:
    if _variable(name) in os.environ:
        return "environment"
    section, _dot, last = name.rpartition(".")
    place = values.get(section, {}) if section else values
    return "file" if last in place else "default"


def _variable(name: str) -> str:
    return _PREFIX + name.upper().replace(".", "__")


def make_settings(values: Mapping[str, Any], origin: str) -> Settings:
    """Settings from nested `values` that came from `origin`, under the environment's. Raises `Problem`."""
    _refuse_unknown_variables(os.environ)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise _to_problem(first_mistake(error), origin) from error
    listen = settings.listen
    if not (listen.sip or listen.sips or listen.ws or listen.wss or listen.udp):
        raise Problem("config-nothing-to-listen-on")
    return settings


def setting_names(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[str]:
    """Dotted names of all settings: `domain`, `listen.sip`, ..."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from setting_names(kind, f"{prefix}{name}.")
        else:
            yield prefix + name


def to_toml(settings: Settings) -> str:
    """Settings as a TOML file that loads back as the same value. Only strings, numbers, booleans and lists occur."""
    tree = settings.model_dump(mode="json", exclude_none=True)
    lines = [f"{name} = {_toml_value(value)}" for name, value in tree.items() if not isinstance(value, dict)]
    for section, values in tree.items():
        if isinstance(values, dict):
            lines += ["", f"[{section}]", *(f"{name} = {_toml_value(value)}" for name, value in values.items())]
    return "\n".join(lines) + "\n"


def _toml_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_toml_value(item) for item in value) + "]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped) + '"'
    return str(value)


def _refuse_unknown_variables(environ: Mapping[str, str]) -> None:
    known = {_variable(name) for name in setting_names()}
    for variable in environ:
        if variable.startswith(_PREFIX) and variable not in known:
            raise Problem(
                "config-unknown-setting", origin=_("environment"), key=variable, closest=_closest(variable, known)
            )


def _closest(name: str, known: set[str]) -> str:
    """The known name most like `name`; the last word counts when no whole name is near."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if not near:
        by_tail = {candidate.rpartition(".")[2]: candidate for candidate in sorted(known)}
        near = [by_tail[tail] for tail in difflib.get_close_matches(name.rpartition(".")[2], by_tail, n=1, cutoff=0.0)]
    return near[0] if near else "-"


def _settings_and_sections() -> set[str]:
    names = set(setting_names())
    return names | {name.partition(".")[0] for name in names}


def _to_problem(error: ErrorDetails, origin: str) -> Problem:
    path = [str(part) for part in error["loc"]]
    key = ".".join(part for part in path if not part.isdecimal())
    variable = _variable(key)
    if variable in os.environ:
        origin = variable
    if error["type"] == "extra_forbidden":
        return Problem(
            "config-unknown-setting", origin=origin, key=key, closest=_closest(key, _settings_and_sections())
        )
    value = error["input"] if isinstance(error["input"], (str, int, float, bool)) else _("of this kind")
    return Problem("config-bad-value", origin=origin, key=key, value=repr(value), error=say_reason(error))
