"""Replies to commands that must not be carried out twice: a command sent again gets the reply it got before."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from parlour.xccos.encode import Fragment
from parlour.xccos.types import Request

__all__ = ["RememberedReplies"]

_MOST = 64
_MOST_BYTES = 64 * 1024


class RememberedReplies:
    """Of one dialog: the newest 64, and fewer if they are longer than 64 KiB together; the newest always."""

    __slots__ = ("_replies", "_size")

    def __init__(self) -> None:
        self._replies: OrderedDict[tuple[int, int, str, int], tuple[int, list[Fragment]]] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return len(self._replies)

    def find(self, envid: int, command: Request) -> list[Fragment] | None:
        kept = self._replies.get(_key(envid, command))
        return kept[1] if kept is not None else None

    def keep(self, envid: int, command: Request, replies: Sequence[Fragment]) -> None:
        size = sum(reply.size() for reply in replies)
        self._replies[_key(envid, command)] = (size, list(replies))
        self._size += size
        while len(self._replies) > _MOST or (self._size > _MOST_BYTES and len(self._replies) > 1):
            _, (size, _) = self._replies.popitem(last=False)
            self._size -= size


def _key(envid: int, command: Request) -> tuple[int, int, str, int]:
    # Some clients give all commands of an envelope the same number, so that the number alone would not do.
    return (envid, command.seqid, command.name, hash(command))
