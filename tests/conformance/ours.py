"""Our own server: `parlour serve` in a process of its own, set up as an administrator does it, with `parlour`."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.controller import Capability, Controller, Person

_PARLOUR = [sys.executable, "-c", "from parlour.cli.main import main; main()"]
_PASSWORD = "Secret123"
_NAMES = {"alice": "Alice Ames", "bob": "Bob Burke", "carol": "캐럴 김", "dave": "大卫", "root": "Root"}


class Ours(Controller):
    """Lives in `directory`. People, categories and rooms are made when a script first asks for them."""

    capabilities = frozenset(Capability)
    domain = "contoso.example"
    host = "127.0.0.1"
    pool = f"sip:GC-1-PersistentChatService-1@{domain}"
    lookup = f"sip:ocschat@{domain}"

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log = directory / "log"
        self._config = directory / "parlour.toml"
        self._ready = directory / "ready.json"
        self._trace = directory / "trace"
        self._process: subprocess.Popen[bytes] | None = None
        self._people: dict[str, Person] = {}
        self._uris: dict[str, str] = {}

    # -- the process ---------------------------------------------------------------------------------------------

    def start(self, **settings: Mapping[str, Any]) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._config.write_text(_toml(self._settings(settings)), encoding="utf-8")
        self._ready.unlink(missing_ok=True)
        command = [*_PARLOUR, "serve", "--config", str(self._config), "--ready-file", str(self._ready)]
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=_environment()
            )
        try:
            self.port = self._get_ready(self._process)
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise

    def _get_ready(self, process: subprocess.Popen[bytes]) -> int:
        """The port of a server that takes connections."""
        deadline = time.monotonic() + 180
        while not self._ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server did not get ready:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.01)
        address = json.loads(self._ready.read_text())["addresses"]["sip"]
        return int(str(address).rpartition(":")[2])

    def _settings(self, settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        sections: dict[str, Any] = {
            "domain": self.domain,
            "data_dir": str(self.directory / "data"),
            "listen": {"sip": ["127.0.0.1:auto"], "sips": [], "https": []},
            "web": {"file_service_url": f"https://files.{self.domain}/PersistentChat/MGCWebService.asmx"},
        }
        for name, section in settings.items():
            sections[name] = {**sections.get(name, {}), **section}
        if sections.get("log", {}).get("trace"):
            sections["log"]["trace"] = str(self._trace)
        return sections

    def stop(self) -> None:
        """As systemd does; a server that complained on the way has failed."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(timeout=180)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        assert code == 0, code
        assert "Traceback" not in self.log.read_text(), self.log.read_text()[-4000:]

    def trace(self) -> Sequence[str]:
        return self._trace.read_text(encoding="utf-8").splitlines()

    @contextlib.contextmanager
    def trouble(self) -> Iterator[None]:
        """Another program writes to the database and does not finish."""
        database = self.directory / "data" / "parlour.db"
        with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield
            other.execute("ROLLBACK")

    # -- who and what is there ------------------------------------------------------------------------------------

    def person(self, login: str) -> Person:
        if login not in self._people:
            more = ["--admin"] if login == "root" else []
            name = _NAMES.get(login, login.title())
            self.admin("user", "add", login, "--display-name", name, "--password-stdin", *more)
            self._people[login] = Person(login, f"sip:{login}@{self.domain}", _PASSWORD)
        return self._people[login]

    def category(self, name: str, **settings: object) -> str:
        if name not in self._uris:
            made = self.admin("category", "create", name, *self._options({"allow": "everyone", **settings}))
            self._uris[name] = f"ma-cat://{self.domain}/{made['id']}"
        return self._uris[name]

    def room(self, name: str, **settings: object) -> str:
        if name not in self._uris:
            category = str(settings.setdefault("category", "Operations"))
            self.category(category)
            made = self.admin("room", "create", name, *self._options(settings))
            self._uris[name] = f"ma-chan://{self.domain}/{made['id']}"
        return self._uris[name]

    def _options(self, settings: Mapping[str, object]) -> Iterable[str]:
        for name, value in settings.items():
            if isinstance(value, bool):
                yield f"--{name}" if value else f"--no-{name}"
                continue
            for one in [value] if isinstance(value, str) else list(value):  # type: ignore[call-overload]
                if name in ("member", "manager", "presenter", "creator", "allow", "deny") and one in _NAMES:
                    self.person(one)
                yield from (f"--{name}", one)

    def admin(self, *words: str) -> Any:
        """Run `parlour WORDS` in this process, which spares its start; its JSON."""
        out, err = io.StringIO(), io.StringIO()
        code = _run([*words, "--config", str(self._config), "--json"], out, err)
        assert code == 0, f"parlour {' '.join(words)}: {err.getvalue()}"
        return json.loads(out.getvalue())


def _run(words: Sequence[str], out: io.StringIO, err: io.StringIO) -> int:
    from parlour.cli.main import main

    with pytest.MonkeyPatch.context() as patch:
        for name in set(os.environ) - set(_environment()):
            patch.delenv(name)
        patch.setattr(sys, "stdin", io.StringIO(f"{_PASSWORD}\n"))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main(words)
            except SystemExit as left:
                return int(left.code or 0)
    return 0


def _environment() -> dict[str, str]:
    """What steers tests (PARLOUR_KILL_ROUNDS, PARLOUR_CONFORMANCE_...) is no setting of the server's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PARLOUR_")} | {"LC_ALL": "C"}


def _toml(sections: Mapping[str, Any]) -> str:
    plain = [f"{name} = {json.dumps(value)}" for name, value in sections.items() if not isinstance(value, dict)]
    for name, section in sections.items():
        if isinstance(section, dict):
            plain += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in section.items())]
    return "\n".join(plain) + "\n"
