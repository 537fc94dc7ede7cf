"""A first look at a response: enough to find its transaction, at a fraction of the price of parsing it.

Exact spellings only. Anything unusual gives None, and the caller parses the whole message instead; so a quirk costs
time, never correctness.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Peek", "peek_response"]


class Peek(NamedTuple):
    """Status and the branch of the top Via, as written."""

    status: int
    branch: bytes


_STATUS = {b"SIP/2.0 %d " % status: status for status in range(100, 700)}
_new = tuple.__new__  # half the price of calling the class


def peek_response(head: bytes) -> Peek | None:
    """Status and branch of a response as framed (its head ends with CRLF), or None if it needs `parse_message`.

    A branch that belongs to no transaction means: parse it. This sees neither a hop written `v:` above one written
    `Via:` nor a comma in the Via; since branches cannot be guessed, it then finds nothing rather than the wrong thing.
    """
    status = _STATUS.get(head[:12])
    via = head.find(b"\r\nVia: ")
    if status is None or via < 0:
        return None
    end = head.find(b"\r\n", via + 7)
    at = head.find(b";branch=", via, end)
    if at < 0:
        return None
    branch = head[at + 8 : end]
    if b";" in branch:
        branch = branch[: branch.index(b";")]
    return _new(Peek, (status, branch))
