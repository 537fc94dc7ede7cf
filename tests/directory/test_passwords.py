"""Argon2id: right, wrong, nobody, outdated."""

from __future__ import annotations

import argon2
import pytest

from parlour.directory.api import AccountRefused
from parlour.directory.passwords import PasswordCost, Passwords, normal_password
from parlour.directory.verifiers import VerifierSchemes, digest_kind, kinds, make_verifiers

CHEAP = PasswordCost(time_cost=1, memory_kib=8, parallelism=1)


async def test_right_and_wrong() -> None:
    passwords = Passwords(CHEAP)
    encoded = await passwords.hash("Secret123")
    assert encoded.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert await passwords.verify(encoded, "Secret123")
    assert not await passwords.verify(encoded, "secret123")
    assert not await passwords.verify(encoded, "Secret123" + "x" * 300)
    assert not await passwords.verify(encoded, "\ud800")
    assert not await passwords.verify("nonsense", "Secret123")
    passwords.close()


async def test_too_long_is_not_the_same_as_its_beginning() -> None:
    passwords = Passwords(CHEAP)
    encoded = await passwords.hash("x" * 256)
    assert await passwords.verify(encoded, "x" * 256)
    assert not await passwords.verify(encoded, "x" * 257)
    passwords.close()


async def test_nobody_costs_a_real_verification() -> None:
    passwords = Passwords(CHEAP)
    assert not await passwords.verify(None, "x")
    # The stand-in is a hash like any other with the parameters in force: verifying it does all the work.
    parameters = argon2.extract_parameters(passwords._stand_in)
    assert (parameters.time_cost, parameters.memory_cost, parameters.parallelism) == (1, 8, 1)
    assert (parameters.hash_len, parameters.salt_len) == (32, 16)
    with pytest.raises(argon2.exceptions.VerifyMismatchError):
        passwords._hasher.verify(passwords._stand_in, "x")
    passwords.close()


async def test_outdated() -> None:
    passwords, dearer = Passwords(CHEAP), Passwords(PasswordCost(time_cost=2, memory_kib=8, parallelism=1))
    encoded = await passwords.hash("Secret123")
    assert not passwords.is_outdated(encoded)
    assert dearer.is_outdated(encoded)
    passwords.close()
    dearer.close()


def test_new_passwords() -> None:
    passwords = Passwords(CHEAP)
    assert passwords.check_new("비밀번호비밀번호") == "비밀번호비밀번호"
    assert passwords.check_new("cafe\u0301 au lait") == "caf\u00e9 au lait"
    for bad in ("short", "x" * 257, "with\x00zero", "surrogate\ud800"):
        with pytest.raises(AccountRefused):
            passwords.check_new(bad)
    passwords.close()


def test_normal_form() -> None:
    assert normal_password("e\u0301") == normal_password("\u00e9")


def test_verifiers_of_enabled_schemes_only() -> None:
    for schemes in (
        VerifierSchemes(),
        VerifierSchemes(ntlm=False),
        VerifierSchemes(digest=False),
        VerifierSchemes(digest_md5=True),
        VerifierSchemes(ntlm=False, digest=False),
    ):
        made = make_verifiers(schemes, "alice", "contoso.com", "Secret123")
        assert made.keys() == kinds(schemes, "alice", "contoso.com")
    made = make_verifiers(VerifierSchemes(), "Mufasa", "http-auth@example.org", "Circle of Life")
    assert len(made["ntlm"]) == 16
    ha1 = made[digest_kind("sha-256", "Mufasa")].decode()
    assert ha1 == "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232"
