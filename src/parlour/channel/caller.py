"""Who asks: what a handler of commands gets beside the command, and what it gives."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parlour.hub.hub import Hub
from parlour.hub.presence import Visit
from parlour.rooms.model import CategoryId, Person, RoomId
from parlour.rooms.refusals import Refused
from parlour.xccos.encode import Fragment

if TYPE_CHECKING:
    from parlour.channel.cards import Cards
    from parlour.channel.names import Names
    from parlour.channel.service import ChannelService
    from parlour.channel.session import Session

__all__ = ["Answer", "Caller", "made"]

Answer = list[Fragment] | Refused
"""What to send, in order; or why not, for those commands whose refusal is a code and nothing else."""


async def made(pieces: Iterable[Fragment]) -> list[Fragment]:
    """An answer that may be long, made piece by piece, so that whoever is told something meanwhile need not wait."""
    ready: list[Fragment] = []
    for piece in pieces:
        if ready:
            await asyncio.sleep(0)
        ready.append(piece)
    return ready


@dataclass(frozen=True, slots=True)
class Caller:
    """A visit that goes on, and the number of the envelope in which it asks."""

    session: Session
    visit: Visit
    envid: int

    @property
    def service(self) -> ChannelService:
        return self.session.service

    @property
    def hub(self) -> Hub:
        return self.session.service.hub

    @property
    def cards(self) -> Cards:
        return self.session.service.cards

    @property
    def names(self) -> Names:
        return self.session.service.names

    def room_id(self, uri: str) -> RoomId:
        """The room that a URI names."""
        return self.names.room_id(uri)

    def category_id(self, uri: str) -> CategoryId:
        """As `room_id`."""
        return self.names.category_id(uri)

    @property
    def wants_whole(self) -> bool:
        """COMPAT: SIPE, and for all we know the vendor's clients, take each reply to a search for the whole answer."""
        return not self.session.profile.gathers_lists

    @property
    def person(self) -> Person:
        """As the directory knows them now."""
        return self.visit.person
