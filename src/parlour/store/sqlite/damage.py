"""A damaged file is noticed before more is written into it, in bounded time however large it is.

At the start, a small file is looked at as a whole, and any file whose last user did not close it (its WAL is there) for
a few seconds; `parlour check` takes the time that it takes. What is found later, SQLite says at the first damaged page
that it meets (`is_damage`), and from then on nothing is written (`WriteTally.notice`).
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any, Final, Protocol

__all__ = ["find_damage", "is_damage", "tells_damage"]

_log = logging.getLogger(__name__)

_SMALL: Final = 16 * 1024 * 1024
"""Octets that are looked at in a moment."""

_SECONDS: Final = 5.0


class Connection(Protocol):
    """As much of `sqlite3.Connection` as is needed here."""

    def execute(self, sql: str, /) -> Any: ...

    def interrupt(self) -> None: ...


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that the file is damaged, or no database at all (https://sqlite.org/rescode.html)."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def tells_damage(answer: str) -> bool:
    """Whether an answer of `PRAGMA quick_check` names damage. SQLite 3.44.0 to 3.45.0 cannot look at an index of words
    without writing, and says that in the place of what is wrong."""
    return answer != "ok" and not answer.startswith("unable to validate")


def find_damage(path: Path) -> str | None:
    """What is wrong with a database that nobody uses; None if nothing was found. Raises `sqlite3.Error`."""
    wal = path.with_name(f"{path.name}-wal")
    if path.stat().st_size > _SMALL and not (wal.exists() and wal.stat().st_size):
        return None
    # Read only: the last writer to close a database moves its WAL into it, and it may be the WAL of another.
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, check_same_thread=False)) as connection:
        return look(connection, _SECONDS)


def look(connection: Connection, seconds: float) -> str | None:
    """As `find_damage`, for so long at most."""
    timer = threading.Timer(seconds, connection.interrupt)
    timer.start()
    try:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return str(error)
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        _log.warning("the database was not closed, and is too large to be looked at as a whole: see `parlour check`")
        return None
    finally:
        timer.cancel()
        timer.join()
    if tells_damage(found):
        return str(found)
    if found != "ok":
        _log.warning("the index of words was not looked at: %s", found)
    return None
