"""The body of an INFO to a server, around what the families of commands put into their `data`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from parlour.xccos.encode_requests import history, managing, people, rooms, server
from parlour.xccos.escape import escape_attribute, escape_text
from parlour.xccos.ids import NAMESPACE
from parlour.xccos.times import format_time
from parlour.xccos.types import GroupChat, Sayable, UnknownCommand

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
    name = f' authdisp="{escape_attribute(post.author_name)}"' if post.author_name else ""
    alert = ' alert="true"' if post.alert else ""
    stamp = "" if post.at is None else f' ts="{format_time(post.at)}"'
    rtf = "" if post.rtf is None else f"<rtf>{escape_text(post.rtf)}</rtf>"
    return (
        f'<grpchat id="grpchat" seqid="{post.seqid}" chanUri="{escape_attribute(post.room_uri)}" '
        f'author="{escape_attribute(post.author)}"{name}{alert}{stamp}><chat>{escape_text(post.text)}</chat>{rtf}</grpchat>'
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
