"""The table of commands: complete; what must happen once happens once; every response code has its occasion."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, get_args

import pytest

from parlour.channel.commands import HANDLERS, ONCE, ONCE_IN_A_DIALOG, READING, RECORDED
from parlour.rooms.audit import AuditQuery, AuditRecord, Way
from parlour.rooms.model import Behavior, Limits, Room, RoomId
from parlour.rooms.refusals import Refusal, Refused
from parlour.xccos.codes import ResponseCode
from parlour.xccos.decode import COMMANDS
from parlour.xccos.types import (
    BadCommand,
    BatchJoin,
    CategorySettings,
    CheckToken,
    CreateAddIn,
    CreateCategory,
    CreateRoom,
    DeleteAddIn,
    DeleteCategory,
    DeleteMessage,
    DeleteRoom,
    GetDownloadToken,
    GetInvitations,
    GetParticipants,
    GetPreference,
    GetUploadToken,
    GroupChat,
    HistoryByDate,
    Join,
    ListSetting,
    MarkRead,
    ModifyAddIn,
    ModifyCategory,
    ModifyRoom,
    MoveRoom,
    Part,
    PurgeRoom,
    ReplaceMessage,
    Request,
    RoomSettings,
    SearchRooms,
    SetPreference,
    SetRoles,
    SetScope,
    UnknownCommand,
)
from tests.channel.scene import (
    LYNC_AGENT,
    MISSING,
    OPEN,
    OTHER,
    SECRET,
    Client,
    Scene,
    category_at,
    chat,
    join,
    part,
    recent,
    room_at,
)
from tests.hub.fakes import PLANT, ROOT, person, uri

SERVICE = "https://server.example.com/files"
NO_ADDIN = "00000000-0000-0000-0000-0000000000aa"


def test_every_command_has_a_handler() -> None:
    spoken = set(get_args(Request)) - {GroupChat}
    assert set(HANDLERS) == spoken
    assert spoken >= ONCE | ONCE_IN_A_DIALOG
    assert set(COMMANDS) == {one.name for one in spoken - {UnknownCommand, BadCommand}}


# What must happen once -----------------------------------------------------------------------------------------------


def member(op: str, name: str) -> ListSetting:
    return ListSetting("MEMBER", op, (uri(name),))


class Stage:
    """A scene with something of everything in it; `dave` asks."""

    def __init__(self, scene: Scene, dave: Client, room: RoomId, addin: str, category: str) -> None:
        self.scene, self.dave = scene, dave
        self.room, self.addin, self.category = room_at(room), addin, category


async def stage(scene: Scene) -> Stage:
    await scene.equip()
    dave = await scene.joined("dave")
    for text in ("하나", "둘"):
        await dave.say(chat(text))
    room = await scene.make("야간 근무", lists=())
    made: Any = (await dave.ask(CreateAddIn(1, "현황판", "https://x.example.com/"))).body
    category: Any = (await dave.ask(CreateCategory(1, CategorySettings(category_name="정비")))).body
    return Stage(scene, dave, room.id, made.addins[0].id, category.categories[0].uri)


ACTS: dict[type, Callable[[Stage], Any]] = {
    Part: lambda s: part(),
    SetPreference: lambda s: SetPreference(1, "a", "QQ=="),
    CreateAddIn: lambda s: CreateAddIn(1, "상황판", "https://y.example.com/"),
    ModifyAddIn: lambda s: ModifyAddIn(1, s.addin, title="상황판"),
    DeleteAddIn: lambda s: DeleteAddIn(1, s.addin),
    GetUploadToken: lambda s: GetUploadToken(1, room_at(OPEN), "x.txt"),
    GetDownloadToken: lambda s: GetDownloadToken(1, room_at(OPEN), "x.txt"),
    DeleteMessage: lambda s: DeleteMessage(1, room_at(OPEN), 1),
    ReplaceMessage: lambda s: ReplaceMessage(1, room_at(OPEN), 1, "삭제됨"),
    PurgeRoom: lambda s: PurgeRoom(1, room_at(OPEN), 2**50),
    CreateRoom: lambda s: CreateRoom(1, RoomSettings("주간 근무", parent=category_at(PLANT.id))),
    ModifyRoom: lambda s: ModifyRoom(1, s.room, RoomSettings(topic="비상")),
    DeleteRoom: lambda s: DeleteRoom(1, s.room),
    MoveRoom: lambda s: MoveRoom(1, s.room, s.category),
    SetRoles: lambda s: SetRoles(1, s.room, (member("ADD", "minji"),)),
    CreateCategory: lambda s: CreateCategory(1, CategorySettings(category_name="사무")),
    ModifyCategory: lambda s: ModifyCategory(1, s.category, CategorySettings(description="x")),
    DeleteCategory: lambda s: DeleteCategory(1, s.category),
    SetScope: lambda s: SetScope(1, s.category, (ListSetting("DENIED", "ADD", (uri("bob"),)),)),
}


def test_all_that_must_happen_once_is_tried() -> None:
    assert set(ACTS) == ONCE | ONCE_IN_A_DIALOG
    assert not ONCE & ONCE_IN_A_DIALOG


def count_calls(monkeypatch: pytest.MonkeyPatch, kind: type) -> list[Any]:
    calls: list[Any] = []
    handler = HANDLERS[kind]

    async def counted(caller: Any, command: Any) -> Any:
        calls.append(command)
        return await handler(caller, command)

    monkeypatch.setitem(HANDLERS, kind, counted)  # type: ignore[arg-type]
    return calls


@pytest.mark.parametrize("kind", ACTS, ids=lambda kind: kind.__name__)
async def test_sent_again_it_is_answered_the_same_and_done_once(monkeypatch: pytest.MonkeyPatch, kind: type) -> None:
    async with Scene(file_service_url=SERVICE) as scene:
        on = await stage(scene)
        calls = count_calls(monkeypatch, kind)
        command = ACTS[kind](on)
        for _ in range(3):
            assert await on.dave.say(command, envid=4711) == 200
        first, second, third = [(one.code, one.body) for one in on.dave.replies()]
        assert first == second == third
        assert first[0] == 200
        assert len(calls) == 1
        await on.dave.say(command, envid=4712)
        assert len(calls) == 2


@pytest.mark.parametrize("kind", ACTS, ids=lambda kind: kind.__name__)
async def test_sent_again_over_a_new_connection_it_is_done_once(monkeypatch: pytest.MonkeyPatch, kind: type) -> None:
    async with Scene(file_service_url=SERVICE) as scene:
        on = await stage(scene)
        calls = count_calls(monkeypatch, kind)
        command = ACTS[kind](on)
        await on.dave.say(command, envid=4711)
        first = on.dave.replies()[-1]
        on.dave.wire.close()
        again = await scene.called("dave")
        await again.say(command, envid=4711)
        second = again.replies()[-1]
        if kind in ONCE_IN_A_DIALOG:
            assert (len(calls), second.code) == (2, 406)
            return
        assert (first.code, first.body) == (second.code, second.body) == (200, first.body)
        assert len(calls) == 1
        elsewhere = await scene.called("dave", "e2")
        await elsewhere.say(command, envid=4711)
        assert len(calls) == 2


def test_what_is_passed_over_when_nobody_is_left_leaves_nothing() -> None:
    """A new command has to say whether it does."""
    entering = {BatchJoin, GetInvitations, Join, MarkRead, Part}
    assert HANDLERS.keys() - ONCE - entering == READING


# The audit trail -----------------------------------------------------------------------------------------------------

PERSONAL = {SetPreference, GetUploadToken, GetDownloadToken}
"""They change nothing that is somebody else's."""


def test_every_changing_command_is_recorded() -> None:
    assert RECORDED.keys() | PERSONAL == ONCE
    assert not RECORDED.keys() & PERSONAL


@pytest.mark.parametrize("kind", ONCE, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(("agent", "way"), [(LYNC_AGENT, Way.WIRE), ("parlour/1.0", Way.SDK)])
async def test_who_changes_something_is_recorded_once(kind: type, agent: str, way: Way) -> None:
    async with Scene(file_service_url=SERVICE) as scene:
        on = await stage(scene)
        before = len((await scene.store.audit.find(AuditQuery(), 1000)).rows)
        asking = await scene.called("dave", "e2", agent)
        for _ in range(2):
            await asking.say(ACTS[kind](on), envid=4711)
        rows = (await scene.store.audit.find(AuditQuery(), 1000)).rows
        made = [record for _number, record in rows[: len(rows) - before]]
        if kind in PERSONAL:
            assert not made
            return
        (record,) = made
        assert (record.who, record.way, record.outcome) == (uri("dave"), way, "done")
        assert (record.command, record.kind) == RECORDED[kind]
        assert record.target
        assert record.name


async def test_a_refusal_is_recorded_of_administrators() -> None:
    async with Scene() as scene:
        on = await stage(scene)
        bob = await scene.called("bob")
        for client in (bob, on.dave):
            await client.ask(DeleteRoom(1, room_at(MISSING)))
        (_number, record), *_ = (await scene.store.audit.find(AuditQuery(command="room.delete"), 1000)).rows
        assert (record.who, record.outcome, record.name) == (uri("dave"), "no-such-room", room_at(MISSING))


async def test_posts_and_joins_are_no_administrative_acts() -> None:
    async with Scene() as scene:
        before = (await scene.store.audit.find(AuditQuery(), 1000)).rows
        alice = await scene.joined()
        await alice.say(chat("하나"))
        assert (await alice.ask(part())).code == 200
        assert (await scene.store.audit.find(AuditQuery(), 1000)).rows == before


async def test_in_a_new_dialog_a_room_may_be_left_again() -> None:
    async with Scene() as scene:
        for _ in range(2):
            alice = await scene.joined()
            await alice.say(part(), envid=5)
            assert alice.replies()[-1].code == 200
            assert not scene.hub.presence.live
            alice.wire.close()


async def test_the_connection_is_lost_while_the_store_writes() -> None:
    """Sent again before the first attempt has come to its end, it waits for that."""
    async with Scene() as scene:
        await scene.equip()
        alice, written, save = await scene.called(), asyncio.Event(), scene.store.rooms.save_room

        async def save_late(room: Room, record: AuditRecord | None = None) -> None:
            await written.wait()
            await save(room, record)

        scene.store.rooms.save_room = save_late  # type: ignore[method-assign]
        command = CreateRoom(1, RoomSettings("야간 근무", parent=category_at(PLANT.id)))
        alice.start(command, envid=5)
        alice.wire.close()
        again = await scene.called()
        again.start(command, envid=5)
        for _ in range(50):
            await asyncio.sleep(0)
        assert again.replies() == []
        written.set()
        await again.settle()
        (reply,) = again.replies()
        made: Any = reply.body
        assert (reply.code, made.room.uri) == (200, room_at(scene.hub.catalogue.find_named("야간 근무") or ""))
        assert len(scene.hub.catalogue.rooms) == 4


@pytest.mark.parametrize("in_between", [True, False])
async def test_whoever_gets_an_address_is_not_answered_for_who_had_it(in_between: bool) -> None:
    """The person is removed while the room is made, or afterwards."""
    async with Scene() as scene:
        await scene.equip()
        alice, written, save = await scene.called(), asyncio.Event(), scene.store.rooms.save_room

        async def save_late(room: Room, record: AuditRecord | None = None) -> None:
            await written.wait()
            await save(room, record)

        scene.store.rooms.save_room = save_late  # type: ignore[method-assign]
        command = CreateRoom(1, RoomSettings("야간 근무", parent=category_at(PLANT.id)))
        alice.start(command, envid=5)
        if in_between:
            for _ in range(50):
                await asyncio.sleep(0)
            scene.directory.drop(uri("alice"))
        written.set()
        await alice.settle()
        assert scene.hub.catalogue.find_named("야간 근무") is not None
        if not in_between:
            assert alice.replies()[-1].code == 200
            scene.directory.drop(uri("alice"))
        assert len(scene.service.remembered) == 0
        scene.directory.put(person("alice"))
        again = await scene.called()
        await again.say(command, envid=5)
        assert again.replies()[-1].code == 409


async def test_a_refusal_is_not_remembered() -> None:
    """It has done nothing; what stood in the way may be gone."""
    async with Scene() as scene:
        await scene.equip()
        alice, room = await scene.called(), await scene.make("야간 근무")
        command = CreateRoom(1, RoomSettings("야간 근무", parent=category_at(PLANT.id)))
        await alice.say(command, envid=5)
        assert alice.replies()[-1].code == 409
        await scene.hub.managing.delete_room(None, room.id)
        await alice.say(command, envid=5)
        assert alice.replies()[-1].code == 200


async def test_what_the_store_could_not_keep_is_tried_again() -> None:
    async with Scene() as scene:
        await scene.equip()
        alice = await scene.called()
        command = CreateRoom(1, RoomSettings("야간 근무", parent=category_at(PLANT.id)))
        scene.store.unavailable = True
        await alice.say(command, envid=5)
        assert alice.replies()[-1].code == 503
        scene.store.unavailable = False
        for _ in range(2):
            await alice.say(command, envid=5)
            assert alice.replies()[-1].code == 200
        assert scene.hub.catalogue.find_named("야간 근무") is not None
        await alice.say(command, envid=6)
        assert alice.replies()[-1].code == 409


# Response codes ------------------------------------------------------------------------------------------------------

OCCASIONS: dict[ResponseCode, Callable[[Stage], Any]] = {
    ResponseCode.OK: lambda s: SearchRooms(1),
    ResponseCode.INVALID_ARGUMENT: lambda s: ModifyAddIn(1, NO_ADDIN, title="x"),
    ResponseCode.PERMISSION: lambda s: join(s.scene.hub.catalogue.find_named("야간 근무")),  # type: ignore[arg-type]
    ResponseCode.NO_SUCH_NODE: lambda s: join(MISSING),
    ResponseCode.NO_SUCH_PRINCIPAL: lambda s: SetRoles(1, s.room, (member("ADD", "nobody"),)),
    ResponseCode.USER_NOT_JOINED: lambda s: part(OTHER),
    ResponseCode.NODE_HIERARCHY_VIOLATION: lambda s: CreateRoom(1, RoomSettings("하나", parent=category_at(ROOT.id))),
    ResponseCode.DUPLICATE_NODE_NAME: lambda s: CreateRoom(1, RoomSettings("정비", parent=s.category)),
    ResponseCode.DATA_COLLISION: lambda s: ModifyRoom(1, s.room, RoomSettings(topic="x", expected=1)),
    ResponseCode.PRINCIPALS_ALREADY_DEFINED: lambda s: SetRoles(1, s.room, (member("ADD", "alice"),)),
    ResponseCode.PRINCIPALS_NOT_IN_SCOPE: lambda s: ModifyCategory(
        1, s.category, CategorySettings(lists=(ListSetting("CREATOR", "ADD", (uri("bob"),)),))
    ),
    ResponseCode.LIMIT_EXCEEDED: lambda s: SetPreference(1, "a", "Q" * 200_000),
    ResponseCode.PRESENTER_NOT_MEMBER: lambda s: ModifyRoom(
        1,
        s.room,
        RoomSettings(behavior="AUDITORIUM", roles=(ListSetting("PRESENTER", "ADD", (uri("bob"),)),)),
    ),
    ResponseCode.MSG_NOT_SUPPORTED: lambda s: UnknownCommand(1, "fly"),
    ResponseCode.PARTICIPANT_LIST: lambda s: GetParticipants(1, room_at(OPEN)),
    ResponseCode.INVALID_TOKEN: lambda s: CheckToken(1, NO_ADDIN),
    ResponseCode.NODE_NOT_EMPTY: lambda s: DeleteCategory(1, category_at(PLANT.id)),
    ResponseCode.DUPLICATE_ADDIN_NAME: lambda s: CreateAddIn(1, "현황판", "https://y.example.com/"),
    ResponseCode.FILEPOST_NOT_ALLOWED: lambda s: GetUploadToken(1, room_at(OPEN), "x"),
    ResponseCode.NO_SUCH_MESSAGE: lambda s: DeleteMessage(1, room_at(OPEN), 99),
}
ELSEWHERE = {
    ResponseCode.NODE_DISABLED,
    ResponseCode.CANNOT_CREATE_NODE,
    ResponseCode.UNKNOWN,
    ResponseCode.DATABASE_CONNECTION,
    ResponseCode.SERVER_BUSY,
}


def test_every_code_has_an_occasion() -> None:
    assert set(OCCASIONS) | ELSEWHERE == set(ResponseCode)


@pytest.mark.parametrize("code", OCCASIONS, ids=lambda code: code.name)
async def test_the_code_and_its_token_are_told(code: ResponseCode) -> None:
    async with Scene(limits=Limits(strict_participant_list=True)) as scene:
        on = await stage(scene)
        reply = await on.dave.ask(OCCASIONS[code](on))
        assert (reply.code, reply.text) == (code, code.text)


async def test_disabled_and_not_a_creator() -> None:
    async with Scene() as scene:
        on = await stage(scene)
        bob = await scene.called("bob")
        create = CreateRoom(1, RoomSettings("주간 근무", parent=category_at(PLANT.id)))
        assert (await bob.ask(create)).code == ResponseCode.CANNOT_CREATE_NODE
        await on.dave.ask(ModifyRoom(1, room_at(OPEN), RoomSettings(disabled=True)))
        for command in (join(OPEN), recent()):
            assert (await bob.ask(command)).code == ResponseCode.NODE_DISABLED


@pytest.mark.parametrize("refusal", [Refusal.BUSY, Refusal.UNAVAILABLE])
async def test_what_is_too_much_for_the_hub_is_told_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, refusal: Refusal
) -> None:
    async with Scene() as scene:
        alice = await scene.joined()
        code = 504 if refusal is Refusal.BUSY else 503

        async def refused(*_: object, **__: object) -> Refused:
            return Refused(refusal)

        async def each_refused(_person: object, rooms: list[RoomId], *_: object) -> list[Refused]:
            return [Refused(refusal) for _ in rooms]

        with monkeypatch.context() as patch:
            patch.setattr(scene.hub.reading, "query", each_refused)
            patch.setattr(scene.hub.preferences, "put", refused)
            patch.setattr(scene.hub, "recent", refused)
            patch.setattr(scene.hub, "post", refused)
            patch.setattr(scene.hub.inviting, "pending", refused)
            patch.setattr(scene.hub.marks, "mark", refused)
            patch.setattr(scene.hub.preferences, "get", refused)
            for command in (
                HistoryByDate(1, (room_at(OPEN),)),
                recent(),
                GetInvitations(1),
                MarkRead(1, room_at(OPEN), 1),
                GetPreference(1, "a"),
            ):
                assert (await alice.ask(command)).code == code
            await alice.say(SetPreference(1, "a", "QQ=="), envid=5)
            assert alice.replies()[-1].code == code
            assert await alice.say(chat("하나"), envid=6) == 503
        await alice.say(SetPreference(1, "a", "QQ=="), envid=5)
        assert alice.replies()[-1].code == 200
        assert await alice.say(chat("하나"), envid=6) == 200
        assert alice.chats() == ["하나"]


@pytest.mark.parametrize("command", [SearchRooms(1), Join(1, join(OPEN).refs), MarkRead(1, room_at(OPEN), 1)])
async def test_a_surprise_is_told_as_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, command: Any
) -> None:
    async with Scene() as scene:
        alice = await scene.called()

        def fail(*_: object, **__: object) -> object:
            raise RuntimeError("out of luck")

        with monkeypatch.context() as patch:
            patch.setattr(scene.hub, "find_rooms", fail)
            patch.setattr(scene.hub, "join_many", fail)
            patch.setattr(scene.hub.marks, "mark", fail)
            reply = await alice.ask(command)
        assert (reply.name, reply.code, reply.text) == (command.name, 500, "ERROR_UNKNOWN")
        assert "out of luck" in caplog.text
        assert (await alice.ask(command)).code == 200


async def test_a_batch_with_one_bad_member_is_done_but_for_that() -> None:
    async with Scene() as scene:
        await scene.equip()
        alice = await scene.called()
        await alice.say(
            SetPreference(1, "a", "QQ=="),
            join(SECRET, seqid=2),
            UnknownCommand(3, "fly"),
            join(OPEN, seqid=4),
            GetPreference(5, "a"),
        )
        assert [(one.command_seqid, one.code) for one in alice.replies()] == [
            (1, 200),
            (2, 404),
            (3, 415),
            (4, 200),
            (5, 200),
        ]


async def test_nothing_that_is_told_names_what_one_may_not_know() -> None:
    """Every refusal is a code and its token: no sentence of the house reaches the wire."""
    async with Scene() as scene:
        await scene.equip()
        room = await scene.make("야간 근무", behavior=Behavior.AUDITORIUM)
        bob = await scene.joined("bob", agent=LYNC_AGENT)
        for command in (
            SetRoles(1, room_at(room.id), (member("ADD", "minji"),)),
            chat("x", room.id),
            chat("x", SECRET),
            BadCommand(1, "join", "chanid is missing"),
        ):
            if isinstance(command, BadCommand):
                body = (
                    b'<xccos ver="1" envid="5" xmlns="urn:parlano:xml:ns:xccos"><cmd id="cmd:join" seqid="1"/></xccos>'
                )
                assert bob.raw(body).status == 200
                await bob.settle()
            else:
                await bob.say(command)
            reply = bob.replies()[-1]
            assert reply.text == ResponseCode(reply.code).text
        assert await scene.store.posts.last(room.id, 1) == []
