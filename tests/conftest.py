"""How the property tests look for examples.

`explore` (by itself): other examples in every run. `repeat`: the same ones every time, as in `make test`, whose outcome
must say something of the change and not of the day.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A machine that is busy is slow, which is no fault of the example that was just tried.
_UNHURRIED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("explore", **_UNHURRIED)
settings.register_profile("repeat", **_UNHURRIED, derandomize=True, database=None)
settings.load_profile("explore")
