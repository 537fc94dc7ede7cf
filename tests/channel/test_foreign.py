"""A URI with a domain that is not the pool's names nothing here, whatever its number: the answer is that for a room or
category that does not exist, in every command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

from parlour.channel.commands import HANDLERS
from parlour.rooms.model import RoomId
from parlour.xccos.ids import category_uri, room_uri
from parlour.xccos.types import (
    BadCommand,
    BatchJoin,
    CategorySettings,
    CreateCategory,
    CreateRoom,
    DeleteCategory,
    DeleteMessage,
    DeleteRoom,
    FindPrincipals,
    GetCategory,
    GetDownloadToken,
    GetParticipants,
    GetPermissions,
    GetRoles,
    GetRoom,
    GetScope,
    GetUnread,
    GetUploadToken,
    GroupChat,
    HistoryByDate,
    HistoryByMessage,
    HistoryFilter,
    Join,
    ListSetting,
    MarkRead,
    ModifyCategory,
    ModifyRoom,
    MoveRoom,
    Part,
    PurgeRoom,
    RecentHistory,
    ReplaceMessage,
    RoomRef,
    RoomSettings,
    SearchRooms,
    SetRoles,
    SetScope,
)
from tests.channel.scene import LYNC_AGENT, MISSING, OPEN, SIPE_AGENT, Client, Scene, category_at, chat, room_at
from tests.hub.fakes import DOMAIN, PLANT, uri

ELSEWHERE = "other.example"
_NAMES = {"room_uri", "room_uris", "refs", "category_uri", "category", "parent", "settings"}
_NOBODY = (ListSetting("DENIED", "ADD", (uri("bob"),)),)


def ref(room: str) -> tuple[RoomRef, ...]:
    _, _, domain, guid = room.split("/")
    return (RoomRef(0, domain, guid),)


OF_ROOMS: dict[type, Callable[[str], Any]] = {
    Join: lambda room: Join(1, ref(room)),
    BatchJoin: lambda room: BatchJoin(1, ref(room)),
    Part: lambda room: Part(1, room),
    GetParticipants: lambda room: GetParticipants(1, room),
    GetRoom: lambda room: GetRoom(1, room),
    GetPermissions: lambda room: GetPermissions(1, room),
    MarkRead: lambda room: MarkRead(1, room, 1),
    GetUnread: lambda room: GetUnread(1, (room,)),
    RecentHistory: lambda room: RecentHistory(1, room),
    HistoryByDate: lambda room: HistoryByDate(1, (room,)),
    HistoryByMessage: lambda room: HistoryByMessage(1, (room,), HistoryFilter(anchor=1, only_anchor=True)),
    GetUploadToken: lambda room: GetUploadToken(1, room, "x"),
    GetDownloadToken: lambda room: GetDownloadToken(1, room, "x"),
    DeleteMessage: lambda room: DeleteMessage(1, room, 1),
    ReplaceMessage: lambda room: ReplaceMessage(1, room, 1, "x"),
    PurgeRoom: lambda room: PurgeRoom(1, room, 1),
    ModifyRoom: lambda room: ModifyRoom(1, room, RoomSettings(topic="x")),
    DeleteRoom: lambda room: DeleteRoom(1, room),
    MoveRoom: lambda room: MoveRoom(1, room, category_at(PLANT.id)),
    GetRoles: lambda room: GetRoles(1, room),
    SetRoles: lambda room: SetRoles(1, room, (ListSetting("MANAGER", "ADD", (uri("alice"),)),)),
    FindPrincipals: lambda room: FindPrincipals(1, "MANAGER", room_uri=room),
    SearchRooms: lambda room: SearchRooms(1, "BYURI", room),
}
OF_CATEGORIES: dict[type, Callable[[str], Any]] = {
    SearchRooms: lambda category: SearchRooms(1, "BYCATEGORY", category),
    FindPrincipals: lambda category: FindPrincipals(1, "CREATOR", category_uri=category),
    CreateRoom: lambda category: CreateRoom(1, RoomSettings("x", parent=category)),
    ModifyRoom: lambda category: ModifyRoom(1, room_at(OPEN), RoomSettings(parent=category)),
    MoveRoom: lambda category: MoveRoom(1, room_at(OPEN), category),
    CreateCategory: lambda category: CreateCategory(1, CategorySettings(category_name="x", parent=category)),
    ModifyCategory: lambda category: ModifyCategory(1, category, CategorySettings(description="x")),
    DeleteCategory: lambda category: DeleteCategory(1, category),
    GetCategory: lambda category: GetCategory(1, category),
    GetScope: lambda category: GetScope(1, category),
    SetScope: lambda category: SetScope(1, category, _NOBODY),
}


def test_every_command_that_names_a_room_or_category_is_tried() -> None:
    naming = {kind for kind in HANDLERS if _NAMES & {field.name for field in fields(kind)}}
    assert naming - OF_ROOMS.keys() - OF_CATEGORIES.keys() == {BadCommand}


async def answer(client: Client, make: Callable[[str], Any], named: str) -> tuple[int, str]:
    """Code and body of the reply, without what the client itself has written."""
    reply = await client.ask(make(named))
    domain, number = named.split("/")[2:]
    body = repr(reply.body)
    for written, word in ((named, "URI"), (f"'{domain}'", "DOMAIN"), (number, "NUMBER")):
        body = body.replace(written, word)
    return reply.code, body


@pytest.mark.parametrize("kind", OF_ROOMS, ids=lambda kind: kind.__name__)
async def test_of_a_foreign_room_nothing_is_known(kind: type) -> None:
    async with Scene(file_service_url="https://server.example.com/files") as scene:
        await scene.equip()
        dave = await scene.joined("dave", agent=LYNC_AGENT)
        await dave.say(chat("x"))
        before = scene.hub.catalogue.rooms[OPEN]
        make = OF_ROOMS[kind]
        unknown = await answer(dave, make, room_at(MISSING))
        assert await answer(dave, make, room_uri(ELSEWHERE, OPEN)) == unknown
        assert scene.hub.catalogue.rooms[OPEN] == before
        assert [post.text for post in await scene.store.posts.last(OPEN, 1)] == ["x"]
        assert await answer(dave, make, room_uri(DOMAIN.upper(), OPEN)) != unknown


@pytest.mark.parametrize("kind", OF_CATEGORIES, ids=lambda kind: kind.__name__)
async def test_nor_of_a_foreign_category(kind: type) -> None:
    async with Scene() as scene:
        dave = await scene.called("dave")
        before = scene.hub.catalogue.categories[PLANT.id], set(scene.hub.catalogue.rooms)
        make = OF_CATEGORIES[kind]
        unknown = await answer(dave, make, category_at(MISSING))
        assert await answer(dave, make, category_uri(ELSEWHERE, PLANT.id)) == unknown
        assert (scene.hub.catalogue.categories[PLANT.id], set(scene.hub.catalogue.rooms)) == before
        assert await answer(dave, make, category_uri(DOMAIN.upper(), PLANT.id)) != unknown


@pytest.mark.parametrize("agent", [SIPE_AGENT, LYNC_AGENT])
async def test_nothing_is_posted_into_a_foreign_room(agent: str) -> None:
    async with Scene() as scene:
        alice = await scene.joined(agent=agent)
        answers = []
        for room in (room_uri(ELSEWHERE, OPEN), room_at(MISSING)):
            status = await alice.say(GroupChat(1, room, uri("alice"), "x", at=1))
            answers.append((status, [(one.name, one.code) for one in alice.replies()]))
            alice.forget()
        assert answers[0] == answers[1]
        assert await scene.store.posts.last(OPEN, 1) == []


async def test_of_several_rooms_the_foreign_ones_fail_each_by_itself() -> None:
    async with Scene() as scene:
        alice = await scene.called()
        foreign = [RoomRef(key, ELSEWHERE, OPEN if key == 1 else RoomId(f"{key}")) for key in (1, 2)]
        body: Any = (await alice.ask(BatchJoin(1, (*foreign, RoomRef(3, DOMAIN, OPEN))))).body
        assert [one.room.uri for one in body.rooms] == [room_at(OPEN)]
        assert [(one.domain, one.guid, one.code) for one in body.failed] == [
            (ELSEWHERE, OPEN, 404),
            (ELSEWHERE, "2", 404),
        ]


async def test_a_room_that_is_joined_may_go_without_its_domain() -> None:
    async with Scene() as scene:
        alice = await scene.called()
        body: Any = (await alice.ask(BatchJoin(1, (RoomRef(0, "", OPEN), RoomRef(1, DOMAIN, OPEN))))).body
        assert [one.room.uri for one in body.rooms] == [room_at(OPEN)]
        assert not body.failed
