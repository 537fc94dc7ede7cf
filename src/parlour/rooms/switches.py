"""The three switches of a category: invitations, history, files. What a category does not state itself is as in the
category above it, now and after every change there (docs/protocol/rooms.md, Categories)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from parlour.rooms.model import Category

__all__ = ["SWITCHES", "SwitchSetting", "Switches", "inherited", "switches_of"]

SWITCHES: Final = ("invite", "logged", "filepost")
"""Their names, here and as fields of `Category`."""

SwitchSetting = bool | Literal["inherit"]
"""How a switch is set: on, off, or as in the category above."""


@dataclass(frozen=True, slots=True)
class Switches:
    """What holds for the rooms of a category. With the defaults a root begins."""

    invite: bool = False
    logged: bool = True
    filepost: bool = False


_DEFAULTS = Switches()


def switches_of(chain: Sequence[Category]) -> Switches:
    """What holds in `chain[0]`, given it and its ancestors: of each switch, what the nearest of them states."""
    return Switches(
        _nearest((category.invite for category in chain), _DEFAULTS.invite),
        _nearest((category.logged for category in chain), _DEFAULTS.logged),
        _nearest((category.filepost for category in chain), _DEFAULTS.filepost),
    )


def _nearest(stated: Iterable[bool | None], otherwise: bool) -> bool:
    return next((value for value in stated if value is not None), otherwise)


def inherited(category: Category) -> tuple[str, ...]:
    """The names of the switches that the category leaves to the one above it."""
    return tuple(name for name in SWITCHES if getattr(category, name) is None)
