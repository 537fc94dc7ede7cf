"""Translated words for what a person reads on the terminal: CLI texts and printed errors.

Catalogues are ordinary gettext sources, `locale/<language>.po`, read when a language other than English is asked
for. The English text is the key. `_` translates now; `mark` only tells the catalogue test that a text is translated
later, where it is printed; `retell` knows a sentence again that a server has said in English, with values in it. Log
lines and wire texts stay English.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Mapping
from pathlib import Path

__all__ = ["LANGUAGES", "_", "load_catalogue", "mark", "parse_po", "pick_language", "retell", "use_language"]

LANGUAGES = ("en", "ko")
_LOCALE_DIR = Path(__file__).parent / "locale"
_current: dict[str, str] = {}


def _(text: str) -> str:
    """`text` in the language in use; English where the catalogue has no word for it."""
    return _current.get(text, text)


def mark(text: str) -> str:
    """`text` itself: a text that is kept in a table and translated when printed."""
    return text


def retell(sentence: str) -> str:
    """`sentence`, the reason of a refusal, in the language in use. A catalogue has those with values in them as
    templates: `there is no room {0}`. Of several that fit, the one that leaves least open counts."""
    if sentence in _current:
        return _current[sentence]
    fitting = [
        (len(english), translation.format(*found.groups()))
        for english, translation in _current.items()
        if "{0}" in english and (found := _template(english).fullmatch(sentence))
    ]
    return max(fitting)[1] if fitting else sentence


def _template(english: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[0-9]\\\}", "(.+?)", re.escape(english)), re.DOTALL)


def use_language(code: str) -> None:
    """Speak `code` (one of `LANGUAGES`) from here on; anything else means English."""
    _current.clear()
    if code in LANGUAGES and code != "en":
        _current.update(load_catalogue(code))


def pick_language(wanted: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """The language for `--lang` (`wanted`) or, without it, for LC_ALL, LC_MESSAGES, LANG in POSIX order."""
    candidates = [wanted] if wanted else [environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    first = next((value for value in candidates if value), "")
    code = first.replace("-", "_").split("_")[0].split(".")[0].lower()
    return code if code in LANGUAGES else "en"


def load_catalogue(code: str) -> dict[str, str]:
    """English text to translation, from `locale/<code>.po`."""
    return parse_po((_LOCALE_DIR / f"{code}.po").read_text(encoding="utf-8"))


def parse_po(text: str) -> dict[str, str]:
    """The `msgid`/`msgstr` pairs of a .po source. Plural forms and contexts are not used here and not understood."""
    pairs: dict[str, str] = {}
    fields = {"msgid": "", "msgstr": ""}
    field = ""
    for line in [*text.splitlines(), 'msgid ""']:
        line = line.strip()
        if line.startswith(("msgid ", "msgstr ")):
            keyword, line = line.split(" ", 1)
            if keyword == "msgid":
                _keep(pairs, fields)
                fields = {"msgid": "", "msgstr": ""}
            field = keyword
        if field and line.startswith('"'):
            fields[field] += ast.literal_eval(line)
    return pairs


def _keep(pairs: dict[str, str], fields: Mapping[str, str]) -> None:
    if fields["msgid"] and fields["msgstr"]:
        pairs[fields["msgid"]] = fields["msgstr"]
