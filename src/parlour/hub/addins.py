"""Add-ins: web pages that administrators have registered, one of which may be shown beside a room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from parlour.hub.catalogue import Catalogue
from parlour.hub.changing import Changes, kept, name_of
from parlour.hub.enforcing import Enforcing
from parlour.hub.gate import Gate
from parlour.hub.refusals import NO_ADDIN, NOT_ADMIN, NOT_KEPT
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
        limits: Limits,
        clock_us: Callable[[], int],
        new_guid: Callable[[], str],
    ) -> None:
        self._catalogue = catalogue
        self._gate = gate
        self._store = store
        self._changes = changes
        self._enforcing = enforcing
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
        return addin if isinstance(addin, Refused) else await self._put(addin)

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
        put = addin if isinstance(addin, Refused) else await self._put(addin)
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
            return Refused(Refusal.ADDIN_IN_USE, f"{len(rooms)} rooms show this add-in")
        for room in rooms:
            if not await self._take_away(room, name_of(actor)):
                return NOT_KEPT
        if not await kept(self._store.delete_addin(addin_id)):
            return NOT_KEPT
        del self._catalogue.addins[addin_id]
        return addin

    async def _take_away(self, room: Room, by: str) -> bool:
        new = replace(room, addin=None, audit=edited(room.audit, by, self._clock_us()))
        if not await kept(self._store.save_room(new)):
            return False
        self._catalogue.put_room(new)
        self._enforcing.room_changed(new, room)
        return True

    async def _put(self, addin: AddIn) -> AddIn | Refused:
        holder = self.find(addin.name)
        if holder is not None and holder.id != addin.id and fold_name(holder.name) == fold_name(addin.name):
            return _TAKEN
        if not await kept(self._store.save_addin(addin)):
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
