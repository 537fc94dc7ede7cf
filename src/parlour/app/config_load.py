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

from parlour.app.config import FileSettings, Settings
from parlour.app.i18n import _
from parlour.app.mistakes import first_mistake, say_reason
from parlour.app.os_errors import say_os_error
from parlour.app.problems import Problem

__all__ = [
    "Source",
    "check_name",
    "load_settings",
    "make_file_settings",
    "make_settings",
    "read_text",
    "read_values",
    "setting_names",
    "setting_sources",
    "to_toml",
    "variable_of",
]

_PREFIX = "PARLOUR_"
Source = Literal["default", "file", "environment"]


def load_settings(path: Path) -> Settings:
    """Settings from the TOML file at `path`, under the environment's; relative paths in it start at its directory's
    place in the working directory, as everywhere else on a command line. Raises `Problem`."""
    return make_settings(read_values(path), origin=str(path))


def read_values(path: Path) -> dict[str, Any]:
    """What stands in the file. Raises `Problem`."""
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise Problem("config-not-toml", path=path, error=error) from error


def read_text(path: Path) -> str:
    """The file as it is, line ends included. Raises `Problem`."""
    try:
        # Some editors begin a file with a byte order mark, which TOML has no place for.
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Problem("config-not-readable", path=path, error=say_os_error(error)) from error
    except UnicodeDecodeError as error:
        raise Problem("config-not-toml", path=path, error=error) from error


def setting_sources(path: Path) -> dict[str, Source]:
    """Where the value of each setting comes from that `load_settings` would give. Raises `Problem`."""
    values = read_values(path)
    return {name: _source(name, values) for name in setting_names()}


def _source(name: str, values: Mapping[str, Any]) -> Source:
    if variable_of(name) in os.environ:
        return "environment"
    section, _dot, last = name.rpartition(".")
    place = values.get(section, {}) if section else values
    return "file" if last in place else "default"


def variable_of(name: str) -> str:
    """The environment variable that goes before the file."""
    return _PREFIX + name.upper().replace(".", "__")


def make_settings(values: Mapping[str, Any], origin: str) -> Settings:
    """Settings from nested `values` that came from `origin`, under the environment's. Raises `Problem`."""
    _refuse_unknown_variables(os.environ)
    return _make(Settings, values, origin)


def make_file_settings(values: Mapping[str, Any], origin: str) -> Settings:
    """Settings from nested `values` alone, without the environment's. Raises `Problem`."""
    return _make(FileSettings, values, origin)


def _make(kind: type[Settings], values: Mapping[str, Any], origin: str) -> Settings:
    try:
        settings = kind(**values)
    except ValidationError as error:
        raise _to_problem(first_mistake(error), origin, of_environment=kind is Settings) from error
    listen = settings.listen
    if not (listen.sip or listen.sips or listen.ws or listen.wss or listen.udp):
        raise Problem("config-nothing-to-listen-on")
    if not (settings.auth.ntlm or settings.auth.digest or settings.auth.digest_md5):
        raise Problem("config-no-sign-in")
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
    """Settings as a TOML file that loads back as the same value."""
    import tomlkit

    return tomlkit.dumps(settings.model_dump(mode="json", exclude_none=True))


def _refuse_unknown_variables(environ: Mapping[str, str]) -> None:
    known = {variable_of(name) for name in setting_names()}
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


def check_name(name: str, origin: str) -> None:
    """Raises `Problem` unless there is a setting called `name`."""
    known = set(setting_names())
    if name not in known:
        of_section = [setting for setting in setting_names() if setting.startswith(f"{name}.")]
        closest = of_section[0] if of_section else _closest(name, known)
        raise Problem("config-unknown-setting", origin=origin, key=name, closest=closest)


def _to_problem(error: ErrorDetails, origin: str, *, of_environment: bool) -> Problem:
    path = [str(part) for part in error["loc"]]
    key = ".".join(part for part in path if not part.isdecimal())
    variable = variable_of(key)
    if of_environment and variable in os.environ:
        origin = variable
    if error["type"] == "extra_forbidden":
        return Problem(
            "config-unknown-setting", origin=origin, key=key, closest=_closest(key, _settings_and_sections())
        )
    value = repr(error["input"]) if isinstance(error["input"], (str, int, float, bool)) else _("of this kind")
    return Problem("config-bad-value", origin=origin, key=key, value=value, error=say_reason(error))
