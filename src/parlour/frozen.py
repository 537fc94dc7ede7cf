"""Values of which several are made for each post: frozen, but not at the price of freezing each of them.

A frozen dataclass sets its fields through `object.__setattr__`: one of nine fields costs five times what one that is
not frozen does. Here the type checker alone forbids to assign to a field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

__all__ = ["frozen"]

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def frozen(kind: type[T]) -> type[T]:
    """As `dataclass(frozen=True, slots=True)`, which does for whatever is made less often."""
    return dataclass(slots=True, unsafe_hash=True)(kind)
