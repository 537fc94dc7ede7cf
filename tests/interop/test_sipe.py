"""pidgin-sipe, the one free client of the original, signs in, chats, leaves and comes back."""

from __future__ import annotations

import re
import time

import pytest

from tests.interop.conftest import MakeClient
from tests.interop.server import DOMAIN, Server
from tests.interop.sipe_client import SipeClient

pytestmark = pytest.mark.interop

HARD_TEXT = '안녕하세요, 펌프 3번 정상 👍🏽\n두 번째 줄 <b>&amp; "따옴표"</b>\n中文与日本語'


def enter(client: SipeClient, server: Server, room: str) -> None:
    client.send(command="join", uri=server.room(room))
    client.wait("joined", uri=server.room(room))
    client.wait("reply", id="rpl:bccontext")


def test_a_day_with_sipe(server: Server, sign_in: MakeClient, transport: str) -> None:
    """Sign in, list, join, see who is there, talk both ways, leave, and read it back."""
    alice, bob = sign_in("alice", transport), sign_in("bob", transport)

    alice.send(command="roomlist")
    alice.wait("room", name="Lobby", private=False)
    shift = alice.wait("room", name="Night Shift")
    assert shift["uri"] == server.room("Night Shift")
    alice.wait("roomlist-end")

    enter(alice, server, "Night Shift")
    enter(bob, server, "Night Shift")
    alice.wait_for(lambda one: one["event"] == "users-added" and f"sip:bob@{DOMAIN}" in str(one), "bob's arrival")
    bob.send(command="users", room="Night Shift")
    present = {user["uri"] for user in bob.wait("users")["users"]}
    assert {uri.removeprefix("sip:") for uri in present} == {f"alice@{DOMAIN}", f"bob@{DOMAIN}"}

    alice.send(command="send", room="Night Shift", text=HARD_TEXT)
    heard = bob.wait("message")
    as_sent = HARD_TEXT.replace("\n", "\r\n")
    assert heard["text"] == as_sent
    assert heard["author"].removeprefix("sip:") == f"alice@{DOMAIN}"
    assert alice.wait("message")["self"] is True  # SIPE shows nothing of its own: this is the server's copy
    bob.send(command="send", room="Night Shift", text="ok")
    assert alice.wait("message", text="ok")["author"].removeprefix("sip:") == f"bob@{DOMAIN}"
    bob.wait("message", text="ok")

    bob.send(command="leave", room="Night Shift")
    bob.wait("parted")
    alice.wait_for(lambda one: one["event"] == "users-removed" and f"bob@{DOMAIN}" in str(one), "bob's leaving")
    alice.send(command="send", room="Night Shift", text="gone?")
    alice.wait("message", text="gone?")

    enter(bob, server, "Night Shift")
    history = [bob.wait("message")["text"] for _ in range(3)]
    assert history == [as_sent, "ok", "gone?"]
    assert bob.quit() == 0


def test_nothing_sipe_says_stays_unanswered_or_unsigned(server: Server, sign_in: MakeClient, transport: str) -> None:
    alice = sign_in("alice", transport)
    enter(alice, server, "Lobby")
    alice.send(command="send", room="Lobby", text="hello")
    alice.wait("message", text="hello")
    alice.send(command="leave", room="Lobby")
    alice.wait("parted")
    alice.quit()
    log = alice.sip_log()
    assert "Authentication-Info: NTLM rspauth=" in log
    assert "Invalid message signature" not in log
    for complaint in ("no response", "Corrupted message", "transaction failed"):
        assert complaint.lower() not in log.lower()


def test_topic_is_shown(server: Server, sign_in: MakeClient) -> None:
    server.cli("room", "modify", "Lobby", "--topic", "오늘의 공지 <&>")
    alice = sign_in("alice")
    alice.send(command="join", uri=server.room("Lobby"))
    assert alice.wait("topic")["topic"] == "오늘의 공지 <&>"


def test_a_manager_is_shown_as_operator(server: Server, sign_in: MakeClient) -> None:
    managers = [one["uri"] for one in server.cli("room", "show", "Night Shift")["managers"]]
    assert managers, "the demo room has a manager"
    alice = sign_in("alice")
    enter(alice, server, "Night Shift")
    alice.send(command="users", room="Night Shift")
    users = {user["uri"].removeprefix("sip:"): user["chanop"] for user in alice.wait("users")["users"]}
    assert users[f"alice@{DOMAIN}"] is (f"sip:alice@{DOMAIN}" in managers)


def test_a_closed_room_keeps_others_out(server: Server, sign_in: MakeClient) -> None:
    carol = sign_in("carol")
    carol.send(command="join", uri=server.room("Night Shift"))
    assert carol.wait("reply", id="rpl:join")["code"] == 403
    enter(carol, server, "Lobby")  # and the session goes on


def test_wrong_password_is_final(server: Server, sign_in: MakeClient, transport: str) -> None:
    thief = sign_in("alice", transport, password="Wrong456", ready=False)
    error = thief.wait("connection-error")
    assert error["fatal"] is True
    assert error["reason"] == "authentication-failed"


@pytest.mark.parametrize("login", ["alice", "CONTOSO\\alice", f"alice@{DOMAIN}"])
def test_login_forms(server: Server, sign_in: MakeClient, login: str) -> None:
    sign_in("alice", "tcp", "--login", login)


def test_who_signs_in_while_the_server_drains_chats_when_it_has_resumed(
    server: Server, sign_in: MakeClient, transport: str
) -> None:
    """SIPE calls the pool as its lookup service: refused there it would give group chat up until it signs in again."""
    server.ask("service.drain")
    alice = sign_in("alice", transport, "--hurry", "1", ready=False)
    alice.wait("connected")
    for _ in range(2):
        alice.wait("reply", id="rpl:requri", code=504)
    assert server.ask("service.status")["sessions"] == 0
    server.ask("service.resume")
    alice.wait("reply", id="rpl:getinv", code=200)
    enter(alice, server, "Lobby")
    alice.send(command="send", room="Lobby", text="at last")
    alice.wait("message", text="at last")
    assert "disabling group chat feature" not in alice.sip_log()


def test_too_long_a_post_is_refused_and_not_kept(server: Server, sign_in: MakeClient) -> None:
    alice = sign_in("alice")
    enter(alice, server, "Lobby")
    alice.send(command="send", room="Lobby", text="가" * 3000)
    alice.wait("room-error")
    alice.send(command="send", room="Lobby", text="short")
    alice.wait("message", text="short")
    tail = server.cli("message", "tail", "Lobby")
    assert [one["text"] for one in tail] == ["short"]


def test_a_dropped_connection_is_taken_up_again(server: Server, sign_in: MakeClient, transport: str) -> None:
    """The server goes away with kill -9 and comes back: rooms are rejoined with one bjoin, and history is complete."""
    alice = sign_in("alice", transport, "--reconnect", "1")
    enter(alice, server, "Lobby")
    enter(alice, server, "Night Shift")
    alice.send(command="send", room="Lobby", text="before")
    alice.wait("message", text="before")

    server.kill()
    alice.wait("connection-error", fatal=False)
    server.start()
    alice.ready()
    alice.wait("reply", id="rpl:bjoin", code=200)
    alice.wait("message", text="before")
    alice.send(command="send", room="Lobby", text="after")
    alice.wait("message", text="after")


def test_kill_while_posting_loses_nothing_that_was_shown(server: Server, sign_in: MakeClient) -> None:
    alice, bob = sign_in("alice"), sign_in("bob", "tcp", "--reconnect", "1")
    enter(alice, server, "Lobby")
    enter(bob, server, "Lobby")
    for number in range(40):
        alice.send(command="send", room="Lobby", text=f"post {number}")
    heard = [bob.wait("message")["text"] for _ in range(10)]
    server.kill()
    heard += [one["text"] for one in bob.drain(0.5) if one["event"] == "message"]

    server.start()
    kept = [one["text"] for one in server.cli("message", "tail", "Lobby", "--count", "100")]
    assert heard == kept[: len(heard)]
    assert kept == [f"post {number}" for number in range(len(kept))]


def test_two_processes_of_one_user_on_one_machine_replace_each_other(server: Server, sign_in: MakeClient) -> None:
    """They have the same epid: the newer takes the older's place, and the older's loss does not put the newer out."""
    first = sign_in("alice")
    enter(first, server, "Lobby")
    second = sign_in("alice")
    enter(second, server, "Lobby")
    first.kill()
    time.sleep(0.3)
    second.send(command="send", room="Lobby", text="still here")
    second.wait("message", text="still here")


def test_requests_sent_by_sipe_have_no_branch_and_are_matched(server: Server, sign_in: MakeClient) -> None:
    alice = sign_in("alice")
    alice.quit()
    invites = re.findall(r"INVITE sip:\S+ SIP/2\.0\r?\n(?:.*\r?\n)*?Via: ([^\r\n]+)", alice.sip_log())
    assert invites
    assert all("branch" not in via for via in invites)
