"""The ready file: what a script needs to know about a server that accepts connections, as one JSON object.

    {"version": "0.1.0", "pid": 4711, "domain": "parlour.local", "data_dir": "/srv/parlour/data",
     "addresses": {"sip": "127.0.0.1:5060", "https": "127.0.0.1:8443"},
     "listeners": [{"transport": "sip", "host": "127.0.0.1", "port": 5060}, ...],
     "certificate": "/srv/parlour/data/certificate.pem", "admin_socket": "/srv/parlour/data/admin.sock",
     "users": [{"name": "alice", "uri": "sip:alice@parlour.local", "login": "alice@parlour.local", "password": "..."}],
     "rooms": [{"name": "Lobby", "uri": "ma-chan://parlour.local/...", "visibility": "open", "members": []}]}

`addresses` has the first listener of each transport. `users` and `rooms` are those of the demo; `serve` has none.
A password that the server does not know is null.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from parlour import __version__
from parlour.app.addresses import ListenAddress
from parlour.app.config import Settings
from parlour.app.data_dir import DataDir
from parlour.app.files import write_atomically
from parlour.app.os_errors import say_os_error
from parlour.app.problems import Problem

__all__ = ["Demo", "DemoRoom", "DemoUser", "Listening", "remove_ready_file", "write_ready_file"]


@dataclass(frozen=True, slots=True)
class Listening:
    """A listener as it is: `transport` is the name of its setting, the port is a real one."""

    transport: str
    host: str
    port: int

    def __str__(self) -> str:
        return str(ListenAddress(self.host, self.port))


@dataclass(frozen=True, slots=True)
class DemoUser:
    """`login` is what a client asks for; `password` None when somebody has changed it."""

    name: str
    uri: str
    login: str
    password: str | None


@dataclass(frozen=True, slots=True)
class DemoRoom:
    """`uri` is the room's `ma-chan` URI; `visibility` as people call it: open, closed or secret."""

    name: str
    uri: str
    visibility: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Demo:
    """What `quickstart` makes so that there is something to try."""

    users: tuple[DemoUser, ...] = ()
    rooms: tuple[DemoRoom, ...] = ()


def remove_ready_file(path: Path) -> None:
    """Forget an earlier run, so that nobody takes its file for this run's. Raises `Problem`."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise Problem("ready-file-unwritable", path=path, error=say_os_error(error)) from error


def write_ready_file(path: Path, settings: Settings, listening: Sequence[Listening], demo: Demo) -> None:
    """Write the file in one step, mode 0600 (it may hold demo passwords). Raises `Problem`."""
    addresses: dict[str, str] = {}
    for listener in listening:
        addresses.setdefault(listener.transport, str(listener))
    content = {
        "version": __version__,
        "pid": os.getpid(),
        "domain": settings.domain,
        "data_dir": str(settings.data_dir.absolute()),
        "addresses": addresses,
        "listeners": [asdict(listener) for listener in listening],
        "certificate": str(settings.certificate_path.absolute()) if settings.needs_certificate else None,
        "admin_socket": str(DataDir(settings.data_dir.absolute()).admin_socket),
        "users": [asdict(user) for user in demo.users],
        "rooms": [asdict(room) for room in demo.rooms],
    }
    try:
        write_atomically(path, json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n")
    except OSError as error:
        raise Problem("ready-file-unwritable", path=path, error=say_os_error(error)) from error
