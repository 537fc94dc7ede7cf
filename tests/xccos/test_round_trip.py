"""Whatever is said arrives: every request at the server, every answer and notice at the client."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlour.xccos import decode_answers
from parlour.xccos.decode import decode_envelope
from parlour.xccos.decode_answers import decode_server_envelope
from parlour.xccos.encode import envelope
from parlour.xccos.encode_requests import Sayable, encode_requests
from parlour.xccos.types import (
    Envelope,
    Notice,
    Reply,
    ReplyBody,
    UnknownCommand,
)
from tests.xccos.values import ENVID, NOTICES, REPLIES, REQUESTS

EXAMPLES = 25
# A command whose reply has each kind of body: its name is all that counts.
_ASKING = {
    reader.__annotations__["return"]: name
    for name, reader in reversed(decode_answers.REPLIES.items())
    if name != "getservinfo"
}


def test_nothing_is_left_out() -> None:
    assert set(REQUESTS) | {UnknownCommand} == set(get_args(Sayable))
    assert set(REPLIES) | {type(None)} == set(get_args(ReplyBody))
    assert set(NOTICES) | {"bjoin"} == set(decode_answers.NOTICES)


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.__name__)
@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_requests(kind: type, data: st.DataObject) -> None:
    request = data.draw(REQUESTS[kind])
    assert decode_envelope(encode_requests(7, [request])) == Envelope(7, (request,))


@pytest.mark.parametrize("kind", REPLIES, ids=lambda kind: kind.__name__)
@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_replies(kind: type, data: st.DataObject) -> None:
    values, say = REPLIES[kind]
    body = data.draw(values)
    (fragment,) = say(body, _Asked(_ASKING[kind.__name__]))
    (reply,) = decode_server_envelope(envelope(5, [fragment])).primitives
    assert isinstance(reply, Reply)
    assert (reply.code, reply.command_envid, reply.command_seqid) == (200, ENVID, 1)
    assert reply.body == body


@pytest.mark.parametrize("name", NOTICES)
@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_notices(name: str, data: st.DataObject) -> None:
    values, say = NOTICES[name]
    body = data.draw(values)
    assert decode_server_envelope(envelope(5, [say(body)])).primitives == (Notice(1, name, body),)


class _Asked:
    """Any command of that name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seqid = 1
