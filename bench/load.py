"""The load generator as a child process: one command, one result."""

from __future__ import annotations

import json
import select
import subprocess
from pathlib import Path
from typing import Any

__all__ = ["Load", "LoadFailed"]

Result = dict[str, Any]


class LoadFailed(Exception):
    """The load generator ended, did not answer in time, or its endpoints were refused."""


class Load:
    """`options` are those of bench/c/load.c: port, tls, auth, domain, password, endpoints ..."""

    def __init__(self, program: Path, **options: str | int) -> None:
        words = [f"{name}={value}" for name, value in options.items()]
        self._process = subprocess.Popen(
            [str(program), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.rooms = 0

    def __enter__(self) -> Load:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up all endpoints."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def run(self, verb: str, timeout: float = 120, **params: str | int) -> Result:
        """Send a command and wait for its result. Raises `LoadFailed`."""
        assert self._process.stdin and self._process.stdout
        line = " ".join([verb, *(f"{name}={value}" for name, value in params.items())])
        try:
            self._process.stdin.write(line + "\n")
        except BrokenPipeError:
            raise LoadFailed(f"the load generator has ended before: {line}") from None
        readable, _, _ = select.select([self._process.stdout], [], [], timeout)
        answer = self._process.stdout.readline() if readable else ""
        if not answer:
            state = self._process.poll()
            raise LoadFailed(f"no result within {timeout:.0f} s (exit status {state}) for: {line}")
        result: Result = json.loads(answer)
        return result

    def must(self, verb: str, timeout: float = 120, **params: str | int) -> Result:
        """`run`, and fail when any unit failed."""
        result = self.run(verb, timeout, **params)
        if result.get("failed") or result["downs"] or result["bad_signatures"]:
            raise LoadFailed(f"{verb} {params}: {json.dumps(result)}")
        return result

    def room(self, uri: str) -> int:
        """Make a room known; its number for later commands."""
        number: int = self.must("room", uri=uri)["room"]
        self.rooms = number + 1
        return number
