"""Waiting longer and longer."""

from __future__ import annotations

from parlour.client.backoff import Backoff


def test_doubles_up_to_a_limit() -> None:
    backoff = Backoff(0.5, 4.0, lambda: 1.0)
    assert [backoff.next() for _ in range(5)] == [0.5, 1.0, 2.0, 4.0, 4.0]
    backoff.reset()
    assert backoff.next() == 0.5


def test_half_is_chance() -> None:
    assert Backoff(1.0, 4.0, lambda: 0.0).next() == 0.5


def test_the_server_may_ask_for_more() -> None:
    backoff = Backoff(0.5, 4.0, lambda: 0.0)
    assert backoff.next(at_least=60.0) == 60.0
    assert backoff.next(at_least=0.1) == 0.5


def test_very_many_tries() -> None:
    backoff = Backoff(0.5, 30.0, lambda: 1.0)
    assert [backoff.next() for _ in range(5000)][-1] == 30.0
