"""What the hub says, in the words of the wire. Rendered once for all who hear the same, whatever their number."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from parlour.channel.cards import Cards, mask_of, user_info
from parlour.channel.refusals import code_for
from parlour.hub.events import (
    Arrival,
    HistoryPurged,
    Invited,
    ListResumed,
    Participant,
    PersonChanged,
    PersonJoined,
    PersonParted,
    PostHeard,
    PostReplaced,
    PostsRemoved,
    PreferenceChanged,
    Removed,
    RoomChanged,
    RoomEvent,
    VisitEnded,
)
from parlour.rooms.refusals import Refusal
from parlour.sip.pipeline import info_content
from parlour.xccos.encode import (
    Fragment,
    encode_group_chat,
    envelopes,
    group_chat,
    invitation_notice,
    joined_notice,
    kick_notice,
    message_removed_notice,
    message_replaced_notice,
    parted_notice,
    permissions_notice,
    preference_notice,
    purged_notice,
    room_changed_notice,
    room_deleted_notice,
)
from parlour.xccos.profiles import ClientProfile
from parlour.xccos.types import SeatTaken

__all__ = ["Renderer", "differs"]


def differs(event: RoomEvent) -> bool:
    """Whether not all who hear the event are told the same."""
    if isinstance(event, PersonJoined):
        return event.arrival is not None
    return isinstance(event, ListResumed | Removed | VisitEnded)


class Renderer:
    """Turns shared events into shared bodies."""

    __slots__ = (
        "_arrival",
        "_bodies",
        "_cards",
        "_contents",
        "_events",
        "_missed",
        "_next_envid",
        "_resumed",
        "_together",
    )

    def __init__(self, cards: Cards, next_envid: Callable[[], int]) -> None:
        self._cards = cards
        self._next_envid = next_envid
        self._events: Sequence[RoomEvent] | None = None
        self._bodies: dict[ClientProfile | None, list[bytes]] = {}
        self._contents: dict[ClientProfile, list[bytes]] = {}
        self._arrival: Arrival | None = None
        self._together: dict[tuple[PersonJoined, ...], list[bytes]] = {}
        self._resumed: ListResumed | None = None
        self._missed: dict[RoomEvent, Fragment] = {}

    def contents(self, events: Sequence[RoomEvent], profile: ClientProfile) -> list[bytes] | None:
        """`bodies` as INFOs carry them; None where some event `differs`."""
        contents = self._contents.get(profile) if events is self._events else None
        if contents is None and not any(map(differs, events)):
            bodies = self.bodies(events, profile)
            contents = self._contents[profile] = [info_content(body) for body in bodies]
        return contents

    def bodies(self, events: Sequence[RoomEvent], profile: ClientProfile) -> list[bytes]:
        """INFO bodies for a batch of events. The hub gives all listeners of a room the same batch object, one after
        the other, so what the last batch became is nearly always wanted again: by the same kind of client."""
        if events is not self._events:
            self._events, self._bodies, self._contents = events, {}, {}
        bodies = self._bodies.get(profile)
        if bodies is None:
            bodies = self._bodies[profile] = self._render(events, profile)
        return bodies

    def _render(self, events: Sequence[RoomEvent], profile: ClientProfile) -> list[bytes]:
        if len(events) == 1 and isinstance(events[0], PostHeard):
            return self._lone_post(events[0])
        fragments = [part for event in events for part in self._told(event, profile)]
        return envelopes(self._next_envid, fragments, chats=profile.chats_per_envelope)

    def _lone_post(self, heard: PostHeard) -> list[bytes]:
        """By far the most frequent, and the same for every kind of client."""
        bodies = self._bodies.get(None)
        if bodies is None:
            body = encode_group_chat(self._next_envid(), self._cards.room_uri(heard.room), heard.post)
            bodies = self._bodies[None] = [body]
        return bodies

    def _told(self, event: RoomEvent, profile: ClientProfile) -> list[Fragment]:
        """The primitives that tell an event; none where the client has no use for it, or the wire no word."""
        match event:
            case PostsRemoved() | PostReplaced() | HistoryPurged():
                return self._removal(event) if profile.hears_removals else []
            case PreferenceChanged(label, version):
                return [preference_notice(label, version)]
            case Invited(_, invitation, settings, switches):
                return [invitation_notice([self._cards.invitation(invitation, settings, switches, None)])]
            case _:
                return self._of_room(event)

    def _of_room(self, event: RoomEvent) -> list[Fragment]:
        match event:
            case PostHeard(room, post):
                return [group_chat(self._cards.room_uri(room), post)]
            case PersonJoined(room, participant):
                return [joined_notice([self._seat(room, participant)])]
            case PersonParted(room, uri):
                return [parted_notice(self._cards.room_uri(room), [uri])]
            case PersonChanged(room, participant):
                return [permissions_notice([self._seat(room, participant)])]
            case RoomChanged(_, settings, switches):
                return [room_changed_notice(self._cards.card(settings, switches, None))]
            case _:
                return []

    def _removal(self, event: PostsRemoved | PostReplaced | HistoryPurged) -> list[Fragment]:
        uri = self._cards.room_uri(event.room)
        match event:
            case PostsRemoved(_, chat_ids):
                return [message_removed_notice(uri, chat_id) for chat_id in chat_ids]
            case PostReplaced(_, post):
                return [message_replaced_notice(uri, post)]
            case HistoryPurged(_, until):
                return [purged_notice(uri, until)]

    def _seat(self, room: str, participant: Participant) -> SeatTaken:
        return SeatTaken(self._cards.room_uri(room), user_info(participant), mask_of(participant))

    def joined_together(self, events: tuple[PersonJoined, ...]) -> list[bytes]:
        """Somebody came into several rooms at once: for all who sit in just these of them."""
        if events[0].arrival is not self._arrival:
            self._arrival, self._together = events[0].arrival, {}
        bodies = self._together.get(events)
        if bodies is None:
            seats = [self._seat(one.room, one.participant) for one in events]
            bodies = self._together[events] = envelopes(self._next_envid, [joined_notice(seats)])
        return bodies

    def caught_up(self, event: ListResumed, person: str, endpoint: str) -> list[bytes]:
        """For one endpoint: who came and went while the room was large, in several bodies if they are many."""
        if event is not self._resumed:
            self._resumed, self._missed = event, {}
        return envelopes(self._next_envid, [self._news(one) for one in event.missed(person, endpoint)])

    def _news(self, event: RoomEvent) -> Fragment:
        """What nearly everybody missed, rendered once; the event stays the same for all who missed it."""
        fragment = self._missed.get(event)
        if fragment is None:
            (fragment,) = self._of_room(event)
            if isinstance(event, PersonJoined):
                self._missed[event] = fragment
        return fragment

    def put_out(self, event: Removed, person: str, profile: ClientProfile) -> list[bytes]:
        """For `person` alone: they are out of a room, and why."""
        uri = self._cards.room_uri(event.room)
        notices = [room_deleted_notice(uri)] if event.reason is Refusal.NO_SUCH_ROOM else []
        notices.append(kick_notice(uri, code_for(event.reason)))
        if profile.removal_needs_part_notice:
            # COMPAT: SIPE passes over the other two, and takes the person off its list at least.
            notices.append(parted_notice(uri, [person]))
        return envelopes(self._next_envid, notices)
