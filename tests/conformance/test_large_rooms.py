"""Rooms with many people in them, and other settings of the original: a low limit stands for a high one."""

from __future__ import annotations

from tests.conformance.client import Call
from tests.conformance.conftest import Enter, People
from tests.conformance.controller import Controller
from tests.conformance.sections import enforces
from tests.conformance.wire import Told, chanib, chanids, children, grpchat, info, xccos

LIMIT = 5
SETTINGS = {
    "chat": {
        "participant_update_limit": LIMIT,
        "strict_participant_list": True,
        "endpoints_per_user": 3,
        "push_history": True,
        "person_posts": 8,
    }
}
CROWD = [f"guest{number}" for number in range(LIMIT)]


def inside(joined: Told) -> int:
    """The number of people that a reply tells."""
    return int(info(joined.one("chanib"), "ucnt") or -1)


@enforces("rooms.md#being-inside", "xccos.md#join-and-bjoin")
async def test_19_comings_and_goings_stop_at_the_limit_and_resume_at_four_fifths(
    house: Controller, enter: Enter
) -> None:
    for login in CROWD:
        house.person(login)
    room = house.room("Stadium", member=CROWD)
    calls: list[Call] = []
    for number, login in enumerate(CROWD, 1):
        call = await enter(login)
        joined = await call.says("join", chanids(room))
        assert inside(joined) == number
        assert len(joined.people) == (number if number < LIMIT else 1)
        calls.append(call)
    first, *others = calls
    told = [(await first.hears("ntc:join")).people for _ in CROWD[1 : LIMIT - 1]]
    assert told == [[house.person(login).uri] for login in CROWD[1 : LIMIT - 1]]
    await first.hears_nothing("ntc:join")

    # All are in: large. It stays so until fewer than four fifths are.
    await others[-1].says("part", chanib(room))
    await first.hears_nothing("ntc:part")
    assert len((await others[-1].says("join", chanids(room))).people) == 1
    for call in others[-2:]:
        await call.says("part", chanib(room))
    # Of the one who came when it was large already nobody was ever told.
    assert (await first.hears("ntc:part")).one("chanib/uib").attrib["uri"] == others[-2].client.uri
    again = await others[-1].says("join", chanids(room))
    assert (inside(again), len(again.people)) == (LIMIT - 1, LIMIT - 1)
    assert (await first.hears("ntc:join")).people == [others[-1].client.uri]


@enforces("rooms.md#being-inside", "xccos.md#join-and-bjoin")
async def test_when_a_room_is_small_again_everybody_is_told_what_they_have_missed(
    house: Controller, enter: Enter
) -> None:
    """The first two leave, and the third stays, while the room is large; two come late."""
    crowd = [f"late{number}" for number in range(LIMIT + 1)]
    for login in crowd:
        house.person(login)
    room = house.room("Station", member=crowd)
    calls = [await enter(login, room) for login in crowd]
    third, *_, late, latest = calls[2:]
    for call in calls[2:]:
        call.heard.clear()
    for call in calls[:3]:
        if call is not third:
            await call.says("part", chanib(room))
    await third.hears_nothing("ntc:join", "ntc:bjoin", "ntc:part")
    await calls[3].says("part", chanib(room))
    for call, gone, come in (
        (third, [calls[0], calls[1], calls[3]], [late, latest]),
        (late, [], [third, latest]),
        (latest, [], [third, late]),
    ):
        told = [(await call.hears("ntc:part")).one("chanib/uib").attrib["uri"] for _ in gone]
        assert sorted(told) == [one.client.uri for one in gone]
        assert [person for _ in come for person in (await call.hears("ntc:join")).people] == [
            one.client.uri for one in come
        ]
        await call.hears_nothing("ntc:join", "ntc:bjoin", "ntc:part")


@enforces("xccos.md#getpartlist", "xccos.md#response-codes")
async def test_the_list_of_a_room_that_is_not_large_is_refused_where_the_server_is_strict(
    house: Controller, enter: Enter
) -> None:
    room = house.room("Strict", member=["alice"])
    alice = await enter("alice", room)
    await alice.says("getpartlist", chanib(room), code=416)


@enforces("xccos.md#getpartlist")
async def test_the_list_of_a_large_room_is_told_to_who_asks(house: Controller, enter: Enter) -> None:
    for login in CROWD:
        house.person(login)
    room = house.room("Arena", member=CROWD)
    calls = [await enter(login, room) for login in CROWD]
    told = await calls[0].says("getpartlist", chanib(room))
    assert set(told.people) == {house.person(login).uri for login in CROWD}
    seats = [id for mask in children(told.one("chanib"), "aib") for id in mask.attrib["value"].split(",")]
    assert sorted(seats) == sorted(one.attrib["id"] for one in told.all("uib"))


@enforces("rooms.md#being-inside")
async def test_somebody_with_too_many_endpoints_is_refused(house: Controller, people: People, enter: Enter) -> None:
    for _ in range(3):
        await enter("bob")
    refused = await (await people("bob")).calls_out(house.pool)
    assert refused.status == 486
    assert refused.header("ms-diagnostics").startswith("20009;")


@enforces("xccos.md#bccontext", "xccos.md#join-and-bjoin")
async def test_contextual_history_comes_unasked_where_the_server_is_set_so(house: Controller, enter: Enter) -> None:
    """As the first generation of clients had it: `bjoin`, and then the recent messages of each room."""
    rooms = [house.room(f"Contextual {number}", member=["alice", "bob"]) for number in range(3)]
    alice, bob = await enter("alice", *rooms), await enter("bob")
    for room in rooms:
        await alice.posts(room, f"said in {room}")
    joined = await bob.says("bjoin", chanids(*rooms))
    assert joined.rooms == rooms
    for room in rooms:
        told = await bob.hears("rpl:bccontext")
        assert (told.rooms, told.quotes) == ([room], joined.quotes)
        assert [one.findtext("{*}chat") for one in told.all("chanib/msg")] == [f"said in {room}"]
    await bob.hears_nothing("grpchat")


@enforces("xccos.md#two-answers-to-everything", "xccos.md#posting")
async def test_24_what_was_refused_as_busy_and_is_sent_again_is_carried_out_once(
    house: Controller, enter: Enter
) -> None:
    room = house.room("Busy", member=["alice"])
    alice = await enter("alice", room)
    texts = [f"post {number}" for number in range(400)]
    bodies = [xccos(next(alice.envids), grpchat(room, alice.client.uri, text)) for text in texts]
    # In one write: however fast the disk is, a server that has read it all finds more than a person may have waiting.
    answers = await alice.client.sends_together([alice.build_info(body) for body in bodies])
    busy = [number for number, answered in enumerate(answers) if answered.status == 503]
    assert busy, "400 posts at once were too few to be too many"
    assert all(int(answers[number].header("Retry-After")) > 0 for number in busy)
    while busy:
        again = [(await alice.info(bodies[number])).status for number in busy]
        assert set(again) <= {200, 503}
        busy = [number for number, status in zip(busy, again, strict=True) if status == 503]
    await alice.has_caught_up()
    heard = [one.xml.findtext("{*}chat") for one in alice.heard if one.id == "grpchat"]
    assert sorted(map(str, heard)) == sorted(texts)
