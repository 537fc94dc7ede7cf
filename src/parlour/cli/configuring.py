"""`config show`: the settings of a server as it would start now, and where each comes from."""

from __future__ import annotations

import typer

from parlour.app.i18n import _
from parlour.cli.options import AsJson, ConfigFile, DataDirectory, find_file, find_settings
from parlour.cli.output import say, say_json
from parlour.cli.usage import add_verb, new_group

__all__ = ["add_commands"]


def _show(config: ConfigFile = None, data_dir: DataDirectory = None, as_json: AsJson = False) -> None:
    from parlour.app.config_load import setting_sources
    from parlour.cli.asking import render

    values = find_settings(config, data_dir).effective()
    rows = [
        {"setting": name, "value": values[name], "source": source}
        for name, source in setting_sources(find_file(config, data_dir)).items()
    ]
    if as_json:
        say_json(rows)
        return
    words = {"default": _("default"), "file": _("file"), "environment": _("environment")}
    for line in render("config.show", [row | {"source": words[str(row["source"])]} for row in rows]):
        say(line)


def add_commands(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = new_group(_("Show the settings in force."))
    group.callback()(_nothing)
    add_verb(group, "show", _("Show every setting, its value and where it comes from."), _show)
    app.add_typer(group, name="config")


def _nothing() -> None:
    """A group with one command stays a group."""
