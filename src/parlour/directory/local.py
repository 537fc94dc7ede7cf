"""Local accounts and groups: a directory that Parlour keeps itself. All of it is in memory; writes go to the file
first."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from parlour.directory.api import AccountRefused
from parlour.directory.database import open_accounts
from parlour.directory.passwords import Argon2Settings, Passwords, VerifierSchemes, check_password_rules
from parlour.rooms.model import Person, Principal, PrincipalKind

__all__ = ["LocalDirectory", "VerifierSchemes"]

_USER = re.compile(r"[^\s@<>\"'/\\:;,?&=\x00-\x1f]{1,64}")
_MAX_NAME = 256
_DEPTH = 64


class LocalDirectory:
    """Answers from memory; `async` writes only because hashing a password takes a while. Call all of it on the loop's
    thread."""

    def __init__(
        self,
        path: Path,
        domain: str,
        schemes: VerifierSchemes | None = None,
        argon2: Argon2Settings | None = None,
    ) -> None:
        """Raises sqlite3.Error or OSError when the file cannot be used."""
        self.domain = domain.lower()
        self._schemes = schemes or VerifierSchemes()
        self._passwords = Passwords(self._schemes, self.domain, argon2 or Argon2Settings())
        self._db = open_accounts(path)
        self._people: dict[str, Person] = {}
        self._groups: dict[str, Principal] = {}
        self._verifiers: dict[tuple[str, str], bytes] = {}
        self._hashes: dict[str, str | None] = {}
        self._members: dict[str, set[str]] = {}
        self._callbacks: list[Callable[[str], None]] = []
        self._load()

    def close(self) -> None:
        self._db.close()

    # -- reading -------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        for row in self._db.execute("SELECT uri, guid, kind, display_name FROM groups"):
            self._groups[row[0]] = Principal(row[0], row[1], PrincipalKind(row[2]), row[3])
        if not any(group.kind is PrincipalKind.DOMAIN for group in self._groups.values()):
            self._insert_group(self.domain, PrincipalKind.DOMAIN)
        for group, member in self._db.execute("SELECT group_uri, member_uri FROM memberships"):
            self._members.setdefault(group, set()).add(member)
        rows = self._db.execute(
            "SELECT uri, guid, display_name, email, company, is_admin, chat_enabled, disabled, password FROM people"
        )
        for uri, guid, name, email, company, is_admin, chat, disabled, password in rows:
            self._people[uri] = Person(
                uri, guid, name, email, company, frozenset(), bool(is_admin), bool(chat), bool(disabled)
            )
            self._hashes[uri] = password
        for uri, kind, value in self._db.execute("SELECT uri, kind, value FROM verifiers"):
            self._verifiers[uri, kind] = value
        for uri in self._people:
            self._refresh(uri)

    def find_person(self, uri: str) -> Person | None:
        return self._people.get(uri) or self._people.get(uri.lower())

    def find_by_login(self, login: str, domain: str | None = None) -> str | None:
        name = unicodedata.normalize("NFKC", login).strip().lower().removeprefix("sip:")
        user, at, host = name.partition("@")
        if at and host != self.domain:
            return None
        if domain and domain.lower() not in (self.domain, self.domain.partition(".")[0]):
            return None
        uri = f"sip:{user}@{self.domain}"
        return uri if uri in self._people else None

    def nt_hash(self, uri: str) -> bytes | None:
        return self._verifiers.get((uri, "ntlm")) if self._schemes.ntlm else None

    def digest_ha1(self, uri: str, algorithm: str, username: str = "") -> str | None:
        wanted = {"SHA-256": self._schemes.digest, "MD5": self._schemes.digest_md5}
        if not wanted.get(algorithm, False):
            return None
        name = username.removeprefix("sip:") or uri.removeprefix("sip:").partition("@")[0]
        value = self._verifiers.get((uri, f"digest {algorithm} {name}"))
        return value.decode() if value is not None else None

    async def check_password(self, uri: str, password: str) -> bool:
        return await self._passwords.check(self._hashes.get(uri), password)

    def people(self) -> Sequence[Person]:
        return sorted(self._people.values(), key=lambda person: person.uri)

    def principals(self) -> Sequence[Principal]:
        return [*(_principal_of(person) for person in self.people()), *self._groups.values()]

    def find_principal(self, uri: str) -> Principal | None:
        person = self.find_person(uri)
        return _principal_of(person) if person is not None else self._groups.get(uri)

    def members_of(self, group: str) -> Sequence[Principal]:
        found = (self.find_principal(uri) for uri in sorted(self._members[self._group(group).uri]))
        return [principal for principal in found if principal is not None]

    def subscribe(self, callback: Callable[[str], None]) -> None:
        self._callbacks.append(callback)

    # -- people --------------------------------------------------------------------------------------------------

    async def add_user(
        self, login: str, password: str | None, *, display_name: str = "", email: str = "", company: str = ""
    ) -> Person:
        user = self._user_part(login)
        uri = f"sip:{user}@{self.domain}"
        if uri in self._people:
            raise AccountRefused(f"there is a user {uri} already")
        name = _check_name(display_name or user)
        if password is not None:
            check_password_rules(password)
        hashed = await self._passwords.hash(password) if password is not None else None
        if uri in self._people:
            raise AccountRefused(f"there is a user {uri} already")
        person = Person(uri, str(uuid.uuid4()), name, email, company)
        with self._transaction():
            self._db.execute(
                "INSERT INTO people VALUES (?,?,?,?,?,0,1,0,?)", (uri, person.guid, name, email, company, hashed)
            )
            self._store_verifiers(uri, password)
        self._people[uri] = person
        self._hashes[uri] = hashed
        self._changed(uri)
        return self._people[uri]

    async def set_password(self, uri: str, password: str) -> None:
        person = self._person(uri)
        check_password_rules(password)
        hashed = await self._passwords.hash(password)
        with self._transaction():
            self._db.execute("UPDATE people SET password=? WHERE uri=?", (hashed, person.uri))
            self._db.execute("DELETE FROM verifiers WHERE uri=?", (person.uri,))
            self._store_verifiers(person.uri, password)
        self._hashes[person.uri] = hashed
        self._changed(person.uri)

    async def remove_user(self, uri: str) -> None:
        person = self._person(uri)
        with self._transaction():
            self._db.execute("DELETE FROM memberships WHERE member_uri=?", (person.uri,))
            self._db.execute("DELETE FROM people WHERE uri=?", (person.uri,))
        del self._people[person.uri], self._hashes[person.uri]
        self._verifiers = {key: value for key, value in self._verifiers.items() if key[0] != person.uri}
        for members in self._members.values():
            members.discard(person.uri)
        self._tell(person.uri)

    async def set_enabled(self, uri: str, enabled: bool) -> None:
        self._update(uri, disabled=not enabled)

    async def set_chat_enabled(self, uri: str, enabled: bool) -> None:
        self._update(uri, chat_enabled=enabled)

    async def set_admin(self, uri: str, is_admin: bool) -> None:
        self._update(uri, is_admin=is_admin)

    async def rename_user(self, uri: str, display_name: str) -> None:
        """A new display name; the address stays."""
        self._update(uri, display_name=_check_name(display_name))

    def _update(self, uri: str, **values: Any) -> None:
        person = self._person(uri)
        columns = ", ".join(f"{name}=?" for name in values)
        with self._transaction():
            # The column names are the keyword arguments of the calls above, never input.
            self._db.execute(f"UPDATE people SET {columns} WHERE uri=?", (*values.values(), person.uri))  # noqa: S608
        self._people[person.uri] = replace(person, **values)
        self._changed(person.uri)

    def _store_verifiers(self, uri: str, password: str | None) -> None:
        if password is None:
            return
        user = uri.removeprefix("sip:").partition("@")[0]
        for kind, value in self._passwords.verifiers(user, self.domain, password):
            self._db.execute("INSERT INTO verifiers VALUES (?,?,?)", (uri, kind, value))
            self._verifiers[uri, kind] = value

    def _user_part(self, login: str) -> str:
        name = unicodedata.normalize("NFKC", login).strip().lower().removeprefix("sip:")
        user, at, host = name.partition("@")
        if at and host != self.domain:
            raise AccountRefused(f"this directory is for {self.domain}, not for {host}")
        if not _USER.fullmatch(user):
            raise AccountRefused(
                f'{login!r} is not a user name: 1 to 64 characters, no blanks and none of @ < > " / : ; , ?'
            )
        return user

    # -- groups --------------------------------------------------------------------------------------------------

    async def add_group(self, name: str) -> Principal:
        folded = _fold(_check_name(name))
        if any(_fold(group.display_name) == folded for group in self._groups.values()):
            raise AccountRefused(f"there is a group named {name!r} already")
        return self._insert_group(name, PrincipalKind.GROUP)

    def _insert_group(self, name: str, kind: PrincipalKind) -> Principal:
        guid = str(uuid.uuid4())
        group = Principal(f"ma-grp:{guid}@u.g", guid, kind, name)
        with self._transaction():
            self._db.execute("INSERT INTO groups VALUES (?,?,?,?,?)", (group.uri, guid, int(kind), name, _fold(name)))
        self._groups[group.uri] = group
        return group

    async def remove_group(self, uri: str) -> None:
        group = self._group(uri)
        if group.kind is PrincipalKind.DOMAIN:
            raise AccountRefused("the domain cannot be removed")
        affected = self._people_below(group.uri)
        with self._transaction():
            self._db.execute("DELETE FROM memberships WHERE member_uri=?", (group.uri,))
            self._db.execute("DELETE FROM groups WHERE uri=?", (group.uri,))
        del self._groups[group.uri]
        self._members.pop(group.uri, None)
        for members in self._members.values():
            members.discard(group.uri)
        self._all_changed(affected)

    async def add_to_group(self, group: str, member: str) -> None:
        target = self._group(group)
        if target.kind is PrincipalKind.DOMAIN:
            raise AccountRefused("everybody is in the domain already")
        principal = self.find_principal(member)
        if principal is None:
            raise KeyError(member)
        if principal.uri == target.uri or principal.uri in self._groups_above(target.uri):
            raise AccountRefused("a group cannot be inside itself")
        with self._transaction():
            self._db.execute("INSERT OR IGNORE INTO memberships VALUES (?,?)", (target.uri, principal.uri))
        self._members.setdefault(target.uri, set()).add(principal.uri)
        self._all_changed(self._people_below(principal.uri))

    async def remove_from_group(self, group: str, member: str) -> None:
        target = self._group(group)
        principal = self.find_principal(member)
        if principal is None:
            raise KeyError(member)
        with self._transaction():
            self._db.execute("DELETE FROM memberships WHERE group_uri=? AND member_uri=?", (target.uri, principal.uri))
        self._members.get(target.uri, set()).discard(principal.uri)
        self._all_changed(self._people_below(principal.uri))

    # -- inner ---------------------------------------------------------------------------------------------------

    def _person(self, uri: str) -> Person:
        person = self.find_person(uri)
        if person is None:
            raise KeyError(uri)
        return person

    def _group(self, uri: str) -> Principal:
        group = self._groups.get(uri)
        if group is None:
            raise KeyError(uri)
        self._members.setdefault(uri, set())
        return group

    def _groups_above(self, uri: str) -> set[str]:
        """Every group that holds `uri`, directly or through others."""
        found: set[str] = set()
        fresh = {uri}
        for _ in range(_DEPTH):
            fresh = {group for group, members in self._members.items() if members & fresh} - found
            if not fresh:
                break
            found |= fresh
        return found

    def _people_below(self, uri: str) -> list[str]:
        if uri in self._people:
            return [uri]
        return [person for person in self._people if uri in self._groups_above(person)]

    def _refresh(self, uri: str) -> None:
        domains = {group.uri for group in self._groups.values() if group.kind is PrincipalKind.DOMAIN}
        self._people[uri] = replace(self._people[uri], affiliations=frozenset(self._groups_above(uri) | domains))

    def _changed(self, uri: str) -> None:
        self._refresh(uri)
        self._tell(uri)

    def _all_changed(self, uris: Iterable[str]) -> None:
        for uri in uris:
            self._changed(uri)

    def _tell(self, uri: str) -> None:
        for callback in self._callbacks:
            callback(uri)

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


class _Transaction:
    """BEGIN, and COMMIT or ROLLBACK."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")


def _principal_of(person: Person) -> Principal:
    return Principal(person.uri, person.guid, PrincipalKind.USER, person.display_name)


def _fold(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _check_name(name: str) -> str:
    name = unicodedata.normalize("NFC", name).strip()
    if not name or len(name) > _MAX_NAME:
        raise AccountRefused(f"a name has 1 to {_MAX_NAME} characters")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
        raise AccountRefused("a name has no control characters")
    return name
