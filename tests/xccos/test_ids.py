"""Names: everything that is accepted becomes the one spelling that is emitted."""

from __future__ import annotations

import pytest

from parlour.xccos.ids import (
    canonical_principal,
    canonical_room_uri,
    category_uri,
    group_uri,
    normalize_guid,
    parse_category_uri,
    parse_group_uri,
    parse_room_uri,
    room_uri,
)

GUID = "5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"
ROOM = f"ma-chan://example.com/{GUID}"


@pytest.mark.parametrize(
    "text", [GUID, GUID.upper(), f"{{{GUID}}}", f" {{{GUID.upper()}}} ", GUID.replace("-", ""), GUID.upper() + "\n"]
)
def test_guids_of_any_shape(text: str) -> None:
    assert normalize_guid(text) == GUID


@pytest.mark.parametrize(
    "text", ["", "123", GUID[:-1], f"{{{GUID}", f"{GUID}}}", GUID + "0", GUID.replace("5", "٥", 1)]
)
def test_what_is_no_guid(text: str) -> None:
    assert normalize_guid(text) is None


@pytest.mark.parametrize("text", [ROOM, f"MA-CHAN://Example.COM/{{{GUID.upper()}}}", f"  {ROOM} "])
def test_room_uris(text: str) -> None:
    assert parse_room_uri(text) == ("example.com", GUID)
    assert canonical_room_uri(text) == ROOM == room_uri("example.com", GUID)


@pytest.mark.parametrize(
    "text",
    ["", "sip:a@b", f"ma-cat://example.com/{GUID}", "ma-chan://example.com/123", f"ma-chan:///{GUID}", ROOM + "/x"],
)
def test_what_is_no_room_uri_names_itself(text: str) -> None:
    assert parse_room_uri(text) is None
    assert canonical_room_uri(f" {text} ") == text


def test_category_uris() -> None:
    assert parse_category_uri(category_uri("example.com", GUID).upper()) == ("example.com", GUID)
    assert parse_category_uri(ROOM) is None


@pytest.mark.parametrize(
    "text",
    [group_uri(GUID), f"ma-grp:{GUID}", f"ma-grp://example.com/{GUID}", f"{GUID}@u.g", f"MA-GRP:{GUID.upper()}@U.G"],
)
def test_group_uris(text: str) -> None:
    assert parse_group_uri(text) == GUID


@pytest.mark.parametrize("text", ["", "ma-grp:", "ma-grp:staff@u.g", "sip:alice@example.com", GUID])
def test_what_is_no_group_uri(text: str) -> None:
    assert parse_group_uri(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" SIP:Bob@Example.COM ", "sip:bob@example.com"),
        ("sip:bob@example.com;transport=tls;x=1", "sip:bob@example.com"),
        ("sip:bob@example.com?subject=x", "sip:bob@example.com"),
        ("sip:bob", "sip:bob"),
        ("Bob;x", "Bob;x"),
    ],
)
def test_a_person_has_one_spelling(text: str, expected: str) -> None:
    assert canonical_principal(text) == expected


def test_long_text_is_refused_quickly() -> None:
    assert parse_room_uri("ma-chan://" + "a" * 200_000) is None
    assert parse_group_uri("ma-grp://" + "a" * 200_000) is None
