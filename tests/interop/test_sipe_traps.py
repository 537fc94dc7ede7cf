"""What costs a session with SIPE when a server gets it wrong, looked for on the wire of the real client.

The names say what goes wrong. `day` is one whole day of two people, written down; what only needs to be read in it is.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.conftest import MakeClient
from tests.interop.server import DOMAIN, PASSWORD, ROOT, Server
from tests.interop.sipe_client import Event, SipeClient
from tests.interop.wire import Message, final_responses, messages

pytestmark = pytest.mark.interop

ALICE = f"sip:alice@{DOMAIN}"
HOSTILE = "<b> & \"Q\" 'A' ]]> 펌프"


def enter(client: SipeClient, uri: str) -> None:
    client.send(command="join", uri=uri)
    client.wait("joined", uri=uri)
    client.wait("reply", id="rpl:bccontext")


def say(client: SipeClient, room: str, text: str) -> None:
    """Post, and hear it, with the line ends that SIPE writes."""
    client.send(command="send", room=room, text=text)
    client.wait("message", text=text.replace("\n", "\r\n"))


def wire_of(client: SipeClient) -> list[Message]:
    return messages(client.sip_log())


def channel_call(wire: list[Message]) -> str:
    """Call-ID of the newest dialog with the channel service."""
    return [one for one in wire if one.is_request("INVITE") and "ocschat" not in one.uri][-1]["Call-ID"]


def commands(wire: list[Message], *, sent: bool, kind: str) -> list[Message]:
    """INFOs with this command, reply or notice, the way SIPE sent or received them."""
    return [one for one in wire if one.sent is sent and one.is_request("INFO") and f'id="{kind}"' in one.body]


@dataclass(frozen=True)
class Day:
    wire: list[Message]
    signed_in: list[Message]  # from the 200 to REGISTER on
    events: list[Event]
    log: str


@pytest.fixture(scope="module", params=["tcp", "tls"])
def day(request: pytest.FixtureRequest, driver: Path, tmp_path_factory: pytest.TempPathFactory) -> Day:
    """Alice signs in, looks around, enters two rooms, talks with bob, posts too much, leaves one room, signs off."""
    place = tmp_path_factory.mktemp("day")
    transport = str(request.param)
    with ExitStack() as stack:
        server = stack.enter_context(Server(place / "data"))
        server.cli("room", "create", HOSTILE, "--category", "Demo", "--description", HOSTILE, "--visibility", "open")
        address = f"127.0.0.1:{server.ports['sips' if transport == 'tls' else 'sip']}"
        alice, bob = (
            stack.enter_context(
                SipeClient(driver, f"{name}@{DOMAIN}", PASSWORD, address, transport, place / f"{name}.log")
            )
            for name in ("alice", "bob")
        )
        alice.ready()
        bob.ready()
        alice.send(command="roomlist")
        alice.wait("roomlist-end")
        enter(bob, server.room("Lobby"))
        enter(alice, server.room("Lobby"))
        enter(alice, server.room("Night Shift"))
        say(bob, "Lobby", "good morning")
        alice.wait("message", text="good morning")
        say(alice, "Lobby", "와 <&>\n둘")
        say(alice, "Night Shift", "alone here")
        alice.send(command="send", room="Lobby", text="가" * 3000)
        alice.wait("room-error")
        alice.send(command="leave", room="Lobby")
        alice.wait("parted")
        say(bob, "Lobby", "she has left")
        say(alice, "Night Shift", "one more")
        alice.send(command="roomlist")  # its reply comes after the answer to the post
        alice.wait("roomlist-end")
        assert alice.quit() == 0
    wire = wire_of(alice)
    first = next(at for at, one in enumerate(wire) if one.status == 200 and one.method == "REGISTER")
    return Day(wire, wire[first:], alice.events, alice.sip_log())


# -- signing in ----------------------------------------------------------------------------------------------------


def test_expires_only_as_a_contact_parameter(day: Day) -> None:
    """The 200 to REGISTER would be ignored."""
    assert int(day.signed_in[0]["Expires"]) > 0


def test_supported_tags_on_one_line(day: Day) -> None:
    """The server would be taken for OCS 2005, which has no Group Chat."""
    supported = [value.lower() for value in day.signed_in[0].all("Supported")]
    assert supported.count("msrtc-event-categories") == 1
    assert supported.count("adhoclist") == 1


def test_allow_events_with_blanks(day: Day) -> None:
    """Only the first event would be recognised."""
    (events,) = day.signed_in[0].all("Allow-Events")
    assert not re.search(r"\s", events)
    assert "vnd-microsoft-provisioning-v2" in events.split(",")


def test_via_without_branch(day: Day) -> None:
    """SIPE's INVITE, ACK, INFO and BYE have none; each is answered all the same, and once."""
    bare = [one for one in day.wire if one.sent and one.is_request("INVITE", "ACK", "INFO", "BYE")]
    assert {one.method for one in bare} == {"INVITE", "ACK", "INFO", "BYE"}
    assert not any("branch" in one["Via"] for one in bare)
    unanswered_at_the_end = [one for one in bare[-1:] if one.method == "BYE"]
    for one in bare:
        if one.method != "ACK" and one not in unanswered_at_the_end:
            assert len(final_responses(day.wire, one)) == 1, one.start


def test_a_401_after_signing_in_is_resent_for_ever(day: Day) -> None:
    assert [one.status for one in day.wire if one.method == "REGISTER" and one.status][:3] == [401, 401, 200]
    assert not [one for one in day.signed_in if one.status in (401, 407)]


def test_an_unsigned_message_is_dropped_silently(day: Day) -> None:
    """From the 200 to REGISTER on, every request and every final response carries a signature; and all were good."""
    received = [one for one in day.signed_in if not one.sent and (not one.status or one.status >= 200)]
    assert len(received) > 20
    assert all(one["Authentication-Info"].startswith("NTLM rspauth=") for one in received)
    assert "Invalid message signature" not in day.log


def test_a_second_provisioning_notification_starts_a_second_lookup(day: Day) -> None:
    told = [one for one in day.wire if not one.sent and one["Event"].startswith("vnd-microsoft-provisioning-v2")]
    assert len(told) == 1
    assert told[0]["ms-piggyback-cseq"]
    assert len([one for one in day.wire if one.is_request("INVITE")]) == 2
    assert len(commands(day.wire, sent=True, kind="cmd:requri")) == 1
    assert len(commands(day.wire, sent=True, kind="cmd:getinv")) == 1


@pytest.mark.parametrize(("user", "password"), [("alice", "Wrong456"), ("nobody", PASSWORD)])
def test_a_refused_register_says_what_sipe_understands(sign_in: MakeClient, user: str, password: str) -> None:
    """A wrong password and an unknown name are told alike: 401 to the answer, which ends the attempt."""
    thief = sign_in(user, password=password, ready=False)
    error = thief.wait("connection-error")
    assert (error["fatal"], error["reason"]) == (True, "authentication-failed")
    assert [one.status for one in wire_of(thief) if one.status] == [401, 401, 401]


def test_a_disabled_account_is_told_403(server: Server, sign_in: MakeClient) -> None:
    server.cli("user", "disable", "alice")
    alice = sign_in("alice", ready=False)
    error = alice.wait("connection-error")
    assert error["fatal"] is True
    assert [one.status for one in wire_of(alice) if one.status] == [401, 401, 403]


def test_a_self_signed_certificate_is_asked_about(server: Server, sign_in: MakeClient) -> None:
    """libpurple's own certificate check, which asks; the driver says "Accept" as a person would."""
    alice = sign_in("alice", "tls", "--verify-cert")
    assert alice.wait_for(lambda one: one["event"] == "request" and "certificate" in str(one).lower(), "the question")
    enter(alice, server.room("Lobby"))


def test_the_same_call_id_from_two_processes(server: Server, sign_in: MakeClient) -> None:
    """SIPE draws Call-IDs from the second of its start, and has one epid per person and machine. The test begins early
    in a second, so that both nearly always start in the same one."""
    while time.time() % 1.0 > 0.3:
        time.sleep(0.02)
    older, newer = sign_in("alice", ready=False), sign_in("alice", ready=False)
    for one in (older, newer):
        one.wait("connected")
    assert older.quit() == 0
    newer.wait("reply", id="rpl:getinv")
    enter(newer, server.room("Lobby"))
    say(newer, "Lobby", "still here")


# -- the dialogs ---------------------------------------------------------------------------------------------------


def test_an_info_answered_with_anything_but_200_is_not_delivered(day: Day) -> None:
    """What was refused on purpose is the only exception, and then nothing loops."""
    infos = [one for one in day.wire if one.sent and one.is_request("INFO")]
    refused = [one for one in infos if "가" * 100 in one.body]
    assert len(refused) == 1
    for info in infos:
        (answer,) = final_responses(day.wire, info)
        assert (answer.status == 200) is (info not in refused), info.body
    assert not [one for one in day.wire if one.is_request("UPDATE")]


def test_info_from_another_uri_than_the_one_invited(day: Day) -> None:
    """It would be ignored and never answered."""
    invited = {one["Call-ID"]: one for one in day.wire if one.is_request("INVITE")}
    told = [one for one in day.wire if not one.sent and one.is_request("INFO")]
    assert len(told) > 10
    for info in told:
        invite = invited[info["Call-ID"]]
        assert info.address("From") == invite.uri == invite.address("To")
        assert [one.status for one in final_responses(day.wire, info)] == [200]


def test_server_bye_on_the_channel_dialog(day: Day) -> None:
    assert not [one for one in day.wire if not one.sent and one.is_request("BYE")]


def test_info_after_bye_makes_sipe_crash(day: Day) -> None:
    byes = [at for at, one in enumerate(day.wire) if one.is_request("BYE")]
    assert len(byes) == 2  # lookup, and signing off
    for at in byes:
        call = day.wire[at]["Call-ID"]
        later = [one for one in day.wire[at + 1 :] if one["Call-ID"] == call]
        assert all(not one.sent and one.method == "BYE" and one.status == 200 for one in later)


def test_nothing_follows_the_bye_of_a_server_that_ends_a_session(server: Server, sign_in: MakeClient) -> None:
    """Chat is taken from alice while others talk: she hears BYE and no more, and SIPE survives it."""
    alice, bob = sign_in("alice"), sign_in("bob")
    enter(alice, server.room("Lobby"))
    enter(bob, server.room("Lobby"))
    for number in range(20):
        bob.send(command="send", room="Lobby", text=f"before {number}")
    server.cli("user", "chat", "alice", "--off")
    for number in range(20):
        bob.send(command="send", room="Lobby", text=f"after {number}")
    bob.wait("message", text="after 19")
    wire = until(
        alice, lambda wire: any(one.is_request("BYE") and one["Call-ID"] == channel_call(wire) for one in wire)
    )
    assert alice.quit() == 0
    wire = [one for one in wire_of(alice) if one["Call-ID"] == channel_call(wire)]
    bye = next(at for at, one in enumerate(wire) if one.is_request("BYE"))
    assert not wire[bye].sent
    assert not [one for one in wire[bye + 1 :] if not one.sent and not one.status]


def until(client: SipeClient, fits: Callable[[list[Message]], bool], seconds: float = 180.0) -> list[Message]:
    deadline = time.monotonic() + seconds
    while not fits(wire := wire_of(client)):
        assert time.monotonic() < deadline, client.log
        time.sleep(0.05)
    return wire


# -- the sizes of time ---------------------------------------------------------------------------------------------


def test_session_expires_missing_from_the_answer_to_the_lookup(day: Day) -> None:
    """Without it one refused INFO begins an endless chain of UPDATEs."""
    accepted = [one for one in day.wire if one.status == 200 and one.method == "INVITE"]
    assert len(accepted) == 2
    for one in accepted:
        assert one["Session-Expires"] == "1800;refresher=uac"
        assert "timer" in one["Supported"]
        assert "UPDATE" in one["Allow"]
        assert one["Contact"]


@pytest.fixture
def hurried(tmp_path: Path, driver: Path) -> Iterator[Callable[..., SipeClient]]:
    """`hurried(session=12)`: alice, with a server that has the wishes of tests/interop/hurried.py."""
    with ExitStack() as stack:

        def start(**wishes: object) -> SipeClient:
            env = {f"HURRIED_{name.upper()}": str(value) for name, value in wishes.items()}
            program = (sys.executable, "-m", "tests.interop.hurried")
            server = Server(tmp_path / "data", env={**env, "PYTHONPATH": str(ROOT)}, program=program)
            stack.enter_context(server)
            address = f"127.0.0.1:{server.ports['sip']}"
            client = SipeClient(driver, f"alice@{DOMAIN}", PASSWORD, address, "tcp", tmp_path / "alice.log")
            stack.enter_context(client)
            client.ready()
            enter(client, server.room("Lobby"))
            enter(client, server.room("Night Shift"))
            return client

        yield start


def test_update_is_answered_200(hurried: Callable[..., SipeClient]) -> None:
    alice = hurried(session=11)
    wire = until(alice, lambda wire: len([one for one in wire if one.is_request("UPDATE")]) >= 3)
    updates = [one for one in wire if one.is_request("UPDATE")]
    assert all(one.sent for one in updates)
    assert [[answer.status for answer in final_responses(wire, one)] for one in updates[:2]] == [[200], [200]]
    say(alice, "Lobby", "refreshed")


def test_sipe_does_not_rejoin_after_481(hurried: Callable[..., SipeClient], tmp_path: Path) -> None:
    """Nobody refreshed the session, so the server forgot it, without a BYE. The next post is told 481; SIPE opens a new
    dialog, joins nothing, and posts on: into the rooms in which the server has seated it again."""
    forget = tmp_path / "forget"
    alice = hurried(forget=forget)
    first = channel_call(wire_of(alice))
    forget.touch()
    until(alice, lambda wire: not forget.exists())
    alice.send(command="send", room="Lobby", text="lost")
    alice.wait("room-error")
    wire = until(alice, lambda wire: channel_call(wire) != first)
    alice.wait("reply", id="rpl:getinv")
    say(alice, "Lobby", "back")
    say(alice, "Night Shift", "here, too")
    wire = wire_of(alice)
    assert not [one for one in wire if not one.sent and one.is_request("BYE")]
    assert not [one for one in wire if one["Call-ID"] == channel_call(wire) and "join" in one.body]
    posts = commands(wire, sent=True, kind="grpchat")
    until(alice, lambda wire: bool(final_responses(wire, posts[-1])))
    assert [final_responses(wire_of(alice), one)[0].status for one in posts] == [481, 200, 200]


def test_registering_again(hurried: Callable[..., SipeClient]) -> None:
    """30 s before the end of its registration SIPE registers again, in the same call, signed by the keys it has."""
    alice = hurried(expires=32)
    wire = until(alice, lambda wire: len([one for one in wire if one.is_request("REGISTER")]) >= 5)
    registers = [one for one in wire if one.is_request("REGISTER")][:5]
    assert len({one["Call-ID"] for one in registers}) == 1
    assert "gssapi-data" not in registers[3]["Authorization"]
    until(alice, lambda wire: bool(final_responses(wire, registers[4])))
    assert [final_responses(wire_of(alice), one)[0].status for one in registers] == [401, 401, 200, 200, 200]
    say(alice, "Lobby", "still registered")
    assert len(commands(wire_of(alice), sent=True, kind="cmd:requri")) == 1


# -- rooms ---------------------------------------------------------------------------------------------------------


def test_a_room_without_name_in_the_list_makes_sipe_crash(day: Day) -> None:
    found = commands(day.wire, sent=False, kind="rpl:chansrch")[0]
    rows = re.findall(r"<chanib\b[^>]*>", found.body)
    assert len(rows) > 3
    assert all(re.search(r'\bname="[^"]+"', row) and re.search(r'\buri="ma-chan://[^"]+"', row) for row in rows)
    assert HOSTILE in {one["name"] for one in day.events if one["event"] == "room"}


def test_anything_between_part_and_its_reply_uses_freed_memory(server: Server, sign_in: MakeClient) -> None:
    """Alice leaves while bob talks without pause."""
    alice, bob = sign_in("alice"), sign_in("bob")
    uri = server.room("Lobby")
    enter(bob, uri)
    for _ in range(5):
        enter(alice, uri)
        for number in range(15):
            bob.send(command="send", room="Lobby", text=f"post {number}")
        bob.wait("message", text="post 4")
        alice.send(command="leave", room="Lobby")
        alice.wait("parted")
        bob.wait("message", text="post 14")
    assert alice.quit() == 0
    wire = wire_of(alice)
    asked, told = commands(wire, sent=True, kind="cmd:part"), commands(wire, sent=False, kind="rpl:part")
    joined = commands(wire, sent=False, kind="rpl:join")
    assert len(asked) == len(told) == len(joined) == 5
    for part, reply in zip(asked, told, strict=True):
        (answer,) = final_responses(wire, part)
        between = wire[wire.index(answer) : wire.index(reply)]
        assert not [one for one in between if not one.sent and not one.status], "after the part was taken"
        after = [one for one in wire[wire.index(reply) + 1 :] if not one.sent and not one.status]
        until_next = after[: next((at for at, one in enumerate(after) if one in joined), len(after))]
        assert not [one for one in until_next if uri in one.body], "after the reply"


def test_rpl_part_that_nobody_asked_for(day: Day) -> None:
    assert len(commands(day.wire, sent=True, kind="cmd:part")) == 1
    (reply,) = commands(day.wire, sent=False, kind="rpl:part")
    at = day.wire.index(reply)
    lobby = re.search(r"ma-chan://[^\"]+", reply.body)
    assert lobby is not None
    later = [one for one in day.wire[at + 1 :] if lobby[0] in one.body]
    assert later == commands(later, sent=False, kind="rpl:chansrch")


Ousting = Callable[[Server], object]
OUSTINGS: dict[str, Ousting] = {
    "room disabled": lambda server: server.cli("room", "disable", "Night Shift"),
    "room deleted": lambda server: server.cli("room", "delete", "Night Shift"),
    "member removed": lambda server: server.cli("room", "member", "remove", "Night Shift", "bob"),
}


@pytest.mark.parametrize("how", OUSTINGS)
def test_out_of_a_room_while_inside(server: Server, sign_in: MakeClient, how: str) -> None:
    """No rpl:part, which would leave SIPE on freed data: bob is off his own list, and what he posts is refused."""
    alice, bob = sign_in("alice"), sign_in("bob")
    uri = server.room("Night Shift")
    enter(alice, uri)
    enter(bob, uri)
    enter(bob, server.room("Lobby"))
    OUSTINGS[how](server)
    bob.wait_for(lambda one: one["event"] == "users-removed" and f"bob@{DOMAIN}" in str(one["users"]), "his own going")
    bob.send(command="send", room="Night Shift", text="hello?")
    bob.wait("room-error")
    say(bob, "Lobby", "the session goes on")
    if how == "member removed":
        alice.wait_for(lambda one: one["event"] == "users-removed" and f"bob@{DOMAIN}" in str(one), "bob's going")
        say(alice, "Night Shift", "among us")
    assert bob.quit() == 0
    wire = wire_of(bob)
    assert not commands(wire, sent=False, kind="rpl:part")
    assert not [one for one in wire if not one.sent and one.is_request("BYE")]
    assert "among us" not in bob.sip_log()
    notices = [one for one in commands(wire, sent=False, kind="ntc:part") if f"sip:bob@{DOMAIN}" in one.body]
    assert len(notices) == 1


def test_disabled_while_signed_in(server: Server, sign_in: MakeClient) -> None:
    """The connection is closed; the way back in is answered 403, which SIPE takes for final."""
    alice = sign_in("alice", "tcp", "--reconnect", "1")
    bob = sign_in("bob")
    enter(alice, server.room("Lobby"))
    enter(bob, server.room("Lobby"))
    server.cli("user", "disable", "alice")
    alice.wait("connection-error", fatal=False)
    bob.wait_for(lambda one: one["event"] == "users-removed" and f"alice@{DOMAIN}" in str(one), "alice's going")
    alice.wait("connection-error", fatal=True)
    assert [one.status for one in wire_of(alice) if one.status and one.method == "REGISTER"][-1] == 403
    say(bob, "Lobby", "she is gone")


def test_another_password_while_signed_in(server: Server, sign_in: MakeClient) -> None:
    """The connection is closed; SIPE comes back by itself with the old password, is refused, and asks its user."""
    alice, bob = sign_in("alice", "tcp", "--reconnect", "1"), sign_in("bob")
    enter(alice, server.room("Lobby"))
    enter(bob, server.room("Lobby"))
    server.ask("user.password", user="alice", password="Another 1234")
    alice.wait("connection-error", fatal=False)
    bob.wait_for(lambda one: one["event"] == "users-removed" and f"alice@{DOMAIN}" in str(one), "alice's going")
    assert alice.wait("connection-error", fatal=True)["reason"] == "authentication-failed"
    say(bob, "Lobby", "she looks for her new password")
    enter(sign_in("alice", password="Another 1234"), server.room("Lobby"))


def test_a_policy_that_goes_off_and_on(server: Server, sign_in: MakeClient) -> None:
    """SIPE asked for provisioning once and is told once, whatever the policy becomes; its session ends, and with the
    next sign-in it is back."""
    alice, bob = sign_in("alice"), sign_in("bob")
    enter(alice, server.room("Lobby"))
    enter(bob, server.room("Lobby"))
    server.ask("policy.set", setting="on", user="bob")
    server.ask("policy.set", setting="off", everyone=True)
    bob.wait_for(lambda one: one["event"] == "users-removed" and f"alice@{DOMAIN}" in str(one), "alice's going")
    server.ask("policy.set", setting="inherit", everyone=True)
    say(bob, "Lobby", "nothing has happened to me")
    for client in (alice, bob):
        assert client.quit() == 0
        told = [one for one in wire_of(client) if not one.sent and one["Event"] == "vnd-microsoft-provisioning-v2"]
        assert [one.status for one in told] == [200]
    enter(sign_in("alice"), server.room("Lobby"))


def test_markup_in_names_topics_and_posts(server: Server, sign_in: MakeClient) -> None:
    topic = "]]> &amp; <!-- 공지 --> \"'"
    server.cli("room", "create", HOSTILE, "--category", "Demo", "--visibility", "open", "--description", HOSTILE)
    server.cli("room", "modify", HOSTILE, "--topic", topic)
    posts = ["<xccos/>", "&lt;&amp;", "]]>", "\"'", "a\u00a0b\u2028c", "탭\t끝"]
    for post in posts:
        server.cli("message", "send", HOSTILE, post, "--as-user", "bob")
    alice = sign_in("alice")
    alice.send(command="roomlist")
    room = alice.wait("room", name=HOSTILE)
    alice.send(command="join", uri=room["uri"])
    joined = alice.wait("joined", uri=room["uri"])
    assert joined["room"] == HOSTILE
    assert alice.wait("topic", uri=room["uri"])["topic"] == topic
    assert [alice.wait("message", uri=room["uri"])["text"] for _ in posts] == posts
    say(alice, room["uri"], HOSTILE)
