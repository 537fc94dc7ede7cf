"""Each number once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parlour.sip.auth.replay import ReplayWindow


def test_order_does_not_matter_within_the_window() -> None:
    window = ReplayWindow(8)
    assert [window.accept(n) for n in (1, 3, 2, 2, 3, 10, 9, 3, 2)] == [
        True, True, True, False, False, True, True, False, False,
    ]  # fmt: skip


def test_zero_and_below_are_refused() -> None:
    assert not ReplayWindow().accept(0)
    assert not ReplayWindow().accept(-5)


def test_a_huge_leap_costs_no_memory() -> None:
    window = ReplayWindow(64)
    assert window.accept(1)
    assert window.accept(10**12)
    assert window._seen.bit_length() <= 64
    assert not window.accept(1)
    assert window.accept(10**12 - 63)
    assert not window.accept(10**12 - 64)


@given(st.lists(st.integers(min_value=1, max_value=600), max_size=200))
def test_never_twice(numbers: list[int]) -> None:
    window = ReplayWindow(64)
    accepted = [number for number in numbers if window.accept(number)]
    assert len(accepted) == len(set(accepted))
    assert set(accepted) >= ({max(numbers)} if numbers else set())
