import pytest

from parlour.app.terminal import columns_of, cut, pad, visible, wrap


def test_words_of_any_language_stay_as_they_are() -> None:
    assert visible("한글 🙂 é 👩‍👩‍👧 שלום\n") == "한글 🙂 é 👩‍👩‍👧 שלום\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x00\x7f\x9b\r\t", "\\x00\\x7f\\x9b\\x0d\\x09"),
        ("\x1b[31m", "\\x1b[31m"),
        ("gnp.\u202eexe", "gnp.\\u202eexe"),
        ("a\u200f\u2066\u061c", "a\\u200f\\u2066\\u061c"),
        ("one\u2028two", "one\\u2028two"),
        ("\udcff", "\\udcff"),
    ],
)
def test_what_a_terminal_would_obey_is_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_padding_counts_columns() -> None:
    assert pad("가나", 6) == "가나  "
    assert pad("abc", 2) == "abc"


def test_what_is_cut_ends_within_its_columns() -> None:
    assert cut("가나다라", 8) == "가나다라"
    assert cut("가나다라마", 8) == "가나다…"
    assert cut("abc def", 5) == "abc…"


@pytest.mark.parametrize("width", [2, 5, 9, 19, 40])
@pytest.mark.parametrize(
    "text", ["강당에 글을 올릴 수 있는 구성원.", "TOML파일이름이아주아주길다 x", "one two threefourfivesix", ""]
)
def test_nothing_is_lost_when_text_is_wrapped(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(columns_of(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert wrap(text, 100) == [text]
