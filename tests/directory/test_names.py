"""What people type, and whom it means."""

from __future__ import annotations

import pytest

from parlour.directory.names import is_address, is_login, read_login


@pytest.mark.parametrize(
    ("text", "given", "login"),
    [
        ("alice", None, "alice"),
        (" Alice ", None, "alice"),
        ("ＡＬＩＣＥ", None, "alice"),  # full width
        ("alice@contoso.com", None, "alice"),
        ("Alice@CONTOSO.com", "", "alice"),
        ("sip:alice@contoso.com", None, "alice"),
        ("SIPS:alice@contoso.com", None, "alice"),
        ("CONTOSO\\alice", None, "alice"),
        ("contoso.com\\alice", None, "alice"),
        ("alice", "CONTOSO", "alice"),
        ("alice", "contoso.com", "alice"),
        ("alice@contoso.com", "contoso", "alice"),
        ("alice@elsewhere.com", None, None),
        ("alice@contoso", None, None),
        ("alice", "ELSEWHERE", None),
        ("ELSEWHERE\\alice", None, None),
        ("a" * 400, None, None),
        ("", None, ""),
    ],
)
def test_reading(text: str, given: str | None, login: str | None) -> None:
    assert read_login(text, "contoso.com", given) == login


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("frank@contoso.com", True),
        ("contoso\\frank", True),
        ("sip:frank", True),
        ("mailto:the desk", True),
        ("urn:x:y", True),
        ("frank", False),
        ("r&d @ seoul", False),
        ("team: sales", False),
        ("a \\ b", False),
        ("@frank", False),
    ],
)
def test_addresses(name: str, address: bool) -> None:
    assert is_address(name) is address


@pytest.mark.parametrize("login", ["a", "alice", "alice.archer-2", "a+b_c", "0", "a" * 64])
def test_logins(login: str) -> None:
    assert is_login(login)


@pytest.mark.parametrize("login", ["", ".a", "a.", "a b", "a@b", "김", "Alice", "a;b", "a/b", "a" * 65, "a\n"])
def test_no_logins(login: str) -> None:
    assert not is_login(login)
