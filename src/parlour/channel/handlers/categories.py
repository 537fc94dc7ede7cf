"""Categories: for administrators. To everybody else a category out of sight does not exist."""

from __future__ import annotations

from collections.abc import Iterable

from parlour.channel.caller import Answer, Caller
from parlour.channel.names import category_id
from parlour.rooms.editing import CategoryChange, CategoryList, ListEdit, Op
from parlour.rooms.model import Category, Micros
from parlour.rooms.names import fold_name
from parlour.rooms.refusals import Refusal, Refused
from parlour.xccos.encode import categories_reply, category_reply
from parlour.xccos.types import (
    CategorySettings,
    CreateCategory,
    DeleteCategory,
    GetCategory,
    GetScope,
    ListSetting,
    ModifyCategory,
    SearchCategories,
    SetScope,
)

__all__ = [
    "create_category",
    "delete_category",
    "get_category",
    "get_scope",
    "modify_category",
    "search_categories",
    "set_scope",
]

_NOT_ADMIN = Refused(Refusal.NOT_PERMITTED, "only administrators may do this")


async def create_category(caller: Caller, command: CreateCategory) -> Answer:
    """Below the root, unless a parent is named."""
    parent = category_id(command.settings.parent) if command.settings.parent is not None else None
    made = await caller.hub.managing.create_category(caller.person, _change(command.settings, moves=False), parent)
    return _told(caller, command, made)


async def modify_category(caller: Caller, command: ModifyCategory) -> Answer:
    """Change what is sent, and only that."""
    changed = await caller.hub.managing.modify_category(
        caller.person, category_id(command.category_uri), _change(command.settings)
    )
    return _told(caller, command, changed)


async def delete_category(caller: Caller, command: DeleteCategory) -> Answer:
    gone = await caller.hub.managing.delete_category(caller.person, category_id(command.category_uri))
    return gone if isinstance(gone, Refused) else [category_reply(caller.envid, command, command.category_uri)]


async def get_category(caller: Caller, command: GetCategory) -> Answer:
    """A category with its lists."""
    category = _administered(caller, command.category_uri)
    if isinstance(category, Refused):
        return category
    return [categories_reply(caller.envid, command, [caller.cards.whole_category(category)])]


async def get_scope(caller: Caller, command: GetScope) -> Answer:
    category = _administered(caller, command.category_uri)
    if isinstance(category, Refused):
        return category
    return [categories_reply(caller.envid, command, [caller.cards.scope(category)])]


async def set_scope(caller: Caller, command: SetScope) -> Answer:
    change = CategoryChange(lists=tuple(_list_edits(command.scopes)))
    changed = await caller.hub.managing.modify_category(caller.person, category_id(command.category_uri), change)
    return changed if isinstance(changed, Refused) else [category_reply(caller.envid, command, command.category_uri)]


async def search_categories(caller: Caller, command: SearchCategories) -> Answer:
    """Categories whose name has any of the words; without words all of them."""
    if not caller.hub.gate.administers(caller.person):
        return _NOT_ADMIN
    words = fold_name(command.criteria).split()
    found = [one for one in caller.hub.categories(caller.person) if _fits(one, words)]
    limit = min(command.max_results or caller.hub.limits.search_limit, caller.hub.limits.search_limit)
    rows = [caller.cards.category(one) for one in found[:limit]]
    return [categories_reply(caller.envid, command, rows, len(found) > limit)]


def _fits(category: Category, words: list[str]) -> bool:
    name = fold_name(category.name)
    return not words or any(word in name for word in words)


def _administered(caller: Caller, uri: str) -> Category | Refused:
    seen = caller.hub.gate.over(category_id(uri), caller.person)
    if isinstance(seen, Refused):
        return seen
    return seen[0] if seen[1].administer else _NOT_ADMIN


def _told(caller: Caller, command: CreateCategory | ModifyCategory, outcome: Category | Refused) -> Answer:
    if isinstance(outcome, Refused):
        return outcome
    return [categories_reply(caller.envid, command, [caller.cards.changed_category(outcome)])]


def _change(settings: CategorySettings, *, moves: bool = True) -> CategoryChange:
    return CategoryChange(
        name=settings.category_name,
        description=settings.description,
        parent=category_id(settings.parent) if moves and settings.parent is not None else None,
        invite=settings.invite,
        logged=settings.logged,
        filepost=settings.filepost,
        lists=tuple(_list_edits(settings.lists)),
        expected=Micros(settings.expected) if settings.expected is not None else None,
    )


def _list_edits(lists: Iterable[ListSetting]) -> Iterable[ListEdit]:
    for one in lists:
        yield ListEdit(_LISTS[one.which], Op(one.op), frozenset(one.principals))


_LISTS = {"ALLOWED": CategoryList.ALLOWED, "DENIED": CategoryList.DENIED, "CREATOR": CategoryList.CREATORS}
