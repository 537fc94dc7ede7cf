"""Making, changing and removing rooms and categories.

`actor` is who asks: a person with the rights the gate gives, or None for the local administrator at the console. One
change at a time (`changing`): names are unique over rooms and categories, and a check must still hold when its change
is written.
"""

from __future__ import annotations

from parlour.hub.category_changes import CategoryChanges
from parlour.hub.changing import CONSOLE, Changes
from parlour.hub.losses import Changed
from parlour.hub.room_changes import RoomChanges
from parlour.rooms.editing import CategoryChange, RoomChange
from parlour.rooms.model import Category, CategoryId, Person, Room, RoomId
from parlour.rooms.refusals import Refused

__all__ = ["CONSOLE", "Managing"]


class Managing:
    def __init__(self, changes: Changes, rooms: RoomChanges, categories: CategoryChanges) -> None:
        self._changes = changes
        self._rooms = rooms
        self._categories = categories

    async def create_room(self, actor: Person | None, category: CategoryId, change: RoomChange) -> Room | Refused:
        """A new room with the settings of `change` (a name is needed). Its creator becomes manager, and member unless
        the room is open; the console becomes neither. CANNOT_CREATE without the right to."""
        return await self._changes.alone(actor, lambda: self._rooms.create(actor, category, change))

    async def modify_room(self, actor: Person | None, room_id: RoomId, change: RoomChange) -> Room | Refused:
        """Change settings, role lists, category (a move), or disable. Who loses a place by it is out at once."""
        changed = await self.change_room(actor, room_id, change)
        return changed if isinstance(changed, Refused) else changed.now

    async def change_room(
        self, actor: Person | None, room_id: RoomId, change: RoomChange, *, dry_run: bool = False
    ) -> Changed[Room] | Refused:
        """As `modify_room`, telling who loses a place; `dry_run`: nothing is changed."""
        return await self._changes.alone(actor, lambda: self._rooms.modify(actor, room_id, change, dry_run))

    async def delete_room(self, actor: Person | None, room_id: RoomId) -> Room | Refused:
        """Remove the room and its posts for good; the archive keeps its records. Gives what the room was."""
        return await self._changes.alone(actor, lambda: self._rooms.delete(actor, room_id))

    async def create_category(
        self, actor: Person | None, change: CategoryChange, parent: CategoryId | None = None
    ) -> Category | Refused:
        """A new category with the settings of `change` (a name is needed), below the root unless `parent` says else."""
        return await self._changes.alone(actor, lambda: self._categories.create(actor, change, parent))

    async def modify_category(
        self, actor: Person | None, category_id: CategoryId, change: CategoryChange
    ) -> Category | Refused:
        """Change settings and lists, or move it below another parent (HIERARCHY if that is below itself). Entries of
        lists in it and below that fall out of the scope are removed with it."""
        changed = await self.change_category(actor, category_id, change)
        return changed if isinstance(changed, Refused) else changed.now

    async def change_category(
        self, actor: Person | None, category_id: CategoryId, change: CategoryChange, *, dry_run: bool = False
    ) -> Changed[Category] | Refused:
        """As `modify_category`, telling who loses a place; `dry_run`: nothing is changed."""
        return await self._changes.alone(actor, lambda: self._categories.modify(actor, category_id, change, dry_run))

    async def delete_category(self, actor: Person | None, category_id: CategoryId) -> Category | Refused:
        """Remove a category that holds nothing any more."""
        return await self._changes.alone(actor, lambda: self._categories.delete(actor, category_id))

    async def settle(self) -> None:
        """Wait for what is under way."""
        await self._changes.settle()
