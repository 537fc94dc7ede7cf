"""Looking people up, and who may be put into a list."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parlour.hub.principals import PeopleRows, PrincipalRows
from parlour.rooms.editing import ListEdit, Op, RoomChange
from parlour.rooms.model import (
    Behavior,
    Category,
    CategoryId,
    Limits,
    Person,
    Principal,
    PrincipalKind,
    Role,
    RoomId,
    Visibility,
)
from parlour.rooms.refusals import Refusal, Refused
from tests.hub.fakes import AUDIT, PLANT, ROOT, World, person, room, uri

CREW = "ma-grp:crew"
WORKS = replace(PLANT, creators=frozenset({uri("mia")}), denied=frozenset({uri("bad")}))
DOCK = Category(
    CategoryId("c0000000-0000-0000-0000-000000000003"), "Dock", AUDIT, parent=ROOT.id, allowed=frozenset({CREW})
)
SHIFT = room(1, "Shift", members=frozenset({CREW, uri("ann")}), managers=frozenset({uri("mia")}))
HALL = replace(SHIFT, id=RoomId("hall"), name="Hall", behavior=Behavior.AUDITORIUM)
STAGE = replace(HALL, id=RoomId("stage"), name="Stage", visibility=Visibility.OPEN, members=frozenset())
SECRET = replace(SHIFT, id=RoomId("secret"), name="Secret", visibility=Visibility.PRIVATE)


async def world(limits: Limits | None = None) -> World:
    people = [
        person("ann"),
        replace(person("bob", "crew"), display_name="Bob Burke", email="Robert@Example.com"),
        replace(person("cho"), display_name="김철수"),
        person("mia"),
        person("bad"),
        person("gone", disabled=True),
        person("root", is_admin=True),
    ]
    w = World(people, [SHIFT, HALL, STAGE, SECRET], categories=[ROOT, WORKS, DOCK], limits=limits)
    w.directory.named_groups["ma-grp:empty"] = Principal("ma-grp:empty", "g", PrincipalKind.FOLDER, "Empty")
    await w.hub.start()
    return w


def who(w: World, name: str | None) -> Person | None:
    return None if name is None else w.directory.find_person(uri(name))


def names(rows: PeopleRows | PrincipalRows | Refused) -> list[str]:
    assert not isinstance(rows, Refused)
    return [row.display_name for row in rows.rows]


def reason(answer: object) -> Refusal:
    assert isinstance(answer, Refused)
    return answer.reason


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["Ann", "Bad", "Bob Burke", "Mia", "Root", "김철수"]),
        ({"first": "BOB"}, ["Bob Burke"]),
        ({"first": "bob", "last": "bur"}, ["Bob Burke"]),
        ({"first": "ann", "last": "bur"}, []),
        ({"email": "ROBERT@"}, ["Bob Burke"]),
        ({"text": "철수"}, ["김철수"]),
        ({"text": "cho@"}, ["김철수"]),
        ({"text": "robert"}, ["Bob Burke"]),
        ({"text": "gone"}, []),
        ({"text": "b", "limit": 1}, ["Bad"]),
    ],
)
async def test_finding_people(asked: dict[str, object], expected: list[str]) -> None:
    w = await world()
    rows = w.hub.principals.find_people(who(w, "ann"), **asked)  # type: ignore[arg-type]
    assert names(rows) == expected
    assert rows.more is ("limit" in asked)


async def test_administrators_find_disabled_people_too() -> None:
    w = await world()
    for actor in (None, who(w, "root")):
        assert names(w.hub.principals.find_people(actor, text="gone")) == ["Gone"]


async def test_the_servers_limit_wins() -> None:
    w = await world(Limits(search_limit=2))
    for limit in (None, 0, -3, 2, 900):
        rows = w.hub.principals.find_people(None, limit=limit)
        assert (len(rows.rows), rows.more) == (2, True)


async def test_the_console_is_shown_all_who_are_eligible() -> None:
    w = await world(Limits(search_limit=2))
    ask, root = w.hub.principals.eligible, who(w, "root")
    everybody = ask(None, room=SHIFT.id, role=Role.MANAGER)
    assert isinstance(everybody, PrincipalRows)
    assert (len(everybody.rows) > 3, everybody.more) == (True, False)
    three, two = ask(None, room=SHIFT.id, role=Role.MANAGER, limit=3), ask(root, room=SHIFT.id, role=Role.MANAGER)
    assert isinstance(three, PrincipalRows)
    assert isinstance(two, PrincipalRows)
    assert (len(three.rows), three.more) == (3, True)
    assert (len(two.rows), two.more) == (2, True)


async def test_who_is_looked_up_by_whom() -> None:
    w = await world()
    look = w.hub.principals.user
    assert look(who(w, "ann"), uri("ann")) == who(w, "ann")
    assert look(who(w, "root"), uri("ann")) == look(None, uri("ann")) == who(w, "ann")
    # Whether somebody exists makes no difference to those who may not ask.
    assert look(who(w, "mia"), uri("ann")) == look(who(w, "mia"), uri("nobody"))
    assert reason(look(who(w, "mia"), uri("ann"))) is Refusal.NOT_PERMITTED
    assert reason(look(None, uri("nobody"))) is Refusal.NO_SUCH_PRINCIPAL


async def test_groups_are_for_administrators() -> None:
    w = await world()
    look = w.hub.principals.group
    found = look(who(w, "root"), CREW)
    assert isinstance(found, Principal)
    assert found.kind is PrincipalKind.GROUP
    assert reason(look(who(w, "bob"), CREW)) is Refusal.NOT_PERMITTED
    for nothing in ("ma-grp:none", uri("ann")):
        assert reason(look(None, nothing)) is Refusal.NO_SUCH_PRINCIPAL
    assert w.hub.principals.known(CREW) == found
    assert w.hub.principals.known("ma-grp:none") is None


@pytest.mark.parametrize(
    ("where", "role", "text", "expected"),
    [
        ({"room": SHIFT.id}, Role.MEMBER, "", ["all", "Ann", "Bob Burke", "crew", "Empty", "Mia", "Root", "김철수"]),
        ({"room": SHIFT.id}, Role.MANAGER, "b", ["Bob Burke"]),
        ({"room": SHIFT.id}, Role.PRESENTER, "", []),
        ({"room": HALL.id}, Role.PRESENTER, "", ["Ann", "Bob Burke", "crew"]),
        ({"room": STAGE.id}, Role.PRESENTER, "MIA", ["Mia"]),
        ({"category": DOCK.id}, Role.MEMBER, "", ["Bob Burke", "crew", "Empty", "Root"]),
        ({"category": WORKS.id}, Role.CREATOR, "철", ["김철수"]),
        ({"category": WORKS.id}, Role.PRESENTER, "", []),
        ({"room": SHIFT.id}, Role.MEMBER, "bad", []),
        ({"room": SHIFT.id}, Role.MEMBER, "gone", []),
    ],
)
async def test_who_may_be_put_into_a_role(where: dict[str, str], role: Role, text: str, expected: list[str]) -> None:
    w = await world()
    rows = w.hub.principals.eligible(None, role=role, text=text, **where)  # type: ignore[arg-type]
    shown = names(rows)
    assert [name for name in shown if name != "example.com"] == expected


async def test_what_is_eligible_is_accepted_and_nothing_else() -> None:
    """The list and the judgement of an edit agree, for every principal there is."""
    w = await world()
    rows = w.hub.principals.eligible(None, room=SHIFT.id, role=Role.MANAGER)
    assert isinstance(rows, PrincipalRows)
    eligible = {row.uri for row in rows.rows}
    for principal in w.directory.principals():
        change = RoomChange(lists=(ListEdit(Role.MANAGER, Op.SET, frozenset({principal.uri})),))
        answer = await w.hub.managing.modify_room(None, SHIFT.id, change)
        if principal.uri == uri("gone"):
            continue
        assert isinstance(answer, Refused) is (principal.uri not in eligible), principal


@pytest.mark.parametrize(
    ("name", "where", "why"),
    [
        ("mia", {"room": SHIFT.id}, None),
        ("root", {"room": SECRET.id}, None),
        ("ann", {"room": SHIFT.id}, Refusal.NOT_PERMITTED),
        ("cho", {"room": SECRET.id}, Refusal.NO_SUCH_ROOM),
        (None, {"room": RoomId("nowhere")}, Refusal.NO_SUCH_ROOM),
        ("mia", {"category": WORKS.id}, None),
        ("ann", {"category": WORKS.id}, Refusal.NOT_PERMITTED),
        ("mia", {"category": DOCK.id}, Refusal.NO_SUCH_CATEGORY),
        (None, {"category": CategoryId("nowhere")}, Refusal.NO_SUCH_CATEGORY),
        (None, {}, Refusal.INVALID),
        (None, {"room": SHIFT.id, "category": WORKS.id}, Refusal.INVALID),
    ],
)
async def test_who_may_ask_for_it(name: str | None, where: dict[str, str], why: Refusal | None) -> None:
    w = await world()
    answer = w.hub.principals.eligible(who(w, name), role=Role.MEMBER, **where)  # type: ignore[arg-type]
    assert isinstance(answer, PrincipalRows) if why is None else reason(answer) is why


async def test_a_person_who_comes_into_a_group_counts_at_once() -> None:
    w = await world()
    assert "night" not in names(w.hub.principals.eligible(None, category=DOCK.id, role=Role.MEMBER))
    w.directory.put(person("bob", "crew", "night"))
    assert "night" in names(w.hub.principals.eligible(None, category=DOCK.id, role=Role.MEMBER))
    w.directory.put(person("ann", "night"))
    assert "night" not in names(w.hub.principals.eligible(None, category=DOCK.id, role=Role.MEMBER))


@pytest.mark.parametrize("typed", ["jose", "JOSÉ", "Jose\u0301", "jo\u200dse", "müll", "muller"])
async def test_accents_and_what_nobody_sees_do_not_count_in_names(typed: str) -> None:
    w = await world()
    w.directory.put(replace(person("jm"), display_name="José Müller"))
    w.directory.put(replace(person("cat"), display_name="Ca\u200dt"))
    w.directory.named_groups["ma-grp:jm"] = Principal("ma-grp:jm", "g", PrincipalKind.GROUP, "José Müllers Leute")
    assert names(w.hub.principals.find_people(None, first=typed)) == ["José Müller"]
    assert names(w.hub.principals.find_people(None, text=typed)) == ["José Müller"]
    assert names(w.hub.principals.find_people(None, text="cat")) == ["Ca\u200dt"]
    w.directory.put(replace(person("ms"), display_name="M S", email="José.Müller@Exämple.com"))
    assert names(w.hub.principals.find_people(None, text="É.MULLER@exa")) == ["M S"]
    assert names(w.hub.principals.find_people(None, text="josé.müller@")) == ["M S"]
    w.directory.put(replace(person("ms"), display_name="M S", email=""))
    eligible = w.hub.principals.eligible(None, room=SHIFT.id, role=Role.MEMBER, text=typed)
    assert names(eligible) == ["José Müller", "José Müllers Leute"]
