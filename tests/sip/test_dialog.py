"""Dialogs: both ends of RFC 3261 section 12, loose and strict routing."""

from __future__ import annotations

import itertools

import pytest

from parlour.sip.dialog import Dialog, DialogInput, DialogState
from parlour.sip.errors import LocalProtocolError, RemoteProtocolError
from parlour.sip.message import Request, Response


def _invite(**changed: str) -> Request:
    headers = {
        "Via": "SIP/2.0/TCP h;branch=z9hG4bK1",
        "Record-Route": "<sip:p2;lr>, <sip:p1;lr>",
        "From": "<sip:alice@a>;tag=at;epid=e1",
        "To": "<sip:room@r>",
        "Call-ID": "c",
        "CSeq": "7 INVITE",
        "Contact": "<sip:alice@10.0.0.1:5060;transport=tcp>",
    } | {name.replace("_", "-"): value for name, value in changed.items()}
    return Request("INVITE", "sip:room@r", [item for item in headers.items() if item[1]])


def _accepted(invite: Request, **changed: str) -> Response:
    response = Response.to_request(invite.headers, 200, to_tag="rt")
    for name, value in ({"Contact": "<sip:10.0.0.9>", "Record-Route": "<sip:p2;lr>, <sip:p1;lr>"} | changed).items():
        if value:
            response.headers.add(name, value)
    return response


def _pair() -> tuple[Dialog, Dialog]:
    invite = _invite()
    return Dialog.from_invite_as_uac(invite, _accepted(invite)), Dialog.from_invite_as_uas(invite, "rt")


def _refusal(dialog: Dialog, request: Request) -> int:
    with pytest.raises(RemoteProtocolError) as caught:
        dialog.receive_request(request)
    return caught.value.status


def test_both_ends_see_the_same_dialog() -> None:
    caller, callee = _pair()
    assert (caller.call_id, caller.local_uri, caller.local_tag) == ("c", "sip:alice@a", "at")
    assert (callee.call_id, callee.remote_uri, callee.remote_tag) == ("c", "sip:alice@a", "at")
    assert (caller.remote_uri, caller.remote_tag) == (callee.local_uri, callee.local_tag) == ("sip:room@r", "rt")
    assert (caller.remote_target, callee.remote_target) == ("sip:10.0.0.9", "sip:alice@10.0.0.1:5060;transport=tcp")
    assert caller.route_set == ("<sip:p1;lr>", "<sip:p2;lr>")
    assert callee.route_set == ("<sip:p2;lr>", "<sip:p1;lr>")
    assert (caller.local_cseq, callee.local_cseq, callee.remote_cseq) == (7, 0, 7)


def test_requests_travel_both_ways() -> None:
    caller, callee = _pair()
    ack = caller.build_request("ACK")
    assert (ack.cseq.number, ack.uri) == (7, "sip:10.0.0.9")
    callee.receive_request(ack)
    for number in (8, 9):
        info = caller.build_request("INFO")
        assert info.cseq.number == number
        callee.receive_request(info)
    assert callee.remote_cseq == 9
    push = callee.build_request("INFO")
    assert (push.uri, push.cseq.number) == ("sip:alice@10.0.0.1:5060;transport=tcp", 1)
    assert push.headers.get_all("Route") == ["<sip:p2;lr>", "<sip:p1;lr>"]
    assert push.headers.get("To") == "<sip:alice@a>;tag=at;epid=e1"
    assert push.max_forwards == 70
    caller.receive_request(push)


def test_looking_does_not_count() -> None:
    _, callee = _pair()
    assert callee.build_request("INFO", advance=False).cseq.number == 0
    assert callee.local_cseq == 0


def test_a_strict_router_sees_itself_in_the_request_uri() -> None:
    dialog = Dialog.from_invite_as_uas(_invite(Record_Route="<sip:strict>, <sip:loose;lr>"), "rt")
    request = dialog.build_request("INFO")
    assert request.uri == "sip:strict"
    assert request.headers.get_all("Route") == ["<sip:loose;lr>", "<sip:alice@10.0.0.1:5060;transport=tcp>"]


def test_no_route_at_all() -> None:
    dialog = Dialog.from_invite_as_uas(_invite(Record_Route=""), "rt")
    request = dialog.build_request("BYE")
    assert (request.uri, request.routes) == ("sip:alice@10.0.0.1:5060;transport=tcp", [])


def test_order() -> None:
    _, callee = _pair()
    late = callee_request(callee, "INFO", 6)
    assert _refusal(callee, late) == 500
    callee.receive_request(callee_request(callee, "INFO", 20))
    assert _refusal(callee, callee_request(callee, "INFO", 19)) == 500
    # Its own number and that of what it cancels.
    callee.receive_request(callee_request(callee, "ACK", 7))
    callee.receive_request(callee_request(callee, "CANCEL", 7))
    assert callee.remote_cseq == 20


def callee_request(dialog: Dialog, method: str, number: int, **changed: str) -> Request:
    headers = {
        "From": str(dialog.remote),
        "To": str(dialog.local),
        "Call-ID": dialog.call_id,
        "CSeq": f"{number} {method}",
    } | changed
    return Request(method, "sip:us", headers.items())


@pytest.mark.parametrize(
    "changed",
    [{"Call-ID": "other"}, {"From": "<sip:alice@a>;tag=x"}, {"From": "<sip:alice@a>"}, {"To": "<sip:room@r>"}],
)
def test_a_request_of_another_dialog(changed: dict[str, str]) -> None:
    _, callee = _pair()
    assert _refusal(callee, callee_request(callee, "INFO", 8, **changed)) == 481


def test_a_new_contact_moves_the_target_only_where_it_may() -> None:
    _, callee = _pair()
    callee.receive_request(callee_request(callee, "INFO", 8, Contact="<sip:info@moved>"))
    assert callee.remote_target == "sip:alice@10.0.0.1:5060;transport=tcp"
    callee.receive_request(callee_request(callee, "UPDATE", 9, Contact="<sip:update@moved?x=y>"))
    assert callee.remote_target == "sip:update@moved"
    assert _refusal(callee, callee_request(callee, "INVITE", 10, Contact="<tel:+1>")) == 416
    assert callee.remote_cseq == 9
    # COMPAT: SIPE's UPDATE has no Contact.
    callee.receive_request(callee_request(callee, "UPDATE", 11))
    assert callee.remote_target == "sip:update@moved"


@pytest.mark.parametrize(("contact", "status"), [("", 400), ("<tel:+1>", 416), ("<sip:a@b@c>", 400)])
def test_no_way_back(contact: str, status: int) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        Dialog.from_invite_as_uas(_invite(Contact=contact), "rt")
    assert caught.value.status == status


def test_a_callee_without_contact_or_tag() -> None:
    invite = _invite()
    assert Dialog.from_invite_as_uac(invite, _accepted(invite, Contact="")).remote_target == "sip:room@r"
    with pytest.raises(RemoteProtocolError):
        Dialog.from_invite_as_uac(invite, Response.to_request(invite.headers, 200))


def test_an_early_dialog_is_confirmed_by_its_2xx() -> None:
    invite = _invite()
    ringing = _accepted(invite)
    ringing.status = 180
    dialog = Dialog.from_invite_as_uac(invite, ringing)
    assert dialog.state is DialogState.EARLY
    dialog.confirm(_accepted(invite, **{"Contact": "<sip:other>", "Record-Route": "<sip:p9;lr>"}))
    assert (dialog.state, dialog.remote_target, dialog.route_set) == (
        DialogState.CONFIRMED,
        "sip:other",
        ("<sip:p9;lr>",),
    )


def test_nothing_brings_back_a_dialog_that_is_over() -> None:
    invite = _invite()
    ringing = _accepted(invite)
    ringing.status = 180
    dialog = Dialog.from_invite_as_uac(invite, ringing)
    target, routes = dialog.remote_target, dialog.route_set
    dialog.terminate()
    dialog.confirm(_accepted(invite, **{"Contact": "<sip:other>", "Record-Route": "<sip:p9;lr>"}))
    dialog.terminate()
    assert (dialog.state, dialog.remote_target, dialog.route_set) == (DialogState.TERMINATED, target, routes)
    with pytest.raises(LocalProtocolError):
        dialog.build_request("BYE")


def test_the_table_has_no_hole() -> None:
    assert set(Dialog.TABLE) == set(itertools.product(DialogState, DialogInput))


def test_the_end() -> None:
    _, callee = _pair()
    callee.terminate()
    assert _refusal(callee, callee_request(callee, "INFO", 8)) == 481
    with pytest.raises(LocalProtocolError):
        callee.build_request("BYE")


def test_secure_needs_both_sips_and_tls() -> None:
    invite = _invite()
    assert not Dialog.from_invite_as_uas(invite, "t", secure=True).secure
    invite.uri = "sips:room@r"
    assert Dialog.from_invite_as_uas(invite, "t", secure=True).secure
    assert not Dialog.from_invite_as_uas(invite, "t").secure


def test_responses_match_the_other_way_round() -> None:
    caller, callee = _pair()
    response = Response.to_request(caller.build_request("INFO").headers, 200)
    assert caller.matches(response)
    assert not callee.matches(response)
