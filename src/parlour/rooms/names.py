"""Names of rooms and categories: what may be one, and when two are the same."""

from __future__ import annotations

import unicodedata

from parlour.rooms.refusals import Refusal, Refused

__all__ = ["check_description", "check_name", "fold_name"]

_UNSHOWABLE = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})


def fold_name(name: str) -> str:
    """The form in which names are compared: NFKC and case folding (twice, since folding may undo normal form),
    runs of white space as one space."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).casefold().split())


def check_name(name: str, limit: int) -> str | Refused:
    """The name as it will be kept (outer white space removed, NFC), or why it cannot be one; `limit` in characters."""
    kept = unicodedata.normalize("NFC", name.strip())
    if not fold_name(kept):
        return Refused(Refusal.INVALID, "a name is needed")
    if len(kept) > limit:
        return Refused(Refusal.LIMIT_EXCEEDED, f"a name has at most {limit} characters")
    if any(unicodedata.category(character) in _UNSHOWABLE for character in kept):
        return Refused(Refusal.INVALID, "a name cannot hold control characters")
    return kept


def check_description(text: str, limit: int) -> str | Refused:
    """The description as it will be kept. Line breaks are welcome, other control characters are not."""
    if len(text) > limit:
        return Refused(Refusal.LIMIT_EXCEEDED, f"a description has at most {limit} characters")
    if any(unicodedata.category(character) in ("Cc", "Cs") and character not in "\r\n\t" for character in text):
        return Refused(Refusal.INVALID, "a description cannot hold control characters")
    return text
