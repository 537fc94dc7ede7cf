"""Names of rooms and categories: what may be one, and when two are the same."""

from __future__ import annotations

import re
import unicodedata

from parlour.rooms.refusals import Refusal, Refused
from parlour.rooms.words import fold_text

__all__ = [
    "MOST_COMPARED",
    "bare_name",
    "check_description",
    "check_name",
    "check_title",
    "fold_name",
    "longer_than",
    "look_of",
]

_UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# What nobody sees (Default_Ignorable_Code_Point in Unicode's DerivedCoreProperties, but for what is in Cf), and a blank
# that passes for a symbol.
_INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800"
# Nor these, but some scripts and pictures are not written without: the joiners, and what chooses a variant.
_NEEDED = "\u200c\u200d\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_UNSEEN = re.compile(
    f"[{_INVISIBLE}{_NEEDED}\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]"
)
_KEPT = re.compile(f"[{_NEEDED}]")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DECOMPOSED = 4
"""Characters that NFC makes one of, at most."""


def fold_name(name: str) -> str:
    """The form in which names are compared: NFKC and case folding (twice, since folding may undo normal form),
    runs of white space as one space."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).casefold().split())


def look_of(name: str) -> str:
    """What people see of a name, folded: two names of one look are taken for one."""
    return fold_name(_UNSEEN.sub("", name))


def bare_name(name: str) -> str:
    """What a search looks at, in a name and in what is typed: what people see of it, without case, accents and points,
    as in the search for messages (`words.fold_text`)."""
    look = look_of(name)
    return look if look.isascii() else fold_text(look)


MOST_COMPARED = 1000
"""Characters of a name as it is compared, and of what is looked for in names."""


def longer_than(text: str, most: int) -> bool:
    """Whether a text has more characters than so many, as it stands or as it is compared: one may become eighteen. To
    be asked before anything else is done with a text of any length."""
    return len(text) > most or (not text.isascii() and len(unicodedata.normalize("NFKC", text)) > most)


def check_name(name: str, limit: int) -> str | Refused:
    """The name as it will be kept (outer white space removed, NFC), or why it cannot be one; `limit` in characters."""
    kept = name.strip()
    # NFC makes of a few characters one, but hardly of more (UAX #15): a name of any length is not even looked at.
    if len(kept) <= _DECOMPOSED * limit:
        kept = unicodedata.normalize("NFC", kept)
    if len(kept) > limit or longer_than(kept, MOST_COMPARED):
        return Refused(Refusal.LIMIT_EXCEEDED, f"a name has at most {limit} characters")
    if not fold_name(kept):
        return Refused(Refusal.INVALID, "a name is needed")
    for character in kept:
        if character in _INVISIBLE or (unicodedata.category(character) in _UNSHOWABLE and not _KEPT.match(character)):
            return Refused(Refusal.INVALID, f"a name cannot hold {_describe(character)}: nobody can see it")
    return kept if look_of(kept) else Refused(Refusal.INVALID, "a name has to show something")


def check_title(name: str, limit: int) -> str | Refused:
    """As `check_name`, for what people call by its name or by its id (a GUID): a name of that form would be taken for
    the id of something else."""
    kept = check_name(name, limit)
    if isinstance(kept, Refused) or not _ID.fullmatch(look_of(kept)):
        return kept
    return Refused(Refusal.INVALID, "a name cannot have the form of an id: it would be taken for one")


def _describe(character: str) -> str:
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X} ({name})" if name else f"U+{ord(character):04X}"


def check_description(text: str, limit: int) -> str | Refused:
    """The description as it will be kept. Line breaks are welcome, other control characters are not."""
    if len(text) > limit:
        return Refused(Refusal.LIMIT_EXCEEDED, f"a description has at most {limit} characters")
    if any(unicodedata.category(character) in ("Cc", "Cs") and character not in "\r\n\t" for character in text):
        return Refused(Refusal.INVALID, "a description cannot hold control characters")
    return text
