"""Where people can be reached: the bindings of the registrar, kept in memory, without a clock of their own.

A binding lives as long as its registration and, on a stream transport, as long as the connection it came over: the
server never opens a connection to a client. Times are monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from parlour.frontend.gruu import endpoint_id

__all__ = ["Binding", "BindingTable", "Flow"]

_K = TypeVar("_K")


class Flow(Protocol):
    """The part of a connection that bindings look at."""

    @property
    def id(self) -> int: ...

    @property
    def closed(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Binding:
    """One endpoint of one person.

    `key` is what makes a later registration replace this one: the instance, else the epid, else the contact address.
    `endpoint` is the epid where there is one, else the instance, else empty. `contact` is the address as the client
    wrote it, `address` the same in the form of `canonical_address`. `ident` is the id inside the endpoint's GRUU."""

    person: str
    key: str
    contact: str
    address: str
    flow: Flow
    call_id: str
    cseq: int
    expires_at: float
    epid: str = ""
    instance: str = ""
    q: float = 1.0
    user_agent: str = ""

    @property
    def endpoint(self) -> str:
        return self.epid or self.instance

    @property
    def ident(self) -> str:
        return endpoint_id(self.person, self.instance or self.epid or self.address)

    def is_live(self, now: float) -> bool:
        return now < self.expires_at and not self.flow.closed


class BindingTable:
    """All bindings, found by person, by GRUU, by contact address and by connection."""

    def __init__(self) -> None:
        self._people: dict[str, dict[str, Binding]] = {}
        self._contacts: dict[str, dict[tuple[str, str], Binding]] = {}
        self._flows: dict[int, set[tuple[str, str]]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._people.values()))

    def of(self, person: str, now: float) -> Sequence[Binding]:
        """The live bindings of `person`: preferred ones first, then the most recent."""
        live = [binding for binding in self._people.get(person, {}).values() if binding.is_live(now)]
        return sorted(live, key=lambda binding: (binding.q, binding.expires_at), reverse=True)

    def find(self, person: str, key: str, now: float) -> Binding | None:
        binding = self._people.get(person, {}).get(key)
        return binding if binding is not None and binding.is_live(now) else None

    def find_ident(self, person: str, ident: str, now: float) -> Binding | None:
        """The endpoint that a legacy GRUU names."""
        return next((binding for binding in self.of(person, now) if binding.ident == ident.lower()), None)

    def find_instance(self, person: str, instance: str, now: float) -> Binding | None:
        """The endpoint that a public GRUU names."""
        wanted = instance.lower()
        return next((binding for binding in self.of(person, now) if binding.instance.lower() == wanted), None)

    def find_address(self, address: str, now: float) -> Binding | None:
        """Somebody's endpoint, by the address it registered: where an in-dialog request to a plain contact belongs."""
        return next((b for b in self._contacts.get(address, {}).values() if b.is_live(now)), None)

    def put(self, binding: Binding) -> Binding | None:
        """Insert or replace; the binding that was replaced."""
        old = self._people.get(binding.person, {}).get(binding.key)
        if old is not None:
            self.remove(old)
        self._people.setdefault(binding.person, {})[binding.key] = binding
        self._contacts.setdefault(binding.address, {})[binding.person, binding.key] = binding
        self._flows.setdefault(binding.flow.id, set()).add((binding.person, binding.key))
        return old

    def remove(self, binding: Binding) -> None:
        """Forget `binding`, if it is still the one in force."""
        if self._people.get(binding.person, {}).get(binding.key) is not binding:
            return
        place = (binding.person, binding.key)
        _drop(self._people, binding.person, binding.key)
        _drop(self._contacts, binding.address, place)
        self._flows[binding.flow.id].discard(place)
        if not self._flows[binding.flow.id]:
            del self._flows[binding.flow.id]

    def remove_flow(self, flow: Flow) -> list[Binding]:
        """Forget everything that was registered over a connection that has closed."""
        places = list(self._flows.get(flow.id, ()))
        gone = [self._people[person][key] for person, key in places]
        self._remove_all(gone)
        return gone

    def remove_expired(self, now: float) -> list[Binding]:
        gone = [b for bindings in self._people.values() for b in bindings.values() if not b.is_live(now)]
        self._remove_all(gone)
        return gone

    def _remove_all(self, bindings: Iterable[Binding]) -> None:
        for binding in bindings:
            self.remove(binding)


def _drop(outer: dict[str, dict[_K, Binding]], first: str, second: _K) -> None:
    del outer[first][second]
    if not outer[first]:
        del outer[first]
