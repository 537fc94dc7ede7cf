"""Making, changing, moving and deleting rooms: what `Managing` does when it is a change's turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from parlour.hub.auditing import Auditing, name_ids
from parlour.hub.catalogue import Catalogue
from parlour.hub.changing import Checks, kept, name_of
from parlour.hub.enforcing import Enforcing
from parlour.hub.gate import Gate
from parlour.hub.losses import Changed, Losses
from parlour.hub.refusals import NO_ADDIN, NO_CATEGORY, NOT_ADMIN, NOT_KEPT
from parlour.hub.tails import Tails
from parlour.rooms.audit import AuditRecord, differences
from parlour.rooms.decisions import no_such_room
from parlour.rooms.editing import ListEdit, Op, RoomChange, edit_room, edited
from parlour.rooms.model import Audit, CategoryId, Limits, Micros, Person, Role, Room, RoomId, Visibility
from parlour.rooms.policy import Rights
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import RoomStore

__all__ = ["RoomChanges"]

_NOT_MANAGER = Refused(Refusal.NOT_PERMITTED, "only managers of the room may do this")
_NOT_CREATOR = Refused(Refusal.CANNOT_CREATE, "you may not create rooms in this category")
_FIELDS = (
    "name",
    "description",
    "topic",
    "category",
    "visibility",
    "behavior",
    "disabled",
    "invite",
    "addin",
    "members",
    "managers",
    "presenters",
)
_UNDER_ROOT = Refused(Refusal.HIERARCHY, "the root category holds no rooms")


class RoomChanges:
    def __init__(
        self,
        catalogue: Catalogue,
        gate: Gate,
        checks: Checks,
        store: RoomStore,
        enforcing: Enforcing,
        tails: Tails,
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
        self._tails = tails
        self._auditing = auditing
        self._limits = limits
        self._clock_us = clock_us
        self._new_guid = new_guid

    async def create(self, actor: Person | None, category: CategoryId, change: RoomChange) -> Room | Refused:
        refused = self._may_create(actor, category)
        if refused is not None:
            return refused
        change = _with_creator(replace(change, category=None, expected=None), actor)
        now, by = Micros(self._clock_us()), name_of(actor)
        blank = Room(RoomId(self._new_guid()), "", category, Audit(by, now, by, now))
        room = await self._edited(blank, replace(change, name=change.name or ""))
        if isinstance(room, Refused):
            return room
        taken = self._checks.taken(room.name, room.id)
        if taken is not None:
            return self._made_already(room) or taken
        return await self._put(room, self._record(actor, "room.create", None, room))

    async def modify(
        self, actor: Person | None, room_id: RoomId, change: RoomChange, dry_run: bool = False
    ) -> Changed[Room] | Refused:
        seen = self._look(actor, room_id)
        if isinstance(seen, Refused):
            return seen
        room, rights = seen
        refused = self._may_modify(actor, room, rights, change)
        if refused is not None:
            return refused
        new = await self._edited(room, change)
        if isinstance(new, Refused):
            so_already = new.reason is Refusal.DATA_COLLISION and await self._is_so_already(room, change)
            return Changed(room) if so_already else new
        taken = self._checks.taken(new.name, new.id)
        if taken is not None:
            return taken
        losses = Losses()
        losses.add(room, new)
        if dry_run:
            return Changed(new, losses)
        new = replace(new, audit=edited(room.audit, name_of(actor), self._clock_us()))
        put = await self._put(new, self._record(actor, "room.modify", room, new))
        return put if isinstance(put, Refused) else Changed(put, losses)

    async def delete(self, actor: Person | None, room_id: RoomId) -> Room | Refused:
        seen = self._look(actor, room_id)
        if isinstance(seen, Refused):
            return seen
        room, rights = seen
        if not rights.administer:
            return NOT_ADMIN
        if not await kept(self._store.delete_room(room_id, self._record(actor, "room.delete", room, None))):
            return NOT_KEPT
        self._catalogue.drop_room(room_id)
        self._tails.forget(room_id)
        self._enforcing.room_deleted(room_id)
        return room

    def _may_create(self, actor: Person | None, category_id: CategoryId) -> Refused | None:
        category = self._catalogue.categories.get(category_id)
        if category is None:
            return NO_CATEGORY
        if actor is not None:
            seen = self._gate.over(category_id, actor)
            if isinstance(seen, Refused):
                return seen
            if category.parent is not None and not seen[1].create:
                return _NOT_CREATOR
        return _UNDER_ROOT if category.parent is None else None

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

    async def _edited(self, room: Room, change: RoomChange) -> Room | Refused:
        unknown = await self._checks.unknown(change.lists)
        if unknown is not None:
            return unknown
        if change.addin and change.addin not in self._catalogue.addins:
            return NO_ADDIN
        chain = self._catalogue.chain(change.category or room.category)
        if change.category in (None, room.category):
            standings = await self._checks.standings_for(chain, change.lists)
        else:
            standings = await self._checks.standings_of(chain, room.members | room.managers | room.presenters)
        return edit_room(room, change, standings, self._limits)

    async def _is_so_already(self, room: Room, change: RoomChange) -> bool:
        """Nothing of somebody else's is undone by a change that changes nothing; it may have been sent twice."""
        return await self._edited(room, replace(change, expected=None)) == room

    def _made_already(self, new: Room) -> Room | None:
        old = self._catalogue.rooms.get(RoomId(self._catalogue.find_named(new.name) or ""))
        if old is None or not self._checks.made_already(old.audit, new.audit):
            return None
        return old if replace(new, id=old.id, audit=old.audit) == old else None

    def _record(self, actor: Person | None, command: str, before: Room | None, after: Room | None) -> AuditRecord:
        room = before or after
        assert room is not None
        fields = differences(before, after, _FIELDS)
        name_ids(fields, "category", before, after, self._catalogue.categories)
        name_ids(fields, "addin", before, after, self._catalogue.addins)
        return self._auditing.record(actor, command, "room", room.id, room.name, fields)

    async def _put(self, room: Room, record: AuditRecord) -> Room | Refused:
        if not await kept(self._store.save_room(room, record)):
            return NOT_KEPT
        before = self._catalogue.rooms.get(room.id)
        self._catalogue.put_room(room)
        self._enforcing.room_changed(room, before)
        return room


def _with_creator(change: RoomChange, actor: Person | None) -> RoomChange:
    """Role lists as sent, plus the creator as manager, and as member unless the room is open."""
    if actor is None:
        return change
    wanted = {edit.which: edit.principals for edit in change.lists}
    wanted[Role.MANAGER] = wanted.get(Role.MANAGER, frozenset()) | {actor.uri}
    if change.visibility is not Visibility.OPEN:
        wanted[Role.MEMBER] = wanted.get(Role.MEMBER, frozenset()) | {actor.uri}
    return replace(change, lists=tuple(ListEdit(which, Op.SET, uris) for which, uris in wanted.items()))
