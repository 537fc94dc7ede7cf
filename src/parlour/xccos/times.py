"""Times on the wire: ISO 8601 UTC with seven fractional digits and `Z`. On our side: microseconds since 1970, `int`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

__all__ = ["end_of_day", "format_time", "parse_time"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EARLIEST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LATEST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_DAY = 86_400_000_000
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
    cut off; whole seconds and whole days are fine (`end_of_day` where the end of one is meant)."""
    if len(text) in _USUAL_LENGTHS and text[-1] == "Z" and text[10] == "T":
        try:
            return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
        except ValueError:
            pass
    match = _ISO.fullmatch(text) if len(text) <= 64 else None
    return None if match is None else _micros_of(match)


def end_of_day(text: str) -> int | None:
    """The last microsecond of a day that is told without a time (UTC); None for anything else."""
    match = _ISO.fullmatch(text) if len(text) <= 64 else None
    start = None if match is None or match[4] is not None or match[9] is not None else _micros_of(match)
    return None if start is None else start + _DAY - 1


def _micros_of(match: re.Match[str]) -> int | None:
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    fraction, offset = int((match[7] or "").ljust(6, "0")[:6]), _offset_micros(match[9], match[10], match[11])
    midnight = hour == 24 and not minute and not second and not fraction  # at the end of the day
    try:
        moment = datetime(year, month, day, 0 if midnight else hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None
    if second > 60 or offset is None:
        return None
    micros = (moment - _EPOCH) // _MICROSECOND + fraction - offset
    micros += 1_000_000 if second == 60 else _DAY if midnight else 0
    # The first and last moments of .NET, told in local time, are beyond what a date can be.
    return max(_EARLIEST, min(micros, _LATEST))


def _offset_micros(sign: str | None, hours: str | None, minutes: str | None) -> int | None:
    """None for a zone that is none: the widest is 14 hours."""
    if sign is None:
        return 0
    span = int(hours or 0) * 60 + int(minutes or 0)
    if span > 14 * 60 or int(minutes or 0) > 59:
        return None
    return (-span if sign == "-" else span) * 60_000_000
