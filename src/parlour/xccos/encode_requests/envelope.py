"""The body of an INFO to a server, around what the families of commands put into their `data`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from parlour.xccos.blocks import element
from parlour.xccos.encode_requests import history, managing, people, rooms, server
from parlour.xccos.ids import NAMESPACE
from parlour.xccos.times import format_time
from parlour.xccos.types import GroupChat, Sayable, UnknownCommand
from parlour.xml.escape import escape_attribute, escape_text

__all__ = ["REQUESTS", "encode_requests"]


def encode_requests(envid: int, requests: Iterable[Sayable]) -> bytes:
    """The body of one INFO to a server. Each request keeps its own `seqid`; they should count from 1.

    A post's `at` may be None: the server's clock counts anyway."""
    inside = "".join([_post(one) if isinstance(one, GroupChat) else _command(one) for one in requests])
    return f'<xccos ver="1" envid="{envid}" xmlns="{NAMESPACE}">{inside}</xccos>'.encode()


def _command(request: Sayable) -> str:
    data = REQUESTS[type(request)](request)
    return f'<cmd id="cmd:{escape_attribute(request.name)}" seqid="{request.seqid}"><data>{data}</data></cmd>'


def _post(post: GroupChat) -> str:
    rtf = "" if post.rtf is None else f"<rtf>{escape_text(post.rtf)}</rtf>"
    return element(
        "grpchat",
        f"<chat>{escape_text(post.text)}</chat>{rtf}",
        id="grpchat",
        seqid=post.seqid,
        chanUri=post.room_uri,
        author=post.author,
        authdisp=post.author_name or None,
        alert=post.alert or None,
        chatId=post.chat_id,
        ts=None if post.at is None else format_time(post.at),
    )


def _nothing(_request: UnknownCommand) -> str:
    return ""


REQUESTS: Final[Mapping[type, Callable[[Any], str]]] = {
    **server.REQUESTS,
    **rooms.REQUESTS,
    **history.REQUESTS,
    **managing.REQUESTS,
    **people.REQUESTS,
    UnknownCommand: _nothing,
}
"""What each command writes into its `data`."""
