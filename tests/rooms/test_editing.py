"""Changes of rooms and categories, without a hub around them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.rooms.editing import (
    CategoryChange,
    CategoryList,
    ListEdit,
    Op,
    RoomChange,
    Standings,
    check_addin,
    edit_category,
    edit_room,
    edited,
    purge_category,
    purge_room,
)
from parlour.rooms.model import (
    AddIn,
    AddInId,
    Audit,
    Behavior,
    Category,
    CategoryId,
    Limits,
    Micros,
    Role,
    Room,
    RoomId,
    Visibility,
)
from parlour.rooms.refusals import Refusal, Refused

AUDIT = Audit("sip:root@x", Micros(5), "sip:root@x", Micros(5))
ANN, BOB, OUT, CREW = "sip:ann@x", "sip:bob@x", "sip:out@x", "ma-grp:crew"
ROOM = Room(RoomId("r"), "야간", CategoryId("c"), AUDIT, members=frozenset({ANN}), managers=frozenset({ANN}))
HALL = replace(ROOM, behavior=Behavior.AUDITORIUM, presenters=frozenset({ANN}))
CATEGORY = Category(CategoryId("c"), "Plant", AUDIT, parent=CategoryId("root"), allowed=frozenset({CREW}))


def standings(*outside: str, invites: bool = False) -> Standings:
    """Everybody but those named is in scope; bob is in the crew."""
    return Standings(lambda uri: uri not in outside, lambda uri: {uri, CREW} if uri == BOB else {uri}, invites)


def change(role: Role, op: Op, *names: str, **settings: object) -> RoomChange:
    return RoomChange(lists=(ListEdit(role, op, frozenset(names)),), **settings)  # type: ignore[arg-type]


def after(room: Room, what: RoomChange, outside: tuple[str, ...] = (), invites: bool = False) -> Room:
    answer = edit_room(room, what, standings(*outside, invites=invites), Limits())
    assert isinstance(answer, Room), answer
    return answer


def refused(room: Room, what: RoomChange, *outside: str) -> Refusal:
    answer = edit_room(room, what, standings(*outside), Limits())
    assert isinstance(answer, Refused)
    return answer.reason


def test_nothing_asked_nothing_changed() -> None:
    assert after(ROOM, RoomChange()) == ROOM
    assert after(HALL, RoomChange()) == HALL


@pytest.mark.parametrize(
    ("room", "what", "why"),
    [
        (ROOM, RoomChange(expected=Micros(4)), Refusal.DATA_COLLISION),
        (ROOM, RoomChange(name=" "), Refusal.INVALID),
        (ROOM, RoomChange(name="가" * 257), Refusal.LIMIT_EXCEEDED),
        (ROOM, RoomChange(description="x" * 257), Refusal.LIMIT_EXCEEDED),
        (ROOM, RoomChange(topic="x" * 257), Refusal.LIMIT_EXCEEDED),
        (ROOM, change(Role.MEMBER, Op.ADD, ANN), Refusal.ALREADY_DEFINED),
        (ROOM, change(Role.MEMBER, Op.DELETE, BOB), Refusal.NO_SUCH_PRINCIPAL),
        (ROOM, change(Role.MEMBER, Op.ADD, OUT), Refusal.NOT_IN_SCOPE),
        (ROOM, change(Role.MANAGER, Op.ADD, OUT), Refusal.NOT_IN_SCOPE),
        (ROOM, change(Role.CREATOR, Op.ADD, BOB), Refusal.INVALID),
        (ROOM, change(Role.PRESENTER, Op.ADD, ANN), Refusal.INVALID),
        (HALL, change(Role.PRESENTER, Op.ADD, BOB), Refusal.PRESENTER_NOT_MEMBER),
        (HALL, change(Role.PRESENTER, Op.ADD, ANN), Refusal.ALREADY_DEFINED),
        (ROOM, change(Role.MEMBER, Op.ADD, BOB, visibility=Visibility.OPEN), Refusal.INVALID),
        (replace(ROOM, visibility=Visibility.OPEN), change(Role.MEMBER, Op.SET, BOB), Refusal.INVALID),
    ],
)
def test_what_is_refused(room: Room, what: RoomChange, why: Refusal) -> None:
    assert refused(room, what, OUT) is why


def test_members_come_before_presenters_whatever_the_order() -> None:
    both = (
        ListEdit(Role.PRESENTER, Op.ADD, frozenset({BOB})),
        ListEdit(Role.MEMBER, Op.ADD, frozenset({CREW})),
    )
    assert after(HALL, RoomChange(lists=both)).presenters == {ANN, BOB}


@pytest.mark.parametrize(
    ("what", "presenters"),
    [
        (RoomChange(behavior=Behavior.NORMAL), set()),
        (change(Role.MEMBER, Op.DELETE, ANN), set()),
        (RoomChange(visibility=Visibility.OPEN), {ANN}),
    ],
)
def test_who_may_no_longer_present_does_not(what: RoomChange, presenters: set[str]) -> None:
    assert after(HALL, what).presenters == presenters


def test_an_open_room_has_no_members_and_a_list_sent_along_is_passed_over() -> None:
    opened = after(ROOM, change(Role.MEMBER, Op.SET, BOB, visibility=Visibility.OPEN))
    assert (opened.members, opened.managers) == (frozenset(), {ANN})


def test_moving_purges_first_and_then_adds() -> None:
    crowd = replace(ROOM, members=frozenset({ANN, OUT}), managers=frozenset({OUT}))
    moved = after(crowd, change(Role.MEMBER, Op.ADD, BOB, category=CategoryId("d")), outside=(OUT,))
    assert (moved.category, moved.members, moved.managers) == ("d", {ANN, BOB}, frozenset())


def test_the_version_of_a_copy_always_grows() -> None:
    assert edited(AUDIT, ANN, 9) == replace(AUDIT, updated_by=ANN, updated_at=9)  # type: ignore[arg-type]
    assert edited(AUDIT, ANN, 3).updated_at == 6


# --- who was added while the room invited


@pytest.mark.parametrize(
    ("room", "what", "category", "invited"),
    [
        (ROOM, change(Role.MEMBER, Op.ADD, BOB), True, {BOB}),
        (ROOM, change(Role.MEMBER, Op.ADD, BOB), False, set()),
        (replace(ROOM, invite=False), change(Role.MEMBER, Op.ADD, BOB), True, set()),
        (replace(ROOM, invite=False), change(Role.MEMBER, Op.ADD, BOB, invite=True), True, {BOB}),
        (ROOM, change(Role.MEMBER, Op.ADD, BOB, invite=False), True, set()),
        (ROOM, change(Role.MEMBER, Op.SET, ANN, CREW), True, {CREW}),
        (ROOM, RoomChange(invite=True), True, set()),
        (ROOM, change(Role.MANAGER, Op.ADD, BOB), True, set()),
        (replace(ROOM, invited=frozenset({ANN})), change(Role.MEMBER, Op.DELETE, ANN), True, set()),
        (replace(ROOM, invited=frozenset({ANN})), RoomChange(invite=False), True, {ANN}),
        (replace(ROOM, invited=frozenset({ANN})), RoomChange(visibility=Visibility.OPEN), True, set()),
        (replace(ROOM, invited=frozenset({ANN})), RoomChange(visibility=Visibility.PRIVATE), True, {ANN}),
    ],
)
def test_whom_a_room_invited(room: Room, what: RoomChange, category: bool, invited: set[str]) -> None:
    assert after(room, what, invites=category).invited == invited


def test_who_is_taken_out_and_put_in_again_while_it_is_off_is_not_invited() -> None:
    room = after(ROOM, change(Role.MEMBER, Op.ADD, BOB), invites=True)
    room = after(room, change(Role.MEMBER, Op.DELETE, BOB), invites=True)
    assert after(room, change(Role.MEMBER, Op.ADD, BOB), invites=False).invited == frozenset()


names = st.frozensets(st.sampled_from([ANN, BOB, OUT, CREW]))
edits = st.builds(ListEdit, st.just(Role.MEMBER), st.sampled_from(Op), names)
changes = st.builds(
    RoomChange,
    visibility=st.none() | st.sampled_from(Visibility),
    behavior=st.none() | st.sampled_from(Behavior),
    invite=st.none() | st.booleans(),
    category=st.none() | st.just(CategoryId("d")),
    lists=st.lists(edits, max_size=2).map(tuple),
)


@given(st.lists(st.tuples(changes, names, st.booleans()), max_size=8))
def test_what_holds_after_any_changes(steps: list[tuple[RoomChange, frozenset[str], bool]]) -> None:
    room = HALL
    for what, outside, invites in steps:
        answer = edit_room(room, what, standings(*outside, invites=invites), Limits())
        if isinstance(answer, Refused):
            continue
        assert answer.invited <= answer.members
        assert answer.invited - room.invited <= answer.members - room.members
        assert answer.visibility is not Visibility.OPEN or not answer.members
        assert answer.behavior is Behavior.AUDITORIUM or not answer.presenters
        assert not (answer.members - room.members) & outside
        room = answer


def test_narrowing_a_scope_purges_every_list() -> None:
    room = replace(HALL, members=frozenset({ANN, OUT}), invited=frozenset({ANN, OUT}), managers=frozenset({OUT}))
    purged = purge_room(room, standings(OUT))
    assert (purged.members, purged.invited, purged.managers, purged.presenters) == ({ANN}, {ANN}, frozenset(), {ANN})
    assert purge_room(purged, standings(OUT)) == purged
    assert purge_room(room, standings(ANN, OUT)).presenters == frozenset()


# --- categories


def test_a_category_changes_all_or_nothing() -> None:
    lists = (
        ListEdit(CategoryList.ALLOWED, Op.ADD, frozenset({ANN})),
        ListEdit(CategoryList.DENIED, Op.SET, frozenset({BOB})),
        ListEdit(CategoryList.CREATORS, Op.ADD, frozenset({ANN})),
    )
    what = CategoryChange(name=" 공장 ", invite=True, logged=False, filepost=True, parent=CategoryId("p"), lists=lists)
    new = edit_category(CATEGORY, what, Limits())
    assert new == replace(
        CATEGORY,
        name="공장",
        invite=True,
        logged=False,
        filepost=True,
        parent=CategoryId("p"),
        allowed=frozenset({CREW, ANN}),
        denied=frozenset({BOB}),
        creators=frozenset({ANN}),
    )


def test_a_switch_is_left_to_the_category_above_and_taken_back() -> None:
    stated = replace(CATEGORY, invite=True, logged=False, filepost=True)
    assert edit_category(stated, CategoryChange(invite="inherit", logged="inherit"), Limits()) == replace(
        stated, invite=None, logged=None
    )
    assert edit_category(CATEGORY, CategoryChange(logged=False), Limits()) == replace(CATEGORY, logged=False)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (CategoryChange(expected=Micros(4)), Refusal.DATA_COLLISION),
        (CategoryChange(name=""), Refusal.INVALID),
        (CategoryChange(description="x" * 257), Refusal.LIMIT_EXCEEDED),
        (CategoryChange(lists=(ListEdit(Role.MEMBER, Op.ADD, frozenset({ANN})),)), Refusal.INVALID),
        (CategoryChange(lists=(ListEdit(CategoryList.ALLOWED, Op.ADD, frozenset({CREW})),)), Refusal.ALREADY_DEFINED),
        (
            CategoryChange(lists=(ListEdit(CategoryList.DENIED, Op.DELETE, frozenset({ANN})),)),
            Refusal.NO_SUCH_PRINCIPAL,
        ),
    ],
)
def test_what_a_category_refuses(what: CategoryChange, why: Refusal) -> None:
    answer = edit_category(CATEGORY, what, Limits())
    assert isinstance(answer, Refused)
    assert answer.reason is why


def test_creators_are_in_scope() -> None:
    before = replace(CATEGORY, creators=frozenset({ANN, OUT}))
    kept = purge_category(before, before, lambda uri: uri != OUT)
    assert isinstance(kept, Category)
    assert kept.creators == {ANN}
    answer = purge_category(CATEGORY, replace(CATEGORY, creators=frozenset({OUT})), lambda uri: uri != OUT)
    assert isinstance(answer, Refused)
    assert answer.reason is Refusal.NOT_IN_SCOPE


# --- add-ins


@pytest.mark.parametrize(
    "url", ["https://x.example.com", "http://10.0.0.1:8080/a?b=c#d", "HTTPS://벽.example.com/판", "https://[::1]/"]
)
def test_addresses_of_pages(url: str) -> None:
    assert check_addin(AddInId("a"), " 벽 ", f" {url} ", Limits()) == AddIn(AddInId("a"), "벽", url)
