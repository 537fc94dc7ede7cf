"""Who a request surely comes from: set by `frontend` once authentication is done, read by every service."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Identity"]


@dataclass(frozen=True, slots=True)
class Identity:
    """`uri` is the person's `sip:user@domain`; `endpoint` is the epid or instance id of the device ("" if it has
    none)."""

    uri: str
    display_name: str
    endpoint: str = ""
    user_agent: str = ""
