"""Documents that clients keep."""

from __future__ import annotations

from typing import Any

from parlour.xccos.types import GetPreference, Preference, SetPreference
from tests.channel.scene import LYNC_AGENT, Scene


async def test_a_document_is_kept_given_and_not_given_again() -> None:
    async with Scene() as scene:
        alice = await scene.called(agent=LYNC_AGENT)
        assert (await alice.ask(GetPreference(1, "방 목록"))).body == Preference("방 목록", 0)
        assert (await alice.ask(SetPreference(1, "방 목록", "aGVsbG8="))).body == Preference("방 목록", 1)
        assert (await alice.ask(GetPreference(1, "방 목록"))).body == Preference("방 목록", 1, "aGVsbG8=")
        assert (await alice.ask(GetPreference(1, "방 목록", version=1))).body == Preference("방 목록", 1)
        bob = await scene.called("bob")
        assert (await bob.ask(GetPreference(1, "방 목록"))).body == Preference("방 목록", 0)


async def test_an_empty_document_is_made_for_the_asking() -> None:
    async with Scene() as scene:
        alice = await scene.called()
        body: Any = (await alice.ask(GetPreference(1, "kedzie.GroupChannels", create_default=True))).body
        assert (body.version, body.content) == (1, "")


async def test_several_in_one_envelope_are_answered_one_by_one() -> None:
    async with Scene() as scene:
        alice = await scene.called()
        await alice.ask(SetPreference(1, "a", "QQ=="))
        await alice.say(GetPreference(1, "a"), GetPreference(2, "b"))
        assert [(one.command_seqid, one.body) for one in alice.replies()] == [
            (1, Preference("a", 1, "QQ==")),
            (2, Preference("b", 0)),
        ]


async def test_a_stale_copy_is_refused_and_the_other_endpoints_are_told_of_a_new_one() -> None:
    async with Scene() as scene:
        here, there = await scene.called(agent=LYNC_AGENT), await scene.called(endpoint="e2", agent=LYNC_AGENT)
        await here.ask(SetPreference(1, "a", "QQ=="))
        await there.ask(SetPreference(1, "a", "Qg==", version=1))
        await here.settle()
        assert [(one.name, one.body) for one in here.notices()] == [("prefmodified", Preference("a", 2))]
        assert there.notices() == []
        assert (await here.ask(SetPreference(1, "a", "Qw==", version=1))).code == 410
        assert (await here.ask(GetPreference(1, "a"))).body == Preference("a", 2, "Qg==")


async def test_too_much_is_refused() -> None:
    async with Scene() as scene:
        alice = await scene.called()
        assert (await alice.ask(SetPreference(1, "a" * 256, "QQ=="))).code == 413
        assert (await alice.ask(SetPreference(1, "a", "Q" * 200_000))).code == 413
