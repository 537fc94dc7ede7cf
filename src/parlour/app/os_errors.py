"""What the operating system says when something fails, in the language in use.

Its own sentences follow the locale of the system, where that has been generated at all, and not `--lang`.
"""

from __future__ import annotations

import errno

from parlour.app.i18n import _, mark

__all__ = ["say_os_error"]

_SENTENCES = {
    errno.EACCES: mark("not permitted"),
    errno.EADDRINUSE: mark("the address is in use"),
    errno.EADDRNOTAVAIL: mark("this machine has no such address"),
    errno.ECONNREFUSED: mark("nobody listens there"),
    errno.ECONNRESET: mark("the other side hung up"),
    errno.EISDIR: mark("it is a directory"),
    errno.ELOOP: mark("symbolic links lead in a circle"),
    errno.ENAMETOOLONG: mark("the name is too long"),
    errno.ENOENT: mark("there is no such file or directory"),
    errno.ENOSPC: mark("no space is left on the disk"),
    errno.ENOTDIR: mark("a part of the path is not a directory"),
    errno.EPERM: mark("not permitted"),
    errno.EPIPE: mark("the other side hung up"),
    errno.EROFS: mark("the file system is read-only"),
    errno.ETIMEDOUT: mark("no answer came in time"),
}


def say_os_error(error: OSError) -> str:
    """The reason alone, translated where it is a usual one."""
    if isinstance(error, TimeoutError):
        return _(_SENTENCES[errno.ETIMEDOUT])
    sentence = _SENTENCES.get(error.errno or 0)
    return _(sentence) if sentence is not None else error.strerror or str(error)
