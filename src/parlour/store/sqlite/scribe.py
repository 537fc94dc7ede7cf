"""What the writer thread does with its connection, and what happens when the disk says no.

A full disk, a foreign lock or an I/O error fails the whole batch with `StoreUnavailable`; nothing of it was kept, the
counters are read anew, and the next batch simply tries again. An error that one row brings upon itself costs that row
only. Losing the connection altogether is mended by opening another.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from parlour.store.api import DocumentConflict, StoreConflict, StoreUnavailable
from parlour.store.sqlite.ledger import Answer, Item, Ledger
from parlour.store.sqlite.tally import WriteTally

__all__ = ["Job", "Scribe"]

_log = logging.getLogger(__name__)

T = TypeVar("T")

# Said about one row, not about the disk: its neighbours can be kept without it.
_OF_ONE_ROW = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    AttributeError,
    OverflowError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Job(Generic[T]):
    """Something to do in a transaction of its own. `rooms`: it changes which rooms there are."""

    run: Callable[[sqlite3.Connection], T]
    rooms: bool = False


class Scribe:
    """Keeps batches and does jobs, until the file is found damaged. Errors are answers, never raised. Used by
    one thread at a time."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], tally: WriteTally) -> None:
        self._connect = connect
        self._tally = tally
        self._open: tuple[sqlite3.Connection, Ledger] | None = None

    def keep(self, items: Sequence[Item]) -> Sequence[Answer]:
        """Keep items in one transaction; one answer for each, in order."""
        began = self._tally.clock()
        try:
            _, ledger = self._connected()
            answers = ledger.keep(items)
        except _OF_ONE_ROW as error:
            self._undo()
            if len(items) > 1:
                return [self.keep([item])[0] for item in items]
            _log.error("a row cannot be kept: %s: %s", type(error).__name__, error)
            return [StoreUnavailable(f"this cannot be kept: {error}")]
        except (sqlite3.Error, StoreUnavailable) as error:
            return self._fail(error, len(items))
        except Exception as error:  # noqa: BLE001 (the edge of a thread)
            _log.exception("a batch could not be kept")
            return self._fail(error, len(items))
        self._tally.committed(began)
        self._fine()
        return answers

    def do(self, job: Job[T]) -> T | Exception:
        """Do a job in a transaction; its result, or the exception to raise where it was asked for."""
        try:
            connection, ledger = self._connected()
            connection.execute("BEGIN IMMEDIATE")
            result = job.run(connection)
            connection.execute("COMMIT")
        except sqlite3.IntegrityError as error:
            self._undo()
            return StoreConflict(str(error))
        except (sqlite3.Error, StoreUnavailable) as error:
            return self._fail(error, 1)[0]
        except (StoreConflict, DocumentConflict) as error:
            self._undo()
            return error
        except Exception as error:  # noqa: BLE001 (the edge of a thread)
            _log.exception("a job of the store failed")
            self._undo()
            return error
        if job.rooms:
            ledger.forget()
        self._fine()
        return result

    def close(self) -> None:
        """Close the connection; the last one closed moves the WAL into the database."""
        if self._open is not None:
            self._open[0].close()
            self._open = None

    def _connected(self) -> tuple[sqlite3.Connection, Ledger]:
        self._tally.check()
        if self._open is None:
            connection = self._connect()
            self._open = (connection, Ledger(connection))
        return self._open

    def _fail(self, error: Exception, count: int) -> list[StoreUnavailable]:
        if not self._tally.failing:
            _log.error("the store cannot write: %s", error)
        self._tally.notice(error)
        self._tally.settled(lost=count)
        self._undo()
        return [StoreUnavailable(str(error)) for _ in range(count)]

    def _fine(self) -> None:
        if self._tally.failing:
            _log.warning("the store can write again")
        self._tally.settled()

    def _undo(self) -> None:
        """Back to what is on the disk; a connection that cannot even do this is replaced on the next use."""
        if self._open is None:
            return
        connection, ledger = self._open
        ledger.forget()
        try:
            connection.rollback()
        except sqlite3.Error:
            self.close()
