"""A real server for interop tests: `parlour quickstart` in a process of its own, killed and restarted at will."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from parlour.app.config import Settings
from parlour.cli import link
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".venv/bin/parlour"
DOMAIN = "contoso.example"
PASSWORD = "Secret123"
PATIENCE = 180.0
"""Seconds after which a start or a stop hangs, however busy the machine."""


class Server:
    """Ports stay the same over restarts, as clients reconnect to them."""

    def __init__(
        self,
        data_dir: Path,
        *,
        env: Mapping[str, str] | None = None,
        program: Sequence[str] = (str(PROGRAM),),
        beside: Path | None = None,
        **options: str,
    ) -> None:
        """`env`: settings without a flag, as `PARLOUR_<SECTION>__<NAME>`; `program`: what is run; `beside`: where
        log and ready file are, next to the data by itself."""
        self.program = tuple(program)
        self.data_dir = data_dir
        # What steers the tests (PARLOUR_KILL_ROUNDS, ...) is no setting of the server's.
        own = {name: value for name, value in os.environ.items() if not name.startswith("PARLOUR_")}
        self.env = {**own, **(env or {})}
        self.ports = {"sip": free_port(), "sips": free_port(), "ws": free_port()}
        self.options = options
        self.ready: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None
        beside = beside or data_dir.parent
        self.log = beside / f"{data_dir.name}.log"
        self._ready_file = beside / f"{data_dir.name}.ready.json"

    def start(self, timeout: float = PATIENCE) -> Server:
        """Come back when it is ready; otherwise nothing is left running. Raises AssertionError."""
        self._ready_file.unlink(missing_ok=True)
        command = [*self.program, "quickstart", "--data-dir", str(self.data_dir), "--domain", DOMAIN]
        command += ["--listen", "127.0.0.1", "--https-port", "off", "--demo-password", PASSWORD]
        for name, port in self.ports.items():
            command += [f"--{name}-port", str(port)]
        command += ["--ready-file", str(self._ready_file)]
        for name, value in self.options.items():
            command += [f"--{name.replace('_', '-')}", value]
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=self.env)
        try:
            self.ready = self._get_ready(self._process, timeout)
        except BaseException:
            self.kill()
            raise
        return self

    def _get_ready(self, process: subprocess.Popen[bytes], timeout: float) -> dict[str, Any]:
        """What the server says of itself."""
        deadline = time.monotonic() + timeout
        while not self._ready_file.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server did not get ready:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.02)
        ready: dict[str, Any] = json.loads(self._ready_file.read_text())
        return ready

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """`kill -9`: no warning, no cleaning up."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        if self._process is None or self._process.poll() is not None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def room(self, name: str) -> str:
        """The URI of a demo room."""
        return next(str(room["uri"]) for room in self.ready["rooms"] if room["name"] == name)

    def cli(self, *arguments: str) -> Any:
        """Run a CLI verb against this server; its JSON."""
        done = subprocess.run(
            [str(PROGRAM), *arguments, "--data-dir", str(self.data_dir), "--json"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout} {done.stderr}"
        return json.loads(done.stdout)

    def ask(self, command: str, **params: object) -> Any:
        """Run an administrative command (`room.create`) over the admin socket, without a process for each."""
        return link.run(Settings(data_dir=self.data_dir), command, params)

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.stop()
