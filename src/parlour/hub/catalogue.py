"""All rooms and categories in memory, with the indexes that every question needs. Holds what the store holds; who may
know of it is decided elsewhere."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set

from parlour.rooms.model import AddIn, AddInId, Category, CategoryId, Role, Room, RoomId
from parlour.rooms.names import fold_name, look_of
from parlour.rooms.switches import Switches, switches_of

__all__ = ["BrokenCatalogue", "Catalogue"]

_LISTS = {Role.MEMBER: "members", Role.MANAGER: "managers", Role.PRESENTER: "presenters"}


class BrokenCatalogue(Exception):
    """The stored rooms and categories do not form a tree."""


class Catalogue:
    def __init__(self) -> None:
        self.rooms: dict[RoomId, Room] = {}
        self.categories: dict[CategoryId, Category] = {}
        self.addins: dict[AddInId, AddIn] = {}
        self._names: dict[str, str] = {}
        self._folded: dict[str, str] = {}
        self._veiled: defaultdict[str, set[str]] = defaultdict(set)
        self._sorted_rooms: list[tuple[str, RoomId]] = []
        self._rooms_in: defaultdict[CategoryId, set[RoomId]] = defaultdict(set)
        # By list of a room, then by name in it.
        self._listing: dict[str, defaultdict[str, set[RoomId]]] = {
            field: defaultdict(set) for field in ("members", "managers", "presenters", "invited")
        }
        self._chains: dict[CategoryId, tuple[Category, ...]] = {}
        self._switches: dict[CategoryId, Switches] = {}

    def load(self, categories: Iterable[Category], rooms: Iterable[Room]) -> None:
        """Raises `BrokenCatalogue` unless every parent exists and every chain ends at the one root."""
        for category in categories:
            self.put_category(category)
        for category_id in self.categories:
            self.chain(category_id)
        if sum(category.parent is None for category in self.categories.values()) > 1:
            raise BrokenCatalogue("more than one root category")
        for room in rooms:
            if room.category not in self.categories:
                raise BrokenCatalogue(f"room {room.id} is in no known category")
            self.put_room(room)

    # --- categories

    @property
    def root(self) -> Category | None:
        return next((category for category in self.categories.values() if category.parent is None), None)

    def put_category(self, category: Category) -> None:
        self._name(category.id, category.name)
        self.categories[category.id] = category
        self._tree_changed()

    def drop_category(self, category_id: CategoryId) -> None:
        del self.categories[category_id]
        self._unname(category_id)
        self._tree_changed()

    def _tree_changed(self) -> None:
        self._chains.clear()
        self._switches.clear()

    def chain(self, category_id: CategoryId) -> tuple[Category, ...]:
        """The category and its ancestors up to the root."""
        chain = self._chains.get(category_id)
        if chain is None:
            chain = self._chains[category_id] = tuple(self._climb(category_id))
        return chain

    def switches(self, category_id: CategoryId) -> Switches:
        """What holds for the rooms of the category, whether it says so or one above it."""
        switches = self._switches.get(category_id)
        if switches is None:
            switches = self._switches[category_id] = switches_of(self.chain(category_id))
        return switches

    def _climb(self, category_id: CategoryId) -> Iterator[Category]:
        seen: set[CategoryId] = set()
        step: CategoryId | None = category_id
        while step is not None:
            if step in seen or step not in self.categories:
                raise BrokenCatalogue(f"category {category_id} has no way up to the root")
            seen.add(step)
            yield self.categories[step]
            step = self.categories[step].parent

    def below(self, category_id: CategoryId) -> list[CategoryId]:
        """The category itself and all categories under it."""
        top = self.categories[category_id]
        return [other for other in self.categories if top in self.chain(other)]

    def children(self, category_id: CategoryId) -> list[Category]:
        return [category for category in self.categories.values() if category.parent == category_id]

    def denying(self, names: Set[str]) -> list[Category]:
        """The categories that deny any of the names, by name."""
        found = [category for category in self.categories.values() if not names.isdisjoint(category.denied)]
        return sorted(found, key=lambda category: self._folded[category.id])

    # --- rooms

    def put_room(self, room: Room) -> None:
        old = self.rooms.get(room.id)
        if old is not None:
            self._displace(old)
        folded = self._name(room.id, room.name)
        self.rooms[room.id] = room
        insort(self._sorted_rooms, (folded, room.id))
        self._rooms_in[room.category].add(room.id)
        self._relist(room.id, old, room)

    def drop_room(self, room_id: RoomId) -> None:
        room = self.rooms.pop(room_id)
        self._displace(room)
        self._relist(room_id, room, None)
        self._unname(room_id)

    def _displace(self, room: Room) -> None:
        del self._sorted_rooms[bisect_left(self._sorted_rooms, (self._folded[room.id], room.id))]
        self._rooms_in[room.category].discard(room.id)

    def _relist(self, room_id: RoomId, old: Room | None, new: Room | None) -> None:
        """Only what is new in the lists: they may have thousands of names."""
        for field, index in self._listing.items():
            before: frozenset[str] = getattr(old, field, frozenset())
            after: frozenset[str] = getattr(new, field, frozenset())
            for name in after - before:
                index[name].add(room_id)
            for name in before - after:
                index[name].discard(room_id)
                if not index[name]:
                    del index[name]

    def rooms_in(self, category_id: CategoryId) -> Set[RoomId]:
        """Rooms directly in the category."""
        return self._rooms_in.get(category_id, frozenset())

    def rooms_listing(self, role: Role, names: Iterable[str]) -> set[RoomId]:
        """Rooms that have any of the names in their list of `role` (of a room)."""
        found: set[RoomId] = set()
        for name in names:
            found |= self._listing[_LISTS[role]].get(name, frozenset())
        return found

    def rooms_inviting(self, names: Iterable[str]) -> set[RoomId]:
        """Rooms in which any of the names was made member while the room invited."""
        found: set[RoomId] = set()
        for name in names:
            found |= self._listing["invited"].get(name, frozenset())
        return found

    def by_name(self) -> Sequence[tuple[str, RoomId]]:
        """(folded name, id) of all rooms, sorted."""
        return self._sorted_rooms

    def folded_name(self, room_id: RoomId) -> str:
        return self._folded[room_id]

    # --- names, one space for both

    def find_named(self, name: str) -> str | None:
        """The id of the room or category of that name, or of one that looks the same."""
        return self._names.get(fold_name(name)) or self._find_alike(look_of(name))

    def _find_alike(self, look: str) -> str | None:
        return self._names.get(look) or min(self._veiled.get(look, ()), default=None)

    def find_room(self, text: str) -> Room | None:
        """A room by its id or its name."""
        return self.rooms.get(RoomId(text.lower())) or self.rooms.get(RoomId(self.find_named(text) or ""))

    def find_category(self, text: str) -> Category | None:
        """A category by its id or its name."""
        return self.categories.get(CategoryId(text.lower())) or self.categories.get(
            CategoryId(self.find_named(text) or "")
        )

    def _name(self, owner: str, name: str) -> str:
        self._unname(owner)
        folded = fold_name(name)
        if folded in self._names:
            raise BrokenCatalogue(f"two rooms or categories are named {name!r}")
        self._names[folded] = owner
        self._folded[owner] = folded
        if (look := look_of(folded)) != folded:
            self._veiled[look].add(owner)
        return folded

    def _unname(self, owner: str) -> None:
        folded = self._folded.pop(owner, None)
        if folded is not None:
            del self._names[folded]
            self._veiled.get(look_of(folded), set()).discard(owner)
