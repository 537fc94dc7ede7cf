"""Who is changing what, and by which way: makes the records that changes take along into their transactions.

Every command that changes something goes through `asked`, whichever door it came by (`Commands.run`, a session of the
channel service). What the parts of the hub and the directory change while it runs is recorded as theirs. A command that
had no transaction to put a record into gets one afterwards, so that none is without
(docs/decisions/0011-audit-trail.md).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from parlour.directory.api import AccountsUnwritten
from parlour.hub.changing import name_of
from parlour.rooms.audit import DONE, AuditPage, AuditQuery, AuditRecord, Fields, Way, cut
from parlour.rooms.model import AddIn, Category, Micros, Person, Room
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import AuditLog, StoreUnavailable

__all__ = ["AUDIT_LOG", "Asked", "Auditing", "Origin", "RecordKeeper", "name_ids", "origin_of"]

AUDIT_LOG = "parlour.audit"
"""Name of the log that says each record as it is made."""

log = logging.getLogger(AUDIT_LOG)

T = TypeVar("T")

SLICE = 200
"""Records of accounts that are carried over in one transaction."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asks, a URI or `console:<system user>`, and by which way."""

    who: str
    way: Way


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that was asked. `kind` and `subject`: what it is about, as it was typed or sent, for the record of its
    being refused. `refusals`: whether that is recorded."""

    origin: Origin
    command: str
    kind: str
    subject: str = ""
    refusals: bool = True


class RecordKeeper(Protocol):
    """Keeps records with changes of its own, until they are carried over into the audit trail."""

    def record_with(self, make: Callable[[str, str, str, Fields], AuditRecord]) -> None:
        """From now on, `make` gives the record of a change from its kind, target, name and fields."""
        ...

    def owed_records(self) -> Sequence[AuditRecord]:
        """Records to carry over, oldest first."""
        ...

    async def settle_records(self, carried: Sequence[AuditRecord]) -> None:
        """These are in the audit trail."""
        ...


@dataclass(slots=True)
class _Act:
    asked: Asked
    records: list[AuditRecord] = field(default_factory=list)


_BY_ITSELF = Asked(Origin("server", Way.SERVER), "", "")
_ACT: ContextVar[_Act | None] = ContextVar("act", default=None)


def name_ids(
    fields: dict[str, object], field: str, before: object, after: object, known: Mapping[Any, Room | Category | AddIn]
) -> None:
    """Where a field that holds an id has changed, say the names."""
    if field in fields:
        ids = (getattr(each, field, None) for each in (before, after))
        fields[field] = [known[one].name if one in known else one for one in ids]


def origin_of(actor: Person | None, way: Way = Way.WIRE) -> Origin:
    """Of a person; None is the console, when nothing more is known of it."""
    return Origin(actor.uri, way) if actor is not None else Origin("console", Way.CONSOLE)


class Auditing:
    def __init__(self, log: AuditLog, clock_us: Callable[[], int], new_guid: Callable[[], str]) -> None:
        self._log = log
        self._clock_us = clock_us
        self._new_guid = new_guid

    async def asked(self, asked: Asked, run: Callable[[], Awaitable[T | Refused]]) -> T | Refused:
        """Run a command that may change something, and see that it is recorded."""
        act = _Act(asked)
        token = _ACT.set(act)
        try:
            answer = await run()
        finally:
            _ACT.reset(token)
        await self._finish(act, answer)
        return answer

    @contextmanager
    def by_the_server(self) -> Iterator[None]:
        """What is changed meanwhile was asked by nobody: the server finishes what was left undone."""
        act = _Act(_BY_ITSELF)
        token = _ACT.set(act)
        try:
            yield
        finally:
            _ACT.reset(token)
        _tell(act.records)

    def who(self, actor: Person | None) -> str:
        """Who acts, as records say it."""
        act = _ACT.get()
        return act.asked.origin.who if act is not None else name_of(actor)

    def record(
        self, actor: Person | None, command: str, kind: str, target: str, name: str, fields: Fields
    ) -> AuditRecord:
        """The record of a change that is about to be written. `actor` and `command` count where nothing was asked."""
        made = self.prepare(actor, command, kind, target, name, fields)
        self.written(made)
        return made

    def prepare(
        self, actor: Person | None, command: str, kind: str, target: str, name: str, fields: Fields
    ) -> AuditRecord:
        """As `record`, of a change that may come to nothing: say `written` when it was made."""
        act = _ACT.get()
        if act is None:
            return self._made(origin_of(actor), command, kind, target, name, fields)
        return self._made(act.asked.origin, act.asked.command or command, kind, target, name, fields)

    def written(self, record: AuditRecord) -> None:
        """A record went with its change."""
        act = _ACT.get()
        if act is not None:
            act.records.append(record)

    async def keep(self, record: AuditRecord) -> bool:
        """Keep a record by itself; False if the store cannot write now."""
        try:
            await self._log.add((record,))
        except StoreUnavailable:
            log.warning("the audit trail cannot be written", extra=_told(record))
            return False
        return True

    def account_record(self, kind: str, target: str, name: str, fields: Fields) -> AuditRecord:
        """As `record`, for a directory."""
        return self.record(None, f"{kind}.change", kind, target, name, fields)

    async def find(self, query: AuditQuery, limit: int) -> AuditPage | Refused:
        """The newest records that fit."""
        try:
            return await self._log.find(query, limit)
        except StoreUnavailable:
            return _NOT_READ

    async def carry_over(self, keeper: RecordKeeper) -> bool:
        """Put what a directory has recorded into the audit trail; False if store or directory cannot write now. What
        is carried over and yet still owed is passed over the next time."""
        while owed := list(keeper.owed_records()[:SLICE]):
            try:
                await self._log.add(owed)
            except StoreUnavailable:
                return False
            try:
                await keeper.settle_records(owed)
            except AccountsUnwritten as error:
                log.warning("the accounts cannot be written: %s", error)
                return False
        return True

    async def _finish(self, act: _Act, answer: object) -> None:
        records, asked = act.records, act.asked
        if isinstance(answer, Refused):
            records = []
            if not asked.refusals:
                return
        if not records:
            outcome = answer.reason.value if isinstance(answer, Refused) else DONE
            made = self._made(asked.origin, asked.command, asked.kind, "", cut(asked.subject), {}, outcome)
            records = [made] if await self.keep(made) else []
        _tell(records)

    def _made(
        self, origin: Origin, command: str, kind: str, target: str, name: str, fields: Fields, outcome: str = DONE
    ) -> AuditRecord:
        at = Micros(self._clock_us())
        return AuditRecord(self._new_guid(), at, origin.who, origin.way, command, kind, target, name, fields, outcome)


_NOT_READ = Refused(Refusal.UNAVAILABLE, "the audit trail cannot be read now")


def _tell(records: Sequence[AuditRecord]) -> None:
    for record in records:
        log.info("audit", extra=_told(record))


def _told(record: AuditRecord) -> dict[str, object]:
    """A line of the log: who did what to what, without what it was changed to."""
    return {
        "who": record.who,
        "way": record.way.value,
        "command": record.command,
        "kind": record.kind,
        "target": record.target or record.name,
        "outcome": record.outcome,
    }
