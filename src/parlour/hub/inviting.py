"""Invitations: notices that somebody was made member of a room. None are issued yet, and this says so truthfully."""

from __future__ import annotations

from dataclasses import dataclass

from parlour.rooms.model import Micros, RoomId

__all__ = ["Invitation", "Invitations", "invitations_after"]


@dataclass(frozen=True, slots=True)
class Invitation:
    """`id` counts per person and begins with 2, as clients ask for those after number 1 when they have none."""

    id: int
    room: RoomId
    at: Micros


@dataclass(frozen=True, slots=True)
class Invitations:
    """`last` is the number to ask with next time."""

    rows: tuple[Invitation, ...]
    last: int


def invitations_after(number: int) -> Invitations:
    """The invitations of a person that are newer than `number`."""
    return Invitations((), max(0, number))
