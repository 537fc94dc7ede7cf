"""Where does a SIP URI lead? NAPTR is left out, SRV and address records are used (RFC 3263 sections 4.1 and 4.2)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

import dns.asyncresolver
import dns.exception
import dns.resolver

from parlour.sip.uri import SipUri

__all__ = ["Resolver", "Target"]

_SRV = {"TLS": "_sips._tcp", "TCP": "_sip._tcp", "UDP": "_sip._udp"}
_PORTS = {"TLS": 5061, "TCP": 5060, "UDP": 5060, "WS": 80, "WSS": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """One place to try: `host` may still be a name; the connect call looks its address up."""

    transport: str
    host: str
    port: int


class Resolver:
    """SRV look-ups with the system's name servers, `timeout` seconds in all."""

    def __init__(self, *, timeout: float = 5.0) -> None:
        self._timeout = timeout

    async def resolve(self, uri: SipUri, transports: tuple[str, ...] = ("TLS", "TCP")) -> list[Target]:
        """Targets in the order to try: the transport the URI names (none if we do not speak it), else `transports`; SRV
        by priority and weight; the bare host on the default port when there is no SRV record or the URI has a port or
        an address."""
        wanted = (uri.transport.upper(),) if uri.transport else transports
        if uri.secure or (wanted == ("TCP",) and uri.scheme == "sips"):
            wanted = ("TLS",)
        wanted = tuple(name for name in wanted if name in _PORTS)  # nobody here speaks SCTP
        if uri.port is not None or is_address(uri.host):
            return [Target(name, uri.host, uri.port or _PORTS[name]) for name in wanted]
        found: list[Target] = []
        for name in wanted:
            found.extend(await self._service(name, uri.host))
        return found or [Target(name, uri.host, _PORTS[name]) for name in wanted]

    async def _service(self, transport: str, domain: str) -> list[Target]:
        service = _SRV.get(transport)
        if service is None:
            return []
        try:
            answer = await dns.asyncresolver.resolve(f"{service}.{domain}", "SRV", lifetime=self._timeout)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.NoNameservers, dns.exception.Timeout):
            return []
        except (dns.resolver.NoResolverConfiguration, OSError):
            return []  # no name service at all, as on an air-gapped machine: the host name is tried as it is
        records = sorted(answer, key=lambda record: (record.priority, -record.weight))
        return [Target(transport, str(record.target).rstrip("."), record.port) for record in records]


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
