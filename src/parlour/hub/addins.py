"""Add-ins: web pages that administrators have registered, one of which may be shown beside a room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from parlour.hub.auditing import Auditing
from parlour.hub.catalogue import Catalogue
from parlour.hub.changing import Changes, kept, name_of
from parlour.hub.enforcing import Enforcing
from parlour.hub.gate import Gate
from parlour.hub.refusals import NO_ADDIN, NOT_ADMIN, NOT_KEPT
from parlour.rooms.audit import NAMED, AuditRecord, differences
from parlour.rooms.editing import check_addin, edited
from parlour.rooms.model import AddIn, AddInId, Limits, Person, Room
from parlour.rooms.names import fold_name
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import RoomStore

__all__ = ["AddIns"]

_TAKEN = Refused(Refusal.DUPLICATE_ADDIN, "an add-in has this name")


class AddIns:
    def __init__(
        self,
        catalogue: Catalogue,
        gate: Gate,
        store: RoomStore,
        changes: Changes,
        enforcing: Enforcing,
        auditing: Auditing,
        limits: Limits,
        clock_us: Callable[[], int],
        new_guid: Callable[[], str],
    ) -> None:
        self._catalogue = catalogue
        self._gate = gate
        self._store = store
        self._changes = changes
        self._enforcing = enforcing
        self._auditing = auditing
        self._limits = limits
        self._clock_us = clock_us
        self._new_guid = new_guid

    def all(self) -> tuple[AddIn, ...]:
        """All registered add-ins, by name. They are no secret."""
        return tuple(sorted(self._catalogue.addins.values(), key=lambda addin: fold_name(addin.name)))

    def find(self, text: str) -> AddIn | None:
        """An add-in by its id or its name, ignoring case."""
        known = self._catalogue.addins.get(AddInId(text.strip().lower()))
        folded = fold_name(text)
        return known or next((addin for addin in self.all() if fold_name(addin.name) == folded), None)

    async def create(self, actor: Person | None, name: str, url: str) -> AddIn | Refused:
        """Register a page. DUPLICATE_ADDIN if the name is taken."""
        return await self._changes.alone(actor, lambda: self._create(actor, name, url))

    async def _create(self, actor: Person | None, name: str, url: str) -> AddIn | Refused:
        if not self._may(actor):
            return NOT_ADMIN
        addin = check_addin(AddInId(self._new_guid()), name, url, self._limits)
        return addin if isinstance(addin, Refused) else await self._put(actor, addin)

    async def modify(
        self, actor: Person | None, addin_id: AddInId, name: str | None = None, url: str | None = None
    ) -> AddIn | Refused:
        """Another name or address; who is in a room that shows it hears RoomChanged."""
        return await self._changes.alone(actor, lambda: self._modify(actor, addin_id, name, url))

    async def _modify(
        self, actor: Person | None, addin_id: AddInId, name: str | None, url: str | None
    ) -> AddIn | Refused:
        old = self._known(actor, addin_id)
        if isinstance(old, Refused):
            return old
        addin = check_addin(old.id, old.name if name is None else name, old.url if url is None else url, self._limits)
        put = addin if isinstance(addin, Refused) else await self._put(actor, addin)
        if not isinstance(put, Refused):
            for room in self._rooms_with(put.id):
                self._enforcing.room_changed(room, room)
        return put

    async def delete(self, actor: Person | None, addin_id: AddInId, force: bool = False) -> AddIn | Refused:
        """Forget a page. ADDIN_IN_USE while rooms show it, unless `force`: then they lose it."""
        return await self._changes.alone(actor, lambda: self._delete(actor, addin_id, force))

    async def _delete(self, actor: Person | None, addin_id: AddInId, force: bool) -> AddIn | Refused:
        addin = self._known(actor, addin_id)
        if isinstance(addin, Refused):
            return addin
        rooms = self._rooms_with(addin_id)
        if rooms and not force:
            if len(rooms) == 1:
                return Refused(Refusal.ADDIN_IN_USE, "one room shows this add-in")
            return Refused(Refusal.ADDIN_IN_USE, f"{len(rooms)} rooms show this add-in")
        without = [
            replace(room, addin=None, audit=edited(room.audit, name_of(actor), self._clock_us())) for room in rooms
        ]
        record = self._record(actor, "addin.delete", addin, None, rooms)
        if not await kept(self._store.delete_addin(addin_id, without, record)):
            return NOT_KEPT
        for new, room in zip(without, rooms, strict=True):
            self._catalogue.put_room(new)
            self._enforcing.room_changed(new, room)
        del self._catalogue.addins[addin_id]
        return addin

    def _record(
        self, actor: Person | None, command: str, before: AddIn | None, after: AddIn | None, rooms: Sequence[Room] = ()
    ) -> AuditRecord:
        addin = before or after
        assert addin is not None
        fields = differences(before, after, ("name", "url"))
        if rooms:
            fields["rooms"] = {"count": len(rooms), "some": [room.name for room in rooms[:NAMED]]}
        return self._auditing.record(actor, command, "addin", addin.id, addin.name, fields)

    async def _put(self, actor: Person | None, addin: AddIn) -> AddIn | Refused:
        holder = self.find(addin.name)
        if holder is not None and holder.id != addin.id and fold_name(holder.name) == fold_name(addin.name):
            return _TAKEN
        before = self._catalogue.addins.get(addin.id)
        record = self._record(actor, "addin.modify" if before is not None else "addin.create", before, addin)
        if not await kept(self._store.save_addin(addin, record)):
            return NOT_KEPT
        self._catalogue.addins[addin.id] = addin
        return addin

    def _known(self, actor: Person | None, addin_id: AddInId) -> AddIn | Refused:
        if not self._may(actor):
            return NOT_ADMIN
        return self._catalogue.addins.get(addin_id, NO_ADDIN)

    def _may(self, actor: Person | None) -> bool:
        return actor is None or self._gate.administers(actor)

    def _rooms_with(self, addin_id: AddInId) -> list[Room]:
        return [room for room in self._catalogue.rooms.values() if room.addin == addin_id]
