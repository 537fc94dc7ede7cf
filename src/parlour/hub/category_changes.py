"""Making, changing, moving and deleting categories: what `Managing` does when it is a change's turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from parlour.hub.catalogue import Catalogue
from parlour.hub.changing import Checks, kept, name_of
from parlour.hub.enforcing import Enforcing
from parlour.hub.gate import Gate
from parlour.hub.refusals import NO_CATEGORY, NOT_ADMIN, NOT_KEPT
from parlour.rooms.editing import CategoryChange, edit_category, edited, purge_category, purge_room
from parlour.rooms.model import Audit, Category, CategoryId, Limits, Micros, Person, Room
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import RoomStore

__all__ = ["CategoryChanges"]

_ROOT = Refused(Refusal.HIERARCHY, "the root category cannot be changed")
_CIRCLE = Refused(Refusal.HIERARCHY, "a category cannot be below itself")


class CategoryChanges:
    def __init__(
        self,
        catalogue: Catalogue,
        gate: Gate,
        checks: Checks,
        store: RoomStore,
        enforcing: Enforcing,
        limits: Limits,
        clock_us: Callable[[], int],
        new_guid: Callable[[], str],
    ) -> None:
        self._catalogue = catalogue
        self._gate = gate
        self._checks = checks
        self._store = store
        self._enforcing = enforcing
        self._limits = limits
        self._clock_us = clock_us
        self._new_guid = new_guid

    async def create(
        self, actor: Person | None, change: CategoryChange, parent: CategoryId | None
    ) -> Category | Refused:
        if actor is not None and not self._gate.administers(actor):
            return NOT_ADMIN
        root = self._catalogue.root
        wanted = parent or change.parent or (root.id if root is not None else None)
        above = self._catalogue.categories.get(wanted) if wanted is not None else None
        if above is None:
            return NO_CATEGORY
        now, by = Micros(self._clock_us()), name_of(actor)
        blank = Category(CategoryId(self._new_guid()), "", Audit(by, now, by, now), parent=above.id)
        category = self._edited(blank, replace(change, name=change.name or "", parent=None, expected=None))
        if isinstance(category, Refused):
            return category
        taken = self._checks.taken(category.name, category.id)
        return await self._put(category) if taken is None else self._made_already(category) or taken

    async def modify(self, actor: Person | None, category_id: CategoryId, change: CategoryChange) -> Category | Refused:
        before = self._may_administer(actor, category_id)
        if isinstance(before, Refused):
            return before
        new = self._cannot_move(before, change.parent) or self._edited(before, change)
        if isinstance(new, Refused):
            return before if new.reason is Refusal.DATA_COLLISION and self._is_so_already(before, change) else new
        taken = self._checks.taken(new.name, new.id)
        if taken is not None:
            return taken
        put = await self._put(replace(new, audit=edited(before.audit, name_of(actor), self._clock_us())))
        if not isinstance(put, Refused):
            # Who is out of scope is out at once, whatever lists say that have still to be purged.
            self._enforcing.category_changed(put, before)
            await self._purge_below(category_id, name_of(actor))
        return put

    async def delete(self, actor: Person | None, category_id: CategoryId) -> Category | Refused:
        category = self._may_administer(actor, category_id)
        if isinstance(category, Refused):
            return category
        if self._catalogue.rooms_in(category_id) or self._catalogue.children(category_id):
            return Refused(Refusal.NODE_NOT_EMPTY, "the category still holds rooms or categories")
        if not await kept(self._store.delete_category(category_id)):
            return NOT_KEPT
        self._catalogue.drop_category(category_id)
        return category

    def _may_administer(self, actor: Person | None, category_id: CategoryId) -> Category | Refused:
        category = self._catalogue.categories.get(category_id)
        if category is None:
            return NO_CATEGORY
        if actor is not None:
            seen = self._gate.over(category_id, actor)
            if isinstance(seen, Refused):
                return seen
            if not seen[1].administer:
                return NOT_ADMIN
        return _ROOT if category.parent is None else category

    def _cannot_move(self, category: Category, parent: CategoryId | None) -> Refused | None:
        if parent is None or parent == category.parent:
            return None
        if parent not in self._catalogue.categories:
            return NO_CATEGORY
        return _CIRCLE if category in self._catalogue.chain(parent) else None

    def _edited(self, category: Category, change: CategoryChange) -> Category | Refused:
        unknown = self._checks.unknown(change.lists)
        if unknown is not None:
            return unknown
        new = edit_category(category, change, self._limits)
        if isinstance(new, Refused):
            return new
        return purge_category(category, new, self._gate.scope_of(self._chain(new)))

    def _is_so_already(self, category: Category, change: CategoryChange) -> bool:
        """As with rooms: a change that changes nothing undoes nothing."""
        return self._edited(category, replace(change, expected=None)) == category

    def _made_already(self, new: Category) -> Category | None:
        old = self._catalogue.categories.get(CategoryId(self._catalogue.find_named(new.name) or ""))
        if old is None or not self._checks.made_already(old.audit, new.audit):
            return None
        return old if replace(new, id=old.id, audit=old.audit) == old else None

    def _chain(self, category: Category) -> tuple[Category, ...]:
        """The chain of a category as it will be; every one but the root has a parent."""
        assert category.parent is not None
        return (category, *self._catalogue.chain(category.parent))

    async def _put(self, category: Category) -> Category | Refused:
        if not await kept(self._store.save_category(category)):
            return NOT_KEPT
        self._catalogue.put_category(category)
        return category

    async def _purge_below(self, category_id: CategoryId, by: str) -> None:
        """Take entries out of lists that are out of scope now. Stops quietly if the store fails: the narrower scope is
        in force whatever the lists still say."""
        for below in self._catalogue.below(category_id):
            if below != category_id and not await self._purge_creators(self._catalogue.categories[below], by):
                return
            for room_id in sorted(self._catalogue.rooms_in(below)):
                if not await self._purge_roles(self._catalogue.rooms[room_id], by):
                    return

    async def _purge_creators(self, category: Category, by: str) -> bool:
        new = purge_category(category, category, self._gate.scope_of(self._catalogue.chain(category.id)))
        if isinstance(new, Refused) or new == category:
            return True
        new = replace(new, audit=edited(category.audit, by, self._clock_us()))
        return not isinstance(await self._put(new), Refused)

    async def _purge_roles(self, room: Room, by: str) -> bool:
        new = purge_room(room, self._checks.standings(self._catalogue.chain(room.category)))
        if new == room:
            return True
        new = replace(new, audit=edited(room.audit, by, self._clock_us()))
        if not await kept(self._store.save_room(new)):
            return False
        self._catalogue.put_room(new)
        self._enforcing.room_changed(new, room)
        return True
