"""Who is let in, who replaces whom, what survives a lost dialog, and how the service stops."""

from __future__ import annotations

from typing import Any

import pytest

from parlour.channel.refusals import code_for, diagnosis_for
from parlour.channel.returning import ReturningEndpoints
from parlour.rooms.model import Limits, RoomId
from parlour.rooms.refusals import Refusal
from parlour.sip.message import Response
from parlour.ua.incoming import IncomingRequest
from parlour.xccos.types import RequestUri
from tests.channel.scene import LYNC_AGENT, SIPE_AGENT, Scene, chat, join, part
from tests.hub.fakes import OPEN, person


def code(response: Response) -> str:
    return (response.headers.get("ms-diagnostics") or "").partition(";")[0]


async def test_who_may_not_chat_is_refused_with_the_code_clients_know() -> None:
    async with Scene() as scene:
        response = scene.client("carol").call()
        assert (response.status, code(response)) == (403, "20010")
        assert not scene.service.session_count


async def test_a_service_before_this_one_turns_the_same_people_away() -> None:
    async with Scene() as scene:
        handle = scene.service.handle_invite

        def begin_elsewhere(incoming: IncomingRequest) -> None:
            if not scene.service.turns_away(incoming):
                handle(incoming)

        scene.service.handle_invite = begin_elsewhere  # type: ignore[method-assign]
        response = scene.client("carol").call()
        assert (response.status, code(response)) == (403, "20010")
        assert scene.service.refusals.total() == 1
        assert scene.client("alice").call().status == 200


async def test_too_many_endpoints() -> None:
    async with Scene(limits=Limits(endpoints_per_user=2)) as scene:
        await scene.called(endpoint="e1")
        await scene.called(endpoint="e2")
        response = scene.client(endpoint="e3").call()
        assert (response.status, code(response)) == (486, "20009")
        await scene.called(endpoint="e2")
        assert scene.service.session_count == 2


async def test_a_full_or_stopping_service_asks_to_come_again() -> None:
    async with Scene(sessions=1) as scene:
        await scene.called()
        response = scene.client("bob").call()
        assert (response.status, code(response)) == (503, "20000")
        assert response.headers.get("Retry-After") == "5"
        await scene.service.close()
        assert scene.client("bob").call().status == 503


async def test_a_hub_that_drains_takes_nobody_new_and_keeps_those_it_has() -> None:
    async with Scene() as scene:
        alice = await scene.joined()
        scene.hub.draining = True
        response = scene.client("bob").call()
        assert (response.status, code(response)) == (503, "20000")
        assert response.headers.get("Retry-After") == "5"
        assert await alice.say(chat("still here")) == 200
        assert alice.chats() == ["still here"]


async def test_a_caller_whom_nobody_vouches_for() -> None:
    async with Scene() as scene:
        alice = scene.client()
        handle = scene.service.handle_invite

        def without_identity(incoming: IncomingRequest) -> None:
            incoming.identity = None
            handle(incoming)

        scene.service.handle_invite = without_identity  # type: ignore[method-assign]
        response = alice.call()
        assert (response.status, code(response)) == (400, "20002")


async def test_a_surprise_at_the_door_is_told_and_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with Scene() as scene:

        def fail(*_: object) -> object:
            raise RuntimeError("out of luck")

        for owner, name in ((scene.endpoint, "prepare_dialog"), (scene.endpoint, "begin_dialog"), (scene.hub, "enter")):
            with monkeypatch.context() as patch:
                patch.setattr(owner, name, fail)
                response = scene.client().call()
            assert (response.status, code(response)) == (500, "20004")
            assert not scene.service.session_count
            assert not scene.hub.presence.all_visits()
        assert "out of luck" in caplog.text


@pytest.mark.parametrize(
    ("reason", "diagnosis"),
    [
        (Refusal.NOT_PROVISIONED, (403, 20010)),
        (Refusal.TOO_MANY_ENDPOINTS, (486, 20009)),
        (Refusal.BUSY, (503, 20000)),
        (Refusal.UNAVAILABLE, (503, 20000)),
        (Refusal.NOT_PERMITTED, (403, 20003)),
    ],
)
def test_refusals_at_the_door(reason: Refusal, diagnosis: tuple[int, int]) -> None:
    assert diagnosis_for(reason)[:2] == diagnosis


async def test_losing_the_right_to_chat_ends_the_session() -> None:
    async with Scene() as scene:
        alice = await scene.joined()
        scene.directory.put(person("alice", chat_enabled=False))
        await alice.settle()
        assert alice.byes == 1
        assert not scene.service.session_count


@pytest.mark.parametrize("agent", [SIPE_AGENT, LYNC_AGENT])
async def test_the_same_endpoint_on_the_same_connection_replaces_in_silence(agent: str) -> None:
    async with Scene() as scene:
        first = await scene.joined(agent=agent)
        second = first.again()
        assert second.call().status == 200
        await second.settle()
        assert (first.byes, second.byes, scene.service.session_count) == (0, 0, 1)
        assert first.send("INFO") == 481


async def test_the_same_endpoint_on_another_connection_has_the_old_dialog_hung_up() -> None:
    async with Scene() as scene:
        first, second = await scene.joined(), await scene.called()
        await second.settle()
        first.pump()
        assert (first.byes, second.byes, scene.service.session_count) == (1, 0, 1)
        await second.say(chat("not seated here"))
        assert second.chats() == []


async def test_endpoints_without_a_name_do_not_replace_each_other() -> None:
    async with Scene() as scene:
        await scene.called(endpoint="")
        await scene.called(endpoint="")
        assert scene.service.session_count == 2


async def test_after_a_lost_dialog_sipe_is_seated_again_where_it_thinks_it_is() -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        alice.answering = 481
        await bob.say(chat("1"))
        alice.pump()
        assert not scene.hub.presence.visits_of("sip:alice@example.com")
        assert alice.send("INFO") == 481
        back = alice.again()
        assert back.call().status == 200
        posted = back.start(chat("2"))
        await back.settle()
        assert back.status(posted) == 200
        assert (back.chats(), bob.chats()) == (["2"], ["1", "2"])


async def test_sipe_asks_for_our_address_before_it_comes_back() -> None:
    """After a 481 it calls to ask, at our own address when provisioning names that, hangs up and calls again."""
    async with Scene() as scene:
        alice = await scene.joined()
        (session,) = scene.service._sessions
        assert session._dialog is not None
        session._dialog.forget("session expired")
        asking = alice.again()
        asking.call()
        assert await asking.say(RequestUri(1)) == 200
        asking.send("BYE")
        back = asking.again()
        back.call()
        assert await back.say(chat("here I am")) == 200
        assert back.chats() == ["here I am"]


async def test_replaced_on_its_own_connection_sipe_keeps_its_rooms() -> None:
    async with Scene() as scene:
        alice = await scene.joined()
        back = alice.again()
        back.call()
        assert await back.say(chat("still here")) == 200
        assert back.chats() == ["still here"]


@pytest.mark.parametrize(("agent", "byes"), [(SIPE_AGENT, 0), (LYNC_AGENT, 1), ("Linphone/5.2", 1), ("", 1)])
async def test_a_session_that_nobody_refreshes_ends_with_a_bye_but_for_sipe(agent: str, byes: int) -> None:
    """SIPE would not come back after it; everybody else would not know."""
    async with Scene() as scene:
        alice = await scene.joined(agent=agent)
        (session,) = scene.service._sessions
        assert session._dialog is not None
        scene.now += 1801
        session._dialog.handle_timer(scene.now)
        alice.pump()
        assert (alice.byes, scene.service.session_count) == (byes, 0)
        assert alice.send("INFO") == 481


@pytest.mark.parametrize("busy", ["drains", "stops", "is full", "has much to do"])
async def test_sipe_is_not_refused_where_it_calls_first(busy: str) -> None:
    """It would give group chat up until it signs in again. Everybody else is told when to come again."""
    async with Scene(
        sessions=0 if busy == "is full" else 9, pending_total=0 if busy == "has much to do" else 9
    ) as scene:
        scene.hub.draining = busy == "drains"
        scene.service.draining = busy == "stops"
        scene.service.stand_in = lambda incoming: incoming.respond(200)
        assert scene.client(agent=SIPE_AGENT).call().status == 200
        for agent in (LYNC_AGENT, ""):
            assert scene.client(agent=agent).call().status == 503
        assert scene.client("carol", agent=LYNC_AGENT).call().status in (403, 503)


@pytest.mark.parametrize("end", ["bye", "other connection", "other client"])
async def test_who_hung_up_or_comes_from_elsewhere_is_seated_nowhere(end: str) -> None:
    async with Scene() as scene:
        alice = await scene.joined(agent=LYNC_AGENT if end == "other client" else SIPE_AGENT)
        if end == "bye":
            alice.send("BYE")
        else:
            alice.answering = 481
            (session,) = scene.service._sessions
            assert session._dialog is not None
            session._dialog.forget("answered 481")
        back = scene.client() if end == "other connection" else alice.again()
        assert back.call().status == 200
        await back.settle()
        (visit,) = scene.hub.presence.visits_of("sip:alice@example.com")
        assert not visit.seats


async def test_leaving_is_told_to_those_who_stay() -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        alice.wire.close()
        await bob.settle()
        assert [notice.name for notice in bob.notices()] == ["part"]


async def test_stopping_hangs_up_and_tells_nobody_that_the_others_left() -> None:
    async with Scene() as scene:
        clients = [await scene.joined(), await scene.joined("bob")]
        for client in clients:
            client.forget()
        await scene.service.close()
        for client in clients:
            client.pump()
            assert (client.byes, client.notices()) == (1, [])


async def test_stopping_waits_for_posts_under_way() -> None:
    async with Scene() as scene:
        alice = await scene.joined()
        number = alice.start(chat("almost"))
        await scene.service.close()
        assert alice.status(number) == 200
        assert [post.text for post in await scene.store.posts.last(OPEN, 1)] == ["almost"]


UNACCEPTABLE: list[tuple[int, dict[str, Any]]] = [
    (400, {"offer": b"v=0\r\nm=\r\n"}),
    (415, {"offer": b"hello", "content_type": "text/plain"}),
    (422, {"more": [("Supported", "timer"), ("Session-Expires", "60")]}),
    (488, {"offer": b"v=0\r\nm=audio 1 RTP/AVP 0\r\n"}),
]


@pytest.mark.parametrize(("status", "invite"), UNACCEPTABLE)
async def test_an_invite_that_cannot_be_accepted_leaves_nothing_behind(status: int, invite: dict[str, Any]) -> None:
    async with Scene() as scene:
        assert scene.client().call(**invite).status == status
        assert not scene.service.session_count
        assert not scene.hub.presence.all_visits()
        assert not scene.endpoint._pipes


@pytest.mark.parametrize("agent", [SIPE_AGENT, LYNC_AGENT])
@pytest.mark.parametrize("same_connection", [True, False])
@pytest.mark.parametrize(("status", "invite"), UNACCEPTABLE)
async def test_an_invite_that_cannot_be_accepted_leaves_the_earlier_session_alone(
    status: int, invite: dict[str, Any], same_connection: bool, agent: str
) -> None:
    async with Scene() as scene:
        first, bob = await scene.joined(agent=agent), await scene.joined("bob")
        second = first.again() if same_connection else scene.client(agent=agent)
        assert second.call(**invite).status == status
        await bob.say(chat("still there?"))
        assert await first.say(chat("yes")) == 200
        assert first.chats() == bob.chats() == ["still there?", "yes"]
        assert (first.byes, bob.notices(), scene.service.session_count) == (0, [], 2)
        # Done better, it takes the earlier one's place.
        assert second.call().status == 200
        await second.settle()
        assert scene.service.session_count == 2
        assert first.send("INFO") == 481


async def test_a_hundred_sessions_come_and_go() -> None:
    async with Scene() as scene:
        for _ in range(100):
            alice = await scene.joined()
            await alice.say(part())
            await alice.say(join(OPEN))
            alice.wire.close()
        assert not scene.service._by_endpoint
        assert not scene.endpoint._pipes


def test_every_refusal_has_a_code() -> None:
    assert all(code_for(reason) >= 400 for reason in Refusal)
    assert all(diagnosis_for(reason)[0] >= 400 for reason in Refusal)


def test_returning_endpoints_are_given_their_rooms_once_and_for_a_while() -> None:
    now = [0.0]
    memory = ReturningEndpoints(lambda: now[0])
    rooms = (RoomId("r"),)
    memory.remember("a", "e", 1, rooms)
    assert memory.take("a", "e", 2) == ()
    assert memory.take("a", "e", 1) == rooms
    assert memory.take("a", "e", 1) == ()
    memory.remember("a", "e", 1, rooms)
    memory.remember("a", "e", 1, ())  # nothing to remember: what is known stays
    now[0] = 599.0
    assert memory.take("a", "e", 1) == rooms
    memory.remember("a", "e", 1, rooms)
    now[0] += 600.0
    assert memory.take("a", "e", 1) == ()
    for number in range(10_001):
        memory.remember("b", "e", number, rooms)
    assert memory.take("b", "e", 0) == ()
    assert memory.take("b", "e", 1) == rooms
