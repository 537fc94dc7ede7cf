"""Who may do what. The table is meant to be read row by row; the property checks it against a naive second opinion."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.rooms.model import Audit, Behavior, Category, CategoryId, Micros, Person, Room, RoomId, Visibility
from parlour.rooms.policy import NO_RIGHTS, Rights, rights_in, rights_over

AUDIT = Audit("sip:root@x", Micros(0), "sip:root@x", Micros(0))
ROOT = Category(CategoryId("root"), "Root", AUDIT)
PLANT = Category(
    CategoryId("plant"),
    "Plant",
    AUDIT,
    parent=ROOT.id,
    allowed=frozenset({"ma-grp:staff"}),
    denied=frozenset({"ma-grp:wall"}),
)
DOCK = Category(CategoryId("dock"), "Dock", AUDIT, parent=PLANT.id, allowed=frozenset({"ma-grp:dockers", "sip:ann@x"}))


def person(name: str, *groups: str, **flags: bool) -> Person:
    return Person(f"sip:{name}@x", name, name, affiliations=frozenset(f"ma-grp:{group}" for group in groups), **flags)


PEOPLE = {
    "member": person("ann", "staff"),
    "member by group": person("gus", "staff", "crew"),
    "manager": person("mia", "staff"),
    "manager and member": person("max", "staff"),
    "presenter": person("pat", "staff"),
    "colleague": person("cat", "staff"),
    "outsider": person("out"),
    "denied member": person("ann", "staff", "wall"),
    "denied manager": person("mia", "staff", "wall"),
    "admin": person("adm", is_admin=True),
    "admin, member": person("ada", is_admin=True),
    "denied admin, member": person("ada", "wall", is_admin=True),
    "disabled member": person("ann", "staff", disabled=True),
    "member, chat off": person("ann", "staff", chat_enabled=False),
    "admin, chat off": person("ada", is_admin=True, chat_enabled=False),
}

BASE = Room(
    RoomId("r"),
    "Room",
    PLANT.id,
    AUDIT,
    members=frozenset({"sip:ann@x", "ma-grp:crew", "sip:max@x", "sip:pat@x", "sip:ada@x"}),
    managers=frozenset({"sip:mia@x", "sip:max@x"}),
    presenters=frozenset({"sip:pat@x", "sip:cat@x"}),
)
KINDS = {
    "open": replace(BASE, visibility=Visibility.OPEN, members=frozenset()),
    "closed": BASE,
    "secret": replace(BASE, visibility=Visibility.PRIVATE),
    "secret hall": replace(BASE, visibility=Visibility.PRIVATE, behavior=Behavior.AUDITORIUM),
    "closed hall": replace(BASE, behavior=Behavior.AUDITORIUM),
    "open hall": replace(BASE, visibility=Visibility.OPEN, members=frozenset(), behavior=Behavior.AUDITORIUM),
    "closed, disabled": replace(BASE, disabled=True),
    "secret, disabled": replace(BASE, visibility=Visibility.PRIVATE, disabled=True),
}

# s see, f find, j join, r read, p post, m manage, a administer; then M/O/V: shown as member, manager, presenter.
TABLE = """
open             | member               | sfjrp--  M
open             | colleague            | sfjrp--  M
open             | manager              | sfjrpm-  MO
open             | outsider             | -------
open             | denied member        | -------
open             | admin                | sfjrpma  M
open             | denied admin, member | sf---ma
open             | disabled member      | -------
open             | member, chat off     | -------
open             | admin, chat off      | sf---ma
closed           | member               | sfjrp--  M
closed           | member by group      | sfjrp--  M
closed           | manager              | sf---m-  O
closed           | manager and member   | sfjrpm-  MO
closed           | presenter            | sfjrp--  M
closed           | colleague            | sf-----
closed           | outsider             | -------
closed           | denied member        | -------
closed           | denied manager       | -------
closed           | admin                | sf---ma
closed           | admin, member        | sfjrpma  M
closed           | denied admin, member | sf---ma
closed           | member, chat off     | -------
secret           | member               | sfjrp--  M
secret           | member by group      | sfjrp--  M
secret           | manager              | sf---m-  O
secret           | colleague            | -------
secret           | outsider             | -------
secret           | denied member        | -------
secret           | admin                | sf---ma
closed hall      | member               | sfjr---  M
closed hall      | presenter            | sfjrp--  MV
closed hall      | manager and member   | sfjr-m-  MO
closed hall      | colleague            | sf-----
closed hall      | admin, member        | sfjr-ma  M
secret hall      | colleague            | -------
open hall        | colleague            | sfjrp--  MV
open hall        | member               | sfjr---  M
open hall        | admin                | sfjr-ma  M
closed, disabled | member               | s------  M
closed, disabled | colleague            | s------
closed, disabled | manager              | s----m-  O
closed, disabled | admin, member        | s----ma  M
secret, disabled | member               | s------  M
secret, disabled | colleague            | -------
"""
ROWS = [tuple(cell.strip() for cell in line.split("|")) for line in TABLE.strip().splitlines()]


def shown(rights: Rights) -> str:
    flags = "".join(
        letter if held else "-"
        for letter, held in zip(
            "sfjrpma",
            (rights.see, rights.find, rights.join, rights.read, rights.post, rights.manage, rights.administer),
            strict=True,
        )
    )
    marks = "M" * rights.member + "O" * rights.manager + "V" * rights.presenter
    return f"{flags}  {marks}".strip()


@pytest.mark.parametrize(("kind", "who", "expected"), ROWS, ids=[f"{row[0]}: {row[1]}" for row in ROWS])
def test_rights(kind: str, who: str, expected: str) -> None:
    assert shown(rights_in(KINDS[kind], (PLANT, ROOT), PEOPLE[who])) == expected


NESTED = """
ann | staff          | sfjrp--  M
ann |                | -------
ann | dockers        | -------
gus | crew,dockers,staff | sfjrp--  M
gus | crew,staff     | -------
ann | staff,wall     | -------
"""


@pytest.mark.parametrize("row", NESTED.strip().splitlines())
def test_every_category_of_the_chain_must_allow_and_any_may_deny(row: str) -> None:
    name, groups, expected = (cell.strip() for cell in row.split("|"))
    who = person(name, *filter(None, groups.split(",")))
    assert shown(rights_in(BASE, (DOCK, PLANT, ROOT), who)) == expected


def test_the_root_may_be_given_a_scope() -> None:
    narrow = replace(ROOT, allowed=frozenset({"ma-grp:board"}))
    assert rights_in(BASE, (PLANT, narrow), PEOPLE["member"]) == NO_RIGHTS
    walled = replace(ROOT, denied=frozenset({"sip:ann@x"}))
    assert rights_in(BASE, (PLANT, walled), PEOPLE["member"]) == NO_RIGHTS


@pytest.mark.parametrize(
    ("who", "see", "create"),
    [
        ("member", True, True),
        ("colleague", True, False),
        ("outsider", False, False),
        ("admin", True, True),
        ("denied member", False, False),
    ],
)
def test_rights_over_a_category(who: str, see: bool, create: bool) -> None:
    category = replace(PLANT, creators=frozenset({"sip:ann@x", "sip:out@x"}))
    rights = rights_over((category, ROOT), PEOPLE[who])
    assert (rights.see, rights.create) == (see, create)


def test_nobody_creates_in_the_root() -> None:
    assert not rights_over((replace(ROOT, creators=frozenset({"sip:ann@x"})),), PEOPLE["member"]).create
    assert not rights_over((ROOT,), PEOPLE["admin"]).create


# --- a second opinion -------------------------------------------------------------------------------------------

NAMES = ("sip:a@x", "sip:b@x", "g1", "g2", "g3")
some_names = st.frozensets(st.sampled_from(NAMES), max_size=3)
rooms = st.builds(
    Room,
    id=st.just(RoomId("r")),
    name=st.just("r"),
    category=st.just(CategoryId("c0")),
    audit=st.just(AUDIT),
    visibility=st.sampled_from(Visibility),
    behavior=st.sampled_from(Behavior),
    disabled=st.booleans(),
    members=some_names,
    managers=some_names,
    presenters=some_names,
)
people = st.builds(
    Person,
    uri=st.sampled_from(NAMES[:2]),
    guid=st.just("g"),
    display_name=st.just("n"),
    affiliations=st.frozensets(st.sampled_from(NAMES[2:])),
    is_admin=st.booleans(),
    chat_enabled=st.booleans(),
    disabled=st.booleans(),
)


@st.composite
def chains(draw: st.DrawFn) -> tuple[Category, ...]:
    depth = draw(st.integers(1, 4))
    return tuple(
        Category(
            CategoryId(f"c{level}"),
            f"c{level}",
            AUDIT,
            parent=None if level == depth - 1 else CategoryId(f"c{level + 1}"),
            allowed=draw(some_names),
            denied=draw(some_names),
        )
        for level in range(depth)
    )


def naive(right: str, room: Room, chain: tuple[Category, ...], who: Person) -> bool:
    """One right at a time, spelled out as the rules read, with loops."""

    def listed(names: frozenset[str]) -> bool:
        return any(name == who.uri or name in who.affiliations for name in names)

    denied = any(listed(category.denied) for category in chain)
    allowed = all(listed(c.allowed) or (c.parent is None and len(c.allowed) == 0) for c in chain)
    is_open, is_hall = room.visibility is Visibility.OPEN, room.behavior is Behavior.AUDITORIUM
    if who.disabled:
        return False
    if right == "administer":
        return who.is_admin
    talks = who.chat_enabled and not denied and (allowed or who.is_admin)
    member = talks and (is_open or listed(room.members))
    manager = talks and listed(room.managers)
    if right == "see":
        return who.is_admin or (talks and (room.visibility is not Visibility.PRIVATE or member or manager))
    if right == "find":
        return naive("see", room, chain, who) and not room.disabled
    if right == "manage":
        return who.is_admin or manager
    if right in ("join", "read"):
        return member and not room.disabled
    if right == "post":
        return member and not room.disabled and (not is_hall or listed(room.presenters))
    return {"member": member, "manager": manager, "presenter": member and is_hall and listed(room.presenters)}[right]


@given(rooms, chains(), people)
def test_rights_agree_with_the_naive_reading(room: Room, chain: tuple[Category, ...], who: Person) -> None:
    rights = rights_in(room, chain, who)
    for right in Rights.__dataclass_fields__:
        assert getattr(rights, right) == naive(right, room, chain, who), right


@given(rooms, chains(), people, st.sampled_from(NAMES), st.integers(0, 3))
def test_denying_somebody_never_gives_a_right(
    room: Room, chain: tuple[Category, ...], who: Person, name: str, level: int
) -> None:
    before = rights_in(room, chain, who)
    level %= len(chain)
    walled = (*chain[:level], replace(chain[level], denied=chain[level].denied | {name}), *chain[level + 1 :])
    after = rights_in(room, walled, who)
    for right in Rights.__dataclass_fields__:
        assert getattr(before, right) or not getattr(after, right)
