"""Categories: where rooms stand, and who may be in them. For administrators. `Client.categories`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeAlias, TypedDict, Unpack

from parlour.client.courier import Courier
from parlour.client.errors import UnusableAnswer
from parlour.client.managing import by_list
from parlour.client.naming import Named, category_uri_of, check_keywords, uris_of
from parlour.xccos.types import (
    CategoriesFound,
    CategoryInfo,
    CategorySettings,
    CreateCategory,
    DeleteCategory,
    GetCategory,
    GetScope,
    ListMembers,
    ListSetting,
    ListWord,
    ModifyCategory,
    SearchCategories,
    SetScope,
    SwitchSetting,
    UserInfo,
)

__all__ = ["Categories", "CategoryChanges", "Scope"]

Scope: TypeAlias = Literal["ALLOWED", "DENIED"]


class CategoryChanges(TypedDict, total=False):
    """Settings of a category; what is left out stays as it is, or with a new one, is as in the category above. The
    switches are True, False or "inherit" (as there, also later). The last three are principals: these and no others."""

    description: str
    invite: SwitchSetting
    logged: SwitchSetting
    filepost: SwitchSetting
    allowed: Sequence[str]
    denied: Sequence[str]
    creators: Sequence[str]


class Categories:
    """Every method raises ClientError, most of them PermissionDenied and RoomNotFound (no such category)."""

    def __init__(self, courier: Courier) -> None:
        self._courier = courier

    async def create(
        self, name: str, *, parent: Named | str | None = None, **settings: Unpack[CategoryChanges]
    ) -> CategoryInfo:
        """A new category, below the root if there is no `parent`. Raises DuplicateName."""
        above = None if parent is None else category_uri_of(parent)
        return await self._one(CreateCategory(1, _settings(settings, name, above)))

    async def modify(
        self,
        category: CategoryInfo | str,
        *,
        name: str | None = None,
        parent: Named | str | None = None,
        expected: int | None = None,
        **settings: Unpack[CategoryChanges],
    ) -> CategoryInfo:
        """Change a category. Given a CategoryInfo, the change is refused (DataCollision) if somebody else has changed
        it since; `expected` is the same by hand, an `updated_at`. Raises DuplicateName, HierarchyViolation."""
        if expected is None and isinstance(category, CategoryInfo) and category.audit is not None:
            expected = category.audit.updated_at
        above = None if parent is None else category_uri_of(parent)
        wanted = _settings(settings, name, above, expected)
        return await self._one(ModifyCategory(1, category_uri_of(category), wanted))

    async def delete(self, category: Named | str) -> None:
        """Raises NotEmpty."""
        await self._courier.ask(DeleteCategory(1, category_uri_of(category)), CategoriesFound)

    async def get(self, category: Named | str) -> CategoryInfo:
        """With its lists."""
        return await self._whole(GetCategory(1, category_uri_of(category)))

    async def search(self, text: str = "", *, limit: int | None = None) -> CategoriesFound:
        """By name; without text, all."""
        return await self._courier.ask_list(SearchCategories(1, text, limit), CategoriesFound)

    async def scope(self, category: Named | str) -> dict[str, tuple[UserInfo, ...]]:
        """Who is `ALLOWED` and who is `DENIED`."""
        return by_list((await self._whole(GetScope(1, category_uri_of(category)))).lists)

    async def add_to_scope(self, category: Named | str, scope: Scope, *principals: str) -> None:
        """Whom this puts out of scope is out of all rooms below at once, and has no role there any more."""
        await self.edit_scope(category, ListSetting(scope, "ADD", principals))

    async def remove_from_scope(self, category: Named | str, scope: Scope, *principals: str) -> None:
        """As `add_to_scope`."""
        await self.edit_scope(category, ListSetting(scope, "DEL", principals))

    async def set_scope(self, category: Named | str, scope: Scope, *principals: str) -> None:
        """These and no others; as `add_to_scope`."""
        await self.edit_scope(category, ListSetting(scope, "SET", principals))

    async def edit_scope(self, category: Named | str, *edits: ListSetting) -> None:
        """Several edits at once: all of them or none."""
        await self._courier.ask(SetScope(1, category_uri_of(category), edits), CategoriesFound)

    async def _one(self, command: CreateCategory | ModifyCategory) -> CategoryInfo:
        return _first(await self._courier.ask(command, CategoriesFound))

    async def _whole(self, command: GetCategory | GetScope) -> CategoryInfo:
        """Where its lists are long, a category is told several times, each time with some of those who stand there."""
        found = await self._courier.ask_list(command, CategoriesFound)
        lists = by_list(one for part in found.categories for one in part.lists)
        return replace(_first(found), lists=tuple(ListMembers(which, people) for which, people in lists.items()))


def _first(found: CategoriesFound) -> CategoryInfo:
    if not found.categories:
        raise UnusableAnswer("no category where one was promised")
    return found.categories[0]


def _settings(
    settings: CategoryChanges, name: str | None, parent: str | None, expected: int | None = None
) -> CategorySettings:
    check_keywords(settings, CategoryChanges)
    lists: tuple[tuple[ListWord, Sequence[str] | None], ...] = (
        ("ALLOWED", settings.get("allowed")),
        ("DENIED", settings.get("denied")),
        ("CREATOR", settings.get("creators")),
    )
    return CategorySettings(
        category_name=name,
        description=settings.get("description"),
        parent=parent,
        invite=settings.get("invite"),
        logged=settings.get("logged"),
        filepost=settings.get("filepost"),
        lists=tuple(ListSetting(which, "SET", uris_of(uris)) for which, uris in lists if uris is not None),
        expected=expected,
    )
