"""May this be done now? Joining, parting, posting and reading, decided without doing any of it.

Each function takes what it needs to know and gives `None` (go ahead), a value, or the reason why not.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from parlour.rooms.content import STORY_PREFIX
from parlour.rooms.history import PostQuery
from parlour.rooms.model import Behavior, Limits, Person, Room
from parlour.rooms.names import longer_than
from parlour.rooms.policy import Rights, holds
from parlour.rooms.refusals import Refusal, Refused
from parlour.rooms.switches import Switches
from parlour.rooms.words import MOST_WORDS

__all__ = [
    "HIGHEST_NUMBER",
    "HISTORY_CAP",
    "MOST_AUTHORS_TEXT",
    "MOST_TEXT",
    "check_text",
    "decide_download",
    "decide_history_size",
    "decide_invitation",
    "decide_join",
    "decide_page_size",
    "decide_post",
    "decide_query",
    "decide_read",
    "decide_upload",
    "no_such_room",
    "within_reach",
]

RTF_FACTOR = 8
"""The formatted twin of a text may be this many times larger than the text's own limit."""
HISTORY_CAP = 500
"""The most posts that one question gives, whatever the settings say."""
HIGHEST_NUMBER = 2**63 - 1
"""No message has a higher number; more is not kept apart from it."""
MOST_TEXT = 4000
"""Characters of what one query for messages looks for, as they are typed and as they are compared."""
MOST_AUTHORS_TEXT = 10_000
"""Characters of all the authors that one query names: each room's record of it says them."""

# What XML 1.0 cannot carry (section 2.2): such a text could be kept but never shown.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_NO_SUCH_ROOM = Refused(Refusal.NO_SUCH_ROOM, "there is no such room")
_DISABLED = Refused(Refusal.ROOM_DISABLED, "the room is disabled")
_NOT_MEMBER = Refused(Refusal.NOT_PERMITTED, "you are not a member of this room")
_NOT_JOINED = Refused(Refusal.NOT_JOINED, "you are not in this room")
_UNSEEN = "\xad\ufeff" + "".join(
    one
    for one in map(chr, range(0x3001))
    if one.isspace() or unicodedata.category(one) == "Cc" or (one > "\u2000" and unicodedata.category(one) == "Cf")
)
"""White space, control characters, and what only tells others how to look: a message of nothing else says nothing."""
_UNSENDABLE = Refused(Refusal.INVALID, "a message cannot hold control characters")
_EMPTY = Refused(Refusal.INVALID, "a message needs a text")
_NOT_PRESENTER = Refused(Refusal.NOT_PERMITTED, "only presenters post in this room")
_NO_FILES = Refused(Refusal.FILES_NOT_ALLOWED, "the rooms of this category take no files")


def no_such_room() -> Refused:
    """The one answer for rooms that do not exist and for rooms that the asker may not see."""
    return _NO_SUCH_ROOM


def decide_join(room: Room, rights: Rights) -> Refused | None:
    if not rights.see:
        return _NO_SUCH_ROOM
    if room.disabled:
        return _DISABLED
    return None if rights.join else _NOT_MEMBER


def decide_read(room: Room, rights: Rights) -> Refused | None:
    if not rights.see:
        return _NO_SUCH_ROOM
    if room.disabled:
        return _DISABLED
    return None if rights.read else _NOT_MEMBER


def decide_post(room: Room, rights: Rights, inside: bool, text: str, rtf: str | None, limits: Limits) -> Refused | None:
    """`inside`: the author's endpoint has joined. Text limits are in bytes of UTF-8."""
    if not rights.post:
        return _why_no_post(room, rights)
    if not inside:
        return _NOT_JOINED
    return check_text(text, rtf, limits)


def _why_no_post(room: Room, rights: Rights) -> Refused:
    refused = decide_join(room, rights)
    if refused is not None:
        return refused
    return _NOT_PRESENTER if room.behavior is Behavior.AUDITORIUM else _NOT_MEMBER


def check_text(text: str, rtf: str | None, limits: Limits) -> Refused | None:
    """Size and sense of a message. A story (long text under a title) has a larger limit."""
    if not text.strip(_UNSEEN):
        return _EMPTY
    limit = limits.story_bytes if text.startswith(STORY_PREFIX) else limits.message_bytes
    if _longer_than(text, limit):
        return Refused(Refusal.LIMIT_EXCEEDED, f"a message has at most {limit} bytes")
    if rtf is not None and _longer_than(rtf, limit * RTF_FACTOR):
        return Refused(Refusal.LIMIT_EXCEEDED, f"the formatted text has at most {limit * RTF_FACTOR} bytes")
    if _UNSHOWABLE.search(text) or (rtf is not None and _UNSHOWABLE.search(rtf)):
        return _UNSENDABLE
    return None


def _longer_than(text: str, limit: int) -> bool:
    # Four bytes per character at most: short texts need not be encoded to be sure.
    if len(text) * 4 <= limit:
        return False
    return len(text) > limit or len(text.encode("utf-8", "surrogatepass")) > limit


def decide_history_size(asked: int | None, limits: Limits) -> int:
    """How many posts a reader gets: what was asked, within the server's own setting (docs/protocol/rooms.md)."""
    most = max(1, min(limits.default_history, HISTORY_CAP))
    return most if asked is None or asked <= 0 else min(asked, most)


def decide_page_size(asked: int | None, limits: Limits) -> int:
    """How many messages of a room a query gives: what was asked, within the cap; the server's setting for None."""
    cap = max(1, min(HISTORY_CAP, limits.search_limit))
    return min(limits.default_history if asked is None or asked <= 0 else asked, cap)


def decide_query(query: PostQuery) -> PostQuery | Refused:
    """The query with its words compiled, once for all rooms and stores. It looks for all that was typed or for nothing:
    each word is a lookup in an index. How long it is comes first, for compiling takes time."""
    if longer_than(query.text, MOST_TEXT):
        return Refused(Refusal.LIMIT_EXCEEDED, f"what a search looks for has at most {MOST_TEXT} characters")
    if sum(map(len, query.authors)) > MOST_AUTHORS_TEXT:
        return Refused(
            Refusal.LIMIT_EXCEEDED, f"the addresses of a search have at most {MOST_AUTHORS_TEXT} characters together"
        )
    words = query.words
    if words is None:
        return query
    if len(words.terms) > MOST_WORDS:
        return Refused(
            Refusal.LIMIT_EXCEEDED,
            f"a search has at most {MOST_WORDS} different words and phrases; these are {len(words.terms)}",
        )
    return replace(query, compiled=words)


def within_reach(query: PostQuery) -> PostQuery:
    """The same query with bounds that every store can count to."""
    bounds = {
        name: max(-HIGHEST_NUMBER, min(value, HIGHEST_NUMBER))
        for name in ("since", "until", "after", "before")
        if (value := getattr(query, name)) is not None
    }
    return replace(query, **bounds) if bounds else query


def decide_upload(room: Room, rights: Rights, inside: bool, switches: Switches) -> Refused | None:
    """A file is put into a room by those who may post there and are inside."""
    if not rights.post:
        return _why_no_post(room, rights)
    if not inside:
        return _NOT_JOINED
    return None if switches.filepost else _NO_FILES


def decide_download(room: Room, rights: Rights, switches: Switches) -> Refused | None:
    """A file is fetched by those who may read, inside or not."""
    refused = decide_read(room, rights)
    if refused is not None:
        return refused
    return None if switches.filepost else _NO_FILES


def decide_invitation(room: Room, rights: Rights, switches: Switches, person: Person) -> bool:
    """Whether the person is to be told that they may enter: a member who is reached by an entry that was made while the
    room invited, and it still does. Whoever made the room knows of it."""
    return (
        switches.invite
        and room.invite
        and rights.join
        and room.audit.created_by != person.uri
        and holds(room.invited, person)
    )
