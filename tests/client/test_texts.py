"""Texts that are made here read the same in the server's house."""

from __future__ import annotations

import pytest

from parlour.client import (
    InvalidArgument,
    TextLink,
    TextStory,
    file_link,
    find_links,
    link,
    read_story,
    room_link,
    story,
)
from parlour.rooms.content import searchable_text

ROOM = "ma-chan://example.com/5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"


def test_a_story() -> None:
    text = story(" 6월 11일 보고 ", "Pump 3\r\ntripped")
    assert text == "[STORY]6월 11일 보고\r\nPump 3\r\ntripped"
    assert searchable_text(text) == "6월 11일 보고\r\nPump 3\r\ntripped"
    assert read_story(text) == TextStory("6월 11일 보고", "Pump 3\ntripped")
    assert read_story("no story") is None


@pytest.mark.parametrize("title", ["", "  ", "two\nlines", "two\rlines"])
def test_titles_that_are_none(title: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        story(title, "body")


def test_links() -> None:
    file = file_link(ROOM, "3b6a4c80.txt", "보고서 & more.txt", 10240)
    text = f"see {link('https://example.com/p?a=1&b=2', '펌프')}, {room_link(ROOM.upper(), '상황실')}, {file}"
    assert searchable_text(text) == f"see 펌프 https://example.com/p?a=1&b=2, 상황실 {ROOM}, 보고서 & more.txt"
    assert find_links(text) == (
        TextLink("https://example.com/p?a=1&b=2", "펌프"),
        TextLink(ROOM, "상황실"),
        TextLink(file, file),
    )
    assert find_links("http://bare.example, words") == (TextLink("http://bare.example,", "http://bare.example,"),)
    assert link("https://x.example") == '<a href="https://x.example">https://x.example</a>'


def test_links_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="characters"):
        link('https://x.example/"onclick=', "x")
    with pytest.raises(ValueError, match="characters"):
        link("https://x.example", "<b>")
    with pytest.raises(ValueError, match="stored file"):
        file_link(ROOM, "../secret", "x")
    with pytest.raises(InvalidArgument):
        room_link("nowhere", "x")
