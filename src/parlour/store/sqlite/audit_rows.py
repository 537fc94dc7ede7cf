"""Rows of the audit trail: written within whatever transaction is open, found by what they say."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from parlour.rooms.audit import AuditPage, AuditQuery, AuditRecord, Way
from parlour.rooms.names import fold_name

__all__ = ["find_records", "keep_record", "keep_records"]

_ADD: Final = """
INSERT INTO audit (id, at, who, way, command, kind, target, name, folded, fields, outcome)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
"""
_FIND: Final = """
SELECT number, id, at, who, way, command, kind, target, name, fields, outcome FROM audit
WHERE {} ORDER BY number DESC LIMIT ?
"""


def keep_record(connection: sqlite3.Connection, record: AuditRecord | None) -> None:
    """In the transaction that is open."""
    if record is not None:
        keep_records(connection, (record,))


def keep_records(connection: sqlite3.Connection, records: Sequence[AuditRecord]) -> None:
    for record in records:
        fields = json.dumps(dict(record.fields), ensure_ascii=False)
        act = (record.id, record.at, record.who, record.way.value, record.command)
        target = (record.kind, record.target, record.name, fold_name(record.name))
        connection.execute(_ADD, (*act, *target, fields, record.outcome))


def find_records(connection: sqlite3.Connection, query: AuditQuery, limit: int) -> AuditPage:
    conditions, values = _conditions(query)
    sql = _FIND.format(" AND ".join(conditions) or "1")
    rows = connection.execute(sql, (*values, max(limit, 0))).fetchall()
    return AuditPage(tuple((row[0], _record(row[1:])) for row in rows))


def _conditions(query: AuditQuery) -> tuple[list[str], list[object]]:
    conditions: list[str] = []
    values: list[object] = []

    def only(condition: str, *of: object) -> None:
        conditions.append(condition)
        values.extend(of)

    if query.before is not None:
        only("number < ?", query.before)
    if query.since is not None:
        only("at >= ?", query.since)
    if query.until is not None:
        only("at <= ?", query.until)
    if query.who:
        only(f"who IN ({','.join('?' * len(query.who))})", *query.who)
    if query.room is not None:
        only("kind = 'room' AND (target = ? OR folded = ?)", query.room, fold_name(query.room))
    if query.target is not None:
        only("target = ?", query.target)
    if query.command is not None:
        only("(command = ? OR substr(command, 1, ?) = ?)", query.command, len(query.command) + 1, query.command + ".")
    return conditions, values


def _record(row: tuple[Any, ...]) -> AuditRecord:
    guid, at, who, way, command, kind, target, name, fields, outcome = row
    return AuditRecord(guid, at, who, Way(way), command, kind, target, name, json.loads(fields), outcome)
