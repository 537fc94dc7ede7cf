"""The command registry: names, parameters, results that JSON can say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from parlour.hub.accounts import AccountRefused
from parlour.hub.commands import Commands, Context, InvalidParams, UnknownCommand
from parlour.hub.commands.registry import all_commands
from parlour.hub.commands.showing import show_time
from parlour.hub.managing import CONSOLE
from parlour.rooms.model import Person, Principal, PrincipalKind
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import EventKind
from tests.hub.fakes import DOMAIN, World, key, person, uri


class FakeAccounts:
    def __init__(self, world: World) -> None:
        self._directory = world.directory

    def _put(self, who: str, **changes: Any) -> None:
        someone = self._directory.find_person(who)
        if someone is None:
            raise KeyError(who)
        self._directory.put(replace(someone, **changes))

    async def add_user(
        self, login: str, password: str | None, *, display_name: str = "", email: str = "", company: str = ""
    ) -> Person:
        if self._directory.find_person(uri(login)):
            raise AccountRefused(f"{login} is taken")
        self._directory.put(replace(person(login), display_name=display_name, email=email, company=company))
        return person(login)

    async def set_password(self, uri: str, password: str) -> None:
        if len(password) < 8:
            raise AccountRefused("a password has at least 8 characters")

    async def remove_user(self, uri: str) -> None:
        self._directory.drop(uri)

    async def set_enabled(self, uri: str, enabled: bool) -> None:
        self._put(uri, disabled=not enabled)

    async def set_chat_enabled(self, uri: str, enabled: bool) -> None:
        self._put(uri, chat_enabled=enabled)

    async def set_admin(self, uri: str, is_admin: bool) -> None:
        self._put(uri, is_admin=is_admin)

    async def add_group(self, name: str) -> Principal:
        group = Principal(f"ma-grp:{name}", name, PrincipalKind.GROUP, name)
        self._directory.groups[group.uri] = group
        return group

    async def remove_group(self, uri: str) -> None:
        del self._directory.groups[uri]

    async def add_to_group(self, group: str, member: str) -> None:
        someone = self._directory.find_person(member)
        assert someone is not None
        self._put(member, affiliations=someone.affiliations | {group})

    async def remove_from_group(self, group: str, member: str) -> None:
        someone = self._directory.find_person(member)
        assert someone is not None
        self._put(member, affiliations=someone.affiliations - {group})

    def members_of(self, group: str) -> Sequence[Principal]:
        members = [someone.uri for someone in self._directory.people() if group in someone.affiliations]
        return [found for name in members if (found := self._directory.find_principal(name))]


async def made() -> tuple[World, Commands]:
    w = World([person("ann"), person("bob"), person("root", is_admin=True)], [], categories=[])
    w.directory.groups["ma-grp:all"] = Principal("ma-grp:all", "d", PrincipalKind.DOMAIN, DOMAIN)
    await w.hub.start()
    return w, Commands(Context(w.hub, FakeAccounts(w), key))


async def run(commands: Commands, name: str, actor: Person | None = None, /, **params: object) -> Any:
    answer = await commands.run(name, params, actor)
    if not isinstance(answer, Refused):
        json.dumps(answer)
    return answer


def reason(answer: object) -> Refusal:
    assert isinstance(answer, Refused), answer
    return answer.reason


async def test_from_an_empty_server_to_a_conversation() -> None:
    w, commands = await made()
    await run(commands, "category.create", name="Plant", allow=["everyone"], creator=["ann"])
    shown = await run(
        commands, "room.create", name="Night Shift", category="plant", member=["ann", "sip:bob@example.com"]
    )
    assert (shown["visibility"], shown["behavior"], shown["category"]) == ("closed", "normal", "Plant")
    assert [member["name"] for member in shown["members"]] == ["Ann", "Bob"]
    sent = await run(commands, "message.send", room="night shift", text="hello", as_user="ann")
    assert (sent["id"], sent["author"], sent["text"]) == (1, uri("ann"), "hello")
    tail = await run(commands, "message.tail", room=shown["id"], count=5)
    assert [post["text"] for post in tail] == ["hello"]
    assert [(event.kind, event.who) for event in w.posts.events] == [(EventKind.BACKCHAT, CONSOLE)]
    await run(commands, "room.member.remove", room="night shift", who=["bob"])
    refused = await run(commands, "message.send", room="night shift", text="hello", as_user="bob")
    assert reason(refused) is Refusal.NOT_PERMITTED


async def test_changing_a_room_by_words() -> None:
    _, commands = await made()
    await run(commands, "category.create", name="Plant", allow=["everyone"])
    await run(commands, "room.create", name="Hall", category="Plant", visibility="open", behavior="auditorium")
    await run(commands, "room.presenter.add", room="hall", who=["ann"])
    shown = await run(commands, "room.modify", room="hall", name="Great Hall", visibility="secret", description="Big")
    assert (shown["name"], shown["visibility"], shown["presenters"]) == ("Great Hall", "secret", [])
    assert (await run(commands, "room.disable", room="great hall"))["disabled"]
    assert [row["name"] for row in await run(commands, "room.list", disabled=True)] == ["Great Hall"]
    assert await run(commands, "room.list", text="nothing") == []
    assert not (await run(commands, "room.enable", room="great hall"))["disabled"]
    assert (await run(commands, "room.delete", room="great hall"))["deleted"] == "Great Hall"
    assert reason(await run(commands, "room.show", room="great hall")) is Refusal.NO_SUCH_ROOM


async def test_categories_by_words() -> None:
    _, commands = await made()
    await run(commands, "category.create", name="Plant", description="All", invite=True, filepost=True)
    shown = await run(commands, "category.show", category="plant")
    assert (shown["parent"], shown["logged"], shown["allowed"], shown["filepost"]) == (DOMAIN, True, [], True)
    await run(commands, "category.allow.add", category="plant", who=["everyone"])
    await run(commands, "category.deny.add", category="plant", who=["bob"])
    assert reason(await run(commands, "category.creator.add", category="plant", who=["bob"])) is Refusal.NOT_IN_SCOPE
    shown = await run(commands, "category.creator.add", category="plant", who=["ann"])
    assert [[p["name"] for p in shown[key]] for key in ("allowed", "denied", "creators")] == [
        [DOMAIN],
        ["Bob"],
        ["Ann"],
    ]
    assert not (await run(commands, "category.modify", category="plant", logged=False))["logged"]
    assert len(await run(commands, "category.list")) == 2
    assert (await run(commands, "category.delete", category="plant"))["deleted"] == "Plant"


async def test_people_and_groups() -> None:
    w, commands = await made()
    shown = await run(commands, "user.add", login="dora", password="long enough", display_name="Dora", admin=True)
    assert (shown["uri"], shown["name"], shown["admin"], shown["chat"]) == (uri("dora"), "Dora", True, True)
    assert reason(await run(commands, "user.add", login="dora")) is Refusal.INVALID
    assert reason(await run(commands, "user.password", user="dora", password="short")) is Refusal.INVALID
    assert not (await run(commands, "user.disable", user="dora"))["enabled"]
    assert (await run(commands, "user.enable", user="dora@example.com"))["enabled"]
    assert not (await run(commands, "user.chat", user="dora", on=False))["chat"]
    assert not (await run(commands, "user.admin", user="dora", on=False))["admin"]
    assert [row["uri"] for row in await run(commands, "user.list", text="dor")] == [uri("dora")]
    await run(commands, "group.add", name="Crew")
    shown = await run(commands, "group.member.add", group="crew", who=["dora", "ann"])
    assert sorted(member["name"] for member in shown["members"]) == ["Ann", "Dora"]
    shown = await run(commands, "group.member.remove", group="crew", who=["ann"])
    assert [member["name"] for member in shown["members"]] == ["Dora"]
    assert {group["name"] for group in await run(commands, "group.list")} == {"Crew", DOMAIN}
    assert "Crew" in (await run(commands, "user.show", user="dora"))["groups"]
    assert (await run(commands, "user.remove", user="dora"))["removed"] == uri("dora")
    assert reason(await run(commands, "user.show", user="dora")) is Refusal.NO_SUCH_PRINCIPAL
    assert reason(await run(commands, "group.show", group="ann")) is Refusal.NO_SUCH_PRINCIPAL
    assert w.directory.find_person(uri("dora")) is None


async def test_what_people_may_ask() -> None:
    w, commands = await made()
    ann, root = w.directory.find_person(uri("ann")), w.directory.find_person(uri("root"))
    await run(commands, "category.create", name="Plant", allow=["everyone"], creator=["ann"])
    await run(commands, "category.create", name="Far", allow=["bob"])
    await run(commands, "room.create", root, name="Hidden", category="Far", visibility="secret")
    assert (await run(commands, "room.create", ann, name="Mine", category="Plant"))["managers"][0]["uri"] == uri("ann")
    assert [row["name"] for row in await run(commands, "room.list", ann)] == ["Mine"]
    assert [row["name"] for row in await run(commands, "room.list", root)] == ["Hidden", "Mine"]
    assert [row["name"] for row in await run(commands, "category.list", ann)] == ["Plant", DOMAIN]
    refused = [
        ("user.list", {}, Refusal.NOT_PERMITTED),
        ("user.add", {"login": "x"}, Refusal.NOT_PERMITTED),
        ("group.list", {}, Refusal.NOT_PERMITTED),
        ("category.create", {"name": "x"}, Refusal.NOT_PERMITTED),
        ("room.show", {"room": "Hidden"}, Refusal.NO_SUCH_ROOM),
        ("room.delete", {"room": "Mine"}, Refusal.NOT_PERMITTED),
        ("room.create", {"name": "x", "category": "Far"}, Refusal.NO_SUCH_CATEGORY),
        ("message.tail", {"room": "Mine"}, Refusal.NOT_PERMITTED),
        ("message.send", {"room": "Mine", "text": "x", "as_user": "bob"}, Refusal.NOT_PERMITTED),
    ]
    for name, params, why in refused:
        assert reason(await commands.run(name, params, ann)) is why, name
    assert (await run(commands, "message.send", ann, room="Mine", text="x", as_user="ann"))["id"] == 1


async def test_people_kept_elsewhere_are_not_written() -> None:
    w, _ = await made()
    commands = Commands(Context(w.hub, None, key))
    assert reason(await run(commands, "user.add", login="x")) is Refusal.NOT_PERMITTED
    assert len(await run(commands, "user.list")) == 3


async def test_following_a_room() -> None:
    w, commands = await made()
    await run(commands, "category.create", name="Plant", allow=["everyone"])
    await run(commands, "room.create", name="Shift", category="Plant", member=["ann"])
    for text in ("one", "two"):
        await run(commands, "message.send", room="shift", text=text, as_user="ann")
    heard = commands.follow("message.follow", {"room": "shift", "count": 1})
    assert (await anext(heard))["text"] == "two"
    await run(commands, "message.send", room="shift", text="three", as_user="ann")
    assert (await anext(heard))["text"] == "three"
    assert len(w.hub.presence.live) == 1
    await heard.aclose()  # type: ignore[attr-defined]
    assert w.hub.presence.live == {}
    gone = commands.follow("message.follow", {"room": "shift"})
    task = anext(gone)
    await run(commands, "room.show", room="shift")
    waiting = asyncio.ensure_future(task)
    for _ in range(5):
        await asyncio.sleep(0)
    await run(commands, "room.delete", room="shift")
    with pytest.raises(StopAsyncIteration):
        await waiting
    nowhere = commands.follow("message.follow", {"room": "nowhere"})
    assert reason(await anext(nowhere)) is Refusal.NO_SUCH_ROOM


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
        ("room.create", {"name": "x", "category": "y", "member": "ann"}, "member: a list is needed"),
        ("room.create", {"name": "x", "category": "y", "member": [1]}, "member: a text is needed"),
        ("room.create", {"name": "x", "category": "y", "invite": 1}, "invite: a switch is needed"),
        ("message.tail", {"room": "x", "count": True}, "count: a number is needed"),
    ],
)
async def test_wrong_parameters_are_named(name: str, params: dict[str, object], why: str) -> None:
    _, commands = await made()
    with pytest.raises(InvalidParams) as error:
        await commands.run(name, params)
    assert str(error.value) == why


async def test_unknown_commands_are_named() -> None:
    _, commands = await made()
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


def test_times() -> None:
    assert show_time(1_370_981_645_123_456) == "2013-06-11T20:14:05.123456Z"
