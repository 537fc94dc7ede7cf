"""Where does a SIP URI lead? NAPTR is left out, SRV and address records are used (RFC 3263 sections 4.1 and 4.2)."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import dns.asyncresolver
import dns.exception
import dns.resolver

from parlour.sip.uri import SipUri

__all__ = ["Resolver", "SrvRecord", "Target", "in_order"]

_SRV = {"TLS": "_sips._tcp", "TCP": "_sip._tcp", "UDP": "_sip._udp"}
_PORTS = {"TLS": 5061, "TCP": 5060, "UDP": 5060, "WS": 80, "WSS": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """One place to try: `host` may still be a name; the connect call looks its address up."""

    transport: str
    host: str
    port: int


class SrvRecord(Protocol):
    """What order depends on (RFC 2782)."""

    @property
    def priority(self) -> int: ...

    @property
    def weight(self) -> int: ...


_Record = TypeVar("_Record", bound=SrvRecord)


def in_order(records: Iterable[_Record], draw: Callable[[int], int]) -> list[_Record]:
    """SRV records in the order to try them: the lowest priority number first; among equals each is drawn with a chance
    in proportion to its weight (RFC 2782, "Weight"). `draw(n)` gives a number from 0 to n - 1, each as likely."""
    # Those of weight 0 stand first, so that they are drawn now and then, though hardly ever.
    left = sorted(records, key=lambda record: (record.priority, record.weight))
    ordered: list[_Record] = []
    while left:
        equals = [record for record in left if record.priority == left[0].priority]
        ordered.append(left.pop(_drawn(equals, draw)))
    return ordered


def _drawn(equals: list[_Record], draw: Callable[[int], int]) -> int:
    """Which of them: the first up to which the weights add up to the number that was drawn."""
    number = draw(sum(record.weight for record in equals) + 1)
    for place, record in enumerate(equals):
        number -= record.weight
        if number <= 0:
            return place
    raise ValueError("draw gave more than it was asked for")


class Resolver:
    """SRV look-ups with the system's name servers, `timeout` seconds in all; `draw` as for `in_order`."""

    def __init__(self, *, timeout: float = 5.0, draw: Callable[[int], int] = secrets.randbelow) -> None:
        self._timeout = timeout
        self._draw = draw

    async def resolve(self, uri: SipUri, transports: tuple[str, ...] = ("TLS", "TCP")) -> list[Target]:
        """Targets in the order to try: the transport the URI names (none if we do not speak it), else `transports`; SRV
        by priority and weight; the bare host on the default port when there is no SRV record or the URI has a port or
        an address. Nothing where the domain says that the service is not there (target "." in RFC 2782)."""
        wanted = (uri.transport.upper(),) if uri.transport else transports
        if uri.secure or (wanted == ("TCP",) and uri.scheme == "sips"):
            wanted = ("TLS",)
        wanted = tuple(name for name in wanted if name in _PORTS)  # nobody here speaks SCTP
        if uri.port is not None or is_address(uri.host):
            return [Target(name, uri.host, uri.port or _PORTS[name]) for name in wanted]
        services = [await self._service(name, uri.host) for name in wanted]
        if any(found is not None for found in services):
            return [target for found in services for target in found or ()]
        return [Target(name, uri.host, _PORTS[name]) for name in wanted]

    async def _service(self, transport: str, domain: str) -> list[Target] | None:
        """None: the domain says nothing about it."""
        service = _SRV.get(transport)
        if service is None:
            return None
        try:
            answer = await dns.asyncresolver.resolve(f"{service}.{domain}", "SRV", lifetime=self._timeout)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.NoNameservers, dns.exception.Timeout):
            return None
        except (dns.resolver.NoResolverConfiguration, OSError):
            return None  # no name service at all, as on an air-gapped machine: the host name is tried as it is
        records = in_order(answer, self._draw)
        places = [(str(record.target).rstrip("."), record.port) for record in records]
        return [Target(transport, host, port) for host, port in places if host]


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
