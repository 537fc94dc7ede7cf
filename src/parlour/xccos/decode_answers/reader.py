"""What a family of answers brings along: for each name, who reads its `data`. Readers raise Malformed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from parlour.xccos.types import NoticeBody, ReplyBody
from parlour.xccos.xml import Element

__all__ = ["NoticeReader", "ReplyReader"]

ReplyReader: TypeAlias = Callable[[Element], ReplyBody]
NoticeReader: TypeAlias = Callable[[Element], NoticeBody]
