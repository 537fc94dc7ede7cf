"""A slice of fuzzing in every test run, the same each time; `make fuzz` is the long one, and seeks elsewhere each time.

`PARLOUR_FUZZ_SECONDS` sets how long.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

_FUZZ = Path(__file__).resolve().parents[1] / "fuzz"
_TARGETS = sorted(path.stem for path in _FUZZ.glob("fuzz_*.py"))
_SECONDS = os.environ.get("PARLOUR_FUZZ_SECONDS")
_HOW_LONG = [f"-max_total_time={_SECONDS}"] if _SECONDS else ["-runs=600", "-seed=1"]


def test_there_are_targets() -> None:
    assert {"fuzz_sip", "fuzz_sdp", "fuzz_ntlm", "fuzz_xccos", "fuzz_documents"} <= set(_TARGETS)


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None and sys.version_info >= (3, 14),
    reason="Atheris has no build for this Python",
)
@pytest.mark.parametrize("target", _TARGETS)
def test_fuzz_target(target: str, tmp_path: Path) -> None:
    """Any input that breaks the target's invariant ends it with a traceback and a status other than 0."""
    done = subprocess.run(
        [sys.executable, str(_FUZZ / f"{target}.py"), *_HOW_LONG, f"-artifact_prefix={tmp_path}/"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        # The order of a set steers what is tried next.
        env=os.environ if _SECONDS else {**os.environ, "PYTHONHASHSEED": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "DONE" in done.stderr or "Done" in done.stderr
