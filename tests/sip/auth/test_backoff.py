"""Guessing gets dearer, owners are not locked out, memory stays bounded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parlour.sip.auth.backoff import BackoffSettings, Curve, FailureBackoff


def _guess(backoff: FailureBackoff, address: str, account: str, times: int, now: float = 0.0) -> list[float]:
    """Guess as fast as allowed; the waits in between."""
    waits = []
    for _ in range(times):
        waits.append(backoff.check(address, account, now))
        now += waits[-1]
        backoff.failed(address, account, now)
    return waits


def test_each_guess_costs_as_much_or_more() -> None:
    waits = _guess(FailureBackoff(), "10.0.0.1", "alice", 1000)
    assert waits == sorted(waits)
    assert waits[:5] == [0.0, 0.0, 0.0, 1.0, 2.0]
    assert waits[-1] == 900.0


def test_one_password_on_everybody() -> None:
    backoff = FailureBackoff()
    now, waits = 0.0, []
    for n in range(100):
        waits.append(backoff.check("10.0.0.1", f"user{n}", now))
        now += waits[-1]
        backoff.failed("10.0.0.1", f"user{n}", now)
    assert waits == sorted(waits)
    assert waits[-1] == 300.0


def test_one_device_with_an_old_password_does_not_stop_an_office() -> None:
    backoff = FailureBackoff()
    _guess(backoff, "10.0.0.1", "printer", 30)
    assert backoff.check("10.0.0.1", "alice", 20_000.0) == 0.0


def test_a_stranger_delays_the_owner_for_seconds_only() -> None:
    backoff = FailureBackoff()
    now = 0.0
    for n in range(500):
        backoff.failed(f"10.0.{n // 250}.{n % 250}", "alice", now)
    assert 0 < backoff.check("192.0.2.1", "alice", now) <= 15.0
    assert backoff.check("192.0.2.1", "bob", now) == 0.0


def test_a_place_where_the_owner_signed_in_does_not_wait_for_strangers() -> None:
    backoff = FailureBackoff()
    backoff.succeeded("192.0.2.1", "alice", 0.0)
    for n in range(500):
        backoff.failed(f"10.0.{n // 250}.{n % 250}", "alice", 1.0)
        backoff.failed("192.0.2.1", f"other{n}", 1.0)
    assert backoff.check("192.0.2.1", "alice", 1.0) == 0.0
    assert backoff.check("192.0.2.1", "alice", 86402.0) == 0.0  # forgotten by then
    for _ in range(5):
        backoff.failed("192.0.2.1", "alice", 2.0)
    assert backoff.check("192.0.2.1", "alice", 2.0) == 4.0


def test_success_clears_that_account_at_that_address_only() -> None:
    backoff = FailureBackoff()
    for account in ("alice", "bob"):
        _guess(backoff, "a", account, 5)
    _guess(backoff, "b", "alice", 5)
    backoff.succeeded("a", "alice", 0.0)
    assert backoff.check("a", "alice", 0.0) == 0.0
    assert backoff.check("a", "bob", 0.0) > 0.0
    assert backoff.check("b", "alice", 0.0) > 0.0


def test_signing_in_to_an_own_account_does_not_pay_for_guessing_at_another() -> None:
    backoff = FailureBackoff()
    waits = []
    now = 0.0
    for _ in range(20):
        waits.append(backoff.check("a", "victim", now))
        now += waits[-1]
        backoff.failed("a", "victim", now)
        backoff.succeeded("a", "mallory", now)
    assert waits == sorted(waits)
    assert waits[-1] == 900.0


def test_forgotten_after_a_while() -> None:
    backoff = FailureBackoff()
    _guess(backoff, "a", "alice", 3)
    assert backoff.check("a", "alice", 0.0) > 0
    assert backoff.check("a", "alice", 3601.0) == 0.0
    backoff.failed("a", "alice", 8000.0)
    assert backoff.check("a", "alice", 8000.0) == 0.0


def test_memory_is_bounded() -> None:
    backoff = FailureBackoff(BackoffSettings(entries=10))
    for n in range(100):
        backoff.failed(f"a{n}", f"u{n}", 0.0)
        backoff.succeeded(f"s{n}", f"u{n}", 0.0)
    assert len(backoff) <= 40


@given(st.integers(0, 10_000))
def test_curves_never_fall(failures: int) -> None:
    curve = Curve(free=3, first=0.25, ceiling=60.0, memory=1.0)
    assert 0 <= curve.delay(failures) <= curve.delay(failures + 1) <= 60.0
