"""What the hub wants to know of a directory: who somebody is, now and without waiting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from parlour.rooms.model import Person, Principal

__all__ = ["People"]


class People(Protocol):
    """The reading side of a directory; answers come from memory. URIs are lower case."""

    def find_person(self, uri: str) -> Person | None: ...

    def find_by_login(self, login: str, domain: str | None = None) -> str | None:
        """`alice`, `alice@example.com` or `sip:alice@example.com` to the person's URI."""
        ...

    def find_principal(self, uri: str) -> Principal | None: ...

    def people(self) -> Sequence[Person]: ...

    def groups(self) -> Sequence[Principal]:
        """Groups, folders and the domain."""
        ...

    def principals(self) -> Sequence[Principal]: ...

    def subscribe(self, callback: Callable[[str], None]) -> None:
        """Call back with the URI of each person whose data, groups or existence changed, on the loop's thread."""
        ...
