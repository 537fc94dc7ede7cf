"""Looking for people and groups."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from parlour.rooms.model import Limits, Principal, PrincipalKind
from parlour.xccos.types import FindPrincipals, FindUsers, GetGroupInfo, GetUserInfo
from tests.channel.scene import MISSING, SECRET, Client, Scene, category_at, room_at
from tests.hub.fakes import PLANT, person, uri

GROUP = "ma-grp:7e0b3f5c-2d1a-4a9f-8a66-0c5d4e3f2a1b@u.g"


async def found(client: Client, **query: Any) -> tuple[list[str], bool]:
    body: Any = (await client.ask(FindUsers(1, **query))).body
    return [one.name for one in body.people], body.truncated


async def test_people_by_parts_of_their_names() -> None:
    async with Scene(limits=Limits(search_limit=3)) as scene:
        alice = await scene.called()
        assert await found(alice, last_name="김") == (["김민지"], False)
        assert await found(alice, first_name="AL") == (["Alice"], False)
        assert await found(alice, email="minji@") == (["김민지"], False)
        assert await found(alice, criteria="bob@example") == (["Bob"], False)
        assert await found(alice, last_name="김", email="bob") == ([], False)
        names, more = await found(alice)
        assert (len(names), more) == (3, True)
        assert await found(alice, max_results=1) == (["Alice"], True)
        body: Any = (await alice.ask(FindUsers(1, criteria="민지"))).body
        (one,) = body.people
        assert (one.uri, one.email, one.company, one.kind) == (uri("minji"), "minji@example.com", "서울 공장", 5)
        assert (one.disabled, one.affiliations) == (None, ())


async def test_who_may_stand_in_a_role() -> None:
    async with Scene() as scene:
        scene.directory.put(person("erin", GROUP.removeprefix("ma-grp:")))
        scene.directory.put(replace(person("zoe"), affiliations=frozenset()))
        scene.directory.named_groups[GROUP] = Principal(GROUP, "7e0b", PrincipalKind.GROUP, "설비팀")
        await scene.equip()
        room = await scene.make("야간 근무")
        alice, bob = await scene.called(), await scene.called("bob")
        body: Any = (await alice.ask(FindPrincipals(1, "MEMBER", room_uri=room_at(room.id)))).body
        names = [one.name for one in body.people]
        assert {"Alice", "김민지", "설비팀"} <= set(names)
        assert "Zoe" not in names
        body = (await alice.ask(FindPrincipals(1, "MEMBER", "설비", room_uri=room_at(room.id)))).body
        assert [(one.uri, one.kind) for one in body.people] == [(GROUP, 9)]
        body = (await alice.ask(FindPrincipals(1, "CREATOR", "민지", category_uri=category_at(PLANT.id)))).body
        assert [one.name for one in body.people] == ["김민지"]
        assert (await bob.ask(FindPrincipals(1, "MEMBER", room_uri=room_at(room.id)))).code == 403
        for secret in (SECRET, MISSING):
            assert (await alice.ask(FindPrincipals(1, "MEMBER", room_uri=room_at(secret)))).code == 404


async def test_all_about_oneself_and_for_administrators_about_anybody() -> None:
    async with Scene() as scene:
        minji, dave = await scene.called("minji"), await scene.called("dave")
        for client in (minji, dave):
            body: Any = (await client.ask(GetUserInfo(1, uri("minji")))).body
            (one,) = body.people
            assert (one.name, one.company, one.disabled) == ("김민지", "서울 공장", False)
            assert [group.uri for group in one.affiliations] == ["ma-grp:all"]
        assert (await minji.ask(GetUserInfo(1, uri("dave")))).code == 403
        assert (await minji.ask(GetUserInfo(1, uri("nobody")))).code == 403
        assert (await dave.ask(GetUserInfo(1, uri("nobody")))).code == 405


async def test_all_about_a_group() -> None:
    async with Scene() as scene:
        scene.directory.named_groups[GROUP] = Principal(GROUP, "7e0b", PrincipalKind.GROUP, "설비팀")
        alice, dave = await scene.called(), await scene.called("dave")
        body: Any = (await dave.ask(GetGroupInfo(1, GROUP))).body
        assert [(one.uri, one.guid, one.name, one.kind) for one in body.people] == [(GROUP, "7e0b", "설비팀", 9)]
        assert (await alice.ask(GetGroupInfo(1, GROUP))).code == 403
        assert (await dave.ask(GetGroupInfo(1, uri("alice")))).code == 405
