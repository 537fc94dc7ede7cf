"""How long somebody has to wait after wrong passwords. Arithmetic only; bounded memory; time is an argument.

Three counters: failures of an account at this address (steep, so that guessing from one place ends soon), accounts that
failed at this address (so that trying one password on everybody ends too, while one device with an old password in a
large office counts once), and failures of the account wherever it is tried (gentle and soon over, so that many
addresses together are slowed and the owner is at worst kept waiting for seconds). Where an account has signed in
lately, only its own failures there count.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

__all__ = ["BackoffSettings", "Curve", "FailureBackoff"]


@dataclass(frozen=True, slots=True)
class Curve:
    """After `free` failures each further one doubles the delay, from `first` seconds to at most `ceiling`. Counts are
    forgotten `memory` seconds after the last failure."""

    free: int
    first: float
    ceiling: float
    memory: float

    def delay(self, failures: int) -> float:
        """Seconds to wait after the last of `failures` failures; never less than after fewer."""
        over = failures - self.free
        return 0.0 if over <= 0 else min(self.ceiling, self.first * 2.0 ** min(over - 1, 60))


@dataclass(frozen=True, slots=True)
class BackoffSettings:
    """`entries`: rows kept per counter."""

    pair: Curve = Curve(free=2, first=1.0, ceiling=900.0, memory=3600.0)
    address: Curve = Curve(free=10, first=1.0, ceiling=300.0, memory=3600.0)
    account: Curve = Curve(free=20, first=0.5, ceiling=15.0, memory=900.0)
    trust: float = 86400.0
    entries: int = 20_000


class _Counter:
    """Failures per key, least recently failed first to be forgotten."""

    __slots__ = ("_curve", "_entries", "_rows")

    def __init__(self, curve: Curve, entries: int) -> None:
        self._curve = curve
        self._entries = entries
        self._rows: OrderedDict[Hashable, tuple[int, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._rows)

    def has(self, key: Hashable, now: float) -> bool:
        return self._failures(key, now)[0] > 0

    def _failures(self, key: Hashable, now: float) -> tuple[int, float]:
        count, last = self._rows.get(key, (0, now))
        return (0, now) if now - last > self._curve.memory else (count, last)

    def remaining(self, key: Hashable, now: float) -> float:
        count, last = self._failures(key, now)
        return max(0.0, last + self._curve.delay(count) - now)

    def add(self, key: Hashable, now: float) -> None:
        count, _ = self._failures(key, now)
        self._rows[key] = (count + 1, now)
        self._rows.move_to_end(key)
        while len(self._rows) > self._entries:
            self._rows.popitem(last=False)

    def forget(self, key: Hashable) -> None:
        self._rows.pop(key, None)


class FailureBackoff:
    """Ask `check` before looking at a password, and tell what came of it. `account` is one spelling per account (the
    folded login, whether it exists or not); `address` is whatever counts as one place (for IPv6 better a network than
    an address)."""

    def __init__(self, settings: BackoffSettings | None = None) -> None:
        self._settings = settings if settings is not None else BackoffSettings()
        entries = self._settings.entries
        self._pairs = _Counter(self._settings.pair, entries)
        self._addresses = _Counter(self._settings.address, entries)
        self._accounts = _Counter(self._settings.account, entries)
        self._trusted: OrderedDict[tuple[str, str], float] = OrderedDict()

    def check(self, address: str, account: str, now: float) -> float:
        """Seconds to wait before this address may try this account again; 0.0: go on."""
        pair = (address, account)
        wait = self._pairs.remaining(pair, now)
        if now - self._trusted.get(pair, float("-inf")) > self._settings.trust:
            wait = max(wait, self._addresses.remaining(address, now), self._accounts.remaining(account, now))
        return wait

    def failed(self, address: str, account: str, now: float) -> None:
        """A wrong password, or an account that does not exist."""
        pair = (address, account)
        if not self._pairs.has(pair, now):
            self._addresses.add(address, now)
        self._pairs.add(pair, now)
        self._accounts.add(account, now)

    def succeeded(self, address: str, account: str, now: float) -> None:
        """The right password. What the address did to other accounts, and others to this one, stays counted."""
        pair = (address, account)
        self._pairs.forget(pair)
        self._trusted[pair] = now
        self._trusted.move_to_end(pair)
        while len(self._trusted) > self._settings.entries:
            self._trusted.popitem(last=False)

    def __len__(self) -> int:
        """Rows held, for a gauge."""
        return len(self._pairs) + len(self._addresses) + len(self._accounts) + len(self._trusted)
