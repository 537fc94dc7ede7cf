"""`python -m tests.interop.hurried ...`: the server as it is, in a hurry, for tests that cannot wait for half an hour.

Seconds: `HURRIED_SESSION` is the session interval of a dialog, `HURRIED_PATIENCE` how long it really lives unrefreshed,
`HURRIED_EXPIRES` the lifetime of a registration.
"""

from __future__ import annotations

import functools
import os

from parlour.app import wiring
from parlour.cli.main import main
from parlour.frontend.settings import FrontendSettings
from parlour.sip.session_timer import UAC, SessionTimer


class _Hurried(SessionTimer):
    __slots__ = ()
    patience = 0

    def expired(self, now: float) -> bool:
        return now >= (self.deadline or now) - self.interval + self.patience


def _hurry_sessions(interval: int, patience: int) -> None:
    def negotiate(_request: object, _settings: object, now: float) -> SessionTimer:
        return _Hurried(interval, UAC, now, local_refresher=False, peer_knows=False)

    _Hurried.patience = patience
    SessionTimer.negotiate = negotiate  # type: ignore[method-assign,assignment]


def _hurry_registrations(expires: int) -> None:
    hurried = functools.partial(FrontendSettings, default_expires=expires, min_expires=expires)
    wiring.FrontendSettings = hurried  # type: ignore[misc,assignment]


if __name__ == "__main__":
    if session := os.environ.get("HURRIED_SESSION"):
        _hurry_sessions(int(session), int(os.environ.get("HURRIED_PATIENCE", session)))
    if expires := os.environ.get("HURRIED_EXPIRES"):
        _hurry_registrations(int(expires))
    main()
