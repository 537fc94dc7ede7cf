"""A first look at a response: enough to find its transaction, at a fraction of the price of parsing it.

Exact spellings only. Anything unusual gives None, and the caller parses the whole message instead; so a quirk costs
time, never correctness.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Peek", "peek_response"]


class Peek(NamedTuple):
    """What identifies a response: status, branch of the top Via, and CSeq as written (`2 INFO`)."""

    status: int
    branch: bytes
    cseq: bytes


def peek_response(head: bytes) -> Peek | None:
    """Status, branch and CSeq of a response as framed (head ends with CRLF), or None if it needs `parse_message`.

    No transaction for what was found means: parse it. A top hop written `v:` above one written `Via:` is not seen here.
    """
    if head[:8] != b"SIP/2.0 " or head[11:12] != b" ":
        return None
    status = head[8:11]
    via = head.find(b"\r\nVia: ")
    cseq = head.find(b"\r\nCSeq: ")
    if via < 0 or cseq < 0 or not status.isdigit():
        return None
    line = head[via : head.find(b"\r\n", via + 7)]
    _, found, branch = line.partition(b";branch=")
    if b";" in branch:
        branch = branch[: branch.index(b";")]
    # A list of hops or a quoted string may hide another branch in this line.
    if not found or b"," in line or b'"' in line:
        return None
    return Peek(int(status), branch, head[cseq + 8 : head.find(b"\r\n", cseq + 8)])
