"""The content types under which an envelope may travel in an INFO."""

from __future__ import annotations

from typing import Final

from parlour.xccos.decode import decode_envelope
from parlour.xccos.errors import XccosError
from parlour.xccos.types import Envelope

__all__ = ["ACCEPTED_TYPES", "CONTENT_TYPE", "decode_body", "is_accepted_type", "refusal_headers"]

CONTENT_TYPE: Final = "text/plain"
"""What we send. Verified: what clients send, and the one type they all read."""

ACCEPTED_TYPES: Final = ("text/plain", "text/xml", "application/xml")


def is_accepted_type(content_type: str | None) -> bool:
    """Whether a body of this type may hold an envelope; a missing type is taken for text/plain."""
    if content_type is None:
        return True
    return content_type.partition(";")[0].strip().lower() in ACCEPTED_TYPES


def decode_body(content_type: str | None, body: bytes) -> Envelope:
    """The envelope in the body of an INFO. Raises XccosError: 415 for a type that holds none, else as
    `decode_envelope`."""
    if not is_accepted_type(content_type):
        raise XccosError(415, "Unsupported Media Type")
    return decode_envelope(body)


def refusal_headers(error: XccosError) -> list[tuple[str, str]]:
    """What the answer to a refused body says beside its status (RFC 3261 section 21.4.13)."""
    return [("Accept", ", ".join(ACCEPTED_TYPES))] if error.status == 415 else []
