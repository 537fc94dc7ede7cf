"""What a part of the front end wants said: handlers return answers, `frontend.py` sends them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Answer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A response without the parts every response copies from its request. `headers` may repeat a name."""

    status: int
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    content_type: str | None = None
