"""Flow tokens: ours come back, others do not."""

import pytest

from parlour.frontend.flow_tokens import FlowTokens

TOKENS = FlowTokens(b"s" * 32)


@pytest.mark.parametrize("flow_id", [0, 1, 255, 2**40])
def test_round_trip(flow_id: int) -> None:
    token = TOKENS.make(flow_id)
    assert TOKENS.read(token) == flow_id
    assert token.isascii()
    assert "@" not in token


@pytest.mark.parametrize("user", [None, "", "alice", "f-", "f-1-", "f-zz-00", "f-1-é", "f-" + "9" * 100 + "-00"])
def test_anything_else_is_no_token(user: str | None) -> None:
    assert TOKENS.read(user) is None


def test_another_process_makes_others() -> None:
    assert FlowTokens(b"t" * 32).read(TOKENS.make(7)) is None


def test_number_and_proof_belong_together() -> None:
    proof = TOKENS.make(7).rpartition("-")[2]
    assert TOKENS.read(f"f-8-{proof}") is None
