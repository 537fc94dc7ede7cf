"""The shape shared by WWW-Authenticate, Authorization and Authentication-Info: a scheme and `name=value, ...`.

RFC 3261 section 25.1 (challenge, credentials). Capped and strict; what is wrong comes back as a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["AuthValue", "Malformed", "parse_auth", "quoted", "render_auth"]

_MAX_CHARS = 16384
_MAX_PARAMS = 32

_SCHEME = re.compile(r"[ \t]*+([A-Za-z][A-Za-z0-9\-]{0,31}+)(?:[ \t]++|$)")
# Quantifiers are possessive: no input makes the pattern backtrack.
_PARAM = re.compile(
    r"[ \t]*+([A-Za-z0-9\-.!%*_+`'~]{1,64}+)[ \t]*+=[ \t]*+"
    r'(?:"((?:[^"\\]++|\\[\s\S])*)"|([^\s",]*+))[ \t]*+(,|$)'
)
_ESCAPE = re.compile(r"\\([\s\S])")


@dataclass(frozen=True, slots=True)
class Malformed:
    """What was received cannot be used, and why: a few words fit for a log line or a 400."""

    reason: str


@dataclass(frozen=True, slots=True)
class AuthValue:
    """`scheme` as written; parameter names in lower case, values without their quotes."""

    scheme: str
    params: Mapping[str, str]

    def is_scheme(self, name: str) -> bool:
        return self.scheme.lower() == name.lower()


def parse_auth(value: str) -> AuthValue | Malformed:
    """One challenge or one set of credentials; a header never joins several with commas here (RFC 3261 7.3.1)."""
    if len(value) > _MAX_CHARS:
        return Malformed("authentication value too long")
    found = _SCHEME.match(value)
    if found is None:
        return Malformed("no authentication scheme")
    params: dict[str, str] = {}
    position, more = found.end(), found.end() < len(value)
    while more:
        item = _PARAM.match(value, position)
        if item is None:
            return Malformed("malformed authentication parameter")
        name = item[1].lower()
        if name in params or len(params) == _MAX_PARAMS:
            return Malformed("authentication parameter repeated, or too many of them")
        params[name] = _ESCAPE.sub(r"\1", item[2]) if item[2] is not None else item[3]
        position, more = item.end(), item[4] == ","
    return AuthValue(found[1], params)


def quoted(text: str) -> str:
    """Text as a quoted-string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def render_auth(scheme: str, params: Iterable[tuple[str, str]]) -> str:
    """`params` as they shall stand on the wire, quotes included where they are due."""
    return f"{scheme} " + ", ".join([f"{name}={value}" for name, value in params])
