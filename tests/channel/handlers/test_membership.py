"""Invitations, and who is inside."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from parlour.channel.handlers import membership
from parlour.rooms.editing import ListEdit, Op, RoomChange
from parlour.rooms.model import Behavior, Limits, Role
from parlour.xccos.types import GetInvitations, GetParticipants
from tests.channel.scene import LYNC_AGENT, MISSING, OPEN, OTHER, SECRET, Scene, join, room_at
from tests.hub.fakes import person, uri


def listed(role: Role, *names: str) -> ListEdit:
    return ListEdit(role, Op.SET, frozenset(map(uri, names)))


async def test_members_are_invited_and_may_ask_again() -> None:
    async with Scene() as scene:
        await scene.equip()
        minji = await scene.called("minji")
        room = await scene.make("야간 근무", lists=(listed(Role.MEMBER, "minji"),))
        await minji.settle()
        (notice,) = minji.notices()
        (told,) = notice.body.invitations  # type: ignore[union-attr]
        assert (notice.name, told.number, told.room.uri, told.room.name) == ("inv", 2, room_at(room.id), "야간 근무")
        for after, numbers in ((0, [2]), (1, [2]), (2, [])):
            body: Any = (await minji.ask(GetInvitations(1, after))).body
            assert [one.number for one in body.invitations] == numbers
        await scene.hub.managing.modify_room(None, room.id, RoomChange(disabled=True))
        body = (await minji.ask(GetInvitations(1))).body
        assert body.invitations == ()


async def test_invitations_are_told_as_many_at_a_time_as_a_search_finds() -> None:
    async with Scene(limits=Limits(search_limit=2)) as scene:
        await scene.equip()
        for number in range(5):
            await scene.make(f"Room {number}", lists=(listed(Role.MEMBER, "minji"),))
        minji, told, after = await scene.called("minji"), [], 0
        for numbers, more in (([2, 3], True), ([4, 5], True), ([6], False)):
            body: Any = (await minji.ask(GetInvitations(1, after))).body
            assert ([one.number for one in body.invitations], body.truncated) == (numbers, more)
            told += [one.room.name for one in body.invitations]
            after = numbers[-1]
        assert told == [f"Room {number}" for number in range(5)]


async def test_who_enters_is_told_no_longer_list_than_one_reply_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(membership, "MOST_TOLD", 2)
    async with Scene() as scene:
        await scene.joined()
        for name, people in (("bob", ["Alice", "Bob"]), ("minji", ["김민지"])):
            body: Any = (await (await scene.called(name)).ask(join(OPEN))).body
            assert [seat.user.name for seat in body.rooms[0].seats] == people
        assert body.rooms[0].room.participant_count == 3


async def test_everybody_inside_is_listed_large_or_not() -> None:
    async with Scene(limits=Limits(participant_update_limit=2)) as scene:
        alice = await scene.joined()
        (reply,) = [await alice.ask(GetParticipants(1, room_at(OPEN)))]
        assert [seat.user.name for seat in reply.body.rooms[0].seats] == ["Alice"]  # type: ignore[union-attr]
        minji, _ = await scene.joined("minji"), await scene.joined("bob")
        body: Any = (await minji.ask(GetParticipants(1, room_at(OPEN)))).body
        (entered,) = body.rooms
        assert entered.room.uri == room_at(OPEN)
        assert {seat.user.name: seat.mask for seat in entered.seats} == {"Alice": 3984, "Bob": 3984, "김민지": 3984}


async def test_a_strict_server_lists_large_rooms_only() -> None:
    async with Scene(limits=Limits(participant_update_limit=2, strict_participant_list=True)) as scene:
        alice = await scene.joined()
        assert (await alice.ask(GetParticipants(1, room_at(OPEN)))).code == 416
        await scene.joined("bob")
        assert (await alice.ask(GetParticipants(1, room_at(OPEN)))).code == 200
        for room in (SECRET, MISSING):
            assert (await alice.ask(GetParticipants(1, room_at(room)))).code == 404
        assert (await alice.ask(GetParticipants(1, room_at(OTHER)))).code == 406


async def test_a_presenter_who_joins_is_announced_as_one() -> None:
    async with Scene() as scene:
        await scene.equip()
        room = await scene.make(
            "강당",
            behavior=Behavior.AUDITORIUM,
            lists=(listed(Role.MEMBER, "alice", "bob"), listed(Role.PRESENTER, "bob")),
        )
        alice, bob = await scene.called(), await scene.called("bob")
        await alice.ask(join(room.id))
        own: Any = (await bob.ask(join(room.id))).body
        assert {seat.user.uri: seat.mask for seat in own.rooms[0].seats} == {uri("alice"): 12276, uri("bob"): 8080}
        (notice,) = alice.notices()
        assert [(seat.user.uri, seat.mask) for seat in notice.body.seats] == [(uri("bob"), 8080)]  # type: ignore[union-attr]


async def test_who_becomes_manager_is_announced_with_the_new_mask() -> None:
    async with Scene() as scene:
        alice, bob = await scene.joined(), await scene.joined("bob")
        alice.forget()
        await scene.hub.managing.modify_room(None, OPEN, RoomChange(lists=(listed(Role.MANAGER, "bob"),)))
        await bob.settle()
        for client in (alice, bob):
            changed, room = client.notices()
            assert (changed.name, room.name) == ("permmodified", "chanmodified")
            assert [(seat.user.uri, seat.mask) for seat in changed.body.seats] == [(uri("bob"), 12276)]  # type: ignore[union-attr]


async def test_managers_are_told_what_is_set_and_members_what_is_in_effect() -> None:
    async with Scene() as scene:
        await scene.equip()
        room = await scene.make("야간 근무", lists=(listed(Role.MEMBER, "minji"),))
        for name, shown in (("alice", "inherit"), ("minji", True)):
            client = await scene.called(name)
            body: Any = (await client.ask(join(room.id))).body
            assert body.rooms[0].room.invite == shown


async def test_losing_the_group_that_lets_one_in_is_told() -> None:
    async with Scene() as scene:
        alice = await scene.joined(agent=LYNC_AGENT)
        someone = scene.directory.find_person(uri("alice"))
        assert someone is not None
        scene.directory.put(replace(person("alice"), affiliations=frozenset()))
        await alice.settle()
        assert [(one.name, one.body.code) for one in alice.notices()] == [("kick", 403)]  # type: ignore[union-attr]
