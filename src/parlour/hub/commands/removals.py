"""Taking messages out of rooms, or putting a text in their place. The archive keeps what there was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from parlour.hub.changing import name_of
from parlour.hub.commands.dates import DATE_HELP, read_until
from parlour.hub.commands.finding import find_room_to_administer
from parlour.hub.commands.params import param
from parlour.hub.commands.registry import Command, Context
from parlour.hub.commands.searches import make_query
from parlour.hub.commands.showing import show_in_room
from parlour.hub.removing import DEFAULT_REPLACEMENT, no_such_messages
from parlour.rooms.history import MOST_COUNTED, PostQuery
from parlour.rooms.model import Person, Room
from parlour.rooms.refusals import Refusal, Refused
from parlour.rooms.words import WordMatch

__all__ = ["COMMANDS"]

_MATCHES = {"any": WordMatch.ANY, "all": WordMatch.ALL, "exact": WordMatch.PHRASE}


@dataclass(frozen=True, slots=True)
class Remove:
    room: str = param("Name or id of the room.")
    id: tuple[int, ...] = param(
        "Number of a message; other filters do not go with it. If one is not there, none is removed.", ()
    )
    author: tuple[str, ...] = param("Only messages of these people: logins or addresses.", ())
    since: str | None = param(f"Not before: {DATE_HELP}.", None)
    until: str | None = param(f"Not after: {DATE_HELP}.", None)
    words: str = param("Only messages with these words, at most 32, or with longer words that begin so.", "")
    match: Literal["any", "all", "exact"] = param(
        "How many of the words have to be there; exact: the whole of it as it stands, accents and signs included.",
        "all",
    )
    case: bool = param("Capital and small letters and accents count.", False)
    replace: bool = param("Leave a text in the place of each message that says what happened.", False)
    replacement: str | None = param("Leave this text instead; an empty one means that of --replace.", None)
    dry_run: bool = param("Only count.", False)


@dataclass(frozen=True, slots=True)
class Clear:
    room: str = param("Name or id of the room.")
    until: str = param(f"The last moment that goes: {DATE_HELP}.")
    dry_run: bool = param("Only count.", False)


async def _remove(context: Context, actor: Person | None, params: Remove) -> Any:
    room = find_room_to_administer(context, actor, params.room)
    if isinstance(room, Refused):
        return room
    match = _MATCHES[params.match]
    query = make_query(context, params.words, match, params.case, params.author, params.since, params.until)
    if isinstance(query, Refused):
        return query
    filtered = bool(params.words.strip() or params.author or params.since or params.until)
    if bool(params.id) == filtered:
        return _SAY_WHICH
    # An empty replacement, as from a variable that is not set, is still no deletion.
    replaced = params.replace or params.replacement is not None
    text = (params.replacement or DEFAULT_REPLACEMENT) if replaced else None
    if params.dry_run:
        if params.id:
            return await _count_listed(context, actor, room, params.id)
        return await _count(context, actor, room, _literally(query))
    if params.id:
        removal = await context.hub.removing.remove_listed(actor, room.id, params.id, text)
    else:
        removal = await context.hub.removing.remove(actor, room.id, _literally(query), text)
    return removal if isinstance(removal, Refused) else _done(room, removal.count, text)


def _literally(query: PostQuery) -> PostQuery:
    """What is searched for by a phrase may be written otherwise; what is removed by one may not."""
    return replace(query, literal=query.match is WordMatch.PHRASE)


async def _count_listed(context: Context, actor: Person | None, room: Room, numbers: Sequence[int]) -> Any:
    missing = []
    for number in dict.fromkeys(numbers):
        query = PostQuery(after=number - 1, before=number + 1)
        page = await context.hub.reading.inspect_query(name_of(actor), room.id, query, 1)
        if isinstance(page, Refused):
            return page
        if not page.matches:
            missing.append(number)
    return no_such_messages(missing) if missing else _counted(room, len(set(numbers)), more=False)


async def _clear(context: Context, actor: Person | None, params: Clear) -> Any:
    room, until = find_room_to_administer(context, actor, params.room), read_until(params.until)
    if isinstance(room, Refused):
        return room
    if isinstance(until, Refused):
        return until
    assert until is not None
    if params.dry_run:
        return await _count(context, actor, room, PostQuery(until=until))
    removal = await context.hub.removing.purge(actor, room.id, until)
    return removal if isinstance(removal, Refused) else _done(room, removal.count, None)


async def _count(context: Context, actor: Person | None, room: Room, query: PostQuery) -> Any:
    page = await context.hub.reading.inspect_query(name_of(actor), room.id, query, 1)
    return page if isinstance(page, Refused) else _counted(room, page.matches, page.matches >= MOST_COUNTED)


def _counted(room: Room, count: int, more: bool) -> dict[str, object]:
    """`at_least`: there may be more, counting stopped."""
    return show_in_room(room) | {"would_remove": count, "at_least": more}


def _done(room: Room, count: int, text: str | None) -> dict[str, object]:
    return show_in_room(room) | {"replaced" if text is not None else "removed": count}


_SAY_WHICH = Refused(
    Refusal.INVALID,
    "say which messages: either --id, or some of --author, --since, --until and --words; "
    "`parlour room clear` takes all of them up to a day",
)

COMMANDS: tuple[Command[Any], ...] = (
    Command(
        "message.remove",
        Remove,
        "Remove or replace messages of a room; the archive keeps them.",
        _remove,
        "Remove messages of {room} for good?",
    ),
    Command(
        "room.clear",
        Clear,
        "Remove all messages of a room up to a day or time; the archive keeps them.",
        _clear,
        "Remove all messages of {room} up to {until} for good?",
    ),
)
