"""Finding rooms: what a query says and which rooms fit it. Who may see a room is not decided here (`policy`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from parlour.rooms.model import Behavior, CategoryId, Room, RoomId, Visibility
from parlour.rooms.names import MOST_COMPARED, bare_name, fold_name, longer_than, look_of
from parlour.rooms.refusals import Refusal, Refused
from parlour.rooms.words import MOST_WORDS

__all__ = ["MOST_TEXT", "Match", "Mine", "RoomQuery", "compile_query", "compile_text"]

MOST_TEXT = MOST_COMPARED
"""Characters of what is looked for in names, as they are typed and as they are compared."""


class Match(Enum):
    """How the words of a query are looked for."""

    ANY = "ANY"
    ALL = "ALL"
    PHRASE = "PHRASE"
    EXACT = "EXACT"
    """The whole name, or one that looks the same."""


class Mine(Enum):
    """Only rooms in which the asker stands in a role."""

    MEMBER = "MEMBER"
    MANAGER = "MANAGER"


@dataclass(frozen=True, slots=True)
class RoomQuery:
    """A conjunction; what is None or empty does not filter. An empty `text` fits every room.

    `member` and `manager` are principal URIs as they stand in the role lists; `visitor` is the URI of somebody who is
    in the room now; `disabled` True asks for disabled rooms, which only those who may manage them get to see;
    `invite` is the room's own setting. `after` is a name: only rooms whose names come after it; `limit` is the number
    of rows wanted, within the server's."""

    text: str = ""
    after: str = ""
    match: Match = Match.ANY
    descriptions: bool = False
    room: RoomId | None = None
    category: CategoryId | None = None
    mine: Mine | None = None
    member: str | None = None
    manager: str | None = None
    visitor: str | None = None
    addin: str | None = None
    visibility: Visibility | None = None
    behavior: Behavior | None = None
    invite: bool | None = None
    disabled: bool | None = None
    limit: int | None = None


def compile_query(query: RoomQuery) -> Callable[[Room, str], bool] | Refused:
    """A predicate over (room, its folded name), with the words folded once; LIMIT_EXCEEDED as `compile_text` says. It
    looks at settings and text only: `mine`, `visitor`, `disabled` and `limit` need knowledge that lives elsewhere."""
    found = compile_text(query.text, query.match)
    if isinstance(found, Refused):
        return found
    if len(query.after) > MOST_TEXT:
        return _TOO_LONG
    after = fold_name(query.after)
    wanted = _settings_wanted(query)

    def fits(room: Room, folded_name: str) -> bool:
        if after and folded_name <= after:
            return False
        if wanted and any(getattr(room, name) != value for name, value in wanted.items()):
            return False
        if query.member is not None and query.member not in room.members:
            return False
        if query.manager is not None and query.manager not in room.managers:
            return False
        if found is None or found(folded_name):
            return True
        return query.descriptions and found(fold_name(room.description))

    return fits


def _settings_wanted(query: RoomQuery) -> Mapping[str, object]:
    asked = {
        "id": query.room,
        "category": query.category,
        "addin": query.addin,
        "visibility": query.visibility,
        "behavior": query.behavior,
        "invite": query.invite,
    }
    return {name: value for name, value in asked.items() if value is not None}


def compile_text(text: str, match: Match) -> Callable[[str], bool] | Refused | None:
    """A test of folded names; None for a text that every name fits. Accents do not count, as in the search for
    messages, but for a whole name. More than MOST_TEXT characters, or MOST_WORDS different words: LIMIT_EXCEEDED."""
    if longer_than(text, MOST_TEXT):
        return _TOO_LONG
    name = fold_name(text)
    if not name:
        return None
    if match is Match.EXACT:
        look = look_of(name)
        return lambda haystack: look_of(haystack) == look
    phrase = _bare(name)
    if match is Match.PHRASE:
        return lambda haystack: bool(phrase) and phrase in _bare(haystack)
    return _words_test(tuple(dict.fromkeys(phrase.split())), match)


def _words_test(words: tuple[str, ...], match: Match) -> Callable[[str], bool] | Refused:
    """A query of nothing but accents has no words, and finds nothing."""
    if len(words) > MOST_WORDS:
        return Refused(
            Refusal.LIMIT_EXCEEDED, f"a search has at most {MOST_WORDS} different words; these are {len(words)}"
        )
    combine = all if match is Match.ALL else any

    def found(haystack: str) -> bool:
        bare = _bare(haystack)
        return bool(words) and combine(word in bare for word in words)

    return found


def _bare(folded: str) -> str:
    return folded if folded.isascii() else bare_name(folded)


_TOO_LONG = Refused(Refusal.LIMIT_EXCEEDED, f"what is looked for in names has at most {MOST_TEXT} characters")
