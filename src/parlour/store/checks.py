"""What every home of the store does in the same way."""

from __future__ import annotations

from typing import Final

__all__ = ["FIRST_INVITATION", "KEY_BYTES_MAX", "KEY_BYTES_MIN", "check_key"]

KEY_BYTES_MIN: Final = 16
KEY_BYTES_MAX: Final = 64

FIRST_INVITATION: Final = 2
"""The number of a person's first invitation."""


def check_key(key: bytes) -> None:
    """Raise `ValueError` unless `key` can name one act among all acts there will ever be."""
    if not KEY_BYTES_MIN <= len(key) <= KEY_BYTES_MAX:
        raise ValueError(f"the key of a post has {KEY_BYTES_MIN} to {KEY_BYTES_MAX} bytes, not {len(key)}")
