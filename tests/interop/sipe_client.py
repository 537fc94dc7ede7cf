"""The real client: a SIPE driver process, its commands and its events."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Event = dict[str, Any]
PATIENCE = 180.0
"""Seconds after which something that was waited for does not come any more, however busy the machine."""


class SipeClient:
    """One signed-in account. Events are kept; `wait` looks at those not yet consumed, then at new ones."""

    def __init__(
        self, driver: Path, user: str, password: str, server: str, transport: str, log: Path, *more: str
    ) -> None:
        command = [str(driver), "--user", user, "--password", password, "--server", server, "--transport", transport]
        command += ["--debug-log", str(log), "--stay", "--timeout", "600", *more]
        self.user = user
        self.log = log
        self.events: list[Event] = []
        self._unseen: list[Event] = []
        self._arrived: queue.Queue[Event | None] = queue.Queue()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._arrived.put(json.loads(line))
        self._arrived.put(None)

    def send(self, **command: str) -> None:
        """A command, in the driver's JSON form."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command, ensure_ascii=False).encode() + b"\n")
        self._process.stdin.flush()

    def wait(self, event: str, /, timeout: float = PATIENCE, **members: object) -> Event:
        """The next event of a kind with these members; those before it stay for later waits."""
        return self.wait_for(
            lambda one: one["event"] == event and all(one.get(key) == value for key, value in members.items()),
            f"{event} {members}",
            timeout,
        )

    def wait_for(self, fits: Callable[[Event], bool], what: str, timeout: float = PATIENCE) -> Event:
        for index, event in enumerate(self._unseen):
            if fits(event):
                del self._unseen[index]
                return event
        deadline = time.monotonic() + timeout
        while True:
            try:
                event = self._arrived.get(timeout=max(0.001, deadline - time.monotonic()))
            except queue.Empty:
                event = None
            if event is None:
                raise AssertionError(f"{self.user} waited for {what}; heard: {self._last()}; SIP log: {self.log}")
            self.events.append(event)
            if fits(event):
                return event
            self._unseen.append(event)

    def _last(self) -> str:
        return "\n".join(json.dumps(event, ensure_ascii=False) for event in self.events[-25:])

    def drain(self, seconds: float) -> list[Event]:
        """Everything that arrives within `seconds`, for tests that something does not happen."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                event = self._arrived.get(timeout=left)
            except queue.Empty:
                break
            if event is None:
                break
            self.events.append(event)
            self._unseen.append(event)
        heard, self._unseen = self._unseen, []
        return heard

    def ready(self) -> SipeClient:
        """Group chat is up: SIPE has asked for invitations and was answered."""
        self.wait("connected")
        self.wait("reply", id="rpl:getinv")
        return self

    def sip_log(self) -> str:
        """Every SIP message in both directions, with SIPE's comments."""
        return self.log.read_text(errors="replace")

    def quit(self) -> int:
        if self._process.poll() is None:
            # It may be leaving of its own accord just now.
            with contextlib.suppress(BrokenPipeError):
                self.send(command="quit")
            try:
                self._process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
        return self._close()

    def kill(self) -> None:
        self._process.kill()
        self._close()

    def _close(self) -> int:
        code = self._process.wait()
        self._reader.join(timeout=5)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        return code

    def __enter__(self) -> SipeClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.quit()
