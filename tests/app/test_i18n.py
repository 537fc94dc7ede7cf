"""Every text that a person may read has a Korean translation with the same placeholders."""

import ast
import itertools
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import parlour
from parlour.app.i18n import _, load_catalogue, parse_po, pick_language, retell, use_language
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


def refusals_of(path: Path) -> Iterator[str]:
    """What is said beside a refusal, as templates: values are `{0}`, `{1}`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            said = node.args[{"Refused": 1, "AccountRefused": 0, "InvalidParams": 1}.get(node.func.id, 9) :][:1]
            if said and isinstance(said[0], ast.Constant | ast.JoinedStr):
                yield template_of(said[0])


def template_of(said: ast.Constant | ast.JoinedStr) -> str:
    values = itertools.count()
    parts = said.values if isinstance(said, ast.JoinedStr) else [said]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else f"{{{next(values)}}}" for part in parts)


def modules_of(*folders: str) -> Iterator[Path]:
    return (path for folder in folders for path in (SOURCE / folder).rglob("*.py"))


def all_refusals() -> set[str]:
    return {text for path in modules_of("rooms", "hub", "directory") for text in refusals_of(path)}


def all_texts() -> set[str]:
    said = {text for path in modules_of("app", "cli") for text in texts_of(path)}
    return said | registry_texts() | all_refusals()


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


@pytest.fixture
def korean() -> Iterator[None]:
    use_language("ko")
    yield
    use_language("en")


@pytest.mark.usefixtures("korean")
@pytest.mark.parametrize(
    ("english", "korean_text"),
    [
        ("the room is disabled", "사용하지 않도록 닫힌 대화방입니다"),
        ("there is no room 회의실 {1}", "그런 대화방이 없습니다: 회의실 {1}"),
        ("there is no message 7, 9; nothing was changed", "7, 9번 글이 없어서 아무것도 바꾸지 않았습니다"),
        ("there is no such person or group: a\nb", "그런 사람이나 그룹이 없습니다: a\nb"),
        (
            "{0} is not in x.example, the domain of this server",
            "{0}: 이 서버의 도메인 x.example에 있는 주소가 아닙니다",
        ),
        ("something that nobody has translated", "something that nobody has translated"),
        ("", ""),
    ],
)
def test_a_refusal_is_told_again_with_its_values(english: str, korean_text: str) -> None:
    assert retell(english) == korean_text


@pytest.mark.usefixtures("korean")
def test_each_refusal_is_known_again_with_any_value() -> None:
    """No template is taken for another, more general one."""
    catalogue = load_catalogue("ko")
    for english in all_refusals():
        values = [f"값 {number}" for number in range(len(placeholders(english)))]
        assert retell(english.format(*values)) == catalogue[english].format(*values)


def test_english_refusals_stay_as_they_are() -> None:
    assert retell("there is no room x") == "there is no room x"
