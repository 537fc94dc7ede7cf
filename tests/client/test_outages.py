"""Losing the real server and coming back to it: rooms, missed messages, posts under way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parlour.client import (
    Client,
    ClientClosed,
    ConnectionLost,
    ConnectionResumed,
    Disconnected,
    Event,
    EventsLost,
    Invited,
    MessageHeard,
    MessagesMissed,
    PermissionDenied,
    RemovedFromRoom,
    Room,
)
from tests.client.house import FAST, House, house

LONG: dict[str, Any] = {"chat": {"default_history": 500}}


async def until(client: Client, kind: type) -> list[Event]:
    """The events up to the first of a kind, that one included."""
    events: list[Event] = []
    async with asyncio.timeout(60):
        async for event in client.events():
            events.append(event)
            if isinstance(event, kind):
                break
    return events


async def texts(room: Room, count: int) -> list[str]:
    async with asyncio.timeout(60):
        heard: list[str] = []
        async for message in room.messages():
            heard.append(message.text)
            if len(heard) == count:
                break
        return heard


async def has_heard(room: Room, number: int) -> None:
    """Until the message of this number has arrived, read or not: a post is answered when it is kept."""
    async with asyncio.timeout(60):
        while room.heard.last != number:
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("auth", ["ntlm", "digest"])
async def test_a_cut_cable(tmp_path: Path, auth: str) -> None:
    async with house(tmp_path / "data") as there, there.client("bob", auth=auth) as bob:
        room = await bob.join(there.room("Lobby"))
        await there.run("message.send", room="Lobby", text="one", as_user="alice")
        await room.post("two")
        there.cut_connections()
        lost, *_ = (await until(bob, ConnectionLost))[-1:]
        assert isinstance(lost, ConnectionLost)
        assert (await until(bob, ConnectionResumed))[-1] == ConnectionResumed((room.uri,))
        await room.post("three")
        assert (await texts(room, 3))[-1] == "three"
        assert bob.rooms == (room,)


async def test_what_was_missed_is_told_once_and_in_order(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with house(data) as there:
        port = int(there.server.rpartition(":")[2])
        bob = there.client("bob")
        await bob.open()
        room = await bob.join(there.room("Lobby"))
        quiet = await bob.join(there.room("Night Shift"))
        async with there.client("alice") as alice:
            await (await alice.join(room.uri)).post("before")
            assert await texts(room, 1) == ["before"]
    async with house(data) as elsewhere, elsewhere.client("alice") as alice:
        for one in (room, quiet):
            await alice.join(one.uri)
        for number in range(70):
            await alice.post(room.uri, f"missed {number}")
        await alice.post(quiet.uri, "first words")
    posting = asyncio.create_task(room.post("mine, while away"))
    async with house(data, port=port, **LONG) as again:
        await asyncio.wait_for(posting, 60)
        assert await texts(room, 71) == [*(f"missed {number}" for number in range(70)), "mine, while away"]
        assert await texts(quiet, 1) == ["first words"]
        recovered = [one for one in await until(bob, ConnectionResumed) if isinstance(one, MessageHeard)]
        assert [one.recovered for one in recovered] == [False] + [True] * 71
        await bob.close()
        assert again.sip.channel.session_count == 0


async def test_more_was_missed_than_is_fetched(tmp_path: Path) -> None:
    data = tmp_path / "data"
    few = replace(FAST, history_at_resume=5)
    async with house(data) as there:
        port = int(there.server.rpartition(":")[2])
        bob = there.client("bob", settings=few)
        await bob.open()
        room = await bob.join(there.room("Lobby"))
        await room.post("heard")
        await has_heard(room, 1)
    async with house(data) as elsewhere, elsewhere.client("alice") as alice:
        await alice.join(room.uri)
        for number in range(20):
            await alice.post(room.uri, str(number))
    async with house(data, port=port):
        events = await until(bob, ConnectionResumed)
        assert MessagesMissed(room.uri, 6, 22) in events
        assert await texts(room, 6) == ["heard", *map(str, range(5))]
        with pytest.raises(EventsLost) as caught:
            await texts(room, 1)
        assert caught.value.count == 15
        heard = [one.message.text for one in events if isinstance(one, MessageHeard)]
        assert heard == ["heard", *map(str, range(5))]
        assert [one.text async for one in room.history(after=6, before=22)] == [*map(str, range(5, 20))]
        await room.post("on it goes")
        assert await texts(room, 1) == ["on it goes"]
        await bob.close()


async def test_hundreds_of_missed_messages_come_whole_although_a_page_is_small(tmp_path: Path) -> None:
    data = tmp_path / "data"
    small: dict[str, Any] = {"chat": {"search_limit": 20}}
    async with house(data) as there:
        port = int(there.server.rpartition(":")[2])
        bob = there.client("bob", settings=replace(FAST, events=100_000))
        await bob.open()
        room = await bob.join(there.room("Lobby"))
    async with house(data) as elsewhere, elsewhere.client("alice") as alice:
        theirs = await alice.join(room.uri)
        for start in range(0, 150, 10):
            await asyncio.gather(*(theirs.post(str(number)) for number in range(start, start + 10)))
    async with house(data, port=port, **small) as again, again.client("alice") as alice:
        theirs = await alice.join(room.uri)
        posting = asyncio.create_task(post_until(theirs, asyncio.create_task(until(bob, ConnectionResumed))))
        posted = await asyncio.wait_for(posting, 60)
        told = await texts(room, 150 + posted)
        assert sorted(map(int, told[:150])) == list(range(150))
        assert told[150:] == [f"new {number}" for number in range(posted)]
        await bob.close()


async def post_until(room: Room, done: asyncio.Task[list[Event]]) -> int:
    """Posts go on while somebody catches up; how many."""
    count = 0
    while not done.done():
        await room.post(f"new {count}")
        count += 1
    assert not [one for one in await done if isinstance(one, MessagesMissed)]
    return count


async def test_a_room_that_keeps_no_history(tmp_path: Path) -> None:
    """Nothing can be fetched; the next number shows that something was missed."""
    data = tmp_path / "data"
    async with house(data) as there:
        port = int(there.server.rpartition(":")[2])
        await there.run("category.modify", category="Demo", logged=False)
        bob = there.client("bob")
        await bob.open()
        room = await bob.join(there.room("Lobby"))
        assert room.info.logged is False
        await room.post("heard")
        assert await texts(room, 1) == ["heard"]
    async with house(data) as elsewhere, elsewhere.client("alice") as alice:
        theirs = await alice.join(room.uri)
        for number in range(3):
            await theirs.post(str(number))
    async with house(data, port=port):
        assert not [one for one in await until(bob, ConnectionResumed) if isinstance(one, MessagesMissed)]
        await room.post("back")
        with pytest.raises(EventsLost) as caught:
            await texts(room, 1)
        assert caught.value.count == 3
        assert await texts(room, 1) == ["back"]
        assert await room.history().collect() == ()
        await bob.close()


async def test_invitations_that_came_while_we_were_away(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with house(data) as there:
        port = int(there.server.rpartition(":")[2])
        await there.run("category.modify", category="Demo", invite=True)
        carol = there.client("carol")
        await carol.open()
        await there.run("room.member.add", room="Night Shift", who=["carol"])
        (live,) = [one for one in await until(carol, Invited) if isinstance(one, Invited)]
        assert live.invitation.room.name == "Night Shift"
    async with house(data) as elsewhere:
        await elsewhere.run("room.member.add", room="Board", who=["carol"])
    async with house(data, port=port):
        events = await until(carol, ConnectionResumed)
        assert [one.invitation.room.name for one in events if isinstance(one, Invited)] == ["Board"]
        await carol.close()


async def test_a_room_that_is_closed_to_us_meanwhile(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with house(data) as there:
        port = int(there.server.rpartition(":")[2])
        bob = there.client("bob")
        await bob.open()
        await bob.join(there.room("Lobby"))
        shift = await bob.join(there.room("Night Shift"))
    async with house(data) as elsewhere:
        await elsewhere.run("room.member.remove", room="Night Shift", who=["bob"])
    async with house(data, port=port):
        events = await until(bob, ConnectionResumed)
        gone = next(one for one in events if isinstance(one, RemovedFromRoom))
        assert gone.room_uri == shift.uri
        assert isinstance(gone.error, PermissionDenied)
        assert not shift.inside
        assert [room.name for room in bob.rooms] == ["Lobby"]
        await bob.close()


async def test_posts_survive_cable_after_cable(tmp_path: Path) -> None:
    """Whatever is cut whenever: each post that returns was kept once, and everybody hears it once."""
    async with house(tmp_path / "data", **LONG) as there, there.client("alice") as alice, there.client("bob") as bob:
        ours, theirs = await alice.join(there.room("Lobby")), await bob.join(there.room("Lobby"))

        async def cut(turns: int) -> None:
            """Once both are there, so many turns of the loop later."""
            while there.sip.channel.session_count < 2:
                await asyncio.sleep(0.001)
            for _ in range(turns):
                await asyncio.sleep(0)
            there.cut_connections()

        for group in range(15):
            posts = (ours.post(str(number)) for number in range(4 * group, 4 * group + 4))
            await asyncio.gather(cut(7 * group), *posts)
        kept = [int(one.text) for one in await ours.recent_history(500)]
        assert sorted(kept) == list(range(60))
        assert [int(text) for text in await texts(ours, 60)] == kept
        assert [int(text) for text in await texts(theirs, 60)] == kept


async def test_without_coming_back(tmp_path: Path) -> None:
    once = replace(FAST, reconnect=False)
    async with house(tmp_path / "data") as there:
        bob = there.client("bob", settings=once)
        await bob.open()
        room = await bob.join(there.room("Lobby"))
        there.cut_connections()
        with pytest.raises(ClientClosed) as caught:
            await texts(room, 1)
        assert isinstance(caught.value.__cause__, Disconnected)
        with pytest.raises((ClientClosed, Disconnected)):
            await room.post("hello?")
        await bob.close()


async def test_a_stopped_server_and_a_new_one(tmp_path: Path) -> None:
    data = tmp_path / "data"

    async def serve(port: int | None, bob: Client | None) -> tuple[House, Client]:
        async with house(data, port=port) as there:
            client = bob or there.client("bob", settings=FAST)
            if bob is None:
                await client.open()
                await client.join(there.room("Lobby"))
            await client.post(there.room("Lobby"), f"on {port}")
            return there, client

    there, bob = await serve(None, None)
    for _ in range(3):
        await serve(int(there.server.rpartition(":")[2]), bob)
    assert len(await texts(bob.rooms[0], 4)) == 4
    await bob.close()
