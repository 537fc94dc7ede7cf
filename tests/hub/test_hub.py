"""What the hub itself decides: who is let in, and what people without a visit are shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parlour.hub.presence import RoomView
from parlour.rooms.model import Category, CategoryId, Person, Room, RoomId, Visibility
from parlour.rooms.refusals import Refusal, Refused
from parlour.rooms.switches import Switches
from tests.hub.fakes import AUDIT, PLANT, ROOT, World, person, room, uri

DOCK = Category(
    CategoryId("c0000000-0000-0000-0000-000000000003"),
    "부두",
    AUDIT,
    parent=ROOT.id,
    allowed=frozenset({"ma-grp:crew"}),
)
CLOSED = room(1, "야간 근무", members=frozenset({uri("ann")}), managers=frozenset({uri("mia")}))
SECRET = room(2, "Secret", members=frozenset({uri("ann")}), visibility=Visibility.PRIVATE)
SHUT = room(3, "Shut", members=frozenset({uri("ann")}), disabled=True)


async def world() -> World:
    people = [person("ann"), person("bob", "crew"), person("mia"), person("root", is_admin=True)]
    w = World(people, [CLOSED, SECRET, SHUT], categories=[ROOT, PLANT, DOCK])
    await w.hub.start()
    return w


def who(w: World, name: str) -> Person:
    found = w.directory.find_person(uri(name))
    assert found is not None
    return found


async def test_a_server_that_drains_keeps_its_visits_and_takes_no_new_ones() -> None:
    w = await world()
    ann, _ = w.enter("ann", "desk")
    w.hub.draining = True
    for endpoint in ("", "desk", "pocket"):
        answer, _ = w.enter("ann", endpoint)
        assert isinstance(answer, Refused)
        assert answer.reason is Refusal.BUSY
    assert ann.open
    assert isinstance(await w.hub.join(ann, CLOSED.id), RoomView)
    w.hub.draining = False
    assert not isinstance(w.enter("bob")[0], Refused)


async def test_people_without_the_right_are_told_that_first() -> None:
    w = await world()
    w.hub.draining = True
    answer, _ = w.enter("nobody")
    assert isinstance(answer, Refused)
    assert answer.reason is Refusal.NOT_PROVISIONED


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("bob", "야간  근무 ", CLOSED.id),
        ("ann", "SECRET", SECRET.id),
        ("bob", "Secret", None),
        ("bob", "no such name", None),
        ("bob", "Plant", None),
        ("ann", "shut", SHUT.id),
        ("root", "secret", SECRET.id),
        ("bob", "", None),
    ],
)
async def test_a_room_by_name(name: str, text: str, expected: RoomId | None) -> None:
    w = await world()
    assert w.hub.find_room_named(who(w, name), text) == expected


async def test_outsiders_see_the_card_and_the_lists_of_a_closed_room() -> None:
    w = await world()
    ann, _ = w.enter("ann")
    await w.hub.join(ann, CLOSED.id)
    card = w.hub.card(who(w, "bob"), CLOSED.id)
    assert isinstance(card, RoomView)
    assert (card.room, card.switches, card.participants, card.count) == (CLOSED, Switches(), (), 1)
    assert (card.rights.see, card.rights.join) == (True, False)
    bob, _ = w.enter("bob")
    assert w.hub.room_view(bob, CLOSED.id) == card
    roles = w.hub.roles(who(w, "bob"), CLOSED.id)
    assert isinstance(roles, Room)
    assert (roles.members, roles.managers) == (CLOSED.members, CLOSED.managers)


async def test_a_secret_room_answers_outsiders_as_one_that_is_not_there() -> None:
    w = await world()
    bob = who(w, "bob")
    for ask in (w.hub.card, w.hub.roles):
        assert ask(bob, SECRET.id) == ask(bob, RoomId("nowhere"))
        assert isinstance(ask(bob, SECRET.id), Refused)
        assert not isinstance(ask(who(w, "ann"), SECRET.id), Refused)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ann", ["example.com", "Plant"]),
        ("bob", ["example.com", "Plant", "부두"]),
        ("root", ["example.com", "Plant", "부두"]),
    ],
)
async def test_categories_that_one_may_know_of(name: str, expected: list[str]) -> None:
    w = await world()
    assert [category.name for category in w.hub.categories(who(w, name))] == expected


async def test_who_is_disabled_knows_of_nothing() -> None:
    w = await world()
    gone = replace(who(w, "root"), disabled=True)
    assert w.hub.categories(gone) == ()
    assert w.hub.find_room_named(gone, "secret") is None
