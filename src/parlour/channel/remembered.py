"""Replies to commands that must not be carried out twice: a command sent again gets the reply it got before.

Also over another dialog, since a client that lost its connection before the reply came sends the command again there
(docs/decisions/0009-commands-sent-again.md).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

from parlour.xccos.encode import Fragment
from parlour.xccos.types import Request

__all__ = ["RememberedEndpoints", "RememberedReplies"]

_MOST = 64
_MOST_BYTES = 64 * 1024

MEMORY = 600.0
"""Seconds. Clients give a command up long before that."""
MOST_ENDPOINTS = 10_000
MOST_BYTES_IN_ALL = 32 * 1024 * 1024

_Key = tuple[int, int, str, int]


class RememberedReplies:
    """Of one endpoint: the newest 64, and fewer if they are longer than 64 KiB together; the newest always. `dialog`
    names the one in which a command comes. Who sends commands again does that before anything else, so that what is
    carried out anew in one dialog makes an end of what is known from others only."""

    __slots__ = ("_replies", "size")

    def __init__(self) -> None:
        self._replies: OrderedDict[_Key, tuple[str, int, list[Fragment]]] = OrderedDict()
        self.size = 0
        """Bytes of all replies."""

    def __len__(self) -> int:
        return len(self._replies)

    def find(self, envid: int, command: Request, dialog: str = "") -> list[Fragment] | None:
        key = _key(envid, command)
        kept = self._replies.get(key)
        if kept is None:
            return None
        _, size, replies = kept
        self._replies[key] = (dialog, size, replies)
        return replies

    def keep(self, envid: int, command: Request, replies: Sequence[Fragment], dialog: str = "") -> None:
        self._drop([key for key, kept in self._replies.items() if kept[0] != dialog])
        size = sum(reply.size() for reply in replies)
        self._replies[_key(envid, command)] = (dialog, size, list(replies))
        self.size += size
        while len(self._replies) > _MOST or (self.size > _MOST_BYTES and len(self._replies) > 1):
            self._drop([next(iter(self._replies))])

    def keep_newest(self) -> None:
        """Of the newest envelope alone."""
        if self._replies:
            newest, *_ = next(reversed(self._replies))
            self._drop([key for key in self._replies if key[0] != newest])

    def _drop(self, keys: Sequence[_Key]) -> None:
        for key in keys:
            _, size, _ = self._replies.pop(key)
            self.size -= size


class RememberedEndpoints:
    """Of all endpoints, whether they have a dialog now or not: each for ten minutes after its last command, at most
    10,000 endpoints and 32 MiB of replies; what was used longest ago goes first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` is monotonic seconds."""
        self._clock = clock
        self._endpoints: OrderedDict[tuple[str, str], tuple[float, RememberedReplies]] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return len(self._endpoints)

    def find(self, person: str, endpoint: str, envid: int, command: Request, dialog: str = "") -> list[Fragment] | None:
        """The replies that this endpoint's command got, if it was carried out and is still remembered."""
        until, replies = self._endpoints.get((person, endpoint), (0.0, None))
        return replies.find(envid, command, dialog) if replies is not None and self._clock() < until else None

    def keep(
        self, person: str, endpoint: str, envid: int, command: Request, replies: Sequence[Fragment], dialog: str = ""
    ) -> None:
        now = self._clock()
        until, known = self._endpoints.pop((person, endpoint), (0.0, RememberedReplies()))
        self._size -= known.size
        if until <= now:
            known = RememberedReplies()
        known.keep(envid, command, replies, dialog)
        self._size += known.size
        self._endpoints[person, endpoint] = (now + MEMORY, known)
        while self._has_too_much(now):
            _, (_, oldest) = self._endpoints.popitem(last=False)
            self._size -= oldest.size

    def all_arrived(self, person: str, endpoint: str) -> None:
        """A dialog ended in which the client has taken everything: at most the last it may not have looked at."""
        _, known = self._endpoints.get((person, endpoint), (0.0, RememberedReplies()))
        self._size -= known.size
        known.keep_newest()
        self._size += known.size

    def forget_endpoint(self, person: str, endpoint: str) -> None:
        """It has hung up: it knows what it was answered."""
        _, known = self._endpoints.pop((person, endpoint), (0.0, RememberedReplies()))
        self._size -= known.size

    def forget(self, person: str) -> None:
        """Somebody is gone for good: whoever gets the address is told nothing of it."""
        for endpoint in [known for known in self._endpoints if known[0] == person]:
            self._size -= self._endpoints.pop(endpoint)[1].size

    def _has_too_much(self, now: float) -> bool:
        if len(self._endpoints) < 2:
            return False
        until, _ = next(iter(self._endpoints.values()))
        return until <= now or len(self._endpoints) > MOST_ENDPOINTS or self._size > MOST_BYTES_IN_ALL


def _key(envid: int, command: Request) -> _Key:
    # Some clients give all commands of an envelope the same number, so that the number alone would not do; nor would
    # the envelope's, since clients begin at a random number at each start.
    return (envid, command.seqid, command.name, hash(command))
