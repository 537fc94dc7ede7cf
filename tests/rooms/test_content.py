"""Links, files and stories in a text, as search sees them."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.rooms.content import searchable_text

ROOM = "ma-chan://example.com/c0a9a3d4-06c9-4c59-b1f8-6d2d3b1a3304"
FILE = "ma-filelink://example.com/c0a9a3d4-06c9-4c59-b1f8-6d2d3b1a3304/3b6a4c80.txt"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('see <a href="https://x.example/p3">pump sheet</a> :)', "see pump sheet https://x.example/p3 :)"),
        (f'<a href="{ROOM}">Incident Desk</a>', f"Incident Desk {ROOM}"),
        (f'<A HREF="{ROOM}">{ROOM}</A>', ROOM),
        (f'<a href="{FILE}?name=a.txt">report</a>', "a.txt"),
        (f"https://example.com/a?b=1 {ROOM}", f"https://example.com/a?b=1 {ROOM}"),
        (f"{FILE}?name={quote('보고서 1.txt')}&size=10240", "보고서 1.txt"),
        (f"{FILE} and more", "3b6a4c80.txt and more"),
        ("MA-FileLink://example.com/room/stored%20file.bin?size=7", "stored file.bin"),
        (f"{FILE}?name=a.txt&{'&'.join(f'p{number}=1' for number in range(100))}", "a.txt"),
        ("[STORY]Shift report\r\nPump 3", "Shift report\r\nPump 3"),
        ("no [STORY]", "no [STORY]"),
    ],
)
def test_what_search_looks_at(text: str, found: str) -> None:
    assert searchable_text(text) == found


def test_mark_up_is_not_looked_at() -> None:
    text = f'[STORY]교대 보고\r\nsee <a href="https://example.com/p3">pump sheet</a> {FILE}?name=a.txt'
    assert searchable_text(text) == "교대 보고\r\nsee pump sheet https://example.com/p3 a.txt"


@given(st.text(max_size=200))
def test_any_text_has_something_to_look_at(text: str) -> None:
    assert len(searchable_text(text)) <= len(text)


@given(st.text(min_size=1, max_size=40).filter(lambda name: max(name) < "\ud800"), st.integers(0, 10**12))
def test_a_file_is_found_by_its_name(name: str, size: int) -> None:
    link = f"ma-filelink://example.com/room/stored.txt?name={quote(name, safe='')}&size={size}"
    assert searchable_text(link) == name
