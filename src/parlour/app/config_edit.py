"""Changing one setting in a TOML file: validated with all the others, comments and order kept, written in one step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Comment, Table, Whitespace

from parlour.app.config import Settings
from parlour.app.config_load import check_name, make_file_settings, read_text
from parlour.app.files import replace_content
from parlour.app.os_errors import say_os_error
from parlour.app.problems import Problem

__all__ = ["Changed", "change_file", "set_setting", "unset_setting"]


@dataclass(frozen=True, slots=True)
class Changed:
    """What a setting was in the file and is now there; where the file does not have it, its default. `settings` are
    those of the file."""

    name: str
    before: object
    after: object
    settings: Settings


def set_setting(path: Path, name: str, words: Sequence[str]) -> Changed:
    """Set `name` in the file at `path` to what was typed; several words are a list. Raises `Problem`, and then the file
    is as it was."""
    typed = words[0] if len(words) == 1 else list(words)
    return _change(path, name, lambda values: _put(values, name, typed), set_it=True)


def unset_setting(path: Path, name: str) -> Changed:
    """Take `name` out of the file at `path`: its default counts again. Raises `Problem`, and then the file is as it
    was."""
    return _change(path, name, lambda values: _drop(values, name), set_it=False)


def _change(path: Path, name: str, change: Callable[[dict[str, Any]], None], *, set_it: bool) -> Changed:
    check_name(name, str(path))
    document = _parse(path)
    values = document.unwrap()
    # A file may be changed because something in it is wrong.
    before = _find(values, name, make_file_settings({}, str(path)).flat()[name])
    change(values)
    settings = make_file_settings(values, str(path))
    # As the settings have it: numbers are numbers, a domain is in small letters.
    after = settings.flat()[name]
    if set_it:
        _put(document, name, after)
    else:
        _drop(document, name)
    _write(path, document)
    return Changed(name, before, after, settings)


def change_file(path: Path, values: dict[str, object]) -> None:
    """Say `values`, by dotted names and valid, anew in the file at `path`. Raises `Problem`."""
    document = _parse(path)
    for name, value in values.items():
        _put(document, name, value)
    _write(path, document)


def _parse(path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(read_text(path))
    except TOMLKitError as error:
        raise Problem("config-not-toml", path=path, error=error) from error


def _write(path: Path, document: tomlkit.TOMLDocument) -> None:
    try:
        replace_content(path, document.as_string().encode())
    except OSError as error:
        raise Problem("config-not-writable", path=path, error=say_os_error(error)) from error


def _put(values: MutableMapping[str, Any], name: str, value: object) -> None:
    section, _dot, last = name.rpartition(".")
    if section and section not in values:
        values[section] = tomlkit.table() if isinstance(values, tomlkit.TOMLDocument) else {}
    place = values[section] if section else values
    if isinstance(place, Table) and last not in place:
        _add(place, last, value)
    else:
        place[last] = value


def _add(table: Table, name: str, value: object) -> None:
    """Below the last setting of the table: what follows that, a comment as a rule, is about the next table."""
    body = table.value.body
    tail: list[Comment | Whitespace] = []
    while body and isinstance(body[-1][1], Comment | Whitespace):
        tail.append(body[-1][1])
        body.pop()
    table.append(name, value)
    for item in reversed(tail):
        table.add(item)


def _find(values: Mapping[str, Any], name: str, default: object) -> object:
    section, _dot, last = name.rpartition(".")
    place = values.get(section, {}) if section else values
    return place.get(last, default) if isinstance(place, Mapping) else default


def _drop(values: MutableMapping[str, Any], name: str) -> None:
    section, _dot, last = name.rpartition(".")
    place = values.get(section, {}) if section else values
    place.pop(last, None)
