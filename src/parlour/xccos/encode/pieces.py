"""Answers that may be long: cut into several replies that quote the same command, or, for a client that takes each
reply for the whole answer, ended where one reply is full. docs/protocol/xccos.md, Long answers.

Pieces are made when they are asked for, one after the other, so that others may have their turn in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from parlour.xccos.blocks import byte_size
from parlour.xccos.encode.envelope import FRAME_BYTES, SPLIT_BYTES, Fragment, reply
from parlour.xccos.types import Command

__all__ = ["ANSWER_BYTES", "TRUNCATED", "WHOLE_BYTES", "Section", "cut", "pieces", "told", "whole_reply"]

WHOLE_BYTES: Final = 1024 * 1024
"""An answer that must not come in pieces ends at this size of body."""

ANSWER_BYTES: Final = 8 * 1024 * 1024
"""All pieces of an answer together: what may wait for a client that reads slowly, twice."""

TRUNCATED: Final = '<qib truncated="true"/>'
"""At the end of an answer: there is more."""


class Section(NamedTuple):
    """Blocks that stand between a start and an end, which are said again where the blocks go on in another reply."""

    start: str
    blocks: Iterable[str]
    end: str


def cut(sections: Iterable[Section], limit: int) -> Iterator[str]:
    """The data of as many replies as it takes, one at least, of at most `limit` bytes where a single block fits."""
    whole: list[str] = []
    left = limit
    for start, blocks, end in sections:
        frame = byte_size(start) + byte_size(end)
        if whole and left < frame:
            yield "".join(whole)
            whole, left = [], limit
        left -= frame
        inside: list[str] = []
        for block in blocks:
            left -= (size := byte_size(block))
            if left < 0 and (inside or whole):
                yield "".join([*whole, start, *inside, end] if inside else whole)
                whole, inside, left = [], [], limit - frame - size
            inside.append(block)
        whole += [start, *inside, end]
    yield "".join(whole)


def told(datas: Iterable[str], after: str = "", *, most: int = ANSWER_BYTES) -> Iterator[str]:
    """The data of replies, at most `most` bytes in all; at the end `after`, or `TRUNCATED` where that cut it short."""
    before: str | None = None
    left = most
    for data in datas:
        left -= byte_size(data)
        if before is not None:
            if left < 0:
                after = TRUNCATED
                break
            yield before
        before = data
    if before is not None:
        yield before + after


def pieces(
    envid: int,
    command: Command,
    blocks: Iterable[str],
    *,
    before: str = "",
    after: str = "",
) -> Iterator[Fragment]:
    """A list in one reply or several: `before` is said in each of them, `after` in the last."""
    room = SPLIT_BYTES - FRAME_BYTES - byte_size(before) - max(len(TRUNCATED), byte_size(after))
    for data in told(cut([Section("", blocks, "")], room), after):
        yield reply(envid, command, 200, before + data)


def whole_reply(
    envid: int,
    command: Command,
    blocks: Iterable[str],
    *,
    before: str = "",
    after: str = "",
) -> Fragment:
    """A list in one reply, as far as it fits; `TRUNCATED` takes the place of `after` where it does not."""
    inside: list[str] = []
    left = WHOLE_BYTES - FRAME_BYTES - byte_size(before) - max(len(TRUNCATED), byte_size(after))
    for block in blocks:
        left -= byte_size(block)
        if left < 0:
            after = TRUNCATED
            break
        inside.append(block)
    return reply(envid, command, 200, "".join([before, *inside, after]))
