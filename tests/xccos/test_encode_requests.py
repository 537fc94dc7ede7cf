"""What a client says is what a server hears."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.xccos.decode import COMMANDS, decode_envelope
from parlour.xccos.encode_requests import REQUESTS, Sayable, encode_requests
from parlour.xccos.types import (
    BatchJoin,
    Envelope,
    GetInvitations,
    GetServerInfo,
    GroupChat,
    Join,
    Part,
    RecentHistory,
    RequestUri,
    RoomRef,
    SearchRooms,
    UnknownCommand,
)
from parlour.xml.escape import strip_forbidden

WIRE = Path(__file__).parent / "wire"
GUID = "5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"
ROOM = f"ma-chan://example.com/{GUID}"
REF = RoomRef(0, "example.com", GUID)
EVERYTHING: tuple[Sayable, ...] = (
    RequestUri(1),
    GetServerInfo(2, "example.com", 123),
    GetServerInfo(3),
    Join(4, (REF,)),
    BatchJoin(5, (REF, RoomRef(1, "example.com", "x<y"))),
    Part(6, ROOM),
    SearchRooms(7, "BYNAME", 'a "b" & c', True, True, True, 50),
    SearchRooms(8),
    RecentHistory(9, ROOM, 25),
    RecentHistory(10, ROOM),
    GetInvitations(11, 7, "example.com"),
    GroupChat(12, ROOM, "sip:a@example.com", "a\r\n<b>", "Anna & co", "{\\rtf1}", True, None, 1_370_952_000_123_456),
    GroupChat(13, ROOM, "sip:a@example.com", ""),
    UnknownCommand(14, "dance"),
)


def test_everything_comes_back() -> None:
    assert decode_envelope(encode_requests(7, EVERYTHING)) == Envelope(7, EVERYTHING)


@pytest.mark.parametrize("file", ["requri", "chansrch", "join", "bjoin", "bccontext", "part"])
def test_the_spelling_is_that_of_a_real_client(file: str) -> None:
    body = (WIRE / f"sipe-{file}.xml").read_bytes()
    heard = decode_envelope(body)
    said = encode_requests(heard.envid, [one for one in heard.primitives if isinstance(one, Sayable)])
    assert said == body.replace(b"<data/>", b"<data></data>")


def test_whatever_is_read_can_be_said() -> None:
    assert {kind.name for kind in REQUESTS if kind is not UnknownCommand} == set(COMMANDS)


@given(st.text(), st.text(), st.text())
def test_any_text_arrives(text: str, name: str, rtf: str) -> None:
    (post,) = decode_envelope(encode_requests(1, [GroupChat(1, ROOM, "sip:a@b", text, name, rtf)])).primitives
    assert isinstance(post, GroupChat)
    assert (post.text, post.author_name) == (strip_forbidden(text), strip_forbidden(name))
    assert (post.rtf or "") == (strip_forbidden(rtf) if strip_forbidden(rtf).strip() else "")
