"""pidgin-sipe and every kind of room: flags in the room list, a hundred rooms at once, roles that change while it is
inside, a busy server, and notices that it has never heard of."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.interop.conftest import MakeClient
from tests.interop.server import DOMAIN, PASSWORD, Server
from tests.interop.sipe_client import Event, SipeClient
from tests.interop.test_sipe_traps import commands, enter, say, until, wire_of
from tests.interop.wire import final_responses

pytestmark = pytest.mark.interop

ALICE, BOB = f"alice@{DOMAIN}", f"bob@{DOMAIN}"


def make_room(server: Server, name: str, **params: object) -> str:
    """A room, and its URI."""
    made = server.ask("room.create", **{"name": name, "category": "Demo", **params})
    return f"ma-chan://{DOMAIN}/{made['id']}"


def room_list(client: SipeClient) -> dict[str, Event]:
    client.send(command="roomlist")
    client.wait("roomlist-end")
    return {str(one["name"]): one for one in client.events if one["event"] == "room"}


def is_about(event: str, text: str) -> Any:
    return lambda one: one["event"] == event and text in str(one)


@contextmanager
def locked(server: Server) -> Iterator[None]:
    """Somebody else holds the database, so that nothing can be written."""
    foreign = sqlite3.connect(server.data_dir / "parlour.db", isolation_level=None)
    try:
        foreign.execute("BEGIN IMMEDIATE")
        yield
        foreign.execute("ROLLBACK")
    finally:
        foreign.close()


def nothing_is_unanswered(client: SipeClient) -> None:
    """Up to now, with a post as the last thing that was asked; then SIPE signs off, which it does without waiting: it
    ends its subscriptions and closes the connection."""
    # The post may be heard before its INFO is answered.
    until(client, lambda wire: bool(final_responses(wire, commands(wire, sent=True, kind="grpchat")[-1])))
    assert client.quit() == 0
    wire = wire_of(client)
    asked = [one for one in wire if one.sent and one.is_request("INVITE", "INFO", "UPDATE", "SERVICE")]
    asked += [one for one in wire if one.sent and one.is_request("SUBSCRIBE") and "tag=" not in one["To"]]
    assert asked
    assert not [one.start for one in asked if len(final_responses(wire, one)) != 1]


def test_flags_in_the_room_list(server: Server, sign_in: MakeClient) -> None:
    server.ask("category.create", name="조용한 곳", allow=["everyone"], logged=False, invite=True, filepost=True)
    make_room(server, "비밀 회의", visibility="secret", member=["alice"])
    make_room(server, "Traders only", visibility="secret", member=["bob"])
    make_room(server, "속삭임", category="조용한 곳", visibility="open", description="아무것도 남지 않는다")
    make_room(server, "Closed shop", visibility="closed", member=["bob"])
    server.ask("room.disable", room=make_room(server, "Shut", visibility="open").rpartition("/")[2])
    seen = room_list(sign_in("alice"))
    assert seen["비밀 회의"]["private"] is True
    assert "Traders only" not in seen
    assert "Shut" not in seen
    assert seen["Closed shop"]["private"] is False
    assert seen["Lobby"]["logged"] is True
    assert seen["Lobby"]["invite"] is False
    whisper = seen["속삭임"]
    assert (whisper["logged"], whisper["invite"], whisper["description"]) == (False, True, "아무것도 남지 않는다")


def test_a_long_room_list_is_there_to_its_end(server: Server, sign_in: MakeClient) -> None:
    """In one reply of 200 KiB: SIPE takes the first for all there is, and passes over what comes later."""
    names = [f"{number:03} {'펌프' * 60}" for number in range(200)]
    for name in names:
        make_room(server, name, visibility="open", description="펌프" * 60)
    seen = room_list(sign_in("alice"))
    assert set(names) <= set(seen)


def test_the_number_of_people_in_the_room_list(server: Server, sign_in: MakeClient) -> None:
    bob = sign_in("bob")
    enter(bob, server.room("Lobby"))
    assert int(room_list(sign_in("alice"))["Lobby"]["users"]) == 1


def test_a_hundred_rooms_are_joined_with_one_bjoin(server: Server, sign_in: MakeClient) -> None:
    """What SIPE does with the rooms that were open when the connection was lost, and with those it joins by itself. The
    answer comes in several pieces; each room gets its history, and the first post after it."""
    uris = [make_room(server, f"방 {number:03d}", visibility="open", manager=["alice"]) for number in range(100)]
    for uri in uris[:3]:
        server.ask("message.send", room=uri.rpartition("/")[2], text="어서 오세요", as_user="bob")
    alice = sign_in("alice", "tcp", "--reconnect", "1")
    for uri in uris:
        enter(alice, uri)
    server.kill()
    alice.wait("connection-error", fatal=False)
    alice.drain(0)
    server.start()
    alice.ready()
    for _ in uris:
        alice.wait("reply", id="rpl:bccontext", code=200)
    assert [alice.wait("message")["text"] for _ in range(3)] == ["어서 오세요"] * 3
    say(alice, "방 042", "돌아왔다")
    wire = wire_of(alice)
    (asked,) = commands(wire, sent=True, kind="cmd:bjoin")
    assert asked.body.count("<chanid ") == 100
    assert len(commands(wire, sent=False, kind="rpl:bjoin")) > 1
    alice.send(command="users", room="방 099")
    assert [(user["uri"].removeprefix("sip:"), user["chanop"]) for user in alice.wait("users")["users"]] == [
        (ALICE, True)
    ]
    nothing_is_unanswered(alice)


def listed(client: SipeClient, room: str) -> list[str]:
    client.send(command="users", room=room)
    return sorted(str(user["uri"]).removeprefix("sip:").partition("@")[0] for user in client.wait("users")["users"])


def test_lists_are_true_again_when_a_room_is_small_again(driver: Path, tmp_path: Path) -> None:
    """alice is inside when it becomes large, eve comes when it is. SIPE lists twice whom it is told of twice."""
    with ExitStack() as house:
        server = house.enter_context(Server(tmp_path / "data", env={"PARLOUR_CHAT__PARTICIPANT_UPDATE_LIMIT": "4"}))
        address = f"127.0.0.1:{server.ports['sip']}"

        def comes(name: str) -> SipeClient:
            if name not in ("alice", "bob", "carol"):
                server.ask("user.add", login=name, password=PASSWORD)
            client = SipeClient(driver, f"{name}@{DOMAIN}", PASSWORD, address, "tcp", tmp_path / f"{name}.log")
            house.callback(client.quit)
            enter(client.ready(), server.room("Lobby"))
            return client

        alice, bob, carol, dave, eve = [comes(name) for name in ("alice", "bob", "carol", "dave", "eve")]
        say(alice, "Lobby", "who is there?")  # and has heard all that was told before
        assert (listed(alice, "Lobby"), listed(eve, "Lobby")) == (["alice", "bob", "carol"], ["eve"])
        for one in (bob, carol):
            one.send(command="leave", room="Lobby")
            one.wait("parted")
        for one in (alice, dave, eve):
            say(one, "Lobby", f"{one.user}?")
            assert listed(one, "Lobby") == ["alice", "dave", "eve"]


def test_an_auditorium_hears_its_presenters_only(server: Server, sign_in: MakeClient) -> None:
    hall = make_room(server, "강당", behavior="auditorium", member=["alice", "bob"], presenter=["alice"])
    alice, bob = sign_in("alice"), sign_in("bob")
    enter(alice, hall)
    enter(bob, hall)
    say(alice, "강당", "공지입니다")
    bob.wait("message", text="공지입니다")
    bob.send(command="send", room="강당", text="질문!")
    bob.wait("room-error")
    say(alice, "강당", "끝")
    assert [one["text"] for one in server.cli("message", "tail", "강당")] == ["공지입니다", "끝"]


def test_a_member_who_is_removed_is_out_and_goes_on(server: Server, sign_in: MakeClient) -> None:
    room = make_room(server, "교대", member=["alice", "bob"])
    alice, bob = sign_in("alice"), sign_in("bob")
    enter(alice, room)
    enter(bob, room)
    server.cli("room", "member", "remove", "교대", "bob")
    alice.wait_for(is_about("users-removed", BOB), "bob's removal")
    bob.wait_for(is_about("users-removed", BOB), "his own removal")
    say(alice, "교대", "without him")
    bob.send(command="send", room="교대", text="still here?")
    bob.wait("room-error")
    enter(bob, server.room("Lobby"))
    say(bob, "Lobby", "over here")
    assert not [one for one in bob.events if one["event"] == "message" and one["text"] == "without him"]
    assert bob.quit() == 0


def test_a_room_that_is_disabled_or_deleted_under_its_people(server: Server, sign_in: MakeClient) -> None:
    shut, gone = (make_room(server, name, visibility="open") for name in ("닫힘", "Gone"))
    alice = sign_in("alice")
    enter(alice, shut)
    enter(alice, gone)
    server.ask("room.disable", room="닫힘")
    alice.wait_for(is_about("users-removed", ALICE), "being put out")
    server.ask("room.delete", room="Gone")
    alice.wait_for(is_about("users-removed", ALICE), "being put out")
    for name in ("닫힘", "Gone"):
        alice.send(command="send", room=name, text="anybody?")
        alice.wait("room-error")
    server.ask("room.enable", room="닫힘")
    enter(alice, server.room("Lobby"))
    say(alice, "Lobby", "fine")
    assert alice.quit() == 0


def test_notices_that_sipe_has_never_heard_of(server: Server, sign_in: MakeClient) -> None:
    """Settings, roles, invitations, removed messages: it goes on chatting, whatever is told."""
    server.ask("category.modify", category="Demo", invite=True)
    room = make_room(server, "본관", member=["alice", "bob"], manager=["alice"])
    alice = sign_in("alice")
    enter(alice, room)
    say(alice, "본관", "first")
    server.ask("room.modify", room="본관", description="새 설명", topic="새 주제")
    server.ask("room.manager.remove", room="본관", who=["alice"])
    server.ask("room.member.add", room="Night Shift", who=["carol"])
    server.cli("message", "remove", "본관", "--words", "first", "--yes")
    make_room(server, "초대받은 방", member=["alice"])
    say(alice, "본관", "second")
    assert [one["text"] for one in server.cli("message", "tail", "본관")] == ["second"]
    until(alice, lambda wire: bool(commands(wire, sent=False, kind="ntc:inv")))
    nothing_is_unanswered(alice)
    assert [one for one in wire_of(alice) if not one.sent and 'id="ntc:chanmodified"' in one.body]


def test_invitations_wait_for_the_next_sign_in(server: Server, sign_in: MakeClient) -> None:
    server.ask("category.modify", category="Demo", invite=True)
    room = make_room(server, "새 방", member=["bob"])
    bob = sign_in("bob")
    (told,) = [one for one in wire_of(bob) if not one.sent and 'id="rpl:getinv"' in one.body]
    assert 'inviteId="2"' in told.body
    assert room in told.body


def test_a_busy_server_tells_503_and_takes_the_next_post(server: Server, sign_in: MakeClient) -> None:
    alice = sign_in("alice")
    enter(alice, server.room("Lobby"))
    with locked(server):
        alice.send(command="send", room="Lobby", text="지금은 안 됨")
        alice.wait("room-error")
    say(alice, "Lobby", "다시 됨")
    assert [one["text"] for one in server.cli("message", "tail", "Lobby")] == ["다시 됨"]
    posts = commands(wire_of(alice), sent=True, kind="grpchat")
    # The post may be heard before its INFO is answered.
    wire = until(alice, lambda wire: bool(final_responses(wire, posts[-1])))
    answers = [final_responses(wire, one)[0] for one in posts]
    assert [one.status for one in answers] == [503, 200]
    assert int(answers[0]["Retry-After"]) > 0
    assert answers[0]["ms-diagnostics"].startswith("2001")
    updates = [one for one in wire if one.sent and one.is_request("UPDATE")]
    assert len(updates) < 3, "without Session-Expires SIPE would send UPDATE in a loop"


def test_a_moved_room_drops_who_is_out_of_scope(server: Server, sign_in: MakeClient) -> None:
    server.ask("category.create", name="Traders", allow=["alice"])
    room = make_room(server, "Desk", member=["alice", "bob"])
    alice, bob = sign_in("alice"), sign_in("bob")
    enter(alice, room)
    enter(bob, room)
    server.ask("room.modify", room="Desk", category="Traders")
    bob.wait_for(is_about("users-removed", BOB), "bob's removal")
    say(alice, "Desk", "walls have ears")
    assert [one["uri"] for one in server.ask("room.show", room="Desk")["members"]] == [f"sip:{ALICE}"]
    assert "Desk" not in room_list(bob)
