"""Accounts and groups: what is written is read, told, and kept over a restart."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from parlour.directory.api import (
    AccountRefused,
    AccountsUnusable,
    AccountsUnwritten,
    ChatSetting,
    Directory,
    OtherDomain,
)
from parlour.directory.database import _MIGRATIONS
from parlour.directory.hand import SLICE
from parlour.directory.local import LocalDirectory, PasswordCost, VerifierSchemes
from parlour.hub.accounts import Accounts
from parlour.rooms.model import PrincipalKind
from parlour.sip.auth.digest import Algorithm, compute_ha1
from parlour.sip.auth.ntlm import nt_hash

CHEAP = PasswordCost(time_cost=1, memory_kib=8, parallelism=1)
ALICE = "sip:alice@contoso.com"
PASSWORD = "Secret123"


class Place:
    """A file to open again and again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open: list[LocalDirectory] = []

    def open(self, schemes: VerifierSchemes | None = None, cost: PasswordCost = CHEAP) -> LocalDirectory:
        directory = LocalDirectory(self.path, "contoso.com", schemes, cost=cost)
        self._open.append(directory)
        return directory

    def close(self) -> None:
        for directory in self._open:
            directory.close()
        self._open.clear()

    def raw(self, sql: str) -> list[tuple[object, ...]]:
        connection = sqlite3.connect(self.path)
        try:
            with connection:
                return connection.execute(sql).fetchall()
        finally:
            connection.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path / "accounts.db")
    yield made
    made.close()


def _heard(directory: LocalDirectory) -> list[str]:
    heard: list[str] = []
    directory.subscribe(heard.append)
    return heard


async def test_it_is_what_the_others_ask_for(place: Place) -> None:
    directory = place.open()
    reading: Directory = directory
    writing: Accounts = directory
    assert reading is writing


async def test_add_and_find(place: Place) -> None:
    directory = place.open()
    heard = _heard(directory)
    person = await directory.add_user(
        "Alice", PASSWORD, display_name="앨리스 Archer", email=" alice@contoso.com ", company="Contoso"
    )
    assert (person.uri, person.display_name, person.email, person.company) == (
        ALICE,
        "앨리스 Archer",
        "alice@contoso.com",
        "Contoso",
    )
    assert len(person.guid) == 36
    assert not person.is_admin
    assert person.chat_enabled
    assert not person.disabled
    for typed in ("alice", "ALICE", "alice@contoso.com", "sip:Alice@Contoso.com", "CONTOSO\\alice", "ａｌｉｃｅ"):
        assert directory.find_by_login(typed) == ALICE
    assert directory.find_by_login("alice", "CONTOSO") == ALICE
    assert directory.find_by_login("alice", "OTHER") is None
    assert directory.find_by_login("bob") is None
    assert directory.find_by_login("") is None
    assert directory.find_person(ALICE) is person
    assert directory.find_person("SIP:Alice@Contoso.COM") is person
    assert directory.find_person("sip:bob@contoso.com") is None
    assert list(directory.people()) == [person]
    assert heard == [ALICE]


async def test_everything_survives_a_restart(place: Place) -> None:
    directory = place.open()
    await directory.add_user("alice", PASSWORD, display_name="Alice")
    await directory.add_user("bob")
    group, outer = await directory.add_group("야간 근무"), await directory.add_group("Plant")
    await directory.add_to_group(group.uri, ALICE)
    await directory.add_to_group(outer.uri, group.uri)
    await directory.set_admin(ALICE, True)
    await directory.set_chat_enabled(ALICE, False)
    await directory.set_enabled("sip:bob@contoso.com", False)
    before = (list(directory.people()), set(directory.principals()), directory.nt_hash(ALICE))
    place.close()
    again = place.open()
    assert (list(again.people()), set(again.principals()), again.nt_hash(ALICE)) == before
    assert again.find_person(ALICE) is not None
    assert await again.check_password(ALICE, PASSWORD)
    assert [member.uri for member in await again.members_of(outer.uri)] == [group.uri]


async def test_refused_users(place: Place) -> None:
    directory = place.open()
    await directory.add_user("alice", PASSWORD)
    for login in ("alice", "ALICE@contoso.com", "a b", "", "bob@elsewhere.com", "김철수"):
        with pytest.raises(AccountRefused):
            await directory.add_user(login, PASSWORD)
    with pytest.raises(AccountRefused, match="at least 8"):
        await directory.add_user("bob", "short")
    with pytest.raises(AccountRefused, match="name"):
        await directory.add_user("bob", PASSWORD, display_name="Bob\x07")
    assert len(directory.people()) == 1


async def test_the_same_login_twice_at_once(place: Place) -> None:
    directory = place.open()
    results = await asyncio.gather(*(directory.add_user("alice", PASSWORD) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(result, AccountRefused) for result in results) == 2
    assert len(directory.people()) == 1


async def test_unknown_uris(place: Place) -> None:
    directory = place.open()
    group = await directory.add_group("Plant")
    for act in (
        directory.set_password(ALICE, PASSWORD),
        directory.remove_user(ALICE),
        directory.set_enabled(ALICE, False),
        directory.modify_user(ALICE, display_name="x"),
        directory.remove_group("ma-grp:x@u.g"),
        directory.add_to_group(group.uri, ALICE),
        directory.add_to_group("ma-grp:x@u.g", group.uri),
    ):
        with pytest.raises(KeyError):
            await act
    with pytest.raises(KeyError):
        await directory.members_of("ma-grp:x@u.g")
    assert directory.find_principal(ALICE) is None


# --- passwords


async def test_passwords(place: Place) -> None:
    directory = place.open()
    await directory.add_user("alice", PASSWORD)
    await directory.add_user("nobody")
    assert await directory.check_password(ALICE, PASSWORD)
    assert await directory.check_password("SIP:ALICE@contoso.com", PASSWORD)
    assert not await directory.check_password(ALICE, "wrong")
    assert not await directory.check_password("sip:nobody@contoso.com", "")
    assert not await directory.check_password("sip:unknown@contoso.com", PASSWORD)


async def test_a_new_password_counts_at_once(place: Place) -> None:
    directory = place.open()
    await directory.add_user("alice", PASSWORD)
    await directory.set_password(ALICE, "비밀번호 1234")
    assert not await directory.check_password(ALICE, PASSWORD)
    assert await directory.check_password(ALICE, "비밀번호 1234")
    assert directory.nt_hash(ALICE) == nt_hash("비밀번호 1234")


async def test_a_new_password_is_told_and_a_dearer_hash_of_the_old_one_is_not(place: Place) -> None:
    await place.open().add_user("alice", PASSWORD)
    place.close()
    directory = place.open(cost=PasswordCost(time_cost=2, memory_kib=8, parallelism=1))
    heard: list[str] = []
    directory.subscribe_passwords(heard.append)
    assert await directory.check_password(ALICE, PASSWORD)
    assert heard == []
    await directory.set_password("SIP:Alice@contoso.com", "비밀번호 1234")
    assert heard == [ALICE]


async def test_disabled_at_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = place.open()
    await directory.add_user("alice", PASSWORD)
    heard, hashed = _heard(directory), asyncio.Event()
    verify = directory._credentials._passwords.verify

    async def slowly(encoded: str | None, password: str) -> bool:
        good = await verify(encoded, password)
        await hashed.wait()
        return good

    monkeypatch.setattr(directory._credentials._passwords, "verify", slowly)
    checking = asyncio.ensure_future(directory.check_password(ALICE, PASSWORD))
    await asyncio.sleep(0)  # the hash is being worked out
    await directory.set_enabled(ALICE, False)
    hashed.set()
    assert not await checking
    assert not await directory.check_password(ALICE, PASSWORD)
    assert directory.nt_hash(ALICE) is not None  # its caller says "disabled" only to who proves the password
    await directory.set_enabled(ALICE, False)
    assert heard == [ALICE]
    await directory.set_enabled(ALICE, True)
    assert await directory.check_password(ALICE, PASSWORD)


async def test_verifiers(place: Place) -> None:
    directory = place.open()
    await directory.add_user("alice", PASSWORD)
    await directory.add_user("nobody")
    assert directory.nt_hash(ALICE) == nt_hash(PASSWORD)
    for username, name in (("", "alice"), ("alice", "alice"), ("alice@contoso.com", "alice@contoso.com")):
        expected = compute_ha1(name, "contoso.com", PASSWORD, Algorithm.SHA_256)
        assert directory.digest_ha1(ALICE, "SHA-256", username) == expected
    assert directory.digest_ha1(ALICE, "sha-256", "sip:alice@contoso.com") is not None
    assert directory.digest_ha1(ALICE, "SHA-256", "Alice") is None
    assert directory.digest_ha1(ALICE, "MD5") is None
    assert directory.digest_ha1(ALICE, "SHA-512-256") is None
    for uri in ("sip:nobody@contoso.com", "sip:unknown@contoso.com"):
        assert directory.nt_hash(uri) is None
        assert directory.digest_ha1(uri, "SHA-256") is None


async def test_a_scheme_switched_off_is_forgotten_and_comes_back_with_the_next_password(place: Place) -> None:
    directory = place.open()
    await directory.add_user("alice", PASSWORD)
    secret = nt_hash(PASSWORD)
    assert secret in place.path.read_bytes()
    place.close()
    directory = place.open(VerifierSchemes(ntlm=False, digest_md5=True))
    assert directory.nt_hash(ALICE) is None
    assert directory.digest_ha1(ALICE, "SHA-256") is not None
    assert directory.digest_ha1(ALICE, "MD5") is None
    assert secret not in place.path.read_bytes()
    assert await directory.check_password(ALICE, PASSWORD)
    assert directory.digest_ha1(ALICE, "MD5") == compute_ha1("alice", "contoso.com", PASSWORD, Algorithm.MD5)
    assert directory.nt_hash(ALICE) is None


async def test_a_dearer_hash_is_made_when_the_password_is_there(place: Place) -> None:
    await place.open().add_user("alice", PASSWORD)
    place.close()
    directory = place.open(cost=PasswordCost(time_cost=2, memory_kib=8, parallelism=1))
    assert not await directory.check_password(ALICE, "wrong")
    assert "t=1" in str(place.raw("SELECT password FROM people"))
    assert await directory.check_password(ALICE, PASSWORD)
    assert "t=2" in str(place.raw("SELECT password FROM people"))
    assert await directory.check_password(ALICE, PASSWORD)


# --- people and groups


async def test_changes_are_told_once(place: Place) -> None:
    directory = place.open()
    await directory.add_user("alice", PASSWORD)
    heard = _heard(directory)
    await directory.modify_user(ALICE, display_name="Alice B.")
    await directory.modify_user(ALICE, email="a@b", company="C")
    await directory.set_password(ALICE, "another one")
    await directory.set_admin(ALICE, True)
    await directory.set_admin(ALICE, True)
    await directory.set_chat_enabled(ALICE, False)
    assert heard == [ALICE] * 4
    person = directory.find_person(ALICE)
    assert person is not None
    assert (person.display_name, person.email, person.company, person.is_admin, person.chat_enabled) == (
        "Alice B.",
        "a@b",
        "C",
        True,
        False,
    )


async def test_remove(place: Place) -> None:
    directory = place.open()
    await directory.add_user("alice", PASSWORD)
    group = await directory.add_group("Plant")
    await directory.add_to_group(group.uri, ALICE)
    gone: list[bool] = []
    directory.subscribe(lambda uri: gone.append(directory.find_person(uri) is None))
    await directory.remove_user(ALICE)
    assert gone == [True]
    assert directory.nt_hash(ALICE) is None
    assert await directory.members_of(group.uri) == []
    assert place.raw("SELECT * FROM verifiers") == place.raw("SELECT * FROM memberships") == []
    first = directory.find_by_login("alice")
    # Until what was kept elsewhere is forgotten, nobody new gets the address; a restart does not change that.
    place.close()
    directory = place.open()
    assert directory.departed() == [ALICE]
    with pytest.raises(AccountRefused, match="still being forgotten"):
        await directory.add_user("alice", PASSWORD)
    await directory.settle_departed(ALICE)
    await directory.settle_departed(ALICE)
    assert directory.departed() == []
    person = await directory.add_user("alice", PASSWORD)
    assert first is None
    assert group.uri not in person.affiliations


async def test_nested_groups(place: Place) -> None:
    directory = place.open()
    await directory.add_user("alice")
    await directory.add_user("bob")
    bob = "sip:bob@contoso.com"
    night, plant = await directory.add_group("Night"), await directory.add_group("Plant")
    everyone = next(one for one in directory.principals() if one.kind is PrincipalKind.DOMAIN)
    heard = _heard(directory)

    def groups(uri: str) -> frozenset[str]:
        person = directory.find_person(uri)
        assert person is not None
        return person.affiliations

    assert groups(ALICE) == {everyone.uri}
    await directory.add_to_group(night.uri, ALICE)
    assert heard == [ALICE]
    await directory.add_to_group(night.uri, ALICE)
    assert heard == [ALICE]
    await directory.add_to_group(plant.uri, night.uri)
    assert groups(ALICE) == {everyone.uri, night.uri, plant.uri}
    assert heard == [ALICE, ALICE]
    with pytest.raises(AccountRefused, match="inside itself"):
        await directory.add_to_group(night.uri, plant.uri)
    with pytest.raises(AccountRefused, match="inside itself"):
        await directory.add_to_group(night.uri, night.uri)
    await directory.remove_from_group(plant.uri, night.uri)
    await directory.remove_from_group(plant.uri, night.uri)
    assert groups(ALICE) == {everyone.uri, night.uri}
    await directory.add_to_group(plant.uri, everyone.uri)
    assert groups(bob) == {everyone.uri, plant.uri}
    heard.clear()
    await directory.remove_group(plant.uri)
    assert sorted(heard) == [ALICE, bob]
    assert directory.find_principal(plant.uri) is None
    assert groups(bob) == {everyone.uri}


async def test_the_domain(place: Place) -> None:
    directory = place.open()
    everyone = next(one for one in directory.principals() if one.kind is PrincipalKind.DOMAIN)
    assert everyone.display_name == "contoso.com"
    assert directory.find_principal(everyone.uri.upper()) == everyone
    person = await directory.add_user("alice")
    assert [member.uri for member in await directory.members_of(everyone.uri)] == [person.uri]
    for act in (
        directory.add_to_group(everyone.uri, ALICE),
        directory.remove_from_group(everyone.uri, ALICE),
        directory.remove_group(everyone.uri),
        directory.rename_group(everyone.uri, "x"),
    ):
        with pytest.raises(AccountRefused):
            await act


async def test_groups_that_look_the_same_have_the_same_name(place: Place) -> None:
    """As rooms and categories: nobody could tell which of them is meant."""
    directory = place.open()
    await directory.add_user("alice")
    desk, pit = await directory.add_group("Desk"), await directory.add_group("Pit")
    for veiled in ("De\u200dsk", "desk\ufe0f"):
        with pytest.raises(AccountRefused, match="already"):
            await directory.add_group(veiled)
        with pytest.raises(AccountRefused, match="already"):
            await directory.rename_group(pit.uri, veiled)
    for veiled in ("alice\u200d", "every\u200done", "contoso.com\ufe0f"):
        with pytest.raises(AccountRefused):
            await directory.add_group(veiled)
    await directory.add_group("bob\u200d")
    with pytest.raises(AccountRefused, match="there is a group or folder bob already"):
        await directory.add_user("bob")
    # Its own look is free to it.
    assert (await directory.rename_group(desk.uri, "De\u200dsk")).display_name == "De\u200dsk"


@pytest.mark.parametrize(
    "name",
    [
        "frank@contoso.com",
        "Frank@CONTOSO.com",
        "ｆｒａｎｋ＠contoso.com",
        "sip:frank@contoso.com",
        "CONTOSO\\frank",
        "frank@elsewhere.com",
        "sips:frank",
        "ma-grp:x@u.g",
        "frank@con\u200dtoso.com",
    ],
)
async def test_no_group_has_the_form_of_an_address(place: Place, name: str) -> None:
    """A denial of frank@contoso.com would be one of an empty group, and the person could walk in."""
    directory = place.open()
    group = await directory.add_group("Frank & Co. @ Seoul: sales")
    with pytest.raises(AccountRefused, match="form of an address"):
        await directory.add_group(name)
    with pytest.raises(AccountRefused, match="form of an address"):
        await directory.rename_group(group.uri, name)


@pytest.mark.parametrize("name", ["frank@contoso.com", "SIP:frank@contoso.com", "CONTOSO\\frank"])
async def test_nobody_new_is_called_as_a_group_of_an_earlier_release(place: Place, name: str) -> None:
    await place.open().add_group("Old")
    place.close()
    place.raw(f"UPDATE groups SET display_name = '{name}', folded_name = lower('{name}') WHERE display_name = 'Old'")
    directory = place.open()
    with pytest.raises(AccountRefused, match="there is a group or folder"):
        await directory.add_user("frank")
    await directory.add_user("frankie")


async def test_nobody_is_called_everyone(place: Place) -> None:
    with pytest.raises(AccountRefused, match="the whole domain"):
        await place.open().add_user("everyone")


async def test_group_names(place: Place) -> None:
    directory = place.open()
    group = await directory.add_group("Night Shift")
    for name in ("night  shift", "ＮＩＧＨＴ SHIFT", "Everyone", "contoso.com", "", "x" * 257):
        with pytest.raises(AccountRefused):
            await directory.add_group(name)
    await directory.rename_group(group.uri, "NIGHT SHIFT")
    found = directory.find_principal(group.uri)
    assert found is not None
    assert found.display_name == "NIGHT SHIFT"


# --- the file


async def test_only_the_owner_may_read(place: Place) -> None:
    await place.open().add_user("alice", PASSWORD)
    assert stat.S_IMODE(place.path.stat().st_mode) == 0o600
    place.close()
    place.path.chmod(0o644)
    place.open()
    assert stat.S_IMODE(place.path.stat().st_mode) == 0o600


async def test_removed_secrets_are_overwritten(place: Place) -> None:
    directory = place.open()
    await directory.add_user("alice", PASSWORD)
    await directory.set_password(ALICE, "another one")
    assert nt_hash(PASSWORD) not in place.path.read_bytes()
    await directory.remove_user(ALICE)
    assert nt_hash("another one") not in place.path.read_bytes()


def test_another_domain(place: Place) -> None:
    place.open()
    place.close()
    with pytest.raises(OtherDomain, match="belongs to the domain contoso"):
        LocalDirectory(place.path, "fabrikam.com", cost=CHEAP)


def test_the_first_store_that_asks_is_the_one(place: Place) -> None:
    for store, belongs in (("a", True), ("a", True), ("b", False), ("a", True)):
        assert place.open().belongs_to(store) is belongs
        place.close()


async def test_a_damaged_file(place: Place) -> None:
    directory = place.open()
    for number in range(50):
        await directory.add_user(f"u{number}", display_name="x" * 200)
    place.close()
    content = bytearray(place.path.read_bytes())
    content[8 * 4096 : 9 * 4096] = b"\x07" * 4096
    place.path.write_bytes(content)
    with pytest.raises(AccountsUnusable, match=r"damaged|malformed"):
        place.open()


def test_a_newer_file(place: Place) -> None:
    place.open()
    place.close()
    place.raw("PRAGMA user_version = 99")
    with pytest.raises(AccountsUnusable, match="newer release"):
        place.open()


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "accounts.db").write_bytes(b"this is not a database, it only looks like a long enough text" * 100)
    for path in (tmp_path / "accounts.db", tmp_path / "missing" / "accounts.db", tmp_path):
        with pytest.raises(AccountsUnusable):
            LocalDirectory(path, "contoso.com", cost=CHEAP)


async def test_rows_that_point_nowhere_are_passed_over(place: Place) -> None:
    group = await place.open().add_group("Plant")
    place.close()
    place.raw(f"INSERT INTO memberships VALUES ('{group.uri}', 'sip:ghost@contoso.com')")
    place.raw(f"INSERT INTO memberships VALUES ('{group.uri}', '{group.uri}')")
    directory = place.open()
    await directory.add_user("alice")
    await directory.add_to_group(group.uri, ALICE)
    person = directory.find_person(ALICE)
    assert person is not None
    assert group.uri in person.affiliations


# --- enabled for group chat


async def test_the_own_setting_wins_then_groups_then_the_domain(place: Place) -> None:
    directory = place.open()
    await directory.add_user("alice")
    inner, outer = await directory.add_group("야간 근무"), await directory.add_group("Plant")
    await directory.add_to_group(inner.uri, ALICE)
    await directory.add_to_group(outer.uri, inner.uri)
    everyone = next(one for one in directory.principals() if one.kind is PrincipalKind.DOMAIN).uri

    def state() -> tuple[bool, str | None]:
        person, decision = directory.find_person(ALICE), directory.chat_decision(ALICE)
        assert person is not None
        assert person.chat_enabled == decision.enabled
        return decision.enabled, decision.by

    assert state() == (True, None)
    await directory.set_chat(everyone, ChatSetting.OFF)
    assert state() == (False, everyone)
    await directory.set_chat(outer.uri, ChatSetting.ON)
    assert state() == (True, outer.uri)
    await directory.set_chat(inner.uri, ChatSetting.OFF)
    assert state() == (False, inner.uri)
    await directory.set_chat(ALICE, ChatSetting.ON)
    assert state() == (True, ALICE)
    await directory.set_chat(ALICE, ChatSetting.INHERIT)
    assert state() == (False, inner.uri)
    await directory.remove_from_group(inner.uri, ALICE)
    assert state() == (False, everyone)
    assert directory.chat_setting(inner.uri) is ChatSetting.OFF
    with pytest.raises(KeyError):
        await directory.set_chat("sip:nobody@contoso.com", ChatSetting.ON)


async def test_everybody_whom_a_setting_changes_is_told(place: Place) -> None:
    directory = place.open()
    for name in ("alice", "bob", "carol"):
        await directory.add_user(name)
    bob, carol = "sip:bob@contoso.com", "sip:carol@contoso.com"
    group = await directory.add_group("Plant")
    await directory.add_to_group(group.uri, ALICE)
    await directory.add_to_group(group.uri, bob)
    await directory.set_chat_enabled(bob, True)
    heard = _heard(directory)
    await directory.set_chat(group.uri, ChatSetting.OFF)
    assert heard == [ALICE]
    everyone = next(one for one in directory.principals() if one.kind is PrincipalKind.DOMAIN).uri
    heard.clear()
    await directory.set_chat(everyone, ChatSetting.OFF)
    assert heard == [carol]
    heard.clear()
    await directory.remove_group(group.uri)
    assert sorted(heard) == [ALICE, bob]
    assert directory.chat_decision(ALICE).by == everyone


async def test_settings_for_chat_survive_a_restart(place: Place) -> None:
    directory = place.open()
    await directory.add_user("alice")
    await directory.add_user("bob")
    group = await directory.add_group("Plant")
    await directory.add_to_group(group.uri, ALICE)
    await directory.set_chat(group.uri, ChatSetting.OFF)
    await directory.set_chat("sip:bob@contoso.com", ChatSetting.ON)
    place.close()
    again = place.open()
    assert again.chat_decision(ALICE).by == group.uri
    assert [person.chat_enabled for person in again.people()] == [False, True]
    await again.remove_user("sip:bob@contoso.com")
    await again.settle_departed("sip:bob@contoso.com")
    await again.add_user("bob")
    assert again.chat_setting("sip:bob@contoso.com") is ChatSetting.INHERIT


async def test_a_file_of_the_first_release_is_brought_up_to_date(place: Place) -> None:
    connection = sqlite3.connect(place.path)
    for statement in _MIGRATIONS[0].split(";"):
        connection.execute(statement)
    for name, enabled in (("alice", 1), ("bob", 0)):
        connection.execute(
            "INSERT INTO people VALUES (?, ?, ?, '', '', 0, ?, 0, NULL)",
            (f"sip:{name}@contoso.com", name, name.title(), enabled),
        )
    connection.execute("INSERT INTO groups VALUES ('ma-grp:1@u.g', '1', 9, 'Plant', 'plant')")
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()
    directory = place.open()
    assert [person.chat_enabled for person in directory.people()] == [True, False]
    assert directory.chat_setting(ALICE) is directory.chat_setting("ma-grp:1@u.g") is ChatSetting.INHERIT
    assert directory.chat_setting("sip:bob@contoso.com") is ChatSetting.OFF
    assert place.raw("PRAGMA user_version") == [(len(_MIGRATIONS),)]


# --- folders


async def test_people_are_in_one_folder_at_most(place: Place) -> None:
    directory = place.open()
    await directory.add_user("alice")
    seoul, busan = await directory.add_group("서울", folder=True), await directory.add_group("부산", folder=True)
    korea, group = await directory.add_group("Korea", folder=True), await directory.add_group("Night")
    assert (seoul.kind, group.kind) == (PrincipalKind.FOLDER, PrincipalKind.GROUP)
    await directory.add_to_group(seoul.uri, ALICE)
    await directory.add_to_group(seoul.uri, ALICE)
    await directory.add_to_group(group.uri, ALICE)
    await directory.add_to_group(korea.uri, seoul.uri)
    with pytest.raises(AccountRefused, match="in the folder 서울 already"):
        await directory.add_to_group(busan.uri, ALICE)
    with pytest.raises(AccountRefused, match="in the folder Korea already"):
        await directory.add_to_group(busan.uri, seoul.uri)
    with pytest.raises(AccountRefused, match="Night is neither"):
        await directory.add_to_group(busan.uri, group.uri)
    with pytest.raises(AccountRefused, match="inside itself"):
        await directory.add_to_group(seoul.uri, korea.uri)
    person = directory.find_person(ALICE)
    assert person is not None
    assert {seoul.uri, korea.uri, group.uri} <= person.affiliations
    await directory.remove_from_group(seoul.uri, ALICE)
    await directory.add_to_group(busan.uri, ALICE)
    place.close()
    again = place.open()
    assert again.find_principal(seoul.uri) == seoul
    assert [member.uri for member in await again.members_of(busan.uri)] == [ALICE]


async def test_a_folder_moves_in_one_step(place: Place) -> None:
    directory = place.open()
    await directory.add_user("alice")
    seoul, busan = await directory.add_group("서울", folder=True), await directory.add_group("부산", folder=True)
    team = await directory.add_group("Team", folder=True)
    group = await directory.add_group("Night")
    await directory.add_to_group(team.uri, ALICE)
    await directory.add_to_group(seoul.uri, team.uri)
    seen: list[frozenset[str]] = []

    def look(uri: str) -> None:
        person = directory.find_person(uri)
        assert person is not None
        seen.append(person.affiliations & {seoul.uri, busan.uri})

    directory.subscribe(look)
    assert await directory.move_to_folder(busan.uri, team.uri) == 1
    assert seen == [{busan.uri}]
    assert await directory.move_to_folder(busan.uri, team.uri) == 0
    assert await directory.move_to_folder(busan.uri, ALICE) == 1
    assert list(await directory.members_of(team.uri)) == []
    for act in (
        directory.move_to_folder(group.uri, ALICE),
        directory.move_to_folder(busan.uri, group.uri),
        directory.move_to_folder(team.uri, busan.uri),
    ):
        with pytest.raises(AccountRefused):
            await act
    place.close()
    again = place.open()
    assert {member.uri for member in await again.members_of(busan.uri)} == {team.uri, ALICE}
    assert [outer.uri for outer in again.containers_of(team.uri)] == [busan.uri]


# --- many at once


async def crowd(place: Place, count: int) -> list[str]:
    """People, written into the file by themselves."""
    place.open().close()
    connection = sqlite3.connect(place.path)
    uris = [f"sip:u{number}@contoso.com" for number in range(count)]
    with connection:
        connection.executemany(
            "INSERT INTO people (uri, guid, display_name, email, company, is_admin, chat, disabled)"
            " VALUES (?, ?, 'U', '', '', 0, 2, 0)",
            [(uri, uri) for uri in uris],
        )
    connection.close()
    return uris


async def test_a_crowd_comes_and_goes_while_others_are_served(place: Place) -> None:
    uris = await crowd(place, 1000)
    directory = place.open()
    group = await directory.add_group("Plant")
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    serving = asyncio.create_task(others())
    changed: list[tuple[int, str]] = []
    directory.subscribe(lambda uri: changed.append((turns, uri)))
    assert await directory.add_to_group(group.uri, *uris) == 1000
    assert sorted(uri for _turn, uri in changed) == sorted(uris)
    # However busy the machine is: so many of them have heard of it in one turn, and no more.
    in_a_turn = Counter(turn for turn, _uri in changed)
    assert max(in_a_turn.values()) <= SLICE
    assert await directory.add_to_group(group.uri, *uris) == 0
    assert await directory.set_members(group.uri, uris[500:]) == (0, 500)
    assert await directory.set_members(group.uri, [*uris[:10], *uris[600:]]) == (10, 100)
    assert await directory.remove_from_group(group.uri, *uris) == 410
    assert directory.size_of(group.uri) == 0
    serving.cancel()


async def test_all_of_a_crowd_or_none(place: Place) -> None:
    uris = await crowd(place, 300)
    directory = place.open()
    folder, other = await directory.add_group("One", folder=True), await directory.add_group("Two", folder=True)
    await directory.add_to_group(other.uri, uris[-1])
    with pytest.raises(AccountRefused, match="in the folder Two"):
        await directory.add_to_group(folder.uri, *uris)
    with pytest.raises(KeyError):
        await directory.add_to_group(folder.uri, *uris[:5], "sip:nobody@contoso.com")
    assert directory.size_of(folder.uri) == 0
    assert place.raw("SELECT count(*) FROM memberships") == [(1,)]


async def test_who_asked_may_go_away_meanwhile(place: Place) -> None:
    uris = await crowd(place, 300)
    directory = place.open()
    group = await directory.add_group("Plant")
    asking = asyncio.ensure_future(directory.add_to_group(group.uri, *uris))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    # One change at a time: the next one comes after all of it.
    assert await directory.remove_from_group(group.uri, uris[0]) == 1
    assert directory.size_of(group.uri) == 299
    assert place.raw("SELECT count(*) FROM memberships") == [(299,)]


async def test_a_file_that_cannot_be_written_refuses_and_changes_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = place.open()
    await directory.add_user("alice", PASSWORD)
    group = await directory.add_group("Plant")

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    for name in ("move_members", "remove_person", "change_person", "set_password"):
        monkeypatch.setattr(directory._database, name, full)
    for act in (
        directory.add_to_group(group.uri, ALICE),
        directory.remove_user(ALICE),
        directory.modify_user(ALICE, display_name="x"),
        directory.set_password(ALICE, "another one"),
    ):
        with pytest.raises(AccountsUnwritten, match="database or disk is full"):
            await act
    assert directory.size_of(group.uri) == 0
    assert [person.display_name for person in directory.people()] == ["alice"]
    assert await directory.check_password(ALICE, PASSWORD)


async def test_one_who_is_told_and_fails_stops_nobody(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    directory, told = place.open(), []
    await directory.add_user("alice", PASSWORD)
    group = await directory.add_group("Plant")

    def fail(_uri: str) -> None:
        raise RuntimeError("bug")

    for subscribe in (directory.subscribe, directory.subscribe_passwords):
        subscribe(fail)
        subscribe(told.append)
    await directory.add_to_group(group.uri, ALICE)
    await directory.set_password(ALICE, "another one")
    await directory.remove_user(ALICE)
    assert told == [ALICE] * 3
    assert caplog.text.count("RuntimeError: bug") == 3


async def test_who_has_a_password(place: Place) -> None:
    directory = place.open(VerifierSchemes(ntlm=False, digest=False))
    await directory.add_user("alice")
    assert not directory.has_password(ALICE)
    await directory.set_password(ALICE, PASSWORD)
    assert directory.has_password(ALICE)


# --- names


async def test_a_name_means_one_of_them(place: Place) -> None:
    directory = place.open()
    await directory.add_user("alice")
    group = await directory.add_group("Desk5")
    for name in ("Alice", "ALICE@contoso.com"):
        with pytest.raises(AccountRefused, match="is the login of a person"):
            await directory.add_group(name)
    with pytest.raises(AccountRefused, match="is the login"):
        await directory.rename_group(group.uri, "alice")
    with pytest.raises(AccountRefused, match="there is a group or folder desk5 already"):
        await directory.add_user("DESK5")
    await directory.rename_group(group.uri, "Desk 5")
    await directory.add_user("desk5")


async def test_what_is_changed_of_a_person_and_what_stays(place: Place) -> None:
    directory = place.open()
    person = await directory.add_user("alice", display_name="Alice", email="a@b", company="C")
    await directory.modify_user(ALICE, email="")
    assert directory.find_person(ALICE) == replace(person, email="")
    await directory.modify_user(ALICE, display_name="Alice B.", company=" D ")
    assert directory.find_person(ALICE) == replace(person, email="", display_name="Alice B.", company="D")
    for wrong in ("two\nlines", "x" * 257):
        with pytest.raises(AccountRefused, match="one line of at most 256"):
            await directory.modify_user(ALICE, email=wrong)
