"""What servers do seldom: busy, silent, forgetful, late, wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from parlour import __version__
from parlour.client import (
    Busy,
    ClientClosed,
    ConnectionLost,
    ConnectionResumed,
    EventsLost,
    LimitExceeded,
    MessageHeard,
    NotProvisioned,
    NotSupported,
    PermissionDenied,
    PostRefused,
    Room,
    SignInRefused,
    SipError,
    TimedOut,
)
from parlour.sip.auth import digest
from parlour.sip.message import Request
from parlour.ua.incoming import IncomingRequest
from parlour.xccos.encode import Fragment, group_chat, room_refusal
from parlour.xccos.types import GroupChat
from tests.client.scripted import DOMAIN, FAST, POOL, ROOM, ScriptedServer, hang_up, pass_on, say_no, scripted


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted() as made:
        yield made


def chat(number: int | None, text: str = "x") -> Fragment:
    return group_chat(ROOM, GroupChat(1, ROOM, "sip:bob@example.com", text, "Bob", chat_id=number, at=1))


def infos(server: ScriptedServer) -> list[bytes]:
    return [request.body for request in server.requests if request.method == "INFO"]


async def heard(room: Room, count: int) -> list[str]:
    texts: list[str] = []
    async with asyncio.timeout(60):
        async for message in room.messages():
            texts.append(message.text)
            if len(texts) == count:
                break
    return texts


async def test_the_call_flow(server: ScriptedServer) -> None:
    async with server.client() as client:
        await client.join(ROOM)
    assert server.methods()[:6] == ["REGISTER", "SUBSCRIBE", "INVITE", "ACK", "INFO", "INFO"]
    assert server.methods()[6:] == ["BYE", "REGISTER"]
    assert server.requests[-1].expires == 0
    invite = server.requests[2]
    assert invite.uri == POOL
    assert {request.headers.get("User-Agent") for request in server.requests} == {f"Parlour/{__version__}"}
    registers = [request for request in server.requests if request.method == "REGISTER"]
    assert len({request.call_id for request in registers}) == 1
    assert "+sip.instance" in (registers[0].headers.get("Contact") or "")


# Busy ---------------------------------------------------------------------------------------------------------------


async def test_a_busy_server_gets_the_same_post_again_after_the_time_it_asked_for(server: ScriptedServer) -> None:
    async with server.client() as client:
        await client.join(ROOM)
        server.once("INFO", say_no(503, "", ("Retry-After", "1")))
        began = asyncio.get_running_loop().time()
        await client.post(ROOM, "hello")
        assert asyncio.get_running_loop().time() - began >= 1.0
    assert len(server.posts) == 1
    *_, refused, taken = infos(server)
    assert refused == taken


async def test_always_busy(server: ScriptedServer) -> None:
    async with server.client(settings=replace(FAST, answer_timeout=0.3)) as client:
        for _ in range(50):
            server.once("INFO", say_no(503))
        with pytest.raises(TimedOut):
            await client.post(ROOM, "hello")


async def test_busy_at_sign_in_is_told(server: ScriptedServer) -> None:
    server.once("REGISTER", say_no(503, "Too Many Failed Sign-Ins", ("Retry-After", "30")))
    with pytest.raises(Busy) as caught:
        await server.client().open()
    assert caught.value.retry_after == 30


# Lost ---------------------------------------------------------------------------------------------------------------


async def test_a_post_whose_answer_is_lost_goes_out_again_as_it_was(server: ScriptedServer) -> None:
    async with server.client() as client:
        server.once("INFO", hang_up)
        await client.post(ROOM, "hello")
        await client.post(ROOM, "hello")
    (first, kept), (second, other) = server.posts
    sent = infos(server)
    assert sent.count(sent[1]) == 2
    assert first != second
    assert (kept.seqid, kept.text) == (other.seqid, other.text)
    assert kept.at is not None


@pytest.mark.parametrize("status", [481, 408])
async def test_a_server_that_has_forgotten_the_dialog(server: ScriptedServer, status: int) -> None:
    async with server.client() as client:
        events = client.events()
        server.once("INFO", say_no(status))
        await client.post(ROOM, "hello")
        assert isinstance(await anext(events), ConnectionLost)
        assert isinstance(await anext(events), ConnectionResumed)
    assert len(server.posts) == 1
    assert server.methods().count("INVITE") == 2


async def test_a_server_that_hangs_up_in_words(server: ScriptedServer) -> None:
    async with server.client() as client:
        dialog = server.dialogs[0].dialog
        assert dialog is not None
        dialog.bye("maintenance")
        await client.post(ROOM, "hello")
        lost = await anext(client.events())
        assert isinstance(lost, ConnectionLost)
        assert "maintenance" in lost.reason
    assert len(server.posts) == 1


async def test_attempts_to_come_back(server: ScriptedServer) -> None:
    async with server.client() as client:
        server.once("REGISTER", say_no(500))
        server.once("REGISTER", hang_up)
        server.once("REGISTER", pass_on)
        server.once("INVITE", say_no(503, "", ("Retry-After", "1")))
        server.once("INFO", hang_up)
        await client.post(ROOM, "hello")
    assert len(server.posts) == 1


async def test_not_wanted_any_more(server: ScriptedServer) -> None:
    async with server.client() as client:
        server.once("REGISTER", say_no(403, "Account Disabled"))
        server.once("INFO", hang_up)
        with pytest.raises(ClientClosed) as caught:
            await client.post(ROOM, "hello")
        assert isinstance(caught.value.__cause__, SignInRefused)


async def test_a_command_in_flight_is_asked_again(server: ScriptedServer) -> None:
    def answered_but_never_replied(incoming: IncomingRequest) -> bool:
        incoming.respond(200)
        asyncio.get_running_loop().call_later(0.05, incoming.connection.abort)
        return True

    async with server.client() as client:
        server.once("INFO", answered_but_never_replied)
        assert (await client.join(ROOM)).name == "Room"


async def test_silence_is_noticed_by_the_refresh(server: ScriptedServer) -> None:
    async with server.client(settings=replace(FAST, keep_alive=0.1)) as client:
        await server.until(lambda: server.methods().count("UPDATE") >= 1)
        server.once("UPDATE", say_no(481))
        events = client.events()
        async with asyncio.timeout(60):
            assert isinstance(await anext(events), ConnectionLost)
            assert isinstance(await anext(events), ConnectionResumed)


async def test_a_reply_that_never_comes(server: ScriptedServer) -> None:
    async with server.client(settings=replace(FAST, answer_timeout=0.2)) as client:
        server.once("INFO", lambda incoming: incoming.respond(200) is None)
        with pytest.raises(TimedOut):
            await client.join(ROOM)


async def test_registration_is_renewed(server: ScriptedServer) -> None:
    def briefly(incoming: IncomingRequest) -> bool:
        incoming.respond(200, headers=[("Expires", "1")])
        return True

    server.once("REGISTER", briefly)
    async with server.client():
        await server.until(lambda: server.methods().count("REGISTER") == 2)


# Wrong --------------------------------------------------------------------------------------------------------------


async def test_refused_posts(server: ScriptedServer) -> None:
    async with server.client() as client:
        server.once("INFO", say_no(403, "ERROR_LIMIT_EXCEEDED"))
        with pytest.raises(LimitExceeded):
            await client.post(ROOM, "long")
        server.once("INFO", say_no(440, "Blocked"))
        with pytest.raises(SipError, match="440"):
            await client.post(ROOM, "blocked")
        server.once("INFO", say_no(400, "Bad"))
        with pytest.raises(SipError, match="400"):
            await client.search_rooms()
        with pytest.raises(NotSupported):
            await client.search_rooms()


async def test_a_post_refused_after_it_was_taken(server: ScriptedServer) -> None:
    async with server.client() as client:
        room = await client.join(ROOM)
        await room.post("hello")
        envid, post = server.posts[0]
        server.dialogs[0].say(room_refusal(envid, post, 403, ROOM))
        event = await anext(room.events())
        assert isinstance(event, PostRefused)
        assert isinstance(event.error, PermissionDenied)


async def test_nonsense_is_survived(server: ScriptedServer) -> None:
    async with server.client() as client:
        room = await client.join(ROOM)
        dialog = server.dialogs[0].dialog
        assert dialog is not None
        for body in (b"", b"not xml", b"<a/>", b'<!DOCTYPE a><xccos ver="1" envid="1"/>'):
            dialog.push([body])
        server.dialogs[0].say(chat(1, "still here"))
        assert await heard(room, 1) == ["still here"]


async def test_several_messages_in_one_envelope_and_repeats(server: ScriptedServer) -> None:
    async with server.client() as client:
        room = await client.join(ROOM)
        server.dialogs[0].say(chat(4, "four"), chat(5, "five"), chat(5, "again"), chat(6, "six"))
        server.dialogs[0].say(chat(6, "again"), chat(None, "unnumbered"))
        assert await heard(room, 4) == ["four", "five", "six", "unnumbered"]


async def test_a_slow_reader_is_told_what_it_lost(server: ScriptedServer) -> None:
    async with server.client(settings=replace(FAST, events=3)) as client:
        room = await client.join(ROOM)
        server.dialogs[0].say(*(chat(number, str(number)) for number in range(1, 9)))
        async with asyncio.timeout(60):
            while len(room.queue) < 3 or room.heard.last != 8:
                await asyncio.sleep(0)
        with pytest.raises(EventsLost) as caught:
            await heard(room, 1)
        assert caught.value.count == 5
        assert await heard(room, 3) == ["6", "7", "8"]


async def test_strangers_get_answers(server: ScriptedServer) -> None:
    """Requests outside our dialog are refused, and nothing breaks."""
    async with server.client() as client:
        dialog = server.dialogs[0].dialog
        assert dialog is not None
        answers: list[int] = []
        for method, tag in (("INFO", ";tag=nobody"), ("MESSAGE", ""), ("OPTIONS", ""), ("BENOTIFY", "")):
            request = Request(
                method,
                f"sip:alice@{DOMAIN}",
                [
                    ("From", "<sip:x@example.com>;tag=1"),
                    ("To", f"<sip:alice@{DOMAIN}>{tag}"),
                    ("Call-ID", method),
                    ("CSeq", f"1 {method}"),
                    ("Max-Forwards", "70"),
                ],
            )
            server.endpoint.send_request(
                request, dialog.connection, lambda response: answers.append(response.status if response else 0)
            )
        in_dialog = dialog.dialog.build_request("UPDATE")
        server.endpoint.send_request(
            in_dialog, dialog.connection, lambda response: answers.append(response.status if response else 0)
        )
        async with asyncio.timeout(60):
            while len(answers) < 4:
                await asyncio.sleep(0.01)
        assert sorted(answers) == [200, 200, 405, 481]
        assert (await client.join(ROOM)).inside


async def test_the_client_allows_what_it_does(server: ScriptedServer) -> None:
    """In its dialog, where `INFO` would be read as an envelope and `BYE` end it."""
    async with server.client() as client:
        dialog = server.dialogs[0].dialog
        assert dialog is not None
        invite = next(request for request in server.requests if request.method == "INVITE")
        allowed = {method.upper() for method in invite.tokens("Allow")}
        answers: dict[str, int] = {}
        for method in ("INVITE", "MESSAGE", "OPTIONS", "REFER", "UPDATE"):
            server.endpoint.send_request(
                dialog.dialog.build_request(method),
                dialog.connection,
                lambda response, method=method: answers.update({method: response.status if response else 0}),
            )
        async with asyncio.timeout(60):
            while len(answers) < 5:
                await asyncio.sleep(0.01)
        assert {method for method, status in answers.items() if status != 405} == allowed - {"ACK", "BYE", "INFO"}
        assert (await client.join(ROOM)).inside


# Beginning ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [403, 404])
async def test_sign_in_refused(server: ScriptedServer, status: int) -> None:
    server.once("REGISTER", say_no(status))
    with pytest.raises(SignInRefused):
        await server.client().open()


async def test_a_challenge_that_nobody_can_answer(server: ScriptedServer) -> None:
    server.once("REGISTER", say_no(401, "", ("WWW-Authenticate", "Bearer realm=x")))
    with pytest.raises(SignInRefused):
        await server.client().open()


async def test_digest_for_every_request(server: ScriptedServer) -> None:
    """A server that does not bind connections challenges whatever comes."""
    challenge = ("WWW-Authenticate", digest.Challenge("example.com", "n").render())
    asked: list[Request] = []

    def check(incoming: IncomingRequest) -> bool:
        given = digest.parse_credentials(incoming.request.headers.get("Authorization") or "")
        assert isinstance(given, digest.Credentials)
        ha1 = digest.compute_ha1("alice@example.com", "example.com", "secret", digest.Algorithm.SHA_256)
        assert digest.verify(given, incoming.request.method, ha1)
        asked.append(incoming.request)
        return False

    for method in ("REGISTER", "SUBSCRIBE", "INVITE", "INFO", "INFO"):
        server.once(method, say_no(401, "", challenge))
        server.once(method, check)
    async with server.client() as client:
        await client.post(ROOM, "hello")
    assert [request.method for request in asked] == ["REGISTER", "SUBSCRIBE", "INVITE", "INFO", "INFO"]
    assert [request.cseq.number for request in asked] == [2, 2, 2, 4, 6]
    assert len(server.posts) == 1


async def test_a_longer_session_is_agreed_to(server: ScriptedServer) -> None:
    server.once("INVITE", say_no(422, "", ("Min-SE", "7200")))
    async with server.client():
        pass
    invites = [request for request in server.requests if request.method == "INVITE"]
    assert [one.headers.get("Session-Expires") for one in invites] == ["1800", "7200"]
    assert invites[1].headers.get("Min-SE") == "7200"


async def test_not_enabled_for_chat(server: ScriptedServer) -> None:
    server.once("INVITE", say_no(403, "", ("ms-diagnostics", '20010;reason="x";source="y"')))
    with pytest.raises(NotProvisioned):
        await server.client().open()


async def test_a_call_refused(server: ScriptedServer) -> None:
    server.once("INVITE", say_no(486))
    with pytest.raises(SipError, match="486"):
        await server.client().open()
    assert server.methods()[-1] == "REGISTER"


async def test_without_provisioning_the_lookup_service_is_asked(server: ScriptedServer) -> None:
    server.once("SUBSCRIBE", say_no(489))
    with pytest.raises(NotSupported):
        await server.client().open()
    assert [request.uri for request in server.requests if request.method == "INVITE"] == [f"sip:ocschat@{DOMAIN}"]


async def test_a_server_that_says_nothing_at_all(server: ScriptedServer) -> None:
    server.once("REGISTER", lambda incoming: True)
    with pytest.raises(TimedOut):
        await server.client(settings=replace(FAST, sign_in_timeout=0.3)).open()


async def test_cancelling_an_opening_leaves_nothing_behind(server: ScriptedServer) -> None:
    server.once("INVITE", lambda incoming: True)
    opening = asyncio.create_task(server.client().open())
    await server.until(lambda: "INVITE" in server.methods())
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    async with asyncio.timeout(60):
        while server.endpoint.connection_count:
            await asyncio.sleep(0.01)


async def test_messages_before_joining_are_nobodys(server: ScriptedServer) -> None:
    async with server.client() as client:
        server.dialogs[0].say(chat(1))
        room = await client.join(ROOM)
        server.dialogs[0].say(chat(2, "two"))
        event = await anext(client.events())
        assert isinstance(event, MessageHeard)
        assert (event.message.text, event.room_uri) == ("two", room.uri)
