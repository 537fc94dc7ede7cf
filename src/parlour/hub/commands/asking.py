"""When a person at a terminal is asked before a change of settings: when others lose their places by it."""

from __future__ import annotations

from typing import Any, Literal

__all__ = ["ONLY_TELL", "asks_if_lost"]

ONLY_TELL = "Only tell who would lose a place in a list."

_QUESTIONS = {
    "room": "Change the room {room}, and take their places away?",
    "category": "Change the category {category}, and take their places away?",
}


def asks_if_lost(what: Literal["room", "category"]) -> dict[str, Any]:
    """Fields of a `Command` whose dry run gives `would_lose_people`: places that are gone do not come back when the
    change is taken back."""
    return {"confirm": _QUESTIONS[what], "preview": True, "asks_of": _somebody_would_lose}


def _somebody_would_lose(told: Any) -> bool:
    return bool(told["would_lose_people"])
