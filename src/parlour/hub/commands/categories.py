"""Commands about categories."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from parlour.hub.commands.asking import ONLY_TELL, asks_if_lost
from parlour.hub.commands.finding import find_category, find_principals, only_admins
from parlour.hub.commands.params import param
from parlour.hub.commands.registry import Command, Context
from parlour.hub.commands.showing import show_category, show_category_card, show_losses, show_principal
from parlour.rooms.editing import CategoryChange, CategoryList, ListEdit, Op, category_list
from parlour.rooms.model import Category, Person, Role
from parlour.rooms.names import fold_name
from parlour.rooms.refusals import Refusal, Refused

__all__ = ["COMMANDS"]

_CATEGORY = "Name or id of the category."


@dataclass(frozen=True, slots=True)
class Create:
    name: str = param("Name of the new category; unique among rooms and categories.")
    description: str = param("What its rooms are about.", "")
    parent: str | None = param("Category above it; the root if not given.", None)
    allow: tuple[str, ...] = param("Who may ever be let into its rooms; everyone for the whole domain.", ())
    deny: tuple[str, ...] = param("Who may not, whatever else says so.", ())
    creator: tuple[str, ...] = param("Who may make rooms in it.", ())
    invite: bool | None = param("Whether rooms invite their new members; as in the category above if not given.", None)
    logged: bool | None = param("Whether rooms keep their history; as in the category above if not given.", None)
    filepost: bool | None = param("Whether files may be posted; as in the category above if not given.", None)


@dataclass(frozen=True, slots=True)
class Modify:
    category: str = param(_CATEGORY)
    name: str | None = param("New name.", None)
    description: str | None = param("New description.", None)
    parent: str | None = param("Move it below this category; role entries outside its scope are lost.", None)
    invite: bool | None = param("Whether rooms invite their new members.", None)
    logged: bool | None = param("Whether rooms keep their history.", None)
    filepost: bool | None = param("Whether files may be posted.", None)
    inherit: tuple[Literal["invite", "logged", "filepost"], ...] = param(
        "A switch that from now on is as in the category above.", ()
    )
    dry_run: bool = param(ONLY_TELL, False)


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


@dataclass(frozen=True, slots=True)
class One:
    category: str = param(_CATEGORY)


@dataclass(frozen=True, slots=True)
class Move:
    category: str = param(_CATEGORY)
    parent: str = param("Name or id of the category above it; the root is named like the domain.")
    dry_run: bool = param(ONLY_TELL, False)


@dataclass(frozen=True, slots=True)
class Eligible:
    category: str = param(_CATEGORY)
    role: Literal["member", "manager", "presenter", "creator"] = param("What they could become.", "member")
    text: str = param("Part of the name or address.", "")
    limit: int | None = param("How many at most.", None, least=0)


@dataclass(frozen=True, slots=True)
class Who:
    category: str = param(_CATEGORY)
    who: tuple[str, ...] = param("Logins, addresses, group names, or everyone.")
    dry_run: bool = param(ONLY_TELL, False)


@dataclass(frozen=True, slots=True)
class Whole:
    category: str = param(_CATEGORY)
    who: tuple[str, ...] = param("Logins, addresses, group names, or everyone; nobody empties it.", (), positional=True)
    dry_run: bool = param(ONLY_TELL, False)


async def _create(context: Context, actor: Person | None, params: Create) -> Any:
    parent = None
    if params.parent is not None:
        above = find_category(context, actor, params.parent)
        if isinstance(above, Refused):
            return above
        parent = above.id
    lists = []
    for which, texts in (
        (CategoryList.ALLOWED, params.allow),
        (CategoryList.DENIED, params.deny),
        (CategoryList.CREATORS, params.creator),
    ):
        uris = await find_principals(context, texts)
        if isinstance(uris, Refused):
            return uris
        lists.append(ListEdit(which, Op.SET, uris))
    change = CategoryChange(
        params.name, params.description, params.invite, params.logged, params.filepost, lists=tuple(lists)
    )
    return await _shown(context, actor, await context.hub.managing.create_category(actor, change, parent))


async def _list(context: Context, actor: Person | None, params: Nothing) -> Any:
    hub = context.hub
    categories = sorted(hub.catalogue.categories.values(), key=lambda category: _path(context, category))
    return [
        await _shown(context, actor, category)
        for category in categories
        # A long list lets others go on in between, who may delete one.
        if category.id in hub.catalogue.categories
        and (actor is None or not isinstance(hub.gate.over(category.id, actor), Refused))
    ]


def _path(context: Context, category: Category) -> list[str]:
    """Names from the root down: sorted by these, a list reads as a tree."""
    return [fold_name(one.name) for one in reversed(context.hub.catalogue.chain(category.id))]


async def _show(context: Context, actor: Person | None, params: One) -> Any:
    return await _shown(context, actor, find_category(context, actor, params.category))


async def _modify(context: Context, actor: Person | None, params: Modify) -> Any:
    both = [name for name in params.inherit if getattr(params, name) is not None]
    if both:
        return Refused(Refusal.INVALID, f"either set or inherited: {', '.join(both)}")
    change = CategoryChange(
        params.name,
        params.description,
        "inherit" if "invite" in params.inherit else params.invite,
        "inherit" if "logged" in params.inherit else params.logged,
        "inherit" if "filepost" in params.inherit else params.filepost,
    )
    if params.parent is not None:
        above = find_category(context, actor, params.parent)
        if isinstance(above, Refused):
            return above
        change = replace(change, parent=above.id)
    return await _changed(context, actor, params.category, change, params.dry_run)


async def _move(context: Context, actor: Person | None, params: Move) -> Any:
    return await _modify(context, actor, Modify(params.category, parent=params.parent, dry_run=params.dry_run))


async def _eligible(context: Context, actor: Person | None, params: Eligible) -> Any:
    category = find_category(context, actor, params.category)
    if isinstance(category, Refused):
        return category
    role = Role[params.role.upper()]
    found = context.hub.principals.eligible(
        actor, category=category.id, role=role, text=params.text, limit=params.limit
    )
    return found if isinstance(found, Refused) else [show_principal(principal) for principal in found.rows]


async def _delete(context: Context, actor: Person | None, params: One) -> Any:
    category = find_category(context, actor, params.category)
    if isinstance(category, Refused):
        return category
    deleted = await context.hub.managing.delete_category(actor, category.id)
    return deleted if isinstance(deleted, Refused) else {"deleted": deleted.name, "id": deleted.id}


async def _changed(context: Context, actor: Person | None, text: str, change: CategoryChange, dry_run: bool) -> Any:
    category = find_category(context, actor, text)
    if isinstance(category, Refused):
        return category
    changed = await context.hub.managing.change_category(actor, category.id, change, dry_run=dry_run)
    if isinstance(changed, Refused):
        return changed
    losses = show_losses(context.hub.people, changed.lost, dry_run)
    if dry_run:
        return {"category": category.name, "category_id": category.id} | losses
    return await _shown(context, actor, changed.now) | losses


async def _shown(context: Context, actor: Person | None, category: Category | Refused) -> Any:
    """Who stands in its lists is for administrators."""
    if isinstance(category, Refused):
        return category
    if only_admins(context, actor) is not None:
        return show_category_card(context, category)
    return await show_category(context, category)


def _editing(which: CategoryList, op: Op) -> Callable[[Context, Person | None, Who | Whole], Awaitable[Any]]:
    async def run(context: Context, actor: Person | None, params: Who | Whole) -> Any:
        category = find_category(context, actor, params.category)
        if isinstance(category, Refused):
            return category
        # Who is in these lists is for administrators; of others, the names are not compared with them.
        compared = op is Op.DELETE and only_admins(context, actor) is None
        uris = await find_principals(context, params.who, category_list(category, which) if compared else frozenset())
        if isinstance(uris, Refused):
            return uris
        change = CategoryChange(lists=(ListEdit(which, op, uris),))
        return await _changed(context, actor, category.id, change, params.dry_run)

    return run


ALLOWED, DENIED, CREATORS = CategoryList.ALLOWED, CategoryList.DENIED, CategoryList.CREATORS

COMMANDS: tuple[Command[Any], ...] = (
    Command("category.create", Create, "Make a category.", _create),
    Command("category.list", Nothing, "List categories as a tree.", _list, reads=True),
    Command("category.show", One, "Show a category with its lists.", _show, reads=True),
    Command(
        "category.modify", Modify, "Change a category; what is not given stays.", _modify, **asks_if_lost("category")
    ),
    Command("category.move", Move, "Put a category below another one.", _move, **asks_if_lost("category")),
    Command("category.eligible", Eligible, "List who may stand in a role of the rooms.", _eligible, reads=True),
    Command(
        "category.delete",
        One,
        "Delete a category that holds nothing any more.",
        _delete,
        "Delete the category {category}?",
    ),
    Command("category.allow.add", Who, "Widen who may be let into the rooms.", _editing(ALLOWED, Op.ADD)),
    Command(
        "category.allow.remove",
        Who,
        "Narrow who may be let into the rooms.",
        _editing(ALLOWED, Op.DELETE),
        **asks_if_lost("category"),
    ),
    Command(
        "category.allow.set",
        Whole,
        "Say anew who may be let into the rooms.",
        _editing(ALLOWED, Op.SET),
        **asks_if_lost("category"),
    ),
    Command(
        "category.deny.add",
        Who,
        "Keep people or groups out, whatever else says so.",
        _editing(DENIED, Op.ADD),
        **asks_if_lost("category"),
    ),
    Command("category.deny.remove", Who, "No longer keep them out.", _editing(DENIED, Op.DELETE)),
    Command(
        "category.deny.set", Whole, "Say anew who is kept out.", _editing(DENIED, Op.SET), **asks_if_lost("category")
    ),
    Command("category.creator.add", Who, "Let people or groups make rooms.", _editing(CREATORS, Op.ADD)),
    Command("category.creator.remove", Who, "No longer let them make rooms.", _editing(CREATORS, Op.DELETE)),
    Command(
        "category.creator.set",
        Whole,
        "Say anew who may make rooms.",
        _editing(CREATORS, Op.SET),
        **asks_if_lost("category"),
    ),
)
