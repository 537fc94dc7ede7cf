"""Messages: live ones, pages of old ones, and what became of removed ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from parlour.xccos.blocks import (
    byte_size,
    failure_block,
    message_inside,
    message_reference,
    origin_attributes,
    purge_block,
)
from parlour.xccos.encode.envelope import FRAME_BYTES, SPLIT_BYTES, Fragment, notice, reply
from parlour.xccos.encode.pieces import Section, cut
from parlour.xccos.ids import NAMESPACE
from parlour.xccos.types import Command, FailedRoom, Message
from parlour.xml.escape import escape_attribute

__all__ = [
    "Page",
    "encode_group_chat",
    "group_chat",
    "history_replies",
    "message_ref_reply",
    "message_removed_notice",
    "message_replaced_notice",
    "pages_replies",
    "purged_notice",
    "purged_reply",
]

_END = "</chanib>"


class Page(NamedTuple):
    """Messages found in one room, in the order of presentation; `matches` and `truncated` as in `HistoryPage`."""

    room_uri: str
    messages: Sequence[Message]
    matches: int
    truncated: bool = False


# Live messages --------------------------------------------------------------------------------------------------------


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


# Old messages ---------------------------------------------------------------------------------------------------------


def history_replies(
    envid: int, command: Command, room_uri: str, messages: Iterable[Message], *, limit: int = SPLIT_BYTES
) -> list[Fragment]:
    """Messages of one room, oldest first, in one reply or several; one reply when there are none."""
    room = Section(f'<chanib uri="{escape_attribute(room_uri)}">', _message_blocks(room_uri, messages), _END)
    return [reply(envid, command, 200, data) for data in cut([room], limit - FRAME_BYTES)]


def pages_replies(
    envid: int,
    command: Command,
    pages: Iterable[Page],
    failed: Iterable[FailedRoom] = (),
    *,
    limit: int = SPLIT_BYTES,
) -> list[Fragment]:
    """What was found, room by room, in one reply or several: a room that is cut goes on in the next reply, with the
    same `matches` and `truncated`. The failures are in the last."""
    rooms = [Section(_start_of(page), _message_blocks(page.room_uri, page.messages), _END) for page in pages]
    datas = list(cut(rooms, limit - FRAME_BYTES))
    failures = "".join([failure_block(room) for room in failed])
    if byte_size(datas[-1]) + byte_size(failures) > limit - FRAME_BYTES:
        datas.append("")
    datas[-1] += failures
    return [reply(envid, command, 200, data) for data in datas]


def _start_of(page: Page) -> str:
    more = "true" if page.truncated else "false"
    return f'<chanib uri="{escape_attribute(page.room_uri)}" matches="{page.matches}" truncated="{more}">'


def _message_blocks(room_uri: str, messages: Iterable[Message]) -> Iterator[str]:
    origins: dict[tuple[str, str], str] = {}
    for message in messages:
        author = (message.author, message.author_name)
        origin = origins.get(author)
        if origin is None:
            origin = origins[author] = origin_attributes(room_uri, message)
        yield f'<msg id="grpchat" {message_inside(origin, message)}</msg>'


# Removing -------------------------------------------------------------------------------------------------------------


def message_ref_reply(envid: int, command: Command, room_uri: str, chat_id: int) -> Fragment:
    """A message was removed or replaced."""
    return reply(envid, command, 200, message_reference(room_uri, chat_id))


def purged_reply(envid: int, command: Command, room_uri: str, until: int) -> Fragment:
    """All messages of a room up to and including `until` are gone."""
    return reply(envid, command, 200, purge_block(room_uri, until))


def message_removed_notice(room_uri: str, chat_id: int) -> Fragment:
    """A message of a room the receiver sits in is gone."""
    return notice("msgdel", message_reference(room_uri, chat_id))


def message_replaced_notice(room_uri: str, message: Message) -> Fragment:
    """A message of a room the receiver sits in reads differently now."""
    origin = origin_attributes(room_uri, message)
    return notice("msgrepl", f'<msg id="grpchat" {message_inside(origin, message)}</msg>')


def purged_notice(room_uri: str, until: int) -> Fragment:
    """The messages of a room the receiver sits in are gone, up to and including `until`."""
    return notice("chanpurge", purge_block(room_uri, until))
