"""Which of several final responses a forking proxy passes on (RFC 3261 section 16.7, step 6). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from parlour.sip.message import Response

__all__ = ["best_response"]

# Within 4xx, answers that tell the caller what to do differently say more than others.
_TELLING = (401, 407, 415, 420, 484)


def best_response(responses: Sequence[Response]) -> Response | None:
    """The best of the final responses of all branches; None when there is none."""
    return min(responses, key=_rank, default=None)


def _rank(response: Response) -> tuple[int, int, int]:
    status = response.status
    family = 0 if status >= 600 else status // 100
    telling = 0 if status in _TELLING else 1
    # 503 speaks of one server, not of the callee; 408 and 480 say little; prefer anything else of the same class.
    vague = 1 if status in (408, 480, 503) else 0
    return family, telling, vague
