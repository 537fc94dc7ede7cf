"""Which refusal the caller hears (RFC 3261 section 16.7)."""

import pytest

from parlour.frontend.best_response import best_response
from parlour.sip.message import Response


@pytest.mark.parametrize(
    ("statuses", "best"),
    [
        ([486, 404], 486),
        ([404, 486], 404),
        ([408, 486], 486),
        ([480, 486], 486),
        ([486, 407], 407),
        ([486, 302], 302),
        ([302, 603], 603),
        ([500, 404], 404),
        ([503, 500], 500),
        ([503], 503),
    ],
)
def test_best(statuses: list[int], best: int) -> None:
    found = best_response([Response(status) for status in statuses])
    assert found is not None
    assert found.status == best


def test_none() -> None:
    assert best_response([]) is None
