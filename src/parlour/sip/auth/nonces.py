"""Nonces of Digest that need no memory until they are used: a time and a serial number under our own seal.

What is remembered is which counts of a nonce have been seen, and only for nonces with which somebody has signed in.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import itertools
import struct
from collections import OrderedDict
from enum import Enum

from parlour.sip.auth.replay import ReplayWindow

__all__ = ["NonceFactory", "NonceState"]

_STAMP = struct.Struct(">dQ")
_SEAL = 16
_CHARS = 44  # base64 of 32 octets


class NonceState(Enum):
    """What to answer: nothing, a challenge with stale=true, or a challenge as for no credentials at all."""

    OK = "ok"
    STALE = "stale"
    BAD = "bad"


class NonceFactory:
    """`secret` is random and lives as long as the process. Times are seconds of one clock, whichever.

    `lifetime`: seconds a nonce may be used. `remembered`: nonces in use whose counts are kept at most; when one has to
    go, every nonce as old as it and not kept becomes stale, so that no count is ever accepted twice.
    """

    def __init__(self, secret: bytes, *, lifetime: float = 300.0, remembered: int = 20_000) -> None:
        self._secret = secret
        self._lifetime = lifetime
        self._remembered = remembered
        self._serials = itertools.count()
        self._used: OrderedDict[str, tuple[float, ReplayWindow]] = OrderedDict()
        self._forgotten = float("-inf")

    def make(self, now: float) -> str:
        """A new nonce, never given out before."""
        stamp = _STAMP.pack(now, next(self._serials))
        return base64.b64encode(stamp + self._seal(stamp)).decode()

    def check(self, nonce: str, now: float) -> NonceState:
        """Did we make it, and may it still be used? Ask before looking at the response."""
        made = self._made_at(nonce)
        if made is None:
            return NonceState.BAD
        forgotten = made <= self._forgotten and nonce not in self._used
        return NonceState.STALE if forgotten or not 0 <= now - made <= self._lifetime else NonceState.OK

    def use(self, nonce: str, nc: int, now: float) -> NonceState:
        """Count one use, after the response has proved right; `STALE` for a count that was seen before."""
        state = self.check(nonce, now)
        if state is not NonceState.OK:
            return state
        if nonce not in self._used:
            self._make_room(now)
            made = self._made_at(nonce)
            assert made is not None
            self._used[nonce] = (made, ReplayWindow(128))
        return NonceState.OK if self._used[nonce][1].accept(nc) else NonceState.STALE

    def _make_room(self, now: float) -> None:
        while self._used:
            made, _ = next(iter(self._used.values()))
            expired = now - made > self._lifetime
            if not expired and len(self._used) < self._remembered:
                return
            self._used.popitem(last=False)
            if not expired:
                self._forgotten = max(self._forgotten, made)

    def _made_at(self, nonce: str) -> float | None:
        if len(nonce) != _CHARS:
            return None
        try:
            raw = base64.b64decode(nonce, validate=True)
        except (binascii.Error, ValueError):
            return None
        stamp, seal = raw[: _STAMP.size], raw[_STAMP.size :]
        if not hmac.compare_digest(self._seal(stamp), seal):
            return None
        made: float = _STAMP.unpack(stamp)[0]
        return made

    def _seal(self, stamp: bytes) -> bytes:
        return hashlib.blake2b(stamp, key=self._secret[:64], digest_size=_SEAL).digest()
