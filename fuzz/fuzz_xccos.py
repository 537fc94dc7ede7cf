"""Any bytes give an envelope or a documented refusal, and what was understood survives being said again.

Run: `python fuzz/fuzz_xccos.py [corpus]` (needs Atheris). The invariant is also a hypothesis test,
tests/xccos/test_invariant.py.
"""

from __future__ import annotations

import sys

from parlour.xccos.decode import decode_envelope
from parlour.xccos.decode_answers import decode_server_envelope
from parlour.xccos.encode_requests import encode_requests
from parlour.xccos.errors import XccosError
from parlour.xccos.types import BadCommand, Envelope

STATUSES = (400, 413, 415)


def check(body: bytes) -> None:
    """The invariant: raises AssertionError, or anything but XccosError, when it does not hold."""
    try:
        decode_server_envelope(body)
    except XccosError as error:
        assert error.status in STATUSES
    try:
        heard = decode_envelope(body)
    except XccosError as error:
        assert error.status in STATUSES
        assert error.reason
        return
    sayable = [one for one in heard.primitives if not isinstance(one, BadCommand)]
    again = decode_envelope(encode_requests(heard.envid, sayable))
    assert again == Envelope(heard.envid, tuple(sayable)), (heard, again)


def _one_input(data: bytes) -> None:
    check(data)


def main() -> None:
    """Fuzz until stopped."""
    import atheris

    atheris.instrument_all()
    atheris.Setup(sys.argv, _one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
