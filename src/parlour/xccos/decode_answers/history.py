"""Answers with messages in them, and what is told of removed ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from parlour.xccos.decode import group_chat
from parlour.xccos.decode_answers.parts import failed_of, number_of, time_of
from parlour.xccos.decode_answers.reader import NoticeReader, ReplyReader
from parlour.xccos.fields import Malformed, flag, needed_uint, required, room_uri_of
from parlour.xccos.types import (
    GroupChat,
    History,
    HistoryPage,
    HistoryPages,
    MessageRef,
    Purged,
    ReplacedMessage,
)
from parlour.xccos.xml import Element

__all__ = ["NOTICES", "REPLIES"]


def _history(data: Element) -> History:
    chanib = required(data, "chanib")
    return History(room_uri_of(chanib, "uri"), _messages(chanib))


def _pages(data: Element) -> HistoryPages:
    return HistoryPages(tuple(_page(chanib) for chanib in data.find_all("chanib")), failed_of(data))


def _page(chanib: Element) -> HistoryPage:
    room = room_uri_of(chanib, "uri")
    return HistoryPage(room, _messages(chanib), number_of(chanib, "matches"), flag(chanib, "truncated"))


def _messages(chanib: Element) -> tuple[GroupChat, ...]:
    messages = []
    for position, msg in enumerate(chanib.find_all("msg"), 1):
        if (msg.get("id") or GroupChat.name) != GroupChat.name:
            continue
        try:
            messages.append(group_chat(msg, position))
        except Malformed:
            continue
    return tuple(messages)


def _message_ref(data: Element) -> MessageRef:
    ref = required(data, "msgref")
    return MessageRef(room_uri_of(ref, "chanUri"), needed_uint(ref, "chatId"))


def _replaced(data: Element) -> ReplacedMessage:
    return ReplacedMessage(group_chat(required(data, "msg"), 1))


def _purged(data: Element) -> Purged:
    room, until = room_uri_of(required(data, "chanib"), "uri"), time_of(required(data, "purge"), "until")
    if until is None:
        raise Malformed("until is missing")
    return Purged(room, until)


REPLIES: Final[Mapping[str, ReplyReader]] = {
    "bccontext": _history,
    "bcbydate": _pages,
    "bcbymsg": _pages,
    "delmsg": _message_ref,
    "replmsg": _message_ref,
    "chanpurge": _purged,
}

NOTICES: Final[Mapping[str, NoticeReader]] = {
    "msgdel": _message_ref,
    "msgrepl": _replaced,
    "chanpurge": _purged,
}
