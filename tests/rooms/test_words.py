"""Words of many scripts: how texts are cut and what a query finds."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.rooms.words import (
    MOST_TOKENS,
    MOST_WORDS,
    Term,
    WordMatch,
    Words,
    compile_words,
    fold_text,
    tokens_of,
)

# Of Hebrew and Arabic, all marks but hamza and madda, which make another letter; and the stroke that stretches words.
POINTS = {c for c in map(chr, [*range(0x591, 0x5C8), *range(0x610, 0x6EE)]) if unicodedata.category(c) == "Mn"}
POINTS = {c for c in POINTS if not "\u0653" <= c <= "\u065f"} | {"\u0640"}

# What is searched for, in what, and whether it is found.
FOUND = [
    ("pump", "Pump 3 tripped"),
    ("trip", "Pump 3 tripped"),
    ("3", "Pump 3 tripped"),
    ("cafe", "Café at noon"),
    ("CAFÉ", "cafe at noon"),
    ("zurich", "Zürich"),
    ("strasse", "Straße"),
    ("ΑΘΗΝΑ", "Αθήνα"),
    ("москва", "МОСКВА"),
    ("회의", "내일 회의를 시작합니다"),
    ("의", "회의"),
    ("회", "회의"),
    ("회의를 시작", "회의를 시작"),
    ("시작합니다", "회의를 시작합니다"),
    ("日本", "日本語のテスト"),
    ("本", "日本語"),
    ("語の", "日本語のテスト"),
    ("テスト", "日本語のテスト"),
    ("ﾃｽﾄ", "日本語のテスト"),
    ("会议", "今天的会议取消"),
    ("消", "今天的会议取消"),
    ("PC방", "동네 PC방에서"),
    ("방PC", "회방PC"),
    ("๑๒", "๑๒๓"),
    ("𠮷野", "𠮷野家"),
    ('"pump 3"', "pump 3 tripped"),
    ("“pump 3”", "pump 3 tripped"),
    ("pump*", "pumps"),
    ("a", "a b c"),
    ("e-mail", "send an E-Mail"),
    ("ＡＢＣ", "abcdef"),
    ("🚀", "🚀 launch"),
    ("🚀", "🚀🚀 launch"),
    ("👨", "the 👨\u200d👩\u200d👧 are here"),
    ("👨\u200d👩\u200d👧", "the 👨\u200d👩\u200d👧 are here"),
    ("👍", "👍🏽"),
    ("❤", "I ❤\ufe0f it"),
    ("C#", "C++ and C# rock"),
    ("c", "C++ and C# rock"),
    ("C++", "C++ and C# rock"),
    ("Ｃ＃", "c#"),
    ("50%", "50% off"),
    ("R&D", "our r&d"),
    ("방#", "방# 회의"),
    ("שלום", "שָׁלוֹם"),
    ("שָׁלוֹם", "שלום"),
    ("محمد", "مُحَمَّد"),
    ("محـــمد", "محمد"),
]
NOT_FOUND = [
    ("ump", "pump"),
    ("a", "apple"),
    ('"trip"', "tripped"),
    ('"pump 4"', "pump 3 and 4"),
    ("의회", "회의"),
    ("日語", "日本語"),
    ("が", "か"),
    ("パ", "ハ"),
    ("회의록", "회의를 기록"),
    ("...", "..."),
    ("C#", "a.b.c"),
    ("C#", "c d #"),
    ("C++", "C+ and C# rock"),
    ("🚀", "🚁"),
    ("👍🏽", "👍"),
    ("أب", "اب"),
    ("", "anything"),
]


@pytest.mark.parametrize(("query", "text"), FOUND)
def test_found(query: str, text: str) -> None:
    assert compile_words(query).fits(text)


@pytest.mark.parametrize(("query", "text"), NOT_FOUND)
def test_not_found(query: str, text: str) -> None:
    assert not compile_words(query).fits(text)


def test_any_word_all_words_and_the_phrase() -> None:
    text = "pump three tripped again"
    assert compile_words("pump valve").fits(text)
    assert not compile_words("pump valve", WordMatch.ALL).fits(text)
    assert compile_words("again pump", WordMatch.ALL).fits(text)
    assert compile_words("three tripped", WordMatch.PHRASE).fits(text)
    assert not compile_words("tripped three", WordMatch.PHRASE).fits(text)
    assert not compile_words("three trip", WordMatch.PHRASE).fits(text)


def test_case_counts_when_it_is_asked_for() -> None:
    assert compile_words("Pump", match_case=True).fits("the Pump")
    assert not compile_words("pump", match_case=True).fits("the Pump")
    assert compile_words("Pump valve", match_case=True).fits("the Pump")
    assert not compile_words("Pump Three", WordMatch.ALL, match_case=True).fits("Pump three")
    assert compile_words("Zür", match_case=True).fits("Zürich")
    assert not compile_words("Zur", match_case=True).fits("Zürich")
    assert compile_words("Pum*", match_case=True).fits("the Pump")


def test_a_query_without_a_word_finds_nothing() -> None:
    assert not compile_words("?! ...").terms
    assert not compile_words("?! ...").fits("?! ...")


def test_case_counts_however_characters_are_encoded() -> None:
    assert compile_words("caf\u00e9", match_case=True).fits("the cafe\u0301")
    assert compile_words("cafe\u0301", match_case=True).fits("the caf\u00e9")
    assert not compile_words("cafe", match_case=True).fits("the cafe\u0301")
    assert compile_words("ABC", match_case=True).fits("ＡＢＣ１２３")
    assert not compile_words("abc", match_case=True).fits("ＡＢＣ１２３")
    assert compile_words("ＡＢＣ", match_case=True).fits("ABC123")
    assert compile_words('"Pump 3"', match_case=True).fits("the Pump\n 3")


def test_a_word_has_to_be_there_in_its_own_case() -> None:
    assert not compile_words("Pump valve", match_case=True).fits("a bivalve pump")
    assert not compile_words("Pump pump", WordMatch.ALL, match_case=True).fits("the Pump")


def test_literally_accents_and_signs_count_and_case_does_not() -> None:
    def finds(query: str, text: str) -> bool:
        return compile_words(query, WordMatch.PHRASE, literal=True).fits(text)

    assert finds("Résumé", "my résumé")
    assert finds("re\u0301sume\u0301", "my RÉSUMÉ")
    assert not finds("résumé", "resume work")
    assert not finds("resume", "my résumé")
    assert finds("a.b  c", "see a.b\nc")
    assert not finds("a.b-c", "a.b.c")
    assert not finds("a.b", "a.bc")


def test_however_long_a_query_is_all_of_it_counts() -> None:
    many = " ".join(f"w{n}" for n in range(32))
    assert compile_words(f"{many} guilty", WordMatch.ALL).fits(f"{many} guilty")
    assert not compile_words(f"{many} guilty", WordMatch.ALL).fits(f"{many} innocent")
    assert compile_words("unknown " * 40 + "needle").fits("needle")
    long = " ".join(["word"] * 70)
    assert compile_words(f"{long} B", WordMatch.PHRASE).fits(f"{long} B")
    assert not compile_words(f"{long} B", WordMatch.PHRASE).fits(f"{long} A")
    korean = "가나다라마바사아자차카타파하" * 6
    assert compile_words(f"{korean} 유죄", WordMatch.PHRASE).fits(f"{korean} 유죄")
    assert not compile_words(f"{korean} 유죄", WordMatch.PHRASE).fits(f"{korean} 무죄")
    assert not compile_words(f"{korean}유죄", WordMatch.ALL).fits(f"{korean}무죄")


QUERIES = st.builds(
    compile_words,
    st.lists(st.text(alphabet="ab회의Aé#", min_size=1, max_size=4) | st.just("회의" * 70), max_size=9).map(" ".join),
    st.sampled_from(WordMatch),
    st.booleans(),
    st.booleans(),
)


@given(QUERIES, st.text(alphabet="ab회의Aé# ", max_size=30))
def test_what_fits_has_the_lookups_of_an_index(words: Words, text: str) -> None:
    looked_up = Words(words.lookups, words.every).fits(text)
    assert looked_up or not words.fits(text)
    if looked_up:
        assert words.confirms(text) == words.fits(text)
    assert words.settled <= (looked_up == words.fits(text))


def test_an_index_looks_up_a_bounded_number_of_tokens() -> None:
    (term,) = compile_words("word " * 5000, WordMatch.PHRASE).lookups
    assert term == Term(("word",) * MOST_TOKENS)
    terms = compile_words("회의록" * 20 + " one two").lookups
    assert [len(term.tokens) for term in terms] == [MOST_TOKENS // 3, 1, 1]
    most = compile_words(" ".join(f"회의록{n}번" * 9 for n in range(MOST_WORDS))).lookups
    assert sum(len(term.tokens) for term in most) == MOST_TOKENS


def test_what_an_index_is_given_has_nothing_but_letters_digits_and_signs() -> None:
    assert tokens_of("Pump-3: 회의를!") == ["pump", "3", "회의", "의를", "를"]
    assert tokens_of("C#: 🚀") == ["c", "＃", "🚀"]
    assert tokens_of("C# *x*") == ["c", "＃", "x"]


@given(st.text(alphabet=st.characters(max_codepoint=0x7F), max_size=60))
def test_a_text_of_ascii_is_cut_as_it_is_beside_other_scripts(text: str) -> None:
    assert tokens_of(f"é {text}") == ["e", *tokens_of(text)]


def test_every_character_of_ascii_is_cut_as_it_is_beside_other_scripts() -> None:
    for code in range(128):
        text = f"A{chr(code)}b {chr(code)}{chr(code)} 3"
        assert tokens_of(f"é {text}") == ["e", *tokens_of(text)], hex(code)


def _folded_by_definition(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    bare = [c for c in unicodedata.normalize("NFD", folded) if not "\u0300" <= c <= "\u036f" and c not in POINTS]
    return unicodedata.normalize("NFC", "".join(bare))


def test_folding_is_what_its_definition_says_for_every_character() -> None:
    for start in range(0, 0x30000, 64):
        text = "".join(map(chr, range(start, start + 64)))
        assert fold_text(text) == _folded_by_definition(text), hex(start)


@given(st.text(alphabet=st.characters(min_codepoint=0x2E80), max_size=60))
def test_folding_is_what_its_definition_says_for_texts_of_east_asia(text: str) -> None:
    assert fold_text(text) == _folded_by_definition(text)


@given(st.text(max_size=60))
def test_cutting_the_tokens_again_changes_nothing_for_words(text: str) -> None:
    tokens = tokens_of(text)
    assert all(token and " " not in token and not any(c in token for c in "\"*'()^:+-") for token in tokens)
    assert all(token == token.lower() for token in tokens if token.isascii())


@given(st.text(alphabet="회의를 日本語abcPC é3", max_size=30), st.integers(0, 30), st.integers(1, 4))
def test_every_piece_of_a_run_without_blanks_is_found(text: str, start: int, size: int) -> None:
    piece = "".join(c for c in text if "\uac00" <= c <= "\ud7a3")[start : start + size]
    run = "".join(c for c in text if "\uac00" <= c <= "\ud7a3")
    if piece:
        assert compile_words(piece).fits(run)


@given(st.lists(st.text(alphabet="ab회의", min_size=1, max_size=4), max_size=6))
def test_a_quoted_text_finds_itself(words: list[str]) -> None:
    text = " ".join(words)
    if text:
        assert compile_words(text, WordMatch.PHRASE).fits(f"before {text} after")


def test_terms_fit_only_where_all_tokens_stand_together() -> None:
    term = Term(("a", "b"), prefix=True)
    assert term.fits(["x", "a", "bc"])
    assert not term.fits(["a", "x", "bc"])
    assert not term.fits(["a"])
