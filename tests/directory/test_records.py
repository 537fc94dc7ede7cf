"""Records of changes of accounts: in the file with the change, until the audit trail has them."""

from __future__ import annotations

import itertools
import sqlite3
from pathlib import Path

import pytest

from parlour.directory.local import AccountRefused, LocalDirectory, PasswordCost
from parlour.rooms.audit import AuditRecord, Fields, Way
from parlour.rooms.model import Micros

CHEAP = PasswordCost(time_cost=1, memory_kib=8, parallelism=1)
ALICE = "sip:alice@example.com"


def opened(tmp_path: Path) -> LocalDirectory:
    directory, numbers = LocalDirectory(tmp_path / "accounts.db", "example.com", cost=CHEAP), itertools.count()

    def make(kind: str, target: str, name: str, fields: Fields) -> AuditRecord:
        return AuditRecord(f"{target} {next(numbers)}", Micros(1), "x", Way.CONSOLE, "c", kind, target, name, fields)

    directory.record_with(make)
    return directory


async def test_a_record_is_owed_until_it_is_settled_over_restarts_too(tmp_path: Path) -> None:
    directory = opened(tmp_path)
    await directory.add_user("alice", "a good one 123")
    await directory.set_admin(ALICE, True)
    owed = directory.owed_records()
    assert [record.fields for record in owed] == [
        {"display_name": [None, "alice"], "password": "set"},
        {"is_admin": [False, True]},
    ]
    directory.close()
    directory = opened(tmp_path)
    assert directory.owed_records() == owed
    await directory.settle_records(owed[:1])
    await directory.settle_records(owed[:1])
    directory.close()
    directory = opened(tmp_path)
    assert directory.owed_records() == owed[1:]
    directory.close()


async def test_a_change_that_is_not_written_owes_nothing(tmp_path: Path) -> None:
    directory = opened(tmp_path)
    await directory.add_user("alice")
    connection = sqlite3.connect(tmp_path / "accounts.db")
    # A record that cannot be kept takes its change along.
    connection.execute("CREATE TRIGGER full BEFORE INSERT ON records BEGIN SELECT RAISE(ABORT, 'full'); END")
    connection.commit()
    with pytest.raises((AccountRefused, sqlite3.IntegrityError)):
        await directory.set_admin(ALICE, True)
    connection.close()
    directory.close()
    directory = opened(tmp_path)
    person = directory.find_person(ALICE)
    assert person is not None
    assert not person.is_admin
    assert len(directory.owed_records()) == 1
    directory.close()


async def test_signing_in_with_an_old_hash_is_no_change(tmp_path: Path) -> None:
    directory = opened(tmp_path)
    await directory.add_user("alice", "a good one 123")
    owed = directory.owed_records()
    directory.close()
    costlier = LocalDirectory(tmp_path / "accounts.db", "example.com", cost=PasswordCost(2, 8, 1))
    costlier.record_with(lambda *_: pytest.fail("recorded"))
    assert await costlier.check_password(ALICE, "a good one 123")
    assert costlier.owed_records() == owed
    costlier.close()
