"""Commands, posts and what is heard: in which order, answered how, and what happens when something is in the way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from parlour.channel.handlers import membership
from parlour.hub.events import PostHeard
from parlour.hub.posting import Draft
from parlour.hub.presence import Visit
from parlour.hub.reading import History
from parlour.rooms.editing import RoomChange
from parlour.rooms.model import Limits, Micros, RoomId
from parlour.rooms.refusals import Refused
from parlour.store.api import StoredPost
from parlour.xccos.ids import room_uri
from parlour.xccos.types import (
    BatchJoin,
    GetInvitations,
    GetServerInfo,
    Kicked,
    PeopleParted,
    Reply,
    RequestUri,
    RoomRef,
    SearchRooms,
    UnknownCommand,
)
from tests.channel.scene import (
    DOMAIN,
    LYNC_AGENT,
    MISSING,
    OTHER,
    SECRET,
    SERVICE,
    SIPE_AGENT,
    Scene,
    chat,
    join,
    part,
    recent,
    texts,
)
from tests.hub.fakes import OPEN, uri


async def test_every_command_is_answered_200_first_and_then_by_its_reply() -> None:
    async with Scene() as scene:
        alice = await scene.called()
        commands = [
            RequestUri(1),
            GetServerInfo(1),
            join(OPEN),
            BatchJoin(1, (RoomRef(0, DOMAIN, OTHER), RoomRef(1, DOMAIN, MISSING))),
            SearchRooms(1),
            recent(),
            GetInvitations(1, 1),
            part(),
        ]
        for command in commands:
            assert await alice.say(command) == 200
            reply = alice.replies()[-1]
            assert (reply.name, reply.code) == (command.name, 200)
            assert (reply.command_envid, reply.command_seqid) == (alice.envid, 1)
            assert alice.order() == [200, command.name]
            alice.forget()


async def test_what_the_replies_say() -> None:
    async with Scene() as scene:
        alice, bob = await scene.called(), await scene.joined("bob")
        await alice.say(RequestUri(1), join(OPEN, seqid=2), SearchRooms(3, criteria="lob"))
        where, entered, found = alice.replies()
        assert where.body.uri == SERVICE  # type: ignore[union-attr]
        (seen,) = entered.body.rooms  # type: ignore[union-attr]
        assert seen.room.uri == room_uri(DOMAIN, OPEN)
        assert {seat.user.uri for seat in seen.seats} == {uri("alice"), uri("bob")}
        assert [room.name for room in found.body.rooms] == ["Lobby"]  # type: ignore[union-attr]
        assert [notice.name for notice in bob.notices()] == ["join"]


async def test_failures_of_a_batch_are_told_beside_its_successes() -> None:
    async with Scene() as scene:
        alice = await scene.called()
        await alice.say(join(OPEN, MISSING, SECRET))
        (reply,) = alice.replies()
        assert reply.code == 200
        assert [one.room.name for one in reply.body.rooms] == ["Lobby"]  # type: ignore[union-attr]
        assert [(one.guid, one.code) for one in reply.body.failed] == [(MISSING, 404), (SECRET, 404)]  # type: ignore[union-attr]


async def test_a_secret_room_answers_as_one_that_does_not_exist() -> None:
    async with Scene() as scene:
        alice = await scene.called(agent=LYNC_AGENT)
        for ask in (join, chat_in, part, recent):
            answers = []
            for room in (SECRET, MISSING):
                assert await alice.say(ask(room)) == 200
                (reply,) = alice.replies()
                answers.append((reply.name, reply.code, reply.text))
                alice.forget()
            assert answers[0] == answers[1]
            assert answers[0][1] in (404, 406)
        await alice.say(SearchRooms(1))
        assert [room.name for room in alice.replies()[0].body.rooms] == ["Lobby", "Other"]  # type: ignore[union-attr]


def chat_in(room: object) -> object:
    return chat("hello", room)  # type: ignore[arg-type]


async def test_200_to_a_post_means_committed_and_nobody_heard_it_before() -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        alice.forget()
        scene.store.posts.hold()
        cseq = alice.start(chat("hello"))
        await alice.settle()
        assert alice.status(cseq) == 0
        assert bob.chats() == []
        scene.store.posts.release()
        await alice.settle()
        assert alice.status(cseq) == 200
        assert (alice.chats(), bob.chats()) == (["hello"], ["hello"])
        assert [post.text for post in await scene.store.posts.last(OPEN, 10)] == ["hello"]


async def test_posts_are_by_who_sends_them_whatever_they_say() -> None:
    async with Scene() as scene:
        alice = await scene.joined()
        await alice.say(chat("hello"))
        (post,) = await scene.store.posts.last(OPEN, 10)
        assert (post.author, post.author_name) == (uri("alice"), "Alice")


async def test_without_the_store_nothing_is_kept_and_the_same_post_again_is_kept_once() -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        scene.store.unavailable = True
        cseq = alice.start(chat("hello"), envid=77)
        await alice.settle()
        response = alice.statuses[cseq]
        assert response.status == 503
        assert response.headers.get("Retry-After") == "5"
        assert (response.headers.get("ms-diagnostics") or "").startswith("20011;")
        assert (alice.chats(), bob.chats()) == ([], [])
        scene.store.unavailable = False
        assert await alice.say(chat("hello"), envid=77) == 200
        assert await alice.say(chat("hello"), envid=77) == 200
        assert (alice.chats(), bob.chats()) == (["hello"], ["hello"])
        assert await alice.say(chat("hello"), envid=78) == 200
        assert bob.chats() == ["hello", "hello"]


async def test_posts_do_not_wait_for_each_other_but_commands_wait_for_them() -> None:
    async with Scene() as scene:
        alice = await scene.joined()
        scene.store.posts.hold()
        for text in ("1", "2", "3"):
            alice.start(chat(text))
        alice.start(recent())
        alice.start(chat("4"))
        await alice.settle()
        assert alice.heard == [200]  # the command's
        scene.store.posts.release()
        await alice.settle()
        assert alice.chats() == ["1", "2", "3", "4"]
        assert texts(alice.replies()) == ["1", "2", "3"]
        names = alice.order()
        assert names.index("3") < names.index("bccontext") < names.index("4")


@pytest.mark.parametrize(("agent", "status"), [("Sipe/1.25", 403), ("", 403), (LYNC_AGENT, 200)])
async def test_a_refused_post_is_told_as_its_client_can_read_it(agent: str, status: int) -> None:
    async with Scene(limits=Limits(message_bytes=10)) as scene:
        alice = await scene.joined(agent=agent)
        assert await alice.say(chat("more than ten bytes")) == status
        if status == 200:
            (reply,) = alice.replies()
            assert (reply.name, reply.code) == ("grpchat", 413)
        assert await scene.store.posts.last(OPEN, 10) == []
        assert await alice.say(chat("short")) == 200


@pytest.mark.parametrize("inside", ["<rtf>x</rtf>", ""])
@pytest.mark.parametrize(("agent", "status"), [("Sipe/1.25", 403), (LYNC_AGENT, 200)])
async def test_a_post_that_cannot_be_read_is_refused_as_any_other(agent: str, status: int, inside: str) -> None:
    async with Scene() as scene:
        alice = await scene.joined(agent=agent)
        post = f'<grpchat id="grpchat" seqid="0" chanUri="{room_uri(DOMAIN, OPEN)}">{inside}</grpchat>'
        cseq = alice.start_raw(f'<xccos ver="1" envid="5" xmlns="urn:parlano:xml:ns:xccos">{post}</xccos>'.encode())
        await alice.settle()
        assert alice.status(cseq) == status
        assert [(one.name, one.command_seqid, one.code) for one in alice.replies()] == (
            [("grpchat", 0, 400)] if status == 200 else []
        )


async def test_a_refused_post_spoils_nothing_beside_it() -> None:
    """The status of the INFO would speak of all; SIPE, who reads nothing else, sends its messages alone."""
    async with Scene(limits=Limits(message_bytes=10)) as scene:
        alice = await scene.joined()
        posts = [chat("one", seqid=0), chat("more than ten bytes", seqid=1), chat("three", seqid=2)]
        assert await alice.say(*posts, RequestUri(3)) == 200
        assert alice.chats() == ["one", "three"]
        assert [(one.name, one.command_seqid, one.code) for one in alice.replies()] == [
            ("grpchat", 1, 413),
            ("requri", 3, 200),
        ]


async def test_equal_posts_that_count_from_zero_are_both_kept() -> None:
    async with Scene() as scene:
        alice = await scene.joined()
        assert await alice.say(chat("ping", seqid=0), chat("ping", seqid=1)) == 200
        assert alice.chats() == ["ping", "ping"]


async def test_without_a_time_stamp_a_post_is_known_again_in_its_own_dialog_only() -> None:
    """A client that counts its envelopes from 1 again, and says good morning once more."""
    async with Scene() as scene:
        greeting = replace(chat("good morning"), at=None)
        for day in (1, 2):
            alice = await scene.joined()
            for _ in range(2):
                assert await alice.say(greeting, envid=1) == 200
            assert len(await scene.store.posts.last(OPEN, 10)) == day


async def test_a_room_that_is_named_twice_is_entered_and_told_once() -> None:
    async with Scene() as scene:
        alice = await scene.called()
        refs = tuple(RoomRef(key, DOMAIN, room) for key, room in enumerate((OTHER, OPEN, MISSING, OTHER, MISSING)))
        body: Any = (await alice.ask(BatchJoin(1, refs))).body
        assert [one.room.uri for one in body.rooms] == [room_uri(DOMAIN, room) for room in (OTHER, OPEN)]
        assert [(one.guid, one.code) for one in body.failed] == [(MISSING, 404)]


async def test_rooms_that_are_too_many_for_one_command_are_refused_each_for_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(membership, "MOST_ENTERED", 1)
    async with Scene() as scene:
        alice = await scene.called()
        reply = await alice.ask(BatchJoin(1, (RoomRef(0, DOMAIN, OPEN), RoomRef(1, DOMAIN, OTHER))))
        body: Any = reply.body
        assert (reply.code, [one.room.uri for one in body.rooms]) == (200, [room_uri(DOMAIN, OPEN)])
        assert [(one.guid, one.code) for one in body.failed] == [(OTHER, 413)]


async def test_a_client_that_asks_as_full_ones_do_is_answered_as_they_are() -> None:
    async with Scene() as scene:
        alice = await scene.called(agent="")
        assert await alice.say(chat("not in the room")) == 403
        await alice.say(GetServerInfo(1))
        assert await alice.say(chat("not in the room")) == 200
        assert alice.replies()[-1].code == 406


async def test_a_hundred_commands_in_one_envelope_are_each_answered_in_order() -> None:
    async with Scene() as scene:
        alice = await scene.called()
        await alice.say(*[UnknownCommand(n, "x") if n % 2 else SearchRooms(n) for n in range(1, 101)])
        replies = alice.replies()
        assert [reply.command_seqid for reply in replies] == list(range(1, 101))
        assert [reply.code for reply in replies] == [415, 200] * 50


async def test_commands_that_share_a_number_are_each_answered() -> None:
    async with Scene() as scene:
        alice = await scene.called()
        await alice.say(RequestUri(1), SearchRooms(1), SearchRooms(1, criteria="lob"))
        assert [reply.name for reply in alice.replies()] == ["requri", "chansrch", "chansrch"]
        assert [len(reply.body.rooms) for reply in alice.replies()[1:]] == [2, 1]  # type: ignore[union-attr]


async def test_posts_and_commands_in_one_envelope_keep_their_order() -> None:
    async with Scene() as scene:
        alice = await scene.called()
        assert await alice.say(join(OPEN, seqid=1), chat("a", seqid=2), recent(seqid=3), chat("b", seqid=4)) == 200
        assert [name for name in alice.order() if name != 200] == ["join", "a", "bccontext", "b"]


async def test_unknown_and_bad_commands_have_codes() -> None:
    async with Scene() as scene:
        alice = await scene.called()
        await alice.say(UnknownCommand(1, "fly"))
        assert (alice.replies()[0].name, alice.replies()[0].code) == ("fly", 415)
        alice.forget()
        body = b'<xccos ver="1" envid="5" xmlns="urn:parlano:xml:ns:xccos"><cmd id="cmd:join" seqid="1"/></xccos>'
        assert alice.raw(body).status == 200
        await alice.settle()
        assert (alice.replies()[0].name, alice.replies()[0].code) == ("join", 400)


BODIES = {
    "not XML": (400, "text/plain", b"hello"),
    "empty": (400, "text/plain", b""),
    "a document type": (400, "text/plain", b'<!DOCTYPE x [<!ENTITY a "b">]><xccos ver="1" envid="1"/>'),
    "another vocabulary": (415, "text/plain", b"<html/>"),
    "another type": (415, "application/json", b"{}"),
    "too large": (413, "text/plain", b"<xccos>" + b" " * 262_140),
}


@pytest.mark.parametrize("what", BODIES)
async def test_bodies_that_are_none_of_ours(what: str) -> None:
    status, kind, body = BODIES[what]
    async with Scene() as scene:
        alice = await scene.called()
        response = alice.raw(body, kind)
        assert response.status == status
        assert (response.headers.get("Accept") is not None) is (status == 415)
        assert await alice.say(RequestUri(1)) == 200


async def test_a_repeated_command_is_answered_from_memory() -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        bob.forget()
        for _ in range(3):
            assert await alice.say(part(), envid=5) == 200
        assert [reply.code for reply in alice.replies()] == [200, 200, 200]
        assert [notice.name for notice in bob.notices()] == ["part"]
        assert await alice.say(part(), envid=6) == 200
        assert alice.replies()[-1].code == 406


async def test_the_memory_of_replies_is_bounded() -> None:
    async with Scene() as scene:
        alice = await scene.called()
        for envid in range(100):
            await alice.say(part(), envid=envid)
        (session,) = scene.service._sessions
        assert session._remembered_here is not None
        assert len(session._remembered_here) == 64


async def test_history_and_what_is_said_meanwhile_none_twice_none_lost() -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        await bob.say(chat("1"))
        alice.forget()
        scene.store.posts.hold()
        bob.start(chat("2"))
        alice.start(recent())
        bob.start(chat("3"))
        await alice.settle()
        scene.store.posts.release()
        await alice.settle()
        read = texts(alice.replies())
        assert read[:1] == ["1"]
        assert read + [one for one in alice.chats() if one not in read] == ["1", "2", "3"]
        assert len(read) + len(alice.chats()) == 3
        assert alice.order()[:2] == [200, "bccontext"]


async def test_more_is_said_meanwhile_than_history_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        alice.forget()
        said, recent_posts = asyncio.Event(), scene.service.hub.recent

        async def read_late(visit: Visit, room: RoomId, count: int | None) -> History | Refused:
            await said.wait()
            return await recent_posts(visit, room, count)

        monkeypatch.setattr(scene.service.hub, "recent", read_late)
        alice.start(recent(count=2))
        for text in ("1", "2", "3", "4"):
            await bob.say(chat(text))
        said.set()
        await alice.settle()
        assert texts(alice.replies()) == ["3", "4"]
        assert alice.chats() == ["1", "2"]
        assert alice.order() == [200, "1", "2", "bccontext"]


async def _too_much_owed(event: object) -> bool:
    return False


async def test_a_refused_history_lets_go_of_what_it_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        scene.store.posts.hold()
        alice.start(recent())
        bob.start(chat("meanwhile"))
        await alice.settle()
        scene.store.posts.release()
        await alice.settle()
        with monkeypatch.context() as patch:
            patch.setattr(scene.service.hub.recorder, "keep_or_owe", _too_much_owed)
            await alice.say(recent())
        assert alice.replies()[-1].code == 503
        await bob.say(chat("afterwards"))
        await alice.settle()
        assert alice.chats()[-1:] == ["afterwards"]
        assert (alice.chats() + texts([r for r in alice.replies() if r.code == 200])).count("meanwhile") == 1


async def test_a_handler_that_fails_is_answered_and_holds_nothing_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")

        async def fail(*_: object) -> object:
            raise RuntimeError("out of luck")

        with monkeypatch.context() as patch:
            patch.setattr(scene.hub, "recent", fail)
            patch.setattr(scene.hub, "post", fail)
            assert await alice.say(recent(seqid=1), RequestUri(2)) == 200
            assert [(one.name, one.code) for one in alice.replies()] == [("bccontext", 500), ("requri", 200)]
            assert await alice.say(chat("x")) == 500
        await bob.say(chat("hello"))
        await alice.settle()
        assert alice.chats() == ["hello"]
        assert "out of luck" in caplog.text


async def test_the_reply_to_a_join_precedes_everything_heard_in_the_room() -> None:
    async with Scene() as scene:
        alice, bob = await scene.called(), await scene.joined("bob")
        scene.store.posts.hold()
        alice.start(join(OPEN))
        for text in ("1", "2"):
            bob.start(chat(text))
        await alice.settle()
        scene.store.posts.release()
        await alice.settle()
        assert alice.order()[:2] == [200, "join"]
        assert set(alice.chats()) <= {"1", "2"}


async def test_nothing_of_a_room_is_heard_between_its_part_and_the_reply() -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        alice.forget()
        scene.store.posts.hold()
        alice.start(part())
        bob.start(chat("too late"))
        await alice.settle()
        assert alice.order() == [200]
        scene.store.posts.release()
        await alice.settle()
        assert alice.order() == [200, "part"]
        assert bob.chats() == ["too late"]


async def test_nothing_of_a_room_is_heard_while_its_part_waits_for_its_turn() -> None:
    """A person's commands take turns, whichever endpoint they come from."""
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        laptop = await scene.called(endpoint="e2")
        alice.forget()
        scene.store.posts.hold()
        laptop.start(join(OTHER))
        bob.start(chat("too late"))
        await bob.settle()
        alice.start(part())
        await bob.settle()
        assert alice.order() == [200]
        scene.store.posts.release()
        await bob.settle()
        assert alice.order() == [200, "part"]
        # Whoever comes back hears again.
        await alice.say(join(OPEN))
        await bob.say(chat("welcome"))
        assert alice.chats() == ["welcome"]


@pytest.mark.parametrize(("agent", "told"), [(SIPE_AGENT, []), (LYNC_AGENT, ["kick"])])
async def test_being_put_out_of_a_room_that_one_is_leaving_is_no_news_to_sipe(agent: str, told: list[str]) -> None:
    async with Scene() as scene:
        alice, laptop = await scene.joined(agent=agent), await scene.called(endpoint="e2")
        scene.store.posts.hold()
        laptop.start(join(OTHER))
        await laptop.settle()
        alice.start(part())
        await scene.hub.managing.modify_room(None, OPEN, RoomChange(disabled=True))
        await alice.settle()
        assert [notice.name for notice in alice.notices()] == told
        scene.store.posts.release()
        await alice.settle()
        assert [(reply.name, reply.code) for reply in alice.replies()] == [("part", 406)]


async def test_too_much_at_once_is_refused_and_not_done() -> None:
    async with Scene(pending=4) as scene:
        alice = await scene.joined()
        scene.store.posts.hold()
        numbers = [alice.start(chat(str(n))) for n in range(6)]
        await alice.settle()
        assert [alice.status(one) for one in numbers] == [0, 0, 0, 0, 503, 503]
        scene.store.posts.release()
        await alice.settle()
        assert alice.chats() == ["0", "1", "2", "3"]
        assert await alice.say(chat("4")) == 200


async def test_a_post_under_way_when_the_connection_is_lost_is_kept_and_told() -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        scene.store.posts.hold()
        alice.start(chat("last words"))
        await bob.settle()
        alice.wire.close()
        scene.store.posts.release()
        await bob.settle()
        assert bob.chats() == ["last words"]


@pytest.mark.parametrize(("agent", "told"), [(SIPE_AGENT, ["kick", "part"]), (LYNC_AGENT, ["kick"])])
async def test_being_put_out_of_a_room_is_told(agent: str, told: list[str]) -> None:
    async with Scene() as scene:
        alice = await scene.joined(agent=agent)
        await scene.hub.managing.modify_room(None, OPEN, RoomChange(disabled=True))
        await alice.settle()
        assert [notice.name for notice in alice.notices()] == told
        kick = alice.notices()[0].body
        assert kick == Kicked(room_uri(DOMAIN, OPEN), 407)
        if told[1:]:
            assert alice.notices()[1].body == PeopleParted(((room_uri(DOMAIN, OPEN), uri("alice")),))


async def test_a_room_that_is_deleted_is_told_before_its_people_are_put_out() -> None:
    async with Scene() as scene:
        bob = await scene.called("bob", agent=LYNC_AGENT)
        await bob.say(join(SECRET))
        bob.forget()
        await scene.hub.managing.delete_room(None, SECRET)
        await bob.settle()
        assert [notice.name for notice in bob.notices()] == ["chandeleted", "kick"]
        assert not [one for one in bob.heard if isinstance(one, Reply)]


# History that is pushed ---------------------------------------------------------------------------------------------


async def test_a_hundred_rooms_with_thirty_messages_each_arrive_whole_and_in_order() -> None:
    async with Scene(push_history=True, limits=Limits(person_posts=10_000)) as scene:
        await scene.equip()
        rooms = [(await scene.make(f"방 {number:03}", lists=())).id for number in range(100)]
        for room in rooms:
            for number in range(30):
                key = f"{room}{number}".encode()
                assert not isinstance(
                    await scene.hub.post_as(uri("alice"), room, Draft(f"펌프 {number}"), key), Refused
                )
        alice = await scene.called()
        await alice.say(BatchJoin(1, tuple(RoomRef(key, DOMAIN, room) for key, room in enumerate(rooms))))
        replies = alice.replies()
        names = [reply.name for reply in replies]
        first = names.index("bccontext")
        assert set(names[:first]) == {"bjoin"}
        assert set(names[first:]) == {"bccontext"}
        joined = [one.room.uri for reply in replies[:first] for one in reply.body.rooms]  # type: ignore[union-attr]
        assert joined == [room_uri(DOMAIN, room) for room in rooms]
        said: dict[str, list[str]] = {}
        for reply in replies[first:]:
            said.setdefault(reply.body.room_uri, []).extend(one.text for one in reply.body.messages)  # type: ignore[union-attr]
        assert list(said) == joined
        assert all(texts == [f"펌프 {number}" for number in range(30)] for texts in said.values())
        assert {(reply.command_envid, reply.command_seqid) for reply in replies} == {(alice.envid, 1)}


async def test_unless_asked_for_history_is_not_pushed() -> None:
    async with Scene() as scene:
        alice = await scene.called()
        await alice.say(join(OPEN))
        assert [reply.name for reply in alice.replies()] == ["join"]


async def test_what_is_said_while_history_is_pushed_comes_after_it_once() -> None:
    async with Scene(push_history=True) as scene:
        bob = await scene.joined("bob")
        await bob.say(chat("1"))
        alice = await scene.called()
        recent_posts, said = scene.service.hub.recent, asyncio.Event()

        async def read_late(visit: Visit, room: RoomId, count: int | None) -> History | Refused:
            await said.wait()
            return await recent_posts(visit, room, count)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scene.service.hub, "recent", read_late)
            alice.start(join(OPEN, OTHER))
            await alice.settle()
            await bob.say(chat("2"))
            said.set()
            await alice.settle()
        await bob.say(chat("3"))
        await alice.settle()
        assert texts([reply for reply in alice.replies() if reply.name == "bccontext"]) == ["1", "2"]
        assert alice.chats() == ["3"]


async def test_history_that_cannot_be_pushed_leaves_the_join_as_it_is(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with Scene(push_history=True) as scene:
        alice, bob = await scene.called(), await scene.called("bob")

        async def fail(*_: object) -> object:
            raise RuntimeError("out of luck")

        with monkeypatch.context() as patch:
            patch.setattr(scene.hub, "recent", fail)
            await alice.say(join(OPEN))
        assert [(reply.name, reply.code) for reply in alice.replies()] == [("join", 200)]
        assert "out of luck" in caplog.text
        await bob.say(join(OPEN), chat("hello", seqid=2))
        await alice.settle()
        assert alice.chats() == ["hello"]


async def test_history_in_a_room_that_has_still_to_tell() -> None:
    """What the history has is not told again afterwards, though it is told late."""
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        alice.forget()
        live = scene.hub.presence.live[OPEN]
        session = next(one for one in scene.service._sessions if one.person == uri("alice"))
        posts = [StoredPost(OPEN, number, uri("bob"), "Bob", str(number), Micros(1)) for number in (1, 2, 3)]
        session.hold(OPEN)
        for post in posts[:2]:
            scene.hub.teller.tell(live.audience, PostHeard(OPEN, post))
        assert live.audience.backlog
        session.release_after_reply(OPEN, 2)
        session._release()
        scene.hub.teller.tell(live.audience, PostHeard(OPEN, posts[2]))
        await bob.settle()
        assert alice.chats() == ["3"]
        assert bob.chats() == ["1", "2", "3"]
