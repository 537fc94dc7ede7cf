"""A room, and its category, that somebody else deletes in the very moment at which they are asked about or changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from parlour.hub.recording import Recorder
from parlour.hub.turns import FairTurns
from parlour.rooms.editing import CategoryChange, CategoryList, ListEdit, Op, RoomChange
from parlour.rooms.model import Category, Role, Room
from parlour.rooms.refusals import Refused
from parlour.xccos import types as t
from tests.channel.scene import Scene, category_at, chat, join, part, room_at
from tests.hub.fakes import PLANT, ROOT, uri

SERVICE = "https://server.example.com/files"

MADE_ANEW = t.RoomSettings("주간 근무")

COMMANDS: dict[str, tuple[Callable[[str, str, Room], Any], set[int]]] = {
    "chanmodify": (lambda r, c, _: t.ModifyRoom(1, r, t.RoomSettings(topic="비상")), {404}),
    "chanmove": (lambda r, c, _: t.MoveRoom(1, r, category_at(PLANT.id)), {200, 404}),
    "setroles": (lambda r, c, _: t.SetRoles(1, r, (t.ListSetting("MANAGER", "ADD", (uri("minji"),)),)), {200, 404}),
    "chandelete": (lambda r, c, _: t.DeleteRoom(1, r), {200, 404}),
    "chancreate": (lambda r, c, _: t.CreateRoom(1, t.RoomSettings("주간 근무", parent=c)), {404}),
    "markread": (lambda r, c, _: t.MarkRead(1, r, 1), {200, 404}),
    "getunread": (lambda r, c, _: t.GetUnread(1, (r,)), {200}),
    "bccontext": (lambda r, c, _: t.RecentHistory(1, r, 5), {200, 404}),
    "bcbydate": (lambda r, c, _: t.HistoryByDate(1, (r,), t.HistoryFilter()), {200, 404}),
    "bcbymsg": (lambda r, c, _: t.HistoryByMessage(1, (r,), t.HistoryFilter(anchor=1, only_anchor=True)), {200, 404}),
    "delmsg": (lambda r, c, _: t.DeleteMessage(1, r, 1), {200, 404}),
    "replmsg": (lambda r, c, _: t.ReplaceMessage(1, r, 1, "x"), {200, 404}),
    "chanpurge": (lambda r, c, _: t.PurgeRoom(1, r, 2**50), {200, 404}),
    "join": (lambda r, c, room: join(room.id), {200, 404}),
    "bjoin": (lambda r, c, room: t.BatchJoin(1, join(room.id).refs), {200}),
    "part": (lambda r, c, room: part(room.id), {200, 406}),
    "getinv": (lambda r, c, _: t.GetInvitations(1), {200}),
    "catmodify": (lambda r, c, _: t.ModifyCategory(1, c, t.CategorySettings(description="x")), {404}),
    "setscope": (lambda r, c, _: t.SetScope(1, c, (t.ListSetting("DENIED", "ADD", (uri("bob"),)),)), {200, 404}),
    "catdelete": (lambda r, c, _: t.DeleteCategory(1, c), {200, 404, 419}),
}


class Vanishing:
    """Deletes all rooms of a category, and it, in the next wait that somebody has in the hub: before or after it."""

    def __init__(self, scene: Scene, category: Category, monkeypatch: pytest.MonkeyPatch, after: bool) -> None:
        self.scene, self.category, self.after = scene, category, after
        self.armed = False
        for owner, name in ((FairTurns, "run"), (Recorder, "keep"), (Recorder, "keep_or_owe")):
            monkeypatch.setattr(owner, name, self._around(getattr(owner, name)))

    def _around(self, wait: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def around(*args: Any, **others: Any) -> Any:
            if not self.after:
                await self._vanish()
            outcome = await wait(*args, **others)
            if self.after:
                await self._vanish()
            return outcome

        return around

    async def _vanish(self) -> None:
        if not self.armed:
            return
        self.armed = False
        managing, catalogue = self.scene.hub.managing, self.scene.hub.catalogue
        for room in list(catalogue.rooms_in(self.category.id)):
            assert not isinstance(await managing.delete_room(None, room), Refused)
        if self.category.id in catalogue.categories:
            assert not isinstance(await managing.delete_category(None, self.category.id), Refused)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", COMMANDS)
async def test_it_does_not_exist_any_more(monkeypatch: pytest.MonkeyPatch, name: str, after: bool) -> None:
    make, codes = COMMANDS[name]
    async with Scene(file_service_url=SERVICE) as scene:
        category = await scene.hub.managing.create_category(
            None,
            CategoryChange(
                name="정비",
                invite=True,
                lists=tuple(
                    ListEdit(which, Op.SET, frozenset({uri(one) for one in ("alice", "bob", "dave", "minji")}))
                    for which in (CategoryList.ALLOWED, CategoryList.CREATORS)
                ),
            ),
            ROOT.id,
        )
        assert isinstance(category, Category)
        members = ListEdit(Role.MEMBER, Op.SET, frozenset({uri("dave")}))
        managers = ListEdit(Role.MANAGER, Op.SET, frozenset({uri("dave")}))
        room = await scene.hub.managing.create_room(
            None, category.id, RoomChange(name="야간 근무", lists=(members, managers))
        )
        assert isinstance(room, Room)
        dave = await scene.called("dave")
        if name != "join" and name != "bjoin":
            await dave.say(join(room.id))
            await dave.say(chat("하나", room.id))
        dave.forget()
        vanishing = Vanishing(scene, category, monkeypatch, after)
        vanishing.armed = True
        await dave.say(make(room_at(room.id), category_at(category.id), room))
        assert not vanishing.armed or name == "part"
        assert {reply.code for reply in dave.replies()} <= codes
        assert len(dave.replies()) == 1
