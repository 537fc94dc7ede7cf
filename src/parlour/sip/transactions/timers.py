"""The timers of RFC 3261 (table 4) and RFC 6026 as one value, and how long each runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Timer", "Timers", "duration"]


class Timer(Enum):
    """A: INVITE resent. B: INVITE given up. D: answers repeated to us absorbed. E, F: as A, B for other requests.
    G: final answer to INVITE resent. H: ACK given up. I: repeated ACKs absorbed. J: repeated requests answered again.
    K: repeated answers absorbed. L: ACKs and INVITEs after our 2xx (RFC 6026). M: repeated 2xx passed up (RFC 6026).
    CANCEL: an INVITE given up that was cancelled (section 9.1, where it has no letter)."""

    A = "A"
    B = "B"
    D = "D"
    E = "E"
    F = "F"
    G = "G"
    H = "H"
    I = "I"  # noqa: E741 - the RFC's name
    J = "J"
    K = "K"
    L = "L"
    M = "M"
    CANCEL = "CANCEL"

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Timers:
    """Seconds. `t1`: round trip estimate. `t2`: longest pause between repeats. `t4`: how long a message may wander.
    `d`: timer D where messages can be lost."""

    t1: float = 0.5
    t2: float = 4.0
    t4: float = 5.0
    d: float = 32.0


_REPEATS = frozenset({Timer.A, Timer.E, Timer.G})
_GIVES_UP = frozenset({Timer.B, Timer.F, Timer.H, Timer.L, Timer.M, Timer.CANCEL})


def duration(timer: Timer, timers: Timers, *, reliable: bool) -> float | None:
    """Seconds the timer runs at first; None: it is not started, 0: it fires at once (both on reliable transports)."""
    if timer in _REPEATS:
        return None if reliable else timers.t1
    if timer in _GIVES_UP:
        return 64 * timers.t1
    if reliable:
        return 0.0
    if timer is Timer.D:
        return timers.d
    return 64 * timers.t1 if timer is Timer.J else timers.t4
