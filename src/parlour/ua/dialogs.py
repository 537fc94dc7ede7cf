"""Which dialog does a request belong to? By Call-ID and our tag (RFC 3261 section 12.2.2); the peer's tag is checked by
the dialog, since some clients change it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from parlour.sip.message import Request
from parlour.ua.incoming import IncomingRequest

__all__ = ["DialogReceiver", "DialogTable"]


class DialogReceiver(Protocol):
    """Somebody who answers the requests of one dialog."""

    def receive(self, incoming: IncomingRequest) -> None: ...

    def handle_timer(self, now: float) -> None: ...


class DialogTable:
    """All dialogs that end in this process."""

    def __init__(self) -> None:
        self._dialogs: dict[tuple[str, str], DialogReceiver] = {}

    def add(self, call_id: str, local_tag: str, receiver: DialogReceiver) -> None:
        self._dialogs[call_id, local_tag] = receiver

    def remove(self, call_id: str, local_tag: str) -> None:
        self._dialogs.pop((call_id, local_tag), None)

    def find(self, request: Request) -> DialogReceiver | None:
        """The dialog of an in-dialog request: None for one that is outside any dialog, or inside one we do not know."""
        tag = request.to.params.get("tag")
        if tag is None:
            return None
        return self._dialogs.get((request.call_id, tag))

    def __iter__(self) -> Iterator[DialogReceiver]:
        return iter(list(self._dialogs.values()))

    def __len__(self) -> int:
        return len(self._dialogs)
