"""Making, changing and removing rooms and categories.

`actor` is who asks: a person with the rights the gate gives, or None for the local administrator at the console. One
change at a time: names are unique over rooms and categories, and a check must still hold when its change is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from parlour.hub.catalogue import Catalogue
from parlour.hub.enforcing import Enforcing
from parlour.hub.gate import Gate
from parlour.hub.people import People
from parlour.hub.tails import Tails
from parlour.rooms.decisions import no_such_room
from parlour.rooms.editing import (
    CategoryChange,
    ListEdit,
    Op,
    RoomChange,
    Standings,
    edit_category,
    edit_room,
    edited,
    purge_category,
    purge_room,
)
from parlour.rooms.model import (
    Audit,
    Category,
    CategoryId,
    Limits,
    Micros,
    Person,
    Role,
    Room,
    RoomId,
    Visibility,
)
from parlour.rooms.names import fold_name
from parlour.rooms.policy import Rights
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import RoomStore, StoreUnavailable

__all__ = ["CONSOLE", "Managing"]

CONSOLE = "urn:parlour:console"
"""The name under which the local administrator at the console acts, where a URI is wanted."""

T = TypeVar("T")

_NOT_KEPT = Refused(Refusal.UNAVAILABLE, "the store is not available; try again later")
_NOT_MANAGER = Refused(Refusal.NOT_PERMITTED, "only managers of the room may do this")
_NOT_ADMIN = Refused(Refusal.NOT_PERMITTED, "only administrators may do this")
_NOT_CREATOR = Refused(Refusal.NOT_PERMITTED, "you may not create rooms in this category")
_NO_CATEGORY = Refused(Refusal.NO_SUCH_CATEGORY, "there is no such category")
_ROOT = Refused(Refusal.HIERARCHY, "the root category holds no rooms and cannot be changed")
_TAKEN = Refused(Refusal.DUPLICATE_NAME, "a room or category has this name")


class Managing:
    def __init__(
        self,
        catalogue: Catalogue,
        people: People,
        gate: Gate,
        store: RoomStore,
        enforcing: Enforcing,
        tails: Tails,
        limits: Limits,
        clock_us: Callable[[], int],
        new_guid: Callable[[], str],
    ) -> None:
        self._catalogue = catalogue
        self._people = people
        self._gate = gate
        self._store = store
        self._enforcing = enforcing
        self._tails = tails
        self._limits = limits
        self._clock_us = clock_us
        self._new_guid = new_guid
        self._turn = asyncio.Lock()
        self._acts: set[asyncio.Task[Any]] = set()

    # --- rooms

    async def create_room(self, actor: Person | None, category: CategoryId, change: RoomChange) -> Room | Refused:
        """A new room with the settings of `change` (a name is needed). Its creator becomes manager, and member unless
        the room is open; the console becomes neither."""
        return await self._alone(self._create_room(actor, category, change))

    async def _create_room(self, actor: Person | None, category: CategoryId, change: RoomChange) -> Room | Refused:
        refused = self._may_create(actor, category)
        if refused is not None:
            return refused
        change = _with_creator(replace(change, category=None, expected=None), actor)
        now, by = Micros(self._clock_us()), _uri(actor)
        blank = Room(RoomId(self._new_guid()), "", category, Audit(by, now, by, now))
        room = self._edited_room(blank, replace(change, name=change.name or ""))
        return room if isinstance(room, Refused) else await self._put_room(room)

    async def modify_room(self, actor: Person | None, room_id: RoomId, change: RoomChange) -> Room | Refused:
        """Change settings, role lists, category (a move), or disable. Who loses a place by it is out at once."""
        return await self._alone(self._modify_room(actor, room_id, change))

    async def _modify_room(self, actor: Person | None, room_id: RoomId, change: RoomChange) -> Room | Refused:
        seen = self._look(actor, room_id)
        if isinstance(seen, Refused):
            return seen
        room, rights = seen
        refused = self._may_modify(actor, room, rights, change)
        if refused is not None:
            return refused
        new = self._edited_room(room, change)
        if isinstance(new, Refused):
            return new
        return await self._put_room(replace(new, audit=edited(room.audit, _uri(actor), self._clock_us())))

    async def delete_room(self, actor: Person | None, room_id: RoomId) -> Room | Refused:
        """Remove the room and its posts for good; the archive keeps its records. Gives what the room was."""
        return await self._alone(self._delete_room(actor, room_id))

    async def _delete_room(self, actor: Person | None, room_id: RoomId) -> Room | Refused:
        seen = self._look(actor, room_id)
        if isinstance(seen, Refused):
            return seen
        room, rights = seen
        if not rights.administer:
            return _NOT_ADMIN
        if not await self._kept(self._store.delete_room(room_id)):
            return _NOT_KEPT
        self._catalogue.drop_room(room_id)
        self._tails.forget(room_id)
        self._enforcing.room_deleted(room_id)
        return room

    def _may_create(self, actor: Person | None, category_id: CategoryId) -> Refused | None:
        category = self._catalogue.categories.get(category_id)
        if category is None:
            return _NO_CATEGORY
        if actor is not None:
            seen = self._gate.over(category_id, actor)
            if isinstance(seen, Refused):
                return seen
            if category.parent is not None and not seen[1].create:
                return _NOT_CREATOR
        return _ROOT if category.parent is None else None

    def _may_modify(self, actor: Person | None, room: Room, rights: Rights, change: RoomChange) -> Refused | None:
        if not rights.manage:
            return _NOT_MANAGER
        if change.disabled is False and room.disabled and not rights.administer:
            return Refused(Refusal.NOT_PERMITTED, "only administrators may enable a room")
        if change.category is not None and change.category != room.category:
            return self._may_create(actor, change.category)
        return None

    def _look(self, actor: Person | None, room_id: RoomId) -> tuple[Room, Rights] | Refused:
        if actor is not None:
            return self._gate.look(room_id, actor)
        room = self._catalogue.rooms.get(room_id)
        return (room, Rights(see=True, manage=True, administer=True)) if room is not None else no_such_room()

    def _edited_room(self, room: Room, change: RoomChange) -> Room | Refused:
        unknown = self._unknown(change.lists)
        if unknown is not None:
            return unknown
        chain = self._catalogue.chain(change.category or room.category)
        new = edit_room(room, change, self._standings(chain), self._limits)
        return new if isinstance(new, Refused) or self._is_free(new.name, new.id) else _TAKEN

    async def _put_room(self, room: Room) -> Room | Refused:
        if not await self._kept(self._store.save_room(room)):
            return _NOT_KEPT
        self._catalogue.put_room(room)
        self._enforcing.room_changed(room)
        return room

    # --- categories

    async def create_category(
        self, actor: Person | None, change: CategoryChange, parent: CategoryId | None = None
    ) -> Category | Refused:
        """A new category with the settings of `change` (a name is needed), below the root unless `parent` says else."""
        return await self._alone(self._create_category(actor, change, parent))

    async def _create_category(
        self, actor: Person | None, change: CategoryChange, parent: CategoryId | None
    ) -> Category | Refused:
        if actor is not None and not self._gate.administers(actor):
            return _NOT_ADMIN
        root = self._catalogue.root
        above = parent or (root.id if root is not None else None)
        if above is None or above not in self._catalogue.categories:
            return _NO_CATEGORY
        now, by = Micros(self._clock_us()), _uri(actor)
        blank = Category(CategoryId(self._new_guid()), "", Audit(by, now, by, now), parent=above)
        change = replace(change, name=change.name or "", expected=None)
        category = self._edited_category(blank, change, (blank, *self._catalogue.chain(above)))
        return category if isinstance(category, Refused) else await self._put_category(category)

    async def modify_category(
        self, actor: Person | None, category_id: CategoryId, change: CategoryChange
    ) -> Category | Refused:
        """Change settings and lists. Role entries below that fall out of the scope are removed with it."""
        return await self._alone(self._modify_category(actor, category_id, change))

    async def _modify_category(
        self, actor: Person | None, category_id: CategoryId, change: CategoryChange
    ) -> Category | Refused:
        category = self._may_administer(actor, category_id)
        if isinstance(category, Refused):
            return category
        new = self._edited_category(category, change, self._catalogue.chain(category_id))
        if isinstance(new, Refused):
            return new
        kept = await self._put_category(replace(new, audit=edited(category.audit, _uri(actor), self._clock_us())))
        if not isinstance(kept, Refused):
            await self._purge_below(kept, _uri(actor))
            self._enforcing.category_changed(category_id)
        return kept

    async def delete_category(self, actor: Person | None, category_id: CategoryId) -> Category | Refused:
        """Remove a category that holds nothing any more."""
        return await self._alone(self._delete_category(actor, category_id))

    async def _delete_category(self, actor: Person | None, category_id: CategoryId) -> Category | Refused:
        category = self._may_administer(actor, category_id)
        if isinstance(category, Refused):
            return category
        if self._catalogue.rooms_in(category_id) or self._catalogue.children(category_id):
            return Refused(Refusal.NODE_NOT_EMPTY, "the category still holds rooms or categories")
        if not await self._kept(self._store.delete_category(category_id)):
            return _NOT_KEPT
        self._catalogue.drop_category(category_id)
        return category

    def _may_administer(self, actor: Person | None, category_id: CategoryId) -> Category | Refused:
        category = self._catalogue.categories.get(category_id)
        if category is None:
            return _NO_CATEGORY
        if actor is not None:
            seen = self._gate.over(category_id, actor)
            if isinstance(seen, Refused):
                return seen
            if not seen[1].administer:
                return _NOT_ADMIN
        return _ROOT if category.parent is None else category

    def _edited_category(
        self, category: Category, change: CategoryChange, chain: tuple[Category, ...]
    ) -> Category | Refused:
        unknown = self._unknown(change.lists)
        if unknown is not None:
            return unknown
        new = edit_category(category, change, self._limits)
        if isinstance(new, Refused):
            return new
        scope = self._gate.scope_of((new, *chain[1:]))
        new = purge_category(category, new, scope)
        return new if isinstance(new, Refused) or self._is_free(new.name, new.id) else _TAKEN

    async def _put_category(self, category: Category) -> Category | Refused:
        if not await self._kept(self._store.save_category(category)):
            return _NOT_KEPT
        self._catalogue.put_category(category)
        return category

    async def _purge_below(self, category: Category, by: str) -> None:
        """Stops quietly if the store fails: the narrower scope is in force whatever the lists still say."""
        for below in self._catalogue.below(category.id):
            standings = self._standings(self._catalogue.chain(below))
            for room in [self._catalogue.rooms[room_id] for room_id in self._catalogue.rooms_in(below)]:
                new = purge_room(room, standings)
                if new == room:
                    continue
                new = replace(new, audit=edited(room.audit, by, self._clock_us()))
                if not await self._kept(self._store.save_room(new)):
                    return
                self._catalogue.put_room(new)

    # --- both

    async def _alone(self, act: Coroutine[Any, Any, T]) -> T:
        """One act at a time, and finished even if whoever asked for it is gone: memory and store stay the same."""
        task = asyncio.create_task(self._in_turn(act))
        self._acts.add(task)
        task.add_done_callback(self._acts.discard)
        return await asyncio.shield(task)

    async def settle(self) -> None:
        """Wait for what is under way."""
        if self._acts:
            await asyncio.wait(set(self._acts))

    async def _in_turn(self, act: Coroutine[Any, Any, T]) -> T:
        async with self._turn:
            return await act

    def _standings(self, chain: tuple[Category, ...]) -> Standings:
        return Standings(self._gate.scope_of(chain), self._gate.names_for)

    def _unknown(self, lists: Iterable[ListEdit]) -> Refused | None:
        named = {uri for edit in lists if edit.op is not Op.DELETE for uri in edit.principals}
        unknown = sorted(uri for uri in named if self._people.find_principal(uri) is None)
        return Refused(Refusal.NO_SUCH_PRINCIPAL, f"unknown: {', '.join(unknown)}") if unknown else None

    def _is_free(self, name: str, owner: str) -> bool:
        return self._catalogue.find_named(fold_name(name)) in (None, owner)

    @staticmethod
    async def _kept(write: Awaitable[None]) -> bool:
        try:
            await write
        except StoreUnavailable:
            return False
        return True


def _uri(actor: Person | None) -> str:
    return actor.uri if actor is not None else CONSOLE


def _with_creator(change: RoomChange, actor: Person | None) -> RoomChange:
    """Role lists as sent, plus the creator as manager, and as member unless the room is open."""
    if actor is None:
        return change
    wanted = {edit.which: edit.principals for edit in change.lists}
    wanted[Role.MANAGER] = wanted.get(Role.MANAGER, frozenset()) | {actor.uri}
    if change.visibility is not Visibility.OPEN:
        wanted[Role.MEMBER] = wanted.get(Role.MEMBER, frozenset()) | {actor.uri}
    return replace(change, lists=tuple(ListEdit(which, Op.SET, uris) for which, uris in wanted.items()))
