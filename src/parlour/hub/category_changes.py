"""Making, changing, moving and deleting categories: what `Managing` does when it is a change's turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import takewhile

from parlour.hub.auditing import Auditing, name_ids
from parlour.hub.catalogue import Catalogue
from parlour.hub.changing import Checks, kept, name_of
from parlour.hub.enforcing import Enforcing
from parlour.hub.gate import Gate
from parlour.hub.losses import Changed, Losses
from parlour.hub.refusals import NO_CATEGORY, NOT_ADMIN, NOT_KEPT
from parlour.hub.slices import breathe
from parlour.rooms.audit import AuditRecord, differences, list_change
from parlour.rooms.editing import CategoryChange, edit_category, edited, purge_category, purge_room
from parlour.rooms.model import Audit, Category, CategoryId, Limits, Micros, Person, Room
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import RoomStore

__all__ = ["CategoryChanges"]

SLICE = 64
"""Rooms that are looked at, or changed, in one turn of the loop."""

_FIELDS = ("name", "description", "parent", "invite", "logged", "filepost", "allowed", "denied", "creators")

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
        auditing: Auditing,
        limits: Limits,
        clock_us: Callable[[], int],
        new_guid: Callable[[], str],
    ) -> None:
        self._catalogue = catalogue
        self._gate = gate
        self._checks = checks
        self._store = store
        self._enforcing = enforcing
        self._auditing = auditing
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
        category = await self._edited(blank, replace(change, name=change.name or "", parent=None, expected=None))
        if isinstance(category, Refused):
            return category
        taken = self._checks.taken(category.name, category.id)
        if taken is not None:
            return self._made_already(category) or taken
        record = self._record(actor, "category.create", None, category, Losses())
        if not await kept(self._store.save_category(category, record)):
            return NOT_KEPT
        self._catalogue.put_category(category)
        return category

    async def modify(
        self, actor: Person | None, category_id: CategoryId, change: CategoryChange, dry_run: bool = False
    ) -> Changed[Category] | Refused:
        before = self._may_administer(actor, category_id)
        if isinstance(before, Refused):
            return before
        new = self._cannot_move(before, change.parent) or await self._edited(before, change)
        if isinstance(new, Refused):
            so_already = new.reason is Refusal.DATA_COLLISION and await self._is_so_already(before, change)
            return Changed(before) if so_already else new
        taken = self._checks.taken(new.name, new.id)
        if taken is not None:
            return taken
        new = replace(new, audit=edited(before.audit, name_of(actor), self._clock_us()))
        categories, rooms = await self._purged_below(new, name_of(actor))
        losses = await self._losses(before, new, categories, rooms)
        if dry_run:
            return Changed(new, losses)
        record = self._record(actor, "category.modify", before, new, losses)
        if not await kept(self._store.save_all([new, *categories], rooms, record)):
            return NOT_KEPT
        self._catalogue.put_category(new)
        # Who is out of scope is out at once, whatever lists say that are taken over after it.
        self._enforcing.category_changed(new, before)
        await self._take_over(categories, rooms)
        return Changed(new, losses)

    async def delete(self, actor: Person | None, category_id: CategoryId) -> Category | Refused:
        category = self._may_administer(actor, category_id)
        if isinstance(category, Refused):
            return category
        if self._catalogue.rooms_in(category_id) or self._catalogue.children(category_id):
            return Refused(Refusal.NODE_NOT_EMPTY, "the category still holds rooms or categories")
        record = self._record(actor, "category.delete", category, None, Losses())
        if not await kept(self._store.delete_category(category_id, record)):
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

    async def _edited(self, category: Category, change: CategoryChange) -> Category | Refused:
        unknown = await self._checks.unknown(change.lists)
        if unknown is not None:
            return unknown
        new = edit_category(category, change, self._limits)
        if isinstance(new, Refused):
            return new
        standings = await self._checks.standings_of(self._chain(new), new.creators)
        return purge_category(category, new, standings.in_scope)

    async def _is_so_already(self, category: Category, change: CategoryChange) -> bool:
        """As with rooms: a change that changes nothing undoes nothing."""
        return await self._edited(category, replace(change, expected=None)) == category

    def _made_already(self, new: Category) -> Category | None:
        old = self._catalogue.categories.get(CategoryId(self._catalogue.find_named(new.name) or ""))
        if old is None or not self._checks.made_already(old.audit, new.audit):
            return None
        return old if replace(new, id=old.id, audit=old.audit) == old else None

    def _chain(self, category: Category) -> tuple[Category, ...]:
        """The chain of a category as it will be; every one but the root has a parent."""
        assert category.parent is not None
        return (category, *self._catalogue.chain(category.parent))

    async def _purged_below(self, new: Category, by: str) -> tuple[list[Category], list[Room]]:
        """The categories and rooms below whose lists have entries that will be out of scope: as they will be."""
        categories, rooms, looked_at = [], [], 0
        for below in self._catalogue.below(new.id):
            chain = self._chain_below(below, new)
            if below != new.id:
                old = chain[0]
                purged = purge_category(old, old, self._gate.scope_of(chain))
                if not isinstance(purged, Refused) and purged != old:
                    categories.append(replace(purged, audit=edited(old.audit, by, self._clock_us())))
            for room_id in sorted(self._catalogue.rooms_in(below)):
                room = self._catalogue.rooms[room_id]
                listed = room.members | room.managers | room.presenters
                without = purge_room(room, await self._checks.standings_of(chain, listed))
                if without != room:
                    rooms.append(replace(without, audit=edited(room.audit, by, self._clock_us())))
                looked_at += 1
                await breathe(looked_at, SLICE)
        return categories, rooms

    def _chain_below(self, below: CategoryId, new: Category) -> tuple[Category, ...]:
        """The chain of a category that is at or below one that changes, as it will be."""
        lower = takewhile(lambda category: category.id != new.id, self._catalogue.chain(below))
        return (*lower, *self._chain(new))

    async def _losses(self, before: Category, new: Category, categories: list[Category], rooms: list[Room]) -> Losses:
        losses = Losses()
        losses.add(before, new)
        for category in categories:
            losses.add(self._catalogue.categories[category.id], category)
        for place, room in enumerate(rooms, 1):
            losses.add(self._catalogue.rooms[room.id], room)
            await breathe(place, SLICE)
        return losses

    async def _take_over(self, categories: list[Category], rooms: list[Room]) -> None:
        """What is kept, in memory too."""
        for category in categories:
            self._catalogue.put_category(category)
        for place, room in enumerate(rooms, 1):
            before = self._catalogue.rooms[room.id]
            self._catalogue.put_room(room)
            self._enforcing.room_changed(room, before)
            await breathe(place, SLICE)

    def _record(
        self, actor: Person | None, command: str, before: Category | None, after: Category | None, losses: Losses
    ) -> AuditRecord:
        category = before or after
        assert category is not None
        fields = differences(before, after, _FIELDS)
        name_ids(fields, "parent", before, after, self._catalogue.categories)
        if losses.rooms:
            fields["rooms"] = {"count": losses.rooms, "some": losses.places}
            fields["lost"] = list_change(losses.people, frozenset())
        return self._auditing.record(actor, command, "category", category.id, category.name, fields)
