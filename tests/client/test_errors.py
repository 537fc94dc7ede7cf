"""Codes and statuses become exceptions."""

from __future__ import annotations

import pytest

from parlour.client.errors import (
    Busy,
    ChatError,
    LimitExceeded,
    NotJoined,
    PermissionDenied,
    RoomNotFound,
    SipError,
    chat_error,
    post_refusal,
    sip_error,
)
from parlour.sip.message import Response
from parlour.xccos.codes import ResponseCode


@pytest.mark.parametrize("code", [code for code in ResponseCode if code is not ResponseCode.OK])
def test_every_code_has_a_class_of_its_own(code: ResponseCode) -> None:
    error = chat_error(code)
    assert type(error) is not ChatError
    assert type(error).default == code == error.code
    assert error.text == code.text


@pytest.mark.parametrize("code", [code for code in ResponseCode if code is not ResponseCode.OK])
def test_every_text_names_its_code(code: ResponseCode) -> None:
    """A refused post tells its code by the text alone, as the reason of a SIP status."""
    error = post_refusal(Response(403, code.text), "ma-chan://x/y")
    assert isinstance(error, ChatError)
    assert type(error).default == code == error.code


def test_no_two_codes_share_a_class() -> None:
    kinds = [type(chat_error(code)) for code in ResponseCode if code is not ResponseCode.OK]
    assert len(set(kinds)) == len(kinds) == len(ChatError.__subclasses__())


def test_an_unknown_code() -> None:
    error = chat_error(499, "ERROR_ODD", "ma-chan://x/y")
    assert type(error) is ChatError
    assert (error.code, error.text, error.room) == (499, "ERROR_ODD", "ma-chan://x/y")
    assert str(error) == "499 ERROR_ODD (ma-chan://x/y)"


def test_made_by_hand() -> None:
    assert RoomNotFound(room="r").code == 404


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, 0), ("5", 5), ("7;duration=3600", 7), ("9 (a while)", 9), ("soon", 0), ("-1", 0), ("999999999999", 0)],
)
def test_retry_after(value: str | None, seconds: float) -> None:
    error = sip_error(Response(503, "", [] if value is None else [("Retry-After", value)]))
    assert isinstance(error, Busy)
    assert error.retry_after == seconds


def test_retry_after_is_capped() -> None:
    assert sip_error(Response(503, "", [("Retry-After", "86400")])).retry_after == 3600


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (403, "ERROR_USER_NOT_JOINED", NotJoined),
        (403, "ERROR_LIMIT_EXCEEDED", LimitExceeded),
        (403, "Forbidden", PermissionDenied),
        (413, "Request Entity Too Large", LimitExceeded),
        (440, "Blocked", SipError),
        (500, "ERROR_UNKNOWN", ChatError),
    ],
)
def test_a_refused_post(status: int, reason: str, kind: type) -> None:
    assert isinstance(post_refusal(Response(status, reason), "ma-chan://x/y"), kind)
