"""Flow tokens: how a Record-Route of ours remembers which connection a side of a dialog uses (RFC 5626 section 5.2).

The token stands as the user of our Record-Route address. It is authenticated, so that nobody can aim a request at a
connection of their choice, and it means something to this process only: connections do not outlive it.
"""

from __future__ import annotations

import hashlib
import hmac

__all__ = ["FlowTokens"]

_PREFIX = "f-"


class FlowTokens:
    """`secret`: 16 bytes or more, fresh for each process."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def make(self, flow_id: int) -> str:
        return f"{_PREFIX}{flow_id:x}-{self._mac(flow_id)}"

    def read(self, user: str | None) -> int | None:
        """The connection id in a token; None for anything that is not a token of ours."""
        if not user or not user.startswith(_PREFIX) or not user.isascii():
            return None
        number, _, mac = user[len(_PREFIX) :].partition("-")
        try:
            flow_id = int(number[:16], 16)
        except ValueError:
            return None
        return flow_id if hmac.compare_digest(mac, self._mac(flow_id)) else None

    def _mac(self, flow_id: int) -> str:
        return hmac.digest(self._secret, str(flow_id).encode(), hashlib.sha256).hex()[:20]
