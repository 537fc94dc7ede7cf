"""accounts.db: people, groups and what is kept of passwords, in a SQLite file that only its owner may read.

Apart from the rooms, so that what proves a password can be guarded and backed up by itself. A few thousand short rows,
all read at the start; a write is one transaction, flushed. Secrets that go are overwritten, not just unlinked.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from parlour.directory.api import AccountsUnusable, ChatSetting
from parlour.directory.groups import Move
from parlour.directory.records import record_from_text, record_to_text
from parlour.rooms.audit import AuditRecord
from parlour.rooms.model import Person, Principal, PrincipalKind
from parlour.rooms.names import fold_name

__all__ = ["AccountsDatabase", "Loaded"]

# One entry per version of the schema; PRAGMA user_version counts them. Entries are never changed, only added.
_MIGRATIONS = (
    """
    CREATE TABLE people (
      uri TEXT PRIMARY KEY, guid TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL, email TEXT NOT NULL,
      company TEXT NOT NULL, is_admin INTEGER NOT NULL, chat_enabled INTEGER NOT NULL, disabled INTEGER NOT NULL,
      password TEXT
    ) WITHOUT ROWID;
    CREATE TABLE verifiers (
      uri TEXT NOT NULL REFERENCES people(uri) ON DELETE CASCADE, kind TEXT NOT NULL, value BLOB NOT NULL,
      PRIMARY KEY (uri, kind)
    ) WITHOUT ROWID;
    CREATE TABLE groups (
      uri TEXT PRIMARY KEY, guid TEXT NOT NULL UNIQUE, kind INTEGER NOT NULL, display_name TEXT NOT NULL,
      folded_name TEXT NOT NULL UNIQUE
    ) WITHOUT ROWID;
    CREATE TABLE memberships (
      group_uri TEXT NOT NULL REFERENCES groups(uri) ON DELETE CASCADE, member_uri TEXT NOT NULL,
      PRIMARY KEY (group_uri, member_uri)
    ) WITHOUT ROWID;
    """,
    # Enabled for group chat: 0 off, 1 on, 2 inherit (`ChatSetting`). Until now everybody was on unless switched off.
    """
    ALTER TABLE people RENAME COLUMN chat_enabled TO chat;
    UPDATE people SET chat = 2 WHERE chat != 0;
    ALTER TABLE groups ADD COLUMN chat INTEGER NOT NULL DEFAULT 2
    """,
    # People and groups that are removed, while what is kept for them elsewhere has still to be forgotten.
    """
    CREATE TABLE departed (uri TEXT PRIMARY KEY) WITHOUT ROWID
    """,
    # What was changed, and by whom, while the audit trail has still to be told.
    """
    CREATE TABLE records (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, record TEXT NOT NULL)
    """,
    # The id of the store whose rooms and lists name these people.
    """
    CREATE TABLE store (id TEXT PRIMARY KEY) WITHOUT ROWID
    """,
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything in the file. People come without affiliations and with chat enabled; memberships are (group, member);
    `hashes` has the encoded Argon2id hash of everybody who has a password, `verifiers` is by person and kind, `chat` is
    by person and group; `departed` are those who are removed and not yet forgotten elsewhere; `records` are those that
    the audit trail does not have yet, oldest first."""

    people: tuple[Person, ...]
    groups: tuple[Principal, ...]
    memberships: tuple[tuple[str, str], ...]
    hashes: Mapping[str, str]
    verifiers: Mapping[str, Mapping[str, bytes]]
    chat: Mapping[str, ChatSetting]
    departed: tuple[str, ...]
    records: tuple[AuditRecord, ...] = ()

    def __repr__(self) -> str:
        return f"Loaded({len(self.people)} people, {len(self.groups)} groups)"


class AccountsDatabase:
    """The file, open. All methods are synchronous, and take about one flush of the disk when they write. Threads may
    use it one after the other, never at the same time."""

    def __init__(self, path: Path) -> None:
        """Open, make when missing, bring up to date. Raises `AccountsUnusable`."""
        self._record: AuditRecord | None = None
        try:
            # SQLite gives the files it puts beside this one the same mode.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            path.chmod(0o600)
            self._connection = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise AccountsUnusable(str(error)) from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._connection.close()
            raise AccountsUnusable(str(error)) from error
        except AccountsUnusable:
            self._connection.close()
            raise

    def close(self) -> None:
        self._connection.close()

    def recorded(self, record: AuditRecord | None, change: Callable[[], None]) -> None:
        """Make a change, which is one transaction, with its record in the same one."""
        self._record = record
        try:
            change()
        finally:
            self._record = None

    def _prepare(self) -> None:
        # A rollback journal, not WAL: writes are rare, and one file is easier to guard and to copy than three.
        for pragma in ("journal_mode = DELETE", "synchronous = FULL", "secure_delete = ON", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        (found,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise AccountsUnusable(f"it is damaged: {found}")
        with self._transaction():
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if version > len(_MIGRATIONS):
                raise AccountsUnusable(f"it was made by a newer release of Parlour (schema {version})")
            for script in _MIGRATIONS[version:]:
                for statement in script.split(";"):
                    self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            if self._record is not None:
                row = (self._record.id, record_to_text(self._record))
                self._connection.execute("INSERT INTO records (id, record) VALUES (?, ?)", row)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def load(self) -> Loaded:
        """Everything. Raises `AccountsUnusable`."""
        try:
            return self._load()
        except (sqlite3.Error, ValueError, TypeError, KeyError) as error:
            raise AccountsUnusable(str(error)) from error

    def _load(self) -> Loaded:
        query = self._connection.execute
        verifiers: dict[str, dict[str, bytes]] = {}
        for uri, kind, value in query("SELECT uri, kind, value FROM verifiers"):
            verifiers.setdefault(uri, {})[kind] = value
        rows = query("SELECT uri, guid, display_name, email, company, is_admin, disabled FROM people")
        people = tuple(
            Person(uri, guid, name, email, company, is_admin=bool(admin), disabled=bool(disabled))
            for uri, guid, name, email, company, admin, disabled in rows
        )
        groups = tuple(
            Principal(uri, guid, PrincipalKind(kind), name)
            for uri, guid, kind, name in query("SELECT uri, guid, kind, display_name FROM groups")
        )
        memberships = tuple(query("SELECT group_uri, member_uri FROM memberships").fetchall())
        hashes = dict(query("SELECT uri, password FROM people WHERE password IS NOT NULL").fetchall())
        settings = query("SELECT uri, chat FROM people UNION ALL SELECT uri, chat FROM groups")
        chat = {uri: ChatSetting(value) for uri, value in settings}
        departed = tuple(uri for (uri,) in query("SELECT uri FROM departed ORDER BY uri"))
        records = tuple(record_from_text(text) for (text,) in query("SELECT record FROM records ORDER BY number"))
        return Loaded(people, groups, memberships, hashes, verifiers, chat, departed, records)

    def store_id(self) -> str | None:
        """The id of the store that these accounts belong to."""
        row = self._connection.execute("SELECT id FROM store").fetchone()
        return None if row is None else str(row[0])

    def set_store_id(self, store: str) -> None:
        with self._transaction():
            self._connection.execute("INSERT INTO store VALUES (?)", (store,))

    def add_person(self, person: Person, encoded: str | None, verifiers: Mapping[str, bytes]) -> None:
        row = (person.uri, person.guid, *_changeable(person), ChatSetting.INHERIT, encoded)
        with self._transaction():
            self._connection.execute(
                "INSERT INTO people (uri, guid, display_name, email, company, is_admin, disabled, chat, password)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            self._put_verifiers(person.uri, verifiers)

    def change_person(self, person: Person) -> None:
        """Everything but address, GUID, password and the setting for chat."""
        with self._transaction():
            self._connection.execute(
                "UPDATE people SET display_name = ?, email = ?, company = ?, is_admin = ?, disabled = ? WHERE uri = ?",
                (*_changeable(person), person.uri),
            )

    def set_chat(self, uri: str, setting: ChatSetting) -> None:
        """Of a person, a group or the domain."""
        with self._transaction():
            for table in ("people", "groups"):
                self._connection.execute(f"UPDATE {table} SET chat = ? WHERE uri = ?", (setting, uri))  # noqa: S608

    def set_password(self, uri: str, encoded: str, verifiers: Mapping[str, bytes]) -> None:
        """The hash, and all verifiers there shall be."""
        with self._transaction():
            self._connection.execute("UPDATE people SET password = ? WHERE uri = ?", (encoded, uri))
            self._connection.execute("DELETE FROM verifiers WHERE uri = ?", (uri,))
            self._put_verifiers(uri, verifiers)

    def _put_verifiers(self, uri: str, verifiers: Mapping[str, bytes]) -> None:
        rows = [(uri, kind, value) for kind, value in verifiers.items()]
        self._connection.executemany("INSERT INTO verifiers VALUES (?, ?, ?)", rows)

    def remove_verifiers(self, unwanted: Iterable[tuple[str, str]]) -> None:
        """Those of schemes that are switched off, as (person, kind)."""
        with self._transaction():
            self._connection.executemany("DELETE FROM verifiers WHERE uri = ? AND kind = ?", list(unwanted))

    def remove_person(self, uri: str) -> None:
        """Also out of all groups; from now on the person is departed."""
        self._remove("people", uri)

    def remove_group(self, uri: str) -> None:
        """As `remove_person`."""
        self._remove("groups", uri)

    def _remove(self, table: str, uri: str) -> None:
        with self._transaction():
            self._connection.execute(f"DELETE FROM {table} WHERE uri = ?", (uri,))  # noqa: S608
            self._connection.execute("DELETE FROM memberships WHERE member_uri = ?", (uri,))
            self._connection.execute("INSERT OR IGNORE INTO departed VALUES (?)", (uri,))

    def settle_departed(self, uri: str) -> None:
        """Nothing is kept of this one any more."""
        with self._transaction():
            self._connection.execute("DELETE FROM departed WHERE uri = ?", (uri,))

    def settle_records(self, ids: Iterable[str]) -> None:
        """The audit trail has these."""
        with self._transaction():
            self._connection.executemany("DELETE FROM records WHERE id = ?", [(each,) for each in ids])

    def put_group(self, group: Principal) -> None:
        """Add or rename."""
        with self._transaction():
            self._connection.execute(
                "INSERT INTO groups (uri, guid, kind, display_name, folded_name) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (uri) DO UPDATE SET"
                " display_name = excluded.display_name, folded_name = excluded.folded_name",
                (group.uri, group.guid, int(group.kind), group.display_name, fold_name(group.display_name)),
            )

    def move_members(self, moves: Sequence[Move]) -> None:
        """All or nothing."""
        put = [(move.into, move.member) for move in moves if move.into is not None]
        take = [(move.out_of, move.member) for move in moves if move.out_of is not None]
        with self._transaction():
            self._connection.executemany("INSERT OR IGNORE INTO memberships VALUES (?, ?)", put)
            self._connection.executemany("DELETE FROM memberships WHERE group_uri = ? AND member_uri = ?", take)


def _changeable(person: Person) -> tuple[str, str, str, bool, bool]:
    return (person.display_name, person.email, person.company, person.is_admin, person.disabled)
