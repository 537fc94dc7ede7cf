"""The server of these tests: one that does not get ready is not left running."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.interop.server import Server

_SLEEPS = "import time; time.sleep(3600)"
_TELLS_NONSENSE = "import sys; open(sys.argv[-1], 'w').write('{'); import time; time.sleep(3600)"
_ENDS = "print('out of luck')"


@pytest.mark.parametrize(
    ("script", "patience", "error"),
    [(_SLEEPS, 0.0, AssertionError), (_ENDS, 60.0, AssertionError), (_TELLS_NONSENSE, 60.0, ValueError)],
    ids=["sleeps", "ends", "nonsense"],
)
def test_nothing_is_left_of_a_server_that_does_not_get_ready(
    tmp_path: Path, script: str, patience: float, error: type[Exception]
) -> None:
    server = Server(tmp_path / "data", program=(sys.executable, "-c", script))
    with pytest.raises(error):
        server.start(patience)
    assert server._process is not None
    assert server._process.returncode is not None
    if script is _ENDS:
        assert "out of luck" in server.log.read_text()
