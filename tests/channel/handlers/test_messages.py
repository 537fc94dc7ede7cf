"""Removing messages over the wire, and who hears of it."""

from __future__ import annotations

from typing import Any

from parlour.hub.removing import DEFAULT_REPLACEMENT
from parlour.xccos.types import (
    DeleteMessage,
    GetPreference,
    MessageRef,
    Purged,
    PurgeRoom,
    ReplaceMessage,
)
from tests.channel.scene import LYNC_AGENT, MISSING, OPEN, SECRET, Scene, chat, recent, room_at, texts

SDK = "Parlour/0.2"


async def test_administrators_remove_and_those_who_asked_for_it_hear() -> None:
    async with Scene() as scene:
        dave, alice, bob = await scene.joined("dave"), await scene.joined(agent=SDK), await scene.joined("bob")
        for number in range(4):
            await bob.say(chat(f"{number}"))
        for client in (dave, alice, bob):
            client.forget()
        assert (await dave.ask(DeleteMessage(1, room_at(OPEN), 1))).body == MessageRef(room_at(OPEN), 1)
        assert (await dave.ask(ReplaceMessage(1, room_at(OPEN), 2, "삭제됨"))).body == MessageRef(room_at(OPEN), 2)
        assert (await dave.ask(ReplaceMessage(1, room_at(OPEN), 3))).code == 200
        assert texts([await dave.ask(recent())]) == ["삭제됨", DEFAULT_REPLACEMENT, "3"]
        until = (await scene.store.posts.last(OPEN, 1))[0].at
        assert (await dave.ask(PurgeRoom(1, room_at(OPEN), until))).body == Purged(room_at(OPEN), until)
        assert texts([await dave.ask(recent())]) == []
        heard: list[Any] = alice.notices()
        assert [one.name for one in heard] == ["msgdel", "msgrepl", "msgrepl", "chanpurge"]
        assert heard[0].body == MessageRef(room_at(OPEN), 1)
        assert (heard[1].body.message.chat_id, heard[1].body.message.text) == (2, "삭제됨")
        assert heard[3].body == Purged(room_at(OPEN), until)
        assert bob.notices() == []


async def test_who_hears_of_removals() -> None:
    async with Scene() as scene:
        dave = await scene.joined("dave", agent=LYNC_AGENT)
        alice, bob = await scene.joined(agent=LYNC_AGENT), await scene.joined("bob", agent=LYNC_AGENT)
        for _ in range(2):
            await bob.say(chat("x"))
        await alice.ask(GetPreference(1, "parlour.features"))
        await bob.ask(GetPreference(1, "kedzie.GroupChannels"))
        for client in (dave, alice, bob):
            client.forget()
        await dave.say(DeleteMessage(1, room_at(OPEN), 1))
        assert [one.name for one in alice.notices()] == ["msgdel"]
        assert [one.name for one in dave.notices()] == ["msgdel"]
        assert bob.notices() == []


async def test_refusals() -> None:
    async with Scene() as scene:
        dave, alice = await scene.called("dave"), await scene.joined()
        await alice.say(chat("x"))
        for ask in (
            lambda room: DeleteMessage(1, room_at(room), 1),
            lambda room: ReplaceMessage(1, room_at(room), 1, "y"),
            lambda room: PurgeRoom(1, room_at(room), 2**50),
        ):
            assert (await alice.ask(ask(OPEN))).code == 403
            secret, missing = await alice.ask(ask(SECRET)), await alice.ask(ask(MISSING))
            assert (secret.code, secret.text) == (missing.code, missing.text) == (404, missing.text)
        for number in (0, 9, 2**64 - 1):
            assert (await dave.ask(DeleteMessage(1, room_at(OPEN), number))).code == 423
        assert (await dave.ask(ReplaceMessage(1, room_at(OPEN), 1, "x" * 9000))).code == 413
