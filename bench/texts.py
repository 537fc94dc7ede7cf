"""Messages for the measurements of search: words as unevenly spread as in real talk, in English and Korean, the same in
every run."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MID", "RARE", "TOP", "Query", "message_text", "queries"]

_SYLLABLES = ("ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wu", "za")
_HANGUL = "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허고노도로모보소오조초"
_VOCABULARY = 20_000

# How many messages apart the words stand that the searches look for.
TOP, MID, RARE = 10, 1_000, 100_000


@dataclass(frozen=True, slots=True)
class Query:
    """A search: its name in the table, and what is typed."""

    name: str
    words: str


def _word(number: int) -> str:
    base = len(_SYLLABLES)
    return _SYLLABLES[number % base] + _SYLLABLES[number // base % base] + _SYLLABLES[number // base**2 % base]


def _korean(number: int) -> str:
    base = len(_HANGUL)
    return "".join(_HANGUL[number // base**power % base] for power in range(2 + number % 3))


def _scattered(number: int) -> int:
    """A number that looks drawn by lot (Knuth's multiplier), the same for the same `number`."""
    return number * 2_654_435_761 % 2**32


def message_text(number: int) -> str:
    """About 130 characters; every fourth message is Korean. Small numbers of the vocabulary come most often."""
    make = _korean if number % 4 == 3 else _word
    drawn = (_scattered(number * 31 + place) for place in range(16))
    words = [make(int((draw / 2**32) ** 3 * _VOCABULARY)) for draw in drawn]
    words += [f"every{step}" for step in (TOP, MID, RARE) if number % step == 0]
    words += [name for step, name in ((TOP, "점검"), (MID, "펌프실"), (RARE, "비상훈련")) if number % step == 3]
    return " ".join(words)


def queries() -> tuple[Query, ...]:
    """What is searched for: words in every tenth, thousandth and hundred-thousandth message, one syllable, a phrase."""
    return (
        Query("top word", f"every{TOP}"),
        Query("mid word", f"every{MID}"),
        Query("rare word", f"every{RARE}"),
        Query("Korean top", "점검"),
        Query("Korean mid", "펌프실"),
        Query("Korean rare", "비상훈련"),
        Query("one syllable", "펌"),
        Query("two words", f"every{TOP} every{MID}"),
        Query("prefix", "ever"),
        Query("none", "xylophone"),
    )
