"""The audit trail, in memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from parlour.rooms.audit import AuditPage, AuditQuery, AuditRecord
from parlour.rooms.names import fold_name
from parlour.store.memory.switch import Switch

__all__ = ["MemoryAudit"]


class MemoryAudit:
    """Records by their number."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._records: list[AuditRecord] = []

    async def add(self, records: Sequence[AuditRecord]) -> None:
        """See `AuditLog.add`."""
        self._switch.check()
        for record in records:
            self.keep(record)

    def keep(self, record: AuditRecord | None) -> None:
        """With a change that is made in the same moment."""
        if record is not None and all(record.id != kept.id for kept in self._records):
            # Through JSON, so that what comes back has the shapes that a durable home would give.
            self._records.append(replace(record, fields=json.loads(json.dumps(dict(record.fields)))))

    async def find(self, query: AuditQuery, limit: int) -> AuditPage:
        """See `AuditLog.find`."""
        rows = [row for row in enumerate(self._records, 1) if _fits(*row, query)]
        return AuditPage(tuple(reversed(rows))[: max(limit, 0)])


def _fits(number: int, record: AuditRecord, query: AuditQuery) -> bool:
    return (
        (query.before is None or number < query.before)
        and (query.since is None or record.at >= query.since)
        and (query.until is None or record.at <= query.until)
        and (not query.who or record.who in query.who)
        and (query.target is None or record.target == query.target)
        and (query.room is None or _is_room(record, query.room))
        and (query.command is None or f"{record.command}.".startswith(f"{query.command}."))
    )


def _is_room(record: AuditRecord, room: str) -> bool:
    return record.kind == "room" and (record.target == room or fold_name(record.name) == fold_name(room))
