"""One account and one place each count once."""

import pytest

from parlour.frontend.guesses import Guesses, place_of
from parlour.rooms.model import Person
from parlour.sip.auth.backoff import BackoffSettings
from tests.frontend.fakes import ALICE, Clock, FakeConnection, FakeDirectory


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:2", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("unknown", "unknown"),
    ],
)
def test_places(host: str, place: str) -> None:
    assert place_of(host) == place


def test_all_spellings_of_a_login_are_one_account() -> None:
    clock = Clock()
    guesses = Guesses(FakeDirectory(Person(uri=ALICE, guid="1", display_name="A")), clock, BackoffSettings())
    here = FakeConnection()
    for login in ("alice", "ALICE@contoso.com", "sip:alice@contoso.com"):
        guesses.failed(login, here)
    assert guesses.wait("Alice", here) > 0
    assert guesses.wait("bob", here) == 0
    assert guesses.wait("alice", FakeConnection(host="192.0.2.99")) == 0
    guesses.succeeded("alice", here)
    assert guesses.wait("alice@contoso.com", here) == 0
