"""What a client says: commands and posts, by template. The counterpart of `decode`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from parlour.xccos.escape import escape_attribute, escape_text
from parlour.xccos.ids import NAMESPACE
from parlour.xccos.times import format_time
from parlour.xccos.types import (
    BatchJoin,
    GetInvitations,
    GetServerInfo,
    GroupChat,
    Join,
    Part,
    RecentHistory,
    RequestUri,
    RoomRef,
    SearchRooms,
    UnknownCommand,
)

__all__ = ["REQUESTS", "Sayable", "encode_requests"]

Sayable = (
    RequestUri
    | GetServerInfo
    | Join
    | BatchJoin
    | Part
    | SearchRooms
    | RecentHistory
    | GetInvitations
    | GroupChat
    | UnknownCommand
)
"""What may be asked. An UnknownCommand goes out with empty data: for trying what a server knows."""


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


def _nothing(_request: RequestUri | UnknownCommand) -> str:
    return ""


def _get_server_info(request: GetServerInfo) -> str:
    info_type = "" if request.info_type is None else f' infoType="{request.info_type}"'
    return f'<sib domain="{escape_attribute(request.domain)}"{info_type}/>'


def _join(request: Join | BatchJoin) -> str:
    return "".join([_room_ref(ref) for ref in request.refs])


def _room_ref(ref: RoomRef) -> str:
    return f'<chanid key="{ref.key}" domain="{escape_attribute(ref.domain)}" value="{escape_attribute(ref.guid)}"/>'


def _part(request: Part) -> str:
    return f'<chanib uri="{escape_attribute(request.room_uri)}"/>'


def _search_rooms(request: SearchRooms) -> str:
    # `extended` is the verified word for searching descriptions; the others go out only when they ask for something.
    options = [
        ("extended", "true" if request.search_description else "false"),
        ("matchAll", "true" if request.match_all else ""),
        ("matchExactPhrase", "true" if request.match_exact_phrase else ""),
        ("maxResults", "" if request.max_results is None else str(request.max_results)),
    ]
    told = "".join([f' {name}="{value}"' for name, value in options if value])
    return (
        f'<qib qtype="{escape_attribute(request.query_type)}" criteria="{escape_attribute(request.criteria)}"{told}/>'
    )


def _recent_history(request: RecentHistory) -> str:
    last = "" if request.count is None else f'<last cnt="{request.count}"/>'
    return f'<chanib uri="{escape_attribute(request.room_uri)}"/><bcq>{last}</bcq>'


def _get_invitations(request: GetInvitations) -> str:
    return f'<inv inviteId="{request.after}" domain="{escape_attribute(request.domain)}"/>'


REQUESTS: Final[Mapping[type, Callable[[Any], str]]] = {
    RequestUri: _nothing,
    GetServerInfo: _get_server_info,
    Join: _join,
    BatchJoin: _join,
    Part: _part,
    SearchRooms: _search_rooms,
    RecentHistory: _recent_history,
    GetInvitations: _get_invitations,
    UnknownCommand: _nothing,
}
"""What each command writes into its `data`."""
