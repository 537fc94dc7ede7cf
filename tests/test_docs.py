"""The pages for operators name everything there is: each setting, command, option, metric and problem."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
import typer.main
from pydantic import BaseModel

from parlour.app.config import Settings
from parlour.app.measuring import name_readings
from parlour.app.metrics import Metrics
from parlour.app.problems import PROBLEMS
from parlour.cli.commands import build
from parlour.frontend.proof import Why

DOCS = Path(__file__).parent.parent / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def settings(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from settings(kind, f"{prefix}{name}.")
        else:
            yield prefix + name, field.description or ""


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, child in sorted(getattr(command, "commands", {}).items()):
        yield (*path, name), child
        yield from commands(child, (*path, name))


def sections(text: str) -> dict[str, str]:
    """Text of each heading like "### `parlour room create`" up to the next heading."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in text.splitlines():
        if line.startswith("#"):
            heading = line.strip("# `")
        found.setdefault(heading, []).append(line)
    return {name: "\n".join(lines) for name, lines in found.items()}


@pytest.mark.parametrize(("name", "description"), list(settings()))
def test_every_setting_is_on_the_page_with_its_own_words(name: str, description: str) -> None:
    assert f"| `{name}` | {description} |" in page("configuration.md")


def words(path: tuple[str, ...], command: Any) -> list[str]:
    """Arguments and options as the page writes them. What all administrative commands share stands in one place."""
    shared = {"--json", "--config", "--data-dir"} if len(path) > 1 else set()
    options = [option for one in command.params for option in (*one.opts, *one.secondary_opts) if option[0] == "-"]
    arguments = [one.metavar for one in command.params if one.param_type_name == "argument"]
    return [word for word in (*arguments, *options) if word not in shared | {"--help", "-h"}]


def test_every_command_and_option_is_on_the_page() -> None:
    text = sections(page("cli.md"))
    root = typer.main.get_command(build())
    named = {
        "parlour " + " ".join(path): words(path, one) for path, one in commands(root) if not hasattr(one, "commands")
    }
    assert not [heading for heading in named if heading not in text]
    assert not [f"{heading}: {word}" for heading in named for word in named[heading] if f"`{word}" not in text[heading]]
    common = text["Options of every command"] + text["Options of the administrative commands"]
    for option in ("--lang", "--debug", "--version", "--help", "--json", "--config", "--data-dir"):
        assert f"`{option}" in common


def test_the_page_names_no_command_that_is_gone() -> None:
    known = {"parlour " + " ".join(path) for path, _command in commands(typer.main.get_command(build()))}
    named = {name for name in sections(page("cli.md")) if name.startswith("parlour ")}
    assert named <= known


@pytest.mark.parametrize("id", PROBLEMS)
def test_every_problem_is_on_the_page(id: str) -> None:
    assert f"| `{id}` |" in page("operations.md")


def test_the_page_names_no_problem_that_is_gone() -> None:
    rows = page("operations.md").partition("## Problems")[2].splitlines()
    named = {row.split("`")[1] for row in rows if row.startswith("| `")}
    assert named == set(PROBLEMS)


def test_every_reason_of_a_failed_sign_in_is_on_the_page() -> None:
    row = next(line for line in page("operations.md").splitlines() if "| `parlour_sign_in_failures_total` |" in line)
    assert not [why.value for why in Why if f"`{why.value}`" not in row]


def test_every_part_of_readiness_is_on_the_page() -> None:
    row = next(line for line in page("operations.md").splitlines() if "| `/health/ready` |" in line)
    assert not [part for part in ("sessions", "disk", "store") if f"`{part}`" not in row]


def test_every_metric_is_on_the_page() -> None:
    metrics = Metrics("test")
    name_readings(metrics, MagicMock(), MagicMock())
    assert metrics.names
    assert not [name for name in metrics.names if f"| `{name}` |" not in page("operations.md")]
