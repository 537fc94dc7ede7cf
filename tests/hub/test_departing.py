"""People and groups that are removed: what they had a right to goes with them, what kept others out does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from parlour.hub.events import Removed, RoomChanged
from parlour.hub.managing import CONSOLE
from parlour.rooms.model import Limits, Micros, RoomId
from parlour.rooms.refusals import Refusal
from parlour.store.api import FileToken
from tests.hub.fakes import uri
from tests.hub.office import NOON, Office, opened_office, reason

BOB = uri("bob")


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    with opened_office(tmp_path, limits=Limits()) as opened:
        await opened.hub.start()
        for login in ("ann", "bob", "root"):
            await opened.run("user.add", login=login, display_name=login.title(), admin=login == "root")
        yield opened


async def furnish(office: Office) -> None:
    """Bob stands everywhere: three lists of a room, two of a category, and what is kept for him."""
    run = office.run
    await run("category.create", name="Plant", allow=["bob", "everyone"], creator=["bob", "ann"], invite=True)
    await run("category.create", name="Bobs", allow=["bob"], creator=["bob"])
    roles = {"member": ["ann", "bob"], "presenter": ["ann", "bob"], "manager": ["ann", "bob"]}
    await run("room.create", name="Stage", category="Plant", behavior="auditorium", **roles)
    await run("room.create", name="Secret", category="Plant", visibility="secret", member=["ann", "bob"])
    await run("room.create", name="His", category="Plant", visibility="open", manager=["bob"])
    stage = room_id(office, "Stage")
    await office.store.documents.put(BOB, "preference", "lists", b"mine")
    await office.store.invitations.issue(BOB, [stage], Micros(NOON))
    await office.store.tokens.add(FileToken("t", BOB, stage, True, "x", Micros(NOON * 2)), Micros(NOON))


def room_id(office: Office, name: str) -> RoomId:
    found = office.hub.catalogue.find_room(name)
    assert found is not None
    return found.id


async def in_memory_and_store(office: Office) -> None:
    """What the catalogue holds is what the store holds."""
    categories, rooms = await office.store.rooms.load()
    assert {room.id: room for room in rooms} == office.hub.catalogue.rooms
    assert {category.id: category for category in categories} == office.hub.catalogue.categories


async def everything_of_bob(office: Office) -> list[object]:
    traces = office.hub.departing.traces(BOB)
    store = office.store
    kept = [
        *await store.documents.all(BOB, "preference"),
        *await store.invitations.of(BOB),
        await store.tokens.get("t"),
    ]
    return [*traces.rooms, *traces.categories, *(each for each in kept if each is not None)]


async def test_whoever_gets_the_address_next_gets_nothing_else(office: Office) -> None:
    await furnish(office)
    await office.enter("bob", "Secret")
    await office.say("Secret", "bob", "remember me")
    assert len(await everything_of_bob(office)) == 8
    dry = await office.run("user.remove", user="bob", dry_run=True)
    assert office.directory.find_person(BOB) is not None
    assert len(await everything_of_bob(office)) == 8
    answer = await office.run("user.remove", user="bob")
    assert answer == {
        "removed": BOB,
        "rooms": 3,
        "categories": 2,
        "left_without_manager": ["His"],
        "left_without_creator": ["Bobs"],
        "left_without_allowed": ["Bobs"],
        "still_denied_in": [],
    }
    assert dry == {"would_remove": BOB} | {name: value for name, value in answer.items() if name != "removed"}
    assert await everything_of_bob(office) == []
    assert office.directory.departed() == []
    await in_memory_and_store(office)
    assert office.hub.catalogue.rooms[room_id(office, "Stage")].audit.updated_by == CONSOLE
    await office.run("user.add", login="bob")
    assert await office.run("user.rooms", user="bob") == []
    assert reason(office.hub.card(office.person("bob"), room_id(office, "Secret"))) is Refusal.NO_SUCH_ROOM
    # What was written stays, with the name that it was written under.
    tail = await office.run("message.tail", room="Secret")
    assert [(post["author"], post["author_name"], post["text"]) for post in tail] == [(BOB, "Bob", "remember me")]


async def test_those_inside_hear_of_it(office: Office) -> None:
    await furnish(office)
    await office.enter("ann", "Secret")
    await office.enter("bob", "Secret")
    office.ears["ann"].calls.clear()
    await office.run("user.remove", user="bob")
    while not office.hub.teller.idle:
        await asyncio.sleep(0)
    changed = [event for event in office.ears["ann"].events if isinstance(event, RoomChanged)]
    assert [event.settings.members for event in changed] == [frozenset({uri("ann")})]
    assert "VisitEnded" in office.ears["bob"].kinds()
    assert not any(isinstance(event, Removed) for event in office.ears["ann"].events)


async def test_what_an_earlier_release_left_behind_is_not_inherited_either(office: Office) -> None:
    await furnish(office)
    # As it was done before: out of the accounts, and nowhere else.
    await office.directory.remove_user(BOB)
    await office.directory.settle_departed(BOB)
    assert len(await everything_of_bob(office)) == 8
    await office.run("user.add", login="bob")
    assert await everything_of_bob(office) == []
    await in_memory_and_store(office)


async def test_adding_somebody_who_is_there_takes_nothing_away(office: Office) -> None:
    await furnish(office)
    assert reason(await office.run("user.add", login="bob")) is Refusal.INVALID
    assert await office.hub.departing.make_way(None, office.directory, BOB) is None
    assert len(await everything_of_bob(office)) == 8


async def test_a_store_that_cannot_write_is_made_up_for(office: Office) -> None:
    await furnish(office)
    office.store.unavailable = True
    assert reason(await office.run("user.remove", user="bob")) is Refusal.UNAVAILABLE
    assert office.directory.find_person(BOB) is None
    assert reason(await office.run("user.add", login="bob")) is Refusal.UNAVAILABLE
    office.store.unavailable = False
    assert len(await everything_of_bob(office)) == 8
    assert office.directory.departed() == [BOB]
    await office.hub.departing.settle(office.directory)
    assert await everything_of_bob(office) == []
    assert office.directory.departed() == []
    await in_memory_and_store(office)


async def test_nobody_new_comes_before_it_is_done(office: Office) -> None:
    await furnish(office)
    office.store.unavailable = True
    await office.run("user.remove", user="bob")
    office.store.unavailable = False
    await office.run("user.add", login="bob")
    assert await everything_of_bob(office) == []
    assert office.directory.departed() == []


async def test_a_denial_of_a_person_stays_with_the_address(office: Office) -> None:
    run = office.run
    await run("category.create", name="Wall", allow=["everyone"], deny=["bob"])
    assert (await run("user.show", user="bob"))["denied_in"] == ["Wall"]
    assert (await run("user.remove", user="bob"))["still_denied_in"] == ["Wall"]
    assert [(one["name"], one["kind"]) for one in (await run("category.show", category="Wall"))["denied"]] == [
        (BOB, "gone")
    ]
    assert (await run("user.add", login="bob"))["denied_in"] == ["Wall"]
    await run("user.remove", user="bob")
    await run("category.deny.remove", category="Wall", who=["bob"])
    assert (await run("user.add", login="bob"))["denied_in"] == []


@pytest.mark.parametrize("typed", ["bob", "bob@example.com", "SIP:Bob@example.com"])
async def test_who_is_gone_is_taken_out_of_lists_by_any_name(office: Office, typed: str) -> None:
    run = office.run
    await furnish(office)
    await run("category.create", name="Wall", deny=["bob"])
    await office.directory.remove_user(BOB)
    places = [
        ("room.member.remove", {"room": "Secret"}),
        ("room.presenter.remove", {"room": "Stage"}),
        ("room.member.remove", {"room": "Stage"}),
        ("room.manager.remove", {"room": "Stage"}),
        ("room.manager.remove", {"room": "His"}),
        ("category.creator.remove", {"category": "Plant"}),
        ("category.creator.remove", {"category": "Bobs"}),
        ("category.allow.remove", {"category": "Plant"}),
        ("category.allow.remove", {"category": "Bobs"}),
        ("category.deny.remove", {"category": "Wall"}),
    ]
    for name, params in places:
        assert isinstance(await run(name, who=[typed], **params), dict), (name, params)
    traces = office.hub.departing.traces(BOB)
    assert (traces.rooms, traces.categories, traces.denied_in) == ((), (), ())
    for name, params in places:
        assert reason(await run(name, who=[typed], **params)) is Refusal.NO_SUCH_PRINCIPAL
    assert reason(await run("room.member.add", room="Secret", who=[typed])) is Refusal.NO_SUCH_PRINCIPAL


async def test_others_do_not_learn_who_stands_in_lists_of_a_category(office: Office) -> None:
    await furnish(office)
    await office.run("category.deny.add", category="Plant", who=["bob"])
    await office.directory.remove_user(BOB)
    answers = [
        await office.run("category.deny.remove", "ann", category="Plant", who=[who])
        for who in (BOB, "sip:eve@example.com")
    ]
    assert [reason(answer) for answer in answers] == [Refusal.NO_SUCH_PRINCIPAL] * 2


# --- groups


async def test_a_group_goes_with_its_places_and_its_people_lose_what_they_had_by_it(office: Office) -> None:
    run = office.run
    group = await run("group.add", name="Crew")
    await run("group.member.add", group="Crew", who=["ann"])
    await run("category.create", name="Plant", allow=["Crew", "bob"], creator=["Crew"])
    roles = {"member": ["Crew"], "manager": ["Crew"], "presenter": ["ann"]}
    await run("room.create", name="Stage", category="Plant", behavior="auditorium", **roles)
    await office.enter("ann", "Stage")
    answer = await run("group.remove", group="Crew")
    assert (answer["removed"], answer["rooms"], answer["categories"], answer["chat"]) == (group["uri"], 1, 1, "inherit")
    assert (answer["left_without_manager"], answer["left_without_creator"]) == (["Stage"], ["Plant"])
    room = office.hub.catalogue.rooms[room_id(office, "Stage")]
    # Ann presented as a member, which she was by the group alone.
    assert room.members == room.managers == room.presenters == room.invited == frozenset()
    assert office.hub.presence.live == {}
    assert office.directory.departed() == []
    await in_memory_and_store(office)


async def test_a_wall_does_not_fall_with_the_group_it_is_made_of(office: Office) -> None:
    run = office.run
    await run("group.add", name="야간 crew")
    await run("category.create", name="Wall one", allow=["everyone"], deny=["야간 crew"])
    for dry_run in (True, False):
        refused = await run("group.remove", group="야간 crew", dry_run=dry_run)
        assert reason(refused) is Refusal.KEEPS_OUT
        assert "category deny remove 'Wall one' '야간 crew'" in refused.detail
    await run("category.deny.remove", category="Wall one", who=["야간 crew"])
    assert "removed" in await run("group.remove", group="야간 crew")


async def test_nor_with_a_group_inside_of_it(office: Office) -> None:
    run = office.run
    await run("group.add", name="Outer")
    await run("group.add", name="Inner")
    await run("group.member.add", group="Outer", who=["Inner"])
    await run("category.create", name="Wall", allow=["everyone"], deny=["Outer"])
    await run("group.member.add", group="Inner", who=["ann"])
    refused = await run("group.remove", group="Inner")
    assert reason(refused) is Refusal.KEEPS_OUT
    assert "Outer" in refused.detail
    await run("group.member.remove", group="Inner", who=["ann"])
    # Empty, it keeps nobody out.
    assert "removed" in await run("group.remove", group="Inner")


async def test_group_chat_that_is_off_is_a_wall_too(office: Office) -> None:
    run = office.run
    await run("group.add", name="Off")
    await run("group.add", name="Within")
    await run("group.member.add", group="Within", who=["bob"])
    await run("group.member.add", group="Off", who=["Within", "ann"])
    await run("policy.set", setting="off", group="Off")
    for group in ("Off", "Within"):
        assert reason(await run("group.remove", group=group)) is Refusal.KEEPS_OUT
    assert not office.hub.may_chat(uri("ann"))
    await run("policy.set", setting="inherit", group="Off")
    for group in ("Off", "Within"):
        assert "removed" in await run("group.remove", group=group)


# --- the last administrator


async def test_one_administrator_stays(office: Office) -> None:
    run = office.run
    ways = (
        ("user.remove", {}),
        ("user.remove", {"dry_run": True}),
        ("user.admin", {"on": False}),
        ("user.disable", {}),
    )
    for name, params in ways:
        assert reason(await run(name, user="root", **params)) is Refusal.LAST_ADMIN
    await run("user.admin", user="ann", on=True)
    assert not (await run("user.admin", user="root", on=False))["admin"]
    await run("user.admin", user="root", on=True)
    await run("user.disable", user="ann")
    # One who cannot sign in administers nothing.
    assert reason(await run("user.remove", user="root")) is Refusal.LAST_ADMIN
    assert reason(await run("user.disable", user="root")) is Refusal.LAST_ADMIN
    assert not (await run("user.disable", user="ann"))["enabled"]
    assert "removed" in await run("user.remove", user="ann")


@pytest.mark.parametrize(("name", "params"), [("user.admin", {"on": False}), ("user.disable", {})])
async def test_two_who_resign_at_once(office: Office, name: str, params: dict[str, bool]) -> None:
    await office.run("user.admin", user="ann", on=True)
    answers = await asyncio.gather(*(office.run(name, user=login, **params) for login in ("ann", "root")))
    assert sum(not isinstance(answer, dict) for answer in answers) == 1
