"""How far somebody has read."""

from __future__ import annotations

from typing import Any

from parlour.xccos.types import GetUnread, MarkRead, Unread
from tests.channel.scene import MISSING, OPEN, OTHER, SECRET, Scene, chat, room_at


async def test_a_mark_is_kept_for_all_endpoints_and_never_goes_back() -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        for text in ("하나", "둘", "셋"):
            await bob.say(chat(text))
        there = await scene.called(endpoint="e2")
        for number, mark, count in ((2, 2, 1), (1, 2, 1), (99, 3, 0)):
            body: Any = (await alice.ask(MarkRead(1, room_at(OPEN), number))).body
            assert body.rooms == (Unread(room_at(OPEN), mark, count),)
        await bob.say(chat("넷"))
        body = (await there.ask(GetUnread(1))).body
        assert body.rooms == (Unread(room_at(OPEN), 3, 1),)


async def test_rooms_that_are_named_are_each_answered() -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        await alice.say(chat("one's own"))
        await bob.say(chat("하나"))
        rooms = (OPEN, OTHER, SECRET, MISSING)
        body: Any = (await alice.ask(GetUnread(1, tuple(map(room_at, rooms))))).body
        assert body.rooms == (Unread(room_at(OPEN), 0, 1), Unread(room_at(OTHER), 0, 0))
        assert [(one.guid, one.code) for one in body.failed] == [(SECRET, 404), (MISSING, 404)]
        for room in (SECRET, MISSING):
            assert (await alice.ask(MarkRead(1, room_at(room), 1))).code == 404
