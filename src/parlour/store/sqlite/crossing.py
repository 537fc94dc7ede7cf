"""From a worker thread back to the event loop: one wake-up for any number of results."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

__all__ = ["Outcome", "deliver"]

# A future and what becomes of it: an exception fails it, anything else is its result.
Outcome = tuple["asyncio.Future[Any]", object]


def deliver(loop: asyncio.AbstractEventLoop, outcomes: Sequence[Outcome]) -> None:
    """Settle the futures on the loop's thread, in order. Nobody is left to tell when the loop is closed."""
    try:
        loop.call_soon_threadsafe(_settle, outcomes)
    except RuntimeError:
        if not loop.is_closed():
            raise


def _settle(outcomes: Sequence[Outcome]) -> None:
    for future, result in outcomes:
        if future.done():
            continue
        if isinstance(result, BaseException):
            future.set_exception(result)
        else:
            future.set_result(result)
