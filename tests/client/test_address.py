"""Addresses as people type them, and what TLS is checked against."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest

from parlour.client.address import Account, Destination
from parlour.sip.uri import SipUri
from parlour.ua.resolver import Resolver, Target


@pytest.mark.parametrize("address", ["alice@Example.COM", "sip:alice@example.com", "sip:alice@example.com:5060;x=y"])
def test_an_account(address: str) -> None:
    account = Account.of(address, "secret")
    assert (account.uri, account.domain, account.login) == ("sip:alice@example.com", "example.com", "alice@example.com")
    assert "secret" not in repr(account)


@pytest.mark.parametrize("address", ["example.com", "@example.com", "alice@", "alice@exa mple.com", "tel:+1@x", ""])
def test_no_account(address: str) -> None:
    with pytest.raises(ValueError, match="SIP address"):
        Account.of(address, "secret")


def test_schemes() -> None:
    account = Account.of("alice@example.com", "secret")
    assert account.schemes(secure=False) == ("ntlm", "digest")
    assert account.schemes(secure=True) == ("digest", "ntlm")
    assert Account.of("alice@example.com", "secret", scheme="digest").schemes(secure=False) == ("digest",)


class FakeResolver(Resolver):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    async def resolve(self, uri: SipUri, transports: tuple[str, ...] = ("TLS", "TCP")) -> list[Target]:
        self.asked.append((str(uri), transports))
        return []


async def test_without_a_server_the_domain_is_looked_up() -> None:
    resolver = FakeResolver()
    destination = Destination()
    await destination.targets("example.com", resolver)
    await Destination(transport="auto").targets("example.com", resolver)
    assert resolver.asked == [("sip:example.com", ("TLS",)), ("sip:example.com", ("TLS", "TCP"))]
    assert destination.server_name("example.com") == "example.com"


@pytest.mark.parametrize(
    ("server", "target", "name"),
    [
        ("127.0.0.1:5060", Target("TCP", "127.0.0.1", 5060), "127.0.0.1"),
        ("127.0.0.1", Target("TCP", "127.0.0.1", 5060), "127.0.0.1"),
        ("[::1]:5070", Target("TCP", "::1", 5070), "::1"),
        ("::1", Target("TCP", "::1", 5060), "::1"),
        ("sip.example.com:5080", Target("TCP", "sip.example.com", 5080), "sip.example.com"),
    ],
)
async def test_a_server(server: str, target: Target, name: str) -> None:
    destination = Destination(server, "tcp")
    destination.check()
    assert await destination.targets("example.com", Resolver()) == [target]
    assert destination.server_name("example.com") == name


@pytest.mark.parametrize(
    "wrong", [{"server": "a b"}, {"server": "x@y"}, {"server": "h;transport=tcp"}, {"transport": "udp"}]
)
def test_nonsense_is_found_before_connecting(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"server address|transport"):
        Destination(**wrong).check()


def test_a_missing_certificate_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"No such file or directory: '.*missing\.pem'"):
        Destination(certificate=tmp_path / "missing.pem").check()


def test_a_file_that_is_no_certificate(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(OSError, match=r"no certificate in PEM form: .*notes\.txt"):
        Destination(certificate=tmp_path / "notes.txt").check()


def test_tls_is_verified_unless_told_otherwise() -> None:
    context = Destination().context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert Destination(verify=False).context().verify_mode is ssl.CERT_NONE
