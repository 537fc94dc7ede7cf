"""The inbound side under load: what is refused, who goes first, and that nothing is done twice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from parlour.channel.commands import HANDLERS
from parlour.xccos.types import CreateRoom, GetPreference, RequestUri, RoomSettings, SearchRooms, SetPreference
from tests.channel.scene import LYNC_AGENT, Client, Scene, category_at, chat, join, part, recent
from tests.hub.fakes import OPEN, PLANT


def diagnosis(client: Client, cseq: int) -> str:
    client.pump()
    return (client.statuses[cseq].headers.get("ms-diagnostics") or "").partition(";")[0]


def follow(monkeypatch: pytest.MonkeyPatch, kind: type) -> list[str]:
    """Who has commands of this kind carried out, as they are begun."""
    served: list[str] = []
    handler = HANDLERS[kind]

    async def followed(caller: Any, command: Any) -> Any:
        served.append(caller.person.uri.removeprefix("sip:").partition("@")[0])
        return await handler(caller, command)

    monkeypatch.setitem(HANDLERS, kind, followed)  # type: ignore[arg-type]
    return served


async def test_who_asks_politely_waits_for_two_others_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Scene() as scene:
        served = follow(monkeypatch, SearchRooms)
        greedy = [await scene.called("alice", endpoint=f"e{number}") for number in range(8)]
        polite = [await scene.called(name) for name in ("bob", "minji")]
        for client in greedy:
            for _ in range(64):
                client.start(SearchRooms(1))
        assert len(served) <= 1
        for client in polite:
            client.start(SearchRooms(1))
        await polite[0].settle()
        assert served.count("alice") == 512
        assert served.index("bob") <= 2
        assert served.index("minji") <= 3
        for client in greedy:
            assert [reply.code for reply in client.replies()] == [200] * 64


async def test_an_envelope_full_of_commands_is_no_shorter_way(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Scene() as scene:
        served = follow(monkeypatch, SearchRooms)
        alice, bob = await scene.called(), await scene.called("bob")
        alice.start(*[SearchRooms(number) for number in range(1, 201)])
        bob.start(SearchRooms(1))
        await bob.settle()
        assert served.index("bob") <= 2
        assert [reply.command_seqid for reply in alice.replies()] == list(range(1, 201))


async def test_one_command_of_a_person_at_a_time_whatever_the_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Scene() as scene:
        clients = [await scene.called(endpoint=f"e{number}") for number in range(4)]
        bob = await scene.called("bob")
        scene.store.posts.hold()
        for client in clients:
            client.start(join(OPEN))
        await bob.ask(RequestUri(1))
        assert len(scene.hub.presence.visits_of("sip:alice@example.com")) == 4
        arriving = [visit for visit in scene.hub.presence.visits_of("sip:alice@example.com") if visit.arriving]
        assert len(arriving) == 1
        scene.store.posts.release()
        for client in clients:
            await client.settle()
            assert client.replies()[-1].code == 200


async def test_posts_do_not_wait_for_turns() -> None:
    async with Scene() as scene:
        alice, there = await scene.joined(), await scene.joined(endpoint="e2")
        for _ in range(200):
            there.start(SearchRooms(1))
        cseq = alice.start(chat("하나"))
        for _ in range(12):
            await _turn(alice)
        assert alice.status(cseq) == 200
        await there.settle()
        assert len(there.replies()) == 200


async def _turn(client: Client) -> None:
    await asyncio.sleep(0)
    client.pump()


async def test_all_sessions_together_are_bounded() -> None:
    async with Scene(pending_total=6) as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        scene.store.posts.hold()
        taken = [alice.start(chat(str(number))) for number in range(6)]
        refused = bob.start(chat("refused"), envid=7)
        asked = bob.start(RequestUri(1))
        await alice.settle()
        assert [alice.status(one) for one in taken] == [0] * 6
        assert [(bob.status(one), diagnosis(bob, one)) for one in (refused, asked)] == [(503, "20011")] * 2
        assert bob.statuses[refused].headers.get("Retry-After") == "5"
        response = scene.client("minji").call()
        assert response.status == 503
        assert (response.headers.get("ms-diagnostics") or "").startswith("20008;")
        scene.store.posts.release()
        await alice.settle()
        assert await bob.say(chat("refused"), envid=7) == 200
        assert await bob.say(chat("refused"), envid=7) == 200
        assert bob.chats() == ["0", "1", "2", "3", "4", "5", "refused"]
        assert (scene.service.backlog.count, scene.service.backlog.size) == (0, 0)


async def test_their_bytes_are_bounded_too() -> None:
    async with Scene(pending_bytes=2000) as scene:
        alice = await scene.joined()
        scene.store.posts.hold()
        numbers = [alice.start(chat("가" * 300)) for _ in range(3)]
        await alice.settle()
        assert [alice.status(one) for one in numbers] == [0, 0, 503]
        scene.store.posts.release()


async def test_a_command_refused_with_503_and_sent_again_is_done_once() -> None:
    async with Scene(pending=2) as scene:
        await scene.equip()
        alice = await scene.joined()
        scene.store.posts.hold()
        for text in ("1", "2"):
            alice.start(chat(text))
        command = CreateRoom(1, RoomSettings("야간 근무", parent=category_at(PLANT.id)))
        refused = alice.start(command, envid=9)
        await alice.settle()
        assert alice.status(refused) == 503
        scene.store.posts.release()
        await alice.settle()
        assert scene.hub.catalogue.find_named("야간 근무") is None
        for _ in range(2):
            assert await alice.say(command, envid=9) == 200
        first, second = alice.replies()
        assert (first.code, first.body) == (second.code, second.body)
        assert first.code == 200


async def test_what_waits_when_the_connection_is_lost_is_not_counted_any_more() -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        scene.store.posts.hold()
        for text in ("1", "2"):
            alice.start(chat(text))
        for _ in range(5):
            alice.start(SearchRooms(1))
        alice.start(chat("3"))
        await bob.settle()
        assert scene.service.backlog.count == 8
        alice.wire.close()
        scene.store.posts.release()
        await bob.settle()
        assert (scene.service.backlog.count, scene.service.backlog.size) == (0, 0)
        assert bob.chats() == ["1", "2", "3"]


async def test_stopping_lets_everything_be_done_that_was_asked() -> None:
    async with Scene() as scene:
        alice = await scene.joined()
        for number in range(20):
            alice.start(SetPreference(1, f"label {number}", "QQ=="))
        cseq = alice.start(chat("마지막"))
        await scene.service.close()
        alice.pump()
        assert alice.status(cseq) == 200
        assert len(await scene.store.documents.all("sip:alice@example.com", "preference")) == 20


async def test_stopping_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Scene() as scene:
        alice = await scene.joined()
        scene.store.posts.hold()
        alice.start(SearchRooms(1), part(), GetPreference(2, "a"))
        alice.start(recent())
        settle = scene.service._settle
        monkeypatch.setattr(scene.service, "_settle", lambda _seconds: settle(0.05))
        await scene.service.close()
        assert not scene.service._tasks
        assert scene.service.turns.idle


async def test_a_history_that_is_asked_for_in_every_room_at_once_comes_whole() -> None:
    """As SIPE asks after a bjoin: one INFO for each room, all at once."""
    async with Scene() as scene:
        await scene.equip()
        rooms = [(await scene.make(f"방 {number:03}", lists=())).id for number in range(100)]
        alice = await scene.called(agent=LYNC_AGENT)
        assert (await alice.ask(join(*rooms))).code == 200
        numbers = [alice.start(recent(room)) for room in rooms]
        await alice.settle()
        assert [alice.status(one) for one in numbers] == [200] * 100
        assert [reply.code for reply in alice.replies()] == [200] * 100
