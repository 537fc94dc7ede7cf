"""Every text that a person may read has a Korean translation with the same placeholders."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import parlour
from parlour.app.i18n import _, load_catalogue, parse_po, pick_language, use_language
from parlour.cli.registry import registry_texts

SOURCE = Path(parlour.__file__).parent


def texts_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("_", "mark")
            and node.args
        ):
            text = node.args[0]
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text.value


def all_texts() -> set[str]:
    modules = [path for folder in ("app", "cli") for path in (SOURCE / folder).rglob("*.py")]
    return {text for path in modules for text in texts_of(path)} | registry_texts()


def placeholders(text: str) -> list[str]:
    return sorted(name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name is not None)


def test_every_text_has_a_korean_translation() -> None:
    missing = sorted(all_texts() - load_catalogue("ko").keys())
    assert not missing, "add to src/parlour/app/locale/ko.po:\n" + "\n".join(missing)


def test_no_translation_is_left_over() -> None:
    assert not sorted(load_catalogue("ko").keys() - all_texts())


def test_translations_keep_the_placeholders() -> None:
    for english, korean in load_catalogue("ko").items():
        assert placeholders(english) == placeholders(korean), english


def test_parse_po_joins_lines_and_skips_comments_and_the_header() -> None:
    header = '# c\nmsgid ""\nmsgstr "Language: ko\\n"\n\n'
    text = header + '#: x.py\nmsgid "a"\n"b\\n"\nmsgstr ""\n"가"\n"나"\n\nmsgid "x"\nmsgstr ""\n'
    assert parse_po(text) == {"ab\n": "가나"}


@pytest.mark.parametrize(
    ("wanted", "environ", "code"),
    [
        (None, {"LANG": "ko_KR.UTF-8"}, "ko"),
        (None, {"LANG": "ko_KR.UTF-8", "LC_ALL": "C"}, "en"),
        (None, {"LC_MESSAGES": "ko", "LANG": "en_US"}, "ko"),
        ("en", {"LANG": "ko_KR"}, "en"),
        ("ko-KR", {}, "ko"),
        (None, {"LANG": "fr_FR"}, "en"),
        (None, {}, "en"),
    ],
)
def test_language_is_chosen_as_posix_has_it(wanted: str | None, environ: dict[str, str], code: str) -> None:
    assert pick_language(wanted, environ) == code


def test_unknown_texts_and_languages_stay_english() -> None:
    use_language("ko")
    assert _("no such text") == "no such text"
    use_language("xx")
    assert _("likely cause") == "likely cause"
