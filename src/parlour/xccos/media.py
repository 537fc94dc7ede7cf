"""The content types under which an envelope may travel in an INFO."""

from __future__ import annotations

from typing import Final

__all__ = ["ACCEPTED_TYPES", "CONTENT_TYPE", "is_accepted_type"]

CONTENT_TYPE: Final = "text/plain"
"""What we send. Verified: what clients send, and the one type they all read."""

ACCEPTED_TYPES: Final = ("text/plain", "text/xml", "application/xml")


def is_accepted_type(content_type: str | None) -> bool:
    """Whether a body of this type may hold an envelope; a missing type is taken for text/plain."""
    if content_type is None:
        return True
    return content_type.partition(";")[0].strip().lower() in ACCEPTED_TYPES
