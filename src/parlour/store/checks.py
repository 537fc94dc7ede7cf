"""What every home of the store checks in the same way, before anything is queued."""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["KEY_BYTES_MAX", "KEY_BYTES_MIN", "check_key", "fold_name"]

KEY_BYTES_MIN: Final = 16
KEY_BYTES_MAX: Final = 64


def check_key(key: bytes) -> None:
    """Raise `ValueError` unless `key` can name one act among all acts there will ever be."""
    if not KEY_BYTES_MIN <= len(key) <= KEY_BYTES_MAX:
        raise ValueError(f"the key of a post has {KEY_BYTES_MIN} to {KEY_BYTES_MAX} bytes, not {len(key)}")


def fold_name(name: str) -> str:
    """The form in which names of rooms and categories are compared: two names that fold alike are one name."""
    # Folding case can leave a string that is no longer normalised, hence twice.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
