"""`python -m tests.interop.hurried ...`: the server as it is, in a hurry, for tests that cannot wait for half an hour.

Seconds: `HURRIED_SESSION` is the session interval of a dialog, `HURRIED_EXPIRES` the lifetime of a registration.
`HURRIED_FORGET` is a path: when a file is made there, a session is over as if nobody had refreshed it, and the file is
removed.
"""

from __future__ import annotations

import os
from pathlib import Path

from parlour.cli.main import main
from parlour.frontend import registrar
from parlour.sip.session_timer import UAC, SessionTimer


def _hurry_sessions(interval: int) -> None:
    def negotiate(_request: object, _settings: object, now: float) -> SessionTimer:
        return SessionTimer(interval, UAC, now, local_refresher=False, peer_knows=False)

    SessionTimer.negotiate = negotiate  # type: ignore[method-assign,assignment]


def _forget_when_told(path: Path) -> None:
    by_the_clock = SessionTimer.expired

    def expired(timer: SessionTimer, now: float) -> bool:
        try:
            path.unlink()
        except FileNotFoundError:
            return by_the_clock(timer, now)
        return True

    SessionTimer.expired = expired  # type: ignore[method-assign]


def _hurry_registrations(expires: int) -> None:
    registrar._DEFAULT_EXPIRES = registrar._MIN_EXPIRES = expires  # type: ignore[misc]


if __name__ == "__main__":
    if session := os.environ.get("HURRIED_SESSION"):
        _hurry_sessions(int(session))
    if forget := os.environ.get("HURRIED_FORGET"):
        _forget_when_told(Path(forget))
    if expires := os.environ.get("HURRIED_EXPIRES"):
        _hurry_registrations(int(expires))
    main()
