"""A slice of fuzzing in every test run; `make fuzz` is the long one."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

_FUZZ = Path(__file__).resolve().parents[1] / "fuzz"
_TARGETS = sorted(path.stem for path in _FUZZ.glob("fuzz_*.py"))
_SECONDS = os.environ.get("PARLOUR_FUZZ_SECONDS", "4")


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
        [sys.executable, str(_FUZZ / f"{target}.py"), f"-max_total_time={_SECONDS}", f"-artifact_prefix={tmp_path}/"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "DONE" in done.stderr or "Done" in done.stderr
