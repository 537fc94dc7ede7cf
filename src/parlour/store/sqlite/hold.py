"""One process at a time on a data directory: a lock file that names its holder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from parlour.store.api import StoreUnavailable

__all__ = ["LOCK", "DataDirectoryInUse", "DirectoryHold"]

LOCK = "parlour.lock"


class DataDirectoryInUse(StoreUnavailable):
    """Another process has the data directory. `path` is the lock file, `pid` its holder (0 if it did not say)."""

    def __init__(self, path: Path, pid: int) -> None:
        holder = f"process {pid}" if pid else "another process"
        super().__init__(f"the data directory is in use: {holder} holds {path}")
        self.path = path
        self.pid = pid


class DirectoryHold:
    """The lock, from construction to `release`. The kernel lets go of it when the process ends, however it ends; the
    file itself stays, since removing it would let two processes lock two files of one name."""

    def __init__(self, directory: Path) -> None:
        path = directory / LOCK
        self._file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._file, 32).strip()
            os.close(self._file)
            raise DataDirectoryInUse(path, int(holder) if holder.isdigit() else 0) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let others in."""
        os.close(self._file)
