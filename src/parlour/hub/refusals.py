"""Refusals that several use cases give: each is said in one way, whoever says it."""

from __future__ import annotations

from typing import Final

from parlour.rooms.refusals import Refusal, Refused

__all__ = ["NOT_ADMIN", "NOT_INSIDE", "NOT_KEPT", "NO_ADDIN", "NO_CATEGORY", "NO_MESSAGE", "ROOM_BUSY", "VISIT_OVER"]

NOT_KEPT: Final = Refused(Refusal.UNAVAILABLE, "the store is not available; try again later")
ROOM_BUSY: Final = Refused(Refusal.BUSY, "the room is busy; try again in a moment")
VISIT_OVER: Final = Refused(Refusal.NOT_PROVISIONED, "the visit is over")
NOT_ADMIN: Final = Refused(Refusal.NOT_PERMITTED, "only administrators may do this")
NOT_INSIDE: Final = Refused(Refusal.NOT_JOINED, "you are not in this room")
NO_CATEGORY: Final = Refused(Refusal.NO_SUCH_CATEGORY, "there is no such category")
NO_ADDIN: Final = Refused(Refusal.NO_SUCH_ADDIN, "there is no such add-in")
NO_MESSAGE: Final = Refused(Refusal.NO_SUCH_MESSAGE, "there is no such message")
