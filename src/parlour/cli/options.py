"""Options that many commands share, and what is made of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parlour.app.i18n import _

if TYPE_CHECKING:
    from parlour.app.config import Settings

__all__ = ["AsJson", "ConfigFile", "DataDirectory", "find_file", "find_settings", "server_directory"]

AsJson = Annotated[bool, typer.Option("--json", help=_("Print JSON for programs."))]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help=_("TOML file with the server's settings."))
]
DataDirectory = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help=_("Data directory of the server (default: ./data).")),
]


def find_settings(config: Path | None, data_dir: Path | None) -> Settings:
    """Settings of the server a command is about: `--config`, else those `quickstart` left in the data directory.
    Raises `Problem`."""
    from parlour.app.config_load import load_settings

    settings = load_settings(find_file(config, data_dir))
    return settings.model_copy(update={"data_dir": server_directory(settings, config, data_dir)})


def server_directory(settings: Settings, config: Path | None, data_dir: Path | None) -> Path:
    """Where the data of the server is: as said on the command line, else where its settings were found, else as they
    say."""
    return _directory(data_dir) if config is None else data_dir or settings.data_dir


def find_file(config: Path | None, data_dir: Path | None) -> Path:
    """The file that the settings stand in. Raises `Problem`."""
    from parlour.app.data_dir import DataDir
    from parlour.app.problems import Problem

    if config is not None:
        return config
    kept = DataDir(_directory(data_dir)).settings
    if not kept.exists():
        raise Problem("data-dir-empty", path=_directory(data_dir))
    return kept


def _directory(data_dir: Path | None) -> Path:
    return data_dir or Path(os.environ.get("PARLOUR_DATA_DIR", "data"))
