"""One line for each message: what is told of it, and that nothing of what people write is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.app.trace_lines import MALFORMED, describe
from parlour.xccos.ids import NAMESPACE

ROOM = "ma-chan://contoso.example/5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"
OTHER = "ma-chan://contoso.example/c0a9a3d4-06c9-4c59-b1f8-6d2d3b1a3304"
POOL = "sip:GC-1-PersistentChatService-1@contoso.example"
SECRET = "점심 비밀"


def head(first: str = f"INFO {POOL} SIP/2.0", *more: str) -> bytes:
    lines = [
        first,
        "Via: SIP/2.0/TCP 127.0.0.1:1;branch=z9hG4bK1",
        "From: 앨리스 <sip:alice@contoso.example>;tag=1",
        f"To: <{POOL}>",
        "Call-ID: c1",
        "CSeq: 7 INFO",
        "Content-Type: text/plain",
        *more,
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def xccos(inside: str, envid: str = "42") -> bytes:
    return f'<xccos ver="1" envid="{envid}" xmlns="{NAMESPACE}">{inside}</xccos>'.encode()


def test_who_to_whom_and_what() -> None:
    told = describe(head(), b"hello")
    assert told == {
        "first": f"INFO {POOL} SIP/2.0",
        "from": "alice@contoso.example",
        "to": POOL.removeprefix("sip:"),
        "call_id": "c1",
        "cseq": "7 INFO",
        "body": "text/plain",
    }


def test_commands_their_numbers_and_rooms() -> None:
    body = xccos(
        '<cmd id="cmd:bjoin" seqid="1"><data>'
        '<chanid key="0" domain="contoso.example" value="5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"/>'
        '<chanid key="1" domain="contoso.example" value="{C0A9A3D4-06C9-4C59-B1F8-6D2D3B1A3304}"/></data></cmd>'
        '<cmd id="cmd:getinv" seqid="2"><data/></cmd>'
    )
    assert describe(head(), body)["xccos"] == {
        "envid": "42",
        "primitives": [
            {"id": "cmd:bjoin", "seqid": "1", "rooms": [{"uri": ROOM}, {"uri": OTHER}]},
            {"id": "cmd:getinv", "seqid": "2"},
        ],
    }


def test_replies_what_they_quote_and_their_code() -> None:
    body = xccos(
        '<rpl id="rpl:join" seqid="1"><commandid seqid="3" envid="9"/><resp code="200">SUCCESS_OK</resp><data>'
        f'<uib uri="sip:alice@contoso.example" id="0"/><chanib name="Lobby" uri="{ROOM}"><aib key="3984" value="0"/>'
        "</chanib></data></rpl>"
    )
    (told,) = describe(head(), body)["xccos"]["primitives"]
    assert told == {
        "id": "rpl:join",
        "seqid": "1",
        "quotes": {"envid": "9", "seqid": "3"},
        "code": "200",
        "rooms": [{"uri": ROOM, "name": "Lobby"}],
    }


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (head(), xccos(f'<grpchat id="grpchat" seqid="1" chanUri="{ROOM}" author="a"><chat>{SECRET}</chat></grpchat>')),
        (head(), xccos(f'<rpl id="rpl:x"><chanib uri="{ROOM}"><msg><chat>{SECRET}</chat></msg></chanib></rpl>')),
        (head(), xccos(f'<cmd id="cmd:setpref"><data><pref label="x" content="{SECRET}"/></data></cmd>')),
        (head("INFO sip:x@y SIP/2.0", f"Authorization: Digest response={SECRET}"), b""),
        (head(f"INFO sip:alice:{SECRET.replace(' ', '')}@contoso.example SIP/2.0"), b""),
        (head(), f"plain {SECRET}".encode()),
        (f"{SECRET}\r\n".encode(), b""),
    ],
    ids=["post", "history", "preference", "credentials", "password in a URI", "plain text", "no SIP"],
)  # fmt: skip
def test_neither_words_nor_credentials(head: bytes, body: bytes) -> None:
    told = json.dumps(describe(head, body), ensure_ascii=False)
    assert SECRET not in told
    assert SECRET.replace(" ", "") not in told


def test_what_cannot_be_read_is_told_as_that() -> None:
    assert describe(b"GET / HTTP/1.1\r\n", b"") == {"first": MALFORMED}
    assert "xccos" not in describe(head(), b"<xccos envid='1'")
    assert "xccos" not in describe(head(), b"<other>xccos</other>")


def test_a_response_and_an_event() -> None:
    told = describe(head("SIP/2.0 200 OK", "Event: presence"), b"")
    assert (told["first"], told["event"]) == ("SIP/2.0 200 OK", "presence")


@given(st.binary(max_size=200), st.binary(max_size=200), st.integers(0, 400))
def test_any_bytes_make_a_line(noise: bytes, body: bytes, at: int) -> None:
    good = head()
    for spoiled in (noise, good[:at] + noise + good[at:]):
        for inside in (body, xccos("<cmd/>")[:at] + body):
            json.dumps(describe(spoiled, inside))
