"""Signing across a second handshake on the same connection."""

from parlour.frontend.sign_in import ConnectionSigner, PendingNtlm, SignIn, sign_in_of
from parlour.sip.auth.ntlm import derive_keys
from parlour.sip.auth.signing import SecurityAssociation
from parlour.sip.message import Request, Response
from parlour.ua.identity import Identity
from tests.frontend.fakes import Clock, FakeConnection

FLAGS = 0xE29A8255
DIALOG = ("call", "sip:ocschat@contoso.com", "ours", "sip:alice@contoso.com", "theirs")


def pair(number: int) -> tuple[SecurityAssociation, SecurityAssociation]:
    """The two ends of an association: server, client."""
    keys = derive_keys(bytes([number]) * 16, FLAGS)

    def end(is_server: bool) -> SecurityAssociation:
        return SecurityAssociation(
            keys, realm="r", targetname="t", opaque=str(number), version=4, rand="ab", is_server=is_server
        )

    return end(True), end(False)


def answer_to(cseq: int, client: SecurityAssociation | None) -> bytes:
    headers = [
        ("Via", "SIP/2.0/TCP h;branch=z9hG4bK1"),
        ("From", "<sip:ocschat@contoso.com>;tag=ours"),
        ("To", "<sip:alice@contoso.com>;tag=theirs"),
        ("Call-ID", "call"),
        ("CSeq", f"{cseq} INFO"),
    ]
    response = Response(200, "OK", headers)
    if client is not None:
        client.sign(response)
    return response.serialize().partition(b"\r\n\r\n")[0] + b"\r\n"


def test_a_dialog_follows_the_newest_association() -> None:
    clock = Clock()
    server, client = pair(1)
    signer = ConnectionSigner(server, clock)
    info = signer.info_signer(*DIALOG)
    assert b'opaque="1"' in info.header(1)
    assert info.verify_response(answer_to(1, client), 1, 200)
    newer_server, newer_client = pair(2)
    signer.replace(newer_server)
    assert b'opaque="2"' in info.header(2)
    assert info.verify_response(answer_to(2, newer_client), 2, 200)
    assert info.verify_response(answer_to(1, client), 1, 200), "still under way when the keys changed"
    assert not info.verify_response(answer_to(3, pair(3)[1]), 3, 200)


def test_unsigned_answers_count_only_while_a_handshake_runs() -> None:
    clock = Clock()
    signer = ConnectionSigner(pair(1)[0], clock)
    info = signer.info_signer(*DIALOG)
    unsigned = answer_to(1, None)
    assert not info.verify_response(unsigned, 1, 200)
    signer.begin_handshake(clock.now + 60)
    assert info.verify_response(unsigned, 1, 200)
    assert not info.verify_response(answer_to(1, pair(9)[1]), 1, 200), "a wrong signature is worse than none"
    clock.now += 61
    assert not info.verify_response(unsigned, 1, 200)


def test_requests_signed_before_a_new_handshake_are_still_taken() -> None:
    signer = ConnectionSigner(pair(1)[0], Clock())
    client = pair(1)[1]
    request = Request(
        "ACK",
        "sip:h",
        [("From", "<sip:a@h>;tag=1"), ("To", "<sip:b@h>;tag=2"), ("Call-ID", "c"), ("CSeq", "1 ACK")],
    )
    client.sign(request)
    signer.replace(pair(2)[0])
    assert signer.verify(request)


def test_everything_a_connection_remembers_is_bounded() -> None:
    state = SignIn()
    for number in range(100):
        state.add_pending(str(number), PendingNtlm(bytes(8), 4, 0.0))
        state.add_digest_person(f"sip:{number}@h")
        state.name_endpoint(f"sip:{number}@h", "e")
        state.keep_identity(f"sip:{number}@h", "", Identity("sip:a@h", "A"))
    assert (len(state.pending), len(state.digest_people), len(state.endpoints)) == (4, 16, 16)
    assert "99" in state.pending


def test_state_lives_in_the_connection() -> None:
    connection = FakeConnection()
    assert sign_in_of(connection) is sign_in_of(connection)
    assert sign_in_of(connection) is not sign_in_of(FakeConnection())
