"""The 49 torture messages of RFC 4475: what must happen to each, and why. One test per message, named as in the RFC.

`accepted` means: framed as one datagram, parsed, and good by `check`; `refused` means that one of these says no, with
this status. What an application has to do with a well-formed message (416, 420, 483, ...) is tested as far as the
message shows it; doing it is for the floors above.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from parlour.sip.errors import FramingError, RemoteProtocolError
from parlour.sip.framing import StreamFramer, parse_datagram
from parlour.sip.message import Request, Response, parse_message, salvage_headers
from parlour.sip.sdp import parse_sdp
from parlour.sip.transactions.keys import server_key
from parlour.sip.uri import SipUri, aor

_FILES = Path(__file__).parent / "torture" / "rfc4475"


def _data(name: str) -> bytes:
    return (_FILES / f"{name}.dat").read_bytes()


def _read(data: bytes) -> Request | Response:
    frame = parse_datagram(data)
    assert frame is not None
    message = parse_message(*frame)
    message.check()
    return message


def _request(name: str) -> Request:
    message = _read(_data(name))
    assert isinstance(message, Request)
    return message


def _response(name: str) -> Response:
    message = _read(_data(name))
    assert isinstance(message, Response)
    return message


def _refused(name: str) -> tuple[int, str]:
    with pytest.raises(RemoteProtocolError) as caught:
        _read(_data(name))
    return caught.value.status, caught.value.reason


def _answerable(name: str) -> bool:
    """Whether a refusal can reach the sender."""
    return salvage_headers(_data(name).partition(b"\r\n\r\n")[0]) is not None


# -- 3.1.1 valid messages --------------------------------------------------------------------------------------------


def test_wsinv_blanks_and_folds_wherever_the_grammar_allows_them() -> None:
    request = _request("wsinv")
    assert SipUri.parse(request.uri).params == {"unknownparam": None}
    assert (request.to.uri, request.to.tag) == ("sip:vivekg@chair-dnrc.example.com", "1918181833n")
    assert (request.from_.display, request.from_.tag) == ('J Rosenberg \\"', "98asjd8")
    assert (request.max_forwards, request.cseq.number, request.cseq.method) == (68, 9, "INVITE")
    assert [(via.transport, via.host, via.branch) for via in request.vias] == [
        ("UDP", "192.0.2.2", "390skdjuw"),
        ("TCP", "spindle.example.com", "z9hG4bK9ikj8"),
        ("UDP", "192.168.255.111", "z9hG4bK30239"),
    ]
    assert request.headers.get("Subject") == ""
    assert request.headers.get("NewFangledHeader") == "newfangled value continued newfangled value"
    # No grammar is known for it, so nothing is wrong with it.
    assert request.headers.get("unknownheaderwithunusualvalue") == ";;,,;;,;"
    assert SipUri.parse(request.routes[0].uri).loose
    contact = request.contacts[0]
    assert (contact.display, contact.params) == (
        'Quoted string ""',
        {"newparam": "newvalue", "secondparam": None, "q": "0.33"},
    )
    assert len(request.body) == 150


def test_intmeth_every_character_a_token_may_have() -> None:
    request = _request("intmeth")
    assert request.method == "!interesting-Method0123456789_*+`.%indeed'~"
    assert request.cseq.method == request.method
    uri = SipUri.parse(request.uri)
    assert uri.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
    assert uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
    assert uri.host == "example.com"
    assert request.to.display == "BEL:\x07 NUL:\x00 DEL:\x7f"
    assert request.from_.display == "token1~` token2'+_ token3*%!.-"
    assert request.from_.param("fromparam''~+*_!.-%") == "работающий"
    assert request.from_.tag == "_token~1'+`*%!-."
    assert request.call_id == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"
    assert request.headers.get("extensionHeader-!.%*+_`'~") == "\ufeff大停電"
    assert request.via.branch == "z9hG4bK-.!%66*_+`'~"


def test_esc01_escapes_in_uris_are_kept_and_undone_once_only() -> None:
    request = _request("esc01")
    uri = SipUri.parse(request.uri)
    # Not a SIPS URI in disguise: the escaped colon and @ belong to the user.
    assert (uri.scheme, uri.user, uri.host) == ("sip", "sips%3Auser%40example.com", "example.net")
    assert aor(request.to.uri) == "sip:user@example.com"
    assert request.from_.uri == "sip:I%20have%20spaces@example.net"
    contact = SipUri.parse(request.contacts[0].uri)
    assert contact.loose
    assert contact.matches(SipUri.parse("sip:caller@host5.example.net;lr;name=value%2541"))
    assert not contact.matches(SipUri.parse("sip:caller@host5.example.net;lr;name=valueA"))


def test_escnull_an_escaped_nul_is_a_character_like_others() -> None:
    request = _request("escnull")
    first, second = (SipUri.parse(contact.uri) for contact in request.contacts)
    assert (first.user, second.user) == ("%00", "%00%00")
    assert not first.matches(second)
    assert aor(request.to.uri) == "sip:null-%00-null@example.com"


def test_esc02_a_percent_sign_means_nothing_outside_of_uris() -> None:
    request = _request("esc02")
    assert request.method == "RE%47IST%45R"
    assert request.to.display == "%Z%45"
    # `C%6Fntact` is a header nobody knows, not Contact.
    assert [contact.uri for contact in request.contacts] == [
        "sip:alias1@host1.example.com",
        "sip:alias3@host3.example.com",
    ]
    assert request.headers.get("C%6Fntact") == "<sip:alias2@host2.example.com>"


def test_lwsdisp_no_blank_is_needed_before_the_angle_bracket() -> None:
    request = _request("lwsdisp")
    assert (request.from_.display, request.from_.uri) == ("caller", "sip:caller@example.com")


def test_longreq_long_is_not_wrong() -> None:
    request = _request("longreq")
    assert len(request.vias) == 34
    assert request.vias[-1].branch == "very" + "long" * 50 + "branchvalue"
    assert request.to.display == f"I have a user name of {'extreme' * 10} proportion"
    assert request.from_.tag == "12" + "982" * 50 + "424"
    assert len(request.body) == 150


def test_dblreq_what_follows_the_request_in_a_datagram_is_dropped() -> None:
    # Section 18.3: "extra bytes ... MUST be discarded". On a stream the same bytes are two requests.
    request = _request("dblreq")
    assert (request.method, request.body) == ("REGISTER", b"")
    frames = StreamFramer().receive(_data("dblreq"))
    assert [parse_message(*frame).cseq.method for frame in frames] == ["REGISTER", "INVITE"]


def test_semiuri_a_semicolon_may_be_part_of_the_user() -> None:
    request = _request("semiuri")
    uri = SipUri.parse(request.uri)
    assert (uri.user, uri.host, uri.params) == ("user;par=u%40example.net", "example.com", {})
    assert "message/sipfrag" in request.tokens("Accept")


def test_transports_unknown_ones_are_for_others_to_know() -> None:
    request = _request("transports")
    assert [via.transport for via in request.vias] == ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]


def test_mpart01_a_binary_body_is_left_alone() -> None:
    data = _data("mpart01")
    request = _request("mpart01")
    assert request.content_type == "multipart/mixed"
    assert len(request.body) == 553
    assert b"\x30\x82\x01\x52" in request.body
    assert request.via.params["rport"] is None
    assert request.serialize().endswith(data.partition(b"\r\n\r\n")[2])


def test_unreason_any_utf8_is_a_reason() -> None:
    response = _response("unreason")
    assert (response.status, response.reason) == (200, "= 2**3 * 5**2 но сто девяносто девять - простое")


def test_noreason_and_so_is_none() -> None:
    response = _response("noreason")
    assert (response.status, response.reason) == (100, "")


# -- 3.1.2 invalid messages ------------------------------------------------------------------------------------------


def test_badinv01_empty_parameters_and_list_elements_are_refused() -> None:
    assert _refused("badinv01")[0] == 400
    assert _answerable("badinv01")


def test_clerr_content_length_beyond_the_datagram_is_refused() -> None:
    assert _refused("clerr") == (400, "Content-Length Beyond Datagram")
    assert _answerable("clerr")
    # On a stream the rest may still come.
    assert StreamFramer().receive(_data("clerr")) == []


def test_ncl_a_negative_content_length_is_refused_and_ends_a_stream() -> None:
    assert _refused("ncl") == (400, "Malformed Content-Length")
    with pytest.raises(FramingError) as caught:
        StreamFramer().receive(_data("ncl"))
    assert salvage_headers(caught.value.head) is not None


def test_scalar02_numbers_too_large_in_a_request_are_refused() -> None:
    # CSeq beyond 2**31 and Max-Forwards beyond 255; either would do. Expires alone would only be replaced.
    assert _refused("scalar02")[0] == 400
    assert _answerable("scalar02")


def test_scalarlg_numbers_too_large_in_a_response_make_it_go_away() -> None:
    assert _refused("scalarlg") == (400, "Malformed CSeq")
    assert not _answerable("scalarlg")


def test_quotbal_an_open_quote_is_refused() -> None:
    assert _refused("quotbal") == (400, "Malformed Address In Header")
    assert _answerable("quotbal")


def test_ltgtruri_a_request_uri_has_no_angle_brackets() -> None:
    assert _refused("ltgtruri") == (400, "Malformed Start Line")
    assert _answerable("ltgtruri")


def test_lwsruri_a_request_uri_has_no_blanks() -> None:
    assert _refused("lwsruri") == (400, "Malformed Start Line")
    assert _answerable("lwsruri")


def test_lwsstart_a_start_line_has_single_spaces() -> None:
    # Being liberal is allowed here; what two readers may read differently is better refused by both.
    assert _refused("lwsstart") == (400, "Malformed Start Line")
    assert _answerable("lwsstart")


def test_trws_a_start_line_ends_with_the_version() -> None:
    assert _refused("trws") == (400, "Malformed Start Line")
    assert _answerable("trws")


def test_escruri_a_request_uri_has_no_headers() -> None:
    assert _refused("escruri") == (400, "Headers In Request-URI")
    assert _answerable("escruri")


def test_baddate_a_date_that_nobody_reads_does_no_harm() -> None:
    # 400 or ignoring it are both allowed (the zone must be GMT); we read no dates.
    assert _request("baddate").headers.get("Date") == "Fri, 01 Jan 2010 16:00:00 EST"


def test_regbadct_a_uri_with_a_question_mark_needs_angle_brackets() -> None:
    request = _request("regbadct")
    with pytest.raises(RemoteProtocolError) as caught:
        _ = request.contacts
    assert caught.value.status == 400


def test_badaspec_no_blanks_inside_angle_brackets() -> None:
    assert _refused("badaspec") == (400, "Malformed Address In Header")
    assert _answerable("badaspec")


def test_baddn_a_comma_in_an_unquoted_name_is_let_through_where_no_list_can_be() -> None:
    # From and To are no lists, so there is one way only to read it; the RFC allows that as well as 400.
    request = _request("baddn")
    assert (request.from_.display, request.from_.tag) == ("Bell, Alexander", "43")
    assert str(request.to) == '"Watson, Thomas" <sip:t.watson@example.org>'


def test_badvers_another_version_of_sip() -> None:
    assert _refused("badvers") == (505, "Version Not Supported")
    assert _answerable("badvers")


def test_mismatch01_cseq_must_name_the_method() -> None:
    assert _refused("mismatch01") == (400, "CSeq Method Does Not Match")


def test_mismatch02_also_if_the_method_is_unknown() -> None:
    # 400 or 501, says the RFC: the message is malformed whoever knows the method.
    assert _refused("mismatch02") == (400, "CSeq Method Does Not Match")


def test_bigcode_a_status_has_three_digits() -> None:
    assert _refused("bigcode") == (400, "Malformed Start Line")
    assert not _answerable("bigcode")


# -- 3.2 transaction layer semantics ---------------------------------------------------------------------------------


def test_badbranch_the_cookie_alone_identifies_nothing() -> None:
    # Two such requests must not become one transaction: the rules of RFC 2543 tell them apart.
    request = _request("badbranch")
    other = _read(_data("badbranch").replace(b"badbranch.", b"another."))
    assert isinstance(other, Request)
    assert server_key(request) != server_key(other)


# -- 3.3 application layer semantics ---------------------------------------------------------------------------------


def test_insuf_without_to_from_and_call_id_there_is_nobody_to_answer() -> None:
    assert _refused("insuf") == (400, "Missing From Header")
    assert not _answerable("insuf")


@pytest.mark.parametrize("name", ["unkscm", "novelsc"])
def test_unkscm_novelsc_a_scheme_we_cannot_route_is_416(name: str) -> None:
    request = _request(name)
    with pytest.raises(RemoteProtocolError) as caught:
        _ = request.sip_uri
    assert caught.value.status == 416


def test_unksm2_other_schemes_may_stand_in_to_and_from() -> None:
    request = _request("unksm2")
    assert (request.to.uri, request.from_.uri) == ("isbn:2983792873", "http://www.example.com")
    assert request.contacts[0].uri == "name:John_Smith"
    with pytest.raises(RemoteProtocolError) as caught:
        aor(request.to.uri)
    assert caught.value.status == 416


def test_bext01_what_is_required_can_be_read() -> None:
    request = _request("bext01")
    assert request.tokens("Require") == ["nothingsupportsthis", "nothingsupportsthiseither"]
    assert request.tokens("Proxy-Require") == ["noproxiessupportthis", "nordoanyproxiessupportthis"]


def test_invut_a_body_of_unknown_type_is_kept() -> None:
    request = _request("invut")
    assert request.content_type == "application/unknownformat"
    assert len(request.body) == 40


def test_regaut01_an_unknown_scheme_of_credentials_is_only_a_value() -> None:
    assert _request("regaut01").headers.get("Authorization") == "NoOneKnowsThisScheme opaque-data=here"


def test_multi01_headers_that_may_stand_once_stand_twice() -> None:
    status, reason = _refused("multi01")
    assert status == 400
    assert reason.startswith("Repeated ")
    assert _answerable("multi01")


def test_mcl01_two_content_lengths_that_differ() -> None:
    assert _refused("mcl01") == (400, "Malformed Content-Length")
    assert _answerable("mcl01")


def test_mcl01_on_a_stream_goes_no_further() -> None:
    # The first is believed for cutting, as it must be before anything else is read; then the message is refused.
    frame = StreamFramer().receive(_data("mcl01"))[0]
    with pytest.raises(RemoteProtocolError) as caught:
        parse_message(*frame)
    assert caught.value.reason == "Content-Length Does Not Match"


def test_bcast_the_second_hop_is_nobody_we_would_forward_to() -> None:
    response = _response("bcast")
    assert [via.host for via in response.vias] == ["192.0.2.198", "255.255.255.255"]


def test_zeromf_no_hop_is_left() -> None:
    assert _request("zeromf").max_forwards == 0


def test_cparam01_without_angle_brackets_the_parameter_is_the_contacts() -> None:
    contact = _request("cparam01").contacts[0]
    assert (contact.uri, contact.params) == ("sip:+19725552222@gw1.example.net", {"unknownparam": None})


def test_cparam02_inside_it_is_the_uris() -> None:
    contact = _request("cparam02").contacts[0]
    assert contact.params == {}
    assert SipUri.parse(contact.uri).params == {"unknownparam": None}


def test_regescrt_a_contact_may_carry_headers() -> None:
    contact = _request("regescrt").contacts[0]
    assert SipUri.parse(contact.uri).headers == (("Route", "%3Csip:sip.example.com%3E"),)


def test_sdp01_what_is_accepted_can_be_read() -> None:
    request = _request("sdp01")
    assert request.tokens("Accept") == ["text/nobodyknowsthis"]
    assert [media.kind for media in parse_sdp(request.body).media] == ["audio", "video"]


# -- 3.4 backward compatibility --------------------------------------------------------------------------------------


def test_inv2543_no_branch_no_tag_no_max_forwards_no_content_length() -> None:
    request = _request("inv2543")
    assert (request.via.branch, request.from_.tag, request.max_forwards) == (None, None, None)
    assert len(request.body) == 105
    # Without angle brackets `user=phone` is To's own parameter.
    assert request.to.params == {"user": "phone"}
    assert not SipUri.parse(request.record_routes[0].uri).loose
    assert server_key(request)


def test_every_message_has_its_test() -> None:
    names = {path.stem for path in _FILES.glob("*.dat")}
    tested = " ".join(name for name in globals() if name.startswith("test_"))
    assert len(names) == 49
    assert [name for name in sorted(names) if name not in tested] == []
