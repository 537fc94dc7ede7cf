"""The command registry: names, parameters, results that JSON can say."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest

from parlour.hub.commands import Commands, InvalidParams, UnknownCommand
from parlour.hub.commands.registry import Command, all_commands
from parlour.hub.commands.showing import show_time
from parlour.hub.events import PostHeard
from parlour.hub.managing import CONSOLE
from parlour.rooms.model import Micros, Principal, PrincipalKind
from parlour.rooms.refusals import Refusal
from parlour.store.api import EventKind, StoredPost
from tests.hub.fakes import DOMAIN, uri
from tests.hub.office import NOON, Office, opened_office, reason


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    with opened_office(tmp_path) as opened:
        await opened.hub.start()
        for login in ("ann", "bob", "root"):
            await opened.run("user.add", login=login, display_name=login.title(), admin=login == "root")
        yield opened


async def test_from_an_empty_server_to_a_conversation(office: Office) -> None:
    run = office.run
    await run("category.create", name="Plant", allow=["everyone"], creator=["ann"])
    shown = await run("room.create", name="Night Shift", category="plant", member=["ann", "sip:bob@example.com"])
    assert (shown["visibility"], shown["behavior"], shown["category"]) == ("closed", "normal", "Plant")
    assert [member["name"] for member in shown["members"]] == ["Ann", "Bob"]
    sent = await run("message.send", room="night shift", text="hello", as_user="ann")
    assert (sent["id"], sent["author"], sent["text"]) == (1, uri("ann"), "hello")
    tail = await run("message.tail", room=shown["id"], count=5)
    assert [post["text"] for post in tail] == ["hello"]
    rows = await office.store.posts.outbox(0, 10)
    assert [(row.kind, row.who) for row in rows] == [(EventKind.CHAT, uri("ann")), (EventKind.BACKCHAT, CONSOLE)]
    await run("room.member.remove", room="night shift", who=["bob"])
    refused = await run("message.send", room="night shift", text="hello", as_user="bob")
    assert reason(refused) is Refusal.NOT_PERMITTED


async def test_people_and_groups(office: Office) -> None:
    run = office.run
    shown = await run("user.add", login="dora", password="long enough", display_name="도라", admin=True)
    assert (shown["uri"], shown["name"], shown["admin"], shown["chat"]) == (uri("dora"), "도라", True, True)
    assert reason(await run("user.add", login="dora")) is Refusal.INVALID
    assert reason(await run("user.password", user="dora", password="short")) is Refusal.INVALID
    assert not (await run("user.disable", user="dora"))["enabled"]
    assert (await run("user.enable", user="dora@example.com"))["enabled"]
    assert not (await run("user.chat", user="dora", on=False))["chat"]
    assert not (await run("user.admin", user="dora", on=False))["admin"]
    assert [row["uri"] for row in await run("user.list", text="도")] == [uri("dora")]
    await run("user.modify", user="ann", display_name="Änn")
    assert [row["uri"] for row in await run("user.list", text="aNN")] == [uri("ann")]
    assert [row["uri"] for row in await run("user.list", text="Änn")] == [uri("ann")]
    await run("user.modify", user="ann", display_name="Ann")
    await run("group.add", name="Crew")
    shown = await run("group.member.add", group="crew", who=["dora", "ann"])
    assert (shown["added"], shown["removed"], shown["size"]) == (2, 0, 2)
    assert [member["name"] for member in (await run("group.show", group="crew"))["members"]] == ["Ann", "도라"]
    shown = await run("group.member.remove", group="crew", who=["ann", "bob"])
    assert (shown["added"], shown["removed"], shown["size"]) == (0, 1, 1)
    assert {group["name"] for group in await run("group.list")} == {"Crew", DOMAIN}
    assert "Crew" in (await run("user.show", user="dora"))["groups"]
    assert (await run("user.remove", user="dora"))["removed"] == uri("dora")
    assert reason(await run("user.show", user="dora")) is Refusal.NO_SUCH_PRINCIPAL
    assert reason(await run("group.show", group="ann")) is Refusal.NO_SUCH_PRINCIPAL
    assert office.directory.find_person(uri("dora")) is None


async def test_people_tell_whether_they_have_a_password(office: Office) -> None:
    assert not (await office.run("user.add", login="gwen"))["password"]
    assert [row["password"] for row in await office.run("user.list", text="gwen")] == [False]
    assert (await office.run("user.password", user="gwen", password="a good one 123"))["password"]


async def test_accounts_that_cannot_be_written_are_no_wrong_usage(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_given: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    await office.run("category.create", name="Plant", creator=["bob"])
    with monkeypatch.context() as patched:
        for name in ("change_person", "settle_departed", "settle_records"):
            patched.setattr(office.directory._database, name, locked)
        refused = await office.run("user.disable", user="ann")
        assert (reason(refused), "locked" in refused.detail) == (Refusal.UNAVAILABLE, True)
        assert reason(await office.run("user.remove", user="bob")) is Refusal.UNAVAILABLE
        await office.hub.departing.settle(office.directory)
        assert office.directory.departed() == [uri("bob")]
    await office.hub.departing.settle(office.directory)
    assert office.directory.departed() == []
    assert not office.directory.owed_records()
    commands = [row["command"] for row in await office.run("audit.list", command="user.remove")]
    assert commands == ["user.remove", "user.remove"]


async def test_a_group_is_found_by_what_its_name_looks_like(office: Office) -> None:
    run = office.run
    crew = await run("group.add", name="Cr\u200dew")
    for typed in ("crew", "CREW", "Cr\u200dew", "c\u200drew"):
        assert (await run("group.show", group=typed))["uri"] == crew["uri"]
    # Made by an earlier release: each is found by its own name.
    other = replace(office.directory.find_principal(crew["uri"]), uri="ma-grp:other@u.g", display_name="Crew")
    office.directory._census.groups[other.uri] = other
    assert (await run("group.show", group="crew"))["uri"] == other.uri
    assert (await run("group.show", group="Cr\u200dew"))["uri"] == crew["uri"]


async def test_a_whole_address_means_the_person(office: Office) -> None:
    """An earlier release let a group be called like that."""
    group = await office.run("group.add", name="Crew")
    other = replace(office.directory.find_principal(group["uri"]), display_name=uri("bob"))
    office.directory._census.groups[other.uri] = other
    await office.run("category.create", name="Plant", deny=[uri("bob")])
    denied = (await office.run("category.show", category="Plant"))["denied"]
    assert [each["uri"] for each in denied] == [uri("bob")]


async def test_people_and_groups_are_renamed_and_keep_their_places(office: Office) -> None:
    run = office.run
    group = await run("group.add", name="Crew")
    await run("group.member.add", group="Crew", who=["ann"])
    await run("category.create", name="Plant", allow=["Crew"])
    await run("room.create", name="Shift", category="Plant", member=["Crew"], manager=["ann"])
    await office.enter("ann", "Shift")
    assert (await run("group.modify", group="Crew", name=" Night crew "))["name"] == "Night crew"
    shown = await run("user.modify", user="ann", display_name="Ann B.", email="ann@example.com")
    assert (shown["uri"], shown["name"], shown["email"], shown["company"]) == (
        uri("ann"),
        "Ann B.",
        "ann@example.com",
        "",
    )
    room = await run("room.show", room="Shift")
    assert [(one["uri"], one["name"]) for one in room["members"]] == [(group["uri"], "Night crew")]
    assert [one["name"] for one in room["managers"]] == ["Ann B."]
    assert [one["name"] for one in await run("room.who", room="Shift")] == ["Ann B."]
    assert reason(await run("group.modify", group="everyone", name="x")) is Refusal.INVALID
    assert reason(await run("group.modify", group="Night crew", name="bob")) is Refusal.INVALID
    assert reason(await run("user.modify", user="eve", email="x")) is Refusal.NO_SUCH_PRINCIPAL


async def test_members_are_said_anew_and_folders_move(office: Office) -> None:
    run = office.run
    for name in ("Leaf", "One", "Two"):
        await run("group.add", name=name, folder=True)
    await run("group.member.add", group="Leaf", who=["ann"])
    await run("group.member.add", group="One", who=["Leaf"])
    assert reason(await run("group.member.add", group="Two", who=["bob", "Leaf"])) is Refusal.INVALID
    # As a whole, or not at all.
    assert (await run("group.show", group="Two"))["members"] == []
    moved = await run("group.member.move", group="Two", who=["Leaf"])
    assert (moved["added"], moved["removed"], moved["size"]) == (1, 0, 1)
    assert [one["name"] for one in (await run("group.show", group="Leaf"))["within"]] == ["Two"]
    changed = await run("group.member.set", group="Two", who=["bob"])
    assert (changed["added"], changed["removed"], changed["size"]) == (1, 1, 1)
    assert (await run("group.member.set", group="Two"))["size"] == 0


async def test_what_names_two_or_nobody_is_refused(office: Office) -> None:
    """A name of both is not given any more, and yet there may be one of an earlier release."""
    run = office.run
    await run("category.create", name="Plant", allow=["everyone"])
    group = Principal("ma-grp:1@u.g", "1", PrincipalKind.GROUP, "Bob")
    office.directory._census.groups[group.uri] = group
    refused = await run("category.deny.add", category="Plant", who=["bob"])
    assert reason(refused) is Refusal.INVALID
    assert "whole address" in refused.detail
    assert (await run("group.show", group="bob"))["uri"] == group.uri
    shown = await run("category.deny.add", category="Plant", who=["bob@example.com", group.uri])
    assert [one["kind"] for one in shown["denied"]] == ["group", "user"]
    few = await run("group.member.add", group="bob", who=["ann", "eve", "dan"])
    assert few.detail == "there is no such person or group: dan, eve"
    many = await run("group.member.add", group="bob", who=[f"x{number:02}" for number in range(50)])
    assert reason(many) is Refusal.NO_SUCH_PRINCIPAL
    assert many.detail.startswith("50 of the names are unknown; the first are x00, x01,")
    assert "x10" not in many.detail


async def test_folders_stand_in_lists_like_groups(office: Office) -> None:
    run = office.run
    assert (await run("group.add", name="서울", folder=True))["kind"] == "folder"
    await run("group.add", name="부산", folder=True)
    await run("group.member.add", group="서울", who=["ann"])
    refused = await run("group.member.add", group="부산", who=["ann"])
    assert reason(refused) is Refusal.INVALID
    assert "서울" in refused.detail
    await run("category.create", name="Plant", allow=["서울"])
    await run("room.create", name="Shift", category="Plant", member=["서울"])
    await run("message.send", room="Shift", text="안녕", as_user="ann")
    assert reason(await run("message.send", room="Shift", text="x", as_user="bob")) is Refusal.NOT_PERMITTED


async def test_what_people_may_ask(office: Office) -> None:
    run = office.run
    await run("category.create", name="Plant", allow=["everyone"], creator=["ann"])
    await run("category.create", name="Far", allow=["bob"])
    await run("room.create", "root", name="Hidden", category="Far", visibility="secret")
    mine = await run("room.create", "ann", name="Mine", category="Plant")
    assert mine["managers"][0]["uri"] == uri("ann")
    assert [row["name"] for row in await run("room.list", "ann")] == ["Mine"]
    assert [row["name"] for row in await run("room.list", "root")] == ["Hidden", "Mine"]
    assert [row["name"] for row in await run("category.list", "ann")] == [DOMAIN, "Plant"]
    # Who stands in its lists, and how many rooms there are, hidden ones included, is for administrators.
    secrets = {"allowed", "denied", "creators", "rooms", "created_by", "updated_by"}
    assert not secrets & (await run("category.show", "ann", category="Plant")).keys()
    assert secrets <= (await run("category.show", "root", category="Plant")).keys()
    refused = [
        ("user.list", {}, Refusal.NOT_PERMITTED),
        ("user.add", {"login": "x"}, Refusal.NOT_PERMITTED),
        ("user.rooms", {"user": "bob"}, Refusal.NOT_PERMITTED),
        ("group.list", {}, Refusal.NOT_PERMITTED),
        ("policy.show", {"user": "ann"}, Refusal.NOT_PERMITTED),
        ("policy.set", {"setting": "off", "everyone": True}, Refusal.NOT_PERMITTED),
        ("category.create", {"name": "x"}, Refusal.NOT_PERMITTED),
        ("category.eligible", {"category": "Far"}, Refusal.NO_SUCH_CATEGORY),
        ("addin.create", {"name": "x", "url": "https://x.example"}, Refusal.NOT_PERMITTED),
        ("invitation.list", {"user": "bob"}, Refusal.NOT_PERMITTED),
        ("endpoint.add", {"address": "help"}, Refusal.NOT_PERMITTED),
        ("endpoint.list", {}, Refusal.NOT_PERMITTED),
        ("endpoint.remove", {"address": "help"}, Refusal.NOT_PERMITTED),
        ("service.status", {}, Refusal.NOT_PERMITTED),
        ("service.drain", {}, Refusal.NOT_PERMITTED),
        ("room.show", {"room": "Hidden"}, Refusal.NO_SUCH_ROOM),
        ("room.who", {"room": "Hidden"}, Refusal.NO_SUCH_ROOM),
        ("room.eligible", {"room": "Hidden"}, Refusal.NO_SUCH_ROOM),
        ("room.member.set", {"room": "Hidden", "who": ["ann"]}, Refusal.NO_SUCH_ROOM),
        ("room.delete", {"room": "Mine"}, Refusal.NOT_PERMITTED),
        ("room.clear", {"room": "Mine", "until": "2030-01-01"}, Refusal.NOT_PERMITTED),
        ("room.create", {"name": "x", "category": "Far"}, Refusal.NO_SUCH_CATEGORY),
        ("message.tail", {"room": "Mine"}, Refusal.NOT_PERMITTED),
        ("message.search", {"room": ["Mine"]}, Refusal.NOT_PERMITTED),
        ("message.remove", {"room": "Mine", "id": [1]}, Refusal.NOT_PERMITTED),
        ("message.send", {"room": "Mine", "text": "x", "as_user": "bob"}, Refusal.NOT_PERMITTED),
    ]
    for name, params, why in refused:
        assert reason(await run(name, "ann", **params)) is why, name
    # A secret room and one that is not there are refused in the same words.
    secret, absent = await run("room.show", "ann", room="Hidden"), await run("room.show", "ann", room="Absent")
    assert secret.detail.replace("Hidden", "Absent") == absent.detail
    assert (await run("message.send", "ann", room="Mine", text="x", as_user="ann"))["id"] == 1
    assert [row["name"] for row in await run("user.rooms", "ann", user="ann")] == ["Mine"]


async def test_people_kept_elsewhere_are_not_written(office: Office) -> None:
    commands = office.without_accounts()
    assert reason(await commands.run("user.add", {"login": "x"})) is Refusal.NOT_PERMITTED
    assert len(await commands.run("user.list", {})) == 3


async def test_following_a_room(office: Office) -> None:
    run, hub = office.run, office.hub
    await run("category.create", name="Plant", allow=["everyone"])
    await run("room.create", name="Shift", category="Plant", member=["ann"])
    await office.say("shift", "ann", "one", "two")
    heard = office.commands.follow("message.follow", {"room": "shift", "count": 1})
    assert (await anext(heard))["text"] == "two"
    await office.say("shift", "ann", "three")
    post = await anext(heard)
    assert (post["room"], post["text"]) == ("Shift", "three")
    await run("room.modify", room="shift", name="Night Shift")
    await office.say("night shift", "ann", "four")
    renamed = await anext(heard)
    assert (renamed["room"], renamed["room_id"]) == ("Night Shift", post["room_id"])
    await run("room.modify", room="night shift", name="Shift")
    assert len(hub.presence.live) == 1
    await heard.aclose()  # type: ignore[attr-defined]
    assert hub.presence.live == {}
    gone = office.commands.follow("message.follow", {"room": "shift"})
    waiting = asyncio.ensure_future(anext(gone))
    while not hub.presence.live:
        await asyncio.sleep(0)
    await run("room.delete", room="shift")
    with pytest.raises(StopAsyncIteration):
        await waiting
    nowhere = office.commands.follow("message.follow", {"room": "nowhere"})
    assert reason(await anext(nowhere)) is Refusal.NO_SUCH_ROOM


async def test_who_follows_too_slowly_hears_no_more_and_holds_no_more(office: Office) -> None:
    await office.run("category.create", name="Plant", allow=["everyone"])
    await office.run("room.create", name="Shift", category="Plant", member=["ann"])
    heard = office.commands.follow("message.follow", {"room": "shift", "count": 0})
    waiting = asyncio.ensure_future(anext(heard))
    while not office.hub.presence.live:
        await asyncio.sleep(0)
    (live,) = office.hub.presence.live.values()
    (ear,) = live.audience.ears
    post = StoredPost(live.room.id, 1, uri("ann"), "Ann", "하나", Micros(NOON))
    ear.hear([PostHeard(live.room.id, post)] * 3000)
    texts = [(await waiting)["text"]] + [item["text"] async for item in heard]
    assert len(texts) == 1000


@pytest.mark.parametrize(
    ("name", "params", "why"),
    [
        ("room.show", {}, "room: is needed"),
        ("room.show", {"room": None}, "room: is needed"),
        ("room.show", {"room": 7}, "room: a text is needed"),
        ("room.show", {"room": "x", "rooom": "y"}, "rooom: unknown; did you mean room?"),
        (
            "room.create",
            {"name": "x", "category": "y", "visibility": "hidden"},
            "visibility: one of open, closed, secret is needed",
        ),
        (
            "room.list",
            {"visibility": "hidden"},
            "visibility: one of open, closed, secret is needed",
        ),
        ("room.create", {"name": "x", "category": "y", "member": "ann"}, "member: a list is needed"),
        ("room.create", {"name": "x", "category": "y", "member": [1]}, "member: a text is needed"),
        ("message.search", {"room": ["x"], "words": "\udcff"}, "words: this is no text: it was not written in UTF-8"),
        ("room.create", {"name": "x", "category": "y", "invite": 1}, "invite: true or false is needed"),
        ("message.tail", {"room": "x", "count": True}, "count: a whole number is needed"),
        ("message.tail", {"room": "x", "count": 501}, "count: at most 500 is possible"),
        ("room.list", {"limit": -1}, "limit: at least 0 is needed"),
        ("message.remove", {"room": "x", "id": ["1"]}, "id: a whole number is needed"),
        ("policy.set", {"setting": "maybe"}, "setting: one of on, off, inherit is needed"),
    ],
)
async def test_wrong_parameters_are_named(office: Office, name: str, params: dict[str, object], why: str) -> None:
    with pytest.raises(InvalidParams) as error:
        await office.commands.run(name, params)
    assert str(error.value) == why


async def test_unknown_commands_are_named(office: Office) -> None:
    commands: Commands = office.commands
    with pytest.raises(UnknownCommand, match=r"did you mean room\.create"):
        await commands.run("room.crate", {})
    with pytest.raises(UnknownCommand):
        await commands.run("message.follow", {"room": "x"})
    with pytest.raises(UnknownCommand):
        commands.follow("room.list", {})


def test_every_command_is_documented_and_secrets_are_marked() -> None:
    for name, command in all_commands().items():
        assert name == command.name
        assert command.help.endswith(".")
        for spec in command.specs:
            assert spec.help, (name, spec.name)
            assert spec.secret == (spec.name == "password")
            assert not (spec.required and spec.default is not None)


def test_questions_name_parameters_of_their_command() -> None:
    asked = [command for command in all_commands().values() if isinstance(command, Command) and command.confirm]
    assert {"room.delete", "room.clear", "message.remove", "user.remove"} <= {command.name for command in asked}
    for command in asked:
        named = {name for _text, name, _spec, _conversion in Formatter().parse(command.confirm) if name}
        assert named
        assert named <= {spec.name for spec in command.specs}


def test_times() -> None:
    assert show_time(1_370_981_645_123_456) == "2013-06-11T20:14:05.123456Z"
