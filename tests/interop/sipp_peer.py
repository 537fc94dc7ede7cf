"""sipp (Debian sip-tester), an unrelated SIP program, played against the server: one process per person.

sipp knows no Digest but MD5, and this build no TLS. The first is made good by `sipp/answer_challenge.py`, which a
scenario runs and whose answer sipp reads from a FIFO, so that it waits exactly as long as needed; the second by a
relay.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

from tests.interop.needs import sipp
from tests.interop.server import DOMAIN, PASSWORD
from tests.ports import free_port

SCENARIOS = Path(__file__).with_name("sipp")
_SECONDS = 180


class SippPeer:
    """`scenario` is a file in tests/interop/sipp; what is given as `keys` stands for `[name]` in it."""

    def __init__(
        self,
        scenario: str,
        port: int,
        directory: Path,
        *,
        user: str = "alice",
        wire: str = "TCP",
        login: str = "",
        password: str = PASSWORD,
        call_id: str = "%u-%p@127.0.0.1",
        **keys: str,
    ) -> None:
        self.name = scenario
        self.directory = directory / f"{scenario}-{user}-{free_port()}"
        self.directory.mkdir()
        self._errors = self.directory / "errors.log"
        self._messages = self.directory / "messages.log"
        os.mkfifo(self.directory / "answer")
        port_here = str(free_port())
        settings = {
            "domain": DOMAIN,
            "user": user,
            "login": login or user,
            "password": password,
            "wire": wire,
            "digest": f"'{sys.executable}' -S -E '{SCENARIOS / 'answer_challenge.py'}'",
            "algorithm": "SHA-256",
            "here": str(self.directory),
            "port": port_here,
            **keys,
        }
        script = self.directory / f"{scenario}.xml"
        script.write_text(_expanded(SCENARIOS / f"{scenario}.xml", settings), encoding="utf-8")
        command = [str(sipp()), f"127.0.0.1:{port}", "-sf", str(script), "-i", "127.0.0.1", "-bind_local"]
        command += ["-t", "u1" if wire == "UDP" else "t1", "-p", port_here, "-cp", str(free_port())]
        command += ["-m", "1", "-timeout", f"{_SECONDS}s", "-timeout_error", "-nostdin"]
        command += ["-recv_timeout", f"{_SECONDS * 1000}"]
        command += [
            "-max_reconnect",
            "0",
            "-cid_str",
            call_id,
            "-default_behaviors",
            "all,-bye",
            "-auth_uri",
            DOMAIN,
            "-skip_rlimit",
        ]
        command += ["-trace_err", "-error_file", str(self._errors), "-trace_msg", "-message_file", str(self._messages)]
        with (self.directory / "screen.log").open("wb") as screen:
            self._process = subprocess.Popen(
                command,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
                env={**os.environ, "TERM": "dumb", "LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )

    def reached(self, mark: str) -> SippPeer:
        """Wait until the scenario has made this mark (a file)."""
        deadline = time.monotonic() + _SECONDS
        while not (self.directory / mark).exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"sipp did not get to {mark!r}\n{self.report()}")
            time.sleep(0.01)
        return self

    def finish(self) -> SippPeer:
        """Wait for the end; every step of the scenario must have come true."""
        try:
            code = self._process.wait(_SECONDS + 5)
        except subprocess.TimeoutExpired:
            self.stop()
            raise AssertionError(f"sipp hangs\n{self.report()}") from None
        assert code == 0, f"sipp ended with {code}\n{self.report()}"
        return self

    def stop(self) -> None:
        """End it, with whatever its commands have left running."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def messages(self) -> str:
        """Everything that was sent and received."""
        return self._messages.read_text(errors="replace") if self._messages.exists() else ""

    def report(self) -> str:
        """What sipp has to say, for a failure."""
        errors = self._errors.read_text(errors="replace") if self._errors.exists() else "(no error log)"
        screen = (self.directory / "screen.log").read_text(errors="replace")
        return (
            f"--- {self.name}: errors\n{errors[-6000:]}\n--- messages\n{self.messages()[-6000:]}\n"
            f"--- screen\n{screen[-1500:]}"
        )


def _expanded(source: Path, settings: Mapping[str, str]) -> str:
    """sipp can neither share steps between scenarios nor use keywords in regular expressions: `<include file="..."/>`
    stands for the steps of another file, `[name]` for a setting."""
    lines = []
    for line in source.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.lstrip().startswith("<include "):
            lines.append(_expanded(SCENARIOS / ElementTree.fromstring(line.strip()).attrib["file"], settings))
        else:
            lines.append(line)
    text = "".join(lines)
    for name, value in settings.items():
        text = text.replace(f"[{name}]", value)
    return text
