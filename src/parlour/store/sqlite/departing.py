"""What is left of somebody who is gone for good, taken out in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from parlour.rooms.audit import AuditRecord
from parlour.rooms.model import Category, Room
from parlour.store.sqlite.audit_rows import keep_record
from parlour.store.sqlite.rooms import save_categories_and_rooms

__all__ = ["forget"]

_KEPT_FOR_PEOPLE = (
    "DELETE FROM documents WHERE owner = ?",
    "DELETE FROM invitations WHERE person = ?",
    "DELETE FROM file_tokens WHERE person = ?",
)


def forget(
    connection: sqlite3.Connection,
    principal: str,
    categories: Sequence[Category],
    rooms: Sequence[Room],
    record: AuditRecord | None,
) -> None:
    """See `Store.forget`."""
    save_categories_and_rooms(connection, categories, rooms)
    for sql in _KEPT_FOR_PEOPLE:
        connection.execute(sql, (principal,))
    keep_record(connection, record)
