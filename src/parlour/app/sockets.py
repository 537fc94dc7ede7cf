"""Bound sockets, and what their failures mean to the person who chose the address."""

from __future__ import annotations

import errno
import socket

from parlour.app.addresses import ListenAddress
from parlour.app.os_errors import say_os_error
from parlour.app.problems import Problem

__all__ = ["bind", "listen_problem"]


def bind(listener: str, address: ListenAddress, kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
    """A bound, non-blocking socket for the setting `listen.<listener>`. Raises `Problem`."""
    try:
        family, _kind, _proto, _name, where = socket.getaddrinfo(
            address.host, address.port, type=kind, flags=socket.AI_PASSIVE
        )[0]
        found = socket.socket(family, kind)
    except OSError as error:
        raise listen_problem(listener, address, error) from error
    try:
        if kind is socket.SOCK_STREAM:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # `::` means IPv6 only: 0.0.0.0 is listed beside it by those who want both.
            found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        found.setblocking(False)
        found.bind(where)
    except OSError as error:
        found.close()
        raise listen_problem(listener, address, error) from error
    return found


def listen_problem(listener: str, address: ListenAddress, error: OSError) -> Problem:
    """The problem behind `error`, which binding or listening raised."""
    if error.errno == errno.EADDRINUSE:
        return Problem("listen-port-in-use", listener=listener, address=address)
    if error.errno in (errno.EACCES, errno.EPERM):
        return Problem("listen-not-permitted", listener=listener, address=address)
    return Problem("listen-failed", listener=listener, address=address, error=say_os_error(error))
