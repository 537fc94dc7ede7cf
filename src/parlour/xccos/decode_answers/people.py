"""Answers about people and other principals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from parlour.xccos.decode_answers.parts import is_truncated, user_of
from parlour.xccos.decode_answers.reader import ReplyReader
from parlour.xccos.types import PeopleFound
from parlour.xccos.xml import Element

__all__ = ["REPLIES"]


def _people(data: Element) -> PeopleFound:
    return PeopleFound(tuple(user_of(uib) for uib in data.find_all("uib")), is_truncated(data))


REPLIES: Final[Mapping[str, ReplyReader]] = {
    "usrsrch": _people,
    "prinsrch": _people,
    "getuserinfo": _people,
    "getgroupinfo": _people,
}
