"""What a client believes about who is in a room, from replies and notices alone, and what is true."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from parlour.rooms.model import Limits, RoomId, Visibility
from parlour.xccos.types import JoinedRooms, Notice, PeopleJoined, PeopleParted, Reply
from tests.channel.scene import LYNC_AGENT, OTHER, Client, Scene, join, part, room_at
from tests.hub.fakes import OPEN, person, uri

LIMIT = 6


class Believer:
    """A client that lists people as SIPE does: whom it is told of twice it lists twice."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.lists: dict[str, Counter[str]] = {}

    @property
    def name(self) -> str:
        return uri(self.client.name)

    def listen(self) -> None:
        self.client.pump()
        for one in self.client.heard:
            self._take(one)
        self.client.heard.clear()

    def _take(self, told: Any) -> None:
        body = getattr(told, "body", None)
        if isinstance(told, Reply) and isinstance(body, JoinedRooms):
            for joined in body.rooms:
                self.lists[joined.room.uri] = Counter(seat.user.uri for seat in joined.seats)
        elif isinstance(told, Reply) and told.name == "part":
            self.lists.pop(body.room_uri)  # type: ignore[union-attr]
        elif isinstance(told, Notice) and isinstance(body, PeopleJoined) and told.name != "permmodified":
            for seat in body.seats:
                self.lists[seat.room_uri][seat.user.uri] += 1
        elif isinstance(told, Notice) and isinstance(body, PeopleParted):
            for room, who in body.seats:
                assert self.lists[room][who], f"{who} is told to have left, and was never there"
                del self.lists[room][who]


def truth(scene: Scene, room: RoomId) -> Counter[str]:
    live = scene.hub.presence.live.get(room)
    return Counter(list(live.occupants) if live is not None else ())


async def crowd(scene: Scene, size: int) -> list[Believer]:
    for number in range(size):
        scene.directory.put(person(f"p{number}"))
    # Somebody's other endpoint is somebody else who believes.
    return [Believer(await scene.called(f"p{number % (size - 2)}", f"e{number}", LYNC_AGENT)) for number in range(size)]


@pytest.mark.parametrize("seed", range(6))
async def test_every_list_of_a_room_that_is_not_large_is_true(seed: int) -> None:
    chance = random.Random(seed)
    async with Scene(limits=Limits(participant_update_limit=LIMIT)) as scene:
        if seed % 2:
            scene.hub.presence._teller._slice_size = 3  # most is told in several turns of the loop
        await scene.equip()
        rooms = (OPEN, OTHER, (await scene.make("Third", visibility=Visibility.OPEN)).id)
        people = await crowd(scene, 12)
        resumed = 0
        for step in range(40):
            acting = chance.sample(people, chance.randint(1, 4))
            fuller = chance.random() < (0.85 if step % 20 < 10 else 0.1)
            before = {room for room in rooms if (live := scene.hub.presence.live.get(room)) and live.large}
            for one in acting:
                some = chance.sample(rooms, chance.randint(1, 3))
                leaving = [part(room) for room in some if room_at(room) in one.lists]
                # Who asks again before all is told hears the rest of it after the answer, in which it is already.
                entering = [room for room in some if not (seed % 2 and room_at(room) in one.lists)]
                if fuller and entering:
                    one.client.start(join(*entering))
                elif leaving and not fuller:
                    one.client.start(*leaving)
            for one in acting:
                await one.client.settle()
            for one in people:
                one.listen()
            for room in rooms:
                live = scene.hub.presence.live.get(room)
                if live is None or live.large:
                    continue
                resumed += room in before
                for one in people:
                    if room_at(room) in one.lists:
                        assert one.lists[room_at(room)] == truth(scene, room), (one.name, room)
        assert resumed


async def test_who_comes_into_several_rooms_at_once_is_told_once_with_the_rooms_one_shares() -> None:
    async with Scene() as scene:
        both, one = await scene.joined("bob"), await scene.joined("minji")
        await both.say(join(OTHER))
        both.forget()
        one.forget()
        alice = await scene.called("alice")
        await alice.say(join(OPEN, OTHER))
        for listener, name, rooms in ((both, "bjoin", [OPEN, OTHER]), (one, "join", [OPEN])):
            (notice,) = listener.notices()
            assert isinstance(notice.body, PeopleJoined)
            assert (notice.name, [seat.room_uri for seat in notice.body.seats]) == (name, [room_at(r) for r in rooms])
            assert {seat.user.uri for seat in notice.body.seats} == {uri("alice")}
