"""Addresses to listen on: `127.0.0.1:5060`, `[::1]:5061`, `0.0.0.0:auto` (any free port)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from parlour.app.i18n import _

__all__ = ["AUTO", "ListenAddress", "parse_listen_address", "parse_port"]

AUTO = 0


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """`host` is a literal IPv4 or IPv6 address or a host name; `port` 0 asks the system for a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port or 'auto'}"


def parse_port(text: str) -> int:
    """A port number; `auto` is `AUTO`. `ValueError` says what is expected."""
    if text == "auto":
        return AUTO
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= 65535):
        raise ValueError(_("the port must be a number from 1 to 65535, or `auto` for any free port"))
    return int(text)


def parse_listen_address(text: str) -> ListenAddress:
    """Parse `HOST:PORT`; IPv6 addresses stand in brackets. `ValueError` says what is expected."""
    host, colon, port = text.strip().rpartition(":")
    if not colon or not host:
        raise ValueError(_("write it as ADDRESS:PORT, for example 127.0.0.1:5060"))
    if host.startswith("[") and host.endswith("]"):
        return ListenAddress(_literal(ipaddress.IPv6Address, host[1:-1]), parse_port(port))
    if ":" in host:
        raise ValueError(_("write an IPv6 address in brackets, for example [::1]:5060"))
    if host.replace(".", "").isdecimal():
        host = _literal(ipaddress.IPv4Address, host)
    return ListenAddress(host, parse_port(port))


def _literal(kind: type[ipaddress.IPv4Address | ipaddress.IPv6Address], text: str) -> str:
    try:
        return str(kind(text))
    except ValueError:
        raise ValueError(_("{text} is no IP address").format(text=text)) from None
