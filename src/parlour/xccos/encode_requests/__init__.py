"""What a client says: commands and posts, by template. The counterpart of `decode`, module by module."""

from __future__ import annotations

from parlour.xccos.encode_requests.envelope import REQUESTS, encode_requests
from parlour.xccos.types import Sayable

__all__ = ["REQUESTS", "Sayable", "encode_requests"]
