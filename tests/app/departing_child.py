"""Run by test_departures.py: removes a person or a group, and kills itself at the point that it is told."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from parlour.app.config_load import make_settings
from parlour.app.wiring import open_core
from parlour.directory.database import AccountsDatabase
from parlour.store.sqlite import SqliteStore, departing


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(act: Callable[..., Any], after: bool) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        if not after:
            die()
        act(*args, **kwargs)
        die()

    return run


def dying_later(act: Callable[..., Any]) -> Callable[..., Any]:
    async def run(*args: Any, **kwargs: Any) -> None:
        await act(*args, **kwargs)
        die()

    return run


def arm(point: str) -> None:
    """`accounts`, `store`, `note`: before, in or after the write to the accounts, to the store, of the note that all
    is done."""
    place, _, when = point.partition("-")
    after = when == "after"
    if place == "accounts":
        AccountsDatabase._remove = dying(AccountsDatabase._remove, after)  # type: ignore[method-assign]
    elif place == "note":
        AccountsDatabase.settle_departed = dying(AccountsDatabase.settle_departed, after)  # type: ignore[method-assign]
    elif when == "within":
        departing.save_categories_and_rooms = dying(departing.save_categories_and_rooms, after=True)
    else:
        SqliteStore.forget = dying_later(SqliteStore.forget)  # type: ignore[method-assign]


async def main(data_dir: str, point: str, command: str, params: str) -> None:
    arm(point)
    async with open_core(make_settings({"data_dir": data_dir, "domain": "example.com"}, "test")) as core:
        print(await core.commands.run(command, json.loads(params)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
