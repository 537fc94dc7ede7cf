"""Making and changing rooms over the wire."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from parlour.rooms.editing import RoomChange
from parlour.rooms.model import Limits, Principal, PrincipalKind, RoomId
from parlour.rooms.refusals import Refused
from parlour.xccos.ids import parse_room_uri
from parlour.xccos.types import (
    CreatableCategories,
    CreateRoom,
    DeleteRoom,
    GetRoles,
    GetRoom,
    ListSetting,
    ModifyRoom,
    MoveRoom,
    RoomSettings,
    SetRoles,
)
from tests.channel.scene import LYNC_AGENT, MISSING, OPEN, SECRET, Client, Scene, category_at, room_at
from tests.hub.fakes import PLANT, ROOT, person, uri

GROUP = "ma-grp:7e0b3f5c-2d1a-4a9f-8a66-0c5d4e3f2a1b@u.g"
PLANT_URI = category_at(PLANT.id)


def settings(name: str | None = None, *roles: ListSetting, **more: Any) -> RoomSettings:
    return RoomSettings(room_name=name, roles=roles, **more)


def listed(which: str, *names: str, op: str = "SET") -> ListSetting:
    return ListSetting(which, op, tuple(name if ":" in name else uri(name) for name in names))


async def created(client: Client, name: str = "야간 근무", *roles: ListSetting, **more: Any) -> str:
    reply = await client.ask(CreateRoom(1, settings(name, *roles, parent=PLANT_URI, **more)))
    assert reply.code == 200, reply
    made: str = reply.body.room.uri  # type: ignore[union-attr]
    return made


async def roles_of(client: Client, room: str) -> dict[str, list[str]]:
    body: Any = (await client.ask(GetRoles(1, room))).body
    return {one.which: [each.uri for each in one.principals] for one in body.roles}


async def test_where_may_i_make_rooms() -> None:
    async with Scene() as scene:
        alice, bob = await scene.called(), await scene.called("bob")
        body: Any = (await alice.ask(CreatableCategories(1))).body
        assert body.categories == ()
        await scene.equip()
        body = (await alice.ask(CreatableCategories(1))).body
        assert [(one.uri, one.name, one.invite, one.logged, one.filepost) for one in body.categories] == [
            (PLANT_URI, "Plant", True, True, True)
        ]
        body = (await bob.ask(CreatableCategories(1))).body
        assert body.categories == ()


async def test_a_room_is_made_with_what_is_left_out() -> None:
    async with Scene() as scene:
        await scene.equip()
        minji = await scene.called("minji")
        body: Any = (await minji.ask(CreateRoom(1, settings("야간 근무", parent=PLANT_URI)))).body
        room = body.room
        assert (room.name, room.parent, room.visibility, room.behavior) == ("야간 근무", PLANT_URI, "SCOPED", "NORMAL")
        assert (room.disabled, room.invite, room.participant_count) == (False, "inherit", 0)
        assert (room.audit.created_by, room.audit.updated_by) == ("김민지", "김민지")
        assert await roles_of(minji, room.uri) == {
            "MEMBER": [uri("minji")],
            "MANAGER": [uri("minji")],
            "PRESENTER": [],
        }


async def test_who_made_a_room_at_the_command_line_is_called_administrator() -> None:
    async with Scene() as scene:
        room = await scene.hub.managing.create_room(None, PLANT.id, RoomChange(name="콘솔"))
        assert not isinstance(room, Refused)
        alice = await scene.called()
        told: Any = (await alice.ask(GetRoom(1, room_at(room.id)))).body
        assert (told.room.audit.created_by, told.room.audit.updated_by) == ("Administrator", "Administrator")


async def test_a_room_is_made_with_everything_that_is_sent() -> None:
    async with Scene() as scene:
        scene.directory.put(person("erin", GROUP.removeprefix("ma-grp:")))
        scene.directory.named_groups[GROUP] = Principal(GROUP, "7e0b", PrincipalKind.GROUP, "설비팀")
        await scene.equip()
        alice = await scene.called()
        room = await created(
            alice,
            "강당",
            listed("MEMBER", "alice", GROUP),
            listed("PRESENTER", GROUP),
            description="공지",
            topic="월요일",
            behavior="AUDITORIUM",
            visibility="PRIVATE",
            invite=False,
        )
        body: Any = (await alice.ask(GetRoom(1, room))).body
        card = body.room
        assert (card.description, card.topic, card.behavior, card.visibility, card.invite) == (
            "공지",
            "월요일",
            "AUDITORIUM",
            "PRIVATE",
            False,
        )
        roles: Any = (await alice.ask(GetRoles(1, room, ("PRESENTER",)))).body
        (presenters,) = roles.roles
        (group,) = presenters.principals
        assert (group.uri, group.name, group.kind) == (GROUP, "설비팀", 9)


async def test_settings_change_and_those_inside_are_told() -> None:
    async with Scene() as scene:
        await scene.equip()
        alice = await scene.joined()
        dave = await scene.called("dave")
        await dave.ask(SetRoles(1, room_at(OPEN), (listed("MANAGER", "alice"),)))
        alice.forget()
        reply = await alice.ask(ModifyRoom(1, room_at(OPEN), settings("로비", description="입구")))
        assert (reply.body.room.name, reply.body.room.description) == ("로비", "입구")  # type: ignore[union-attr]
        assert reply.body.room.topic == ""  # type: ignore[union-attr]
        bob = await scene.joined("bob")
        await alice.ask(ModifyRoom(1, room_at(OPEN), settings(topic="비상")))
        bob.pump()
        (notice,) = bob.notices()
        assert notice.name == "chanmodified"
        assert (notice.body.room.name, notice.body.room.topic) == ("로비", "비상")  # type: ignore[union-attr]
        assert notice.body.room.audit.updated_by == "Alice"  # type: ignore[union-attr]


async def test_a_stale_copy_is_refused() -> None:
    async with Scene() as scene:
        await scene.equip()
        alice = await scene.called()
        room = await created(alice)
        body: Any = (await alice.ask(GetRoom(1, room))).body
        seen = body.room.audit.updated_at
        assert (await alice.ask(ModifyRoom(1, room, settings("하나", expected=seen)))).code == 200
        assert (await alice.ask(ModifyRoom(1, room, settings("둘", expected=seen)))).code == 410


async def test_moving_and_deleting() -> None:
    async with Scene() as scene:
        await scene.equip()
        office = replace(PLANT, id="c0000000-0000-0000-0000-000000000003", name="사무실")  # type: ignore[arg-type]
        await scene.store.rooms.save_category(office)
        scene.hub.catalogue.put_category(office)
        alice, dave = await scene.called(), await scene.called("dave")
        room = await created(alice)
        assert (await alice.ask(MoveRoom(1, room, category_at(office.id)))).code == 418
        moved: Any = (await dave.ask(MoveRoom(1, room, category_at(office.id)))).body
        assert (moved.room.uri, moved.room.parent) == (room, category_at(office.id))
        assert (await alice.ask(DeleteRoom(1, room))).code == 403
        gone = await dave.ask(DeleteRoom(1, room))
        assert (gone.code, gone.body.room_uri) == (200, room)  # type: ignore[union-attr]
        assert (await dave.ask(DeleteRoom(1, room))).code == 404


async def test_role_lists_change_all_or_nothing() -> None:
    async with Scene() as scene:
        await scene.equip()
        alice = await scene.called()
        room = await created(alice)
        added = await alice.ask(SetRoles(1, room, (listed("MEMBER", "minji", op="ADD"), listed("MANAGER", "minji"))))
        assert (added.code, added.body.room_uri) == (200, room)  # type: ignore[union-attr]
        before = await roles_of(alice, room)
        assert before["MEMBER"] == [uri("alice"), uri("minji")]
        refused = await alice.ask(SetRoles(1, room, (listed("MEMBER", "bob", op="ADD"), listed("MANAGER", "bob"))))
        assert refused.code == 403, "alice is no manager any more"
        minji = await scene.called("minji")
        both = (listed("MEMBER", "bob", op="ADD"), listed("MEMBER", "alice", op="ADD"))
        assert (await minji.ask(SetRoles(1, room, both))).code == 411
        assert await roles_of(minji, room) == before


async def test_losing_a_place_puts_one_out_at_once() -> None:
    async with Scene() as scene:
        await scene.equip()
        alice = await scene.called()
        room = await created(alice, "야간 근무", listed("MEMBER", "alice", "minji"))
        minji = await scene.called("minji", agent=LYNC_AGENT)
        parsed = parse_room_uri(room)
        assert parsed is not None
        visit = scene.hub.presence.visits_of(uri("minji"))[0]
        await scene.hub.join(visit, RoomId(parsed[1]))
        await alice.ask(SetRoles(1, room, (listed("MEMBER", "minji", op="DEL"),)))
        minji.pump()
        assert [(one.name, one.body.code) for one in minji.notices()] == [("kick", 403)]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "how", "code"),
    [
        ("bob", settings("하나", parent=PLANT_URI), 418),
        ("alice", settings("하나", parent=category_at(ROOT.id)), 408),
        ("alice", settings("하나", parent=category_at("c0000000-0000-0000-0000-0000000000ff")), 404),
        ("alice", settings("하나", parent="nonsense"), 404),
        ("alice", settings("lobby", parent=PLANT_URI), 409),
        ("alice", settings("PLANT", parent=PLANT_URI), 409),
        ("alice", settings("하나", listed("MEMBER", "nobody"), parent=PLANT_URI), 405),
        ("alice", settings("하나", listed("MEMBER", "zoe"), parent=PLANT_URI), 412),
        ("alice", settings("하나", listed("PRESENTER", "bob"), parent=PLANT_URI, behavior="AUDITORIUM"), 414),
        ("alice", settings("하나", listed("MEMBER", "bob", "bob"), parent=PLANT_URI), 411),
        ("alice", settings("하나", parent=PLANT_URI, addin="00000000-0000-0000-0000-0000000000aa"), 400),
        ("alice", settings("하나" * 20, parent=PLANT_URI), 413),
    ],
)
async def test_rooms_that_are_not_made(name: str, how: RoomSettings, code: int) -> None:
    async with Scene(limits=Limits(name_chars=30)) as scene:
        await scene.equip()
        scene.directory.put(replace(person("zoe"), affiliations=frozenset()))
        client = await scene.called(name)
        assert (await client.ask(CreateRoom(1, how))).code == code
        assert scene.hub.catalogue.find_named("하나") is None


async def test_what_managers_may_not() -> None:
    async with Scene() as scene:
        await scene.equip()
        alice, bob = await scene.called(), await scene.called("bob")
        room = await created(alice)
        assert (await bob.ask(ModifyRoom(1, room, settings("둘")))).code == 403
        assert (await alice.ask(ModifyRoom(1, room, settings(disabled=True)))).code == 200
        assert (await alice.ask(ModifyRoom(1, room, settings(disabled=False)))).code == 403


@pytest.mark.parametrize(
    "ask",
    [
        lambda room: ModifyRoom(1, room, settings("x")),
        lambda room: DeleteRoom(1, room),
        lambda room: MoveRoom(1, room, PLANT_URI),
        lambda room: GetRoles(1, room),
        lambda room: SetRoles(1, room, (listed("MEMBER", "alice"),)),
    ],
)
async def test_a_secret_room_answers_as_none(ask: Any) -> None:
    async with Scene() as scene:
        alice = await scene.called()
        secret, missing = await alice.ask(ask(room_at(SECRET))), await alice.ask(ask(room_at(MISSING)))
        assert (secret.code, secret.text, secret.body) == (missing.code, missing.text, missing.body)
        assert secret.code == 404
