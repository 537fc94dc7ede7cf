"""Answers about people and other principals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from parlour.xccos.blocks import element, user_block
from parlour.xccos.encode.envelope import Fragment
from parlour.xccos.encode.pieces import pieces
from parlour.xccos.types import Command, UserInfo

__all__ = ["people_replies"]


def people_replies(
    envid: int,
    command: Command,
    people: Iterable[UserInfo],
    truncated: bool | None = None,
) -> Iterator[Fragment]:
    """People, groups and such, in one reply or several. `truncated`: whether a search found more than these; None where
    nothing was searched."""
    after = "" if truncated is None else element("qib", truncated=truncated)
    return pieces(envid, command, map(user_block, people), after=after)
