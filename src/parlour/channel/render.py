"""What the hub says, in the words of the wire. Rendered once for all who hear the same, whatever their number."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from parlour.hub.events import Participant, PersonJoined, PersonParted, PostHeard, RoomEvent
from parlour.hub.presence import RoomView
from parlour.hub.searching import RoomSummary
from parlour.rooms.model import Behavior, Category, Room
from parlour.xccos.encode import Fragment, encode_group_chat, envelopes, group_chat, joined_notice, parted_notice
from parlour.xccos.ids import category_uri, room_uri
from parlour.xccos.masks import participant_mask
from parlour.xccos.types import JoinedRoom, RoomInfo, Seat, SeatTaken, UserInfo

__all__ = ["Renderer"]


class Renderer:
    """Turns hub values into wire values, and shared events into shared bodies."""

    __slots__ = ("_bodies", "_events", "_next_envid", "domain")

    def __init__(self, domain: str, next_envid: Callable[[], int]) -> None:
        self.domain = domain
        self._next_envid = next_envid
        self._events: Sequence[RoomEvent] | None = None
        self._bodies: dict[int, list[bytes]] = {}

    def bodies(self, events: Sequence[RoomEvent], chats: int) -> list[bytes]:
        """INFO bodies for a batch of events, at most `chats` live messages in each. The hub gives all listeners of a
        room the same batch object, one after the other, so what the last batch became is nearly always wanted again:
        as it is, or for a client that takes more or fewer at once."""
        if events is not self._events:
            self._events, self._bodies = events, {}
        if len(events) == 1:
            chats = 1
        bodies = self._bodies.get(chats)
        if bodies is None:
            bodies = self._bodies[chats] = self._render(events, chats)
        return bodies

    def _render(self, events: Sequence[RoomEvent], chats: int) -> list[bytes]:
        if len(events) == 1 and isinstance(events[0], PostHeard):
            heard = events[0]
            return [encode_group_chat(self._next_envid(), self.room_uri(heard.room), heard.post)]
        fragments = [fragment for event in events if (fragment := self.fragment(event)) is not None]
        return envelopes(self._next_envid, fragments, chats=chats)

    def fragment(self, event: RoomEvent) -> Fragment | None:
        """The primitive that tells an event; None for one that this wire has no word for."""
        match event:
            case PostHeard(room, post):
                return group_chat(self.room_uri(room), post)
            case PersonJoined(room, participant):
                mask = participant_mask(participant.manager, participant.presenter, False)
                return joined_notice([SeatTaken(self.room_uri(room), user_info(participant), mask)])
            case PersonParted(room, uri):
                return parted_notice(self.room_uri(room), [uri])
            case _:
                return None

    def room_uri(self, room: str) -> str:
        return room_uri(self.domain, room)

    def joined_room(self, view: RoomView) -> JoinedRoom:
        """A room as the join replies show it."""
        auditorium = view.room.behavior is Behavior.AUDITORIUM
        seats = tuple(
            Seat(user_info(one), participant_mask(one.manager, one.presenter, auditorium)) for one in view.participants
        )
        return JoinedRoom(self.room_info(view.room, view.category, view.count), seats)

    def found_room(self, row: RoomSummary) -> RoomInfo:
        return self.room_info(row.room, row.category, row.count)

    def room_info(self, room: Room, category: Category, count: int) -> RoomInfo:
        return RoomInfo(
            uri=self.room_uri(room.id),
            name=room.name,
            description=room.description,
            topic=room.topic,
            parent=category_uri(self.domain, category.id),
            behavior=room.behavior.value,
            disabled=room.disabled,
            visibility=room.visibility.value,
            participant_count=count,
            logged=category.logged,
            invite=category.invite and room.invite,
            filepost=category.filepost,
        )


def user_info(participant: Participant) -> UserInfo:
    return UserInfo(participant.uri, participant.guid, participant.display_name)
