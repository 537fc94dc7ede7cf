"""Permission masks of participants, as they travel in `aib@key` (docs/protocol/xccos.md, Masks).

COMPAT: SIPE compares the mask as text with "12276" to find out who is an operator, so the two masks of ordinary rooms
are literal, never computed from a role's stored bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntFlag
from typing import Final

__all__ = [
    "MANAGER",
    "MEMBER",
    "PRESENTER_BIT",
    "ROLE_MASKS",
    "Permission",
    "participant_mask",
    "sdk_permissions",
]


class Permission(IntFlag):
    """The bits whose meaning is documented by the vendor. Bits 5, 6 and 9 are seen set and have no known meaning."""

    MANAGE = 1 << 2
    CREATE_CHILD = 1 << 4
    JOIN = 1 << 7
    CHAT = 1 << 8
    READ_HISTORY = 1 << 10
    VIEW = 1 << 11
    CHAT_IN_AUDITORIUM = 1 << 12
    VIEW_HIDDEN = 1 << 13


MEMBER = 3984
MANAGER = 12276
PRESENTER_BIT = int(Permission.CHAT_IN_AUDITORIUM)

ROLE_MASKS: Final[Mapping[str, int]] = {
    "MEMBER": int(Permission.JOIN | Permission.CHAT | Permission.READ_HISTORY | Permission.VIEW),
    "MANAGER": int(Permission.MANAGE | Permission.VIEW | Permission.VIEW_HIDDEN),
    "PRESENTER": PRESENTER_BIT,
    "CREATOR": int(Permission.CREATE_CHILD),
}
"""What each role gives by itself; CREATOR on a category. A manager who is no member neither enters nor posts."""


def participant_mask(manager: bool, presenter: bool, auditorium: bool) -> int:
    """The mask of somebody in a room: 3984, 12276, and either with the presenter bit in an auditorium."""
    mask = MANAGER if manager else MEMBER
    return mask | PRESENTER_BIT if presenter and auditorium else mask


def sdk_permissions(
    *, manage: bool, join: bool, post: bool, read: bool, see: bool, post_in_auditorium: bool = False
) -> int:
    """Rights as the vendor's SDK counts them (`perms@value`): 1 manage, 2 join, 4 post, 8 read history, 16 see, 32 post
    in an auditorium; 0 is none."""
    told = (manage, join, post, read, see, post_in_auditorium)
    return sum(1 << bit for bit, has in enumerate(told) if has)
