"""Structured header values: name-addr (From, To, Contact, Route), Via and CSeq. RFC 3261 sections 20 and 25.1."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from parlour.sip.errors import RemoteProtocolError
from parlour.sip.grammar import parse_host, parse_params, quote, render_params, split_list, unquote

__all__ = ["CSeq", "NameAddr", "Via", "parse_name_addrs", "parse_vias"]

Params = Mapping[str, str | None]
_NO_PARAMS: Params = MappingProxyType({})

_NAME_ADDR = re.compile(r'[ \t]*+(?:("(?:[^"\\]++|\\[\s\S])*")|([^<"]*+))[ \t]*+<([^<> \t]++)>[ \t]*+(?:;|$)')
_ADDR_SPEC = re.compile(r'[ \t]*+([^ \t;,?<>"]++)[ \t]*+(?:;|$)')
_PLAIN_DISPLAY = re.compile(r"[A-Za-z0-9\-.!%*_+`'~ ]*+")

# The blanks around the slashes and the colon are allowed by SLASH and COLON; real ones are rare but RFC 4475 has them.
_VIA = re.compile(
    r"[ \t]*+SIP[ \t]*+/[ \t]*+2\.0[ \t]*+/[ \t]*+([A-Za-z0-9\-.!%*_+`'~]++)[ \t]++"
    r"(\[[0-9A-Fa-f:.]++\]|[A-Za-z0-9._\-]++)[ \t]*+(?::[ \t]*+([0-9]{1,5}+))?[ \t]*+",
    re.IGNORECASE,
)
_CSEQ = re.compile(r"([0-9]{1,20}+)[ \t]++([A-Za-z0-9\-.!%*_+`'~]++)")


@dataclass(frozen=True, slots=True)
class NameAddr:
    """A display name (unquoted text, "" if none), a URI as written, and the header's own parameters.

    Parameter names are lower case; values are as on the wire (a quoted value keeps its quotes), None for a flag.
    """

    display: str
    uri: str
    params: Params = field(default_factory=dict)

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, value: str) -> NameAddr:
        """One address: the same text gives the same value, which nobody may change. All requests of a dialog carry
        the same From and To. Raises RemoteProtocolError 400."""
        found = _NAME_ADDR.match(value)
        if found is not None:
            quoted, plain, uri = found.groups()
            display = unquote(quoted) if quoted is not None else plain.strip(" \t")
        else:
            # Without <> the parameters are the header's, and the URI may hold no comma, semicolon or question mark
            # (section 20.10).
            found = _ADDR_SPEC.match(value)
            if found is None:
                raise RemoteProtocolError(400, "Malformed Address In Header")
            display, uri = "", found[1]
        more = value[found.end() - 1] == ";"
        return cls(display, uri, parse_params(value[found.end() :]) if more else {})

    @property
    def tag(self) -> str | None:
        return self.params.get("tag")

    def param(self, name: str) -> str | None:
        """A parameter with its quotes taken off: "" for a flag, None if absent."""
        if name not in self.params:
            return None
        return unquote(self.params[name] or "")

    def with_param(self, name: str, value: str | None) -> NameAddr:
        """A copy with one parameter set; `value` as it shall stand on the wire."""
        return replace(self, params={**self.params, name: value})

    def with_tag(self, tag: str) -> NameAddr:
        return self.with_param("tag", tag)

    def __str__(self) -> str:
        if self.uri == "*":
            return "*" + render_params(self.params)
        prefix = ""
        if self.display:
            # A quoted display name is always allowed; plain tokens look as people expect.
            plain = _PLAIN_DISPLAY.fullmatch(self.display) and self.display == self.display.strip(" ")
            prefix = f"{self.display} " if plain else f"{quote(self.display)} "
        return f"{prefix}<{self.uri}>{render_params(self.params)}"


def parse_name_addrs(values: Iterable[str]) -> list[NameAddr]:
    """All addresses of a header that may be a list and may be repeated. Raises RemoteProtocolError 400."""
    return [NameAddr.parse(item) for value in values for item in split_list(value)]


class Via(NamedTuple):
    """One hop. `transport` is upper case whatever the sender wrote; an IPv6 `host` has no brackets here.

    COMPAT: SIPE writes `SIP/2.0/tcp` in lower case, and most of its requests have no branch.
    """

    transport: str
    host: str
    port: int | None = None
    params: Params = _NO_PARAMS

    @classmethod
    def parse(cls, value: str) -> Via:
        """One hop. Raises RemoteProtocolError 400."""
        hop, semicolon, params = value.partition(";")
        transport, host, port = _parse_hop(hop)
        return cls(transport, host, port, parse_params(params) if semicolon else _NO_PARAMS)

    @property
    def branch(self) -> str | None:
        return self.params.get("branch")

    @property
    def received(self) -> str | None:
        """The address the next hop saw, without brackets: both spellings are on the wire (RFC 5118 section 4.5)."""
        value = self.params.get("received")
        return value.strip("[]") if value else value

    @property
    def sent_by(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    def with_param(self, name: str, value: str | None) -> Via:
        return self._replace(params={**self.params, name: value})

    def __str__(self) -> str:
        return f"SIP/2.0/{self.transport} {self.sent_by}{render_params(self.params)}"


@lru_cache(maxsize=1024)
def _parse_hop(text: str) -> tuple[str, str, int | None]:
    """What stands before the parameters of a Via, the same in all requests of a connection."""
    found = _VIA.fullmatch(text)
    if found is None:
        raise RemoteProtocolError(400, "Malformed Via")
    transport, host, port = found.groups()
    if port is not None and int(port) > 65535:
        raise RemoteProtocolError(400, "Malformed Port In Via")
    return transport.upper(), parse_host(host), None if port is None else int(port)


def parse_vias(values: Iterable[str]) -> list[Via]:
    """All hops, topmost first. Raises RemoteProtocolError 400."""
    return [Via.parse(item) for value in values for item in split_list(value)]


class CSeq(NamedTuple):
    """Sequence number (below 2**31, section 8.1.1.5) and method (case matters)."""

    number: int
    method: str

    @classmethod
    def parse(cls, value: str) -> CSeq:
        """Raises RemoteProtocolError 400."""
        found = _CSEQ.fullmatch(value)
        number = 2**31 if found is None else int(found[1])
        if found is None or number >= 2**31:
            raise RemoteProtocolError(400, "Malformed CSeq")
        return cls(number, found[2])

    def __str__(self) -> str:
        return f"{self.number} {self.method}"
