"""The public surface: what programs may rely on."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import parlour.client
from parlour.client import Client, ClientError
from tests.client.house import DOMAIN, PASSWORD, house

PAGE = (Path(__file__).parents[2] / "docs" / "sdk.md").read_text(encoding="utf-8")


def test_everything_promised_is_there_and_nothing_else_is() -> None:
    promised = set(parlour.client.__all__)
    public = {
        name for name, value in vars(parlour.client).items() if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert promised == public
    assert parlour.client.__all__ == sorted(promised)


def test_all_errors_are_promised() -> None:
    def below(kind: type) -> set[str]:
        return {kind.__name__}.union(*(below(one) for one in kind.__subclasses__()))

    assert below(ClientError) <= set(parlour.client.__all__)


def test_commands() -> None:
    for name in (
        "join",
        "join_many",
        "part",
        "post",
        "search_rooms",
        "recent_history",
        "get_invitations",
        "get_server_info",
        "open",
        "close",
    ):
        assert inspect.iscoroutinefunction(getattr(Client, name)), name
    assert list(inspect.signature(Client.connect).parameters)[:2] == ["address", "password"]


def test_everything_promised_is_on_the_page() -> None:
    assert not [name for name in parlour.client.__all__ if not re.search(rf"\b{name}\b", PAGE)]


def test_every_argument_of_connect_is_on_the_page() -> None:
    assert not [name for name in inspect.signature(Client.connect).parameters if f"`{name}`" not in PAGE]


async def test_the_example_on_the_page_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)\n```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)
    async with house(tmp_path / "data") as there:
        await names["main"](
            f"alice@{DOMAIN}", PASSWORD, there.room("Lobby"), server=there.server, transport="tcp", auth="digest"
        )
    assert capsys.readouterr().out == "Alice Archer hello\n"
