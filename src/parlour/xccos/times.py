"""Times on the wire: ISO 8601 UTC with seven fractional digits and `Z`. On our side: microseconds since 1970, `int`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

__all__ = ["format_time", "parse_time"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EARLIEST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LATEST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_USUAL_LENGTHS = (20, 28)  # whole seconds as SIPE sends them, seven digits as servers do
_ISO = re.compile(
    r"\s*(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?)?"
    r"\s*(?:([Zz])|([+-])(\d\d):?(\d\d)?)?\s*",
    re.ASCII,
)


def format_time(micros: int) -> str:
    """`2013-06-11T20:14:05.1234560Z`: the form every known client reads. COMPAT: SIPE reads no numeric offsets.

    Raises OverflowError for a time outside the years 1 to 9999."""
    seconds, fraction = divmod(micros, 1_000_000)
    return f"{_format_second(seconds)}.{fraction:06d}0Z"


@lru_cache(maxsize=1024)
def _format_second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).isoformat()[:19]


def parse_time(text: str) -> int | None:
    """Microseconds since 1970 UTC, None when it cannot be read. A missing zone means UTC; digits past the sixth are
    cut off; whole seconds and whole days are fine."""
    if len(text) in _USUAL_LENGTHS and text[-1] == "Z" and text[10] == "T":
        try:
            return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
        except ValueError:
            pass
    match = _ISO.fullmatch(text) if len(text) <= 64 else None
    return None if match is None else _micros_of(match)


def _micros_of(match: re.Match[str]) -> int | None:
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None
    micros = (moment - _EPOCH) // _MICROSECOND
    micros += int((match[7] or "").ljust(6, "0")[:6]) + (1_000_000 if second == 60 else 0)
    micros -= _offset_micros(match[9], match[10], match[11])
    return micros if second <= 60 and _EARLIEST <= micros <= _LATEST else None


def _offset_micros(sign: str | None, hours: str | None, minutes: str | None) -> int:
    if sign is None:
        return 0
    micros = (int(hours or 0) * 60 + int(minutes or 0)) * 60_000_000
    return -micros if sign == "-" else micros
