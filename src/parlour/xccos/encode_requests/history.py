"""The data of commands about old messages, and of those that remove them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from parlour.xccos.blocks import element, message_reference, purge_block, room_reference
from parlour.xccos.times import format_time
from parlour.xccos.types import (
    DeleteMessage,
    HistoryByDate,
    HistoryByMessage,
    HistoryFilter,
    PurgeRoom,
    RecentHistory,
    ReplaceMessage,
)
from parlour.xml.escape import escape_text

__all__ = ["REQUESTS"]


def _recent_history(request: RecentHistory) -> str:
    last = "" if request.count is None else f'<last cnt="{request.count}"/>'
    return f"{room_reference(request.room_uri)}<bcq>{last}</bcq>"


def _query(request: HistoryByDate | HistoryByMessage) -> str:
    rooms = "".join([room_reference(uri) for uri in request.room_uris])
    return f"{rooms}<bcq>{_limit(request.filter)}{_words(request.filter)}{_place(request.filter)}</bcq>"


def _limit(wanted: HistoryFilter) -> str:
    return "" if wanted.limit is None else f'<limit cnt="{wanted.limit}"/>'


def _words(wanted: HistoryFilter) -> str:
    text = ""
    if wanted.words or wanted.match != "ANY" or wanted.match_case:
        text = element("text", escape_text(wanted.words), mt=wanted.match, mc=wanted.match_case)
    return text + "".join([element("author", uri=uri) for uri in wanted.authors])


def _place(wanted: HistoryFilter) -> str:
    since, until = (None if at is None else format_time(at) for at in (wanted.since, wanted.until))
    parts = []
    if since or until:
        parts.append(element("date", **{"from": since, "to": until}))
    if wanted.anchor is not None:
        parts.append(element("msgid", msgid=wanted.anchor, jmsg=wanted.only_anchor))
    if wanted.newest_first_scan or wanted.newest_first_sort:
        scan, sort = wanted.newest_first_scan, wanted.newest_first_sort
        parts.append(element("sort", searchbkwds=scan, sortbkwds=sort))
    return "".join(parts)


def _delete_message(request: DeleteMessage) -> str:
    return message_reference(request.room_uri, request.chat_id)


def _replace_message(request: ReplaceMessage) -> str:
    chat = f"<chat>{escape_text(request.text)}</chat>" if request.text else ""
    return message_reference(request.room_uri, request.chat_id) + chat


def _purge_room(request: PurgeRoom) -> str:
    return purge_block(request.room_uri, request.until)


REQUESTS: Final[Mapping[type, Callable[[Any], str]]] = {
    RecentHistory: _recent_history,
    HistoryByDate: _query,
    HistoryByMessage: _query,
    DeleteMessage: _delete_message,
    ReplaceMessage: _replace_message,
    PurgeRoom: _purge_room,
}
