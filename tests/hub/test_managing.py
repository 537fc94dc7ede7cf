"""Making, changing and removing rooms and categories: who may, what is refused, and what becomes of those inside."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from parlour.hub.events import PersonChanged, Removed, RoomChanged
from parlour.hub.managing import CONSOLE
from parlour.hub.posting import Draft
from parlour.hub.reading import History, HistoryPage
from parlour.hub.searching import RoomList
from parlour.rooms.editing import CategoryChange, CategoryList, ListEdit, Op, RoomChange
from parlour.rooms.history import PostQuery
from parlour.rooms.model import (
    Behavior,
    Category,
    CategoryId,
    Person,
    Principal,
    PrincipalKind,
    Role,
    Room,
    RoomId,
    Visibility,
)
from parlour.rooms.refusals import Refusal, Refused
from parlour.rooms.search import RoomQuery
from parlour.rooms.switches import Switches, inherited
from parlour.store.api import EventKind, StoredPost
from tests.hub.fakes import AUDIT, PLANT, ROOT, Ears, World, key, person, room, uri

WORKS = replace(PLANT, creators=frozenset({uri("mia"), "ma-grp:crew"}))
DOCK = Category(
    CategoryId("c0000000-0000-0000-0000-000000000003"),
    "Dock",
    AUDIT,
    parent=ROOT.id,
    allowed=frozenset({"ma-grp:crew"}),
)
SHIFT = room(
    1, "Night Shift", members=frozenset({uri("ann"), uri("bob"), "ma-grp:crew"}), managers=frozenset({uri("mia")})
)


async def world() -> World:
    people = [
        person("ann"),
        person("bob", "crew"),
        person("mia"),
        person("cat"),
        person("root", is_admin=True),
        replace(person("out"), affiliations=frozenset()),
    ]
    w = World(people, [SHIFT], categories=[ROOT, WORKS, DOCK])
    w.directory.named_groups["ma-grp:empty"] = Principal("ma-grp:empty", "g", PrincipalKind.GROUP, "Empty")
    await w.hub.start()
    return w


def who(w: World, name: str | None) -> Person | None:
    return None if name is None else w.directory.find_person(uri(name))


def reason(answer: object) -> Refusal:
    assert isinstance(answer, Refused)
    return answer.reason


def edit(role: Role, op: Op, *names: str) -> RoomChange:
    return RoomChange(lists=(ListEdit(role, op, frozenset(names)),))


# --- creating


async def test_a_creator_becomes_manager_and_member() -> None:
    w = await world()
    made = await w.hub.managing.create_room(who(w, "mia"), WORKS.id, RoomChange(name="  Pumps "))
    assert isinstance(made, Room)
    assert (made.name, made.visibility, made.managers, made.members) == (
        "Pumps",
        Visibility.SCOPED,
        frozenset({uri("mia")}),
        frozenset({uri("mia")}),
    )
    assert made.audit.created_by == uri("mia")
    assert w.rooms.rooms[made.id] == made == w.hub.catalogue.find_room("PUMPS")


async def test_rooms_of_old_names_that_nobody_would_be_given_now_go_on() -> None:
    old = [room(7, "Zero\u200bWidth"), room(8, "ZeroWidth"), room(9, "\u1160")]
    w = World([person("mia")], old, categories=[ROOT, WORKS])
    await w.hub.start()
    catalogue, managing = w.hub.catalogue, w.hub.managing
    for one in old:
        assert catalogue.find_room(one.name) == one
        same = RoomChange(name=one.name, description="still here")
        assert isinstance(await managing.modify_room(None, one.id, same), Room)
    assert reason(await managing.create_room(None, WORKS.id, RoomChange(name="zero\u200cwidth"))) is (
        Refusal.DUPLICATE_NAME
    )
    await managing.delete_room(None, old[1].id)
    found = catalogue.find_room("zerowidth")
    assert found is not None
    assert found.id == old[0].id
    assert reason(await managing.create_room(None, WORKS.id, RoomChange(name="ZeroWidth"))) is Refusal.DUPLICATE_NAME
    assert isinstance(await managing.modify_room(None, old[0].id, RoomChange(name="ZeroWidth")), Room)
    assert catalogue.find_room("Zero\u200bWidth") == catalogue.rooms[old[0].id]


async def test_an_open_room_has_no_members() -> None:
    w = await world()
    change = RoomChange(
        name="Hall", visibility=Visibility.OPEN, lists=(ListEdit(Role.MEMBER, Op.SET, frozenset({uri("ann")})),)
    )
    made = await w.hub.managing.create_room(who(w, "mia"), WORKS.id, change)
    assert isinstance(made, Room)
    assert (made.members, made.managers) == (frozenset(), frozenset({uri("mia")}))


async def test_the_console_holds_no_role() -> None:
    w = await world()
    made = await w.hub.managing.create_room(None, DOCK.id, RoomChange(name="Pier"))
    assert isinstance(made, Room)
    assert (made.members, made.managers, made.audit.created_by) == (frozenset(), frozenset(), CONSOLE)


@pytest.mark.parametrize(
    ("name", "category", "change", "expected"),
    [
        ("mia", WORKS.id, RoomChange(name="NIGHT SHIFT"), Refusal.DUPLICATE_NAME),
        ("mia", WORKS.id, RoomChange(name="dock"), Refusal.DUPLICATE_NAME),
        ("mia", WORKS.id, RoomChange(name="night\u200d shift"), Refusal.DUPLICATE_NAME),
        ("mia", WORKS.id, RoomChange(name="x\u200by"), Refusal.INVALID),
        ("mia", WORKS.id, RoomChange(), Refusal.INVALID),
        ("mia", WORKS.id, RoomChange(name="x" * 257), Refusal.LIMIT_EXCEEDED),
        ("mia", WORKS.id, RoomChange(name="x", description="d" * 257), Refusal.LIMIT_EXCEEDED),
        ("cat", WORKS.id, RoomChange(name="x"), Refusal.CANNOT_CREATE),
        ("bob", WORKS.id, RoomChange(name="x"), None),
        ("mia", DOCK.id, RoomChange(name="x"), Refusal.NO_SUCH_CATEGORY),
        ("bob", DOCK.id, RoomChange(name="x"), Refusal.CANNOT_CREATE),
        ("root", DOCK.id, RoomChange(name="x"), None),
        ("root", ROOT.id, RoomChange(name="x"), Refusal.HIERARCHY),
        (None, ROOT.id, RoomChange(name="x"), Refusal.HIERARCHY),
        (None, CategoryId("no"), RoomChange(name="x"), Refusal.NO_SUCH_CATEGORY),
        (None, WORKS.id, replace(edit(Role.MEMBER, Op.SET, uri("out")), name="x"), Refusal.NOT_IN_SCOPE),
        (None, WORKS.id, replace(edit(Role.MANAGER, Op.SET, uri("nobody")), name="x"), Refusal.NO_SUCH_PRINCIPAL),
        (None, WORKS.id, replace(edit(Role.MEMBER, Op.SET, "ma-grp:crew", "ma-grp:empty"), name="x"), None),
        (None, DOCK.id, replace(edit(Role.MEMBER, Op.SET, "ma-grp:all"), name="x"), Refusal.NOT_IN_SCOPE),
        (None, WORKS.id, replace(edit(Role.PRESENTER, Op.SET, uri("ann")), name="x"), Refusal.INVALID),
    ],
)
async def test_creating(name: str | None, category: CategoryId, change: RoomChange, expected: Refusal | None) -> None:
    w = await world()
    answer = await w.hub.managing.create_room(who(w, name), category, change)
    if expected is None:
        assert isinstance(answer, Room)
    else:
        assert reason(answer) is expected
        assert len(w.rooms.rooms) == len(w.hub.catalogue.rooms) == 1


async def test_two_of_one_name_at_once_make_one_room() -> None:
    w = await world()
    made = await asyncio.gather(
        *(w.hub.managing.create_room(None, WORKS.id, RoomChange(name="Pumps")) for _ in range(2))
    )
    assert sorted(type(answer).__name__ for answer in made) == ["Refused", "Room"]


async def test_nothing_changes_while_the_store_is_unavailable() -> None:
    w = await world()
    w.rooms.down = True
    managing = w.hub.managing
    assert reason(await managing.create_room(None, WORKS.id, RoomChange(name="x"))) is Refusal.UNAVAILABLE
    assert reason(await managing.modify_room(None, SHIFT.id, RoomChange(name="y"))) is Refusal.UNAVAILABLE
    assert reason(await managing.delete_room(None, SHIFT.id)) is Refusal.UNAVAILABLE
    assert reason(await managing.create_category(None, CategoryChange(name="z"))) is Refusal.UNAVAILABLE
    assert reason(await managing.delete_category(None, DOCK.id)) is Refusal.UNAVAILABLE
    assert w.hub.catalogue.rooms == {SHIFT.id: SHIFT}


async def test_who_asked_may_be_gone_and_memory_and_store_stay_the_same() -> None:
    w = await world()
    task = asyncio.create_task(w.hub.managing.create_room(None, WORKS.id, RoomChange(name="Pumps")))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    await w.hub.managing.settle()
    assert w.hub.catalogue.rooms == w.rooms.rooms
    assert len(w.rooms.rooms) == 2


# --- modifying


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("mia", RoomChange(name="Day Shift"), None),
        ("mia", RoomChange(name="NIGHT shift"), None),
        ("ann", RoomChange(name="x"), Refusal.NOT_PERMITTED),
        ("out", RoomChange(name="x"), Refusal.NO_SUCH_ROOM),
        ("root", RoomChange(name="x"), None),
        ("mia", RoomChange(name="Dock"), Refusal.DUPLICATE_NAME),
        ("mia", RoomChange(disabled=True), None),
        ("mia", edit(Role.MEMBER, Op.ADD, uri("mia")), None),
        ("mia", edit(Role.MEMBER, Op.ADD, uri("ann")), Refusal.ALREADY_DEFINED),
        ("mia", edit(Role.MEMBER, Op.DELETE, uri("cat")), Refusal.NO_SUCH_PRINCIPAL),
        ("mia", edit(Role.MEMBER, Op.ADD, uri("out")), Refusal.NOT_IN_SCOPE),
        ("mia", edit(Role.PRESENTER, Op.ADD, uri("ann")), Refusal.INVALID),
        ("mia", replace(edit(Role.PRESENTER, Op.ADD, uri("ann")), behavior=Behavior.AUDITORIUM), None),
        (
            "mia",
            replace(edit(Role.PRESENTER, Op.ADD, uri("cat")), behavior=Behavior.AUDITORIUM),
            Refusal.PRESENTER_NOT_MEMBER,
        ),
        ("mia", replace(edit(Role.MEMBER, Op.ADD, uri("cat")), visibility=Visibility.OPEN), Refusal.INVALID),
        ("mia", replace(edit(Role.MEMBER, Op.SET, uri("cat")), visibility=Visibility.OPEN), None),
        ("mia", RoomChange(category=DOCK.id), Refusal.NO_SUCH_CATEGORY),
        ("mia", RoomChange(expected=AUDIT.updated_at), None),
        ("mia", RoomChange(topic="x", expected=AUDIT.created_at - 1), Refusal.DATA_COLLISION),  # type: ignore[arg-type]
        ("mia", edit(Role.CREATOR, Op.ADD, uri("ann")), Refusal.INVALID),
    ],
)
async def test_modifying(name: str, change: RoomChange, expected: Refusal | None) -> None:
    w = await world()
    answer = await w.hub.managing.modify_room(who(w, name), SHIFT.id, change)
    if expected is None:
        assert isinstance(answer, Room)
        assert answer.audit.updated_by == uri(name)
        assert answer.audit.updated_at > SHIFT.audit.updated_at
        assert w.rooms.rooms[SHIFT.id] == w.hub.catalogue.rooms[SHIFT.id] == answer
    else:
        assert reason(answer) is expected
        assert w.rooms.rooms[SHIFT.id] == w.hub.catalogue.rooms[SHIFT.id] == SHIFT


async def test_managers_disable_but_administrators_enable() -> None:
    w = await world()
    (ann, ann_ears), (bob, _) = w.enter("ann"), w.enter("bob")
    await w.hub.join_many(ann, [SHIFT.id])
    await w.hub.join_many(bob, [SHIFT.id])
    await w.hub.post(ann, SHIFT.id, Draft("kept"), key())
    managing = w.hub.managing
    assert isinstance(await managing.modify_room(who(w, "mia"), SHIFT.id, RoomChange(disabled=True)), Room)
    (removed,) = [event for event in ann_ears.events if isinstance(event, Removed)]
    assert removed.reason is Refusal.ROOM_DISABLED
    assert "PersonParted" not in ann_ears.kinds()
    assert w.hub.presence.live == {}
    assert reason(await w.hub.join(ann, SHIFT.id)) is Refusal.ROOM_DISABLED
    assert await w.hub.find_rooms(ann, RoomQuery()) == RoomList(())
    assert (
        reason(await managing.modify_room(who(w, "mia"), SHIFT.id, RoomChange(disabled=False))) is Refusal.NOT_PERMITTED
    )
    assert isinstance(await managing.modify_room(who(w, "root"), SHIFT.id, RoomChange(disabled=False)), Room)
    await w.hub.join(ann, SHIFT.id)
    history = await w.hub.recent(ann, SHIFT.id)
    assert not isinstance(history, Refused)
    assert [post.text for post in history.posts] == ["kept"]
    await w.hub.stop()
    assert sum(event.kind is EventKind.PART for event in w.posts.events) == 3


async def test_those_inside_hear_of_changes_and_of_new_roles() -> None:
    w = await world()
    (ann, ann_ears), (bob, _) = w.enter("ann"), w.enter("bob")
    await w.hub.join(ann, SHIFT.id)
    await w.hub.join(bob, SHIFT.id)
    await w.hub.managing.modify_room(None, SHIFT.id, edit(Role.MANAGER, Op.ADD, uri("bob")))
    (changed,) = [event for event in ann_ears.events if isinstance(event, PersonChanged)]
    assert (changed.participant.uri, changed.participant.manager) == (uri("bob"), True)
    await w.hub.managing.modify_room(None, SHIFT.id, RoomChange(behavior=Behavior.AUDITORIUM))
    assert isinstance(ann_ears.events[-1], RoomChanged)
    assert ann_ears.events[-1].settings.behavior is Behavior.AUDITORIUM
    assert reason(await w.hub.post(bob, SHIFT.id, Draft("x"), key())) is Refusal.NOT_PERMITTED


async def test_a_revoked_member_is_out_and_the_others_know() -> None:
    w = await world()
    (ann, ann_ears), (bob, bob_ears) = w.enter("ann"), w.enter("bob")
    await w.hub.join(ann, SHIFT.id)
    await w.hub.join(bob, SHIFT.id)
    await w.hub.managing.modify_room(who(w, "mia"), SHIFT.id, edit(Role.MEMBER, Op.DELETE, uri("ann")))
    assert ann_ears.kinds()[-1] == "Removed"
    assert [kind for kind in bob_ears.kinds() if kind.startswith("Person")] == ["PersonParted"]
    assert reason(await w.hub.post(ann, SHIFT.id, Draft("x"), key())) is Refusal.NOT_PERMITTED


async def test_moving_a_room_purges_whom_the_new_category_does_not_let_in() -> None:
    w = await world()
    (ann, ann_ears), (bob, bob_ears) = w.enter("ann"), w.enter("bob")
    await w.hub.join(ann, SHIFT.id)
    await w.hub.join(bob, SHIFT.id)
    moved = await w.hub.managing.modify_room(None, SHIFT.id, RoomChange(category=DOCK.id))
    assert isinstance(moved, Room)
    assert (moved.members, moved.managers) == (frozenset({uri("bob"), "ma-grp:crew"}), frozenset())
    assert ann_ears.kinds()[-1] == "Removed"
    assert "Removed" not in bob_ears.kinds()


async def test_presenters_who_are_no_longer_members_lose_that_too() -> None:
    w = await world()
    change = replace(edit(Role.PRESENTER, Op.ADD, uri("ann"), uri("bob")), behavior=Behavior.AUDITORIUM)
    await w.hub.managing.modify_room(None, SHIFT.id, change)
    cut = await w.hub.managing.modify_room(None, SHIFT.id, edit(Role.MEMBER, Op.DELETE, uri("ann"), uri("bob")))
    assert isinstance(cut, Room)
    assert cut.presenters == {uri("bob")}  # still a member, by group
    plain = await w.hub.managing.modify_room(None, SHIFT.id, RoomChange(behavior=Behavior.NORMAL))
    assert isinstance(plain, Room)
    assert plain.presenters == frozenset()


async def test_only_administrators_delete_and_nothing_is_left() -> None:
    w = await world()
    ann, ann_ears = w.enter("ann")
    await w.hub.join(ann, SHIFT.id)
    assert isinstance(await w.hub.post(ann, SHIFT.id, Draft("x"), key()), StoredPost)
    assert reason(await w.hub.managing.delete_room(who(w, "mia"), SHIFT.id)) is Refusal.NOT_PERMITTED
    assert isinstance(await w.hub.managing.delete_room(who(w, "root"), SHIFT.id), Room)
    (removed,) = [event for event in ann_ears.events if isinstance(event, Removed)]
    assert removed.reason is Refusal.NO_SUCH_ROOM
    assert w.rooms.rooms == {}
    assert reason(await w.hub.join(ann, SHIFT.id)) is Refusal.NO_SUCH_ROOM
    assert reason(await w.hub.managing.delete_room(None, RoomId("no"))) is Refusal.NO_SUCH_ROOM
    assert isinstance(await w.hub.managing.create_room(None, WORKS.id, RoomChange(name=SHIFT.name)), Room)


# --- categories


def category_edit(which: CategoryList, op: Op, *names: str) -> CategoryChange:
    return CategoryChange(lists=(ListEdit(which, op, frozenset(names)),))


async def test_a_new_store_gets_a_root() -> None:
    w = World([], [], categories=[])
    await w.hub.start()
    (root,) = w.rooms.categories.values()
    assert (root.name, root.parent) == ("example.com", None)
    again = World([], [], categories=[root])
    await again.hub.start()
    assert len(again.rooms.categories) == 1


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        (None, CategoryChange(name="New"), None),
        ("root", CategoryChange(name="New"), None),
        ("mia", CategoryChange(name="New"), Refusal.NOT_PERMITTED),
        (None, CategoryChange(name="night shift"), Refusal.DUPLICATE_NAME),
        (None, CategoryChange(name="Example.com"), Refusal.DUPLICATE_NAME),
        (None, CategoryChange(), Refusal.INVALID),
        (None, replace(category_edit(CategoryList.CREATORS, Op.SET, uri("ann")), name="New"), Refusal.NOT_IN_SCOPE),
        (
            None,
            replace(category_edit(CategoryList.ALLOWED, Op.SET, "ma-grp:no"), name="New"),
            Refusal.NO_SUCH_PRINCIPAL,
        ),
    ],
)
async def test_creating_categories(name: str | None, change: CategoryChange, expected: Refusal | None) -> None:
    w = await world()
    answer = await w.hub.managing.create_category(who(w, name), change)
    if expected is None:
        assert isinstance(answer, Category)
        assert answer.parent == ROOT.id
        assert w.rooms.categories[answer.id] == answer
    else:
        assert reason(answer) is expected
        assert len(w.rooms.categories) == 3


async def test_categories_nest_and_every_level_counts() -> None:
    w = await world()
    inner = await w.hub.managing.create_category(
        None, replace(category_edit(CategoryList.ALLOWED, Op.SET, uri("ann"), uri("bob")), name="Inner"), DOCK.id
    )
    assert isinstance(inner, Category)
    made = await w.hub.managing.create_room(None, inner.id, RoomChange(name="Deep", visibility=Visibility.OPEN))
    assert isinstance(made, Room)
    (ann, _), (bob, _) = w.enter("ann"), w.enter("bob")
    assert reason(await w.hub.join(ann, made.id)) is Refusal.NO_SUCH_ROOM
    assert not isinstance(await w.hub.join(bob, made.id), Refused)
    assert reason(await w.hub.managing.delete_category(None, DOCK.id)) is Refusal.NODE_NOT_EMPTY
    assert reason(await w.hub.managing.delete_category(None, inner.id)) is Refusal.NODE_NOT_EMPTY
    await w.hub.managing.delete_room(None, made.id)
    assert isinstance(await w.hub.managing.delete_category(None, inner.id), Category)


async def test_a_denial_is_in_force_at_once_and_cleans_the_lists() -> None:
    w = await world()
    (ann, ann_ears), (bob, bob_ears) = w.enter("ann"), w.enter("bob")
    await w.hub.join(ann, SHIFT.id)
    await w.hub.join(bob, SHIFT.id)
    await w.hub.managing.modify_category(
        None, WORKS.id, category_edit(CategoryList.DENIED, Op.ADD, uri("ann"), uri("mia"))
    )
    assert "Removed" in ann_ears.kinds()
    assert "Removed" not in bob_ears.kinds()
    after = w.rooms.rooms[SHIFT.id]
    assert (after.members, after.managers) == (frozenset({uri("bob"), "ma-grp:crew"}), frozenset())
    assert w.rooms.categories[WORKS.id].creators == {"ma-grp:crew"}
    assert reason(await w.hub.join(ann, SHIFT.id)) is Refusal.NO_SUCH_ROOM


async def test_the_switches_of_a_category_reach_its_rooms() -> None:
    w = await world()
    ann, ears = w.enter("ann")
    await w.hub.join(ann, SHIFT.id)
    await w.hub.managing.modify_category(None, WORKS.id, CategoryChange(logged=False))
    (changed,) = [event for event in ears.events if isinstance(event, RoomChanged)]
    assert not changed.switches.logged
    await w.hub.post(ann, SHIFT.id, Draft("x"), key())
    assert w.posts.posts == {}


@pytest.mark.parametrize(
    ("name", "category", "expected"),
    [
        ("root", ROOT.id, Refusal.HIERARCHY),
        (None, ROOT.id, Refusal.HIERARCHY),
        ("mia", WORKS.id, Refusal.NOT_PERMITTED),
        ("mia", DOCK.id, Refusal.NO_SUCH_CATEGORY),
        (None, CategoryId("no"), Refusal.NO_SUCH_CATEGORY),
    ],
)
async def test_who_may_not_change_a_category(name: str | None, category: CategoryId, expected: Refusal) -> None:
    w = await world()
    assert reason(await w.hub.managing.modify_category(who(w, name), category, CategoryChange(name="x"))) is expected
    assert reason(await w.hub.managing.delete_category(who(w, name), category)) is expected


async def test_where_one_may_make_rooms() -> None:
    w = await world()
    for name, expected in [("mia", ["Plant"]), ("bob", ["Plant"]), ("ann", []), ("root", ["Dock", "Plant"])]:
        visit, _ = w.enter(name)
        assert [category.name for category in w.hub.categories_to_create_in(visit)] == expected


# --- moving categories


async def deep_world() -> tuple[World, Category]:
    """Inner is in Plant and holds a room of ann and bob; mia may create there."""
    w = await world()
    change = replace(category_edit(CategoryList.ALLOWED, Op.SET, "ma-grp:all"), name="Inner")
    change = replace(change, lists=(*change.lists, ListEdit(CategoryList.CREATORS, Op.SET, frozenset({uri("mia")}))))
    inner = await w.hub.managing.create_category(None, change, WORKS.id)
    assert isinstance(inner, Category)
    moved = await w.hub.managing.modify_room(None, SHIFT.id, RoomChange(category=inner.id))
    assert isinstance(moved, Room)
    return w, inner


async def test_who_falls_out_of_scope_is_out_when_the_change_is_kept() -> None:
    w, inner = await deep_world()
    (ann, _), (bob, bob_ears) = w.enter("ann"), w.enter("bob")
    await w.hub.join(ann, SHIFT.id)
    await w.hub.join(bob, SHIFT.id)
    await w.hub.managing.modify_category(None, inner.id, CategoryChange(parent=DOCK.id))
    assert SHIFT.id not in ann.seats
    heard = [event.settings for event in bob_ears.events if isinstance(event, RoomChanged)]
    assert heard[-1] == w.rooms.rooms[SHIFT.id] == w.hub.presence.live[SHIFT.id].room


async def test_a_narrower_scope_and_the_lists_below_are_kept_together_or_not_at_all() -> None:
    w, inner = await deep_world()
    ann, _ = w.enter("ann")
    await w.hub.join(ann, SHIFT.id)
    before = w.rooms.categories | {}, w.rooms.rooms | {}
    w.rooms.down = True
    refused = await w.hub.managing.modify_category(None, inner.id, CategoryChange(parent=DOCK.id))
    assert reason(refused) is Refusal.UNAVAILABLE
    assert (w.rooms.categories, w.rooms.rooms) == before
    assert w.hub.catalogue.rooms[SHIFT.id] == before[1][SHIFT.id]
    assert SHIFT.id in ann.seats


async def test_rooms_are_told_of_a_new_scope_only_what_is_new_in_them() -> None:
    w = await world()
    ann, ears = w.enter("ann")
    await w.hub.join(ann, SHIFT.id)
    lists = (ListEdit(CategoryList.DENIED, Op.SET, frozenset({uri("out")})),)
    assert isinstance(await w.hub.managing.modify_category(None, WORKS.id, CategoryChange(lists=lists)), Category)
    await w.settle()
    assert ears.kinds() == []
    lists = (ListEdit(CategoryList.DENIED, Op.SET, frozenset({uri("mia")})),)
    assert isinstance(await w.hub.managing.modify_category(None, WORKS.id, CategoryChange(lists=lists)), Category)
    await w.settle()
    assert ears.kinds() == ["RoomChanged"]
    (event,) = ears.events
    assert isinstance(event, RoomChanged)
    assert uri("mia") not in event.settings.managers


async def test_a_category_moves_with_all_that_is_below_it() -> None:
    w, inner = await deep_world()
    (ann, ann_ears), (bob, bob_ears) = w.enter("ann"), w.enter("bob")
    await w.hub.join(ann, SHIFT.id)
    await w.hub.join(bob, SHIFT.id)
    moved = await w.hub.managing.modify_category(None, inner.id, CategoryChange(parent=DOCK.id))
    assert isinstance(moved, Category)
    assert (moved.parent, moved.creators) == (DOCK.id, frozenset())
    assert w.rooms.categories[inner.id] == moved
    # Dock lets the crew in, and nobody else: lists are purged, ann is out at once, bob stays.
    after = w.rooms.rooms[SHIFT.id]
    assert (after.members, after.managers) == (frozenset({uri("bob"), "ma-grp:crew"}), frozenset())
    assert ann_ears.kinds()[-1] == "Removed"
    assert "Removed" not in bob_ears.kinds()
    assert bob_ears.kinds()[-1] == "RoomChanged"
    assert reason(await w.hub.join(ann, SHIFT.id)) is Refusal.NO_SUCH_ROOM


async def test_creators_far_below_are_purged_with_a_move() -> None:
    w, inner = await deep_world()
    moved = await w.hub.managing.modify_category(None, WORKS.id, CategoryChange(parent=DOCK.id))
    assert isinstance(moved, Category)
    assert moved.creators == {"ma-grp:crew"}
    assert w.rooms.categories[inner.id].creators == frozenset()
    assert w.hub.catalogue.categories[inner.id].audit.updated_at > inner.audit.updated_at


@pytest.mark.parametrize(
    ("category", "parent", "expected"),
    [
        (WORKS.id, WORKS.id, Refusal.HIERARCHY),
        (WORKS.id, "inner", Refusal.HIERARCHY),
        (WORKS.id, CategoryId("nowhere"), Refusal.NO_SUCH_CATEGORY),
        (ROOT.id, WORKS.id, Refusal.HIERARCHY),
        (WORKS.id, ROOT.id, None),
        ("inner", ROOT.id, None),
        ("inner", WORKS.id, None),
    ],
)
async def test_where_a_category_cannot_go(category: CategoryId, parent: CategoryId, expected: Refusal | None) -> None:
    w, inner = await deep_world()
    ids = {"inner": inner.id}
    change = CategoryChange(parent=ids.get(parent, parent))
    answer = await w.hub.managing.modify_category(None, ids.get(category, category), change)
    assert isinstance(answer, Category) if expected is None else reason(answer) is expected
    for each in w.hub.catalogue.categories:
        assert w.hub.catalogue.chain(each)[-1] == ROOT


async def test_only_administrators_move_a_category() -> None:
    w, inner = await deep_world()
    for name in ("mia", "bob"):
        answer = await w.hub.managing.modify_category(who(w, name), inner.id, CategoryChange(parent=DOCK.id))
        assert reason(answer) is Refusal.NOT_PERMITTED
    assert isinstance(
        await w.hub.managing.modify_category(who(w, "root"), inner.id, CategoryChange(parent=DOCK.id)), Category
    )


def told(ears: Ears) -> list[Switches]:
    return [event.switches for event in ears.events if isinstance(event, RoomChanged)]


async def test_a_new_category_follows_the_one_above_in_what_it_is_not_told() -> None:
    w = await world()
    below = await w.hub.managing.create_category(None, CategoryChange(name="아래"), WORKS.id)
    other = await w.hub.managing.create_category(None, CategoryChange(name="다른", logged=True), WORKS.id)
    first = await w.hub.managing.create_category(None, CategoryChange(name="첫째"))
    assert isinstance(below, Category)
    assert isinstance(other, Category)
    assert isinstance(first, Category)
    for change, holds in (
        (CategoryChange(invite=True, logged=False, filepost=True), Switches(True, False, True)),
        (CategoryChange(invite=False), Switches(False, False, True)),
        (CategoryChange(invite="inherit", logged="inherit", filepost="inherit"), Switches()),
    ):
        await w.hub.managing.modify_category(None, WORKS.id, change)
        assert w.hub.catalogue.switches(below.id) == w.hub.catalogue.switches(WORKS.id) == holds
        assert w.hub.catalogue.switches(other.id) == replace(holds, logged=True)
        assert w.hub.catalogue.switches(first.id) == Switches()


async def test_a_switch_further_up_reaches_those_inside_at_once_unless_it_is_stated_below() -> None:
    w, inner = await deep_world()
    ann, ears = w.enter("ann")
    await w.hub.join(ann, SHIFT.id)
    await w.hub.managing.modify_category(None, WORKS.id, CategoryChange(logged=False, filepost=True))
    assert told(ears) == [Switches(logged=False, filepost=True)]
    await w.hub.managing.modify_category(None, inner.id, CategoryChange(logged=True))
    await w.hub.managing.modify_category(None, WORKS.id, CategoryChange(filepost=False))
    await w.hub.managing.modify_category(None, inner.id, CategoryChange(logged="inherit"))
    assert told(ears)[1:] == [Switches(filepost=True), Switches(), Switches(logged=False)]


async def test_history_that_is_switched_off_above_is_shown_to_nobody_and_comes_back() -> None:
    w, inner = await deep_world()
    ann, _ = w.enter("ann")
    await w.hub.join(ann, SHIFT.id)

    async def read() -> tuple[list[str], bool]:
        newest = await w.hub.recent(ann, SHIFT.id)
        older = await w.hub.before(ann, SHIFT.id, 99)
        (found,) = await w.hub.reading.query(ann.person, [SHIFT.id], PostQuery(), None)
        assert isinstance(newest, History)
        assert isinstance(older, History)
        assert isinstance(found, HistoryPage)
        assert newest.posts == older.posts == found.posts
        return [post.text for post in newest.posts], newest.logged

    await w.hub.post(ann, SHIFT.id, Draft("남는 말"), key())
    assert await read() == (["남는 말"], True)
    await w.hub.managing.modify_category(None, WORKS.id, CategoryChange(logged=False))
    assert await read() == ([], False)
    await w.hub.post(ann, SHIFT.id, Draft("지나간 말"), key())
    await w.hub.managing.modify_category(None, WORKS.id, CategoryChange(logged="inherit"))
    assert await read() == (["남는 말"], True)
    assert w.hub.catalogue.categories[inner.id].logged is None


async def test_a_category_that_moves_has_the_switches_of_its_new_place() -> None:
    w, inner = await deep_world()
    await w.hub.managing.modify_category(None, inner.id, CategoryChange(filepost=True))
    await w.hub.managing.modify_category(None, DOCK.id, CategoryChange(invite=True, logged=False))
    everybody = ListEdit(CategoryList.ALLOWED, Op.SET, WORKS.allowed)
    await w.hub.managing.modify_category(None, DOCK.id, CategoryChange(lists=(everybody,)))
    ann, ears = w.enter("ann")
    await w.hub.join(ann, SHIFT.id)
    await w.hub.managing.modify_category(None, inner.id, CategoryChange(parent=DOCK.id))
    assert told(ears) == [Switches(True, False, True)]
    assert w.hub.catalogue.switches(inner.id) == Switches(True, False, True)


async def test_the_root_leaves_nothing_to_anybody() -> None:
    w = await world()
    answer = await w.hub.managing.modify_category(None, ROOT.id, CategoryChange(logged="inherit"))
    assert reason(answer) is Refusal.HIERARCHY
    new = World([], [], categories=[])
    await new.hub.start()
    root = new.hub.catalogue.root
    assert root is not None
    assert inherited(root) == ()
    assert new.hub.catalogue.switches(root.id) == Switches()


async def test_a_new_category_may_be_told_its_parent_either_way() -> None:
    w = await world()
    made = await w.hub.managing.create_category(None, CategoryChange(name="부두", parent=DOCK.id))
    assert isinstance(made, Category)
    assert made.parent == DOCK.id


async def test_an_edit_of_an_old_copy_of_a_category_is_refused() -> None:
    w = await world()
    change = CategoryChange(description="first", expected=WORKS.audit.updated_at)
    first = await w.hub.managing.modify_category(None, WORKS.id, change)
    assert isinstance(first, Category)
    late = CategoryChange(parent=DOCK.id, expected=WORKS.audit.updated_at)
    assert reason(await w.hub.managing.modify_category(None, WORKS.id, late)) is Refusal.DATA_COLLISION
    assert await w.hub.managing.modify_category(None, WORKS.id, change) == first, "sent again, it changes nothing"
    again = replace(late, expected=first.audit.updated_at)
    assert isinstance(await w.hub.managing.modify_category(None, WORKS.id, again), Category)


async def test_an_edit_that_is_sent_again_is_not_in_its_own_way() -> None:
    w = await world()
    mia, change = who(w, "mia"), RoomChange(topic="인수인계", expected=SHIFT.audit.updated_at)
    first = await w.hub.managing.modify_room(mia, SHIFT.id, change)
    assert isinstance(first, Room)
    assert await w.hub.managing.modify_room(mia, SHIFT.id, change) == first
    other = await w.hub.managing.modify_room(mia, SHIFT.id, RoomChange(description="펌프"))
    assert await w.hub.managing.modify_room(mia, SHIFT.id, change) == other, "nothing of it is undone"
    await w.hub.managing.modify_room(mia, SHIFT.id, RoomChange(topic="다른 주제"))
    assert reason(await w.hub.managing.modify_room(mia, SHIFT.id, change)) is Refusal.DATA_COLLISION


async def test_managers_move_a_room_only_where_they_may_create() -> None:
    w, inner = await deep_world()
    mia = who(w, "mia")
    assert isinstance(await w.hub.managing.modify_room(mia, SHIFT.id, RoomChange(category=WORKS.id)), Room)
    no_creator = category_edit(CategoryList.CREATORS, Op.SET)
    assert isinstance(await w.hub.managing.modify_category(None, inner.id, no_creator), Category)
    answer = await w.hub.managing.modify_room(mia, SHIFT.id, RoomChange(category=inner.id))
    assert reason(answer) is Refusal.CANNOT_CREATE
    assert reason(await w.hub.managing.modify_room(None, SHIFT.id, RoomChange(category=ROOT.id))) is Refusal.HIERARCHY


async def test_changes_take_turns_and_what_waits_is_bounded() -> None:
    w = await world()
    mia, root = who(w, "mia"), who(w, "root")
    done: list[str] = []

    async def rename(actor: Person | None, name: str) -> None:
        answer = await w.hub.managing.modify_room(actor, SHIFT.id, RoomChange(name=name))
        done.append(answer.name if isinstance(answer, Room) else answer.reason.value)

    acts = [asyncio.ensure_future(rename(mia, f"mia {n}")) for n in range(400)]
    acts.append(asyncio.ensure_future(rename(root, "root")))
    await asyncio.gather(*acts)
    assert done.count("busy") == 400 - 1 - 256
    served = [name for name in done if name != "busy"]
    assert served[:4] == ["mia 0", "root", "mia 1", "mia 2"]


async def test_of_many_unknown_names_some_are_told() -> None:
    w = await world()
    for count in (10, 11, 3000):
        unknown = [uri(f"no{number:04}") for number in range(count)]
        refused = await w.hub.managing.modify_room(None, SHIFT.id, edit(Role.MEMBER, Op.ADD, uri("ann"), *unknown))
        assert isinstance(refused, Refused)
        first = ", ".join(unknown[:10])
        said = f"unknown: {first}" if count == 10 else f"{count} of the names are unknown; the first are {first}"
        assert refused.detail == said
