"""Words of a text, as search sees them: how a text is cut, and how a query is matched against what was cut.

Latin, Greek, Cyrillic and such are cut at what is neither letter nor digit; case and accents do not count. Chinese,
Japanese, Korean and the scripts that write no blanks are cut into overlapping pairs of characters, and the last one of
a run stands alone too: so a word of one or two characters is found wherever it stands, and longer ones as sequences.
Signs that mean something by themselves (`C#`, `50%`, arrows, emoji) are tokens of one character.

A store indexes the tokens of `tokens_of` and asks for those of `compile_words`; it needs to know only two things, that
tokens stand in a sequence, and that the last one may be a beginning (docs/decisions/0006-search-tokens.md).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

__all__ = [
    "MOST_TOKENS",
    "MOST_WORDS",
    "Term",
    "WordMatch",
    "Words",
    "compile_words",
    "fold_text",
    "tokens_of",
]

MOST_WORDS = 32
"""Words and phrases of one query; whoever asks for more is refused (`decisions.decide_query`)."""

MOST_TOKENS = 64
"""Tokens of one query that an index looks up. Longer phrases share them, and the rest is looked for in the texts."""

# Kana, ideographs, syllables, and scripts without blanks (Thai, Lao, Tibetan, Burmese, Khmer).
_UNSPACED = (
    "\u0e00-\u0e7f\u0e80-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff"
    "\u1100-\u11ff\u3005-\u3007\u3031-\u3035\u303b\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7a3\ud7b0-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Signs that people look for. Those of ASCII are tokens in their wide form: there an index cuts at anything else.
_WIDE = {sign: chr(ord(sign) + 0xFEE0) for sign in "#$%&+@"}
_WIDER = str.maketrans(_WIDE)
_APART = tuple((sign, f" {wide} ") for sign, wide in _WIDE.items())
_SIGNS = "".join(_WIDE.values()) + (
    "\u00a2-\u00a7\u00a9\u00ac\u00ae\u00b0\u00b1\u00d7\u00f7\u20a0-\u20cf\u2190-\u23ff\u25a0-\u27bf\u2900-\u297f"
    "\u2b00-\u2bff\u3012\u3013\u3020\U0001f000-\U0001faff"
)
_WORD = rf"[^\W_{_UNSPACED}]+|[{_SIGNS}]"
_RUN = re.compile(rf"([{_UNSPACED}]+)|({_WORD})")
# The same, cut to the end: a pair at every character of a run, or a word.
_TOKEN = re.compile(rf"(?=([{_UNSPACED}]{{1,2}}))[{_UNSPACED}]|({_WORD})")
# What becomes of each octet of an ASCII text: lower case, and a blank for whatever is in no token. Most posts are such,
# and each of them is cut: this, and splitting at blanks, is a quarter of what a pattern costs.
_PLAIN = bytes(code if chr(code).isalnum() or chr(code) in _WIDE else 32 for code in range(128)).lower().ljust(256)
_NARROW_SIGN = re.compile(f"[{''.join(_WIDE)}]")
# Accents of the scripts that have case, and what Hebrew and Arabic may write or leave out: points, vowels, the stroke
# that stretches words. Other marks (the voiced sign of kana, vowel signs) make another letter.
_ACCENT = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u0640\u064b-\u0652\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]"
)
# Accents, and whatever letters have them, are below the scripts of East Asia.
_MAY_HAVE_ACCENT = re.compile("[\u0080-\u2e7f]")
_QUOTED = re.compile(r'["“”„«»「」『』]([^"“”„«»「」『』]*)["“”„«»「」『』]|(\S+)')


class WordMatch(Enum):
    """How many of a query's words have to be there; PHRASE takes the query as one sequence."""

    ANY = "ANY"
    ALL = "ALL"
    PHRASE = "PHRASE"


@dataclass(frozen=True, slots=True)
class Term:
    """Tokens that have to stand in a sequence. `prefix`: the last one is a beginning."""

    tokens: tuple[str, ...]
    prefix: bool = False

    def fits(self, tokens: Sequence[str]) -> bool:
        """Whether a text cut into `tokens` has this; for stores without an index, and for tests of those with one."""
        size = len(self.tokens)
        return any(self._fits_at(tokens[start : start + size]) for start in range(len(tokens) - size + 1))

    def _fits_at(self, window: Sequence[str]) -> bool:
        last = window[-1].startswith(self.tokens[-1]) if self.prefix else window[-1] == self.tokens[-1]
        return last and tuple(window[:-1]) == self.tokens[:-1]

    def beginning(self, size: int) -> Term:
        """The first `size` tokens of a longer one: whatever has the whole has them."""
        return self if len(self.tokens) <= size else Term(self.tokens[:size])


@dataclass(frozen=True, slots=True)
class Words:
    """A query: any or all (`every`) of `terms` have to be there. Where `strings` are, each belongs to the term in its
    place and has to be in the text itself ("" always is), accents and signs included; with `case`, capital letters too.
    No terms: nothing can be found."""

    terms: tuple[Term, ...]
    every: bool
    strings: tuple[str, ...] = ()
    case: bool = False

    def fits(self, text: str) -> bool:
        """Whether a text is found by this; the definition that every store has to keep to."""
        if not self.terms:
            return False
        enough = all if self.every else any
        shown = _plain(text, self.case) if self.strings else ""
        strings = self.strings or ("",) * len(self.terms)
        # Looking for strings is quicker than cutting a text.
        if self.strings and not enough(_has(shown, string) for string in strings):
            return False
        tokens = tokens_of(text)
        pairs = zip(self.terms, strings, strict=True)
        return enough(_has(shown, string) and term.fits(tokens) for term, string in pairs)

    def looked_up_in(self, text: str) -> bool:
        """Whether an index that is asked for the `lookups` finds a text."""
        if not self.terms:
            return False
        tokens = tokens_of(text)
        return (all if self.every else any)(term.fits(tokens) for term in self.lookups)

    @property
    def lookups(self) -> tuple[Term, ...]:
        """What an index is asked for: at most MOST_TOKENS tokens, or two of each term. They find all that fits; if not
        `settled`, more than that."""
        share = max(2, MOST_TOKENS // max(1, len(self.terms)))
        return tuple(term.beginning(share) for term in self.terms)

    @property
    def settled(self) -> bool:
        """Whether all that has the `lookups` fits."""
        return not any(self.strings) and self.lookups == self.terms

    def confirms(self, text: str) -> bool:
        """`fits`, for a text that has the `lookups`."""
        if (self.every or len(self.terms) == 1) and self.lookups == self.terms:
            shown = _plain(text, self.case)
            return all(_has(shown, string) for string in self.strings)
        return self.fits(text)


def fold_text(text: str) -> str:
    """NFKC, without case, accents and points."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    if not _MAY_HAVE_ACCENT.search(folded):
        return unicodedata.normalize("NFC", folded)
    bare = _ACCENT.sub("", unicodedata.normalize("NFD", folded))
    return unicodedata.normalize("NFC", bare)


def tokens_of(text: str) -> list[str]:
    """The tokens of a text, in order; there is nothing in them but letters, digits and signs, and no sign of ASCII."""
    if text.isascii():
        plain = text.encode("ascii").translate(_PLAIN).decode("ascii")
        for sign, apart in _APART:
            if sign in plain:
                plain = plain.replace(sign, apart)
        return plain.split()
    return [pair or word for pair, word in _TOKEN.findall(_folded(text))]


def _folded(text: str) -> str:
    """Ready to be cut."""
    folded = fold_text(text)
    # Few texts have any, and looking for them is quicker than replacing them.
    return folded.translate(_WIDER) if _NARROW_SIGN.search(folded) else folded


def _plain(text: str, case: bool) -> str:
    """What `strings` are looked for in: the same however its characters are encoded."""
    plain = unicodedata.normalize("NFKC", text)
    return plain if case else unicodedata.normalize("NFKC", plain.casefold())


def _has(plain: str, string: str) -> bool:
    """However many blanks stand between the words."""
    return string in plain or (" " in string and string in " ".join(plain.split()))


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run))]


def compile_words(
    text: str, match: WordMatch = WordMatch.ANY, match_case: bool = False, literal: bool = False
) -> Words:
    """The query that people typed. A bare word finds words that begin with it, a quoted phrase just that sequence.
    `literal` wants each of them in the text with the accents and signs that were typed, `match_case` with its capital
    letters too. However long it is, all of it counts."""
    pieces = [(text, True)] if match is WordMatch.PHRASE else _pieces(text)
    terms: dict[tuple[Term, str], None] = {}
    for piece, quoted in pieces:
        term = _term(piece, quoted)
        if term is not None:
            terms[term, _string(piece, match_case, literal)] = None
    strings = tuple(string for _, string in terms) if match_case or literal else ()
    return Words(tuple(term for term, _ in terms), match is not WordMatch.ANY, strings, match_case)


def _string(piece: str, case: bool, literal: bool) -> str:
    """What has to be in a text beside the tokens of a piece; "" if they say it all."""
    if not (case or literal):
        return ""
    string = " ".join(_plain(piece, case).split()).removesuffix("*")
    # Of a word without accents, of a script without letter case, there is nothing more to say.
    caseless = string.lower() == string.upper() and _RUN.fullmatch(string) and fold_text(string) == string
    return "" if case and not literal and caseless else string


def _pieces(text: str) -> list[tuple[str, bool]]:
    """(word or phrase, whether it was quoted)."""
    return [(quoted or bare, bool(quoted)) for quoted, bare in _QUOTED.findall(text)]


def _term(piece: str, quoted: bool) -> Term | None:
    tokens: list[str] = []
    runs = _RUN.findall(_folded(piece))
    for at, (run, word) in enumerate(runs):
        if word:
            tokens.append(word)
        elif at < len(runs) - 1:
            tokens += _pairs(run)
        else:
            # What follows the run in the text is not known: its last character may begin a pair.
            return Term((*tokens, *(_pairs(run)[:-1] or (run,))), prefix=len(run) == 1)
    if not tokens:
        return None
    # One letter begins too many words to be worth it.
    return Term(tuple(tokens), prefix=not quoted and len(tokens[-1]) > 1)
