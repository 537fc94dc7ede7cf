"""Challenges and their answers, checked with the server's half of the arithmetic."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from parlour.client.address import Account
from parlour.client.credentials import Prover, Seal
from parlour.sip.auth import digest
from parlour.sip.auth.ntlm import SessionKeys, build_challenge, nt_hash, parse_authenticate, verify
from parlour.sip.auth.ntlm_header import NtlmHeader, agree_version
from parlour.sip.auth.ntlm_messages import Authenticate
from parlour.sip.auth.signing import SecurityAssociation
from parlour.sip.message import Request, Response

ACCOUNT = Account.of("alice@example.com", "Secret123")
REALM, HOST, NONCE = "SIP Communications Service", "chat.example.com", bytes(range(8))
_numbers = itertools.count(1)


def token(size: int) -> bytes:
    return next(_numbers).to_bytes(size, "big")


def register() -> Request:
    headers = [
        ("From", "<sip:alice@example.com>;tag=a"),
        ("To", "<sip:alice@example.com>"),
        ("Call-ID", "call"),
        ("CSeq", "3 REGISTER"),
        ("Expires", "3600"),
    ]
    return Request("REGISTER", "sip:example.com", headers)


def challenged(*values: str, status: int = 401) -> Response:
    name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
    return Response(status, "", [(name, value) for value in values])


def offer(version: int | None) -> str:
    return NtlmHeader(REALM, HOST, version=version).render()


def ntlm_challenge(version: int | None) -> str:
    data = build_challenge(NONCE, "example.com", HOST)
    return NtlmHeader(REALM, HOST, opaque="D1", gssapi_data=data, version=version).render()


def parsed(request: Request, name: str = "Authorization") -> NtlmHeader:
    header = NtlmHeader.parse(request.headers.get(name) or "")
    assert isinstance(header, NtlmHeader)
    return header


@pytest.mark.parametrize("status", [401, 407])
def test_digest(status: int) -> None:
    prover = Prover(ACCOUNT, ("digest",), token)
    weak = digest.Challenge("example.com", "n", digest.Algorithm.MD5)
    strong = digest.Challenge("example.com", "n", opaque="o")
    request = register()
    assert prover.answer(challenged(weak.render(), strong.render(), status=status), request)
    name = "Authorization" if status == 401 else "Proxy-Authorization"
    given = digest.parse_credentials(request.headers.get(name) or "")
    assert isinstance(given, digest.Credentials)
    assert given.algorithm is digest.Algorithm.SHA_256
    ha1 = digest.compute_ha1("alice@example.com", "example.com", "Secret123", digest.Algorithm.SHA_256)
    assert digest.verify(given, "REGISTER", ha1)


def test_digest_stops_when_the_password_was_wrong_but_not_when_the_nonce_was_old() -> None:
    prover = Prover(ACCOUNT, ("digest",), token)
    challenge = challenged(digest.Challenge("example.com", "n").render())
    assert prover.answer(challenge, register())
    assert not prover.answer(challenge, register())
    assert prover.answer(challenged(digest.Challenge("example.com", "m", stale=True).render()), register())


def test_digest_with_md5_alone_is_not_answered() -> None:
    prover = Prover(ACCOUNT, ("digest",), token)
    assert not prover.answer(
        challenged(digest.Challenge("example.com", "n", digest.Algorithm.MD5).render()), register()
    )


def sign_in_by_ntlm(version: int | None) -> tuple[Prover, Request, SessionKeys, int]:
    """Both halves of a handshake: what the client sends last, and the server's keys."""
    prover = Prover(ACCOUNT, ("ntlm", "digest"), token)
    asking = register()
    assert prover.answer(challenged(offer(version)), asking)
    assert parsed(asking).gssapi_data == b""
    assert parsed(asking).version == version
    answering = register()
    assert prover.answer(challenged(ntlm_challenge(version)), answering)
    header = parsed(answering)
    assert (header.opaque, header.version) == ("D1", version)
    given = parse_authenticate(header.gssapi_data or b"")
    assert isinstance(given, Authenticate)
    assert (given.user, given.domain) == ("alice@example.com", "")
    keys = verify(given, NONCE, nt_hash("Secret123"))
    assert keys is not None
    return prover, answering, keys, agree_version(4, version)


@pytest.mark.parametrize("version", [None, 2, 3, 4])
def test_ntlm(version: int | None) -> None:
    prover, answering, keys, agreed = sign_in_by_ntlm(version)
    server = SecurityAssociation(keys, realm=REALM, targetname=HOST, opaque="D1", version=agreed, rand="r")
    assert server.verify(answering) is (agreed == 4)
    good = Response.to_request(answering.headers, 200, to_tag="b")
    server.sign(good)
    seal = Seal()
    seal.coming = prover.association
    assert seal.verify(good)
    assert seal.active
    later = register()
    seal.sign(later)
    assert server.verify(later)


def test_a_server_that_offers_a_newer_version() -> None:
    prover = Prover(ACCOUNT, ("ntlm",), token)
    asking = register()
    assert prover.answer(challenged(offer(9)), asking)
    assert parsed(asking).version == 4


def test_ntlm_stops_when_the_password_was_wrong() -> None:
    prover, *_ = sign_in_by_ntlm(4)
    both = challenged(offer(4), digest.Challenge("example.com", "n").render())
    assert not prover._answer_ntlm([offer(4)], "Authorization", register())
    assert not prover.answer(challenged(offer(4)), register())
    assert not prover.answer(both, register())


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["Basic realm=x"],
        ["NTLM"],
        [NtlmHeader(REALM, HOST, opaque="D1", gssapi_data=b"junk", version=4).render()],
    ],
)
def test_what_cannot_be_answered(values: list[str]) -> None:
    prover = Prover(ACCOUNT, ("ntlm", "digest"), token)
    if values == ["NTLM"]:
        prover.answer(challenged(*values), register())
    assert not prover.answer(challenged(*values), register())


def make_seal(rand: str = "s") -> tuple[Seal, SecurityAssociation, Callable[[], Response]]:
    prover, answering, keys, _ = sign_in_by_ntlm(4)
    server = SecurityAssociation(keys, realm=REALM, targetname=HOST, opaque="D1", version=4, rand=rand)
    seal = Seal()
    seal.current = prover.association
    return seal, server, lambda: Response.to_request(answering.headers, 200, to_tag="b")


def test_what_is_not_signed_is_not_believed() -> None:
    seal, server, answer = make_seal()
    good, bad = answer(), answer()
    server.sign(good)
    assert seal.verify(good)
    assert not seal.verify(bad)
    bad.headers.add("Authentication-Info", good.headers.get("Authentication-Info") or "")
    bad.status = 202
    assert not seal.verify(bad)


def test_a_challenge_need_not_be_signed() -> None:
    seal, _, answer = make_seal()
    challenge = answer()
    challenge.status = 401
    assert seal.verify(challenge)


def test_old_and_new_association_side_by_side() -> None:
    seal, old_server, answer = make_seal()
    prover, answering, keys, _ = sign_in_by_ntlm(4)
    new_server = SecurityAssociation(keys, realm=REALM, targetname=HOST, opaque="D1", version=4, rand="n")
    seal.coming = prover.association
    by_old, by_new = answer(), Response.to_request(answering.headers, 200, to_tag="b")
    old_server.sign(by_old)
    new_server.sign(by_new)
    assert seal.verify(by_old)
    assert seal.current is not prover.association
    assert seal.verify(by_new)
    assert seal.current is prover.association
    assert not seal.verify(by_old)


def test_without_a_seal_everything_passes() -> None:
    seal = Seal()
    request = register()
    seal.sign(request)
    assert "Authorization" not in request.headers
    assert seal.verify(request)
