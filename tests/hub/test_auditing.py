"""The audit trail: whoever changes something is named, whatever way they came, and nothing else is recorded."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parlour.hub.auditing import Asked, Origin
from parlour.hub.commands.registry import Command, all_commands
from parlour.rooms.audit import AuditQuery, AuditRecord, Way
from parlour.rooms.refusals import Refusal, Refused
from tests.hub.fakes import uri
from tests.hub.office import Office, opened_office, reason

KIM = Origin("console:kim", Way.CONSOLE)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    with opened_office(tmp_path) as opened:
        await opened.hub.start()
        for login in ("root", "ann", "bob", "cat"):
            await opened.run("user.add", login=login, admin=login == "root", password="a good one 123")
        await opened.run("group.add", name="Crew")
        await opened.run("group.add", name="Leaf", folder=True)
        await opened.run("category.create", name="Plant", allow=["everyone"])
        await opened.run("category.create", name="Dock", allow=["bob"], parent="Plant")
        await opened.run("addin.create", name="Status", url="https://x/")
        await opened.run("room.create", name="Shift", category="Plant", member=["ann", "bob"], manager=["ann"])
        await opened.run("endpoint.add", address="help", name="Help")
        await opened.say("Shift", "ann", "secret words", "more")
        yield opened
        await opened.hub.stop()


async def trail(office: Office) -> list[AuditRecord]:
    """All records, oldest first."""
    await office.hub.auditing.carry_over(office.directory)
    page = await office.store.audit.find(AuditQuery(), 10_000)
    return [record for _number, record in reversed(page.rows)]


async def told(office: Office, name: str, /, **params: object) -> list[AuditRecord]:
    """The records that a command of the console leaves."""
    before = await trail(office)
    answer = await office.commands.run(name, params, origin=KIM)
    assert not isinstance(answer, Refused), answer
    return (await trail(office))[len(before) :]


# One way to ask each changing command, so that it is done.
CHANGES: dict[str, dict[str, Any]] = {
    "room.create": {"name": "New", "category": "Plant"},
    "room.modify": {"room": "Shift", "topic": "Nights"},
    "room.disable": {"room": "Shift"},
    "room.enable": {"room": "Shift"},
    "room.move": {"room": "Shift", "category": "Dock"},
    "room.delete": {"room": "Shift"},
    "room.clear": {"room": "Shift", "until": "2099-01-01"},
    "room.member.add": {"room": "Shift", "who": ["cat"]},
    "room.member.remove": {"room": "Shift", "who": ["bob"]},
    "room.member.set": {"room": "Shift", "who": ["cat"]},
    "room.manager.add": {"room": "Shift", "who": ["cat"]},
    "room.manager.remove": {"room": "Shift", "who": ["ann"]},
    "room.manager.set": {"room": "Shift", "who": ["cat"]},
    "room.presenter.add": {"room": "Shift", "who": []},
    "room.presenter.remove": {"room": "Shift", "who": []},
    "room.presenter.set": {"room": "Shift", "who": []},
    "category.create": {"name": "New"},
    "category.modify": {"category": "Plant", "description": "x"},
    "category.move": {"category": "Dock", "parent": "example.com"},
    "category.delete": {"category": "Dock"},
    "category.allow.add": {"category": "Plant", "who": ["ann"]},
    "category.allow.remove": {"category": "Plant", "who": ["everyone"]},
    "category.allow.set": {"category": "Plant", "who": []},
    "category.deny.add": {"category": "Plant", "who": ["bob"]},
    "category.deny.remove": {"category": "Plant", "who": []},
    "category.deny.set": {"category": "Plant", "who": ["bob"]},
    "category.creator.add": {"category": "Plant", "who": ["bob"]},
    "category.creator.remove": {"category": "Plant", "who": []},
    "category.creator.set": {"category": "Plant", "who": ["bob"]},
    "addin.create": {"name": "New", "url": "https://y/"},
    "addin.modify": {"addin": "Status", "url": "https://y/"},
    "addin.delete": {"addin": "Status"},
    "user.add": {"login": "dan", "password": "hush hush 123"},
    "user.modify": {"user": "ann", "display_name": "Ann B."},
    "user.remove": {"user": "bob"},
    "user.password": {"user": "ann", "password": "hush hush 123"},
    "user.enable": {"user": "ann"},
    "user.disable": {"user": "ann"},
    "user.chat": {"user": "ann", "on": False},
    "user.admin": {"user": "ann", "on": True},
    "group.add": {"name": "New"},
    "group.modify": {"group": "Crew", "name": "Staff"},
    "group.remove": {"group": "Crew"},
    "group.member.add": {"group": "Crew", "who": ["ann"]},
    "group.member.remove": {"group": "Crew", "who": ["ann"]},
    "group.member.move": {"group": "Leaf", "who": ["ann"]},
    "group.member.set": {"group": "Crew", "who": ["ann"]},
    "policy.set": {"setting": "off", "everyone": True},
    "message.send": {"room": "Shift", "text": "secret words", "as_user": "bob"},
    "message.remove": {"room": "Shift", "words": "secret words"},
    "endpoint.add": {"address": "other"},
    "endpoint.remove": {"address": "help"},
    "service.drain": {},
    "service.resume": {},
}


def test_every_changing_command_is_tried_here() -> None:
    """A new command is recorded unless it says that it reads; here it has to be shown."""
    changing = {name for name, each in all_commands().items() if isinstance(each, Command) and not each.reads}
    assert changing == CHANGES.keys()


@pytest.mark.parametrize("name", CHANGES)
async def test_every_changing_command_leaves_a_record(
    office: Office, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    office.serving.readings = dict
    with caplog.at_level(logging.INFO, "parlour.audit"):
        records = await told(office, name, **CHANGES[name])
    assert records
    lines = [line for line in caplog.records if line.getMessage() == "audit"]
    assert len(lines) == len(records) <= 2
    for record in records:
        assert (record.who, record.way, record.command, record.outcome) == ("console:kim", Way.CONSOLE, name, "done")
        written = json.dumps(dict(record.fields)) + record.name + "".join(str(line.__dict__) for line in lines)
        assert "hush" not in written
        assert "secret" not in written


@pytest.mark.parametrize("name", [name for name, each in all_commands().items() if getattr(each, "reads", False)])
async def test_reading_leaves_none(office: Office, name: str) -> None:
    specs = {spec.name for spec in all_commands()[name].specs}
    known = {"user": "ann", "group": "Crew", "category": "Plant", "addin": "Status", "room": "Shift"}
    params: dict[str, object] = {each: value for each, value in known.items() if each in specs}
    if name == "message.search":
        params = {"room": ["Shift"], "words": "more"}
    assert not await told(office, name, **params)


async def test_a_dry_run_leaves_none(office: Office) -> None:
    for name, params in CHANGES.items():
        if any(spec.name == "dry_run" for spec in all_commands()[name].specs):
            assert not await told(office, name, **params, dry_run=True), name


async def test_a_record_tells_what_it_was_and_what_it_is(office: Office) -> None:
    async def fields(name: str, /, **params: object) -> object:
        (record,) = await told(office, name, **params)
        return record.fields

    assert await fields("room.modify", room="Shift", topic="x" * 250, name="Late") == {
        "name": ["Shift", "Late"],
        "topic": ["", "x" * 200 + "…"],
    }
    assert await fields("room.member.add", room="Late", who=["cat"]) == {
        "members": {"added": 1, "removed": 0, "some": [f"+{uri('cat')}"]}
    }
    assert await fields("user.admin", user="ann", on=True) == {"is_admin": [False, True]}
    assert await fields("user.password", user="ann", password="hush hush 123") == {"password": "changed"}
    assert await fields("message.remove", room="Late", author=["ann"]) == {
        "messages": 2,
        "numbers": "1, 2",
        "authors": uri("ann"),
    }
    assert await fields("message.send", room="Late", text="x", as_user="ann") == {"message": 3, "as": uri("ann")}
    assert await fields("policy.set", setting="off", everyone=True) == {"chat": ["inherit", "off"]}
    moved = await fields("room.move", room="Late", category="Dock")
    assert isinstance(moved, dict)
    assert moved["category"] == ["Plant", "Dock"]
    assert moved["members"]["removed"] == 1  # ann administers by now
    gone = await fields("room.delete", room="Late")
    assert isinstance(gone, dict)
    assert gone["name"] == ["Late", None]


async def test_a_change_of_thousands_is_one_bounded_record(office: Office) -> None:
    for number in range(3000):
        office.directory._census.put(_someone(office, number))
    who = [f"p{number}" for number in range(3000)]
    for name, params in (("group.member.add", {"group": "Crew"}), ("room.member.add", {"room": "Shift"})):
        (record,) = await told(office, name, **params, who=who)
        assert len(json.dumps(dict(record.fields))) < 1000
        assert "3000" in json.dumps(dict(record.fields))


def _someone(office: Office, number: int) -> Any:
    return replace(office.person("ann"), uri=uri(f"p{number}"), guid=f"g{number}", display_name=f"P {number}")


async def test_a_narrower_category_records_who_lost_what(office: Office) -> None:
    (record,) = await told(office, "category.allow.set", category="Plant", who=["cat"])
    assert (record.kind, record.name) == ("category", "Plant")
    assert record.fields["rooms"] == {"count": 1, "some": ["Plant", "Shift"]}
    lost = record.fields["lost"]
    assert isinstance(lost, dict)
    assert lost["removed"] == 3


async def test_a_removed_person_has_a_record_of_the_account_and_of_the_places(office: Office) -> None:
    account, places = await told(office, "user.remove", user="bob")
    assert (account.target, account.fields["display_name"]) == (uri("bob"), ["bob", None])
    assert places.fields == {
        "rooms": {"count": 1, "some": ["Shift"]},
        "categories": {"count": 1, "some": ["Dock"]},
    }


async def test_a_removal_tells_which_messages_it_took(office: Office) -> None:
    """By numbers and what they were chosen by, never by what was said; also if it took none."""
    await office.say("Shift", "bob", *map(str, range(20)))
    (few,) = await told(office, "message.remove", room="Shift", words="secret", since="2020-01-01", author=["ann"])
    assert (few.fields["messages"], few.fields["numbers"], few.fields["authors"]) == (1, "1", uri("ann"))
    assert {"since", "words"} <= few.fields.keys()
    (many,) = await told(office, "message.remove", room="Shift", author=["bob"], replace=True)
    assert (many.fields["replaced"], many.fields["numbers"]) == (20, "3 … 22")
    (none,) = await told(office, "message.remove", room="Shift", words="nobody said", author=["ann"])
    assert (none.target, dict(none.fields)) == (few.target, {"messages": 0, "words": True, "authors": uri("ann")})
    _first, named = await told(office, "message.remove", room="Shift", id=[5, 4])
    assert dict(named.fields) == {"messages": 2, "listed": "5, 4"}


async def test_a_long_removal_has_its_sum_in_a_second_record(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parlour.hub.removing.SLICE", 2)
    await office.say("Shift", "ann", "3", "4", "5")
    first, total = await told(office, "room.clear", room="Shift", until="2099-01-01")
    assert (first.fields["messages"], total.fields["messages"]) == (2, 5)
    assert (first.fields["numbers"], total.fields["numbers"]) == ("1, 2", "1, 2, 3, 4, 5")
    assert "until" in total.fields


async def test_refusals_are_recorded_of_administrators_only(office: Office) -> None:
    before = len(await trail(office))
    assert reason(await office.run("room.delete", None, room="Nowhere")) is Refusal.NO_SUCH_ROOM
    assert reason(await office.run("room.delete", "root", room="Nowhere")) is Refusal.NO_SUCH_ROOM
    assert reason(await office.run("room.delete", "cat", room="Shift")) is Refusal.NOT_PERMITTED
    records = (await trail(office))[before:]
    assert [(each.who, each.name, each.outcome) for each in records] == [
        ("console", "Nowhere", "no-such-room"),
        (uri("root"), "Nowhere", "no-such-room"),
    ]


@pytest.mark.parametrize(
    ("asked", "kind", "name"),
    [({"user": "zoe"}, "user", "zoe"), ({"group": "Gone"}, "group", "Gone"), ({}, "policy", "")],
)
async def test_a_refused_policy_names_whose_it_was(office: Office, asked: dict[str, str], kind: str, name: str) -> None:
    await office.run("policy.set", setting="off", **asked)
    refused = (await trail(office))[-1]
    assert (refused.command, refused.kind, refused.name) == ("policy.set", kind, name)


async def test_what_the_server_finishes_is_its_own(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    office.store.unavailable = True
    assert reason(await office.run("user.remove", user="bob")) is Refusal.UNAVAILABLE
    office.store.unavailable = False
    before = len(await trail(office))
    with caplog.at_level(logging.INFO, "parlour.audit"):
        await office.hub.departing.settle(office.directory)
    (places,) = (await trail(office))[before:]
    assert (places.who, places.way, places.command, places.target) == ("server", Way.SERVER, "user.remove", uri("bob"))
    assert [(line.who, line.way) for line in caplog.records if line.getMessage() == "audit"] == [("server", "server")]


async def test_what_cannot_be_kept_is_not_recorded_as_done(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    before = await trail(office)
    office.store.unavailable = True
    assert reason(await office.run("room.modify", room="Shift", topic="x")) is Refusal.UNAVAILABLE
    office.store.unavailable = False
    assert await trail(office) == before
    assert "the audit trail cannot be written" in caplog.text


async def test_accounts_owe_their_records_while_the_store_is_away(office: Office, tmp_path: Path) -> None:
    before = await trail(office)
    office.store.unavailable = True
    assert not isinstance(await office.commands.run("user.admin", {"user": "ann"}, origin=KIM), Refused)
    assert [record.command for record in office.directory.owed_records()] == ["user.admin"]
    office.store.unavailable = False
    listed = await office.run("audit.list", who="kim")
    assert [row["command"] for row in listed] == ["user.admin"]
    assert not office.directory.owed_records()
    assert len(await trail(office)) == len(before) + 1


async def test_who_spoke_in_somebodys_name_is_in_the_archive(office: Office) -> None:
    (record,) = await told(office, "message.send", room="Shift", text="secret words", as_user="bob")
    assert record.fields == {"message": 3, "as": uri("bob")}
    *_, row = [each for each in await office.store.posts.outbox(0, 1000) if each.kind.value == "CHAT"]
    assert (row.who, row.detail["by"]) == (uri("bob"), "console:kim")


async def test_the_list_is_for_administrators_and_filters(office: Office) -> None:
    assert reason(await office.run("audit.list", "ann")) is Refusal.NOT_PERMITTED
    await office.run("room.modify", "root", room="Shift", topic="x")
    await office.run("room.member.add", "root", room="Shift", who=["cat"])
    rows = await office.run("audit.list", who="root")
    assert [row["command"] for row in rows] == ["room.member.add", "room.modify"]
    assert [row["fields"] for row in await office.run("audit.list", command="room modify", room="shift")] == [
        {"topic": ["", "x"]}
    ]
    (newest,) = await office.run("audit.list", limit=1)
    (older,) = await office.run("audit.list", limit=1, before=newest["number"])
    assert [newest["command"], older["command"]] == ["room.member.add", "room.modify"]
    assert await office.run("audit.list", since="2099-01-01") == []
    assert reason(await office.run("audit.list", since="soon")) is Refusal.INVALID


async def test_people_and_groups_tell_who_made_and_changed_them(office: Office) -> None:
    await office.run("user.admin", "root", user="ann")
    shown = await office.run("user.show", user="ann")
    assert (shown["created_by"], shown["updated_by"]) == ("console", uri("root"))
    assert shown["created_at"] < shown["updated_at"]
    assert (await office.run("group.show", group="Crew"))["created_by"] == "console"
    assert (await office.run("group.show", group="everyone"))["created_by"] is None


async def test_without_a_command_the_actor_is_named(office: Office) -> None:
    """What a program asks of the hub."""
    before = await trail(office)
    root, shift = office.person("root"), office.hub.catalogue.find_room("Shift")
    assert shift is not None
    await office.hub.managing.delete_room(root, shift.id)
    (record,) = (await trail(office))[len(before) :]
    assert (record.who, record.command, record.name) == (root.uri, "room.delete", "Shift")


async def test_one_act_knows_nothing_of_another(office: Office) -> None:
    asked = Asked(KIM, "room.delete", "room", "x")
    assert await office.hub.auditing.asked(asked, lambda: office.run("user.disable", "root", user="ann"))
    inner, outer = (await trail(office))[-2:]
    assert {(inner.who, inner.command), (outer.who, outer.command)} == {
        (uri("root"), "user.disable"),
        ("console:kim", "room.delete"),
    }
