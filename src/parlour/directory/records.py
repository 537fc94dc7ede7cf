"""Records of changes of accounts, as accounts.db keeps them until the audit trail has them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import asdict

from parlour.rooms.audit import AuditRecord, Fields, Way
from parlour.rooms.model import Principal

__all__ = ["MakeRecord", "RecordBook", "record_from_text", "record_to_text"]

MakeRecord = Callable[[str, str, str, Fields], AuditRecord]
"""Gives the record of a change from kind, URI, name and what changed."""


class RecordBook:
    """What the audit trail is still owed, in memory as in the file. `make` is None until somebody wants records."""

    def __init__(self, owed: Iterable[AuditRecord]) -> None:
        self._owed = list(owed)
        self.make: MakeRecord | None = None

    def of(self, about: Principal, fields: Fields) -> AuditRecord | None:
        """The record of a change, to be written with it."""
        if self.make is None:
            return None
        return self.make(about.kind.name.lower(), about.uri, about.display_name, fields)

    def owe(self, record: AuditRecord | None) -> None:
        """It is written."""
        if record is not None:
            self._owed.append(record)

    def owed(self) -> Sequence[AuditRecord]:
        """Oldest first."""
        return tuple(self._owed)

    def settle(self, ids: Set[str]) -> None:
        """The audit trail has these."""
        self._owed = [record for record in self._owed if record.id not in ids]


def record_to_text(record: AuditRecord) -> str:
    return json.dumps(asdict(record) | {"way": record.way.value}, ensure_ascii=False)


def record_from_text(text: str) -> AuditRecord:
    """Raises ValueError or TypeError for what is no record."""
    fields = json.loads(text)
    return AuditRecord(**fields | {"way": Way(fields["way"])})
