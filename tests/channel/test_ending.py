"""What becomes of what was asked when a session ends: done, in its order, unless it may not be done any more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from parlour.rooms.model import Limits
from parlour.xccos.types import CreateRoom, GetPreference, RoomSettings, SearchRooms, SetPreference
from tests.channel.scene import LYNC_AGENT, OTHER, SIPE_AGENT, Client, Scene, category_at, chat, join, part
from tests.channel.test_inbox import diagnosis, follow
from tests.hub.fakes import OPEN, PLANT, person, uri


def prefer(label: str, content: str = "QQ==") -> SetPreference:
    return SetPreference(1, label, content)


async def preferred(scene: Scene) -> list[str]:
    return sorted(one.label for one in await scene.store.documents.all(uri("alice"), "preference"))


def hang_up(client: Client) -> Client:
    assert client.send("BYE") == 200
    return client


def lose(client: Client) -> Client:
    client.pump()
    client.wire.close()
    return client


def call_again(client: Client) -> Client:
    back = client.again()
    assert back.call().status == 200
    return back


def call_elsewhere(client: Client) -> Client:
    client.pump()
    back = client.scene.client(client.name)
    assert back.call().status == 200
    return back


ENDINGS: dict[str, Callable[[Client], Client]] = {
    "hung up": hang_up,
    "lost": lose,
    "replaced on its connection": call_again,
    "replaced from elsewhere": call_elsewhere,
}
ends = pytest.mark.parametrize("ending", ENDINGS)


@ends
async def test_what_was_answered_200_is_done_though_the_session_has_ended(ending: str) -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        scene.store.posts.hold()
        asked = [alice.start(*what) for what in ([join(OTHER)], [prefer("a"), prefer("b")], [prefer("c")])]
        await bob.settle()
        assert [alice.status(one) for one in asked] == [200, 200, 200]
        ENDINGS[ending](alice)
        await bob.settle()
        assert await preferred(scene) == []
        scene.store.posts.release()
        await bob.settle()
        assert await preferred(scene) == ["a", "b", "c"]
        assert (scene.service.backlog.count, scene.service._ending) == (0, set())


@ends
async def test_posts_that_came_before_the_end_are_kept_and_told_before_the_part(ending: str) -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(agent=LYNC_AGENT), await scene.joined("bob")
        bob.forget()
        scene.store.posts.hold()
        alice.start(chat("1"))
        alice.start(join(OTHER))
        alice.start(chat("2"))
        alice.start(chat("3", OTHER))
        await bob.settle()
        ENDINGS[ending](alice)
        await bob.settle()
        assert bob.order() == []
        scene.store.posts.release()
        await bob.settle()
        assert bob.order() == ["1", "2", "part"]
        assert [post.text for post in await scene.store.posts.last(OTHER, 9)] == ["3"]


async def test_a_post_and_bye_in_one_write_are_both_answered_200() -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        bob.forget()
        post, bye = alice.start(chat("good night")), alice._deliver("BYE")
        await alice.settle()
        assert (alice.status(post), alice.status(bye)) == (200, 200)
        assert bob.order() == ["good night", "part"]


async def test_who_comes_back_while_a_post_is_on_its_way_sits_in_the_same_rooms() -> None:
    """COMPAT: SIPE joins nothing, and posts where it believes to be."""
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        bob.forget()
        scene.store.posts.hold()
        alice.start(chat("1"))
        back = call_again(alice)
        second = back.start(chat("2"))
        await back.settle()
        scene.store.posts.release()
        await back.settle()
        assert back.status(second) == 200
        assert [one for one in bob.order() if one in ("1", "2")] == ["1", "2"]


async def test_nothing_is_sent_in_a_dialog_that_is_over() -> None:
    async with Scene() as scene:
        alice = await scene.joined()
        alice.start(prefer("a"))
        alice.start(join(OTHER))
        hang_up(alice)
        alice.forget()
        await alice.settle()
        assert alice.order() == []
        assert await preferred(scene) == ["a"]


async def test_what_only_reads_is_passed_over_when_nobody_is_left_to_read_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Scene() as scene:
        alice, served = await scene.joined(), follow(monkeypatch, SearchRooms)
        scene.store.posts.hold()
        alice.start(join(OTHER))
        alice.start(SearchRooms(1), SearchRooms(2), prefer("a"))
        await alice.settle()
        hang_up(alice)
        scene.store.posts.release()
        await alice.settle()
        assert served == []
        assert await preferred(scene) == ["a"]


@ends
async def test_what_the_endpoint_asks_next_waits_for_what_it_asked_before(ending: str) -> None:
    async with Scene() as scene:
        alice, bob = await scene.called(), await scene.called("bob")
        scene.store.posts.hold()
        alice.start(join(OTHER))
        alice.start(prefer("a", "b2xk"))
        await bob.settle()
        back = ENDINGS[ending](alice)
        if back is alice:
            back = call_elsewhere(alice)
        back.start(GetPreference(1, "a"))
        await bob.settle()
        assert back.replies() == []
        scene.store.posts.release()
        await back.settle()
        (asked,) = back.replies()
        assert asked.code == 200
        assert "b2xk" in str(asked.body)


async def test_one_session_after_the_other_makes_no_longer_queue() -> None:
    async with Scene(pending=4) as scene:
        alice = await scene.called()
        scene.store.posts.hold()
        alice.start(join(OTHER))
        await alice.settle()
        taken = 0
        for number in range(10):
            cseq = alice.start(prefer(str(number)))
            alice.pump()
            taken += alice.status(cseq) == 200
            hang_up(alice)
            alice = call_again(alice)
        assert taken == 4
        assert len(scene.service._ending) <= 5
        scene.store.posts.release()
        await alice.settle()
        assert await preferred(scene) == ["0", "1", "2", "3"]


async def test_who_is_ending_takes_no_place_from_its_own_successor() -> None:
    async with Scene(limits=Limits(endpoints_per_user=2)) as scene:
        alice, there = await scene.called(endpoint="e1"), await scene.called(endpoint="e2")
        scene.store.posts.hold()
        for client in (alice, there):
            client.start(join(OTHER))
            client.start(prefer("a"))
            await client.settle()
            hang_up(client)
        assert scene.client(endpoint="e3").call().status == 486
        assert scene.client(endpoint="e1").call().status == 200
        scene.store.posts.release()
        await alice.settle()
        assert scene.client(endpoint="e3").call().status == 200


def shut_out(scene: Scene) -> None:
    scene.directory.put(person("alice", chat_enabled=False))


def remove(scene: Scene) -> None:
    scene.directory.drop(uri("alice"))


def change_password(scene: Scene) -> None:
    scene.service.password_changed(uri("alice"))


@pytest.mark.parametrize("lose_right", [shut_out, remove, change_password])
@pytest.mark.parametrize("ending", [None, "hung up", "lost"])
async def test_nothing_more_is_done_for_whom_it_may_not_be_done(
    lose_right: Callable[[Scene], None], ending: str | None
) -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        bob.forget()
        scene.store.posts.hold()
        alice.start(join(OTHER))
        alice.start(prefer("a"), chat("x", seqid=2))
        behind = alice.start(chat("y"))
        await bob.settle()
        if ending is not None:
            ENDINGS[ending](alice)
        lose_right(scene)
        scene.store.posts.release()
        await bob.settle()
        assert await preferred(scene) == []
        assert bob.order() == ["part"]
        assert await scene.store.posts.last(OPEN, 9) == []
        assert not scene.hub.presence.visits_of(uri("alice"))
        assert not scene.service._ending
        assert not scene.service._by_endpoint.get((uri("alice"), "e1"))
        assert scene.service.backlog.count == 0
        if ending != "lost":
            assert (alice.status(behind), diagnosis(alice, behind)) == (481, "20006")


async def test_another_password_ends_sessions_of_nobody_else() -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        change_password(scene)
        assert alice.send("INFO") == 481
        assert await bob.say(chat("still here")) == 200
        assert (alice.byes, bob.chats()) == (0, ["still here"])


async def test_stopping_waits_for_what_ended_sessions_asked_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    for patient in (True, False):
        async with Scene() as scene:
            alice, bob = await scene.joined(), await scene.joined("bob")
            settle, seconds = scene.service._settle, 60.0 if patient else 0.05
            monkeypatch.setattr(scene.service, "_settle", lambda _, settle=settle, seconds=seconds: settle(seconds))
            if not patient:
                scene.store.posts.hold()
            alice.start(join(OTHER))
            alice.start(prefer("a"))
            hang_up(alice)
            bob.forget()
            await scene.service.close()
            assert await preferred(scene) == (["a"] if patient else [])
            assert not scene.service._ending
            assert not scene.service._tasks


async def test_sipe_that_lost_its_dialog_is_not_seated_where_it_was_leaving() -> None:
    async with Scene() as scene:
        alice = await scene.joined(agent=SIPE_AGENT)
        await alice.say(join(OTHER))
        scene.store.posts.hold()
        alice.start(chat("1"))
        alice.start(part(OTHER))
        await alice.settle()
        (session,) = scene.service._sessions
        assert session._dialog is not None
        session._dialog.forget("answered 481")
        back = call_again(alice)
        post = back.start(chat("2"))
        scene.store.posts.release()
        await back.settle()
        assert back.status(post) == 200
        (visit,) = scene.hub.presence.visits_of(uri("alice"))
        assert list(visit.seats) == [OPEN]
        assert [one.text for one in await scene.store.posts.last(OPEN, 9)] == ["1", "2"]


# Commands that are sent again ---------------------------------------------------------------------------------------


def make(name: str = "야간 근무") -> CreateRoom:
    return CreateRoom(1, RoomSettings(name, parent=category_at(PLANT.id)))


async def _again(scene: Scene, ending: str, *, heard: bool, made: int) -> list[int]:
    """Makes rooms, numbered from 1, has its session ended, and does the same once more; how it is answered then."""
    await scene.equip()
    alice = await scene.called(agent=LYNC_AGENT)
    alice.answering = 200 if heard else None
    for number in range(1, made + 1):
        await alice.say(make(f"방 {number}"), envid=number)
        assert alice.replies()[-1].code == 200
    back = ENDINGS[ending](alice)
    if back is alice:
        back = call_elsewhere(alice)
    for number in range(1, made + 1):
        await back.say(make(f"방 {number}"), envid=number)
    return [reply.code for reply in back.replies()]


@pytest.mark.parametrize("heard", [True, False])
async def test_who_hung_up_knows_his_answers_and_may_count_from_1_again(heard: bool) -> None:
    async with Scene() as scene:
        assert await _again(scene, "hung up", heard=heard, made=2) == [409, 409]


@pytest.mark.parametrize("ending", ["lost", "replaced from elsewhere"])
@pytest.mark.parametrize(("heard", "codes"), [(True, [409, 409, 200]), (False, [200, 200, 200])])
async def test_of_answers_that_arrived_the_last_alone_may_not_be_known(
    ending: str, heard: bool, codes: list[int]
) -> None:
    async with Scene() as scene:
        assert await _again(scene, ending, heard=heard, made=3) == codes


async def test_what_came_in_between_counts() -> None:
    """A program that numbers from 1 each time it runs, and never hangs up."""
    async with Scene() as scene:
        await scene.equip()
        codes = []
        for name in ("가", "나", "가"):
            alice = await scene.called(agent=LYNC_AGENT)
            await alice.say(make(name), envid=1)
            codes.append(alice.replies()[-1].code)
            lose(alice)
        assert codes == [200, 200, 409]


async def test_what_is_known_again_stays_known_beside_what_is_new() -> None:
    """Two connections are lost one after the other."""
    async with Scene() as scene:
        await scene.equip()
        codes = []
        for what in ([1], [1, 2], [1, 2]):
            alice = await scene.called(agent=LYNC_AGENT)
            alice.answering = None
            for envid in what:
                await alice.say(make(f"방 {envid}"), envid=envid)
            codes.append([reply.code for reply in alice.replies()])
            lose(alice)
        assert codes == [[200], [200, 200], [200, 200]]


async def test_what_is_done_after_the_end_is_remembered_as_nobody_knows_of_it() -> None:
    async with Scene() as scene:
        await scene.equip()
        alice = await scene.joined()
        scene.store.posts.hold()
        alice.start(join(OTHER))
        alice.start(make(), envid=1)
        await alice.settle()
        lose(alice)
        scene.store.posts.release()
        await alice.settle()
        back = call_elsewhere(alice)
        await back.say(make(), envid=1)
        assert back.replies()[-1].code == 200


async def test_an_answer_that_was_refused_is_not_known() -> None:
    async with Scene() as scene:
        await scene.equip()
        alice = await scene.called()
        alice.answering = 481
        await alice.say(make(), envid=1)
        assert not scene.service.session_count
        alice.wire.close()
        back = call_elsewhere(alice)
        await back.say(make(), envid=1)
        assert back.replies()[-1].code == 200
