"""A real server in a directory of its own, and what it uses up."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.accounting import cpu_seconds

__all__ = ["DOMAIN", "PASSWORD", "Server", "ServerFailed", "make_certificate", "parlour", "write_settings"]

DOMAIN = "bench.example.com"
PASSWORD = "bench-password-1"
_START_SECONDS = 60


class ServerFailed(Exception):
    """The server ended or did not become ready."""


def write_settings(directory: Path) -> Path:
    """Settings of the bench: the defaults, but for more endpoints to a person and a history page of 100."""
    path = directory / "bench.toml"
    path.write_text(
        f"""\
domain = "{DOMAIN}"
data_dir = "{directory / "data"}"

[listen]
sip = ["127.0.0.1:auto"]
sips = ["127.0.0.1:auto"]
https = []

[chat]
endpoints_per_user = 100
default_history = 100

[log]
level = "warning"
"""
    )
    return path


def parlour() -> Path:
    """The program, beside the Python that runs the bench."""
    return Path(sys.executable).parent / "parlour"


def make_certificate(settings: Path) -> None:
    """What an administrator does before the first start with TLS. Raises `ServerFailed`."""
    done = subprocess.run([str(parlour()), "certificate", "--config", str(settings)], capture_output=True, text=True)
    if done.returncode != 0:
        raise ServerFailed(f"no certificate: {done.stderr}")


class Server:
    """`parlour serve`, started on entry and ended with SIGTERM on exit. `started_in`: seconds until it was ready."""

    def __init__(self, directory: Path, settings: Path) -> None:
        self._settings = settings
        self._ready_file = directory / "ready.json"
        self._log = directory / "server.log"
        self.ready: dict[str, Any] = {}
        self.started_in = 0.0

    def __enter__(self) -> Server:
        self._ready_file.unlink(missing_ok=True)
        with self._log.open("wb") as log:
            start = time.perf_counter()
            self._process = subprocess.Popen(
                [str(parlour()), "serve", "--config", str(self._settings), "--ready-file", str(self._ready_file)],
                stdout=log,
                stderr=log,
            )
        while not self._ready_file.exists():
            if self._process.poll() is not None or time.perf_counter() - start > _START_SECONDS:
                self._process.kill()
                self._process.wait()
                raise ServerFailed(f"the server did not become ready; the end of its log:\n{self._tail()}")
            time.sleep(0.001)
        self.started_in = time.perf_counter() - start
        self.ready = json.loads(self._ready_file.read_text())
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu(self) -> float:
        """Seconds of processor time used so far. Raises `ServerFailed` when the server is gone."""
        if (status := self._process.poll()) is not None:
            raise ServerFailed(f"the server has ended with status {status}; the end of its log:\n{self._tail()}")
        return cpu_seconds(self.pid)

    def port(self, transport: str) -> int:
        """Of the TCP or the TLS listener."""
        address: str = self.ready["addresses"]["sip" if transport == "tcp" else "sips"]
        return int(address.rpartition(":")[2])

    def _tail(self) -> str:
        return self._log.read_text(errors="replace")[-3000:] if self._log.exists() else "(none)"
