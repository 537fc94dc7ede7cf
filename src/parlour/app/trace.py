"""The trace of a server: one JSON line per SIP message received or sent (setting `log.trace`, docs/operations.md)."""

from __future__ import annotations

import errno
import io
import json
import logging
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parlour.app.os_errors import say_os_error
from parlour.app.problems import Problem
from parlour.app.trace_lines import describe
from parlour.sip.framing import Frame
from parlour.ua.connection import Connection
from parlour.ua.websocket import split_messages

__all__ = ["Trace", "check_trace", "open_trace"]

log = logging.getLogger(__name__)


def open_trace(path: Path, clock: Callable[[], float]) -> Trace:
    """A trace that goes on at the end of the file `path`, which its owner alone may read. `clock`: seconds since 1970.
    Raises `Problem`."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.fchmod(handle, 0o600)
    except OSError as error:
        raise Problem("trace-unusable", path=path, error=say_os_error(error)) from error
    # What is no UTF-8 on the wire stays visible as the escape that JSON has for it.
    return Trace(os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", buffering=1), clock)


def check_trace(path: Path) -> None:
    """Whether `open_trace` could write there, without making the file. Raises `Problem`."""
    try:
        if path.exists():
            os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC))
        elif not path.parent.exists():
            raise FileNotFoundError(errno.ENOENT, "")
        elif not path.parent.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "")
        elif not os.access(path.parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "")
    except OSError as error:
        raise Problem("trace-unusable", path=path, error=say_os_error(error)) from error


class Trace:
    """An endpoint's `Tracer`. Each line is whole in the file when its message is handled. When the file cannot take any
    more, the log says so once and the server goes on without."""

    def __init__(self, file: io.TextIOBase, clock: Callable[[], float]) -> None:
        self._file = file
        self._clock = clock

    def received(self, connection: Connection, frames: Sequence[Frame]) -> None:
        for frame in frames:
            if frame.head:
                self._write(connection, "in", frame.head, frame.body)

    def sent(self, connection: Connection, data: bytes) -> None:
        for message in split_messages(data):
            head, blank, body = message.partition(b"\r\n\r\n")
            if blank:
                self._write(connection, "out", head + b"\r\n", body)

    def close(self) -> None:
        """Nothing is written from here on."""
        self._file.close()

    def _write(self, connection: Connection, direction: str, head: bytes, body: bytes) -> None:
        if self._file.closed:
            return
        host, port = connection.peer
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="microseconds"),
            "connection": connection.id,
            "transport": connection.transport,
            "peer": f"{host}:{port}",
            "direction": direction,
            **describe(head, body),
        }
        try:
            self._file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        except OSError as error:
            log.error("the trace ends here: %s", error)
            self._give_up()

    def _give_up(self) -> None:
        try:
            self._file.close()
        except OSError:
            pass  # what could not be written a moment ago cannot be flushed now either; it is closed all the same
