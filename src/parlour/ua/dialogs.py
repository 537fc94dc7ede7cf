"""Which dialog does a request belong to? By Call-ID and our tag (RFC 3261 section 12.2.2); the peer's tag is checked by
the dialog, since some clients change it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from parlour.sip.message import Request
from parlour.ua.incoming import IncomingRequest

__all__ = ["DialogReceiver", "DialogTable", "InviteKey", "invite_key"]

InviteKey = tuple[int, str, str | None, int]


def invite_key(incoming: IncomingRequest) -> InviteKey:
    """What an INVITE is known by, whatever way it came: connection, Call-ID, From tag, CSeq."""
    request = incoming.request
    return (incoming.connection.id, request.call_id, request.from_.tag, request.cseq.number)


class DialogReceiver(Protocol):
    """Somebody who answers the requests of one dialog."""

    def receive(self, incoming: IncomingRequest) -> None: ...

    def handle_timer(self, now: float) -> None: ...


class DialogTable:
    """All dialogs that end in this process."""

    def __init__(self) -> None:
        self._dialogs: dict[tuple[str, str], DialogReceiver] = {}
        self._invites: set[InviteKey] = set()

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

    def add_invite(self, key: InviteKey) -> None:
        """A dialog has begun by this INVITE; until `remove_invite` no other of that key begins one."""
        self._invites.add(key)

    def remove_invite(self, key: InviteKey) -> None:
        self._invites.discard(key)

    def is_merged(self, incoming: IncomingRequest) -> bool:
        """Whether this INVITE, outside any dialog, is one that has begun a dialog already and comes another way (RFC
        3261 section 8.2.2.2). COMPAT: over another connection it is another one: two processes of SIPE that start in
        the same second call alike."""
        return invite_key(incoming) in self._invites

    def __iter__(self) -> Iterator[DialogReceiver]:
        return iter(list(self._dialogs.values()))

    def __len__(self) -> int:
        return len(self._dialogs)
