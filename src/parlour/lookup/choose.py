"""Which channel service should a client call? The least loaded one; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["ChannelLoad", "least_loaded"]


@dataclass(frozen=True, slots=True)
class ChannelLoad:
    """A channel service: its URI, how many sessions it has and how many it takes. One that is `closed` (drains, say)
    takes no more."""

    uri: str
    sessions: int
    capacity: int
    closed: bool = False


def least_loaded(services: Sequence[ChannelLoad]) -> str | None:
    """The URI of the service with the smallest share of its capacity in use; the first of equals; None when nobody has
    room."""
    open_services = [one for one in services if not one.closed and one.sessions < one.capacity]
    if not open_services:
        return None
    return min(open_services, key=lambda one: one.sessions / one.capacity).uri
