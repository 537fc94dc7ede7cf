"""Reading back: the newest messages of a room, and looking for messages."""

from __future__ import annotations

from collections.abc import Sequence

from parlour.channel.caller import Answer, Caller
from parlour.channel.refusals import failed_room
from parlour.hub.reading import HistoryPage as Found
from parlour.rooms.history import MOST_COUNTED, PostQuery
from parlour.rooms.model import Micros
from parlour.rooms.refusals import Refusal, Refused
from parlour.rooms.words import WordMatch
from parlour.xccos.encode import Page, history_replies, pages_replies
from parlour.xccos.types import (
    FailedRoom,
    HistoryByDate,
    HistoryByMessage,
    HistoryFilter,
    RecentHistory,
)

__all__ = ["find_history", "recent_history"]


async def recent_history(caller: Caller, command: RecentHistory) -> Answer:
    """The newest messages. What is posted while they are read is kept back and told after them, once: some clients do
    not look at message numbers (COMPAT: SIPE), so they would show it twice."""
    session, room = caller.session, caller.room_id(command.room_uri)
    session.hold(room)
    outcome = await caller.hub.recent(caller.visit, room, command.count)
    if isinstance(outcome, Refused):
        session.release_after_reply(room, 0)
        return outcome
    if outcome.posts:
        session.pass_on_before(room, outcome.posts[0].chat_id)
    session.release_after_reply(room, outcome.up_to)
    return history_replies(caller.envid, command, command.room_uri, outcome.posts)


# What follows keeps nothing back. It answers a question about the past, with a part of what was said: what is said
# meanwhile is told at once, whether it is in the answer or not, since not all of it need be there and a client must not
# have to wait for it. Clients that ask so know messages by their numbers (SIPE never does).


async def find_history(caller: Caller, command: HistoryByDate | HistoryByMessage) -> Answer:
    """Messages of some rooms by time, words and authors, or before or after one of them; or that one alone."""
    wanted, rooms, reading = command.filter, [caller.room_id(uri) for uri in command.room_uris], caller.hub.reading
    if wanted.only_anchor and wanted.anchor is not None:
        return _replies(caller, command, await reading.messages(caller.person, rooms, wanted.anchor))
    return _replies(caller, command, await reading.query(caller.person, rooms, _query(wanted), wanted.limit))


def _query(wanted: HistoryFilter) -> PostQuery:
    """Where a message is named the dates do not count: the search goes on from there, which is how clients page."""
    backwards, anchor = wanted.newest_first_scan, wanted.anchor
    return PostQuery(
        text=wanted.words,
        match=_MATCHES[wanted.match],
        match_case=wanted.match_case,
        authors=frozenset(wanted.authors),
        since=Micros(wanted.since) if wanted.since is not None and anchor is None else None,
        until=Micros(wanted.until) if wanted.until is not None and anchor is None else None,
        after=None if backwards else anchor,
        before=anchor if backwards else None,
        newest_first=backwards,
        count_to=_counted(wanted),
    )


def _counted(wanted: HistoryFilter) -> int:
    """Whoever searches wants to know how much there is. Counting must not make a page of history cost more than it is:
    who asks by date alone learns whether there is much, who turns pages nothing beyond the page."""
    if wanted.words or wanted.authors:
        return MOST_COUNTED
    return _COUNTED_BY_DATE if wanted.anchor is None else 0


_COUNTED_BY_DATE = 1000
_MATCHES = {"ANY": WordMatch.ANY, "ALL": WordMatch.ALL, "PHR": WordMatch.PHRASE}


def _replies(caller: Caller, command: HistoryByDate | HistoryByMessage, found: Sequence[Found | Refused]) -> Answer:
    """A single room that may not be read refuses the command; among several it is told by itself. A query that asks for
    too much is refused in any room, and therefore as a whole."""
    for one in found:
        if isinstance(one, Refused) and (len(found) == 1 or one.reason is Refusal.LIMIT_EXCEEDED):
            return one
    pages: list[Page] = []
    failed: list[FailedRoom] = []
    for uri, one in zip(command.room_uris, found, strict=True):
        if isinstance(one, Refused):
            failed.append(failed_room(uri, one))
        else:
            posts = one.posts[::-1] if command.filter.newest_first_sort else one.posts
            pages.append(Page(uri, posts, one.matches, one.more))
    return pages_replies(caller.envid, command, pages, failed)
