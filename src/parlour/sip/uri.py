"""SIP and SIPS URIs: parse, write, compare. RFC 3261 section 19.1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from ipaddress import IPv6Address

from parlour.sip.errors import RemoteProtocolError
from parlour.sip.grammar import parse_host

__all__ = ["SipUri", "aor"]

_URI = re.compile(
    r"(sips?):"
    # userinfo; `;`, `?`, `/` and `,` may stand in it, so it is everything before the only @. Not `)?+`: before 3.11.5
    # Python goes on behind what a possessive group tried in vain (Debian 12 has 3.11.2).
    r"(?:([^@:\s<>\"]*+)(?::([^@\s<>\"]*+))?@)?"
    r"(\[[0-9A-Fa-f:.]++\]|[A-Za-z0-9._\-]++)"
    r"(?::([0-9]{1,5}+))?"
    r"(;[^?@\s<>\"]*+)?"
    r"(\?[^@\s<>\"]*+)?",
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
# unreserved and user-unreserved: an escape of one of these means the character itself (section 19.1.4). `;` `/` `?` `,`
# may stand plain in a user, but a plain and an escaped one are different users.
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()")
# A URI that has one of these never equals a URI that lacks it, whatever its value (section 19.1.4).
_ALWAYS_COMPARED = ("user", "ttl", "method", "maddr", "transport")

_BAD = (400, "Malformed URI")


@dataclass(frozen=True, slots=True)
class SipUri:
    """A parsed SIP or SIPS URI. `==` compares fields; `matches` compares as section 19.1.4 says.

    User, password, parameter values and headers keep their escapes; `scheme` and parameter names are lower case;
    an IPv6 `host` has no brackets here; `user` is None when there is no `@`.
    """

    scheme: str
    user: str | None
    password: str | None
    host: str
    port: int | None = None
    params: Mapping[str, str | None] = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> SipUri:
        """The same text gives the same value, which nobody may change. Raises RemoteProtocolError: 416 for another
        scheme, 400 for anything malformed."""
        found = _URI.fullmatch(text)
        if found is None:
            scheme = re.match(r"([A-Za-z][A-Za-z0-9+.\-]*+):", text)
            if scheme is not None and scheme[1].lower() not in ("sip", "sips"):
                raise RemoteProtocolError(416, "Unsupported URI Scheme")
            raise RemoteProtocolError(*_BAD)
        scheme_name, user, password, host, port, params, headers = found.groups()
        if user == "" or (port is not None and int(port) > 65535):
            raise RemoteProtocolError(*_BAD)
        return cls(
            scheme_name.lower(),
            user,
            password,
            parse_host(host),
            None if port is None else int(port),
            _parse_params(params) if params else {},
            _parse_headers(headers) if headers else (),
        )

    @property
    def secure(self) -> bool:
        return self.scheme == "sips"

    @property
    def transport(self) -> str | None:
        """The transport parameter in lower case."""
        value = self.params.get("transport")
        return value.lower() if value else None

    @property
    def loose(self) -> bool:
        """Whether this is the URI of a loose router (section 16.12)."""
        return "lr" in self.params

    @property
    def host_port(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    def without_headers(self) -> SipUri:
        return replace(self, headers=())

    def __str__(self) -> str:
        user = ""
        if self.user is not None:
            user = self.user + ("" if self.password is None else f":{self.password}") + "@"
        params = "".join([f";{k}" if v is None else f";{k}={v}" for k, v in self.params.items()])
        headers = "&".join([f"{name}={value}" for name, value in self.headers])
        return f"{self.scheme}:{user}{self.host_port}{params}{'?' + headers if headers else ''}"

    def matches(self, other: SipUri) -> bool:
        """Section 19.1.4: user and password by case, the rest without; a port or default given only once differs."""
        return (
            self.scheme == other.scheme
            and _same(self.user, other.user)
            and _same(self.password, other.password)
            and _host_key(self.host) == _host_key(other.host)
            and self.port == other.port
            and _params_match(self.params, other.params)
            and _headers_key(self.headers) == _headers_key(other.headers)
        )


@lru_cache(maxsize=1024)
def aor(uri: str) -> str:
    """The address of record of a URI: `sip:user@host`, host in lower case, no port, password or parameters.

    Escapes of plain characters in the user are undone. A sips URI names the same user, so the answer says `sip:`.
    Raises RemoteProtocolError as `SipUri.parse` does.
    """
    parsed = SipUri.parse(uri)
    host = _host_key(parsed.host)
    host = f"[{host}]" if ":" in host else host
    return f"sip:{host}" if parsed.user is None else f"sip:{_normal(parsed.user)}@{host}"


def _parse_params(text: str) -> dict[str, str | None]:
    params: dict[str, str | None] = {}
    for item in text[1:].split(";"):
        name, equals, value = item.partition("=")
        name = _normal(name).lower()
        if not name or name in params:
            raise RemoteProtocolError(*_BAD)
        params[name] = value if equals else None
    return params


def _parse_headers(text: str) -> tuple[tuple[str, str], ...]:
    headers = []
    for item in text[1:].split("&"):
        name, equals, value = item.partition("=")
        if not name or not equals:
            raise RemoteProtocolError(*_BAD)
        headers.append((name, value))
    return tuple(headers)


def _normal(text: str) -> str:
    def plain(found: re.Match[str]) -> str:
        character = chr(int(found[1], 16))
        return character if character in _UNRESERVED else found[0].upper()

    return _ESCAPE.sub(plain, text) if "%" in text else text


def _same(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return one is other
    return _normal(one) == _normal(other)


def _host_key(host: str) -> str:
    if ":" in host:
        try:
            return str(IPv6Address(host))
        except ValueError:
            return host.lower()
    return host.lower()


def _params_match(one: Mapping[str, str | None], other: Mapping[str, str | None]) -> bool:
    if any((name in one) != (name in other) for name in _ALWAYS_COMPARED):
        return False
    return all(
        _normal(value or "").lower() == _normal(other[name] or "").lower()
        for name, value in one.items()
        if name in other
    )


def _headers_key(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return sorted((_normal(name).lower(), _normal(value)) for name, value in headers)
