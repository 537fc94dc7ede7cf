"""A first look at a response: enough to know the answer to one of our pushed INFOs, at a fraction of the price of
parsing.

Exact spellings only. Anything unusual gives None, and the caller parses the whole message instead; so a quirk costs
time, never correctness.
"""

from __future__ import annotations

__all__ = ["peek_info_answer"]

_STATUS = {b"SIP/2.0 %d " % status: status for status in range(100, 700)}


def peek_info_answer(head: bytes) -> tuple[bytes, int, int] | None:
    """Pipeline token, CSeq and status of an answer to a pushed INFO (`pipeline`), or None if it may be anything else.
    `head` is as framed: it ends with CRLF.

    A token cannot be guessed: where a branch is not in the top Via, it names no pipeline, or one of the sender's own.
    """
    status = _STATUS.get(head[:12])
    at = head.find(b";branch=z9hG4bK")
    if status is None or at < 0:
        return None
    dot = head.find(b".", at)
    number = head[dot + 1 : head.find(b"\r", dot)]
    return (head[at + 15 : dot], int(number), status) if number.isdigit() else None
