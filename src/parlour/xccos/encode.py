"""What a server says: replies, notices and live messages, by template.

Each function makes a `Fragment`, one primitive; `envelope` puts fragments of one kind into a body, `envelopes` into as
many bodies as their size asks for. `encode_group_chat` is the hot path: one message, one body, nothing in between.
Kinds are never mixed in an envelope (COMPAT: SIPE reads the first kind only).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from parlour.xccos.blocks import (
    SeatBook,
    byte_size,
    failure_block,
    invitation_block,
    message_inside,
    origin_attributes,
    room_block,
    room_reference,
    seat_block,
    server_info_block,
    user_attributes,
)
from parlour.xccos.codes import text_of
from parlour.xccos.escape import escape_attribute, escape_text
from parlour.xccos.ids import NAMESPACE
from parlour.xccos.types import (
    Command,
    FailedRoom,
    Invitation,
    JoinedRoom,
    Message,
    RoomInfo,
    SeatTaken,
    ServerInfo,
    UserInfo,
)

__all__ = [
    "SPLIT_BYTES",
    "Fragment",
    "batch_join_replies",
    "encode_group_chat",
    "envelope",
    "envelopes",
    "group_chat",
    "history_replies",
    "invitation_notice",
    "invitations_reply",
    "join_reply",
    "joined_notice",
    "part_reply",
    "parted_notice",
    "refusal",
    "reply",
    "request_uri_reply",
    "room_refusal",
    "search_reply",
    "server_info_reply",
]

SPLIT_BYTES: Final = 48 * 1024
"""Answers that may come in pieces are split at this size of body."""

_FRAME_BYTES = 512  # what the envelope and the bookkeeping of a reply add to its blocks, generously


class Fragment(NamedTuple):
    """One primitive, waiting for its number in an envelope: `head`, number, `tail`. `kind` is rpl, ntc or grpchat."""

    kind: str
    head: str
    tail: str

    def size(self) -> int:
        """Bytes in a body, without the digits of the number."""
        return byte_size(self.head) + byte_size(self.tail)


# Bodies -------------------------------------------------------------------------------------------------------------


def envelope(envid: int, fragments: Sequence[Fragment]) -> bytes:
    """The body of one INFO, the fragments numbered from 1."""
    inside = "".join([f"{part.head}{number}{part.tail}" for number, part in enumerate(fragments, 1)])
    return f'<xccos ver="1" envid="{envid}" xmlns="{NAMESPACE}">{inside}</xccos>'.encode()


def envelopes(
    next_envid: Callable[[], int], fragments: Iterable[Fragment], *, limit: int = SPLIT_BYTES, chats: int = 1
) -> list[bytes]:
    """As few bodies as possible, in order: one kind in each, at most `limit` bytes unless a single fragment is larger,
    and at most `chats` live messages in each (`ClientProfile.chats_per_envelope`)."""
    bodies: list[bytes] = []
    batch: list[Fragment] = []
    size = _FRAME_BYTES
    for part in fragments:
        if batch and (part.kind != batch[0].kind or size + part.size() > limit or _is_full(batch, chats)):
            bodies.append(envelope(next_envid(), batch))
            batch, size = [], _FRAME_BYTES
        batch.append(part)
        size += part.size()
    if batch:
        bodies.append(envelope(next_envid(), batch))
    return bodies


def _is_full(batch: Sequence[Fragment], chats: int) -> bool:
    return batch[0].kind == "grpchat" and len(batch) >= chats


# Live messages ------------------------------------------------------------------------------------------------------


def encode_group_chat(envid: int, room_uri: str, message: Message) -> bytes:
    """A live message as a whole body, the same for everybody in the room."""
    return (
        f'<xccos ver="1" envid="{envid}" xmlns="{NAMESPACE}"><grpchat id="grpchat" seqid="1" '
        f"{message_inside(origin_attributes(room_uri, message), message)}</grpchat></xccos>"
    ).encode()


def group_chat(room_uri: str, message: Message) -> Fragment:
    """A live message, for clients that take several in one body."""
    tail = f'" {message_inside(origin_attributes(room_uri, message), message)}</grpchat>'
    return Fragment("grpchat", '<grpchat id="grpchat" seqid="', tail)


# Replies ------------------------------------------------------------------------------------------------------------


def reply(envid: int, command: Command, code: int = 200, data: str = "", text: str | None = None) -> Fragment:
    """The reply to `command` of the client's envelope `envid`. `data` is XML; `text` stands in for the code's own."""
    return Fragment(
        "rpl",
        f'<rpl id="rpl:{escape_attribute(command.name)}" seqid="',
        f'"><commandid seqid="{command.seqid}" envid="{envid}"/>'
        f'<resp code="{int(code)}">{escape_text(text or text_of(code))}</resp><data>{data}</data></rpl>',
    )


def refusal(envid: int, command: Command, code: int, text: str | None = None) -> Fragment:
    """A reply that says no and nothing else."""
    return reply(envid, command, code, "", text)


def room_refusal(envid: int, command: Command, code: int, room_uri: str, text: str | None = None) -> Fragment:
    """A reply that says no and names the room: rpl:grpchat for a refused post, rpl:part."""
    return reply(envid, command, code, room_reference(room_uri), text)


def request_uri_reply(envid: int, command: Command, uri: str) -> Fragment:
    """The channel service to call. COMPAT: SIPE dials the URI as it stands; it has to begin with `sip:`."""
    return reply(envid, command, 200, f'<uib uri="{escape_attribute(uri)}"/>')


def server_info_reply(envid: int, command: Command, info: ServerInfo, info_type: int | None = None) -> Fragment:
    """Everything about the server, whatever `info_type` asked for; it is echoed."""
    return reply(envid, command, 200, server_info_block(info, info_type))


def join_reply(envid: int, command: Command, joined: JoinedRoom) -> Fragment:
    """A room was entered. The caller has to be among its seats: COMPAT: SIPE lists whom it is told of, no one else."""
    return _joined(envid, command, [joined], "")


def batch_join_replies(
    envid: int,
    command: Command,
    joined: Sequence[JoinedRoom],
    failed: Iterable[FailedRoom] = (),
    *,
    limit: int = SPLIT_BYTES,
) -> list[Fragment]:
    """One reply or several, each with some of the rooms and the people of just those; the failures are in the last.

    The code is 200 even when every room failed: COMPAT: SIPE throws all rooms away otherwise."""
    failures = "".join([failure_block(room) for room in failed])
    groups = list(_groups(joined, limit - _FRAME_BYTES))
    if not groups or byte_size(failures) > limit // 4:
        groups.append([])
    last = len(groups) - 1
    return [_joined(envid, command, group, failures if i == last else "") for i, group in enumerate(groups)]


def _joined(envid: int, command: Command, rooms: Sequence[JoinedRoom], failures: str) -> Fragment:
    book = SeatBook()
    chanibs = "".join([room_block(one.room, book.add_seats(one.seats)) for one in rooms])
    return reply(envid, command, 200, f"{book.blocks()}{chanibs}{failures}")


def _groups(rooms: Iterable[JoinedRoom], limit: int) -> Iterator[list[JoinedRoom]]:
    """Rooms in order, cut so that each group renders within `limit` bytes where a single room does."""
    group: list[JoinedRoom] = []
    size, seen = 0, set[str]()
    for room in rooms:
        own = _own_size(room)
        strangers = {seat.user.uri: _user_size(seat.user) for seat in room.seats if seat.user.uri not in seen}
        if group and size + own + sum(strangers.values()) > limit * 3 // 4:
            yield group
            group, size, seen = [], 0, set()
            strangers = {seat.user.uri: _user_size(seat.user) for seat in room.seats}
        group.append(room)
        size += own + sum(strangers.values())
        seen.update(strangers)
    if group:
        yield group


def _own_size(room: JoinedRoom) -> int:
    return byte_size(room_block(room.room)) + 8 * len(room.seats) + 64


def _user_size(user: UserInfo) -> int:
    return byte_size(user_attributes(user)) + 20


def part_reply(envid: int, command: Command, room_uri: str) -> Fragment:
    """A room was left."""
    return reply(envid, command, 200, room_reference(room_uri))


def search_reply(envid: int, command: Command, rooms: Iterable[RoomInfo], truncated: bool = False) -> Fragment:
    """The rooms found, in one reply."""
    end = '<qib truncated="true"/>' if truncated else ""
    return reply(envid, command, 200, "".join([room_block(room) for room in rooms]) + end)


def history_replies(
    envid: int, command: Command, room_uri: str, messages: Iterable[Message], *, limit: int = SPLIT_BYTES
) -> list[Fragment]:
    """Messages of one room, oldest first, in one reply or several; one reply when there are none."""
    origins: dict[tuple[str, str], str] = {}
    pages: list[list[str]] = [[]]
    room_left = limit - _FRAME_BYTES
    for message in messages:
        author = (message.author, message.author_name)
        origin = origins.get(author)
        if origin is None:
            origin = origins[author] = origin_attributes(room_uri, message)
        block = f'<msg id="grpchat" {message_inside(origin, message)}</msg>'
        room_left -= (size := byte_size(block))
        if room_left < 0 and pages[-1]:
            pages.append([])
            room_left = limit - _FRAME_BYTES - size
        pages[-1].append(block)
    chanib = f'<chanib uri="{escape_attribute(room_uri)}">'
    return [reply(envid, command, 200, f"{chanib}{''.join(page)}</chanib>") for page in pages]


def invitations_reply(envid: int, command: Command, invitations: Iterable[Invitation]) -> Fragment:
    """Invitations, ascending."""
    return reply(envid, command, 200, "".join([invitation_block(one) for one in invitations]))


# Notices ------------------------------------------------------------------------------------------------------------


def joined_notice(seats: Sequence[SeatTaken]) -> Fragment:
    """People entered rooms the receiver sits in: ntc:join for one seat, ntc:bjoin for more.

    COMPAT: SIPE lists a person twice when told twice, so tell nobody of somebody who is already there."""
    by_person: dict[str, list[SeatTaken]] = {}
    for seat in seats:
        by_person.setdefault(seat.user.uri, []).append(seat)
    people = [seat_block(taken[0].user, taken) for taken in by_person.values()]
    return _notice("join" if len(seats) == 1 else "bjoin", "".join(people))


def parted_notice(room_uri: str, user_uris: Iterable[str]) -> Fragment:
    """People left a room the receiver sits in."""
    people = "".join([f'<uib uri="{escape_attribute(uri)}"/>' for uri in user_uris])
    return _notice("part", f'<chanib uri="{escape_attribute(room_uri)}">{people}</chanib>')


def invitation_notice(invitations: Iterable[Invitation]) -> Fragment:
    """The receiver may now enter these rooms."""
    return _notice("inv", "".join([invitation_block(one) for one in invitations]))


def _notice(name: str, data: str) -> Fragment:
    return Fragment("ntc", f'<ntc id="ntc:{name}" seqid="', f'"><data>{data}</data></ntc>')
