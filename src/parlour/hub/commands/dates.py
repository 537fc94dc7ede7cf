"""Days and times as people type them: `2026-01-31`, `2026-01-31T18:30`, both with `Z` or an offset, else in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from parlour.rooms.model import Micros
from parlour.rooms.refusals import Refusal, Refused

__all__ = ["DATE_HELP", "read_since", "read_until"]

DATE_HELP = "a day (2026-01-31) or a time (2026-01-31T18:30), in UTC unless an offset (+09:00) stands behind it"

_DAY_SOMEWHERE = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:?\d\d)")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def read_since(text: str | None) -> Micros | Refused | None:
    """The first moment that is meant; None for None."""
    return _read(text, timedelta(0))


def read_until(text: str | None) -> Micros | Refused | None:
    """The last moment that is meant: of a day, its last microsecond."""
    return _read(text, timedelta(days=1) - _MICROSECOND)


def _read(text: str | None, of_a_day: timedelta) -> Micros | Refused | None:
    if text is None:
        return None
    try:
        somewhere = _DAY_SOMEWHERE.fullmatch(text)
        moment = datetime.fromisoformat(f"{somewhere[1]}T00:00{somewhere[2]}" if somewhere else text)
        if somewhere or _is_day(text):
            moment += of_a_day
        since = moment.replace(tzinfo=moment.tzinfo or UTC) - _EPOCH
    except (ValueError, OverflowError):
        return Refused(
            Refusal.INVALID,
            f"{text} is no date; write 2026-01-31 (a day) or 2026-01-31T18:30 (a time), in UTC unless an offset "
            "(+09:00) stands behind it",
        )
    return Micros(since // _MICROSECOND)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
