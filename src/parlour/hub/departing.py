"""People and groups that are removed, and what is left of them: places in lists, documents, invitations, tokens.

An address may be given to somebody else one day, and a list knows nothing but addresses: so whatever gives a right is
taken away with the person. Accounts and rooms are in two files. The accounts are written first, and note there who is
departed; what is kept in the store goes in one transaction then, and the note after it. If the server dies in between,
the next start goes on where it was (docs/decisions/0010-departures.md). What they wrote stays, and so does a denial.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from shlex import quote

from parlour.hub.accounts import Accounts, AccountsUnwritten, ChatSetting
from parlour.hub.auditing import Auditing
from parlour.hub.catalogue import Catalogue
from parlour.hub.changing import Changes, Checks, kept, name_of
from parlour.hub.enforcing import Enforcing
from parlour.hub.gate import Gate
from parlour.hub.people import People
from parlour.hub.slices import breathe
from parlour.rooms.audit import NAMED, AuditRecord
from parlour.rooms.editing import category_without, edited, room_without
from parlour.rooms.model import Category, Person, Principal, Role, Room
from parlour.rooms.names import fold_name
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import Store

__all__ = ["Departing", "Traces"]

log = logging.getLogger(__name__)

SLICE = 64
"""Rooms that are changed in one turn of the loop."""

_ROLES = (Role.MEMBER, Role.MANAGER, Role.PRESENTER)


@dataclass(frozen=True, slots=True)
class Traces:
    """Where a person or group stands. `rooms` and `categories`: in a list that gives a right, by name; `denied_in`:
    where it is kept out by its own name."""

    uri: str
    rooms: tuple[Room, ...]
    categories: tuple[Category, ...]
    denied_in: tuple[Category, ...]

    @property
    def sole_manager_of(self) -> tuple[Room, ...]:
        return tuple(room for room in self.rooms if room.managers == {self.uri})

    @property
    def sole_creator_in(self) -> tuple[Category, ...]:
        return tuple(category for category in self.categories if category.creators == {self.uri})

    @property
    def sole_allowed_in(self) -> tuple[Category, ...]:
        """Categories whose rooms nobody may enter without it."""
        return tuple(category for category in self.categories if category.allowed == {self.uri})


class Departing:
    def __init__(
        self,
        catalogue: Catalogue,
        people: People,
        gate: Gate,
        checks: Checks,
        changes: Changes,
        store: Store,
        enforcing: Enforcing,
        auditing: Auditing,
        clock_us: Callable[[], int],
    ) -> None:
        self._catalogue = catalogue
        self._people = people
        self._gate = gate
        self._checks = checks
        self._changes = changes
        self._store = store
        self._enforcing = enforcing
        self._auditing = auditing
        self._clock_us = clock_us

    def traces(self, uri: str) -> Traces:
        """Where this one stands now, whether the directory knows it or not."""
        found = set().union(*(self._catalogue.rooms_listing(role, (uri,)) for role in _ROLES))
        rooms = sorted((self._catalogue.rooms[room] for room in found), key=_by_name)
        categories = sorted(self._catalogue.categories.values(), key=_by_name)
        return Traces(
            uri,
            tuple(rooms),
            tuple(category for category in categories if uri in category.allowed | category.creators),
            tuple(category for category in categories if uri in category.denied),
        )

    # --- people

    async def remove_person(self, actor: Person | None, accounts: Accounts, uri: str) -> Traces | Refused:
        """Remove a person and what belongs to them; gives where they stood. LAST_ADMIN: there would be none left.
        UNAVAILABLE: the person is removed, the rest follows when the store can write."""
        return await self._changes.alone(actor, lambda: self._remove_person(actor, accounts, uri))

    async def _remove_person(self, actor: Person | None, accounts: Accounts, uri: str) -> Traces | Refused:
        refused = self.needed_as_admin(uri)
        if refused is not None:
            return refused
        traces = self.traces(uri)
        await accounts.remove_user(uri)
        return await self._departed(actor, accounts, traces)

    def needed_as_admin(self, uri: str) -> Refused | None:
        """Whether this is the last person who may administer."""
        person = self._people.find_person(uri)
        if person is None or not self._gate.administers(person):
            return None
        if any(self._gate.administers(other) for other in self._people.people() if other.uri != person.uri):
            return None
        return Refused(Refusal.LAST_ADMIN, f"{person.display_name} is the last administrator")

    async def resign(self, actor: Person | None, accounts: Accounts, uri: str) -> Refused | None:
        """Somebody administers no longer. LAST_ADMIN as in `remove_person`."""
        return await self._changes.alone(actor, lambda: self._resign(accounts, uri))

    async def _resign(self, accounts: Accounts, uri: str) -> Refused | None:
        refused = self.needed_as_admin(uri)
        if refused is None:
            await accounts.set_admin(uri, False)
        return refused

    async def disable(self, actor: Person | None, accounts: Accounts, uri: str) -> Refused | None:
        """Somebody can sign in no longer. LAST_ADMIN as in `remove_person`."""
        return await self._changes.alone(actor, lambda: self._disable(accounts, uri))

    async def _disable(self, accounts: Accounts, uri: str) -> Refused | None:
        refused = self.needed_as_admin(uri)
        if refused is None:
            await accounts.set_enabled(uri, False)
        return refused

    async def make_way(self, actor: Person | None, accounts: Accounts, uri: str) -> Refused | None:
        """Before somebody new gets an address: nothing that an earlier one left behind is theirs."""
        return await self._changes.alone(actor, lambda: self._make_way(actor, accounts, uri))

    async def _make_way(self, actor: Person | None, accounts: Accounts, uri: str) -> Refused | None:
        if self._people.find_principal(uri) is not None:
            return None
        forgotten = await self._departed(actor, accounts, self.traces(uri))
        return forgotten if isinstance(forgotten, Refused) else None

    # --- groups

    async def remove_group(self, actor: Person | None, accounts: Accounts, group: Principal) -> Traces | Refused:
        """As `remove_person`. KEEPS_OUT while the group keeps anybody out of a category: its removal would let them
        in, and nobody would notice."""
        return await self._changes.alone(actor, lambda: self._remove_group(actor, accounts, group))

    async def _remove_group(self, actor: Person | None, accounts: Accounts, group: Principal) -> Traces | Refused:
        refused = self.keeps_out(accounts, group)
        if refused is not None:
            return refused
        traces = self.traces(group.uri)
        await accounts.remove_group(group.uri)
        return await self._departed(actor, accounts, traces)

    def keeps_out(self, accounts: Accounts, group: Principal) -> Refused | None:
        """Whether anybody is kept out of a category, or of group chat, by the group: by itself, or by one that its
        members are in through it."""
        outer = accounts.containers_of(group.uri) if accounts.size_of(group.uri) else ()
        return self._keeps_out(accounts, group) or next(
            (refused for each in outer if (refused := self._keeps_out_within(accounts, group, each))), None
        )

    def _keeps_out(self, accounts: Accounts, group: Principal) -> Refused | None:
        for category in self._catalogue.denying({group.uri}):
            return Refused(
                Refusal.KEEPS_OUT,
                f"{group.display_name} is kept out of the category {category.name}; let it in first, with"
                f" `parlour category deny remove {quote(category.name)} {quote(group.display_name)}`",
            )
        if accounts.chat_setting(group.uri) is ChatSetting.OFF:
            return Refused(
                Refusal.KEEPS_OUT,
                f"group chat is off for the people of {group.display_name}; let them in first, with"
                f" `parlour policy set inherit --group {quote(group.display_name)}`",
            )
        return None

    def _keeps_out_within(self, accounts: Accounts, group: Principal, outer: Principal) -> Refused | None:
        if not self._catalogue.denying({outer.uri}) and accounts.chat_setting(outer.uri) is not ChatSetting.OFF:
            return None
        return Refused(
            Refusal.KEEPS_OUT,
            f"{group.display_name} is in {outer.display_name}, whose people are kept out of a category or of group"
            f" chat; take the people out of it first, with `parlour group member remove`",
        )

    # --- both

    async def settle(self, accounts: Accounts) -> None:
        """Finish what was begun before the server died, or while the store could not write."""
        with self._auditing.by_the_server():
            for uri in accounts.departed():
                try:
                    await self.make_way(None, accounts, uri)
                except AccountsUnwritten as error:
                    # The next start tries again; until then, nobody new gets the address.
                    log.warning("the accounts cannot be written: %s", error)

    async def _departed(self, actor: Person | None, accounts: Accounts, traces: Traces) -> Traces | Refused:
        # The record of the account first.
        if not await self._auditing.carry_over(accounts) or not await self._forget(actor, traces):
            log.warning("the store cannot forget %s yet", traces.uri)
            return Refused(
                Refusal.UNAVAILABLE, "the store is not available; what is kept for this address is forgotten later"
            )
        await accounts.settle_departed(traces.uri)
        return traces

    async def _forget(self, actor: Person | None, traces: Traces) -> bool:
        """All of it in one transaction, then in memory."""
        by = name_of(actor)
        categories = [
            replace(category_without(each, traces.uri), audit=edited(each.audit, by, self._clock_us()))
            for each in traces.categories
        ]
        rooms = []
        for place, room in enumerate(traces.rooms, 1):
            rooms.append(self._without(room, traces.uri, by))
            await breathe(place, SLICE)
        record = self._record(actor, traces) if rooms or categories else None
        if not await kept(self._store.forget(traces.uri, categories, rooms, record)):
            return False
        for category in categories:
            self._catalogue.put_category(category)
        for place, (room, before) in enumerate(zip(rooms, traces.rooms, strict=True), 1):
            self._catalogue.put_room(room)
            self._enforcing.room_changed(room, before)
            await breathe(place, SLICE)
        return True

    def _record(self, actor: Person | None, traces: Traces) -> AuditRecord:
        """Of the places that were lost; that somebody was removed is recorded with the accounts."""
        fields = {
            kind: {"count": len(places), "some": [place.name for place in places[:NAMED]]}
            for kind, places in (("rooms", traces.rooms), ("categories", traces.categories))
            if places
        }
        kind = "group" if traces.uri.startswith("ma-grp:") else "user"
        return self._auditing.record(actor, f"{kind}.remove", kind, traces.uri, traces.uri, fields)

    def _without(self, room: Room, uri: str, by: str) -> Room:
        standings = self._checks.standings(self._catalogue.chain(room.category))
        return replace(room_without(room, uri, standings), audit=edited(room.audit, by, self._clock_us()))


def _by_name(each: Room | Category) -> str:
    return fold_name(each.name)
