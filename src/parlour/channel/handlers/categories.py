"""Categories: for administrators. To everybody else a category out of sight does not exist."""

from __future__ import annotations

from dataclasses import replace

from parlour.channel.caller import Answer, Caller, made
from parlour.channel.names import category_edits
from parlour.hub.refusals import NOT_ADMIN
from parlour.hub.slices import slices
from parlour.rooms.editing import CategoryChange
from parlour.rooms.model import Category, Micros
from parlour.rooms.names import fold_name
from parlour.rooms.refusals import Refused
from parlour.rooms.search import Match, compile_text
from parlour.xccos.encode import categories_replies, category_reply
from parlour.xccos.types import (
    CategorySettings,
    CreateCategory,
    DeleteCategory,
    GetCategory,
    GetScope,
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


async def create_category(caller: Caller, command: CreateCategory) -> Answer:
    """Below the root, unless a parent is named."""
    change = _change(caller, command.settings)
    if isinstance(change, Refused):
        return change
    parent, change = change.parent, replace(change, parent=None)
    return _told(caller, command, await caller.hub.managing.create_category(caller.person, change, parent))


async def modify_category(caller: Caller, command: ModifyCategory) -> Answer:
    """Change what is sent, and only that."""
    change = _change(caller, command.settings)
    if isinstance(change, Refused):
        return change
    category = caller.category_id(command.category_uri)
    return _told(caller, command, await caller.hub.managing.modify_category(caller.person, category, change))


async def delete_category(caller: Caller, command: DeleteCategory) -> Answer:
    gone = await caller.hub.managing.delete_category(caller.person, caller.category_id(command.category_uri))
    return gone if isinstance(gone, Refused) else [category_reply(caller.envid, command, command.category_uri)]


async def get_category(caller: Caller, command: GetCategory) -> Answer:
    """A category with its lists."""
    category = _administered(caller, command.category_uri)
    if isinstance(category, Refused):
        return category
    return await made(categories_replies(caller.envid, command, [caller.cards.whole_category(category)]))


async def get_scope(caller: Caller, command: GetScope) -> Answer:
    category = _administered(caller, command.category_uri)
    if isinstance(category, Refused):
        return category
    return await made(categories_replies(caller.envid, command, [caller.cards.scope(category)]))


async def set_scope(caller: Caller, command: SetScope) -> Answer:
    edits = category_edits(command.scopes)
    if isinstance(edits, Refused):
        return edits
    change = CategoryChange(lists=edits)
    changed = await caller.hub.managing.modify_category(caller.person, caller.category_id(command.category_uri), change)
    return changed if isinstance(changed, Refused) else [category_reply(caller.envid, command, command.category_uri)]


async def search_categories(caller: Caller, command: SearchCategories) -> Answer:
    """Categories whose name has any of the words; without words all of them."""
    if not caller.hub.gate.administers(caller.person):
        return NOT_ADMIN
    fits = compile_text(command.criteria, Match.ANY)
    if isinstance(fits, Refused):
        return fits
    found: list[Category] = []
    async for some in slices(caller.hub.categories(caller.person)):
        found += [one for one in some if fits is None or fits(fold_name(one.name))]
    limit = min(command.max_results or caller.hub.limits.search_limit, caller.hub.limits.search_limit)
    there = caller.hub.catalogue.categories
    rows = [caller.cards.found_category(one) for one in found[:limit] if one.id in there]
    return await made(categories_replies(caller.envid, command, rows, len(found) > limit))


def _administered(caller: Caller, uri: str) -> Category | Refused:
    seen = caller.hub.gate.over(caller.category_id(uri), caller.person)
    if isinstance(seen, Refused):
        return seen
    return seen[0] if seen[1].administer else NOT_ADMIN


def _told(caller: Caller, command: CreateCategory | ModifyCategory, outcome: Category | Refused) -> Answer:
    told = outcome if isinstance(outcome, Refused) else caller.cards.changed_category(outcome.id)
    return told if isinstance(told, Refused) else list(categories_replies(caller.envid, command, [told]))


def _change(caller: Caller, settings: CategorySettings) -> CategoryChange | Refused:
    edits = category_edits(settings.lists)
    if isinstance(edits, Refused):
        return edits
    return CategoryChange(
        name=settings.category_name,
        description=settings.description,
        parent=caller.category_id(settings.parent) if settings.parent is not None else None,
        invite=settings.invite,
        logged=settings.logged,
        filepost=settings.filepost,
        lists=edits,
        expected=Micros(settings.expected) if settings.expected is not None else None,
    )
