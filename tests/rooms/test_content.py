"""Links, files, stories and faces in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.rooms.content import (
    EMOTICONS,
    Emoticon,
    FileLink,
    Link,
    PlainText,
    RoomLink,
    Story,
    parse_content,
    searchable_text,
    split_story,
)

ROOM = "ma-chan://example.com/c0a9a3d4-06c9-4c59-b1f8-6d2d3b1a3304"
FILE = FileLink("example.com", "c0a9a3d4-06c9-4c59-b1f8-6d2d3b1a3304", "3b6a4c80.txt", "보고서 1.txt", 10240)


def test_the_parts_of_a_text_in_order() -> None:
    text = f'see <a href="https://www.example.com/p3">pump sheet</a> in <a href="{ROOM}">Incident Desk</a> :) {FILE}'
    assert parse_content(text) == [
        PlainText("see "),
        Link("https://www.example.com/p3", "pump sheet"),
        PlainText(" in "),
        RoomLink(ROOM, "Incident Desk"),
        PlainText(" "),
        Emoticon(":)"),
        PlainText(" "),
        FILE,
    ]


def test_bare_addresses_are_links_too() -> None:
    assert parse_content(f"https://example.com/a?b=1 {ROOM}") == [
        Link("https://example.com/a?b=1", "https://example.com/a?b=1"),
        PlainText(" "),
        RoomLink(ROOM, ROOM),
    ]


@pytest.mark.parametrize("face", EMOTICONS)
def test_each_face(face: str) -> None:
    assert parse_content(f"well {face}") == [PlainText("well "), Emoticon(face)]


def test_a_file_without_its_facts() -> None:
    (part,) = parse_content("ma-filelink://example.com/room/stored.bin")
    assert part == FileLink("example.com", "room", "stored.bin", "stored.bin", None)


def test_a_link_with_many_parameters_is_a_link_all_the_same() -> None:
    many = "&".join(f"p{number}=1" for number in range(100))
    (part,) = parse_content(f"ma-filelink://example.com/room/stored.bin?name=a.txt&{many}")
    assert part == FileLink("example.com", "room", "stored.bin", "a.txt", None)


def test_a_link_is_known_however_it_is_written() -> None:
    (part,) = parse_content("MA-FileLink://example.com/room/stored.bin?size=7")
    assert part == FileLink("example.com", "room", "stored.bin", "stored.bin", 7)


def test_a_story_has_a_title_and_a_body() -> None:
    assert split_story("[STORY]Shift report\r\nPump 3\r\nagain") == Story("Shift report", "Pump 3\nagain")
    assert split_story("[STORY]Only a title") == Story("Only a title", "")
    assert split_story("no [STORY]") is None


def test_what_search_looks_at() -> None:
    text = f'[STORY]교대 보고\r\nsee <a href="https://example.com/p3">pump sheet</a> {FILE}'
    found = searchable_text(text)
    assert "교대 보고" in found
    assert "pump sheet https://example.com/p3" in found
    assert "보고서 1.txt" in found
    assert "STORY" not in found
    assert "href" not in found
    assert "filelink" not in found


@given(st.text(max_size=200))
def test_any_text_is_its_parts(text: str) -> None:
    parts = parse_content(text)
    plain = "".join(part.text for part in parts if isinstance(part, PlainText | Emoticon))
    assert len(plain) <= len(text)
    searchable_text(text)


@given(st.text(min_size=1, max_size=40).filter(lambda name: max(name) < "\ud800"), st.integers(0, 10**12))
def test_a_file_link_survives_being_written_and_read(name: str, size: int) -> None:
    link = FileLink("example.com", "room", "stored.txt", name, size)
    if name.strip() and len(str(link)) < 900:
        assert parse_content(str(link)) == [link]
