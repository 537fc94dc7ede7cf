"""`parlour check`: would a server start with these settings, and start well? Looks, and changes nothing."""

from __future__ import annotations

import datetime
import socket
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from parlour.app.certificates import read_facts, server_context
from parlour.app.config import Settings
from parlour.app.data_dir import DataDir
from parlour.app.i18n import _
from parlour.app.problems import Problem
from parlour.app.sockets import bind
from parlour.app.trace import check_trace
from parlour.rooms.model import PrincipalKind
from parlour.store.sqlite.damage import tells_damage

__all__ = ["Finding", "Outcome", "check"]

# No server of this version ran before this day.
_EPOCH = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)


class Outcome(Enum):
    """A warning does not keep the server from starting."""

    GOOD = "good"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `name` is for people, `problem` None when it is good."""

    name: str
    outcome: Outcome
    problem: Problem | None = None

    def as_json(self) -> dict[str, Any]:
        """For `check --json`."""
        found: dict[str, Any] = {"name": self.name, "outcome": self.outcome.value}
        if self.problem is not None:
            found["problem"] = {
                "id": self.problem.id,
                "what": self.problem.what,
                "cause": self.problem.cause,
                "remedy": self.problem.remedy,
            }
        return found


def check(settings: Settings, now: datetime.datetime | None = None) -> list[Finding]:
    """Everything looked at, in order; `now` is for tests. Settings that do not load never come this far."""
    now = now or datetime.datetime.now(datetime.UTC)
    findings = [Finding(_("settings"), Outcome.GOOD)]
    for name, problems, outcome in (
        (_("clock"), _clock(now), Outcome.FAILED),
        (_("data directory"), _data_dir(settings), Outcome.FAILED),
        (_("permissions"), _permissions(settings), Outcome.WARNING),
        (_("database"), _databases(settings), Outcome.FAILED),
        (_("domain"), _domain(settings), Outcome.FAILED),
        (_("both databases"), _belonging(settings), Outcome.WARNING),
        (_("certificate"), _certificate(settings, now), Outcome.FAILED),
        (_("certificate name"), _certificate_name(settings), Outcome.WARNING),
        (_("trace"), _trace(settings), Outcome.FAILED),
        (_("ports"), _ports(settings), Outcome.FAILED),
    ):
        found = list(problems)
        findings += [Finding(name, outcome, problem) for problem in found] or [Finding(name, Outcome.GOOD)]
    return findings


def _caught(act: Callable[[], object]) -> Iterator[Problem]:
    try:
        act()
    except Problem as problem:
        yield problem


def _clock(now: datetime.datetime) -> Iterator[Problem]:
    if now < _EPOCH:
        yield Problem("clock-implausible", now=now.isoformat(timespec="seconds"))


def _data_dir(settings: Settings) -> Iterator[Problem]:
    path = settings.data_dir
    if path.exists():
        yield from _caught(DataDir(path).prepare)
        return
    parent = next(parent for parent in path.absolute().parents if parent.exists())
    yield from _caught(DataDir(parent).prepare)


def _permissions(settings: Settings) -> Iterator[Problem]:
    for path, mode in DataDir(settings.data_dir).too_open():
        yield Problem("permissions-too-open", path=path, mode=mode)
    key = settings.key_path
    if settings.needs_certificate and key.exists() and (bits := stat.S_IMODE(key.stat().st_mode)) & 0o007:
        yield Problem("permissions-too-open", path=key, mode=f"{bits:04o}")


def _databases(settings: Settings) -> Iterator[Problem]:
    data_dir = DataDir(settings.data_dir)
    for path in (data_dir.store, data_dir.accounts):
        if path.exists():
            yield from _caught(lambda path=path: _read_database(path))  # type: ignore[misc]


def _read_database(path: Path) -> None:
    try:
        answer = _ask(path, "PRAGMA quick_check(1)")
    except sqlite3.Error as error:
        raise Problem("database-unusable", path=path, error=error) from error
    if tells_damage(str(answer)):
        raise Problem("database-unusable", path=path, error=answer)


def _ask(path: Path, query: str) -> object:
    """The first value of the first row; None if there is none."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
        row = connection.execute(query).fetchone()
    return None if row is None else row[0]


def _find(path: Path, query: str) -> object:
    """As `_ask`; None also where the file, or the table, is not there. What is wrong with a file is said already."""
    try:
        return _ask(path, query)
    except sqlite3.Error:
        return None


def _domain(settings: Settings) -> Iterator[Problem]:
    accounts = DataDir(settings.data_dir).accounts
    old = _find(accounts, f"SELECT display_name FROM groups WHERE kind = {int(PrincipalKind.DOMAIN)}")  # noqa: S608
    if old not in (None, settings.domain):
        yield Problem("domain-changed", path=settings.data_dir, old=old, new=settings.domain)


def _belonging(settings: Settings) -> Iterator[Problem]:
    """Whoever stands in a list of a room is known by the accounts, and both were one when they were kept."""
    data_dir = DataDir(settings.data_dir)
    yield from (Problem("database-missing", path=path, other=other) for path, other in data_dir.missing())
    store = _find(data_dir.store, "SELECT value FROM instance WHERE name = 'id'")
    named = _find(data_dir.accounts, "SELECT id FROM store")
    if None not in (store, named) and store != named:
        yield Problem("databases-apart", path=data_dir.accounts, other=data_dir.store)


def _trace(settings: Settings) -> Iterator[Problem]:
    trace = settings.log.trace
    if trace is not None:
        yield from _caught(lambda: check_trace(trace))


def _certificate(settings: Settings, now: datetime.datetime) -> Iterator[Problem]:
    if not settings.needs_certificate:
        return
    certificate = settings.certificate_path
    try:
        server_context(certificate, settings.key_path, settings.tls.minimum)
        facts = read_facts(certificate)
    except Problem as problem:
        yield problem
        return
    if not facts.not_before <= now <= facts.not_after:
        start, end = facts.not_before.date(), facts.not_after.date()
        yield Problem("certificate-expired", path=certificate, start=start, end=end)


def _certificate_name(settings: Settings) -> Iterator[Problem]:
    if not settings.needs_certificate or not settings.certificate_path.exists():
        return
    try:
        names = read_facts(settings.certificate_path).names
    except Problem:
        return  # said already
    wildcard = f"*.{settings.domain.partition('.')[2]}"
    if settings.domain not in names and wildcard not in names:
        yield Problem("certificate-other-name", path=settings.certificate_path, domain=settings.domain)


def _ports(settings: Settings) -> Iterator[Problem]:
    if DataDir(settings.data_dir).in_use():
        return  # its own ports are taken by it, rightly
    for listener in type(settings.listen).model_fields:
        kind = socket.SOCK_DGRAM if listener == "udp" else socket.SOCK_STREAM
        for address in getattr(settings.listen, listener):
            yield from _caught(lambda where=(listener, address, kind): bind(*where).close())  # type: ignore[misc]
