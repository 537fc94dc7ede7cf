"""Any order of changes to rooms, roles, scopes and people, with talk, reading, removal and invitations in between.

The machine drives a hub and a naive house side by side. After every step, what each person may see, find, enter and
post in, who is inside, what the history holds, who was invited and what the archive has must be the same in both.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from parlour.hub.events import Invited
from parlour.hub.inviting import Invitations
from parlour.hub.posting import Draft
from parlour.hub.presence import RoomView, Visit
from parlour.hub.reading import History, HistoryPage
from parlour.hub.removing import Removal
from parlour.rooms.editing import CategoryChange, CategoryList, ListEdit, Op, RoomChange
from parlour.rooms.history import PostQuery
from parlour.rooms.model import (
    Behavior,
    Category,
    CategoryId,
    Micros,
    Person,
    Principal,
    PrincipalKind,
    Role,
    Room,
    RoomId,
    Visibility,
)
from parlour.rooms.refusals import Refused
from parlour.rooms.search import RoomQuery
from parlour.store.api import EventKind, StoredPost
from tests.hub.fakes import ROOT, Ears, World, key, person, uri
from tests.hub.naive import NaiveCategory, NaiveHouse, NaivePerson, NaiveRoom

NAMES = ("ann", "bob", "cat", "root")
PLAIN = NAMES[:3]
GROUPS = ("ma-grp:crew", "ma-grp:night", "ma-grp:all")
PRINCIPALS = (*(uri(name) for name in NAMES), *GROUPS)
WORDS = ("펌프", "밸브", "turbine", "夜勤")
ROLES = {Role.MEMBER: "members", Role.MANAGER: "managers", Role.PRESENTER: "presenters"}
LISTS = {CategoryList.ALLOWED: "allowed", CategoryList.DENIED: "denied", CategoryList.CREATORS: "creators"}

picks = st.integers(0, 11)
names = st.sampled_from(NAMES)
seldom = st.sampled_from([False] * 5 + [True])
actors = st.sampled_from([None, None, "root", *PLAIN])
administrators = st.sampled_from([None, None, None, "root", "ann"])
principals = st.sampled_from(PRINCIPALS)
words = st.sampled_from(WORDS)


class RoomsMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        people = [person(name, is_admin=name == "root") for name in NAMES]
        self.world = World(people, [], categories=[ROOT])
        for group in GROUPS:
            self.world.directory.named_groups[group] = Principal(group, group, PrincipalKind.GROUP, group[7:])
        self.hub = self.world.hub
        self.run(self.hub.start())
        self.house = NaiveHouse()
        self.house.categories[ROOT.id] = NaiveCategory(None, logged=True, invite=False)
        self.house.people = {uri(name): NaivePerson({"ma-grp:all"}, admin=name == "root") for name in NAMES}
        self.visits: dict[str, Visit] = {}
        self.ears: list[tuple[str, Ears]] = []
        self.inside: set[tuple[str, str]] = set()
        self.ever_due: set[tuple[str, str]] = set()
        self.due_before: set[tuple[str, str]] = set()
        self.archived: Counter[EventKind] = Counter()
        self.numbers = itertools.count()

    def run(self, what):  # type: ignore[no-untyped-def]
        async def settled():  # type: ignore[no-untyped-def]
            answer = await what
            await self.world.settle()
            return answer

        return self.loop.run_until_complete(settled())

    async def _now(self, act):  # type: ignore[no-untyped-def]
        return act()

    # --- picking

    def who(self, name: str | None) -> Person | None:
        return None if name is None else self.world.directory.find_person(uri(name))

    def a_room(self, pick: int) -> tuple[RoomId, NaiveRoom] | None:
        found = sorted(self.house.rooms)
        room = found[pick % len(found)] if found else None
        return None if room is None else (RoomId(room), self.house.rooms[room])

    def a_category(self, pick: int) -> CategoryId:
        found = sorted(self.house.categories)
        return CategoryId(found[pick % len(found)])

    def administers(self, actor: str | None) -> bool:
        return actor is None or self.house.administers(uri(actor))

    @initialize()
    def a_plant(self) -> None:
        """A category with a closed and an open room, one below it with a secret room, and people in them."""
        # The root sorts last, so that 0 is the first new category.
        for place in (0, 0):
            self.new_category("root", place)
        for place in (0, 1):
            self.edit_scope(None, place, CategoryList.ALLOWED, False, "ma-grp:all")
            self.edit_scope(None, place, CategoryList.CREATORS, False, uri("ann"))
            self.switch(None, place, "invite", True)
        self.new_room("ann", 0, Visibility.SCOPED)
        self.new_room("root", 0, Visibility.OPEN)
        self.new_room("ann", 1, Visibility.PRIVATE)
        assert len(self.house.rooms) == 3
        self.change_group("bob", "ma-grp:crew")
        for name in NAMES:
            self.enter(name)
        for pick in (0, 2):
            self.edit_role(None, pick, Role.MEMBER, False, "ma-grp:crew")
            self.edit_role(None, pick, Role.MANAGER, False, uri("cat"))
        for name, pick in (("ann", 0), ("bob", 0), ("cat", 1), ("ann", 2), ("bob", 2)):
            self.join(name, pick)
        assert len(self.inside) == 5

    # --- people

    @rule(name=names)
    def enter(self, name: str) -> None:
        if name in self.visits and self.visits[name].open:
            return
        ears = Ears()
        visit = self.run(self._now(lambda: self.hub.enter(uri(name), "", ears)))
        someone = self.house.people[uri(name)]
        assert isinstance(visit, Refused) is (someone.disabled or not someone.chat)
        if not isinstance(visit, Refused):
            self.visits[name] = visit
            self.ears.append((uri(name), ears))

    @rule(name=st.sampled_from(PLAIN), group=st.sampled_from(GROUPS[:2]))
    def change_group(self, name: str, group: str) -> None:
        self.house.people[uri(name)].groups ^= {group}
        self._put(name)

    @rule(name=st.sampled_from(PLAIN), flag=st.sampled_from(["disabled", "chat"]), odds=st.integers(0, 3))
    def change_flag(self, name: str, flag: str, odds: int) -> None:
        someone = self.house.people[uri(name)]
        setattr(someone, flag, (odds == 0) if flag == "disabled" else (odds != 0))
        self._put(name)

    def _put(self, name: str) -> None:
        someone = self.house.people[uri(name)]
        changed = replace(
            person(name),
            affiliations=frozenset(someone.groups),
            disabled=someone.disabled,
            chat_enabled=someone.chat,
        )
        self.run(self._now(lambda: self.world.directory.put(changed)))

    # --- rooms

    @rule(actor=actors, place=picks, visibility=st.sampled_from(Visibility))
    def new_room(self, actor: str | None, place: int, visibility: Visibility) -> None:
        category = self.a_category(place)
        change = RoomChange(name=f"방 {next(self.numbers)}", visibility=visibility)
        answer = self.run(self.hub.managing.create_room(self.who(actor), category, change))
        may = category != ROOT.id if actor is None else self.house.creates(uri(actor), category)
        own = {uri(actor)} if actor is not None else set()
        # An administrator whom a wall keeps out cannot be put into a list there, not by himself either.
        may = may and all(self.house.may_stand(one, category) for one in own)
        assert isinstance(answer, Room) is may
        if isinstance(answer, Room):
            room = NaiveRoom(category, answer.audit.created_by, visibility.value, members=set(own), managers=set(own))
            if self.house.invites(category):
                room.invited = set(own)
            self.house.tidy(room)
            self.house.rooms[answer.id] = room

    @rule(actor=actors, pick=picks, change=st.sampled_from(["visibility", "hall", "disabled", "invite"]), value=picks)
    def set_room(self, actor: str | None, pick: int, change: str, value: int) -> None:
        found = self.a_room(pick)
        if found is None:
            return
        room_id, room = found
        if change == "visibility":
            new: object = list(Visibility)[value % 3]
            wanted = RoomChange(visibility=new)  # type: ignore[arg-type]
        elif change == "hall":
            new = value % 2 == 0
            wanted = RoomChange(behavior=Behavior.AUDITORIUM if new else Behavior.NORMAL)
        else:
            new = value % 3 == 0 if change == "disabled" else value % 3 > 0
            wanted = RoomChange(**{change: new})  # type: ignore[arg-type]
        may = self._may_manage(actor, room)
        if change == "disabled" and room.disabled and not new:
            may = self.administers(actor)
        answer = self.run(self.hub.managing.modify_room(self.who(actor), room_id, wanted))
        assert isinstance(answer, Room) is may
        if may:
            setattr(room, change, new.value if isinstance(new, Visibility) else new)
            self.house.tidy(room)

    @rule(
        actor=actors,
        pick=picks,
        role=st.sampled_from(list(ROLES)),
        odd=seldom,
        principal=principals,
    )
    def edit_role(self, actor: str | None, pick: int, role: Role, odd: bool, principal: str) -> None:
        found = self.a_room(pick)
        if found is None:
            return
        room_id, room = found
        op = Op.ADD if (principal in getattr(room, ROLES[role])) is odd else Op.DELETE
        change = RoomChange(lists=(ListEdit(role, op, frozenset({principal})),))
        answer = self.run(self.hub.managing.modify_room(self.who(actor), room_id, change))
        may = self._may_manage(actor, room) and self._fits(room, role, op, principal)
        assert isinstance(answer, Room) is may
        if may:
            entries: set[str] = getattr(room, ROLES[role])
            entries ^= {principal}
            if role is Role.MEMBER and op is Op.ADD and room.invite and self.house.invites(room.category):
                room.invited.add(principal)
            self.house.tidy(room)

    def _may_manage(self, actor: str | None, room: NaiveRoom) -> bool:
        return actor is None or self.house.manages(uri(actor), room)

    def _fits(self, room: NaiveRoom, role: Role, op: Op, principal: str) -> bool:
        if role is Role.MEMBER and room.visibility == "OPEN":
            return False
        listed = principal in getattr(room, ROLES[role])
        if op is Op.DELETE:
            return listed
        if listed or not self.house.may_stand(principal, room.category):
            return False
        return role is not Role.PRESENTER or self.house.may_present(principal, room)

    @rule(actor=actors, pick=picks, place=picks)
    def move_room(self, actor: str | None, pick: int, place: int) -> None:
        found = self.a_room(pick)
        if found is None:
            return
        room_id, room = found
        category = self.a_category(place)
        answer = self.run(self.hub.managing.modify_room(self.who(actor), room_id, RoomChange(category=category)))
        may = self._may_manage(actor, room)
        if category != room.category:
            may = may and (category != ROOT.id if actor is None else self.house.creates(uri(actor), category))
        assert isinstance(answer, Room) is may
        if may and category != room.category:
            room.category = category
            self.house.purge(room)
        elif may:
            self.house.tidy(room)

    @rule(actor=st.sampled_from([None, *NAMES]), pick=picks, sure=st.integers(0, 4))
    def delete_room(self, actor: str | None, pick: int, sure: int) -> None:
        found = self.a_room(pick)
        if found is None or sure:
            return
        answer = self.run(self.hub.managing.delete_room(self.who(actor), found[0]))
        assert isinstance(answer, Room) is self.administers(actor)
        if isinstance(answer, Room):
            del self.house.rooms[found[0]]

    # --- categories

    @rule(actor=administrators, place=picks)
    def new_category(self, actor: str | None, place: int) -> None:
        if len(self.house.categories) > 5:
            return
        parent = self.a_category(place)
        change = CategoryChange(name=f"범주 {next(self.numbers)}")
        answer = self.run(self.hub.managing.create_category(self.who(actor), change, parent))
        assert isinstance(answer, Category) is self.administers(actor)
        if isinstance(answer, Category):
            self.house.categories[answer.id] = NaiveCategory(parent)

    @rule(
        actor=administrators,
        pick=picks,
        which=st.sampled_from(list(LISTS)),
        odd=seldom,
        principal=principals,
    )
    def edit_scope(self, actor: str | None, pick: int, which: CategoryList, odd: bool, principal: str) -> None:
        category = self.a_category(pick)
        place = self.house.categories[category]
        entries: set[str] = getattr(place, LISTS[which])
        op = Op.ADD if (principal in entries) is odd else Op.DELETE
        may = self.administers(actor) and category != ROOT.id and (principal in entries) is (op is Op.DELETE)
        if may and which is CategoryList.CREATORS and op is Op.ADD:
            may = self.house.may_stand(principal, category)
        change = CategoryChange(lists=(ListEdit(which, op, frozenset({principal})),))
        answer = self.run(self.hub.managing.modify_category(self.who(actor), category, change))
        assert isinstance(answer, Category) is may
        if may:
            entries ^= {principal}
            self.house.purge_below(category)

    @rule(
        actor=administrators,
        pick=picks,
        name=st.sampled_from(["logged", "invite"]),
        on=st.sampled_from([True, False, None]),
    )
    def switch(self, actor: str | None, pick: int, name: str, on: bool | None) -> None:
        """On, off, or (None) as in the category above."""
        category = self.a_category(pick)
        change = CategoryChange(**{name: "inherit" if on is None else on})  # type: ignore[arg-type]
        answer = self.run(self.hub.managing.modify_category(self.who(actor), category, change))
        assert isinstance(answer, Category) is (self.administers(actor) and category != ROOT.id)
        if isinstance(answer, Category):
            setattr(self.house.categories[category], name, on)
            self.house.purge_below(category)

    @rule(actor=administrators, pick=picks, place=picks)
    def move_category(self, actor: str | None, pick: int, place: int) -> None:
        category, parent = self.a_category(pick), self.a_category(place)
        may = self.administers(actor) and category != ROOT.id and parent not in self.house.below(category)
        answer = self.run(self.hub.managing.modify_category(self.who(actor), category, CategoryChange(parent=parent)))
        assert isinstance(answer, Category) is may
        if may:
            self.house.categories[category].parent = parent
            self.house.purge_below(category)

    @rule(actor=administrators, pick=picks)
    def delete_category(self, actor: str | None, pick: int) -> None:
        category = self.a_category(pick)
        holds = any(room.category == category for room in self.house.rooms.values())
        holds = holds or any(place.parent == category for place in self.house.categories.values())
        answer = self.run(self.hub.managing.delete_category(self.who(actor), category))
        assert isinstance(answer, Category) is (self.administers(actor) and category != ROOT.id and not holds)
        if isinstance(answer, Category):
            del self.house.categories[category]

    # --- talk

    @rule(name=names, pick=picks)
    def join(self, name: str, pick: int) -> None:
        found, visit = self.a_room(pick), self.visits.get(name)
        if found is None or visit is None:
            return
        may = visit.open and self.house.enters(uri(name), found[1])
        answer = self.run(self.hub.join(visit, found[0]))
        assert isinstance(answer, RoomView) is may
        if may and (name, found[0]) not in self.inside:
            self.archived[EventKind.JOIN] += 1
            self.inside.add((name, found[0]))

    @rule(name=names, pick=picks)
    def part(self, name: str, pick: int) -> None:
        found, visit = self.a_room(pick), self.visits.get(name)
        if found is None or visit is None:
            return
        assert (self.run(self.hub.part(visit, found[0])) is None) is ((name, found[0]) in self.inside)
        self.inside.discard((name, found[0]))

    @rule(name=names, pick=picks, word=words)
    def post(self, name: str, pick: int, word: str) -> None:
        found, visit = self.a_room(pick), self.visits.get(name)
        if found is None or visit is None:
            return
        room_id, room = found
        may = (name, room_id) in self.inside and self.house.posts(uri(name), room)
        answer = self.run(self.hub.post(visit, room_id, Draft(word), key()))
        assert isinstance(answer, StoredPost) is may
        if isinstance(answer, StoredPost):
            self.archived[EventKind.CHAT] += 1
            room.count += 1
            if self.house.keeps(room.category):
                room.history.append((room.count, uri(name), word, answer.at))

    @rule(name=names, pick=picks)
    def read(self, name: str, pick: int) -> None:
        found, visit = self.a_room(pick), self.visits.get(name)
        if found is None or visit is None:
            return
        room_id, room = found
        answer = self.run(self.hub.recent(visit, room_id))
        assert isinstance(answer, History) is (visit.open and self.house.enters(uri(name), room))
        if isinstance(answer, History):
            self.archived[EventKind.BACKCHAT] += 1
            kept = room.history[-30:] if self.house.keeps(room.category) else []
            assert [post.chat_id for post in answer.posts] == [number for number, *_ in kept]

    @rule(name=names, word=words)
    def search(self, name: str, word: str) -> None:
        """In all rooms there are, whatever the seeker may."""
        rooms = [RoomId(room) for room in self.house.rooms]
        someone = self.who(name)
        assert someone is not None
        answers = self.run(self.hub.reading.query(someone, rooms, PostQuery(text=word), None))
        for room_id, answer in zip(rooms, answers, strict=True):
            room = self.house.rooms[room_id]
            assert isinstance(answer, HistoryPage) is self.house.enters(uri(name), room)
            if isinstance(answer, HistoryPage):
                self.archived[EventKind.BACKCHAT] += 1
                logged = self.house.keeps(room.category)
                fitting = [number for number, _, text, _ in room.history if text == word and logged]
                assert [post.chat_id for post in answer.posts] == fitting

    @rule(actor=actors, pick=picks, word=words, author=names)
    def remove(self, actor: str | None, pick: int, word: str, author: str) -> None:
        found = self.a_room(pick)
        if found is None:
            return
        room_id, room = found
        query = PostQuery(text=word, authors=frozenset({uri(author)}))
        answer = self.run(self.hub.removing.remove(self.who(actor), room_id, query))
        assert isinstance(answer, Removal) is self.administers(actor)
        if isinstance(answer, Removal):
            self._gone(room, [row for row in room.history if (row[1], row[2]) == (uri(author), word)], answer)

    @rule(actor=actors, pick=picks, upto=picks)
    def purge(self, actor: str | None, pick: int, upto: int) -> None:
        found = self.a_room(pick)
        if found is None or not found[1].history:
            return
        room_id, room = found
        until = room.history[upto % len(room.history)][3]
        answer = self.run(self.hub.removing.purge(self.who(actor), room_id, Micros(until)))
        assert isinstance(answer, Removal) is self.administers(actor)
        if isinstance(answer, Removal):
            self._gone(room, [row for row in room.history if row[3] <= until], answer)

    def _gone(self, room: NaiveRoom, gone: list[tuple[int, str, str, int]], answer: Removal) -> None:
        assert answer == Removal(len(gone))
        self.archived[EventKind.CHATDELETE] += len(gone)
        room.history = [row for row in room.history if row not in gone]

    @rule(name=names)
    @precondition(lambda self: self.house.rooms)
    def ask_for_invitations(self, name: str) -> None:
        someone = self.who(name)
        assert someone is not None
        answer = self.run(self.hub.inviting.pending(someone, 0))
        assert isinstance(answer, Invitations)
        known = {row.room for row in self.issued(uri(name))}
        assert known >= {room for room, each in self.house.rooms.items() if self.house.is_due(uri(name), each)}
        enterable = {room for room, each in self.house.rooms.items() if self.house.enters(uri(name), each)}
        assert {row.room for row in answer.rows} == known & enterable

    def issued(self, person_uri: str):  # type: ignore[no-untyped-def]
        return self.loop.run_until_complete(self.world.store.invitations.of(person_uri))

    # --- after every step

    def still_inside(self) -> set[tuple[str, str]]:
        """Those who were inside, less whom the last step has put out."""
        self.inside = {
            (name, room)
            for name, room in self.inside
            if room in self.house.rooms and self.house.enters(uri(name), self.house.rooms[room])
        }
        return self.inside

    @invariant()
    def who_lost_the_right_is_out(self) -> None:
        for name, visit in self.visits.items():
            someone = self.house.people[uri(name)]
            assert not visit.open or (someone.chat and not someone.disabled)
            assert {room for who, room in self.still_inside() if who == name} == set(visit.seats)

    @invariant()
    def everybody_may_what_the_rules_say(self) -> None:
        for name in NAMES:
            someone, own = self.who(name), uri(name)
            assert someone is not None
            found = {room.id for room in self.run(self.hub.find_rooms_as(someone, RoomQuery()))}
            assert found == {room for room, each in self.house.rooms.items() if self.house.finds(own, each)}
            for room_id, room in self.house.rooms.items():
                card = self.hub.card(someone, RoomId(room_id))
                assert isinstance(card, RoomView) is self.house.sees(own, room)
                if isinstance(card, RoomView):
                    rights = (card.rights.join, card.rights.post, card.rights.manage, card.rights.administer)
                    assert rights == (
                        self.house.enters(own, room),
                        self.house.posts(own, room),
                        self.house.manages(own, room),
                        self.house.administers(own),
                    )

    @invariant()
    def everybody_inside_knows_the_switches_in_effect(self) -> None:
        for room_id, live in self.hub.presence.live.items():
            category = self.house.rooms[room_id].category
            assert (live.switches.logged, live.switches.invite) == (
                self.house.keeps(category),
                self.house.invites(category),
            )

    @invariant()
    def memory_store_and_rules_agree_about_the_lists(self) -> None:
        assert self.world.rooms.rooms == self.hub.catalogue.rooms
        assert self.world.rooms.categories == self.hub.catalogue.categories
        assert self.house.rooms.keys() == self.world.rooms.rooms.keys()
        for room_id, room in self.house.rooms.items():
            kept = self.world.rooms.rooms[RoomId(room_id)]
            assert (kept.members, kept.managers) == (room.members, room.managers)
            assert (kept.presenters, kept.invited) == (room.presenters, room.invited)
            assert (kept.category, kept.disabled) == (room.category, room.disabled)
        for category_id, place in self.house.categories.items():
            there = self.world.rooms.categories[CategoryId(category_id)]
            assert (there.allowed, there.denied, there.creators) == (place.allowed, place.denied, place.creators)
            assert (there.parent, there.logged, there.invite) == (place.parent, place.logged, place.invite)

    @invariant()
    def the_history_is_what_was_said_and_not_removed(self) -> None:
        for room_id, room in self.house.rooms.items():
            kept = self.world.posts.posts.get(RoomId(room_id), [])
            assert [(post.chat_id, post.author, post.text, post.at) for post in kept] == room.history

    @invariant()
    def invitations_come_once_and_to_those_who_are_due(self) -> None:
        due = {
            (own, room_id)
            for own in self.house.people
            for room_id, room in self.house.rooms.items()
            if self.house.is_due(own, room)
        }
        self.ever_due |= due
        issued = [(own, row.room) for own in self.house.people for row in self.issued(own)]
        assert len(issued) == len(set(issued))
        assert set(issued) <= self.ever_due
        here = {uri(name) for name, visit in self.visits.items() if visit.open}
        # Whoever is here and has become due in this step was told at once.
        assert {(own, room) for own, room in due - self.due_before if own in here} <= set(issued)
        self.due_before = due
        told = [(own, event.room) for own, ears in self.ears for event in ears.events if isinstance(event, Invited)]
        assert len(told) == len(set(told))
        assert set(told) <= set(issued)

    @invariant()
    def the_archive_is_complete(self) -> None:
        kinds = Counter(kind for kind, _, _ in self.world.posts.archive)
        for kind in (EventKind.JOIN, EventKind.CHAT, EventKind.BACKCHAT, EventKind.CHATDELETE):
            assert kinds[kind] == self.archived[kind], kind
        assert kinds[EventKind.JOIN] - kinds[EventKind.PART] == len(self.still_inside())

    def teardown(self) -> None:
        self.run(self.hub.stop())
        kinds = Counter(kind for kind, _, _ in self.world.posts.archive)
        assert kinds[EventKind.JOIN] == kinds[EventKind.PART] == self.archived[EventKind.JOIN]
        # What was kept is enough to begin anew with the same rooms and the same rights.
        again = World([], self.world.rooms.rooms.values(), categories=self.world.rooms.categories.values())
        self.loop.run_until_complete(again.hub.start())
        assert again.hub.catalogue.rooms == self.hub.catalogue.rooms
        self.loop.close()


RoomsMachine.TestCase.settings = settings(max_examples=50, stateful_step_count=50, deadline=None)
TestRoomsMachine = RoomsMachine.TestCase


class Walk:
    """The same machine on a long way. Hypothesis goes short ways, and finds short ones for what it finds."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.machine = RoomsMachine()

    def go(self, steps: int) -> None:
        machine = self.machine
        machine.a_plant()
        for _ in range(steps):
            self.random.choice(self.ways())()
            machine.who_lost_the_right_is_out()
            machine.everybody_may_what_the_rules_say()
            machine.everybody_inside_knows_the_switches_in_effect()
            machine.memory_store_and_rules_agree_about_the_lists()
            machine.the_history_is_what_was_said_and_not_removed()
            machine.invitations_come_once_and_to_those_who_are_due()
            machine.the_archive_is_complete()
        machine.teardown()

    def ways(self) -> list[Callable[[], None]]:
        """Every rule with something drawn for it; those that change most stand twice."""
        machine, one = self.machine, self.random.choice
        name, plain, actor, admin = one(NAMES), one(PLAIN), one([None, None, *NAMES]), one([None, None, "root", "ann"])
        pick, other, odd, word = one(range(12)), one(range(12)), one([False] * 5 + [True]), one(WORDS)
        flag = one(["disabled", "chat", "chat"])
        kind = one(["visibility", "hall", "disabled", "invite"])
        edits = [
            lambda: machine.edit_role(actor, pick, one(list(ROLES)), odd, one(PRINCIPALS)),
            lambda: machine.edit_scope(admin, pick, one(list(LISTS)), odd, one(PRINCIPALS)),
            lambda: machine.change_group(plain, one(GROUPS[:2])),
            lambda: machine.join(name, pick),
        ]
        return [
            *edits,
            *edits,
            lambda: machine.enter(name),
            lambda: machine.change_flag(plain, flag, one(range(4))),
            lambda: machine.new_room(actor, pick, one(list(Visibility))) if len(machine.house.rooms) < 6 else None,
            lambda: machine.set_room(actor, pick, kind, other),
            lambda: machine.move_room(actor, pick, other),
            lambda: machine.delete_room(actor, pick, one(range(5))),
            lambda: machine.new_category(admin, pick),
            lambda: machine.switch(admin, pick, one(["logged", "invite", "invite"]), one([True, True, False, None])),
            lambda: machine.move_category(admin, pick, other),
            lambda: machine.delete_category(admin, pick),
            lambda: machine.part(name, pick),
            lambda: machine.post(name, pick, word),
            lambda: machine.post(name, pick, word),
            lambda: machine.read(name, pick),
            lambda: machine.search(name, word),
            lambda: machine.remove(actor, pick, word, name),
            lambda: machine.purge(actor, pick, other),
            lambda: machine.ask_for_invitations(name),
        ]


@pytest.mark.parametrize("seed", range(6))
def test_a_long_way(seed: int) -> None:
    Walk(seed).go(1000)
