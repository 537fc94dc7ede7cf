"""Posts, commands about old messages, and commands that remove them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from parlour.xccos.decode.reader import Reader
from parlour.xccos.fields import (
    Malformed,
    choice,
    count_of,
    flag,
    last_time_of,
    needed_uint,
    parse_bool,
    parse_uint,
    principal_of,
    required,
    room_uri_of,
    room_uris,
    single,
    time_of,
    uint,
)
from parlour.xccos.times import parse_time
from parlour.xccos.types import (
    DeleteMessage,
    GroupChat,
    HistoryByDate,
    HistoryByMessage,
    HistoryFilter,
    MatchWord,
    PurgeRoom,
    RecentHistory,
    ReplaceMessage,
)
from parlour.xccos.xml import Element

__all__ = ["COMMANDS", "group_chat"]

_MATCHES: Final[Mapping[str, MatchWord]] = {"ANY": "ANY", "PAR": "ANY", "ALL": "ALL", "PHR": "PHR", "EXT": "PHR"}
_MOST_AUTHORS = 100


def group_chat(element: Element, seqid: int) -> GroupChat:
    """A `grpchat`, or a `msg` of history. Raises Malformed without a room or a text. An empty `rtf` is none: who shows
    it in place of the text would show nothing."""
    chat, rtf = required(element, "chat"), element.find("rtf")
    get = element.attributes.get
    stamp = get("ts")
    return GroupChat(
        seqid,
        room_uri_of(element, "chanUri"),
        get("author") or "",
        chat.text,
        get("authdisp") or "",
        None if rtf is None or not rtf.text.strip() else rtf.text,
        parse_bool(get("alert")) is True,
        parse_uint(get("chatId")),
        parse_time(stamp) if stamp else None,
    )


def _recent_history(data: Element, seqid: int) -> RecentHistory:
    room = room_uri_of(single(data, "chanib"), "uri")
    query = data.find("bcq")
    last = None if query is None else query.find("last")
    return RecentHistory(seqid, room, None if last is None else count_of(last, "cnt"))


def _history_by_date(data: Element, seqid: int) -> HistoryByDate:
    return HistoryByDate(seqid, _rooms(data), _filter(data.find("bcq")))


def _history_by_message(data: Element, seqid: int) -> HistoryByMessage:
    query = _filter(required(data, "bcq"))
    if query.anchor is None:
        raise Malformed("msgid is missing")
    return HistoryByMessage(seqid, _rooms(data), query)


def _rooms(data: Element) -> tuple[str, ...]:
    rooms = room_uris(data)
    if not rooms:
        raise Malformed("chanib is missing")
    return rooms


_NOTHING: Final = Element(None, {})


def _filter(query: Element | None) -> HistoryFilter:
    """Everything in a `bcq`; what is absent does not filter."""
    find = (query or _NOTHING).find
    text, date, msgid, sort = (find(tag) or _NOTHING for tag in ("text", "date", "msgid", "sort"))
    anchor = uint(msgid, "msgid")
    return HistoryFilter(
        words=text.text.strip(),
        match=choice(text.get("mt"), "mt", _MATCHES) or "ANY",
        match_case=flag(text, "mc"),
        authors=_authors(query or _NOTHING),
        since=time_of(date, "from"),
        until=last_time_of(date, "to"),
        anchor=anchor,
        only_anchor=anchor is not None and flag(msgid, "jmsg"),
        limit=count_of(find("limit") or _NOTHING, "cnt"),
        newest_first_scan=flag(sort, "searchbkwds"),
        newest_first_sort=flag(sort, "sortbkwds"),
    )


def _authors(query: Element) -> tuple[str, ...]:
    authors = tuple(principal_of(author) for author in query.find_all("author"))
    if len(authors) > _MOST_AUTHORS:
        raise Malformed("too many authors")
    return authors


def _delete_message(data: Element, seqid: int) -> DeleteMessage:
    return DeleteMessage(seqid, *_message(data))


def _replace_message(data: Element, seqid: int) -> ReplaceMessage:
    chat = data.find("chat")
    return ReplaceMessage(seqid, *_message(data), "" if chat is None else chat.text)


def _message(data: Element) -> tuple[str, int]:
    ref = single(data, "msgref")
    return room_uri_of(ref, "chanUri"), needed_uint(ref, "chatId")


def _purge_room(data: Element, seqid: int) -> PurgeRoom:
    room = room_uri_of(single(data, "chanib"), "uri")
    until = last_time_of(single(data, "purge"), "until")
    if until is None:
        raise Malformed("until is missing")
    return PurgeRoom(seqid, room, until)


COMMANDS: Final[Mapping[str, Reader]] = {
    "bccontext": _recent_history,
    "bcbydate": _history_by_date,
    "bcbymsg": _history_by_message,
    "delmsg": _delete_message,
    "replmsg": _replace_message,
    "chanpurge": _purge_room,
}
