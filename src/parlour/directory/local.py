"""The directory that Parlour keeps itself: accounts and groups in accounts.db, all of it in memory while it is open."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import uuid
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from parlour.directory.api import AccountRefused, AccountsUnusable, ChatSetting, OtherDomain
from parlour.directory.census import Census, as_principal
from parlour.directory.credentials import Credentials, Proof
from parlour.directory.database import AccountsDatabase
from parlour.directory.groups import Move
from parlour.directory.hand import WritingHand, slices
from parlour.directory.listing import Listing
from parlour.directory.names import address, checked_contact, checked_name, is_login, login_of, read_login
from parlour.directory.passwords import PasswordCost
from parlour.directory.records import MakeRecord, RecordBook
from parlour.directory.verifiers import VerifierSchemes
from parlour.rooms.audit import AuditRecord, Fields, differences, list_change
from parlour.rooms.model import Person, Principal, PrincipalKind
from parlour.rooms.names import look_of

__all__ = ["AccountRefused", "AccountsUnusable", "LocalDirectory", "OtherDomain", "PasswordCost", "VerifierSchemes"]

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

_PERSON = ("display_name", "email", "company", "is_admin", "disabled")


def _alone(
    change: Callable[Concatenate[LocalDirectory, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[LocalDirectory, P], Coroutine[Any, Any, T]]:
    """One change at a time, and each to its end: see `WritingHand.alone`."""

    @wraps(change)
    async def run(self: LocalDirectory, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._hand.alone(lambda: change(self, *args, **kwargs))

    return run


class LocalDirectory(Listing):
    """A `Directory` that can also be written. Writing methods raise `AccountRefused` when they will not, and `KeyError`
    for a URI that names nobody; what they did is on disk and told when they return. They never hold the loop for long,
    however many people they concern. To be used from one thread."""

    def __init__(
        self,
        path: Path,
        domain: str,
        schemes: VerifierSchemes | None = None,
        *,
        cost: PasswordCost | None = None,
    ) -> None:
        """Open the accounts of `domain` at `path`, making the file if there is none. Verifiers of schemes that are not
        among `schemes` are deleted. Raises `AccountsUnusable`, and `OtherDomain`."""
        self.domain = domain.lower()
        self._password_callbacks: list[Callable[[str], None]] = []
        self._database = AccountsDatabase(path)
        try:
            loaded = self._database.load()
            self._census = Census(loaded, self._find_everyone(loaded.groups))
        except AccountsUnusable:
            self._database.close()
            raise
        self._departed = set(loaded.departed)
        self._records = RecordBook(loaded.records)
        self._credentials = Credentials(loaded, self.domain, schemes or VerifierSchemes(), cost or PasswordCost())
        if unwanted := self._credentials.drop_unwanted():
            self._database.remove_verifiers(unwanted)
        self._hand = WritingHand()

    def belongs_to(self, store: str) -> bool:
        """Whether these are the accounts of the store with this id; those that belong to none yet are from now on."""
        try:
            known = self._database.store_id()
            if known is None:
                self._database.set_store_id(store)
        except sqlite3.Error as error:
            log.warning("whose accounts these are cannot be noted: %s", error)
            return True
        return known in (None, store)

    def close(self) -> None:
        """Let go of the file and the threads."""
        self._credentials.close()
        self._hand.close()
        self._database.close()

    def _find_everyone(self, groups: Sequence[Principal]) -> Principal:
        found = next((group for group in groups if group.kind is PrincipalKind.DOMAIN), None)
        if found is None:
            guid = str(uuid.uuid4())
            found = Principal(_group_uri(guid), guid, PrincipalKind.DOMAIN, self.domain)
            self._database.put_group(found)
        elif found.display_name != self.domain:
            raise OtherDomain(found.display_name)
        return found

    def subscribe_passwords(self, callback: Callable[[str], None]) -> None:
        self._password_callbacks.append(callback)

    # -- passwords -----------------------------------------------------------------------------------------------

    def nt_hash(self, uri: str) -> bytes | None:
        return self._credentials.nt_hash(uri)

    def has_password(self, uri: str) -> bool:
        """Whether the person could sign in."""
        return self._credentials.hash_of(uri) is not None

    def digest_ha1(self, uri: str, algorithm: str, username: str = "") -> str | None:
        return self._credentials.digest_ha1(uri, algorithm, username)

    async def check_password(self, uri: str, password: str) -> bool:
        person = self.find_person(uri)
        uri = person.uri if person is not None else ""
        encoded = self._credentials.hash_of(uri)
        good = await self._credentials.verify(encoded, password)
        # Looked up again: while a thread was hashing, the account may have been disabled or got another password.
        person = self._census.people.get(uri)
        if not good or encoded is None or person is None or person.disabled:
            return False
        if self._credentials.hash_of(uri) != encoded:
            return False
        renewed = await self._credentials.renew(uri, password, encoded)
        if renewed is not None:
            await self._keep_renewed(uri, renewed, encoded)
        return True

    @_alone
    async def _keep_renewed(self, uri: str, proof: Proof, instead_of: str) -> None:
        """Unless there is another password meanwhile."""
        if self._credentials.hash_of(uri) != instead_of:
            return
        try:
            await self._hand.write(lambda: self._database.set_password(uri, proof.encoded, proof.verifiers))
            self._credentials.put(uri, proof)
        except AccountRefused as error:
            # Whoever knows the password may come in; the next sign-in tries again.
            log.warning("what proves a password could not be renewed: %s", error)

    async def set_password(self, uri: str, password: str) -> None:
        uri = self._census.get_person(uri).uri
        await self._keep_new(uri, await self._credentials.prove(uri, password))
        for callback in self._password_callbacks:
            try:
                callback(uri)
            except Exception:
                # The others have to hear it too: the password is another one already.
                log.exception("whoever was told of another password failed")

    @_alone
    async def _keep_new(self, uri: str, proof: Proof) -> None:
        await self._write(
            lambda: self._database.set_password(uri, proof.encoded, proof.verifiers),
            self._census.get_principal(uri),
            {"password": "changed"},
        )
        self._credentials.put(uri, proof)

    # -- people --------------------------------------------------------------------------------------------------

    def address_of(self, login: str) -> str:
        """The URI that a new person of this login would have; `login` is the part before the @ or a whole address of
        the domain. Raises `AccountRefused`: it cannot be one, or is taken."""
        name = read_login(login, self.domain)
        if name is None:
            raise AccountRefused(f"{login} is not an address of {self.domain}")
        if not is_login(name):
            raise AccountRefused("a login has up to 64 of the characters a-z, 0-9, dot, hyphen, underscore and plus")
        uri = address(name, self.domain)
        self._census.check_login(name, uri)
        return uri

    async def add_user(
        self, login: str, password: str | None = None, *, display_name: str = "", email: str = "", company: str = ""
    ) -> Person:
        """Somebody new, at `address_of(login)`. Without a password the person exists but cannot sign in."""
        uri = self.address_of(login)
        shown = checked_name(display_name or login_of(uri))
        contact = checked_contact(email), checked_contact(company)
        proof = await self._credentials.prove(uri, password) if password is not None else None
        return await self._put_new(Person(uri, str(uuid.uuid4()), shown, *contact), proof)

    @_alone
    async def _put_new(self, person: Person, proof: Proof | None) -> Person:
        self.address_of(person.uri)
        if person.uri in self._departed:
            raise AccountRefused("what belonged to an earlier person of this address is still being forgotten")
        encoded, verifiers = (proof.encoded, proof.verifiers) if proof is not None else (None, {})
        fields = differences(None, person, _PERSON) | {"password": "set" if proof is not None else "none"}
        await self._write(lambda: self._database.add_person(person, encoded, verifiers), as_principal(person), fields)
        if proof is not None:
            self._credentials.put(person.uri, proof)
        self._census.put(person)
        return self._census.people[person.uri]

    @_alone
    async def remove_user(self, uri: str) -> None:
        """The person is `departed` until `settle_departed`."""
        person = self._census.get_person(uri)
        uri = person.uri
        fields = differences(person, None, _PERSON)
        await self._write(lambda: self._database.remove_person(uri), as_principal(person), fields)
        self._departed.add(uri)
        self._credentials.forget(uri)
        self._census.drop_person(uri)

    @_alone
    async def modify_user(
        self, uri: str, *, display_name: str | None = None, email: str | None = None, company: str | None = None
    ) -> None:
        """Another display name, mail address or company ("" for none); None leaves as it is. The address stays."""
        person = self._census.get_person(uri)
        changed = replace(
            person,
            display_name=person.display_name if display_name is None else checked_name(display_name),
            email=person.email if email is None else checked_contact(email),
            company=person.company if company is None else checked_contact(company),
        )
        await self._change(changed)

    @_alone
    async def set_enabled(self, uri: str, enabled: bool) -> None:
        await self._change(replace(self._census.get_person(uri), disabled=not enabled))

    @_alone
    async def set_admin(self, uri: str, is_admin: bool) -> None:
        await self._change(replace(self._census.get_person(uri), is_admin=is_admin))

    async def _change(self, person: Person) -> None:
        before = self._census.get_person(person.uri)
        fields = differences(before, person, _PERSON)
        await self._write(lambda: self._database.change_person(person), as_principal(before), fields)
        self._census.put(person)

    async def set_chat_enabled(self, uri: str, enabled: bool) -> None:
        """On or off for this person, whatever groups and domain say."""
        await self.set_chat(self._census.get_person(uri).uri, ChatSetting.ON if enabled else ChatSetting.OFF)

    @_alone
    async def set_chat(self, uri: str, setting: ChatSetting) -> None:
        """Enable a person, a group or the domain (the global default) for group chat; INHERIT leaves it to others."""
        who = self._census.get_principal(uri)
        fields = {"chat": [each.name.lower() for each in (self._census.chat_setting(who.uri), setting)]}
        await self._write(lambda: self._database.set_chat(who.uri, setting), who, fields)
        await self._census.set_chat(who.uri, setting)

    # -- groups --------------------------------------------------------------------------------------------------

    async def add_group(self, name: str, *, folder: bool = False) -> Principal:
        """A group, or a folder: people and folders are directly in one folder at most."""
        guid = str(uuid.uuid4())
        kind = PrincipalKind.FOLDER if folder else PrincipalKind.GROUP
        return await self._put_group(Principal(_group_uri(guid), guid, kind, checked_name(name)))

    async def rename_group(self, uri: str, name: str) -> Principal:
        """Its URI stays, and with it its place in every list."""
        return await self._put_group(replace(self._census.get_group(uri), display_name=checked_name(name)), new=False)

    @_alone
    async def _put_group(self, group: Principal, *, new: bool = True) -> Principal:
        if not new:
            self._census.get_group(group.uri)
        login = read_login(look_of(group.display_name), self.domain)
        self._census.check_group_name(group, address(login, self.domain) if login else None)
        before = self._census.groups.get(group.uri)
        fields = differences(before, group, ("display_name",))
        await self._write(lambda: self._database.put_group(group), before or group, fields)
        self._census.groups[group.uri] = group
        return group

    @_alone
    async def remove_group(self, uri: str) -> None:
        """The group is `departed` until `settle_departed`."""
        group = self._census.get_group(uri)
        members = list_change(frozenset(self._census.memberships.members_of(group.uri)), frozenset())
        fields = {"members": members} if members is not None else {}
        await self._write(lambda: self._database.remove_group(group.uri), group, fields)
        self._departed.add(group.uri)
        await self._census.drop_group(group.uri)

    @_alone
    async def add_to_group(self, group: str, *members: str) -> int:
        """Put people, other groups or the domain in, all or none; how many were not in it before. A folder takes people
        and folders who are in no other."""
        into = self._census.get_group(group)
        return (await self._change_members(into, put=await self._named(members)))[0]

    @_alone
    async def remove_from_group(self, group: str, *members: str) -> int:
        """Take members out; how many were in it. Not being in it is fine."""
        out_of = self._census.get_group(group)
        return (await self._change_members(out_of, take=await self._named(members)))[1]

    @_alone
    async def set_members(self, group: str, members: Collection[str]) -> tuple[int, int]:
        """From now on these are the members: how many came in, and how many went."""
        into, wanted = self._census.get_group(group), await self._named(members)
        gone = self._census.memberships.members_of(into.uri) - {member.uri for member in wanted}
        return await self._change_members(into, put=wanted, take=await self._named(gone))

    @_alone
    async def move_to_folder(self, folder: str, *members: str) -> int:
        """Put people and folders into this folder, out of the one that they are in, in one step; how many were not in
        it before. Everything they lose and gain by it is judged once, when it is done."""
        into = self._census.get_group(folder)
        if into.kind is not PrincipalKind.FOLDER:
            raise AccountRefused(f"{into.display_name} is no folder")
        return (await self._change_members(into, put=await self._named(members), moving=True))[0]

    async def _named(self, uris: Collection[str]) -> list[Principal]:
        found = []
        for batch in slices(uris):
            found += [self._census.get_principal(uri) for uri in batch]
            await asyncio.sleep(0)
        return found

    async def _change_members(
        self, group: Principal, *, put: Sequence[Principal] = (), take: Sequence[Principal] = (), moving: bool = False
    ) -> tuple[int, int]:
        now = self._census.memberships.members_of(group.uri)
        coming = {member.uri: member for member in put if member.uri not in now}
        going = sorted({member.uri for member in take if member.uri in now})
        for batch in slices(coming.values()):
            for member in batch:
                self._census.check_member(group, member, moving=moving)
            await asyncio.sleep(0)
        moves = [Move(uri, group.uri, self._census.folder_of(uri) if moving else None) for uri in coming]
        moves += [Move(uri, None, group.uri) for uri in going]
        if moves:
            fields = {"members": list_change(frozenset(going), coming.keys())}
            await self._write(lambda: self._database.move_members(moves), group, fields)
            await self._census.move_members(moves)
        return len(coming), len(going)

    # -- the audit trail -----------------------------------------------------------------------------------------

    def record_with(self, make: MakeRecord) -> None:
        """From now on, each change is recorded, in the transaction that makes it."""
        self._records.make = make

    def owed_records(self) -> Sequence[AuditRecord]:
        """Records that the audit trail does not have yet, oldest first. Kept over a restart."""
        return self._records.owed()

    @_alone
    async def settle_records(self, carried: Sequence[AuditRecord]) -> None:
        """The audit trail has these. Those that are settled already are passed over."""
        ids = frozenset(record.id for record in carried)
        await self._hand.write(lambda: self._database.settle_records(ids))
        self._records.settle(ids)

    async def _write(self, change: Callable[[], None], about: Principal, fields: Fields) -> None:
        """A change with its record."""
        record = self._records.of(about, fields)
        await self._hand.write(lambda: self._database.recorded(record, change))
        self._records.owe(record)

    # -- those who are gone --------------------------------------------------------------------------------------

    def departed(self) -> Sequence[str]:
        """People and groups that are removed, while what is kept for them elsewhere has still to be forgotten: their
        places in lists, their documents. Nobody new gets such an address. Kept over a restart."""
        return sorted(self._departed)

    @_alone
    async def settle_departed(self, uri: str) -> None:
        """Nothing is kept of this one any more."""
        if uri in self._departed:
            await self._hand.write(lambda: self._database.settle_departed(uri))
            self._departed.discard(uri)


def _group_uri(guid: str) -> str:
    return f"ma-grp:{guid}@u.g"
