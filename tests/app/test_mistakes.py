"""Whatever stands in a settings file, the reason why it cannot be taken is said in the language in use."""

import itertools
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest

from parlour.app.config_load import make_settings, setting_names
from parlour.app.i18n import use_language
from parlour.app.problems import Problem

VALUES: tuple[Any, ...] = (
    None,
    "",
    "x",
    "x" * 100,
    "a b",
    -1,
    0,
    10**9,
    10**30,
    1.5,
    True,
    [],
    [7],
    ["x"],
    {},
    {"x": 1},
)
SECTIONS = ("listen", "tls", "auth", "chat", "web", "log")


@pytest.fixture(autouse=True)
def korean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("PARLOUR_")]:
        monkeypatch.delenv(name)
    use_language("ko")
    yield
    use_language("en")


def reasons(name: str) -> Iterator[str]:
    section, _dot, last = name.rpartition(".")
    for value in VALUES:
        try:
            make_settings({section: {last: value}} if section else {last: value}, "x.toml")
        except Problem as problem:
            if problem.id == "config-bad-value":
                yield str(problem.values["error"])


@pytest.mark.parametrize("name", [*setting_names(), *SECTIONS])
def test_every_reason_is_korean(name: str) -> None:
    said = set(reasons(name))
    assert said, name
    assert not [reason for reason in said if not re.search("[가-힣]", reason)]


def test_reasons_say_what_would_do() -> None:
    said = set(itertools.chain.from_iterable(map(reasons, ("chat.default_history", "log.level", "chat.display_name"))))
    assert {"1 이상이어야 합니다", "500 이하여야 합니다", "64글자 이하여야 합니다"} <= said
    assert "다음 중 하나여야 합니다: debug, info, warning, error" in said
