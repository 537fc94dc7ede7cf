"""Who may do what. The rules and the table are meant to be read row by row, beside docs/protocol/rooms.md; the property
checks them against a naive second opinion."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlour.rooms.model import Audit, Behavior, Category, CategoryId, Micros, Person, Room, RoomId, Visibility
from parlour.rooms.policy import NO_RIGHTS, CategoryRights, Rights, rights_in, rights_over

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
    "member by folder": person("fay", "staff", "folder"),
    "member by domain": person("dom", "staff", "domain"),
    "manager by group": person("gil", "staff", "heads"),
    "manager": person("mia", "staff"),
    "manager and member": person("max", "staff"),
    "presenter": person("pat", "staff"),
    "colleague": person("cat", "staff"),
    "creator": person("kim", "staff"),
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
    members=frozenset(
        {"sip:ann@x", "ma-grp:crew", "ma-grp:folder", "ma-grp:domain", "sip:max@x", "sip:pat@x", "sip:ada@x"}
    ),
    managers=frozenset({"sip:mia@x", "sip:max@x", "ma-grp:heads", "sip:out@x"}),
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
closed           | member by folder     | sfjrp--  M
closed           | member by domain     | sfjrp--  M
closed           | manager by group     | sf---m-  O
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
secret           | member by folder     | sfjrp--  M
secret           | member by domain     | sfjrp--  M
secret           | manager by group     | sf---m-  O
secret           | manager              | sf---m-  O
secret           | colleague            | -------
secret           | outsider             | -------
secret           | denied member        | -------
secret           | admin                | sf---ma
closed hall      | member               | sfjr---  M
closed hall      | presenter            | sfjrp--  MV
closed hall      | manager and member   | sfjr-m-  MO
closed hall      | manager              | sf---m-  O
closed hall      | colleague            | sf-----
closed hall      | admin, member        | sfjr-ma  M
secret hall      | colleague            | -------
secret hall      | presenter            | sfjrp--  MV
secret hall      | member               | sfjr---  M
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


# Each rule in a sentence, and one row that would be wrong without it.
RULES = [
    ("a category settles who may ever be let in", "open", "outsider", "join", False),
    ("within the scope, an open room is entered by everybody", "open", "colleague", "join", True),
    ("denied beats allowed", "open", "denied member", "see", False),
    ("a wall has no door: no role gets through a denial", "closed", "denied manager", "manage", False),
    ("a wall keeps administrators out of the talk", "closed", "denied admin, member", "read", False),
    ("a wall does not keep administrators from managing", "closed", "denied admin, member", "administer", True),
    ("managers come from the scope, whatever the list still says", "closed", "outsider", "manage", False),
    ("being allowed to create gives no right in others' rooms", "closed", "creator", "manage", False),
    ("nor a place in them", "closed", "creator", "join", False),
    ("managers change the settings", "closed", "manager", "manage", True),
    ("managers do not delete or enable", "closed", "manager", "administer", False),
    ("managers are not members", "closed", "manager", "join", False),
    ("and read nothing then", "closed", "manager", "read", False),
    ("members see a secret room", "secret", "member", "find", True),
    ("members post in a normal room", "secret", "member", "post", True),
    ("members read, inside or not", "closed", "member", "read", True),
    ("members manage nothing", "closed", "member", "manage", False),
    ("presenters post in an auditorium", "closed hall", "presenter", "post", True),
    ("members only read there", "closed hall", "member", "post", False),
    ("managers do not post there, not as members either", "closed hall", "manager and member", "post", False),
    ("nor do administrators", "closed hall", "admin, member", "post", False),
    ("a presenter who is no member does not enter", "closed hall", "colleague", "join", False),
    ("in a normal room nobody is shown as presenter", "closed", "presenter", "presenter", False),
    ("administrators manage every room", "secret", "admin", "manage", True),
    ("administrators are not bound by the scope", "closed", "admin", "see", True),
    ("but enter as members only", "secret", "admin", "join", False),
    ("a closed room shows its card to everybody in the scope", "closed", "colleague", "see", True),
    ("and is entered by members only", "closed", "colleague", "join", False),
    ("a secret room does not exist for outsiders", "secret", "colleague", "see", False),
    ("a secret room exists for its managers", "secret", "manager", "see", True),
    ("a disabled room is not entered", "closed, disabled", "member", "join", False),
    ("nor found", "closed, disabled", "member", "find", False),
    ("nor read", "closed, disabled", "member", "read", False),
    ("but its members still know of it", "secret, disabled", "member", "see", True),
    ("its managers still manage it", "closed, disabled", "manager", "manage", True),
    ("lists follow groups", "secret", "member by group", "post", True),
    ("and folders", "secret", "member by folder", "post", True),
    ("and domains", "secret", "member by domain", "post", True),
    ("disabled people have no rights", "open", "disabled member", "see", False),
    ("nor have those who are not enabled for chat", "closed", "member, chat off", "see", False),
    ("except that administrators manage without chatting", "closed", "admin, chat off", "manage", True),
    ("and do not enter", "open", "admin, chat off", "join", False),
]


@pytest.mark.parametrize(("kind", "who", "right", "expected"), [rule[1:] for rule in RULES], ids=[r[0] for r in RULES])
def test_rule(kind: str, who: str, right: str, expected: bool) -> None:
    category = replace(PLANT, creators=frozenset({"sip:kim@x"}))
    assert getattr(rights_in(KINDS[kind], (category, ROOT), PEOPLE[who]), right) is expected


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

PEOPLE_URIS = ("sip:a@x", "sip:b@x")
GROUPS = ("g1", "g2", "folder", "domain")
NAMES = (*PEOPLE_URIS, *GROUPS)
Tree = dict[str, frozenset[str]]
"""What each person, group and folder is directly in."""

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
trees = st.fixed_dictionaries(
    {
        "sip:a@x": st.frozensets(st.sampled_from(GROUPS)),
        "sip:b@x": st.frozensets(st.sampled_from(GROUPS)),
        "g1": st.frozensets(st.sampled_from(GROUPS[1:])),
        "g2": st.frozensets(st.sampled_from(GROUPS[2:])),
        "folder": st.frozensets(st.just("domain")),
        "domain": st.just(frozenset()),
    }
)


def reach(tree: Tree, uri: str) -> frozenset[str]:
    """As a directory gives it: everything somebody is in, nested ones included."""
    found = frozenset(tree[uri])
    while (more := found.union(*(tree[name] for name in found))) != found:
        found = more
    return found


@st.composite
def cast(draw: st.DrawFn) -> tuple[Person, Tree]:
    tree, uri = draw(trees), draw(st.sampled_from(PEOPLE_URIS))
    flags = {name: draw(st.booleans()) for name in ("is_admin", "chat_enabled", "disabled")}
    return Person(uri, "g", "n", affiliations=reach(tree, uri), **flags), tree


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
            creators=draw(some_names),
        )
        for level in range(depth)
    )


def inside(tree: Tree, uri: str, name: str) -> bool:
    """Whether `name` is the person, or something the person is in, directly or not."""
    return uri == name or any(inside(tree, group, name) for group in tree[uri])


def naive(right: str, room: Room, chain: tuple[Category, ...], who: Person, tree: Tree) -> bool:
    """One right at a time, spelled out as the rules read, with loops."""

    def listed(names: frozenset[str]) -> bool:
        return any(inside(tree, who.uri, name) for name in names)

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
        return naive("see", room, chain, who, tree) and not room.disabled
    if right == "manage":
        return who.is_admin or manager
    if right in ("join", "read"):
        return member and not room.disabled
    if right == "post":
        return member and not room.disabled and (not is_hall or listed(room.presenters))
    return {"member": member, "manager": manager, "presenter": member and is_hall and listed(room.presenters)}[right]


def naive_over(right: str, chain: tuple[Category, ...], who: Person, tree: Tree) -> bool:
    """The same for a category: `chain[0]`."""

    def listed(names: frozenset[str]) -> bool:
        return any(inside(tree, who.uri, name) for name in names)

    if who.disabled or (not who.chat_enabled and not who.is_admin):
        return False
    if who.is_admin:
        return right != "create" or chain[0].parent is not None
    allowed = all(listed(c.allowed) or (c.parent is None and len(c.allowed) == 0) for c in chain)
    in_scope = allowed and not any(listed(category.denied) for category in chain)
    if right == "create":
        return in_scope and listed(chain[0].creators) and chain[0].parent is not None
    return in_scope and right == "see"


@settings(max_examples=400)
@given(rooms, chains(), cast())
def test_rights_agree_with_the_naive_reading(
    room: Room, chain: tuple[Category, ...], cast: tuple[Person, Tree]
) -> None:
    rights = rights_in(room, chain, cast[0])
    for right in Rights.__dataclass_fields__:
        assert getattr(rights, right) == naive(right, room, chain, *cast), right


@settings(max_examples=200)
@given(chains(), cast())
def test_rights_over_categories_agree_too(chain: tuple[Category, ...], cast: tuple[Person, Tree]) -> None:
    rights = rights_over(chain, cast[0])
    for right in CategoryRights.__dataclass_fields__:
        assert getattr(rights, right) == naive_over(right, chain, *cast), right


@given(rooms, chains(), cast(), st.sampled_from(NAMES), st.integers(0, 3))
def test_denying_somebody_never_gives_a_right(
    room: Room, chain: tuple[Category, ...], cast: tuple[Person, Tree], name: str, level: int
) -> None:
    before = rights_in(room, chain, cast[0])
    level %= len(chain)
    walled = (*chain[:level], replace(chain[level], denied=chain[level].denied | {name}), *chain[level + 1 :])
    after = rights_in(room, walled, cast[0])
    for right in Rights.__dataclass_fields__:
        assert getattr(before, right) or not getattr(after, right)


@given(rooms, chains(), cast())
def test_what_holds_for_everybody(room: Room, chain: tuple[Category, ...], cast: tuple[Person, Tree]) -> None:
    """Who posts reads, who reads may enter, who may do anything knows of the room."""
    rights = rights_in(room, chain, cast[0])
    assert not rights.post or rights.read
    assert rights.read == rights.join
    assert not rights.presenter or rights.member
    assert rights.see or rights == NO_RIGHTS
