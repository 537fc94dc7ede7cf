"""A first look at what arrives: enough to know the answers to our pushed INFOs, at a fraction of the price of framing
and parsing.

Exact spellings only. Anything unusual gives None, and the caller frames and parses instead; so a quirk costs time,
never correctness. A token cannot be guessed: where a branch is not in the top Via, it names no pipeline, or one of the
sender's own.
"""

from __future__ import annotations

import re

__all__ = ["InfoAnswer", "peek_info_answer", "peek_info_answers"]

InfoAnswer = tuple[bytes, int, bytes]
"""Pipeline token (`pipeline`), CSeq, and the head without its last CRLF."""

_match = re.compile(rb"SIP/2\.0 200 [^;]*;branch=z9hG4bK([^.]*)\.([0-9]{1,10})\r").match
_MOST = 32 * 1024  # less than the head of one message may have
_EMPTY = b"\r\nContent-Length: 0"
_EMPTY_LINE = _EMPTY + b"\r\n"


def peek_info_answer(head: bytes) -> InfoAnswer | None:
    """A head that is a 200 to a pushed INFO, None if it may be anything else."""
    found = _match(head)
    if found is None:
        return None
    token, number = found.groups()
    return token, int(number), head


def peek_info_answers(data: bytes) -> list[InfoAnswer] | None:
    """Data of a stream that is nothing but whole answers of this kind, None if it may be anything else."""
    if len(data) > _MOST:
        return None
    heads = data.split(b"\r\n\r\n")
    if heads.pop():
        return None
    answers = []
    for head in heads:
        found = _match(head)
        if found is None or (head[-19:] != _EMPTY and _EMPTY_LINE not in head):
            return None
        token, number = found.groups()
        answers.append((token, int(number), head))
    return answers
