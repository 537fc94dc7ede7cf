import string

import pytest

from parlour.app.i18n import use_language
from parlour.app.problems import PROBLEMS, Problem


def test_a_problem_says_what_failed_why_and_what_to_do() -> None:
    problem = Problem("domain-changed", path="data", old="a.example", new="b.example")
    assert problem.what == "data holds the data of the domain a.example, not of b.example"
    assert "set it to a.example" in problem.remedy
    assert str(problem).startswith("domain-changed: ")


@pytest.mark.parametrize("id", PROBLEMS)
def test_cause_and_remedy_need_no_value_that_the_sentence_lacks(id: str) -> None:
    advice = PROBLEMS[id]

    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    # `command-refused` and the options carry more values by design.
    extra = {
        "command-refused": {"detail", "hint"},
        "usage-bad-value": {"command"},
        "usage-no-such-command": {"closest"},
        "usage-no-such-option": {"closest"},
        "config-unknown-setting": {"closest"},
    }
    assert names(advice.cause) | names(advice.remedy) <= names(advice.what) | extra.get(id, set())


def test_wrong_words_leave_another_exit_code_than_everything_else() -> None:
    assert {Problem(id, **_values(id)).exit_code for id in PROBLEMS if id.startswith("usage-")} == {2}
    assert {Problem(id, **_values(id)).exit_code for id in PROBLEMS if not id.startswith("usage-")} == {1}


def _values(id: str) -> dict[str, str]:
    return {name: "x" for _, name, _, _ in string.Formatter().parse(PROBLEMS[id].what) if name}


def test_problems_speak_korean() -> None:
    use_language("ko")
    try:
        assert "parlour quickstart" in Problem("data-dir-empty", path="data").remedy
        assert Problem("data-dir-empty", path="data").what != "there is no Parlour server in data"
    finally:
        use_language("en")
