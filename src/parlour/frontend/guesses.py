"""Wrong passwords are counted per account and per place; who has guessed too often waits (`sip.auth.backoff`)."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from parlour.frontend.people import People
from parlour.sip.auth.backoff import BackoffSettings, FailureBackoff
from parlour.ua.connection import Connection

__all__ = ["Guesses", "place_of"]


class Guesses:
    """One per server."""

    def __init__(self, people: People, clock: Callable[[], float], settings: BackoffSettings | None = None) -> None:
        self._people = people
        self._clock = clock
        self._backoff = FailureBackoff(settings)

    def wait(self, login: str, connection: Connection) -> float:
        """Seconds until this login may be tried again from there; 0: now."""
        return self._backoff.check(place_of(connection.peer[0]), self._account(login), self._clock())

    def failed(self, login: str, connection: Connection) -> None:
        self._backoff.failed(place_of(connection.peer[0]), self._account(login), self._clock())

    def succeeded(self, login: str, connection: Connection) -> None:
        self._backoff.succeeded(place_of(connection.peer[0]), self._account(login), self._clock())

    def _account(self, login: str) -> str:
        """One spelling per account, whether it exists or not."""
        return self._people.find_by_login(login) or login.casefold()


def place_of(host: str) -> str:
    """An address as one place: an IPv6 network of 64 bits is usually one customer, who may use all of it."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
