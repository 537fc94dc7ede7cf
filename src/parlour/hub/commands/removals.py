"""Taking messages out of rooms, or putting a text in their place. The archive keeps what there was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from parlour.hub.changing import name_of
from parlour.hub.commands.dates import DATE_HELP, read_until
from parlour.hub.commands.finding import find_room_to_administer
from parlour.hub.commands.params import param
from parlour.hub.commands.registry import Command, Context
from parlour.hub.commands.searches import make_query
from parlour.hub.commands.showing import show_in_room
from parlour.hub.removing import DEFAULT_REPLACEMENT
from parlour.rooms.history import MOST_COUNTED, PostQuery
from parlour.rooms.model import Person, Room
from parlour.rooms.refusals import Refusal, Refused
from parlour.rooms.words import WordMatch

__all__ = ["COMMANDS"]

_MATCHES = {"any": WordMatch.ANY, "all": WordMatch.ALL, "exact": WordMatch.PHRASE}


@dataclass(frozen=True, slots=True)
class Remove:
    room: str = param("Name or id of the room.")
    id: tuple[int, ...] = param("Number of a message; other filters do not go with it.", ())
    author: tuple[str, ...] = param("Only messages of these people: logins or addresses.", ())
    since: str | None = param(f"Not before: {DATE_HELP}.", None)
    until: str | None = param(f"Not after: {DATE_HELP}.", None)
    words: str = param("Only messages with these words.", "")
    match: Literal["any", "all", "exact"] = param(
        "How many of the words have to be there; exact: as one sequence.", "all"
    )
    case: bool = param("Capital and small letters and accents count.", False)
    replace: bool = param("Leave a text in the place of each message that says what happened.", False)
    replacement: str | None = param("Leave this text instead.", None)
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
    query = make_query(
        context,
        params.words,
        _MATCHES[params.match],
        params.case,
        params.author,
        params.since,
        params.until,
    )
    if isinstance(query, Refused):
        return query
    filtered = bool(params.words.strip() or params.author or params.since or params.until)
    if bool(params.id) == filtered:
        return _SAY_WHICH
    text = params.replacement or (DEFAULT_REPLACEMENT if params.replace else None)
    if params.id:
        return await _remove_ids(context, actor, room, params, text)
    if params.dry_run:
        return await _count(context, actor, room, query)
    removal = await context.hub.removing.remove(actor, room.id, query, text)
    return removal if isinstance(removal, Refused) else _done(room, removal.count, text)


async def _remove_ids(context: Context, actor: Person | None, room: Room, params: Remove, text: str | None) -> Any:
    """One after the other; the first that is not there ends it."""
    for number in params.id:
        if params.dry_run:
            refused = await _missing(context, actor, room, number)
        else:
            refused = _refusal(await context.hub.removing.remove_one(actor, room.id, number, text))
        if refused is not None:
            return refused
    return _counted(room, len(params.id), more=False) if params.dry_run else _done(room, len(params.id), text)


def _refusal(answer: object) -> Refused | None:
    return answer if isinstance(answer, Refused) else None


async def _missing(context: Context, actor: Person | None, room: Room, number: int) -> Refused | None:
    query = PostQuery(after=number - 1, before=number + 1)
    page = await context.hub.reading.inspect_query(name_of(actor), room.id, query, 1)
    if isinstance(page, Refused):
        return page
    if page.matches:
        return None
    return Refused(Refusal.NO_SUCH_MESSAGE, f"there is no message {number} in {room.name}")


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
