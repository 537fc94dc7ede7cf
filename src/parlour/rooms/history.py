"""Which messages of a room: what a query says, and what a page of them is. Where they are is the store's business."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from parlour.rooms.content import searchable_text
from parlour.rooms.model import Micros
from parlour.rooms.words import WordMatch, Words, compile_words

__all__ = ["MOST_COUNTED", "MOST_EXAMINED", "Kept", "Page", "PostQuery", "most_counted", "page_of"]

MOST_COUNTED = 10_000
"""Matches are counted up to here at most; a query that has more says this number and that there are more."""

MOST_EXAMINED = 100_000
"""Texts that one query looks at, where an index alone cannot tell whether they fit (`Words.settled`)."""


class Kept(Protocol):
    """What a query looks at in a post."""

    @property
    def chat_id(self) -> int: ...
    @property
    def author(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def at(self) -> int: ...


K = TypeVar("K", bound=Kept)


@dataclass(frozen=True, slots=True)
class PostQuery:
    """A conjunction; what is empty or None does not filter.

    `text`, `match`, `match_case` and `literal` are as in `compile_words`. `authors` are URIs in lower case. `since` and
    `until` are both inclusive, microseconds since 1970. `after` and `before` are message numbers, both excluded.
    `newest_first`: scan from the newest, so that the newest survive the limit; the page itself is always oldest first.
    `count_to`: matches are counted up to here, or up to those on the page; 0 for readers who turn pages, as counting
    would cost more than the page. `examine_to`: where the words are not `settled`, only so many posts that have their
    lookups are looked at, from where the scan begins; None looks at all. `compiled`: the words, where they were
    compiled before (`decisions.decide_query`)."""

    text: str = ""
    match: WordMatch = WordMatch.ANY
    match_case: bool = False
    literal: bool = False
    authors: frozenset[str] = frozenset()
    since: Micros | None = None
    until: Micros | None = None
    after: int | None = None
    before: int | None = None
    newest_first: bool = True
    count_to: int = MOST_COUNTED
    examine_to: int | None = MOST_EXAMINED
    compiled: Words | None = field(default=None, compare=False, repr=False)

    @property
    def words(self) -> Words | None:
        """The compiled words; None when the query has none."""
        if self.compiled is not None or not self.text.strip():
            return self.compiled
        return compile_words(self.text, self.match, self.match_case, self.literal)


@dataclass(frozen=True, slots=True)
class Page:
    """What is beside a page: `matches` of all that fit, as far as they were counted; `more`: some are not on it, or
    posts that may fit were not looked at any more. `examined`: how many texts were looked at, where an index does not
    say it all; about, as stores may stop when they have enough."""

    matches: int
    more: bool
    examined: int = field(default=0, compare=False)


def page_of(posts: Iterable[K], query: PostQuery, limit: int) -> tuple[list[K], Page]:
    """The page of a query over all posts of a room, oldest first: the definition that every store has to keep to."""
    candidates = [post for post in posts if _fits(post, query)]
    words, examined, left_out = query.words, 0, 0
    if words is not None:
        candidates = [post for post in candidates if words.looked_up_in(searchable_text(post.text))]
        if not words.settled:
            examined = len(candidates) if query.examine_to is None else min(len(candidates), query.examine_to)
            left_out = len(candidates) - examined
            candidates = candidates[left_out:] if query.newest_first else candidates[:examined]
    found = [post for post in candidates if words is None or words.fits(searchable_text(post.text))]
    cut = (found[-limit:] if limit > 0 else []) if query.newest_first else found[: max(limit, 0)]
    more = left_out > 0 or len(found) > len(cut)
    return cut, Page(min(len(found), most_counted(query, limit)), more, examined)


def most_counted(query: PostQuery, limit: int) -> int:
    """How many matches are counted for a page of `limit`."""
    return max(min(query.count_to, MOST_COUNTED), limit)


def _fits(post: Kept, query: PostQuery) -> bool:
    return (
        (not query.authors or post.author in query.authors)
        and (query.since is None or post.at >= query.since)
        and (query.until is None or post.at <= query.until)
        and (query.after is None or post.chat_id > query.after)
        and (query.before is None or post.chat_id < query.before)
    )
