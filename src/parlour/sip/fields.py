"""The header multimap of a message: ordered, case-insensitive, aware of compact forms. RFC 3261 section 7.3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from parlour.sip.errors import LocalProtocolError
from parlour.sip.grammar import TOKEN, check_text

__all__ = ["KNOWN_NAMES", "Headers", "canonical_name"]

# Compact forms as registered with IANA: RFC 3261 section 7.3.3 and the extensions that added more.
_COMPACT = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "n": "Identity-Info",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
    "y": "Identity",
}

# Names whose usual spelling is not Every-Word-Capitalised, and the frequent ones, so that none is worked out twice.
_SPELLED = """
Accept Accept-Encoding Accept-Language Alert-Info Allow Authentication-Info Authorization Call-Info Contact
Content-Disposition Content-Encoding Content-Language Content-Length Content-Type Date Error-Info Expires From
In-Reply-To Max-Forwards Min-Expires Min-SE Organization Path Priority Proxy-Authenticate Proxy-Authorization
Proxy-Require Reason Record-Route Reply-To Require Retry-After Route Server Service-Route Session-Expires Subject
Subscription-State Supported Timestamp To Unsupported User-Agent Via Warning
CSeq Call-ID MIME-Version WWW-Authenticate SIP-ETag SIP-If-Match RAck RSeq P-Asserted-Identity
P-Preferred-Identity Proxy-Authentication-Info Event Allow-Events Referred-By Refer-To
ms-diagnostics ms-diagnostics-public ms-keep-alive ms-client-diagnostics ms-piggyback-cseq ms-user-logon-data
ms-asserted-verification-level ms-application-via Ms-Conversation-ID Ms-Sensitivity
""".split()  # noqa: SIM905 - a list of names in quotes is four times as long to read


def _spellings() -> Iterator[tuple[str, str]]:
    for name in _SPELLED:
        yield name, name
        yield name.lower(), name
        yield name.upper(), name
    for short, name in _COMPACT.items():
        yield short, name
        yield short.upper(), name


KNOWN_NAMES: dict[str, str] = dict(_spellings())
"""Every spelling we meet often -> the one we write."""


def canonical_name(name: str) -> str:
    """The one spelling of a header name that we keep and write: compact forms become long."""
    known = KNOWN_NAMES.get(name) or KNOWN_NAMES.get(name.lower())
    return known or "-".join([word.capitalize() for word in name.split("-")])


class Headers:
    """(name, value) pairs in order; names are compared without case and compact forms are their long forms.

    `parsed` belongs to the message around it: structured values already worked out, dropped at every change.
    """

    __slots__ = ("_firsts", "_items", "parsed")

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items: list[tuple[str, str]] = []
        self._firsts: dict[str, str] | None = None
        self.parsed: dict[str, Any] = {}
        for name, value in items:
            self.add(name, value)

    @classmethod
    def of_wire(cls, items: list[tuple[str, str]]) -> Headers:
        """Takes over pairs that the parser has checked: canonical names, values without line breaks."""
        headers = cls.__new__(cls)
        headers._items = items
        headers._firsts = None
        headers.parsed = {}
        return headers

    def _index(self) -> dict[str, str]:
        """The first value of each name."""
        firsts = self._firsts
        if firsts is None:
            firsts = self._firsts = dict(reversed(self._items))
        return firsts

    def _changed(self) -> None:
        self._firsts = None
        self.parsed.clear()

    def get(self, name: str) -> str | None:
        """The first value, or None."""
        return self._index().get(KNOWN_NAMES.get(name) or canonical_name(name))

    def get_all(self, name: str) -> list[str]:
        """All values in order, one per header line (a comma-separated list is not taken apart)."""
        name = KNOWN_NAMES.get(name) or canonical_name(name)
        if name not in self._index():
            return []
        return [value for known, value in self._items if known == name]

    @property
    def repeats(self) -> bool:
        """Whether a name stands there more than once."""
        return len(self._index()) < len(self._items)

    def add(self, name: str, value: str) -> None:
        """Append a line. Raises LocalProtocolError for a bad name or a line break in the value."""
        self._items.append(_checked(name, value))
        self._changed()

    def insert(self, name: str, value: str) -> None:
        """Put a line before all others of its name (Via, Record-Route), at the top if there is none."""
        pair = _checked(name, value)
        place = next((i for i, (known, _) in enumerate(self._items) if known == pair[0]), 0)
        self._items.insert(place, pair)
        self._changed()

    def set(self, name: str, value: str) -> None:
        """Replace all lines of that name by one, in the place of the first, or at the end."""
        pair = _checked(name, value)
        place = next((i for i, (known, _) in enumerate(self._items) if known == pair[0]), len(self._items))
        kept = [item for item in self._items[place:] if item[0] != pair[0]]
        self._items[place:] = [pair, *kept]
        self._changed()

    def replace_all(self, name: str, values: Iterable[str]) -> None:
        """Replace all lines of that name by one line per value, in the place of the first, or at the end."""
        pairs = [_checked(name, value) for value in values]
        key = canonical_name(name)
        place = next((i for i, (known, _) in enumerate(self._items) if known == key), len(self._items))
        self._items[place:] = [*pairs, *[item for item in self._items[place:] if item[0] != key]]
        self._changed()

    def remove(self, name: str) -> None:
        """Remove all lines of that name; none is fine too."""
        name = canonical_name(name)
        self._items = [item for item in self._items if item[0] != name]
        self._changed()

    def copy(self) -> Headers:
        return Headers.of_wire(self._items.copy())

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._items == other._items

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"Headers({self._items!r})"


def _checked(name: str, value: str) -> tuple[str, str]:
    if not TOKEN.fullmatch(name):
        raise LocalProtocolError(f"not a header name: {name!r}")
    check_text(value, name)
    # Blanks at the ends are not part of a value (section 7.3.1): drop them now, as every reader will.
    return canonical_name(name), value.strip(" \t")
