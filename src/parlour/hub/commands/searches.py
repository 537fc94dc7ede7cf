"""Searching the messages of rooms as an administrator; the archive records it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from parlour.hub.changing import name_of
from parlour.hub.commands.dates import DATE_HELP, read_since, read_until
from parlour.hub.commands.finding import find_author, find_room, only_admins
from parlour.hub.commands.params import param
from parlour.hub.commands.registry import Command, Context
from parlour.hub.commands.showing import show_in_room, show_post
from parlour.hub.reading import HistoryPage
from parlour.rooms.history import PostQuery
from parlour.rooms.model import Person, Room
from parlour.rooms.refusals import Refused
from parlour.rooms.words import WordMatch
from parlour.store.api import StoredPost

__all__ = ["COMMANDS", "make_query"]


@dataclass(frozen=True, slots=True)
class Search:
    room: tuple[str, ...] = param("Names or ids of the rooms.")
    words: str = param(
        "Words to look for, at most 32; they also find longer words that begin so. Any of them will do.", ""
    )
    phrase: bool = param("Look for the words as one sequence.", False)
    all: bool = param("Look for messages that have all the words.", False)
    case: bool = param("Capital and small letters and accents count.", False)
    author: tuple[str, ...] = param("Only messages of these people: logins or addresses.", ())
    since: str | None = param(f"Not before: {DATE_HELP}.", None)
    until: str | None = param(f"Not after: {DATE_HELP}.", None)
    count: int = param(
        "How many messages of each room at most, the newest; 0 only says how many there are.", 100, least=0
    )


async def _search(context: Context, actor: Person | None, params: Search) -> Any:
    refused = only_admins(context, actor)
    if refused is not None:
        return refused
    match = WordMatch.PHRASE if params.phrase else WordMatch.ALL if params.all else WordMatch.ANY
    query = make_query(context, params.words, match, params.case, params.author, params.since, params.until)
    if isinstance(query, Refused):
        return query
    rooms: dict[str, Room] = {}
    for text in params.room:
        room = find_room(context, actor, text)
        if isinstance(room, Refused):
            return room
        rooms[room.id] = room
    return await _pages(context, actor, list(rooms.values()), query, params.count)


async def _pages(context: Context, actor: Person | None, rooms: list[Room], query: PostQuery, count: int) -> Any:
    shown = []
    for room in rooms:
        page = await context.hub.reading.inspect_query(name_of(actor), room.id, query, count)
        if isinstance(page, Refused):
            return page
        shown.append(_show_page(room, page, page.posts if count else ()))
    return shown


def _show_page(room: Room, page: HistoryPage, posts: Sequence[StoredPost]) -> dict[str, object]:
    return {
        **show_in_room(room),
        "matches": page.matches,
        "more": page.more,
        "logged": page.logged,
        "messages": [show_post(room, post) for post in posts],
    }


def make_query(
    context: Context,
    words: str,
    match: WordMatch,
    case: bool,
    authors: tuple[str, ...],
    since: str | None,
    until: str | None,
) -> PostQuery | Refused:
    """A query from what was typed; the first thing that cannot be meant refuses it."""
    first, last = read_since(since), read_until(until)
    if isinstance(first, Refused):
        return first
    if isinstance(last, Refused):
        return last
    uris = []
    for text in authors:
        uri = find_author(context, text)
        if isinstance(uri, Refused):
            return uri
        uris.append(uri)
    return PostQuery(words, match, case, authors=frozenset(uris), since=first, until=last)


COMMANDS: tuple[Command[Any], ...] = (
    Command("message.search", Search, "Find messages of rooms; the archive records it.", _search, reads=True),
)
