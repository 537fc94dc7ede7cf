"""Any order of comings, goings, posts, outages and revoked rights: what every listener and the archive must agree on.

The machine drives a hub and keeps, for each endpoint, the posts it must have heard: exactly those committed while it
was in the room. The archive must hold as many JOINs as there were entries, and a PART for each that is over.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from parlour.hub.events import PersonJoined, PersonParted, PostHeard
from parlour.hub.posting import Draft
from parlour.hub.presence import RoomView, Visit
from parlour.rooms.model import Limits, RoomId
from parlour.rooms.refusals import Refused
from parlour.store.api import EventKind, StoredPost
from tests.hub.fakes import Ears, World, key, person, room, uri

NAMES = ("ann", "bob", "cat")
ROOMS = [room(1, "One", members=frozenset({"ma-grp:all"})), room(2, "Two", members=frozenset({"ma-grp:all"}))]
names = st.sampled_from(NAMES)
rooms = st.sampled_from([each.id for each in ROOMS])
picks = st.integers(0, 20)
seldom = st.sampled_from([False] * 7 + [True])


class Scenes(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world = World([person(name) for name in NAMES], ROOMS, limits=Limits(endpoints_per_user=3), slice_size=2)
        self.world.hub.recorder._retry_after = 0.0
        self.run(self.world.hub.start())
        self.ears: dict[Visit, Ears] = {}
        self.heard: dict[Visit, list[tuple[RoomId, int]]] = {}
        self.entries = 0
        self.rosters: dict[tuple[Visit, RoomId], tuple[set[str], int]] = {}
        self.keys: list[tuple[bytes, str]] = []

    def run(self, what):  # type: ignore[no-untyped-def]
        async def settled():  # type: ignore[no-untyped-def]
            answer = await what
            await self.world.settle()
            return answer

        return self.loop.run_until_complete(settled())

    async def _sync(self, act) -> object:  # type: ignore[no-untyped-def]
        return act()

    @initialize()
    def a_morning(self) -> None:
        for name in ("ann", "ann", "bob", "cat"):
            self.enter(name)
        for pick in range(4):
            self.join(pick, [each.id for each in ROOMS])

    def pick(self, number: int) -> Visit | None:
        """One of the visits that are under way."""
        here = [visit for visit in self.ears if visit.open]
        return here[number % len(here)] if here else None

    @rule(name=names)
    def enter(self, name: str) -> None:
        ears = Ears()
        visit = self.world.hub.enter(uri(name), "", ears)
        if isinstance(visit, Refused):
            assert len(self.world.hub.presence.visits_of(uri(name))) == 3 or self.banned(name)
            return
        self.ears[visit], self.heard[visit] = ears, []

    def banned(self, name: str) -> bool:
        someone = self.world.directory.find_person(uri(name))
        return someone is None or someone.disabled

    @rule(number=picks, wanted=st.lists(rooms, min_size=1, max_size=3))
    def join(self, number: int, wanted: list[RoomId]) -> None:
        visit = self.pick(number)
        if visit is None:
            return
        before = set(visit.seats)
        answers = self.run(self.world.hub.join_many(visit, wanted))
        for where, answer in zip(wanted, answers, strict=True):
            assert isinstance(answer, RoomView) == (where in visit.seats)
            if isinstance(answer, RoomView) and where not in before:
                people = {participant.uri for participant in answer.participants}
                self.rosters[visit, where] = (people, len(self.ears[visit].events))
        self.entries += len(set(visit.seats) - before)

    @rule(number=picks, where=rooms)
    def part(self, number: int, where: RoomId) -> None:
        visit = self.pick(number)
        if visit is not None:
            self.run(self.world.hub.part(visit, where))
            assert where not in visit.seats

    @rule(number=picks, sure=seldom)
    def leave(self, number: int, sure: bool) -> None:
        visit = self.pick(number)
        if visit is not None and sure:
            self.run(self._sync(lambda: self.world.hub.leave(visit)))

    @rule(number=picks, where=rooms, count=st.integers(1, 4), hold=st.booleans())
    def post(self, number: int, where: RoomId, count: int, hold: bool) -> None:
        visit = self.pick(number)
        if visit is None:
            return
        inside = [other for other in self.ears if where in other.seats]
        acts = [(key(), f"{n}") for n in range(count)]
        answers = self.run(self._post_all(visit, where, acts, hold))
        for answer, act in zip(answers, acts, strict=True):
            if isinstance(answer, StoredPost):
                self.keys.append(act)
                for other in inside:
                    self.heard[other].append((where, answer.chat_id))
            else:
                assert where not in visit.seats or self.world.posts.down

    async def _post_all(
        self, visit: Visit, where: RoomId, acts: list[tuple[bytes, str]], hold: bool
    ) -> list[StoredPost | Refused]:
        posts = self.world.posts
        posts.hold = hold
        waiting = [asyncio.ensure_future(self.world.hub.post(visit, where, Draft(text), act)) for act, text in acts]
        await asyncio.sleep(0)
        posts.hold = False
        posts.commit()
        return await asyncio.gather(*waiting)

    @rule(number=picks, where=rooms, data=st.data())
    def post_again(self, number: int, where: RoomId, data: st.DataObject) -> None:
        visit = self.pick(number)
        if visit is not None and self.keys and where in visit.seats and not self.world.posts.down:
            act, text = data.draw(st.sampled_from(self.keys))
            assert isinstance(self.run(self.world.hub.post(visit, where, Draft(text), act)), StoredPost)

    @rule(number=picks, where=rooms)
    def read(self, number: int, where: RoomId) -> None:
        visit = self.pick(number)
        if visit is None or not visit.open or self.world.posts.down:
            return
        history = self.run(self.world.hub.recent(visit, where))
        if not isinstance(history, Refused):
            assert list(history.posts) == self.world.posts.posts.get(where, [])[-30:]

    @rule(down=seldom)
    def outage(self, down: bool) -> None:
        self.world.posts.down = down
        self.run(asyncio.sleep(0))

    @rule(name=names, banned=seldom)
    def ban(self, name: str, banned: bool) -> None:
        self.run(self._sync(lambda: self.world.directory.put(replace(person(name), disabled=banned))))

    @rule(name=names, where=rooms, hold=st.booleans())
    def outsider(self, name: str, where: RoomId, hold: bool) -> None:
        """A person loses and regains the way in while nothing else happens."""
        changed = replace(person(name), affiliations=frozenset())
        self.run(self._sync(lambda: self.world.directory.put(changed)))
        assert not any(visit.seats for visit in self.world.hub.presence.visits_of(uri(name)))
        self.run(self._sync(lambda: self.world.directory.put(person(name))))

    @invariant()
    def everybody_heard_what_they_should(self) -> None:
        for visit, ears in self.ears.items():
            got = [(event.room, event.post.chat_id) for event in ears.events if isinstance(event, PostHeard)]
            assert got == self.heard[visit]

    @invariant()
    def the_list_on_entering_and_the_news_since_give_who_is_there(self) -> None:
        for (visit, where), (people, since) in self.rosters.items():
            if where not in visit.seats:
                continue
            here = set(people)
            for event in self.ears[visit].events[since:]:
                if isinstance(event, PersonJoined) and event.room == where:
                    assert event.participant.uri not in here
                    here.add(event.participant.uri)
                elif isinstance(event, PersonParted) and event.room == where:
                    here.remove(event.uri)
            assert here == self.world.hub.presence.live[where].occupants.keys()

    @invariant()
    def the_rooms_know_who_is_in_them(self) -> None:
        presence = self.world.hub.presence
        inside = Counter((where, visit.uri) for visit in self.ears for where in visit.seats)
        assert inside == Counter(
            {(where, who): n for where, live in presence.live.items() for who, n in live.seat_counts.items()}
        )
        assert {where for where, _ in inside} == presence.live.keys()
        assert all(visit.open or not visit.seats for visit in self.ears)

    def teardown(self) -> None:
        self.world.posts.down = False
        self.run(self.world.hub.stop())
        kinds = Counter(kind for kind, _, _ in self.world.posts.archive)
        assert kinds[EventKind.JOIN] == kinds[EventKind.PART] == self.entries
        assert kinds[EventKind.CHAT] == sum(len(posts) for posts in self.world.posts.posts.values())
        self.loop.close()


Scenes.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestScenes = Scenes.TestCase
