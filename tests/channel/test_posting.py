"""The key of a post."""

from __future__ import annotations

from dataclasses import replace

from parlour.channel.posting import post_key
from parlour.xccos.types import GroupChat

CHAT = GroupChat(7, "ma-chan://example.com/x", "sip:anna@example.com", "héllo \ud800", at=1_700_000_000_000_000)
KEY = "3bfb75ea154cd4182fcb6dabc5687742c75103598d35720c27c92259ca351d9f"
EMPTY_KEY = "eea543c0f1a681bad493f54f8bfa8ed43f2a136df98f996c77c84be9c0c0f305"


def test_a_post_has_the_key_that_earlier_versions_gave_it() -> None:
    """Keys are kept: a client may send a post again after the server was brought up to date."""
    assert post_key("sip:anna@example.com", "epid1", 42, CHAT, "call-1").hex() == KEY
    assert post_key("sip:anna@example.com", "epid1", 42, GroupChat(1, "r", "", ""), "call-1").hex() == EMPTY_KEY


def test_where_one_part_ends_and_the_next_begins_is_in_the_key() -> None:
    first = post_key("sip:a@example.com", "e1", 4, replace(CHAT, room_uri="ab", text="c"), "")
    other = post_key("sip:a@example.com", "e1", 4, replace(CHAT, room_uri="a", text="bc"), "")
    assert first != other
