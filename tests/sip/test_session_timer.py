"""Session timers (RFC 4028)."""

from __future__ import annotations

import pytest

from parlour.sip.errors import RemoteProtocolError
from parlour.sip.message import Request, Response
from parlour.sip.session_timer import SessionTimer, SessionTimerSettings, min_se_of

_SETTINGS = SessionTimerSettings(interval=1800, min_se=90)


def _invite(**headers: str) -> Request:
    return Request("INVITE", "sip:a@b", [(name.replace("_", "-"), value) for name, value in headers.items()])


def _negotiate(settings: SessionTimerSettings = _SETTINGS, **headers: str) -> SessionTimer:
    return SessionTimer.negotiate(_invite(**headers), settings, 100.0)


def test_sipe_asks_for_nothing_and_is_told() -> None:
    timer = _negotiate(Supported="ms-sender")
    assert (timer.interval, timer.refresher, timer.local_refresher) == (1800, "uac", False)
    # `Require: timer` would say that the caller knows the extension; it does not say so.
    assert timer.response_headers() == [("Session-Expires", "1800;refresher=uac"), ("Supported", "timer")]
    assert timer.next_refresh() is None


def test_a_caller_who_knows() -> None:
    timer = _negotiate(Supported="timer", Session_Expires="600;refresher=uac", Min_SE="120")
    assert timer.response_headers() == [
        ("Session-Expires", "600;refresher=uac"),
        ("Supported", "timer"),
        ("Require", "timer"),
    ]


def test_the_short_form_of_the_header() -> None:
    assert SessionTimer.negotiate(Request("INVITE", "sip:a", [("x", "300")]), _SETTINGS, 0.0).interval == 300


@pytest.mark.parametrize(
    ("asked", "min_se", "agreed"), [("3600", "", 1800), ("3600", "2000", 2000), ("90", "", 90), ("", "4000", 4000)]
)
def test_the_interval(asked: str, min_se: str, agreed: int) -> None:
    headers = (
        {"Supported": "timer"} | ({"Session_Expires": asked} if asked else {}) | ({"Min_SE": min_se} if min_se else {})
    )
    assert _negotiate(**headers).interval == agreed


def test_too_short_is_422() -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        _negotiate(SessionTimerSettings(min_se=300), Supported="timer", Session_Expires="299")
    assert caught.value.status == 422
    # A caller who does not know 422 did not ask; a proxy did (section 9).
    assert _negotiate(SessionTimerSettings(min_se=300), Session_Expires="299").interval == 300


def test_never_below_ninety() -> None:
    with pytest.raises(RemoteProtocolError):
        _negotiate(SessionTimerSettings(min_se=1), Supported="timer", Session_Expires="89")
    assert min_se_of(_invite(Min_SE="5").headers) == 90
    assert min_se_of(_invite().headers) == 90


def test_the_callee_refreshes_if_told_to() -> None:
    timer = _negotiate(Supported="timer", Session_Expires="600;refresher=uas")
    assert (timer.refresher, timer.local_refresher, timer.next_refresh()) == ("uas", True, 400.0)
    assert ("Require", "timer") not in timer.response_headers()
    timer.refreshed(400.0)
    assert timer.next_refresh() == 700.0


@pytest.mark.parametrize("value", ["", "x", "-1", "600;refresher=both", "600;;", "9" * 11, "6 0"])
def test_malformed_is_400(value: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        _negotiate(Session_Expires=value)
    assert caught.value.status == 400


def test_silence_ends_the_session() -> None:
    timer = _negotiate(Session_Expires="600")
    assert (timer.expired(699.9), timer.expired(700.0)) == (False, True)
    timer.refreshed(690.0)  # COMPAT: SIPE, ten seconds before the end
    assert not timer.expired(700.0)
    assert timer.expired(1290.0)


def test_as_the_caller() -> None:
    response = Response(200, headers=[("Session-Expires", "600;refresher=uas")])
    timer = SessionTimer.of_response(response, 0.0)
    assert (timer.interval, timer.local_refresher) == (600, False)
    assert SessionTimer.of_response(Response(200, headers=[("Session-Expires", "600")]), 0.0).local_refresher
    none = SessionTimer.of_response(Response(200), 0.0)
    assert (none.interval, none.next_refresh(), none.expired(1e9)) == (0, None, False)


def test_what_the_caller_says() -> None:
    assert SessionTimer.request_headers(_SETTINGS, refresher="uac") == [
        ("Supported", "timer"),
        ("Session-Expires", "1800;refresher=uac"),
        ("Min-SE", "90"),
    ]
