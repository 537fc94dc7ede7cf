"""What the server says, turned into rooms, events and order. Knows no sockets: primitives in, events into queues."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from parlour.client.errors import ClientError, RoomNotFound, chat_error
from parlour.client.event_queue import EventQueue
from parlour.client.events import (
    Event,
    HistoryPurged,
    Invited,
    MessageHeard,
    MessageRemoved,
    MessageReplaced,
    MessagesMissed,
    PersonChanged,
    PersonJoined,
    PersonParted,
    PostRefused,
    PreferenceChanged,
    RemovedFromRoom,
    RoomChanged,
    RoomDeleted,
)
from parlour.client.heard import Gap, Heard, with_text_of, without, without_up_to
from parlour.client.rooms import Room
from parlour.xccos.types import (
    GroupChat,
    History,
    Invitation,
    Invitations,
    JoinedRoom,
    JoinedRooms,
    Kicked,
    MessageRef,
    Notice,
    PartedRoom,
    PeopleJoined,
    PeopleParted,
    Preference,
    Purged,
    ReplacedMessage,
    Reply,
    RoomCard,
    RoomInfo,
    Seat,
    ServerInfo,
    ServerPrimitive,
)

__all__ = ["Hearing"]

_REMEMBERED_POSTS = 256


@dataclass(slots=True)
class _Joining:
    """A join command under way: the server's time before it, guessed, or `told` by the server; the first word counts,
    also where the command goes out again."""

    since: int
    told: bool = False


class Hearing:
    """`me` is our `sip:` URI; `make_room` makes the Room of a first join; `server_time` is in microseconds since
    1970."""

    def __init__(
        self,
        me: str,
        events: EventQueue,
        make_room: Callable[[JoinedRoom, Heard], Room],
        server_time: Callable[[], int],
    ) -> None:
        self.rooms: dict[str, Room] = {}
        self._me = me.lower()
        self._events = events
        self._make_room = make_room
        self._server_time = server_time
        self._joining: dict[int, _Joining] = {}
        self._posts: OrderedDict[int, str] = OrderedDict()
        self._began = 0
        self._invited: set[int] = set()

    # -- what we do --------------------------------------------------------------------------------------------

    def joining(self, envid: int) -> None:
        """A join command is about to leave, and in the same envelope, before it, a question for the server's time: what
        is posted after that is ours to hear. Until it is answered our own clock has to do."""
        self._joining.setdefault(envid, _Joining(self._server_time()))

    def joined(self, envid: int) -> None:
        """The join command is answered, or given up."""
        self._joining.pop(envid, None)

    def posting(self, envid: int, room_uri: str) -> None:
        """A post is about to leave; its refusal may come late."""
        self._posts[envid] = room_uri
        if len(self._posts) > _REMEMBERED_POSTS:
            self._posts.popitem(last=False)

    def publish(self, event: Event, room_uri: str = "") -> None:
        """Tell readers: those of the room, and those of the whole client."""
        room = self.rooms.get(room_uri)
        if room is not None:
            room.queue.put(event)
        self._events.put(event)

    def left(self, room_uri: str) -> None:
        """We asked to leave, and have."""
        room = self.rooms.pop(room_uri, None)
        if room is not None:
            room.inside = False
            room.queue.close()

    def removed(self, room_uri: str, error: ClientError | None = None) -> None:
        """We are out and did not ask for it."""
        if room_uri in self.rooms:
            self.publish(RemovedFromRoom(room_uri, error), room_uri)
            self.left(room_uri)

    def close(self, error: ClientError | None = None) -> None:
        """Nothing more will be heard."""
        for room in self.rooms.values():
            room.inside = False
            room.queue.close(error)
        self.rooms.clear()
        self._events.close(error)

    # -- after an outage ---------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Signed in for the first time: invitations from now on are news."""
        self._began = self._server_time()

    def recovered(self, room: Room, messages: Iterable[GroupChat]) -> None:
        """The next messages, oldest first, of those that were posted meanwhile."""
        for message in room.heard.recover(messages):
            self.publish(MessageHeard(room.uri, message, recovered=True), room.uri)

    def missed(self, room: Room, gap: Gap | None) -> None:
        """Some messages will not be told."""
        if gap is not None:
            self.publish(MessagesMissed(room.uri, *gap), room.uri)

    def caught_up(self, room: Room, *, whole: bool) -> None:
        """All of history that there is has been told, or, not `whole`, there was none to read."""
        live, gap = room.heard.caught_up(whole=whole)
        self.missed(room, gap)
        for message in live:
            self.publish(MessageHeard(room.uri, message), room.uri)

    @property
    def last_invitation(self) -> int:
        """The highest number of an invitation that has been told or asked for; 0: none."""
        return max(self._invited, default=0)

    def invited(self, invitations: Iterable[Invitation], *, recovered: bool = False) -> None:
        """Tell what has not been told; of what is `recovered` after an outage nothing that is older than we are."""
        for one in invitations:
            old = recovered and one.created_at is not None and one.created_at < self._began
            if one.number not in self._invited and not old:
                self.publish(Invited(one))
        self.know(invitations)

    def know(self, invitations: Iterable[Invitation]) -> None:
        """The user has asked for these: they need not be told."""
        self._invited.update(one.number for one in invitations)

    # -- what we hear ------------------------------------------------------------------------------------------

    def hear(self, primitive: ServerPrimitive) -> None:
        """Anything the server says, in order."""
        if isinstance(primitive, GroupChat):
            self._hear_message(primitive)
        elif isinstance(primitive, Notice):
            self._hear_notice(primitive)
        else:
            self._hear_reply(primitive)

    def _hear_message(self, message: GroupChat) -> None:
        room = self.rooms.get(message.room_uri)
        if room is None:
            return
        told, gap = room.heard.hear(message)
        self.missed(room, gap)
        if told:
            self.publish(MessageHeard(room.uri, message), room.uri)

    def _hear_notice(self, notice: Notice) -> None:
        hear = _NOTICES.get(type(notice.body))
        if hear is not None:
            hear(self, notice.name, notice.body)

    def _hear_seats(self, name: str, body: PeopleJoined) -> None:
        event = PersonChanged if name == "permmodified" else PersonJoined
        for seat in body.seats:
            if (room := self.rooms.get(seat.room_uri)) is not None:
                room.enter(Seat(seat.user, seat.mask))
                self.publish(event(seat.room_uri, seat.user, seat.mask), seat.room_uri)

    def _hear_parted(self, _name: str, body: PeopleParted) -> None:
        for room_uri, user_uri in body.seats:
            room = self.rooms.get(room_uri)
            if room is None:
                continue
            if user_uri.lower() == self._me:
                # Leaving is told to others only, so this means that somebody has put us out.
                self.removed(room_uri)
            else:
                room.leave([user_uri])
                self.publish(PersonParted(room_uri, user_uri), room_uri)

    def _hear_kicked(self, _name: str, body: Kicked) -> None:
        """A part about ourselves may follow, for clients that do not know kicks; we are out already."""
        self.removed(body.room_uri, chat_error(body.code, room=body.room_uri))

    def _hear_invited(self, _name: str, body: Invitations) -> None:
        self.invited(body.invitations)

    def _hear_changed(self, name: str, body: RoomCard) -> None:
        room = self.rooms.get(body.room.uri)
        if room is not None and name == "chanmodified":
            room.info = _merged(room.info, body.room)
            self.publish(RoomChanged(room.uri, room.info), room.uri)

    def _hear_deleted(self, name: str, body: PartedRoom) -> None:
        if body.room_uri in self.rooms and name == "chandeleted":
            self.publish(RoomDeleted(body.room_uri), body.room_uri)
            self.removed(body.room_uri, RoomNotFound(room=body.room_uri))

    def _hear_message_removed(self, _name: str, body: MessageRef) -> None:
        if (room := self.rooms.get(body.room_uri)) is not None:
            room.heard.amend(without(body.chat_id))
            self.publish(MessageRemoved(body.room_uri, body.chat_id), body.room_uri)

    def _hear_message_replaced(self, _name: str, body: ReplacedMessage) -> None:
        message = body.message
        if (room := self.rooms.get(message.room_uri)) is not None:
            room.heard.amend(with_text_of(message))
            self.publish(MessageReplaced(message.room_uri, message), message.room_uri)

    def _hear_purged(self, _name: str, body: Purged) -> None:
        if (room := self.rooms.get(body.room_uri)) is not None:
            room.heard.amend(without_up_to(body.until))
            self.publish(HistoryPurged(body.room_uri, body.until), body.room_uri)

    def _hear_preference(self, _name: str, body: Preference) -> None:
        self.publish(PreferenceChanged(body.label, body.version))

    def _hear_reply(self, reply: Reply) -> None:
        body = reply.body
        if isinstance(body, JoinedRooms) and reply.name in ("join", "bjoin"):
            self._seat(reply.command_envid, body.rooms)
        elif isinstance(body, History) and reply.code == 200:
            self._read(body)
        elif isinstance(body, PartedRoom) and reply.name == "part" and reply.code in (200, 406):
            self.left(body.room_uri)
        elif isinstance(body, ServerInfo):
            self._hear_time(reply.command_envid, body.server_time)
        elif reply.name == "grpchat" and reply.code != 200:
            self._hear_late_refusal(reply)

    def _hear_time(self, envid: int | None, time: int | None) -> None:
        joining = self._joining.get(envid) if envid is not None else None
        if joining is not None and not joining.told and time is not None:
            joining.since, joining.told = time, True

    def _seat(self, envid: int | None, joined: Iterable[JoinedRoom]) -> None:
        joining = self._joining.get(envid) if envid is not None else None
        for one in joined:
            room = self.rooms.get(one.room.uri)
            if room is not None:
                room.seat(one)
            elif joining is not None:
                self.rooms[one.room.uri] = self._make_room(one, Heard(joining.since))

    def _read(self, history: History) -> None:
        room = self.rooms.get(history.room_uri)
        if room is not None:
            for message in room.heard.read(history.messages):
                self.publish(MessageHeard(room.uri, message), room.uri)

    def _hear_late_refusal(self, reply: Reply) -> None:
        room_uri = self._posts.pop(reply.command_envid, None) if reply.command_envid is not None else None
        if room_uri is not None:
            self.publish(PostRefused(room_uri, chat_error(reply.code, reply.text, room_uri)), room_uri)


_NOTICES: Final[Mapping[type, Callable[[Hearing, str, Any], None]]] = {
    PeopleJoined: Hearing._hear_seats,
    PeopleParted: Hearing._hear_parted,
    Kicked: Hearing._hear_kicked,
    Invitations: Hearing._hear_invited,
    RoomCard: Hearing._hear_changed,
    PartedRoom: Hearing._hear_deleted,
    MessageRef: Hearing._hear_message_removed,
    ReplacedMessage: Hearing._hear_message_replaced,
    Purged: Hearing._hear_purged,
    Preference: Hearing._hear_preference,
}
"""Who hears which notice, by its body."""


def _merged(known: RoomInfo, told: RoomInfo) -> RoomInfo:
    """A notice of new settings does not tell how many people are inside."""
    count = known.participant_count if told.participant_count is None else told.participant_count
    return replace(told, participant_count=count)
