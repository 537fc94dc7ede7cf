"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

__all__ = ["replace_content", "write_atomically"]


def replace_content(path: Path, content: bytes) -> None:
    """As `write_atomically`, of a file that is there and keeps its mode, owner and group; a link keeps pointing to it.
    Raises `OSError`."""
    path = path.resolve(strict=True)
    was = path.stat()
    write_atomically(path, content, stat.S_IMODE(was.st_mode), (was.st_uid, was.st_gid))


def write_atomically(path: Path, content: bytes, mode: int = 0o600, owner: tuple[int, int] | None = None) -> None:
    """Replace `path` by `content` in one step: a reader sees the old file or the new one. `owner`: user and group;
    those of this process if not given. Raises `OSError`."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            if owner is not None and owner != (os.geteuid(), os.getegid()):
                os.fchown(file.fileno(), *owner)
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
