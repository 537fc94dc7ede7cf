"""Signatures: the recorded ones, our own both ways, and what must not pass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.sip.auth import ntlm
from parlour.sip.auth.ntlm_header import NtlmHeader, agree_version
from parlour.sip.auth.params import Malformed
from parlour.sip.auth.signed_text import signed_text
from parlour.sip.auth.signing import InfoSigner, SecurityAssociation, Signer
from parlour.sip.message import Message, Request, Response, parse_message
from tests.sip.auth.vectors import (
    EXPORTED_KEY,
    INFO,
    INFO_DIALOG,
    INFO_OK,
    REALM,
    REGISTER,
    REGISTER_OK,
    TARGET,
    TYPE3,
)

KEYS = ntlm.derive_keys(EXPORTED_KEY, 0x62988255)


def _association(*, is_server: bool = True, version: int = 4, opaque: str = "D10CEA1A") -> SecurityAssociation:
    return SecurityAssociation(
        KEYS, realm=REALM, targetname=TARGET, opaque=opaque, version=version, rand="0A1B2C3D", is_server=is_server
    )


def _text(head: bytes, rand: str, num: str, version: int = 4) -> str:
    message = parse_message(head)
    return signed_text(message, version, rand=rand, num=num, realm=REALM, targetname=TARGET).decode()


def test_recorded_texts() -> None:
    assert _text(REGISTER, "47782294", "1") == (
        "<NTLM><47782294><1><SIP Communications Service><stub.contoso.com><8B45gBC28a4168i47F3mFB7At2231b0A6DxA790x><3>"
        "<REGISTER><sip:alice@contoso.com><4691029580><sip:alice@contoso.com><><><><>"
    )
    assert _text(REGISTER_OK, "B76D9E8B", "1") == (
        "<NTLM><B76D9E8B><1><SIP Communications Service><stub.contoso.com><8B45gBC28a4168i47F3mFB7At2231b0A6DxA790x><3>"
        "<REGISTER><sip:alice@contoso.com><4691029580><sip:alice@contoso.com><D1DFA433><><><7200><200>"
    )


def test_recorded_signatures_from_keys() -> None:
    client = Signer.of_keys(KEYS.client_sign, KEYS.client_seal)
    server = Signer.of_keys(KEYS.server_sign, KEYS.server_seal)
    assert client.sign(_text(REGISTER, "47782294", "1").encode()) == b"01000000D75B51D6F473CEE764000000"
    assert server.sign(_text(REGISTER_OK, "B76D9E8B", "1").encode()) == b"01000000C91566F89718919E64000000"


@pytest.mark.parametrize("head", [REGISTER, INFO_OK])
def test_recorded_messages_of_the_client(head: bytes) -> None:
    assert _association().verify(parse_message(head))


@pytest.mark.parametrize("head", [REGISTER_OK, INFO])
def test_recorded_messages_of_the_server(head: bytes) -> None:
    assert _association(is_server=False).verify(parse_message(head))
    assert not _association().verify(parse_message(head))


def test_version_2_text() -> None:
    assert _text(REGISTER_OK, "r", "1", version=2) == (
        "<NTLM><r><1><SIP Communications Service><stub.contoso.com><8B45gBC28a4168i47F3mFB7At2231b0A6DxA790x><3>"
        "<REGISTER><sip:alice@contoso.com><4691029580><D1DFA433><7200><200>"
    )


def test_asserted_identity_is_signed() -> None:
    message = parse_message(REGISTER)
    message.headers.add("P-Preferred-Identity", "<sip:ignored@contoso.com>")
    message.headers.add("P-Asserted-Identity", '"A, B" <sip:alice@contoso.com>, <tel:+15550100>')
    text = signed_text(message, 4, rand="r", num="1", realm="", targetname="").decode()
    assert text.endswith("<><sip:alice@contoso.com><tel:+15550100><>")
    message.headers.remove("P-Asserted-Identity")
    text = signed_text(message, 4, rand="r", num="1", realm="", targetname="").decode()
    assert text.endswith("<><sip:ignored@contoso.com><><>")


def _message(kind: str, method: str = "SUBSCRIBE") -> Message:
    message = parse_message(REGISTER if kind == "request" else REGISTER_OK)
    message.headers.remove("Authorization")
    message.headers.remove("Authentication-Info")
    message.headers.set("CSeq", f"7 {method}")
    if isinstance(message, Request):
        message.method = method
    return message


@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize("kind", ["request", "response"])
@pytest.mark.parametrize("server_signs", [True, False])
def test_both_ways(version: int, kind: str, server_signs: bool) -> None:
    ours, theirs = (
        _association(is_server=server_signs, version=version),
        _association(is_server=not server_signs, version=version),
    )
    message = _message(kind)
    ours.sign(message)
    read = parse_message(message.serialize().partition(b"\r\n\r\n")[0])
    assert theirs.verify(read)
    assert not _association(is_server=not server_signs, version=2 if version > 2 else 4).verify(read)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Call-ID", "other"),
        ("CSeq", "8 SUBSCRIBE"),
        ("CSeq", "7 NOTIFY"),
        ("From", "<sip:bob@contoso.com>;tag=4691029580"),
        ("From", "<sip:alice@contoso.com>;tag=1"),
        ("To", "<sip:bob@contoso.com>;tag=D1DFA433"),
        ("To", "<sip:alice@contoso.com>;tag=1"),
        ("Expires", "0"),
        ("P-Asserted-Identity", "<sip:bob@contoso.com>"),
    ],
)
def test_a_changed_field_breaks_the_signature(name: str, value: str) -> None:
    message = _message("response")
    _association(is_server=False).sign(message)
    assert _association().verify(message)
    message.headers.set(name, value)
    assert not _association().verify(message)


def test_a_changed_status_breaks_the_signature() -> None:
    message = _message("response")
    assert isinstance(message, Response)
    _association(is_server=False).sign(message)
    message.status = 202
    assert not _association().verify(message)


def test_a_request_is_accepted_once() -> None:
    server = _association()
    message = parse_message(REGISTER)
    assert server.verify(message)
    assert not server.verify(message)


def test_an_ack_may_come_again() -> None:
    server, message = _association(), _message("request", "ACK")
    _association(is_server=False).sign(message)
    assert server.verify(message)
    assert server.verify(message)


def test_unsigned_foreign_or_broken() -> None:
    assert not _association().verify(_message("request"))
    assert not _association(opaque="OTHER").verify(parse_message(REGISTER))
    message = parse_message(REGISTER)
    message.headers.remove("From")
    assert not _association().verify(message)
    message = parse_message(REGISTER)
    message.headers.set("Authorization", 'NTLM crand="1", cnum="x", response="y"')
    assert not _association().verify(message)
    message.headers.set("Authorization", "NTLM ,,,")
    assert not _association().verify(message)


def test_the_right_one_of_several_authorizations_is_found() -> None:
    message = parse_message(REGISTER)
    value = message.headers.get("Authorization")
    assert value is not None
    message.headers.set("Authorization", 'Digest username="alice"')
    message.headers.add("Authorization", value.replace("D10CEA1A", "ELSEWHERE"))
    message.headers.add("Authorization", value)
    assert _association().verify(message)


def test_hex_in_lower_case() -> None:
    message = parse_message(REGISTER)
    value = message.headers.get("Authorization")
    assert value is not None
    message.headers.set(
        "Authorization", value.replace("01000000D75B51D6F473CEE764000000", "01000000d75b51d6f473cee764000000")
    )
    assert _association().verify(message)


# --- the fast path


def test_info_header_is_what_sign_would_write() -> None:
    server, client = _association(), _association(is_server=False)
    signer = server.info_signer(*INFO_DIALOG)
    for cseq in (1, 2, 4711):
        head = INFO.replace(b"CSeq: 1 ", b"CSeq: %d " % cseq)
        start = head.index(b"Authentication-Info")
        assert client.verify(parse_message(head[:start] + signer.header(cseq)))
    assert server.sent == 3
    assert b'snum="4"' in signer.header(5)


def test_percent_signs_stand_for_themselves() -> None:
    dialog = ("id%d@x", "sip:a%20b@contoso.com", "t%b", *INFO_DIALOG[3:])
    head = INFO[: INFO.index(b"Authentication-Info")].decode()
    for old, new in zip(INFO_DIALOG, dialog, strict=True):
        head = head.replace(old, new)
    keys = {"realm": "100%", "targetname": "%s", "opaque": "%", "version": 4}
    server = SecurityAssociation(KEYS, rand="%d", **keys)  # type: ignore[arg-type]
    client = SecurityAssociation(KEYS, rand="%d", is_server=False, **keys)  # type: ignore[arg-type]
    signer = server.info_signer(*dialog)
    assert client.verify(parse_message(head.encode() + signer.header(1)))


@pytest.mark.parametrize("version", [2, 4])
def test_info_header_by_version(version: int) -> None:
    signer = _association(version=version).info_signer(*INFO_DIALOG)
    head = INFO[: INFO.index(b"Authentication-Info")] + signer.header(1)
    assert _association(version=version, is_server=False).verify(parse_message(head))
    assert not _association(version=6 - version, is_server=False).verify(parse_message(head))


def test_recorded_answer_on_the_fast_path(monkeypatch: pytest.MonkeyPatch) -> None:
    signer = _association().info_signer(*INFO_DIALOG)
    monkeypatch.delattr(InfoSigner, "_verify_slowly")  # a slow path taken would raise
    assert signer.verify_response(INFO_OK, 1, 200)


@pytest.mark.parametrize(
    ("cseq", "status", "head"),
    [
        (2, 200, INFO_OK),
        (1, 202, INFO_OK),
        (1, 200, INFO_OK.replace(b'cnum="15"', b'cnum="16"')),
        (1, 200, INFO_OK.replace(b"FE41", b"FE42")),
        (1, 200, INFO_OK.replace(b"28ae5beb", b"28ae5bec")),
        (1, 200, INFO_OK[: INFO_OK.index(b"Authorization")]),
        (1, 200, INFO_OK.replace(b"D10CEA1A", b"D10CEA1B")),
        (1, 200, b"SIP/2.0 200 OK\r\n"),
        (1, 200, b"\xff\r\n"),
    ],
)
def test_answers_that_are_not_the_clients(cseq: int, status: int, head: bytes) -> None:
    assert not _association().info_signer(*INFO_DIALOG).verify_response(head, cseq, status)


def test_answer_of_another_dialog() -> None:
    signer = _association().info_signer("another", *INFO_DIALOG[1:])
    assert not signer.verify_response(INFO_OK, 1, 200)


@pytest.mark.parametrize("last", [b"\r\n", b""])
def test_another_clients_spelling_is_learnt(monkeypatch: pytest.MonkeyPatch, last: bytes) -> None:
    client, signer = _association(is_server=False), _association().info_signer(*INFO_DIALOG)
    before = signer._basis.lead
    for cnum in (1, 2):
        message = parse_message(INFO_OK)
        client.sent = cnum
        client.sign(message)  # our client names its parameters in another order than SIPE
        # The signature may stand in the last line.
        head = message.serialize().partition(b"\r\nContent-Length")[0] + last
        assert signer.verify_response(head, 1, 200)
    assert signer._basis.lead != before
    assert signer._basis.lead in head
    monkeypatch.delattr(InfoSigner, "_verify_slowly")
    assert signer.verify_response(head, 1, 200)


def test_an_answer_that_says_more() -> None:
    client, signer = _association(is_server=False), _association().info_signer(*INFO_DIALOG)
    message = parse_message(INFO_OK)
    message.headers.add("Expires", "60")
    message.headers.add("P-Asserted-Identity", "<sip:alice@contoso.com>")
    client.sign(message)
    assert signer.verify_response(message.serialize().partition(b"\r\n\r\n")[0] + b"\r\n", 1, 200)


@given(st.binary(max_size=300))
def test_any_answer(tail: bytes) -> None:
    signer = _association().info_signer(*INFO_DIALOG)
    assert not signer.verify_response(INFO_OK[: INFO_OK.index(b"crand")] + tail, 1, 200)
    assert not signer.verify_response(tail, 1, 200)


# --- the header around it


def test_headers_round_trip() -> None:
    for header in (
        NtlmHeader(realm=REALM, targetname=TARGET, version=4),
        NtlmHeader(realm=REALM, targetname=TARGET, version=4, opaque="X", gssapi_data=b"\0\1\2"),
        NtlmHeader(realm=REALM, targetname=TARGET, opaque="X", gssapi_data=b"", rand="a", num="1", signature="00"),
        NtlmHeader(realm=REALM, targetname=TARGET, opaque='"\\', rand="a", num="1", signature="0", from_server=True),
    ):
        assert NtlmHeader.parse(header.render()) == header


def test_the_clients_request_for_a_challenge() -> None:
    asked = NtlmHeader.parse(f'NTLM qop="auth", realm="{REALM}", targetname="{TARGET}", gssapi-data="", version=4')
    assert asked == NtlmHeader(realm=REALM, targetname=TARGET, gssapi_data=b"", version=4)
    signed = NtlmHeader.parse(str(parse_message(REGISTER).headers.get("Authorization")))
    assert not isinstance(signed, Malformed)
    assert (signed.gssapi_data, signed.rand, signed.num, signed.version) == (TYPE3, "47782294", "1", 4)


@pytest.mark.parametrize(
    "value",
    [
        "",
        'Digest realm="x"',
        'NTLM realm="x", realm="y"',
        'NTLM realm="x',
        'NTLM gssapi-data="%%"',
        'NTLM version="x"',
        'NTLM version="99999999999"',
        'NTLM cnum="٣"',
        'NTLM realm="' + "x" * 600 + '"',
        'NTLM gssapi-data="' + "A" * 12004 + '"',
        "NTLM " + ", ".join(f"p{i}=1" for i in range(40)),
        "NTLM " + "x" * 20000,
        "NTLM a=1,",
    ],
)
def test_headers_that_are_refused(value: str) -> None:
    assert isinstance(NtlmHeader.parse(value), Malformed)


@pytest.mark.parametrize(
    ("offered", "claimed", "agreed"),
    [(4, 4, 4), (4, 3, 3), (4, None, 2), (4, 9, 4), (3, 4, 3), (4, 0, 2), (2, None, 2)],
)
def test_agreed_version(offered: int, claimed: int | None, agreed: int) -> None:
    assert agree_version(offered, claimed) == agreed
