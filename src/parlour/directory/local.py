"""The directory that Parlour keeps itself: accounts and groups in accounts.db, all of it in memory while it is open."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from parlour.directory.api import AccountRefused, AccountsUnusable, ChatSetting
from parlour.directory.chat_policy import ChatDecision, ChatPolicy
from parlour.directory.database import AccountsDatabase
from parlour.directory.groups import Memberships
from parlour.directory.names import is_login, login_of, read_login
from parlour.directory.passwords import PasswordCost, Passwords, normal_password
from parlour.directory.verifiers import NTLM, VerifierSchemes, digest_kind, kinds, make_verifiers
from parlour.rooms.model import Person, Principal, PrincipalKind
from parlour.rooms.names import check_name, fold_name
from parlour.rooms.refusals import Refused

__all__ = ["AccountRefused", "AccountsUnusable", "LocalDirectory", "PasswordCost", "VerifierSchemes"]

_NAME_CHARS = 256
_EVERYONE = "everyone"


class LocalDirectory:
    """A `Directory` that can also be written. Writing methods raise `AccountRefused` when they will not, and `KeyError`
    for a URI that names nobody; what they did is on disk when they return. To be used from one thread."""

    def __init__(
        self,
        path: Path,
        domain: str,
        schemes: VerifierSchemes | None = None,
        *,
        cost: PasswordCost | None = None,
    ) -> None:
        """Open the accounts of `domain` at `path`, making the file if there is none. Verifiers of schemes that are not
        among `schemes` are deleted. Raises `AccountsUnusable`."""
        self.domain = domain.lower()
        self._schemes = schemes if schemes is not None else VerifierSchemes()
        self._callbacks: list[Callable[[str], None]] = []
        self._password_callbacks: list[Callable[[str], None]] = []
        self._database = AccountsDatabase(path)
        self._passwords = Passwords(cost if cost is not None else PasswordCost())
        try:
            self._load()
        except AccountsUnusable:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file and the threads."""
        self._passwords.close()
        self._database.close()

    def _load(self) -> None:
        loaded = self._database.load()
        self._groups = {group.uri: group for group in loaded.groups}
        self._everyone = self._find_everyone()
        self._hashes = dict(loaded.hashes)
        self._verifiers = {uri: dict(found) for uri, found in loaded.verifiers.items()}
        known = {person.uri for person in loaded.people} | self._groups.keys()
        pairs = [(group, member) for group, member in loaded.memberships if {group, member} <= known]
        self._memberships = Memberships(self._everyone.uri, pairs)
        self._chat = ChatPolicy(self._everyone.uri, loaded.chat)
        self._people = {
            person.uri: self._resolved(person) for person in sorted(loaded.people, key=lambda person: person.uri)
        }
        self._drop_verifiers()

    def _find_everyone(self) -> Principal:
        found = next((group for group in self._groups.values() if group.kind is PrincipalKind.DOMAIN), None)
        if found is None:
            guid = str(uuid.uuid4())
            found = Principal(_group_uri(guid), guid, PrincipalKind.DOMAIN, self.domain)
            self._database.put_group(found)
            self._groups[found.uri] = found
        elif found.display_name != self.domain:
            raise AccountsUnusable(f"it belongs to the domain {found.display_name}, not to {self.domain}")
        return found

    def _drop_verifiers(self) -> None:
        unwanted = [
            (uri, kind)
            for uri, found in self._verifiers.items()
            for kind in found.keys() - kinds(self._schemes, login_of(uri), self.domain)
        ]
        if unwanted:
            self._database.remove_verifiers(unwanted)
        for uri, kind in unwanted:
            del self._verifiers[uri][kind]

    # -- reading -------------------------------------------------------------------------------------------------

    def find_person(self, uri: str) -> Person | None:
        return self._people.get(uri) or self._people.get(uri.lower())

    def find_by_login(self, login: str, domain: str | None = None) -> str | None:
        name = read_login(login, self.domain, domain)
        uri = self._uri(name) if name else ""
        return uri if uri in self._people else None

    def people(self) -> Sequence[Person]:
        return tuple(self._people.values())

    def principals(self) -> Sequence[Principal]:
        return (*map(_user, self._people.values()), *self._groups.values())

    def find_principal(self, uri: str) -> Principal | None:
        person = self.find_person(uri)
        return _user(person) if person is not None else self._groups.get(uri.lower())

    def members_of(self, group: str) -> Sequence[Principal]:
        """Direct members, by name; of the domain, everybody."""
        principal = self._groups[group.lower()]
        everybody = principal is self._everyone
        uris = self._people if everybody else self._memberships.members_of(principal.uri)
        found = [member for uri in uris if (member := self.find_principal(uri)) is not None]
        return sorted(found, key=lambda member: (fold_name(member.display_name), member.uri))

    def chat_setting(self, uri: str) -> ChatSetting:
        """What stands at a person, a group, or the domain (the global default). `KeyError` for others."""
        return self._chat.setting(self._principal(uri).uri)

    def chat_decision(self, uri: str) -> ChatDecision:
        """Whether a person is enabled for group chat, and whose setting says so. `KeyError` for others."""
        person = self._person(uri)
        return self._chat.decide(person.uri, person.affiliations)

    def subscribe(self, callback: Callable[[str], None]) -> None:
        self._callbacks.append(callback)

    def subscribe_passwords(self, callback: Callable[[str], None]) -> None:
        self._password_callbacks.append(callback)

    # -- passwords -----------------------------------------------------------------------------------------------

    def nt_hash(self, uri: str) -> bytes | None:
        return self._verifiers.get(uri, {}).get(NTLM)

    def digest_ha1(self, uri: str, algorithm: str, username: str = "") -> str | None:
        name = username.removeprefix("sip:") or login_of(uri)
        value = self._verifiers.get(uri, {}).get(digest_kind(algorithm, name))
        return value.decode() if value is not None else None

    async def check_password(self, uri: str, password: str) -> bool:
        person = self.find_person(uri)
        uri = person.uri if person is not None else ""
        encoded, normal = self._hashes.get(uri), normal_password(password)
        good = await self._passwords.verify(encoded, normal)
        # Looked up again: while a thread was hashing, the account may have been disabled or got another password.
        person = self._people.get(uri)
        if not good or encoded is None or person is None or person.disabled or self._hashes.get(uri) != encoded:
            return False
        await self._refresh(uri, normal, encoded)
        return True

    async def _refresh(self, uri: str, normal: str, encoded: str) -> None:
        """Make what newer settings ask for, now that the password is here for once."""
        outdated = self._passwords.is_outdated(encoded)
        wanted = kinds(self._schemes, login_of(uri), self.domain)
        if not outdated and wanted <= self._verifiers.get(uri, {}).keys():
            return
        fresh = await self._passwords.hash(normal) if outdated else encoded
        if self._hashes.get(uri) == encoded:
            self._keep_password(uri, normal, fresh)

    async def set_password(self, uri: str, password: str) -> None:
        normal = self._passwords.check_new(password)
        self._person(uri)
        encoded = await self._passwords.hash(normal)
        uri = self._person(uri).uri
        self._keep_password(uri, normal, encoded)
        for callback in self._password_callbacks:
            callback(uri)

    def _keep_password(self, uri: str, normal: str, encoded: str) -> None:
        made = make_verifiers(self._schemes, login_of(uri), self.domain, normal)
        self._database.set_password(uri, encoded, made)
        self._hashes[uri] = encoded
        self._verifiers[uri] = dict(made)

    # -- people --------------------------------------------------------------------------------------------------

    async def add_user(
        self, login: str, password: str | None = None, *, display_name: str = "", email: str = "", company: str = ""
    ) -> Person:
        """`login` is the part before the @ or a whole address of the domain. Without a password the person exists but
        cannot sign in."""
        name = read_login(login, self.domain)
        if name is None:
            raise AccountRefused(f"{login} is not an address of {self.domain}")
        if not is_login(name):
            raise AccountRefused("a login has up to 64 of the characters a-z, 0-9, dot, hyphen, underscore and plus")
        uri = self._uri(name)
        shown = _checked_name(display_name or name)
        normal = self._passwords.check_new(password) if password is not None else None
        self._check_free(uri, name)
        encoded = await self._passwords.hash(normal) if normal is not None else None
        self._check_free(uri, name)
        made = make_verifiers(self._schemes, name, self.domain, normal) if normal is not None else {}
        person = Person(uri, str(uuid.uuid4()), shown, email.strip(), company.strip())
        self._database.add_person(person, encoded, made)
        if encoded is not None:
            self._hashes[uri] = encoded
        self._verifiers[uri] = dict(made)
        self._renew([person])
        return self._people[uri]

    async def remove_user(self, uri: str) -> None:
        uri = self._person(uri).uri
        self._database.remove_person(uri)
        del self._people[uri]
        self._hashes.pop(uri, None)
        self._verifiers.pop(uri, None)
        self._memberships.forget(uri)
        self._chat.put(uri, ChatSetting.INHERIT)
        self._tell([uri])

    async def set_enabled(self, uri: str, enabled: bool) -> None:
        self._change(replace(self._person(uri), disabled=not enabled))

    async def set_chat_enabled(self, uri: str, enabled: bool) -> None:
        """On or off for this person, whatever groups and domain say."""
        await self.set_chat(self._person(uri).uri, ChatSetting.ON if enabled else ChatSetting.OFF)

    async def set_chat(self, uri: str, setting: ChatSetting) -> None:
        """Enable a person, a group or the domain (the global default) for group chat; INHERIT leaves it to others."""
        who = self._principal(uri)
        self._database.set_chat(who.uri, setting)
        self._chat.put(who.uri, setting)
        self._renew(self._people_among(self._memberships.beneath(who.uri)))

    async def set_admin(self, uri: str, is_admin: bool) -> None:
        self._change(replace(self._person(uri), is_admin=is_admin))

    async def rename_user(self, uri: str, display_name: str) -> None:
        """A new display name; the address stays."""
        self._change(replace(self._person(uri), display_name=_checked_name(display_name)))

    async def set_contact(self, uri: str, *, email: str, company: str) -> None:
        """Mail address and company, "" for none."""
        self._change(replace(self._person(uri), email=email.strip(), company=company.strip()))

    def _change(self, person: Person) -> None:
        self._database.change_person(person)
        self._renew([person])

    # -- groups --------------------------------------------------------------------------------------------------

    async def add_group(self, name: str, *, folder: bool = False) -> Principal:
        """A group, or a folder: people and folders are directly in one folder at most."""
        guid = str(uuid.uuid4())
        kind = PrincipalKind.FOLDER if folder else PrincipalKind.GROUP
        return self._put_group(Principal(_group_uri(guid), guid, kind, _checked_name(name)))

    async def rename_group(self, uri: str, name: str) -> None:
        self._put_group(replace(self._group(uri), display_name=_checked_name(name)))

    def _put_group(self, group: Principal) -> Principal:
        folded = fold_name(group.display_name)
        others = [other for other in self._groups.values() if other.uri != group.uri]
        if folded == _EVERYONE or any(fold_name(other.display_name) == folded for other in others):
            raise AccountRefused(f"there is a group or folder {group.display_name} already")
        self._database.put_group(group)
        self._groups[group.uri] = group
        return group

    async def remove_group(self, uri: str) -> None:
        group = self._group(uri)
        beneath = self._memberships.beneath(group.uri)
        self._database.remove_group(group.uri)
        self._memberships.forget(group.uri)
        self._chat.put(group.uri, ChatSetting.INHERIT)
        del self._groups[group.uri]
        self._renew(self._people_among(beneath))

    async def add_to_group(self, group: str, member: str) -> None:
        """`member` is a person, another group, or the domain; being in it already is fine. A folder takes people and
        folders who are in no other."""
        into, who = self._group(group), self._principal(member)
        if into.kind is PrincipalKind.FOLDER:
            self._check_folder(into, who)
        if self._memberships.would_circle(into.uri, who.uri):
            raise AccountRefused(f"{into.display_name} would be inside itself")
        self._database.put_membership(into.uri, who.uri)
        self._memberships.add(into.uri, who.uri)
        self._renew(self._people_among(self._memberships.beneath(who.uri)))

    async def remove_from_group(self, group: str, member: str) -> None:
        """Not being in it is fine too."""
        out_of, who = self._group(group), self._principal(member)
        self._database.remove_membership(out_of.uri, who.uri)
        self._memberships.remove(out_of.uri, who.uri)
        self._renew(self._people_among(self._memberships.beneath(who.uri)))

    # -- inside --------------------------------------------------------------------------------------------------

    def _uri(self, login: str) -> str:
        return f"sip:{login}@{self.domain}"

    def _person(self, uri: str) -> Person:
        return self._people[uri.lower()]

    def _group(self, uri: str) -> Principal:
        """One that can be changed."""
        group = self._groups[uri.lower()]
        if group is self._everyone:
            raise AccountRefused("everybody is in the domain: it has no other members, and it stays")
        return group

    def _principal(self, uri: str) -> Principal:
        found = self.find_principal(uri)
        if found is None:
            raise KeyError(uri)
        return found

    def _check_free(self, uri: str, name: str) -> None:
        if uri in self._people:
            raise AccountRefused(f"the login {name} is taken")

    def _check_folder(self, folder: Principal, who: Principal) -> None:
        if who.kind not in (PrincipalKind.USER, PrincipalKind.FOLDER):
            raise AccountRefused(f"a folder holds people and folders; {who.display_name} is neither")
        for uri in self._memberships.groups_of(who.uri) - {folder.uri}:
            if self._groups[uri].kind is PrincipalKind.FOLDER:
                raise AccountRefused(f"{who.display_name} is in the folder {self._groups[uri].display_name} already")

    def _people_among(self, uris: frozenset[str]) -> Iterable[Person]:
        if self._everyone.uri in uris:
            return tuple(self._people.values())
        return [self._people[uri] for uri in uris if uri in self._people]

    def _renew(self, people: Iterable[Person]) -> None:
        """Keep these people with the groups they are in now, then tell who changed; whoever hears it sees it all."""
        changed = []
        for person in people:
            fresh = self._resolved(person)
            if fresh != self._people.get(person.uri):
                self._people[person.uri] = fresh
                changed.append(person.uri)
        self._tell(changed)

    def _resolved(self, person: Person) -> Person:
        """With the groups that the person is in, and what follows from them."""
        affiliations = self._memberships.affiliations(person.uri)
        enabled = self._chat.decide(person.uri, affiliations).enabled
        return replace(person, affiliations=affiliations, chat_enabled=enabled)

    def _tell(self, uris: Iterable[str]) -> None:
        for uri in uris:
            for callback in self._callbacks:
                callback(uri)


def _group_uri(guid: str) -> str:
    return f"ma-grp:{guid}@u.g"


def _user(person: Person) -> Principal:
    return Principal(person.uri, person.guid, PrincipalKind.USER, person.display_name)


def _checked_name(name: str) -> str:
    kept = check_name(name, _NAME_CHARS)
    if isinstance(kept, Refused):
        raise AccountRefused(kept.detail)
    return kept
