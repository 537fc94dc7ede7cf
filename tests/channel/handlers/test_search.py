"""Finding rooms, and what may be known of one."""

from __future__ import annotations

from typing import Any

import pytest

from parlour.rooms.editing import ListEdit, Op, RoomChange
from parlour.rooms.model import Behavior, Limits, Role, Visibility
from parlour.xccos.types import GetAssociations, GetPermissions, GetRoom, SearchRooms
from tests.channel.scene import LYNC_AGENT, MISSING, OPEN, SECRET, SIPE_AGENT, Client, Scene, category_at, room_at
from tests.hub.fakes import PLANT, ROOT, uri


def listed(role: Role, *names: str) -> ListEdit:
    return ListEdit(role, Op.SET, frozenset(map(uri, names)))


async def found(client: Client, **query: Any) -> list[str]:
    reply = await client.ask(SearchRooms(1, **query))
    assert reply.code == 200
    return [room.name for room in reply.body.rooms]  # type: ignore[union-attr]


async def test_by_name_in_any_script() -> None:
    async with Scene() as scene:
        await scene.equip()
        await scene.make("야간 근무", description="펌프 담당")
        await scene.make("주간 근무")
        alice = await scene.called()
        assert await found(alice, criteria="야간") == ["야간 근무"]
        assert await found(alice, criteria="근무 야간", match_all=True) == ["야간 근무"]
        assert await found(alice, criteria="야간 근무", match_exact_phrase=True) == ["야간 근무"]
        assert await found(alice, criteria="펌프") == []
        assert await found(alice, criteria="펌프", search_description=True) == ["야간 근무"]
        assert await found(alice) == ["Lobby", "Other", "야간 근무", "주간 근무"]


async def test_by_what_else_there_is() -> None:
    async with Scene() as scene:
        await scene.equip()
        dave = scene.directory.find_person(uri("dave"))
        page = await scene.hub.addins.create(dave, "현황판", "https://x.example.com/")
        await scene.make("야간 근무", addin=page.id, lists=(listed(Role.MEMBER, "minji"),))  # type: ignore[union-attr]
        minji, _ = await scene.called("minji"), await scene.joined("alice")
        assert await found(minji, query_type="BYCATEGORY", category=category_at(PLANT.id)) == [
            "Lobby",
            "Other",
            "야간 근무",
        ]
        assert await found(minji, query_type="BYCATEGORY", category=category_at(ROOT.id)) == []
        assert await found(minji, query_type="BYCATEGORY", category="nonsense") == []
        assert await found(minji, query_type="BYUSER", criteria="SIP:alice@example.com") == ["Lobby"]
        assert await found(minji, query_type="BYMEMBER") == ["야간 근무"]
        assert await found(minji, query_type="BYMANAGER") == []
        assert await found(minji, query_type="BYADDIN", addin=page.id) == ["야간 근무"]  # type: ignore[union-attr]
        assert await found(minji, query_type="BYADDIN", criteria=f"{{{page.id.upper()}}}") == ["야간 근무"]  # type: ignore[union-attr]
        assert await found(minji, query_type="BYADDIN") == []
        assert await found(minji, query_type="BYURI", criteria=room_at(OPEN)) == ["Lobby"]
        assert await found(minji, query_type="BYEXACTNAME", criteria="야간  근무") == ["야간 근무"]
        assert await found(minji, query_type="BYEXACTNAME", criteria="야간") == []
        assert await found(minji, query_type="BYEXACTNAME") == []


async def test_by_filter_everything_given_counts() -> None:
    async with Scene() as scene:
        await scene.equip()
        await scene.make("강당", behavior=Behavior.AUDITORIUM, invite=False, lists=(listed(Role.MEMBER, "minji"),))
        await scene.make("폐쇄", disabled=True)
        alice = await scene.called()
        for query, names in (
            ({}, ["Lobby", "Other", "강당"]),
            ({"behavior": "AUDITORIUM"}, ["강당"]),
            ({"visibility": "OPEN"}, ["Lobby", "Other"]),
            ({"invite": False}, ["강당"]),
            ({"member": uri("minji")}, ["강당"]),
            ({"manager": uri("alice"), "behavior": "NORMAL"}, []),
            ({"category": category_at(ROOT.id)}, []),
            ({"disabled": True}, ["폐쇄"]),
            ({"criteria": "oth", "visibility": "OPEN", "category": category_at(PLANT.id)}, ["Other"]),
        ):
            assert await found(alice, query_type="BYFILTER", **query) == names, query  # type: ignore[arg-type]
        bob = await scene.called("bob")
        assert await found(bob, query_type="BYFILTER", disabled=True) == []


async def test_limits_and_unknown_queries() -> None:
    async with Scene(limits=Limits(search_limit=2)) as scene:
        await scene.equip()
        await scene.make("하나")
        alice = await scene.called()
        reply = await alice.ask(SearchRooms(1))
        assert (len(reply.body.rooms), reply.body.truncated) == (2, True)  # type: ignore[union-attr]
        assert len(await found(alice, max_results=1)) == 1
        assert (await alice.ask(SearchRooms(1, "BYMAGIC"))).code == 415


async def test_a_category_lists_a_hundred_rooms_unless_more_are_asked_for() -> None:
    async with Scene() as scene:
        await scene.equip()
        for number in range(101):
            await scene.make(f"방 {number:03}")
        alice = await scene.called()
        category = category_at(PLANT.id)
        assert len(await found(alice, query_type="BYCATEGORY", category=category)) == 100
        assert len(await found(alice, query_type="BYCATEGORY", category=category, max_results=500)) == 103


async def test_secret_rooms_are_not_found_by_others() -> None:
    async with Scene() as scene:
        alice, bob = await scene.called(), await scene.called("bob")
        for query in (
            {"query_type": "BYURI", "criteria": room_at(SECRET)},
            {"query_type": "BYEXACTNAME", "criteria": "Secret"},
            {"query_type": "BYNAME", "criteria": "secret"},
            {"query_type": "BYFILTER", "visibility": "PRIVATE"},
            {"query_type": "BYFILTER", "member": uri("bob")},
        ):
            assert await found(alice, **query) == []
            assert await found(bob, **query) == ["Secret"]


async def test_my_rooms() -> None:
    async with Scene() as scene:
        await scene.equip()
        room = await scene.make("야간 근무", lists=(listed(Role.MEMBER, "minji"),))
        await scene.hub.managing.modify_room(None, room.id, RoomChange(disabled=True))
        alice, bob = await scene.called(), await scene.called("bob")
        for client, kind, names in (
            (alice, "MEMBER", []),
            (alice, "MANAGER", ["야간 근무"]),
            (bob, "MEMBER", ["Secret"]),
            (bob, "MANAGER", []),
        ):
            body: Any = (await client.ask(GetAssociations(1, kind, "example.com", 50))).body
            assert (body.kind, [one.name for one in body.rooms]) == (kind, names)
            assert all(one.invite == "inherit" for one in body.rooms if kind == "MANAGER")


async def test_all_about_a_room() -> None:
    async with Scene() as scene:
        await scene.equip()
        room = await scene.make("야간 근무", by="minji")
        alice, minji = await scene.called(), await scene.called("minji")
        for client, invite in ((alice, True), (minji, "inherit")):
            for ask in (GetRoom(1, room_at(room.id)), GetRoom(1, room_name="야간 근무")):
                body: Any = (await client.ask(ask)).body
                assert (body.room.uri, body.room.invite) == (room_at(room.id), invite)
                assert (body.room.audit.created_by, body.room.audit.updated_at) == ("김민지", room.audit.updated_at)
                assert (body.category.name, body.category.invite, body.category.lists) == ("Plant", True, ())
        lobby: Any = (await alice.ask(GetRoom(1, room_at(OPEN)))).body
        assert lobby.room.audit.created_by == "sip:root@example.com", "who is in no directory any more"


async def test_a_secret_room_answers_as_none() -> None:
    async with Scene() as scene:
        alice = await scene.called()
        for secret, missing in (
            (GetRoom(1, room_at(SECRET)), GetRoom(1, room_at(MISSING))),
            (GetRoom(1, room_name="Secret"), GetRoom(1, room_name="없는 방")),
            (GetPermissions(1, room_at(SECRET)), GetPermissions(1, room_at(MISSING))),
        ):
            one, other = await alice.ask(secret), await alice.ask(missing)
            assert (
                (one.code, one.text, one.body) == (other.code, other.text, other.body) == (404, other.text, other.body)
            )


@pytest.mark.parametrize(
    ("name", "behavior", "value", "mask"),
    [
        ("alice", Behavior.NORMAL, 31, 12276),
        ("minji", Behavior.NORMAL, 30, 3984),
        ("bob", Behavior.NORMAL, 16, 2048),
        ("dave", Behavior.NORMAL, 17, 10244),
        ("dave", Behavior.AUDITORIUM, 17, 10244),
        ("alice", Behavior.AUDITORIUM, 27, 12276),
        ("minji", Behavior.AUDITORIUM, 58, 8080),
    ],
)
async def test_what_may_i_do_here(name: str, behavior: Behavior, value: int, mask: int) -> None:
    async with Scene() as scene:
        await scene.equip()
        lists = [listed(Role.MEMBER, "alice", "minji")]
        if behavior is Behavior.AUDITORIUM:
            lists.append(listed(Role.PRESENTER, "minji"))
        room = await scene.make("야간 근무", behavior=behavior, visibility=Visibility.SCOPED, lists=tuple(lists))
        client = await scene.called(name)
        body: Any = (await client.ask(GetPermissions(1, room_at(room.id)))).body
        assert (body.room_uri, body.value, body.mask) == (room_at(room.id), value, mask)


async def test_an_administrator_inside_may_what_a_manager_may() -> None:
    async with Scene() as scene:
        body: Any = (await (await scene.called("dave")).ask(GetPermissions(1, room_at(OPEN)))).body
        assert (body.value, body.mask) == (31, 12276)


@pytest.mark.parametrize("command", [SearchRooms(1), GetAssociations(1, "MANAGER")])
async def test_a_long_list_is_one_reply_to_who_takes_each_for_the_whole(command: Any) -> None:
    async with Scene() as scene:
        await scene.equip()
        for number in range(80):
            await scene.make(f"{number:03} {'펌프' * 120}", description="펌프" * 120)
        told = {}
        for agent, pieces in ((SIPE_AGENT, 1), (LYNC_AGENT, 1), ("somebody", 1), ("Parlour/1.0", 4)):
            alice = await scene.called(agent=agent)
            await alice.say(command)
            replies: list[Any] = alice.replies()
            assert len(replies) == pieces
            assert {(one.command_envid, one.code) for one in replies} == {(alice.envid, 200)}
            told[agent] = [room.name[:3] for one in replies for room in one.body.rooms]
        assert told.pop("Parlour/1.0")[:80] == [f"{number:03}" for number in range(80)]
        assert len({tuple(names) for names in told.values()}) == 1


@pytest.mark.parametrize("kind", ["BYNAME", "BYFILTER", "BYMANAGER"])
@pytest.mark.parametrize("asked", [None, 0])
async def test_no_number_of_rooms_and_0_mean_as_many_as_the_server_finds(kind: str, asked: int | None) -> None:
    async with Scene(limits=Limits(search_limit=3)) as scene:
        await scene.equip()
        for number in range(5):
            await scene.make(f"Room {number}")
        alice = await scene.called()
        body: Any = (await alice.ask(SearchRooms(1, query_type=kind, criteria="room", max_results=asked))).body
        assert [room.name for room in body.rooms] == ["Room 0", "Room 1", "Room 2"]
        assert body.truncated


async def test_too_much_to_look_for_is_refused() -> None:
    async with Scene() as scene:
        await scene.equip()
        alice = await scene.called()
        for criteria in ("x" * 1001, " ".join(map(str, range(33)))):
            assert (await alice.ask(SearchRooms(1, criteria=criteria))).code == 413
            assert (await alice.ask(SearchRooms(1, query_type="BYFILTER", criteria=criteria))).code == 413
        assert await found(alice, criteria=" ".join([*map(str, range(31)), "lobby"])) == ["Lobby"]
