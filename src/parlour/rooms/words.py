"""Words of a text, as search sees them: how a text is cut, and how a query is matched against what was cut.

Latin, Greek, Cyrillic and such are cut at what is neither letter nor digit; case and accents do not count. Chinese,
Japanese, Korean and the scripts that write no blanks are cut into overlapping pairs of characters, and the last one of
a run stands alone too: so a word of one or two characters is found wherever it stands, and longer ones as sequences.

A store indexes the tokens of `tokens_of` and asks for those of `compile_words`; it needs to know only two things, that
tokens stand in a sequence, and that the last one may be a beginning (docs/decisions/0006-search-tokens.md).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

__all__ = ["MOST_TOKENS", "MOST_WORDS", "Term", "WordMatch", "Words", "compile_words", "fold_text", "tokens_of"]

MOST_WORDS = 32
"""Words and phrases of one query that count; a longer query looks for the first of them."""

MOST_TOKENS = 64
"""Tokens of one query that count; of a longer one, or a longer phrase, the beginning is looked for. An index looks up
every one of them."""

# Kana, ideographs, syllables, and scripts without blanks (Thai, Lao, Tibetan, Burmese, Khmer).
_UNSPACED = (
    "\u0e00-\u0e7f\u0e80-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff"
    "\u1100-\u11ff\u3005-\u3007\u3031-\u3035\u303b\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7a3\ud7b0-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = re.compile(rf"([{_UNSPACED}]+)|([^\W_{_UNSPACED}]+)")
# The same, cut to the end: a pair at every character of a run, or a word.
_TOKEN = re.compile(rf"(?=([{_UNSPACED}]{{1,2}}))[{_UNSPACED}]|([^\W_{_UNSPACED}]+)")
_PLAIN = re.compile(r"[a-z0-9]+")
# Accents of the scripts that have case. Other marks (the voiced sign of kana, vowel signs) make another letter.
_ACCENT = re.compile("[\u0300-\u036f]")
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


@dataclass(frozen=True, slots=True)
class Words:
    """A query. `terms` are looked for in the index, any or all of them; `exact` are strings that have to be in the text
    itself, letter by letter, any or all likewise (only where case counts). No terms: nothing can be found."""

    terms: tuple[Term, ...]
    every: bool
    exact: tuple[str, ...] = ()

    def fits(self, text: str) -> bool:
        """Whether a text is found by this; the definition that every store has to keep to."""
        if not self.terms:
            return False
        tokens = tokens_of(text)
        combine = all if self.every else any
        return combine(term.fits(tokens) for term in self.terms) and (
            not self.exact or combine(word in text for word in self.exact)
        )


def fold_text(text: str) -> str:
    """NFKC, without case and accents."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    if not _MAY_HAVE_ACCENT.search(folded):
        return unicodedata.normalize("NFC", folded)
    bare = _ACCENT.sub("", unicodedata.normalize("NFD", folded))
    return unicodedata.normalize("NFC", bare)


def tokens_of(text: str) -> list[str]:
    """The tokens of a text, in order; there is nothing in them but letters and digits."""
    if text.isascii():
        return _PLAIN.findall(text.lower())
    return [pair or word for pair, word in _TOKEN.findall(fold_text(text))]


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run))]


def compile_words(text: str, match: WordMatch = WordMatch.ANY, match_case: bool = False) -> Words:
    """The query that people typed. A bare word finds words that begin with it, a quoted phrase just that sequence;
    `match_case` wants each of them in the text as it was typed."""
    pieces = [(text, True)] if match is WordMatch.PHRASE else _pieces(text)
    terms: list[Term] = []
    exact: list[str] = []
    left = MOST_TOKENS
    for piece, quoted in pieces:
        term = _term(piece, quoted)
        if term is not None and term not in terms:
            terms.append(term if len(term.tokens) <= left else Term(term.tokens[:left]))
            exact.append(piece.strip().removesuffix("*"))
            left -= len(terms[-1].tokens)
        if len(terms) == MOST_WORDS or not left:
            break
    return Words(tuple(terms), match is not WordMatch.ANY, tuple(exact) if match_case else ())


def _pieces(text: str) -> list[tuple[str, bool]]:
    """(word or phrase, whether it was quoted)."""
    return [(quoted or bare, bool(quoted)) for quoted, bare in _QUOTED.findall(text)]


def _term(piece: str, quoted: bool) -> Term | None:
    tokens: list[str] = []
    runs = _RUN.findall(fold_text(piece))
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
