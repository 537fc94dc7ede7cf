"""A hub with everything that administrative commands act on: a store in memory, real accounts, the registry."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parlour.directory.local import LocalDirectory, PasswordCost
from parlour.hub.commands import Commands, Context, Serving
from parlour.hub.endpoint_book import EndpointBook
from parlour.hub.hub import Hub
from parlour.hub.presence import Visit
from parlour.rooms.model import Limits, Person
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.memory import MemoryStore
from tests.hub.fakes import DOMAIN, Ears, key, uri

__all__ = ["Office", "opened_office", "reason"]

CHEAP = PasswordCost(time_cost=1, memory_kib=8, parallelism=1)
NOON = 1_800_000_000_000_000
"""2027-01-15T08:00:00Z, in microseconds; each look at the clock is a second later."""


@dataclass
class Office:
    store: MemoryStore
    directory: LocalDirectory
    hub: Hub
    endpoints: EndpointBook
    serving: Serving
    commands: Commands
    ears: dict[str, Ears] = field(default_factory=dict)

    async def run(self, name: str, actor: str | None = None, /, **params: object) -> Any:
        """What a command gives to the console, or to a person named by login; results are JSON."""
        answer = await self.commands.run(name, params, self.person(actor) if actor else None)
        if not isinstance(answer, Refused):
            json.dumps(answer)
        return answer

    def person(self, login: str) -> Person:
        found = self.directory.find_person(uri(login))
        assert found is not None
        return found

    async def enter(self, login: str, *rooms: str) -> Visit:
        """Somebody comes, and goes into rooms by name."""
        self.ears[login] = Ears()
        visit = self.hub.enter(uri(login), "", self.ears[login])
        assert isinstance(visit, Visit)
        for name in rooms:
            found = self.hub.catalogue.find_room(name)
            assert found is not None
            assert not isinstance(await self.hub.join(visit, found.id), Refused)
        return visit

    async def say(self, room: str, login: str, *texts: str) -> None:
        for text in texts:
            sent = await self.run("message.send", room=room, text=text, as_user=login)
            assert not isinstance(sent, Refused), sent

    def without_accounts(self) -> Commands:
        """As where people are kept elsewhere."""
        return Commands(Context(self.hub, None, key, self.endpoints, self.serving))


@contextmanager
def opened_office(path: Path, *, limits: Limits | None = None) -> Iterator[Office]:
    """Not started yet: `await office.hub.start()`."""
    store, guids, ticks = MemoryStore(), itertools.count(100), itertools.count()
    directory = LocalDirectory(path / "accounts.db", DOMAIN, cost=CHEAP)
    hub = Hub(
        store,
        directory,
        domain=DOMAIN,
        limits=limits or Limits(),
        clock_us=lambda: NOON + next(ticks) * 1_000_000,
        new_guid=lambda: f"00000000-0000-0000-0000-{next(guids):012x}",
    )
    endpoints, serving = EndpointBook(store.documents, DOMAIN, frozenset({uri("pool")})), Serving()
    commands = Commands(Context(hub, directory, key, endpoints, serving))
    try:
        yield Office(store, directory, hub, endpoints, serving, commands)
    finally:
        directory.close()


def reason(answer: object) -> Refusal:
    assert isinstance(answer, Refused), answer
    return answer.reason
