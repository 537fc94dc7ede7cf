"""The public surface: what programs may rely on."""

from __future__ import annotations

import inspect

import parlour.client
from parlour.client import Client, ClientError


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
