"""Commands about who is enabled for chat, further addresses, and the running server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import parlour
from parlour.hub.endpoint_book import EndpointBook, ExtraAddress
from parlour.rooms.refusals import Refusal, Refused
from tests.hub.fakes import DOMAIN, Ears, uri
from tests.hub.office import Office, opened_office, reason


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    with opened_office(tmp_path) as opened:
        await opened.hub.start()
        for login in ("ann", "bob"):
            await opened.run("user.add", login=login, display_name=login.title())
        yield opened


async def test_the_policy_of_a_person_says_where_it_comes_from(office: Office) -> None:
    run = office.run
    await run("group.add", name="야간")
    await run("group.member.add", group="야간", who=["ann"])

    async def state() -> tuple[bool, str, str | None, str]:
        shown = await run("policy.show", user="ann")
        return shown["chat"], shown["source"], shown["source_name"], shown["own"]

    assert await state() == (True, "default", None, "inherit")
    await run("policy.set", setting="off", everyone=True)
    assert await state() == (False, "domain", DOMAIN, "inherit")
    await run("policy.set", setting="on", group="야간")
    assert await state() == (True, "group", "야간", "inherit")
    shown = await run("policy.set", setting="off", user="ann")
    assert (shown["chat"], shown["source"], shown["own"]) == (False, "user", "off")
    await run("policy.set", setting="inherit", user="ann")
    assert await state() == (True, "group", "야간", "inherit")
    assert [(row["name"], row["chat"]) for row in await run("policy.show")] == [(DOMAIN, "off"), ("야간", "on")]
    await run("policy.set", setting="inherit", group="야간")
    rows = await run("policy.set", setting="inherit", everyone=True)
    assert [(row["name"], row["chat"]) for row in rows] == [(DOMAIN, "on")]


async def test_a_visit_ends_when_the_policy_does(office: Office) -> None:
    visit = await office.enter("ann")
    await office.run("policy.set", setting="on", user="bob")
    other = await office.enter("bob")
    await office.run("policy.set", setting="off", everyone=True)
    assert (visit.open, other.open) == (False, True)
    assert reason(office.hub.enter(uri("ann"), "", Ears())) is Refusal.NOT_PROVISIONED


async def test_a_policy_needs_one_subject(office: Office) -> None:
    for params in ({}, {"user": "ann", "everyone": True}, {"user": "ann", "group": "everyone"}):
        assert reason(await office.run("policy.set", setting="on", **params)) is Refusal.INVALID
    assert reason(await office.run("policy.set", setting="on", user="zoe")) is Refusal.NO_SUCH_PRINCIPAL
    assert reason(await office.run("policy.set", setting="on", group="ann")) is Refusal.NO_SUCH_PRINCIPAL
    assert reason(await office.run("policy.show", user="zoe")) is Refusal.NO_SUCH_PRINCIPAL


async def test_further_addresses_come_and_go_at_once(office: Office) -> None:
    heard: list[tuple[str, bool]] = []
    office.endpoints.subscribe(lambda uri, present: heard.append((uri, present)))
    made = await office.run("endpoint.add", address="sip:Help@Example.com", name="도움")
    assert made == {"uri": uri("help"), "name": "도움"}
    await office.run("endpoint.add", address="help", name="Help")
    assert await office.run("endpoint.list") == [{"uri": uri("help"), "name": "Help"}]
    assert heard == [(uri("help"), True)]
    kept = EndpointBook(office.store.documents, DOMAIN)
    await kept.load()
    assert kept.all() == (ExtraAddress(uri("help"), "Help"),)
    late: list[tuple[str, bool]] = []
    kept.subscribe(lambda uri, present: late.append((uri, present)))
    assert late == [(uri("help"), True)]
    assert reason(await office.run("user.add", login="help")) is Refusal.INVALID
    assert (await office.run("endpoint.remove", address="help"))["removed"] == uri("help")
    assert heard[-1] == (uri("help"), False)
    assert await office.run("endpoint.list") == []


async def test_addresses_that_cannot_be(office: Office) -> None:
    for address, why in (
        ("ann", Refusal.ALREADY_DEFINED),
        ("pool", Refusal.ALREADY_DEFINED),
        ("help@elsewhere.example", Refusal.INVALID),
        ("도움", Refusal.INVALID),
        ("", Refusal.INVALID),
    ):
        assert reason(await office.run("endpoint.add", address=address)) is why, address
    assert reason(await office.run("endpoint.add", address="help", name="a\x07")) is Refusal.INVALID
    assert reason(await office.run("endpoint.remove", address="help")) is Refusal.INVALID
    office.store.unavailable = True
    assert reason(await office.run("endpoint.add", address="help")) is Refusal.UNAVAILABLE
    office.store.unavailable = False
    await office.run("endpoint.add", address="help")
    office.store.unavailable = True
    assert reason(await office.run("endpoint.remove", address="help")) is Refusal.UNAVAILABLE
    assert len(office.endpoints.all()) == 1


async def test_an_address_belongs_to_a_person_or_to_a_service(office: Office) -> None:
    """The service's own, above all; and however they come together."""
    for login in ("pool", "POOL", uri("pool")):
        assert reason(await office.run("user.add", login=login)) is Refusal.INVALID
    for order in (("endpoint.add", "user.add"), ("user.add", "endpoint.add")):
        name = f"help{order[0][0]}"
        params = {"endpoint.add": {"address": name}, "user.add": {"login": name, "password": "a good one 123"}}
        answers = await asyncio.gather(*(office.run(command, **params[command]) for command in order))
        assert sum(isinstance(answer, Refused) for answer in answers) == 1
        held = {entry.uri for entry in office.endpoints.all()}, office.directory.find_person(uri(name))
        assert (uri(name) in held[0]) is (held[1] is None)


async def test_two_remove_an_address_at_once(office: Office) -> None:
    await office.run("endpoint.add", address="help")
    answers = await asyncio.gather(*(office.run("endpoint.remove", address="help") for _ in range(2)))
    assert [isinstance(answer, Refused) for answer in answers] == [False, True]
    assert reason(answers[1]) is Refusal.INVALID


async def test_a_server_that_drains_keeps_who_is_there(office: Office) -> None:
    stopped = await office.run("service.status")
    assert (stopped["running"], stopped["version"], stopped["people"]) == (False, parlour.__version__, 2)
    assert reason(await office.run("service.drain")) is Refusal.UNAVAILABLE
    office.serving.readings = lambda: {"sessions": 7}
    visit = await office.enter("ann")
    status = await office.run("service.drain")
    assert (status["running"], status["draining"], status["visits"], status["sessions"]) == (True, True, 1, 7)
    assert visit.open
    refused = office.hub.enter(uri("bob"), "", Ears())
    assert isinstance(refused, Refused)
    assert refused.reason is Refusal.BUSY
    assert not (await office.run("service.resume"))["draining"]
    assert not isinstance(office.hub.enter(uri("bob"), "", Ears()), Refused)
