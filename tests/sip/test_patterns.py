"""Before 3.11.5 Python goes on behind what a possessive group tried in vain (its issue 106052), and Debian 12 has
3.11.2: there `(?:...)*+` reads addresses and lengths wrongly. A possessive class of characters is sound everywhere."""

from __future__ import annotations

import re
import tokenize
from pathlib import Path

import parlour

_GROUP = re.compile(r"\)(?:[?*+]|\{[0-9,]+\})\+|\(\?>")


def possessive_groups(path: Path) -> list[str]:
    with path.open("rb") as file:
        return [
            f"{path}:{token.start[0]}"
            for token in tokenize.tokenize(file.readline)
            if token.type != tokenize.COMMENT and _GROUP.search(token.string)
        ]


def test_no_group_is_possessive(tmp_path: Path) -> None:
    sample = tmp_path / "sample.py"
    sample.write_text("a = r'(?:x)*+'\nb = r'[x]*+'  # not (?:x)*+\nc = rf'{b}(?>x)'\n")
    assert possessive_groups(sample) == [f"{sample}:1", f"{sample}:3"]
    assert [one for path in Path(parlour.__file__).parent.rglob("*.py") for one in possessive_groups(path)] == []
