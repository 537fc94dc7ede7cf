"""What the server says, turned into rooms, events and order. Knows no sockets: primitives in, events into queues."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

from parlour.client.errors import ClientError, chat_error
from parlour.client.events import (
    Event,
    EventQueue,
    Invited,
    MessageHeard,
    MessagesMissed,
    PersonJoined,
    PersonParted,
    PostRefused,
    RemovedFromRoom,
)
from parlour.client.heard import CaughtUp, Heard
from parlour.client.rooms import Room
from parlour.xccos.types import (
    GroupChat,
    History,
    Invitations,
    JoinedRoom,
    JoinedRooms,
    Notice,
    PartedRoom,
    PeopleJoined,
    PeopleParted,
    Reply,
    Seat,
    ServerPrimitive,
)

__all__ = ["Hearing"]

_REMEMBERED_POSTS = 256


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
        self._joining: dict[int, int] = {}
        self._posts: OrderedDict[int, str] = OrderedDict()

    # -- what we do --------------------------------------------------------------------------------------------

    def joining(self, envid: int) -> None:
        """A join command is about to leave: what is posted from now on is ours to hear."""
        self._joining.setdefault(envid, self._server_time())

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

    def caught_up(self, room: Room, outcome: CaughtUp) -> None:
        """Tell what an outage left."""
        if outcome.gap is not None:
            self.publish(MessagesMissed(room.uri, *outcome.gap), room.uri)
        for message in outcome.recovered:
            self.publish(MessageHeard(room.uri, message, recovered=True), room.uri)
        for message in outcome.live:
            self.publish(MessageHeard(room.uri, message), room.uri)

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
        if room is not None and room.heard.hear(message):
            self.publish(MessageHeard(room.uri, message), room.uri)

    def _hear_notice(self, notice: Notice) -> None:
        body = notice.body
        if isinstance(body, PeopleJoined):
            for seat in body.seats:
                if (room := self.rooms.get(seat.room_uri)) is not None:
                    room.enter(Seat(seat.user, seat.mask))
                    self.publish(PersonJoined(seat.room_uri, seat.user, seat.mask), seat.room_uri)
        elif isinstance(body, PeopleParted):
            for room_uri, user_uri in body.seats:
                self._hear_parted(room_uri, user_uri)
        elif isinstance(body, Invitations):
            for invitation in body.invitations:
                self.publish(Invited(invitation))

    def _hear_parted(self, room_uri: str, user_uri: str) -> None:
        room = self.rooms.get(room_uri)
        if room is None:
            return
        if user_uri.lower() == self._me:
            # Leaving is told to others only, so this means that somebody has put us out.
            self.removed(room_uri)
        else:
            room.leave([user_uri])
            self.publish(PersonParted(room_uri, user_uri), room_uri)

    def _hear_reply(self, reply: Reply) -> None:
        body = reply.body
        if isinstance(body, JoinedRooms):
            self._seat(reply.command_envid, body.rooms)
        elif isinstance(body, History) and reply.code == 200:
            self._read(body)
        elif isinstance(body, PartedRoom) and reply.name == "part" and reply.code in (200, 406):
            self.left(body.room_uri)
        elif reply.name == "grpchat" and reply.code != 200:
            self._hear_late_refusal(reply)

    def _seat(self, envid: int | None, joined: Iterable[JoinedRoom]) -> None:
        since = self._joining.get(envid) if envid is not None else None
        for one in joined:
            room = self.rooms.get(one.room.uri)
            if room is not None:
                room.seat(one)
            elif since is not None:
                self.rooms[one.room.uri] = self._make_room(one, Heard(since))

    def _read(self, history: History) -> None:
        room = self.rooms.get(history.room_uri)
        if room is not None:
            for message in room.heard.read(history.messages):
                self.publish(MessageHeard(room.uri, message), room.uri)

    def _hear_late_refusal(self, reply: Reply) -> None:
        room_uri = self._posts.pop(reply.command_envid, None) if reply.command_envid is not None else None
        if room_uri is not None:
            self.publish(PostRefused(room_uri, chat_error(reply.code, reply.text, room_uri)), room_uri)
