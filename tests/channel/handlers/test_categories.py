"""Categories over the wire: for administrators."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from parlour.xccos.types import (
    CategorySettings,
    CreatableCategories,
    CreateCategory,
    DeleteCategory,
    GetCategory,
    GetScope,
    ListSetting,
    ModifyCategory,
    SearchCategories,
    SetScope,
)
from tests.channel.scene import Client, Scene, category_at
from tests.hub.fakes import PLANT, ROOT, person, uri

PLANT_URI = category_at(PLANT.id)
ALL = "ma-grp:all"


def listed(which: str, *names: str, op: str = "SET") -> ListSetting:
    return ListSetting(which, op, tuple(uri(name) for name in names))


async def created(client: Client, name: str = "정비", **settings: Any) -> Any:
    reply = await client.ask(CreateCategory(1, CategorySettings(category_name=name, **settings)))
    assert reply.code == 200, reply
    (category,) = reply.body.categories  # type: ignore[union-attr]
    return category


async def names(client: Client, words: str = "", most: int | None = None) -> tuple[list[str], bool]:
    body: Any = (await client.ask(SearchCategories(1, words, most))).body
    return [one.name for one in body.categories], body.truncated


async def test_a_category_is_made_changed_and_removed() -> None:
    async with Scene() as scene:
        dave = await scene.called("dave")
        made = await created(dave, description="정비팀", invite=True, filepost=True)
        assert (made.name, made.description, made.parent) == ("정비", "정비팀", category_at(ROOT.id))
        assert (made.invite, made.logged, made.filepost) == (True, True, True)
        assert made.audit.created_by == "Dave"
        changed: Any = (await dave.ask(ModifyCategory(1, made.uri, CategorySettings(logged=False)))).body
        assert (changed.categories[0].logged, changed.categories[0].description) == (False, "정비팀")
        stale = CategorySettings(description="x", expected=made.audit.updated_at)
        assert (await dave.ask(ModifyCategory(1, made.uri, stale))).code == 410
        gone: Any = (await dave.ask(DeleteCategory(1, made.uri))).body
        assert gone.categories[0].uri == made.uri
        assert (await dave.ask(DeleteCategory(1, made.uri))).code == 404
        assert (await dave.ask(DeleteCategory(1, PLANT_URI))).code == 419


async def test_switches_are_told_as_they_hold_and_administrators_what_is_inherited() -> None:
    async with Scene() as scene:
        alice, dave = await scene.called(), await scene.called("dave")
        creators = (listed("ALLOWED", "alice"), listed("CREATOR", "alice"))
        await dave.ask(ModifyCategory(1, PLANT_URI, CategorySettings(invite=True, filepost=True)))
        below = await created(dave, parent=PLANT_URI, filepost=False, lists=creators)
        assert ((below.invite, below.logged, below.filepost), below.inherits) == (
            (True, True, False),
            ("invite", "logged"),
        )
        await dave.ask(ModifyCategory(1, PLANT_URI, CategorySettings(logged=False)))
        back = CategorySettings(invite=False, filepost="inherit")
        changed: Any = (await dave.ask(ModifyCategory(1, below.uri, back))).body
        told = changed.categories[0]
        assert ((told.invite, told.logged, told.filepost), told.inherits) == (
            (False, False, True),
            ("logged", "filepost"),
        )
        for ask in (GetCategory(1, below.uri), GetScope(1, below.uri), SearchCategories(1, below.name)):
            body: Any = (await dave.ask(ask)).body
            assert [(one.logged, one.inherits) for one in body.categories] == [(False, ("logged", "filepost"))]
        mine: Any = (await alice.ask(CreatableCategories(1))).body
        (shown,) = [one for one in mine.categories if one.uri == below.uri]
        assert ((shown.invite, shown.logged, shown.filepost), shown.inherits) == ((False, False, True), ())


async def test_below_another_and_moved() -> None:
    async with Scene() as scene:
        dave = await scene.called("dave")
        below = await created(dave, parent=PLANT_URI)
        assert below.parent == PLANT_URI
        moved: Any = (await dave.ask(ModifyCategory(1, below.uri, CategorySettings(parent=category_at(ROOT.id))))).body
        assert moved.categories[0].parent == category_at(ROOT.id)
        circle = CategorySettings(parent=PLANT_URI)
        assert (await dave.ask(ModifyCategory(1, PLANT_URI, circle))).code == 408
        for parent in ("nonsense", category_at("c0000000-0000-0000-0000-0000000000ff")):
            refused = await dave.ask(CreateCategory(1, CategorySettings(category_name="x", parent=parent)))
            assert refused.code == 404


async def test_lists_are_shown_and_changed() -> None:
    async with Scene() as scene:
        dave = await scene.called("dave")
        await dave.ask(
            ModifyCategory(1, PLANT_URI, CategorySettings(lists=(listed("DENIED", "bob"), listed("CREATOR", "minji"))))
        )
        body: Any = (await dave.ask(GetCategory(1, PLANT_URI))).body
        shown = {one.which: [each.name for each in one.principals] for one in body.categories[0].lists}
        assert shown == {"ALLOWED": ["all"], "DENIED": ["Bob"], "CREATOR": ["김민지"]}
        assert body.categories[0].audit.updated_by == "Dave"
        done: Any = (await dave.ask(SetScope(1, PLANT_URI, (listed("DENIED", "alice", op="ADD"),)))).body
        assert done.categories[0].uri == PLANT_URI
        body = (await dave.ask(GetScope(1, PLANT_URI))).body
        shown = {one.which: [each.uri for each in one.principals] for one in body.categories[0].lists}
        assert shown == {"ALLOWED": [ALL], "DENIED": [uri("alice"), uri("bob")]}
        assert (await dave.ask(SetScope(1, PLANT_URI, (listed("DENIED", "alice", op="ADD"),)))).code == 411
        assert (await dave.ask(SetScope(1, PLANT_URI, (listed("DENIED", "minji", "minji"),)))).code == 411
        assert (await dave.ask(SetScope(1, PLANT_URI, (listed("ALLOWED", "nobody", op="ADD"),)))).code == 405
        outside = CategorySettings(lists=(listed("CREATOR", "alice"),))
        assert (await dave.ask(ModifyCategory(1, PLANT_URI, outside))).code == 412


async def test_by_name() -> None:
    async with Scene() as scene:
        dave = await scene.called("dave")
        for name in ("정비 1반", "정비 2반", "사무"):
            await created(dave, name)
        assert await names(dave, "정비") == (["정비 1반", "정비 2반"], False)
        assert await names(dave, "2반 사무") == (["사무", "정비 2반"], False)
        assert await names(dave, "정비", 1) == (["정비 1반"], True)
        found, more = await names(dave)
        assert (len(found), more) == (5, False)


@pytest.mark.parametrize(
    "ask",
    [
        lambda category: ModifyCategory(1, category, CategorySettings(description="x")),
        lambda category: DeleteCategory(1, category),
        lambda category: GetCategory(1, category),
        lambda category: GetScope(1, category),
        lambda category: SetScope(1, category, (listed("ALLOWED", "alice"),)),
    ],
)
async def test_others_are_refused_and_one_out_of_sight_does_not_exist(ask: Any) -> None:
    async with Scene() as scene:
        alice = await scene.called()
        assert (await alice.ask(ask(PLANT_URI))).code == 403
        scene.directory.put(replace(person("alice"), affiliations=frozenset()))
        hidden = await alice.ask(ask(PLANT_URI))
        missing = await alice.ask(ask(category_at("c0000000-0000-0000-0000-0000000000ff")))
        assert (hidden.code, hidden.text, hidden.body) == (missing.code, missing.text, missing.body)
        assert hidden.code == 404


async def test_making_and_looking_for_them_is_for_administrators_too() -> None:
    async with Scene() as scene:
        alice = await scene.called()
        assert (await alice.ask(CreateCategory(1, CategorySettings(category_name="x")))).code == 403
        assert (await alice.ask(SearchCategories(1))).code == 403


async def test_too_much_to_look_for_is_refused() -> None:
    async with Scene() as scene:
        dave = await scene.called("dave")
        await created(dave, "Café")
        for criteria in ("x" * 1001, " ".join(map(str, range(33)))):
            assert (await dave.ask(SearchCategories(1, criteria))).code == 413
        assert await names(dave, " ".join([*map(str, range(31)), "cafe"])) == (["Café"], False)
