"""The productions of RFC 3261 section 25.1 that more than one module reads, under the names the RFC gives them.

More lenient than the RFC, on purpose: text outside ASCII is let through wherever the RFC wants UTF-8 or an escape,
because clients put raw UTF-8 in display names, reasons and URIs; bytes that are not UTF-8 travel as lone surrogates
(`surrogateescape`) and leave again as the same bytes.
Quantifiers are possessive (`*+`, `++`): no input makes a pattern backtrack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv6Address

from parlour.sip.errors import LocalProtocolError, RemoteProtocolError

__all__ = [
    "TOKEN",
    "check_text",
    "decode",
    "encode",
    "parse_host",
    "parse_params",
    "quote",
    "render_params",
    "split_list",
    "unquote",
]

TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]++")

# quoted-string = DQUOTE *(qdtext / quoted-pair) DQUOTE
_QUOTED = r'"(?:[^"\\]++|\\[\s\S])*"'

# generic-param = token [ EQUAL gen-value ]; EQUAL may stand between blanks; an empty value is let through.
_PARAM = re.compile(rf'[ \t]*+([^ \t=;,<>"]++)[ \t]*+(?:=[ \t]*+({_QUOTED}|[^ \t;"]*+))?[ \t]*+(;|$)')

# What nearly all parameters are made of: then cutting at the semicolons is all there is to do.
_PLAIN_PARAMS = re.compile(r"[A-Za-z0-9\-.!%*_+`'~=:;@/]++")

_THREE_COLONS = re.compile(r":::(?=[0-9]++\.[0-9.]++$)")
# Not `)++`, as in uri.py.
_LIST_ITEM = re.compile(rf'(?:[^",<]++|{_QUOTED}|<[^>]*+>)+')


def decode(data: bytes) -> str:
    """UTF-8 to text; octets that are not UTF-8 survive as lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The exact reverse of `decode`."""
    return text.encode("utf-8", "surrogateescape")


def check_text(value: str, what: str) -> None:
    """Refuse what would end a line early, or cannot be written as octets. Raises LocalProtocolError."""
    if "\r" in value or "\n" in value:
        raise LocalProtocolError(f"{what} contains a line break")
    if not value.isascii():
        try:
            encode(value)
        except UnicodeEncodeError:
            raise LocalProtocolError(f"{what} cannot be encoded") from None


def parse_host(text: str) -> str:
    """A host as written in a URI or Via, an IPv6 address without its brackets. Raises RemoteProtocolError 400."""
    if text[0] != "[":
        return text
    # RFC 5118 section 4.10: the grammar of RFC 3261 had one colon too many before an IPv4 tail; take both.
    address = _THREE_COLONS.sub("::", text[1:-1])
    try:
        IPv6Address(address)
    except ValueError:
        raise RemoteProtocolError(400, "Malformed IPv6 Address") from None
    return address


def split_list(value: str) -> list[str]:
    """The elements of a comma-separated header value; commas in quotes and in <> do not count (section 7.3.1).

    Raises RemoteProtocolError 400 for an empty element or an open quote.
    """
    if "," not in value:
        return [value]
    return list(_split(value))


def _split(value: str) -> Iterator[str]:
    position, end = 0, len(value)
    while True:
        found = _LIST_ITEM.match(value, position)
        item = found[0].strip(" \t") if found else ""
        if found is None or not item:
            raise RemoteProtocolError(400, "Malformed List In Header")
        yield item
        position = found.end() + 1
        if position > end:
            return
        if value[position - 1] != ",":
            raise RemoteProtocolError(400, "Malformed List In Header")


def parse_params(text: str) -> dict[str, str | None]:
    """`a=1;b;c="x"` as {"a": "1", "b": None, "c": '"x"'}: names lower-cased, values as on the wire.

    Raises RemoteProtocolError 400 for an empty parameter, an open quote, or a name given twice (section 7.3.1).
    """
    if _PLAIN_PARAMS.fullmatch(text):
        return _plain_params(text)
    params: dict[str, str | None] = {}
    position, more = 0, True
    while more:
        found = _PARAM.match(text, position)
        if found is None:
            raise RemoteProtocolError(400, "Malformed Parameter In Header")
        name = found[1].lower()
        if name in params:
            raise RemoteProtocolError(400, "Repeated Parameter In Header")
        params[name] = found[2]
        position, more = found.end(), found[3] == ";"
    return params


def _plain_params(text: str) -> dict[str, str | None]:
    params: dict[str, str | None] = {}
    for item in text.split(";"):
        name, equals, value = item.partition("=")
        name = name.lower()
        if not name:
            raise RemoteProtocolError(400, "Malformed Parameter In Header")
        if name in params:
            raise RemoteProtocolError(400, "Repeated Parameter In Header")
        params[name] = value if equals else None
    return params


def render_params(params: Mapping[str, str | None]) -> str:
    """The reverse of `parse_params`, with a semicolon before each parameter."""
    return "".join([f";{name}" if value is None else f";{name}={value}" for name, value in params.items()])


def quote(text: str) -> str:
    """Text as a quoted-string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unquote(text: str) -> str:
    """The text inside a quoted-string, escapes undone; a value without quotes is returned as it is."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    inner = text[1:-1]
    return re.sub(r"\\([\s\S])", r"\1", inner) if "\\" in inner else inner
