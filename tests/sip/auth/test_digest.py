"""Digest: the examples of RFC 7616 section 3.9.1, both ends together, and what must be refused."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.sip.auth import digest
from parlour.sip.auth.digest import Algorithm, Challenge, Credentials
from parlour.sip.auth.params import Malformed

NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
RFC = (
    'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm={algorithm}, '
    f'nonce="{NONCE}", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, '
    'response="{response}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
VECTORS = [
    (Algorithm.MD5, "8ca523f5e9506fed4657c9700eebdbec"),
    (Algorithm.SHA_256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
]


def _credentials(value: str) -> Credentials:
    parsed = digest.parse_credentials(value)
    assert isinstance(parsed, Credentials), parsed
    return parsed


@pytest.mark.parametrize(("algorithm", "response"), VECTORS)
def test_rfc_7616(algorithm: Algorithm, response: str) -> None:
    credentials = _credentials(RFC.format(algorithm=algorithm.value, response=response))
    ha1 = digest.compute_ha1("Mufasa", "http-auth@example.org", "Circle of Life", algorithm)
    assert digest.verify(credentials, "GET", ha1)
    assert not digest.verify(credentials, "POST", ha1)
    assert not digest.verify(credentials, "GET", digest.compute_ha1("Mufasa", "x", "Circle of Life", algorithm))
    assert not digest.verify(credentials, "GET", None)
    assert not digest.verify(dataclasses.replace(credentials, nc=2), "GET", ha1)


@pytest.mark.parametrize(("algorithm", "response"), VECTORS)
def test_rfc_7616_from_the_clients_side(algorithm: Algorithm, response: str) -> None:
    challenge = Challenge("http-auth@example.org", NONCE, algorithm)
    answered = digest.answer(
        challenge,
        username="Mufasa",
        password="Circle of Life",
        method="GET",
        uri="/dir/index.html",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert answered.response == response


@given(
    st.text(min_size=1, max_size=60).filter(lambda text: text.isprintable()),
    st.text(max_size=60),
    st.sampled_from(Algorithm),
    st.integers(1, 2**32 - 1),
)
def test_both_ends(username: str, password: str, algorithm: Algorithm, nc: int) -> None:
    challenge = digest.parse_challenge(Challenge('a "realm"', "n", algorithm, opaque="o", stale=True).render())
    assert challenge == Challenge('a "realm"', "n", algorithm, opaque="o", stale=True)
    assert isinstance(challenge, Challenge)
    sent = digest.answer(
        challenge, username=username, password=password, method="REGISTER", uri="sip:x", cnonce="c", nc=nc
    )
    received = _credentials(sent.render())
    assert received == sent
    ha1 = digest.compute_ha1(username, 'a "realm"', password, algorithm)
    assert digest.verify(received, "REGISTER", ha1)


def test_a_name_the_header_cannot_carry() -> None:
    value = RFC.format(algorithm="MD5", response="0" * 32).replace(
        'username="Mufasa"', "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe"
    )
    assert _credentials(value).username == "Jäsøn Doe"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('username="Mufasa", ', ""),
        ('username="Mufasa"', 'username=""'),
        ('username="Mufasa"', "username*=UTF-8''%FF"),
        ('username="Mufasa"', "username*=latin-1''x"),
        ('username="Mufasa"', "username=\"x\", username*=UTF-8''x"),
        ("qop=auth", "qop=auth-int"),
        (", qop=auth", ""),
        ("nc=00000001", "nc=1"),
        ("nc=00000001", "nc=0000000g"),
        (', cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"', ""),
        ("algorithm=MD5", "algorithm=SHA-512-256"),
        ("algorithm=MD5", "algorithm=MD5-sess"),
        ("algorithm=MD5", "algorithm=SHA-256"),  # the response is too short for it
        ("Digest ", "Basic "),
        ('opaque="', 'opaque="' + "x" * 600),
        ("nc=00000001", "nc=00000001, nc=00000002"),
    ],
)
def test_refused_credentials(old: str, new: str) -> None:
    value = RFC.format(algorithm="MD5", response="0" * 32)
    assert old in value
    assert isinstance(digest.parse_credentials(value.replace(old, new)), Malformed)


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    for value in (text, f"Digest {text}", f'Digest username="a", nc={text}'):
        assert isinstance(digest.parse_credentials(value), Credentials | Malformed)
        assert isinstance(digest.parse_challenge(value), Challenge | Malformed)


def test_the_servers_order_decides() -> None:
    strong, weak = Challenge("r", "1"), Challenge("r", "2", Algorithm.MD5)
    values = ['NTLM realm="x"', 'Digest realm="r", nonce="0", algorithm=SHA-512-256', strong.render(), weak.render()]
    assert digest.choose_challenge(values) == strong
    assert digest.choose_challenge(values, (Algorithm.MD5,)) == weak
    assert digest.choose_challenge(values[:2]) is None
    assert digest.choose_challenge(['Digest realm="r", nonce="0", qop="auth-int"']) is None


def test_malformed_challenges() -> None:
    assert isinstance(digest.parse_challenge('Digest realm="r"'), Malformed)
    assert isinstance(digest.parse_challenge('Digest realm="r", nonce="n", algorithm=X'), Malformed)
    assert "response" not in repr(_credentials(RFC.format(algorithm="MD5", response="0" * 32)))
