"""What all changes of rooms, categories and add-ins share: one at a time, checked before, and kept before told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import replace
from heapq import nsmallest
from typing import Any, TypeVar

from parlour.hub.catalogue import Catalogue
from parlour.hub.gate import Gate
from parlour.hub.people import People
from parlour.hub.slices import slices
from parlour.hub.turns import FairTurns
from parlour.rooms.editing import ListEdit, Op, Standings
from parlour.rooms.model import Audit, Category, Person
from parlour.rooms.names import fold_name
from parlour.rooms.refusals import Refusal, Refused
from parlour.rooms.switches import switches_of
from parlour.store.api import StoreUnavailable

__all__ = ["CONSOLE", "Changes", "Checks", "kept", "name_of"]

CONSOLE = "urn:parlour:console"
"""The name under which the local administrator at the console acts, where a URI is wanted."""

_NAMED = 10
"""Unknown names that a refusal repeats."""

SENT_AGAIN_US = 10 * 60 * 1_000_000
"""How long after a server's end a command of its time may come again."""

T = TypeVar("T")


def name_of(actor: Person | None) -> str:
    """The URI of who acts; None is the console."""
    return actor.uri if actor is not None else CONSOLE


async def kept(write: Awaitable[object]) -> bool:
    """Whether the store could keep it."""
    try:
        await write
    except StoreUnavailable:
        return False
    return True


class Changes:
    """One change at a time, so that a check still holds when its change is written; people take turns."""

    def __init__(self, per_person: int = 256, in_all: int = 4096) -> None:
        self._turns = FairTurns(1, per_person=per_person, in_all=in_all)
        self._acts: set[asyncio.Task[Any]] = set()

    async def alone(self, actor: Person | None, act: Callable[[], Coroutine[Any, Any, T]]) -> T | Refused:
        """Do `act` when nothing else changes, and to its end even if whoever asked for it is gone meanwhile: memory and
        store stay the same. BUSY when too many changes wait."""
        task = asyncio.create_task(self._turns.run(name_of(actor), act))
        self._acts.add(task)
        task.add_done_callback(self._acts.discard)
        return await asyncio.shield(task)

    async def settle(self) -> None:
        """Wait for what is under way."""
        while self._acts:
            await asyncio.wait(set(self._acts))


class Checks:
    """What a change of settings or lists is held against."""

    def __init__(self, catalogue: Catalogue, people: People, gate: Gate, started_at: int) -> None:
        """`started_at`: when this server started, microseconds since 1970."""
        self._catalogue = catalogue
        self._people = people
        self._gate = gate
        self._started_at = started_at

    async def unknown(self, lists: Iterable[ListEdit]) -> Refused | None:
        """Names that are put into lists have to be known to the directory; whoever is gone from it can be taken out."""
        unknown: list[str] = []
        async for some in slices(_put_in(lists)):
            unknown += [uri for uri in some if self._people.find_principal(uri) is None]
        if not unknown:
            return None
        first = ", ".join(nsmallest(_NAMED, unknown))
        if len(unknown) > _NAMED:
            return Refused(Refusal.NO_SUCH_PRINCIPAL, f"{len(unknown)} of the names are unknown; the first are {first}")
        return Refused(Refusal.NO_SUCH_PRINCIPAL, f"unknown: {first}")

    def taken(self, name: str, owner: str) -> Refused | None:
        """Rooms and categories share one space of names."""
        if self._catalogue.find_named(fold_name(name)) in (None, owner):
            return None
        return Refused(Refusal.DUPLICATE_NAME, "a room or category has this name")

    def made_already(self, old: Audit, new: Audit) -> bool:
        """Whether a room or category that is to be made may be one that is there, made by the same person shortly
        before this server started, and not changed since: if it is the same in everything else, the command came again
        because its answer was lost with the server (docs/decisions/0009-commands-sent-again.md). While one server runs,
        commands are known by their numbers, and a name that is taken is refused."""
        return (
            old.created_by == new.created_by != CONSOLE
            and old.updated_at == old.created_at < self._started_at
            and new.created_at - old.created_at <= SENT_AGAIN_US
        )

    def standings(self, chain: tuple[Category, ...]) -> Standings:
        """What role lists of rooms in `chain[0]` are held against."""
        return Standings(self._gate.scope_of(chain), self._gate.names_for, switches_of(chain).invite)

    async def standings_of(self, chain: tuple[Category, ...], uris: Iterable[str]) -> Standings:
        """As `standings`, where whoever is named in a list that may be long has been judged beforehand."""
        made = self.standings(chain)
        known: dict[str, bool] = {}
        async for some in slices(uris):
            known |= {uri: made.in_scope(uri) for uri in some}
        return replace(made, in_scope=lambda uri: known[uri] if uri in known else made.in_scope(uri))

    async def standings_for(self, chain: tuple[Category, ...], lists: Iterable[ListEdit]) -> Standings:
        """As `standings_of`, for those whom a change puts into lists."""
        return await self.standings_of(chain, _put_in(lists))


def _put_in(lists: Iterable[ListEdit]) -> frozenset[str]:
    return frozenset(uri for edit in lists if edit.op is not Op.DELETE for uri in edit.principals)
