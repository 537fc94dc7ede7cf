"""Ports for servers that are stopped and started again, and must be found where they were."""

from __future__ import annotations

import socket
from pathlib import Path
from random import SystemRandom

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 10_000
_given: set[int] = set()


def free_port() -> int:
    """A port of the loopback that nobody has, for TCP and for UDP, and that no connection of anybody's will be given:
    it is none of those that the kernel takes for outgoing connections. A test gets it once."""
    end = int(_RANGE.read_text().split()[0]) if _RANGE.exists() else 32_768
    # Not the generator that tests are seeded with: two runs with one seed would want the same ports.
    for _ in range(1000):
        port = SystemRandom().randrange(_LOWEST, max(end, _LOWEST + 1000))
        if port not in _given and _is_free(port):
            _given.add(port)
            return port
    raise AssertionError("no port is free")


def _is_free(port: int) -> bool:
    try:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as probe:
                probe.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True
