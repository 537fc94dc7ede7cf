"""Invitations: who is due one, once; at once for people who are here, on asking for the others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parlour.hub.events import Invited
from parlour.hub.inviting import Invitations
from parlour.rooms.editing import CategoryChange, CategoryList, ListEdit, Op, RoomChange
from parlour.rooms.model import Category, CategoryId, Person, Role, Room, RoomId, Visibility
from parlour.rooms.refusals import Refusal, Refused
from tests.hub.fakes import AUDIT, PLANT, ROOT, Ears, World, person, room, uri

WORKS = replace(PLANT, invite=True, creators=frozenset({uri("mia")}))
CALM = replace(
    PLANT, id=CategoryId("c0000000-0000-0000-0000-000000000009"), name="Calm", allowed=frozenset({"ma-grp:all"})
)
PUMPS = room(1, "펌프", managers=frozenset({uri("mia")}))
STILL = room(2, "Still", invite=False)
SILENT = replace(room(3, "Silent"), category=CALM.id)


async def world(*more: Room) -> World:
    people = [person("ann"), person("bob", "crew"), person("cat", "crew"), person("mia")]
    w = World(people, [PUMPS, STILL, SILENT, *more], categories=[ROOT, WORKS, CALM])
    await w.hub.start()
    return w


def who(w: World, name: str) -> Person:
    found = w.directory.find_person(uri(name))
    assert found is not None
    return found


async def add(w: World, where: RoomId, *names: str, op: Op = Op.ADD) -> None:
    change = RoomChange(lists=(ListEdit(Role.MEMBER, op, frozenset(names)),))
    assert isinstance(await w.hub.managing.modify_room(None, where, change), Room)
    await w.settle()


async def asked(w: World, name: str, after: int = 0) -> list[tuple[int, RoomId]]:
    answer = await w.hub.inviting.pending(who(w, name), after)
    assert isinstance(answer, Invitations)
    assert answer.last == max([after, *(row.number for row in answer.rows)])
    return [(row.number, row.room) for row in answer.rows]


def heard(ears: Ears) -> list[tuple[int, RoomId]]:
    return [(event.invitation.number, event.room) for event in ears.events if isinstance(event, Invited)]


async def test_a_new_member_who_is_here_hears_at_once_at_every_endpoint() -> None:
    w = await world()
    _, desk = w.enter("ann", "desk")
    _, pocket = w.enter("ann", "pocket")
    _, other = w.enter("mia")
    await add(w, PUMPS.id, uri("ann"))
    assert heard(desk) == heard(pocket) == [(2, PUMPS.id)]
    assert heard(other) == []
    (event,) = desk.events
    assert isinstance(event, Invited)
    assert (event.settings.name, event.settings.category, event.switches.invite) == ("펌프", WORKS.id, True)
    assert await asked(w, "ann") == [(2, PUMPS.id)]


async def test_who_is_away_finds_it_on_asking() -> None:
    w = await world()
    await add(w, PUMPS.id, uri("ann"))
    assert await w.store.invitations.of(uri("ann")) == []
    assert await asked(w, "ann", 1) == [(2, PUMPS.id)]
    assert await asked(w, "ann", 2) == []


@pytest.mark.parametrize("where", [STILL.id, SILENT.id])
async def test_no_invitation_while_room_or_category_does_not_invite(where: RoomId) -> None:
    w = await world()
    _, ears = w.enter("ann")
    await add(w, where, uri("ann"))
    assert heard(ears) == []
    assert await asked(w, "ann") == []


async def test_turning_it_on_later_invites_nobody_who_was_member_before() -> None:
    w = await world()
    await add(w, STILL.id, uri("ann"))
    await w.hub.managing.modify_room(None, STILL.id, RoomChange(invite=True))
    await add(w, STILL.id, uri("bob"))
    assert await asked(w, "ann") == []
    assert await asked(w, "bob") == [(2, STILL.id)]


async def test_turning_it_on_in_the_same_change_counts() -> None:
    w = await world()
    change = RoomChange(invite=True, lists=(ListEdit(Role.MEMBER, Op.ADD, frozenset({uri("ann")})),))
    await w.hub.managing.modify_room(None, STILL.id, change)
    assert await asked(w, "ann") == [(2, STILL.id)]


async def test_a_group_is_invited_and_whoever_comes_into_it_later() -> None:
    w = await world()
    _, ears = w.enter("bob")
    _, ann = w.enter("ann")
    await add(w, PUMPS.id, "ma-grp:crew")
    assert heard(ears) == [(2, PUMPS.id)]
    assert heard(ann) == []
    w.directory.put(person("ann", "crew"))
    await w.settle()
    assert heard(ann) == [(2, PUMPS.id)]
    w.directory.put(person("ann", "crew", "night"))
    await w.settle()
    assert heard(ann) == [(2, PUMPS.id)]
    assert await asked(w, "cat") == [(2, PUMPS.id)]


async def test_a_large_group_that_is_away_costs_nothing() -> None:
    people = [person(f"p{n}", "army") for n in range(2000)]
    w = World([*people, person("root", is_admin=True)], [PUMPS], categories=[ROOT, WORKS])
    await w.hub.start()
    _, ears = w.enter("p7")
    await add(w, PUMPS.id, "ma-grp:army")
    assert heard(ears) == [(2, PUMPS.id)]
    assert list(w.store.invitations._issued) == [uri("p7")]
    assert await asked(w, "p1999") == [(2, PUMPS.id)]


async def test_once_for_ever() -> None:
    w = await world()
    _, ears = w.enter("ann")
    await add(w, PUMPS.id, uri("ann"))
    await add(w, PUMPS.id, uri("ann"), op=Op.DELETE)
    assert await asked(w, "ann") == []
    await add(w, PUMPS.id, uri("ann"))
    assert heard(ears) == [(2, PUMPS.id)]
    assert await asked(w, "ann") == [(2, PUMPS.id)]
    await w.hub.managing.modify_room(None, PUMPS.id, RoomChange(disabled=True))
    assert await asked(w, "ann") == []
    await w.hub.managing.modify_room(None, PUMPS.id, RoomChange(disabled=False))
    await w.settle()
    assert heard(ears) == [(2, PUMPS.id)]


async def test_who_was_taken_out_before_asking_is_not_invited() -> None:
    w = await world()
    await add(w, PUMPS.id, uri("ann"))
    await add(w, PUMPS.id, uri("ann"), op=Op.DELETE)
    assert await asked(w, "ann") == []
    assert await w.store.invitations.of(uri("ann")) == []


async def test_a_room_that_is_made_open_forgets_whom_it_invited() -> None:
    w = await world()
    await add(w, PUMPS.id, uri("ann"))
    await w.hub.managing.modify_room(None, PUMPS.id, RoomChange(visibility=Visibility.OPEN))
    assert await asked(w, "ann") == []
    change = RoomChange(
        visibility=Visibility.SCOPED, invite=False, lists=(ListEdit(Role.MEMBER, Op.ADD, frozenset({uri("ann")})),)
    )
    await w.hub.managing.modify_room(None, PUMPS.id, change)
    await w.hub.managing.modify_room(None, PUMPS.id, RoomChange(invite=True))
    assert await asked(w, "ann") == []


async def test_nobody_is_invited_to_a_room_of_their_own() -> None:
    w = await world()
    _, ears = w.enter("mia")
    change = RoomChange(name="Tank", lists=(ListEdit(Role.MEMBER, Op.SET, frozenset({uri("ann"), "ma-grp:all"})),))
    made = await w.hub.managing.create_room(who(w, "mia"), WORKS.id, change)
    assert isinstance(made, Room)
    await w.settle()
    assert heard(ears) == []
    assert await asked(w, "mia") == []
    assert await asked(w, "ann") == [(2, made.id)]


async def test_what_is_due_waits_while_the_room_is_disabled_or_the_switch_is_off() -> None:
    w = await world()
    _, ears = w.enter("ann")
    await w.hub.managing.modify_room(None, PUMPS.id, RoomChange(disabled=True))
    await add(w, PUMPS.id, uri("ann"))
    assert heard(ears) == []
    await w.hub.managing.modify_room(None, PUMPS.id, RoomChange(disabled=False))
    await w.settle()
    assert heard(ears) == [(2, PUMPS.id)]
    await add(w, PUMPS.id, uri("bob"))
    await w.hub.managing.modify_category(None, WORKS.id, CategoryChange(invite=False))
    assert await asked(w, "bob") == []
    await w.hub.managing.modify_category(None, WORKS.id, CategoryChange(invite=True))
    assert await asked(w, "bob") == [(2, PUMPS.id)]


async def test_a_switch_further_up_counts_as_the_categorys_own() -> None:
    w = await world()
    everybody = ListEdit(CategoryList.ALLOWED, Op.SET, WORKS.allowed)
    above = await w.hub.managing.create_category(None, CategoryChange(name="위", lists=(everybody,)))
    assert isinstance(above, Category)
    _, ears = w.enter("ann")
    await w.hub.managing.modify_category(None, WORKS.id, CategoryChange(parent=above.id, invite="inherit"))
    await add(w, PUMPS.id, uri("cat"))
    await w.hub.managing.modify_category(None, above.id, CategoryChange(invite=True))
    assert await asked(w, "cat") == []
    await add(w, PUMPS.id, uri("ann"))
    await w.settle()
    assert heard(ears) == [(2, PUMPS.id)]
    await add(w, PUMPS.id, uri("bob"))
    await w.hub.managing.modify_category(None, above.id, CategoryChange(invite="inherit"))
    assert await asked(w, "bob") == []
    await w.hub.managing.modify_category(None, WORKS.id, CategoryChange(invite=True))
    assert (await asked(w, "bob"), await asked(w, "cat")) == ([(2, PUMPS.id)], [])


async def test_whoever_comes_into_the_scope_is_invited_at_once() -> None:
    w = await world()
    await add(w, PUMPS.id, "ma-grp:crew")
    denied = CategoryChange(lists=(ListEdit(CategoryList.DENIED, Op.ADD, frozenset({uri("bob")})),))
    await w.hub.managing.modify_category(None, WORKS.id, denied)
    _, ears = w.enter("bob")
    assert await asked(w, "bob") == []
    free = CategoryChange(lists=(ListEdit(CategoryList.DENIED, Op.SET, frozenset()),))
    await w.hub.managing.modify_category(None, WORKS.id, free)
    await w.settle()
    assert heard(ears) == [(2, PUMPS.id)]


async def test_numbers_are_each_persons_own_and_follow_names() -> None:
    rooms = [room(n, name, members=frozenset({"ma-grp:crew"}), invited=frozenset({"ma-grp:crew"})) for n, name in NAMES]
    w = await world(*rooms)
    assert await asked(w, "bob") == [(2, rooms[1].id), (3, rooms[2].id), (4, rooms[0].id)]
    await add(w, PUMPS.id, uri("cat"))
    assert [number for number, _ in await asked(w, "cat")] == [2, 3, 4, 5]
    assert await asked(w, "bob", 3) == [(4, rooms[0].id)]


NAMES = [(20, "회의"), (21, "Alpha"), (22, "beta")]


async def test_who_may_not_chat_is_not_invited() -> None:
    w = await world()
    w.directory.put(person("ann", chat_enabled=False))
    await add(w, PUMPS.id, uri("ann"))
    assert await asked(w, "ann") == []
    w.directory.put(person("ann"))
    assert await asked(w, "ann") == [(2, PUMPS.id)]


async def test_a_deleted_room_is_left_out_and_its_number_is_gone() -> None:
    w = await world()
    await add(w, PUMPS.id, uri("ann"))
    assert await asked(w, "ann") == [(2, PUMPS.id)]
    await w.hub.managing.delete_room(None, PUMPS.id)
    assert await asked(w, "ann") == []
    await w.hub.managing.modify_room(None, STILL.id, RoomChange(invite=True))
    await add(w, STILL.id, uri("ann"))
    assert await asked(w, "ann") == [(3, STILL.id)]


async def test_while_the_store_cannot_write_nothing_is_lost() -> None:
    w = await world()
    _, ears = w.enter("ann")
    w.store.papers.off = True
    await add(w, PUMPS.id, uri("ann"))
    assert heard(ears) == []
    answer = await w.hub.inviting.pending(who(w, "ann"), 0)
    assert isinstance(answer, Refused)
    assert answer.reason is Refusal.UNAVAILABLE
    w.store.papers.off = False
    assert await asked(w, "ann") == [(2, PUMPS.id)]


def test_the_audit_of_made_up_rooms_names_nobody_here() -> None:
    assert AUDIT.created_by not in {uri(name) for name in ("ann", "bob", "cat", "mia")}
