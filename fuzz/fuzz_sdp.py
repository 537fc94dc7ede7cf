"""Any bytes as an SDP offer give an answer or a documented refusal.

The invariant is also a hypothesis test, tests/sip/test_invariant.py.
"""

from __future__ import annotations

from parlour.sip.errors import RemoteProtocolError
from parlour.sip.sdp import message_session_answer, parse_sdp

STATUSES = frozenset({400, 488})


def check(body: bytes) -> None:
    """An offer is refused, or answered by a description with a line for each of its media, exactly one of them open."""
    try:
        answer = message_session_answer(body, "192.0.2.1", "sip:lobby@example.com", ("text/plain",))
    except RemoteProtocolError as error:
        assert error.status in STATUSES
        return
    described = parse_sdp(answer)
    assert sum(media.port != 0 for media in described.media) == 1
    if body:
        offer = parse_sdp(body)
        assert [media.kind for media in described.media] == [media.kind for media in offer.media]
