"""`config`: the settings of a server as it would start now, and changing them in its file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parlour.app.i18n import _
from parlour.cli.options import AsJson, ConfigFile, DataDirectory, find_file, find_settings, server_directory
from parlour.cli.output import say, say_json
from parlour.cli.usage import add_verb, new_group

if TYPE_CHECKING:
    from parlour.app.config_edit import Changed

__all__ = ["add_commands"]


def _complete(incomplete: str) -> list[str]:
    from parlour.app.config_load import setting_names

    return [name for name in setting_names() if name.startswith(incomplete)]


Setting = Annotated[
    str,
    typer.Argument(
        metavar="SETTING", help=_("Name of the setting, such as chat.default_history."), autocompletion=_complete
    ),
]
Values = Annotated[list[str], typer.Argument(metavar="VALUE", help=_("The new value; several for a list."))]


def _show(config: ConfigFile = None, data_dir: DataDirectory = None, as_json: AsJson = False) -> None:
    from parlour.cli.asking import render

    rows = _rows(config, data_dir)
    if as_json:
        say_json(rows)
        return
    words = {"default": _("default"), "file": _("file"), "environment": _("environment")}
    for line in render("config.show", [row | {"source": words[row["source"]]} for row in rows]):
        say(line)


def _rows(config: Path | None, data_dir: Path | None) -> list[dict[str, Any]]:
    from parlour.app.config_load import setting_sources

    values = find_settings(config, data_dir).effective()
    sources = setting_sources(find_file(config, data_dir))
    return [{"setting": name, "value": values[name], "source": source} for name, source in sources.items()]


def _get(setting: Setting, config: ConfigFile = None, data_dir: DataDirectory = None, as_json: AsJson = False) -> None:
    from parlour.app.config_load import check_name
    from parlour.cli.asking import render

    check_name(setting, str(find_file(config, data_dir)))
    row = next(row for row in _rows(config, data_dir) if row["setting"] == setting)
    if as_json:
        say_json(row)
        return
    value = row["value"]
    for one in value if isinstance(value, list) else [value]:
        for line in render("config.get", _as_typed(one)):
            say(line)


def _set(
    setting: Setting,
    value: Values,
    config: ConfigFile = None,
    data_dir: DataDirectory = None,
    as_json: AsJson = False,
) -> None:
    from parlour.app.config_edit import set_setting

    path = find_file(config, data_dir)
    _tell(set_setting(path, setting, value), path, config, data_dir, as_json)


def _unset(
    setting: Setting, config: ConfigFile = None, data_dir: DataDirectory = None, as_json: AsJson = False
) -> None:
    from parlour.app.config_edit import unset_setting

    path = find_file(config, data_dir)
    _tell(unset_setting(path, setting), path, config, data_dir, as_json)


def _tell(changed: Changed, path: Path, config: Path | None, data_dir: Path | None, as_json: bool) -> None:
    """What has been changed, and when it counts."""
    from parlour.app.config_load import variable_of
    from parlour.app.data_dir import DataDir
    from parlour.app.quickstart import said_at_every_start
    from parlour.app.terminal import visible

    running = DataDir(server_directory(changed.settings, config, data_dir)).in_use()
    variable = variable_of(changed.name)
    stronger = variable if variable in os.environ else None
    if as_json:
        told = {"setting": changed.name, "value": changed.after, "before": changed.before, "file": str(path)}
        say_json(told | {"restart_needed": running, "overridden_by": stronger})
        return
    now, before = _as_typed(changed.after) or "-", _as_typed(changed.before) or "-"
    text = _("{path}: {name} is now {value}; it was {before}")
    say(visible(text.format(path=path, name=changed.name, value=now, before=before)))
    running_text = _("the server runs with what it read at its start: restart it")
    say(running_text if running else _("it counts from the next start on"))
    if config is None and said_at_every_start(changed.name):
        text = _(
            "`parlour quickstart` says it anew at every start, from its options; `parlour serve --config {path}` obeys"
        )
        say(text.format(path=path))
    if stronger is not None:
        say(_("but the variable {variable} is set here, and goes before the file").format(variable=stronger))


def _as_typed(value: object) -> str:
    """As `set` takes it; what is not set is nothing at all."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(map(str, value)) or "off"
    return "" if value is None else str(value)


def add_commands(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = new_group(_("Show and change the settings of a server."))
    add_verb(group, "show", _("Show every setting, its value and where it comes from."), _show)
    add_verb(group, "get", _("Print the value of one setting."), _get)
    add_verb(group, "set", _("Change one setting in the server's file; the others and all comments stay."), _set)
    add_verb(group, "unset", _("Take one setting out of the server's file: its default counts again."), _unset)
    app.add_typer(group, name="config")
