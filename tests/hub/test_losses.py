"""Who loses a place in a list by a change: told before, with a dry run, and after."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from parlour.hub.commands.registry import Command, all_commands
from tests.hub.office import Office, opened_office


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    with opened_office(tmp_path) as opened:
        await opened.hub.start()
        for login in PEOPLE:
            await opened.run("user.add", login=login)
        await opened.run("category.create", name="Plant", allow=["everyone"])
        await opened.run("category.create", name="Inner", allow=["everyone"], parent="Plant", creator=["cat"])
        await opened.run("category.create", name="Dock", allow=["bob"])
        await opened.run("room.create", name="Shift", category="Plant", member=["ann", "bob"], manager=["ann"])
        await opened.run("room.create", name="Deep", category="Inner", member=["ann", "cat"])
        yield opened
        await opened.hub.stop()


PEOPLE, EVERYBODY = ("ann", "bob", "cat"), "example.com"

CHANGES: list[tuple[str, dict[str, object], set[str], set[str]]] = [
    ("category.allow.set", {"category": "Plant", "who": []}, {*PEOPLE, EVERYBODY}, {"Plant", "Inner", "Shift", "Deep"}),
    ("category.allow.remove", {"category": "Inner", "who": ["everyone"]}, {"ann", "cat", EVERYBODY}, {"Inner", "Deep"}),
    ("category.deny.add", {"category": "Plant", "who": ["ann"]}, {"ann"}, {"Shift", "Deep"}),
    ("category.deny.set", {"category": "Plant", "who": ["cat"]}, {"cat"}, {"Inner", "Deep"}),
    ("category.creator.set", {"category": "Inner", "who": ["ann"]}, {"cat"}, {"Inner"}),
    ("category.move", {"category": "Inner", "parent": "Dock"}, {"ann", "cat"}, {"Inner", "Deep"}),
    ("category.modify", {"category": "Plant", "parent": "Dock"}, {"ann", "cat"}, {"Inner", "Shift", "Deep"}),
    ("room.move", {"room": "Shift", "category": "Dock"}, {"ann"}, {"Shift"}),
    ("room.modify", {"room": "Shift", "visibility": "open"}, {"ann", "bob"}, {"Shift"}),
    ("room.member.set", {"room": "Shift", "who": []}, {"ann", "bob"}, {"Shift"}),
    ("room.manager.set", {"room": "Shift", "who": ["bob"]}, {"ann"}, {"Shift"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "params", "people", "places"), CHANGES, ids=[each[0] for each in CHANGES])
async def test_it_is_told_before_and_after(
    office: Office, name: str, params: dict[str, object], people: set[str], places: set[str]
) -> None:
    command = all_commands()[name]
    assert isinstance(command, Command)
    assert command.confirm and command.preview
    before = await office.store.rooms.load()
    told = await office.run(name, None, **params, dry_run=True)
    assert await office.store.rooms.load() == before
    assert command.asks_of(told)
    done = await office.run(name, None, **params)
    for verb, answer in (("would_lose", told), ("lost", done)):
        assert {each["name"] for each in answer[verb]} == people
        assert answer[f"{verb}_people"] == len(people)
        assert set(answer[f"{verb}_in"]) == places
        assert answer[f"{verb}_rooms"] == len(places & {"Shift", "Deep"})
    categories, rooms = await office.store.rooms.load()
    assert {each.id: each for each in rooms} == office.hub.catalogue.rooms
    assert {each.id: each for each in categories} == office.hub.catalogue.categories


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("room.modify", {"room": "Shift", "topic": "x"}),
        ("room.member.set", {"room": "Shift", "who": ["ann", "bob", "cat"]}),
        ("category.modify", {"category": "Plant", "description": "x"}),
        ("category.deny.add", {"category": "Dock", "who": ["cat"]}),
    ],
)
async def test_where_nobody_loses_anything_nobody_is_asked(
    office: Office, name: str, params: dict[str, object]
) -> None:
    command = all_commands()[name]
    assert isinstance(command, Command)
    assert not command.asks_of(await office.run(name, None, **params, dry_run=True))
    assert not any(field.startswith("lost") for field in await office.run(name, None, **params))


async def test_many_are_counted_and_the_first_named(office: Office) -> None:
    for number in range(30):
        await office.run("room.create", name=f"R{number}", category="Plant", member=["ann"])
    told = await office.run("category.deny.add", category="Plant", who=["ann"])
    assert (told["lost_people"], told["lost_rooms"], len(told["lost_in"])) == (1, 32, 20)
