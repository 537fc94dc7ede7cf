"""Rooms, categories and add-ins, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from parlour.rooms.audit import AuditRecord
from parlour.rooms.model import AddIn, AddInId, Category, CategoryId, Room, RoomId
from parlour.rooms.names import fold_name
from parlour.store.api import StoreConflict
from parlour.store.memory.switch import Switch

__all__ = ["MemoryRooms"]


class MemoryRooms:
    """Rooms and categories by their GUID, and who holds which name. `forget` drops the posts of a room, `audit` keeps
    the record of a change."""

    def __init__(
        self, switch: Switch, forget: Callable[[RoomId], None], audit: Callable[[AuditRecord | None], None]
    ) -> None:
        self._audit = audit
        self._switch = switch
        self._forget = forget
        self.rooms: dict[RoomId, Room] = {}
        self._categories: dict[CategoryId, Category] = {}
        self._names: dict[str, str] = {}
        self._addins: dict[AddInId, AddIn] = {}

    async def load(self) -> tuple[Sequence[Category], Sequence[Room]]:
        """See `RoomStore.load`."""
        return list(self._categories.values()), list(self.rooms.values())

    async def addins(self) -> Sequence[AddIn]:
        """See `RoomStore.addins`."""
        return sorted(self._addins.values(), key=lambda addin: fold_name(addin.name))

    async def save_addin(self, addin: AddIn, record: AuditRecord | None = None) -> None:
        """See `RoomStore.save_addin`."""
        self._switch.check()
        folded = fold_name(addin.name)
        if any(fold_name(other.name) == folded and other.id != addin.id for other in self._addins.values()):
            raise StoreConflict(f"the name {addin.name!r} is taken")
        self._addins[addin.id] = addin
        self._audit(record)

    async def delete_addin(self, addin: AddInId, rooms: Sequence[Room] = (), record: AuditRecord | None = None) -> None:
        """See `RoomStore.delete_addin`."""
        self._switch.check()
        await self.save_all((), rooms, record)
        self._addins.pop(addin, None)

    async def save_category(self, category: Category, record: AuditRecord | None = None) -> None:
        """See `RoomStore.save_category`."""
        self._switch.check()
        if category.parent is not None and category.parent not in {*self._categories, category.id}:
            raise StoreConflict(f"no such category: {category.parent}")
        self._take_name(category.name, category.id)
        self._categories[category.id] = category
        self._audit(record)

    async def save_room(self, room: Room, record: AuditRecord | None = None) -> None:
        """See `RoomStore.save_room`."""
        self._switch.check()
        if room.category not in self._categories:
            raise StoreConflict(f"no such category: {room.category}")
        self._take_name(room.name, room.id)
        self.rooms[room.id] = room
        self._audit(record)

    async def save_all(
        self, categories: Iterable[Category], rooms: Iterable[Room], record: AuditRecord | None = None
    ) -> None:
        """See `RoomStore.save_all`."""
        self._switch.check()
        before = dict(self._categories), dict(self.rooms), self._names
        try:
            for category in categories:
                await self.save_category(category)
            for room in rooms:
                await self.save_room(room)
        except StoreConflict:
            self._categories, self.rooms, self._names = before
            raise
        self._audit(record)

    async def delete_category(self, category: CategoryId, record: AuditRecord | None = None) -> None:
        """See `RoomStore.delete_category`."""
        self._switch.check()
        if any(room.category == category for room in self.rooms.values()):
            raise StoreConflict(f"category {category} still holds rooms")
        if any(child.parent == category for child in self._categories.values()):
            raise StoreConflict(f"category {category} still holds categories")
        self._categories.pop(category, None)
        self._drop_name(category)
        self._audit(record)

    async def delete_room(self, room: RoomId, record: AuditRecord | None = None) -> None:
        """See `RoomStore.delete_room`."""
        self._switch.check()
        self.rooms.pop(room, None)
        self._forget(room)
        self._drop_name(room)
        self._audit(record)

    def _take_name(self, name: str, owner: str) -> None:
        folded = fold_name(name)
        if self._names.get(folded, owner) != owner:
            raise StoreConflict(f"the name {name!r} is taken")
        self._drop_name(owner)
        self._names[folded] = owner

    def _drop_name(self, owner: str) -> None:
        self._names = {name: holder for name, holder in self._names.items() if holder != owner}
