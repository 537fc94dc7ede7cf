"""Invitations, as SQLite keeps them. Rows are never deleted, hence the newest number is the largest."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from parlour.rooms.model import Micros, RoomId
from parlour.store.api import Invitation
from parlour.store.checks import FIRST_INVITATION
from parlour.store.sqlite.readers import Readers
from parlour.store.sqlite.writer import Writer

__all__ = ["SqliteInvitations"]

_OF = "SELECT number, room, at FROM invitations WHERE person = ? ORDER BY number"
_ISSUE = "INSERT INTO invitations (person, number, room, at) VALUES "

# Rows in one statement (four variables each).
_CHUNK = 200


class SqliteInvitations:
    """The `InvitationLog` of one SQLite file."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def of(self, person: str) -> Sequence[Invitation]:
        """See `InvitationLog.of`."""
        return await self._readers.read(lambda connection: _of(connection, person))

    async def issue(self, person: str, rooms: Sequence[RoomId], at: Micros) -> Sequence[Invitation]:
        """See `InvitationLog.issue`."""
        return await self._writer.run(lambda connection: _issue(connection, person, rooms, at))


def _of(connection: sqlite3.Connection, person: str) -> list[Invitation]:
    return [Invitation(*row) for row in connection.execute(_OF, (person,)).fetchall()]


def _issue(connection: sqlite3.Connection, person: str, rooms: Sequence[RoomId], at: Micros) -> list[Invitation]:
    issued = _of(connection, person)
    known = {invitation.room for invitation in issued}
    due = [room for room in dict.fromkeys(rooms) if room not in known]
    first = issued[-1].number + 1 if issued else FIRST_INVITATION
    new = [Invitation(number, room, at) for number, room in enumerate(due, first)]
    for start in range(0, len(new), _CHUNK):
        rows = [(person, each.number, each.room, each.at) for each in new[start : start + _CHUNK]]
        places = ",".join(["(?,?,?,?)"] * len(rows))
        connection.execute(_ISSUE + places, [value for row in rows for value in row])
    return new
