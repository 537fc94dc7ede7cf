"""The data directory: where each thing lies in it, who may read it, and that only one process writes there."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from parlour.app.os_errors import say_os_error
from parlour.app.problems import Problem

__all__ = ["DataDir"]


@dataclass(frozen=True, slots=True)
class DataDir:
    """Names inside `path`; mode 0700, because it holds password verifiers and what people said."""

    path: Path

    @property
    def store(self) -> Path:
        """Rooms, posts, documents and the outbox (SQLite)."""
        return self.path / "parlour.db"

    @property
    def accounts(self) -> Path:
        """Local accounts and groups (SQLite)."""
        return self.path / "accounts.db"

    @property
    def admin_socket(self) -> Path:
        """Unix socket on which the running server takes administrative commands."""
        return self.path / "admin.sock"

    @property
    def settings(self) -> Path:
        """The settings of the last `quickstart`; usable with `serve --config`."""
        return self.path / "parlour.toml"

    @property
    def demo_password(self) -> Path:
        """The password that `quickstart` gave its demo users."""
        return self.path / "demo-password"

    @property
    def lock_file(self) -> Path:
        """Locked by the one process that may change anything here (the store has a lock of its own besides)."""
        return self.path / "server.lock"

    def prepare(self) -> None:
        """Create the directory with mode 0700 if it is missing and see that it can be written. Raises `Problem`."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not os.access(self.path, os.R_OK | os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise Problem("data-dir-unusable", path=self.path, error=say_os_error(error)) from error

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the directory for this process. The kernel frees it when the process ends, however it ends."""
        try:
            handle = os.open(self.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Problem("data-dir-unusable", path=self.path, error=say_os_error(error)) from error
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Problem("data-dir-in-use", path=self.path) from error
            yield
        finally:
            os.close(handle)

    def in_use(self) -> bool:
        """Whether a server, or a command, holds the directory now."""
        if not self.lock_file.exists():
            return False
        try:
            with self.lock():
                return False
        except Problem as problem:
            return problem.id == "data-dir-in-use"

    def missing(self) -> list[tuple[Path, Path]]:
        """A database that is not there while the other one is, and that other one."""
        both = self.store, self.accounts
        return [(path, other) for path, other in (both, both[::-1]) if other.exists() and not path.exists()]

    def too_open(self) -> list[tuple[Path, str]]:
        """Secret files here that other users can read, with their modes."""
        found = []
        for path in (self.path, self.store, self.accounts, self.demo_password, self.admin_socket):
            try:
                mode = stat.S_IMODE(path.stat().st_mode)
            except FileNotFoundError:
                continue
            if mode & 0o077:
                found.append((path, f"{mode:04o}"))
        return found
