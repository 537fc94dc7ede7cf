"""What a page of history is: the definition that stores are held against."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from parlour.rooms.history import MOST_COUNTED, Page, PostQuery, page_of
from parlour.rooms.model import Micros
from parlour.rooms.words import WordMatch


@dataclass(frozen=True)
class Post:
    chat_id: int
    author: str
    text: str
    at: int


POSTS = [
    Post(1, "sip:ann@x", "pump 3 tripped", 10),
    Post(2, "sip:bob@x", "which pump", 20),
    Post(4, "sip:ann@x", "펌프 3번", 30),
    Post(5, "sip:cat@x", "[STORY]Night\r\nall quiet", 40),
    Post(6, "sip:bob@x", "pump back on line", 50),
]


def ids(query: PostQuery, limit: int = 10) -> list[int]:
    return [post.chat_id for post in page_of(POSTS, query, limit)[0]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (PostQuery(), [1, 2, 4, 5, 6]),
        (PostQuery(text="pump"), [1, 2, 6]),
        (PostQuery(text="펌프"), [4]),
        (PostQuery(text="프"), [4]),
        (PostQuery(text="night"), [5]),
        (PostQuery(text="story"), []),
        (PostQuery(text="pump tripped", match=WordMatch.ALL), [1]),
        (PostQuery(text="pump back", match=WordMatch.PHRASE), [6]),
        (PostQuery(text="   "), [1, 2, 4, 5, 6]),
        (PostQuery(text="?"), []),
        (PostQuery(authors=frozenset({"sip:ann@x", "sip:cat@x"})), [1, 4, 5]),
        (PostQuery(since=Micros(20), until=Micros(40)), [2, 4, 5]),
        (PostQuery(after=2), [4, 5, 6]),
        (PostQuery(before=4), [1, 2]),
        (PostQuery(text="pump", authors=frozenset({"sip:bob@x"}), after=2), [6]),
    ],
)
def test_what_fits(query: PostQuery, expected: list[int]) -> None:
    assert ids(query) == expected


def test_which_messages_survive_the_limit_and_how_many_there_are() -> None:
    newest, page = page_of(POSTS, PostQuery(text="pump"), 2)
    assert [post.chat_id for post in newest] == [2, 6]
    assert page == Page(3, more=True)
    oldest, page = page_of(POSTS, PostQuery(text="pump", newest_first=False), 2)
    assert [post.chat_id for post in oldest] == [1, 2]
    assert page_of(POSTS, PostQuery(), 0) == ([], Page(5, more=True))
    assert page_of(POSTS, PostQuery(), 5)[1] == Page(5, more=False)


def test_counting_goes_as_far_as_was_asked() -> None:
    assert page_of(POSTS, PostQuery(count_to=0), 2)[1] == Page(2, more=True)
    assert page_of(POSTS, PostQuery(count_to=4), 2)[1] == Page(4, more=True)
    assert page_of(POSTS, PostQuery(count_to=4), 5)[1] == Page(5, more=False)


def test_counting_ends() -> None:
    many = [Post(number, "sip:ann@x", "x", number) for number in range(1, MOST_COUNTED + 5)]
    assert page_of(many, PostQuery(), 1)[1] == Page(MOST_COUNTED, more=True)
