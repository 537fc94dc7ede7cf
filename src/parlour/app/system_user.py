"""Who is at the console: the name of a system user, for the audit trail."""

from __future__ import annotations

import os
import pwd
from contextlib import suppress
from pathlib import Path

__all__ = ["console_name", "own_console_name"]

# What /proc says of a process that nobody signed in for (an `auid` of audit(8)).
_NOBODY = 2**32 - 1


def console_name(uid: int, pid: int) -> str:
    """`console:kim`, where a process `pid` of the user `uid` asks. Of somebody who became another user after signing in
    (sudo, su), who they were is told too where the system knows: `console:kim as parlour`."""
    name, signed_in = _name(uid), _signed_in(pid)
    return f"console:{name}" if signed_in in (None, name) else f"console:{signed_in} as {name}"


def own_console_name() -> str:
    """Of this process."""
    return console_name(os.geteuid(), os.getpid())


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _signed_in(pid: int) -> str | None:
    with suppress(OSError, ValueError):
        uid = int(Path(f"/proc/{pid}/loginuid").read_text())
        return _name(uid) if uid != _NOBODY else None
    return None
