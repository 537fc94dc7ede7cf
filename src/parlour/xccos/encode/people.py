"""Answers about people and other principals."""

from __future__ import annotations

from collections.abc import Iterable

from parlour.xccos.blocks import element, user_block
from parlour.xccos.encode.envelope import Fragment, reply
from parlour.xccos.types import Command, UserInfo

__all__ = ["people_reply"]


def people_reply(envid: int, command: Command, people: Iterable[UserInfo], truncated: bool | None = None) -> Fragment:
    """People, groups and such. `truncated`: whether a search found more than these; None where nothing was searched."""
    end = "" if truncated is None else element("qib", truncated=truncated)
    return reply(envid, command, 200, "".join([user_block(one) for one in people]) + end)
