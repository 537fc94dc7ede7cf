"""Any bytes give an envelope or a documented refusal, and what was understood survives being said again.

It begins with the examples of docs/protocol/xccos*.md, which have all commands, replies and notices, and with the
bodies of a real client. The invariant is also a hypothesis test, tests/xccos/test_invariant.py.
"""

from __future__ import annotations

import re
from pathlib import Path

from parlour.xccos.decode import decode_envelope
from parlour.xccos.decode_answers import decode_server_envelope
from parlour.xccos.encode_requests import encode_requests
from parlour.xccos.errors import XccosError
from parlour.xccos.types import BadCommand, Envelope

STATUSES = (400, 413, 415)
ROOT = Path(__file__).resolve().parents[1]


def seeds() -> list[bytes]:
    """Bodies to begin with: the examples of the pages, and what a real client sent."""
    pages = [page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs" / "protocol").glob("xccos*.md"))]
    examples = [body for page in pages for body in re.findall(r"```xml\n(.*?)\n```", page, re.DOTALL)]
    wire = sorted((ROOT / "tests" / "xccos" / "wire").glob("*.xml"))
    return [body.encode() for body in examples] + [path.read_bytes() for path in wire]


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
