"""Rooms, categories and add-ins, as SQLite keeps them: a row each, their lists of principals beside them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from parlour.rooms.audit import AuditRecord
from parlour.rooms.model import AddIn, AddInId, Audit, Behavior, Category, CategoryId, Room, RoomId, Visibility
from parlour.rooms.names import fold_name
from parlour.store.api import StoreConflict, StoreUnavailable
from parlour.store.sqlite.audit_rows import keep_record
from parlour.store.sqlite.readers import Readers
from parlour.store.sqlite.removal import drop_posts
from parlour.store.sqlite.writer import Writer

__all__ = ["SqliteRooms", "save_categories_and_rooms"]

_CATEGORIES = """
SELECT id, name, description, parent, invite, logged, filepost, inherits,
    created_by, created_at, updated_by, updated_at
FROM categories ORDER BY created_at, id
"""
_ROOMS = """
SELECT number, id, name, category, description, topic, visibility, behavior, disabled, invite, addin,
    created_by, created_at, updated_by, updated_at
FROM rooms WHERE NOT gone ORDER BY number
"""
_SAVE_CATEGORY = """
INSERT INTO categories (id, name, description, parent, invite, logged, filepost, inherits,
    created_by, created_at, updated_by, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, parent = excluded.parent,
    invite = excluded.invite, logged = excluded.logged, filepost = excluded.filepost, inherits = excluded.inherits,
    created_by = excluded.created_by, created_at = excluded.created_at,
    updated_by = excluded.updated_by, updated_at = excluded.updated_at
"""
_SAVE_ROOM = """
INSERT INTO rooms (id, name, category, description, topic, visibility, behavior, disabled, invite, addin,
    created_by, created_at, updated_by, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, category = excluded.category,
    description = excluded.description, topic = excluded.topic, visibility = excluded.visibility,
    behavior = excluded.behavior, disabled = excluded.disabled, invite = excluded.invite, addin = excluded.addin,
    created_by = excluded.created_by, created_at = excluded.created_at,
    updated_by = excluded.updated_by, updated_at = excluded.updated_at
WHERE NOT gone
"""
_SAVE_ADDIN = """
INSERT INTO addins (id, name, folded, url) VALUES (?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, folded = excluded.folded, url = excluded.url
"""

# Rows of a deleted room that go in one transaction; posts of other rooms get their turn in between.
_SLICE = 500
_LEFT = "SELECT json_group_array(id) FROM (SELECT id FROM posts WHERE room = ? ORDER BY chat_id LIMIT ?)"

# Principals in one statement (three variables each).
_CHUNK = 200


class SqliteRooms:
    """The `RoomStore` of one SQLite file."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers
        self._left = False
        self._sweeper: asyncio.Task[None] | None = None

    async def load(self) -> tuple[Sequence[Category], Sequence[Room]]:
        """See `RoomStore.load`."""
        return await self._readers.read(_load)

    async def addins(self) -> Sequence[AddIn]:
        """See `RoomStore.addins`."""
        return await self._readers.read(_addins)

    async def save_addin(self, addin: AddIn, record: AuditRecord | None = None) -> None:
        """See `RoomStore.save_addin`."""
        fields = (addin.id, addin.name, fold_name(addin.name), addin.url)
        await self._change(lambda connection: _write(connection, _SAVE_ADDIN, fields), record)

    async def delete_addin(self, addin: AddInId, rooms: Sequence[Room] = (), record: AuditRecord | None = None) -> None:
        """See `RoomStore.delete_addin`."""
        await self._change(lambda connection: _delete_addin(connection, addin, rooms), record)

    async def save_category(self, category: Category, record: AuditRecord | None = None) -> None:
        """See `RoomStore.save_category`."""
        await self.save_all((category,), (), record)

    async def save_room(self, room: Room, record: AuditRecord | None = None) -> None:
        """See `RoomStore.save_room`."""
        await self.save_all((), (room,), record)

    async def save_all(
        self, categories: Sequence[Category], rooms: Sequence[Room], record: AuditRecord | None = None
    ) -> None:
        """See `RoomStore.save_all`."""
        await self._change(lambda connection: save_categories_and_rooms(connection, categories, rooms), record)

    async def delete_category(self, category: CategoryId, record: AuditRecord | None = None) -> None:
        """See `RoomStore.delete_category`. A room holds its category until it is swept away."""
        await self.sweep()
        await self._change(lambda connection: _delete_category(connection, category), record)

    async def delete_room(self, room: RoomId, record: AuditRecord | None = None) -> None:
        """See `RoomStore.delete_room`. The room is gone then; its posts are swept away afterwards, since a million of
        them take a minute, and whoever deletes holds up all other changes."""
        await self._change(lambda connection: _mark_gone(connection, room), record, rooms=True)
        self._left = True
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().create_task(self._sweep_all())

    async def _change(
        self, change: Callable[[sqlite3.Connection], None], record: AuditRecord | None, *, rooms: bool = False
    ) -> None:
        """In one transaction with its record."""

        def run(connection: sqlite3.Connection) -> None:
            change(connection)
            keep_record(connection, record)

        await self._writer.run(run, rooms=rooms)

    async def sweep(self) -> None:
        """Remove what is left of deleted rooms."""
        while await self._writer.run(_sweep):
            pass

    async def _sweep_all(self) -> None:
        try:
            while self._left:
                self._left = False
                await self.sweep()
        except StoreUnavailable:
            # What is left goes with the next room that is deleted, or at the next start.
            pass
        finally:
            self._sweeper = None

    async def close(self) -> None:
        """Stop sweeping: what is left goes at the next start."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.wait([self._sweeper])


def save_categories_and_rooms(
    connection: sqlite3.Connection, categories: Iterable[Category], rooms: Iterable[Room]
) -> None:
    """Insert or replace, in the transaction that is open."""
    for category in categories:
        _save_category(connection, category)
    for room in rooms:
        _save_room(connection, room)


def _load(connection: sqlite3.Connection) -> tuple[list[Category], list[Room]]:
    # One transaction, so that rows and lists are of the same moment.
    connection.execute("BEGIN")
    try:
        of_category = _lists(connection.execute("SELECT category, list, principal FROM category_principals"))
        categories = [_category(row, of_category[row[0]]) for row in connection.execute(_CATEGORIES)]
        of_room = _lists(connection.execute("SELECT room, list, principal FROM room_principals"))
        rooms = [_room(row, of_room[row[0]]) for row in connection.execute(_ROOMS)]
    finally:
        connection.execute("COMMIT")
    return categories, rooms


def _lists(rows: Iterable[tuple[Any, str, str]]) -> Mapping[Any, Mapping[str, list[str]]]:
    lists: dict[Any, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for owner, name, principal in rows:
        lists[owner][name].append(principal)
    return lists


def _category(row: tuple[Any, ...], lists: Mapping[str, list[str]]) -> Category:
    guid, name, description, parent, *switches, inherits, created_by, created_at, updated_by, updated_at = row
    invite, logged, filepost = (None if inherits & 1 << bit else bool(on) for bit, on in enumerate(switches))
    return Category(
        id=guid,
        name=name,
        audit=Audit(created_by, created_at, updated_by, updated_at),
        description=description,
        parent=parent,
        invite=invite,
        logged=logged,
        filepost=filepost,
        allowed=frozenset(lists["ALLOWED"]),
        denied=frozenset(lists["DENIED"]),
        creators=frozenset(lists["CREATOR"]),
    )


def _room(row: tuple[Any, ...], lists: Mapping[str, list[str]]) -> Room:
    _, guid, name, category, description, topic, visibility, behavior, disabled, invite, addin, *audit = row
    return Room(
        id=guid,
        name=name,
        category=category,
        audit=Audit(*audit),
        description=description,
        topic=topic,
        visibility=Visibility(visibility),
        behavior=Behavior(behavior),
        disabled=bool(disabled),
        invite=bool(invite),
        addin=addin,
        members=frozenset(lists["MEMBER"]),
        managers=frozenset(lists["MANAGER"]),
        presenters=frozenset(lists["PRESENTER"]),
        invited=frozenset(lists["INVITED"]),
    )


def _addins(connection: sqlite3.Connection) -> list[AddIn]:
    rows = connection.execute("SELECT id, name, url FROM addins ORDER BY folded").fetchall()
    return [AddIn(AddInId(guid), name, url) for guid, name, url in rows]


def _write(connection: sqlite3.Connection, sql: str, values: tuple[str, ...]) -> None:
    connection.execute(sql, values)


def _save_category(connection: sqlite3.Connection, category: Category) -> None:
    _take_name(connection, category.name, category.id)
    switches = (category.invite, category.logged, category.filepost)
    inherits = sum(1 << bit for bit, on in enumerate(switches) if on is None)
    settings = (*(bool(on) for on in switches), inherits)
    fields = (category.id, category.name, category.description, category.parent, *settings, *_audit(category.audit))
    connection.execute(_SAVE_CATEGORY, fields)
    lists = {"ALLOWED": category.allowed, "DENIED": category.denied, "CREATOR": category.creators}
    _save_lists(connection, ("category_principals", "category"), category.id, lists)


def _save_room(connection: sqlite3.Connection, room: Room) -> None:
    _take_name(connection, room.name, room.id)
    nature = (room.visibility.value, room.behavior.value, room.disabled, room.invite, room.addin)
    fields = (room.id, room.name, room.category, room.description, room.topic, *nature, *_audit(room.audit))
    connection.execute(_SAVE_ROOM, fields)
    row = connection.execute("SELECT number FROM rooms WHERE id = ? AND NOT gone", (room.id,)).fetchone()
    if row is None:
        raise StoreConflict(f"room {room.id} was deleted")
    lists = {"MEMBER": room.members, "MANAGER": room.managers, "PRESENTER": room.presenters, "INVITED": room.invited}
    _save_lists(connection, ("room_principals", "room"), row[0], lists)


def _audit(audit: Audit) -> tuple[str, int, str, int]:
    return audit.created_by, audit.created_at, audit.updated_by, audit.updated_at


def _save_lists(
    connection: sqlite3.Connection, table: tuple[str, str], owner: str | int, lists: Mapping[str, frozenset[str]]
) -> None:
    """Write the difference only: a list of thousands mostly stays as it is when somebody is added."""
    name, column = table
    wanted = {(which, principal) for which, principals in lists.items() for principal in principals}
    found = connection.execute(f"SELECT list, principal FROM {name} WHERE {column} = ?", (owner,))  # noqa: S608
    stored = set(found.fetchall())
    for chunk in _chunks(stored - wanted):
        places = ",".join(["(?,?,?)"] * len(chunk))
        sql = f"DELETE FROM {name} WHERE ({column}, list, principal) IN (VALUES {places})"  # noqa: S608
        connection.execute(sql, [value for pair in chunk for value in (owner, *pair)])
    for chunk in _chunks(wanted - stored):
        places = ",".join(["(?,?,?)"] * len(chunk))
        sql = f"INSERT INTO {name} ({column}, list, principal) VALUES {places}"  # noqa: S608
        connection.execute(sql, [value for pair in chunk for value in (owner, *pair)])


def _chunks(pairs: Iterable[tuple[str, str]]) -> Iterable[list[tuple[str, str]]]:
    ordered = sorted(pairs)
    return [ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK)]


def _take_name(connection: sqlite3.Connection, name: str, owner: str) -> None:
    connection.execute("DELETE FROM names WHERE owner = ?", (owner,))
    try:
        connection.execute("INSERT INTO names (folded, owner) VALUES (?, ?)", (fold_name(name), owner))
    except sqlite3.IntegrityError as error:
        raise StoreConflict(f"the name {name!r} is taken") from error


def _delete_addin(connection: sqlite3.Connection, addin: AddInId, rooms: Iterable[Room]) -> None:
    save_categories_and_rooms(connection, (), rooms)
    connection.execute("DELETE FROM addins WHERE id = ?", (addin,))


def _delete_category(connection: sqlite3.Connection, category: CategoryId) -> None:
    connection.execute("DELETE FROM names WHERE owner = ?", (category,))
    connection.execute("DELETE FROM categories WHERE id = ?", (category,))


def _mark_gone(connection: sqlite3.Connection, room: RoomId) -> None:
    connection.execute("DELETE FROM names WHERE owner = ?", (room,))
    connection.execute("UPDATE rooms SET gone = 1 WHERE id = ?", (room,))


def _sweep(connection: sqlite3.Connection) -> bool:
    """Remove one slice of one deleted room; True if there may be more."""
    row = connection.execute("SELECT number FROM rooms WHERE gone LIMIT 1").fetchone()
    if row is None:
        return False
    if drop_posts(connection, connection.execute(_LEFT, (row[0], _SLICE)).fetchone()[0]) < _SLICE:
        connection.execute("DELETE FROM rooms WHERE number = ?", row)
    return True
