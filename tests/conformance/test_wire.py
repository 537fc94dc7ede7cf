"""The examiner examined: what no server may do is seen, and what was said is shown. No server is needed for this."""

from __future__ import annotations

import asyncio

import pytest

from tests.conformance.transcript import Transcript
from tests.conformance.wire import (
    Lost,
    Message,
    check_mixture,
    cmd,
    grpchat,
    primitives,
    read_message,
    xccos,
)

ROOM = "ma-chan://contoso.example/5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"
NOTICE = '<ntc id="ntc:x" seqid="1"><data/></ntc>'
REPLY = (
    '<rpl id="rpl:join" seqid="1"><commandid seqid="3" envid="9"/><resp code="404">ERROR_NO_SUCH_NODE</resp>'
    "<data/></rpl>"
)


def envelope(*inside: str) -> bytes:
    return xccos(7, *inside).encode()


def test_a_reply_as_a_client_reads_it() -> None:
    (told,) = primitives(envelope(REPLY))
    assert (told.id, told.kind, told.quotes, told.code, told.words) == (
        "rpl:join",
        "rpl",
        (9, 3),
        404,
        "ERROR_NO_SUCH_NODE",
    )
    (silent,) = primitives(envelope(REPLY.replace('<resp code="404">ERROR_NO_SUCH_NODE</resp>', "")))
    assert silent.code == 500


@pytest.mark.parametrize(
    "body",
    [
        envelope(NOTICE, NOTICE),  # both are number 1
        envelope(NOTICE).replace(b'ver="1"', b'ver="2"'),
        envelope(NOTICE).replace(b'envid="7"', b'envid="0"'),
        envelope(NOTICE).replace(b"urn:parlano", b"urn:other"),
    ],
)
def test_envelopes_that_no_server_may_send(body: bytes) -> None:
    with pytest.raises(AssertionError):
        list(primitives(body))


def test_kinds_may_not_be_mixed_nor_messages_joined_for_who_reads_one() -> None:
    (notice,) = primitives(envelope(NOTICE))
    (reply,) = primitives(envelope(REPLY))
    (post,) = primitives(envelope(grpchat(ROOM, "sip:a@x", "hi")))
    for told, reads_many in (([notice, reply], True), ([post, notice], True), ([post, post], False), ([], True)):
        with pytest.raises(AssertionError):
            check_mixture(told, reads_many=reads_many)
    check_mixture([post, post], reads_many=True)
    check_mixture([reply, reply], reads_many=False)


def test_what_is_written_can_be_read() -> None:
    post = primitives(envelope(grpchat(ROOM, "sip:a@x", "<b>&\r\n한국어", alert=True, rtf=r"{\rtf1}")))
    told = next(iter(post)).xml
    assert (told.findtext("{*}chat"), told.findtext("{*}rtf"), told.get("alert")) == (
        "<b>&\r\n한국어",
        r"{\rtf1}",
        "true",
    )


async def test_messages_are_cut_out_of_a_stream() -> None:
    reader = asyncio.StreamReader()
    sent = Message("INFO sip:x SIP/2.0", (("Call-ID", "c"), ("From", "<sip:a@x;y>;tag=1")), "안녕".encode())
    reader.feed_data(b"\r\n\r\n" + sent.render() + sent.render()[:-1])
    reader.feed_eof()
    heard = await read_message(reader)
    assert (heard.method, heard.header("call-id"), heard.uri("From"), heard.text) == ("INFO", "c", "sip:a@x;y", "안녕")
    with pytest.raises(Lost):
        await read_message(reader)


def test_a_transcript_shows_the_last_that_was_said() -> None:
    transcript = Transcript()
    headers = (("From", "<sip:alice@x>;tag=1"), ("To", "<sip:GC-1-PersistentChatService-1@x>"), ("CSeq", "1 INFO"))
    for _ in range(130):
        transcript.add(1, True, Message("INFO sip:x SIP/2.0", headers, xccos(1, cmd("requri")).encode()))
    transcript.add(1, False, Message("SIP/2.0 200 OK", headers))
    transcript.add(1, True, Message("INFO sip:x SIP/2.0", headers, b"<xccos no XML"))
    titles, left_out, *rows = transcript.ladder().splitlines()
    assert titles.startswith("alice ")
    assert left_out == "... 12 before"
    assert rows[0].startswith("|---INFO cmd:requri--")
    assert rows[-2].startswith("|<--200 OK (INFO)--")
    assert len(rows) == 120
