"""What all tests share: room for many connections, and how the property tests look for examples.

`explore` (by itself): other examples in every run. `repeat`: the same ones every time, as in `make test`, whose outcome
must say something of the change and not of the day.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# A machine that is busy is slow, which is no fault of the example that was just tried.
_UNHURRIED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("explore", **_UNHURRIED)
settings.register_profile("repeat", **_UNHURRIED, derandomize=True, database=None)
settings.load_profile("explore")


@pytest.fixture
def many_files() -> Iterator[None]:
    """Thousands of connections, which a user who is not root may have when asking for them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
