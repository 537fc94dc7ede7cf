"""What a family of commands brings along: for each name, who reads its `data`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from parlour.xccos.types import Request
from parlour.xccos.xml import Element

__all__ = ["Reader"]

Reader: TypeAlias = Callable[[Element, int], Request]
"""From `data` and the number of the command. Raises Malformed with the reason of the refusal."""
