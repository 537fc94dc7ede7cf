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

from fuzz.__main__ import TARGETS

_ROOT = Path(__file__).resolve().parents[1]
_SECONDS = os.environ.get("PARLOUR_FUZZ_SECONDS")
_BREAKS = """
import sys, types
from fuzz import __main__ as harness

def check(data):
    assert len(data) < 3

sys.modules["fuzz.fuzz_breaking"] = types.SimpleNamespace(check=check)
harness.TARGETS.append("breaking")
harness.main()
"""
_HOW_LONG = [f"-max_total_time={_SECONDS}"] if _SECONDS else ["-runs=2000", "-seed=1"]

needs_atheris = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None and sys.version_info >= (3, 14),
    reason="Atheris has no build for this Python",
)


def run(*arguments: str, program: tuple[str, ...] = ("-m", "fuzz"), **env: str) -> subprocess.CompletedProcess[str]:
    """`python -m fuzz`, to its end."""
    return subprocess.run(
        [sys.executable, *program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=_ROOT,
        env={**os.environ, **env},
    )


def test_there_are_targets() -> None:
    assert {"sip", "sdp", "ntlm", "xccos", "documents"} <= set(TARGETS)


@pytest.mark.parametrize("arguments", [(), ("nothing",)])
def test_who_names_no_target_is_told_which_there_are(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 1
    assert f"usage: python -m fuzz {'|'.join(TARGETS)} " in done.stderr


@needs_atheris
def test_what_breaks_an_invariant_is_told_and_kept(tmp_path: Path) -> None:
    done = run("breaking", *_HOW_LONG, f"-artifact_prefix={tmp_path}/", program=("-c", _BREAKS), TMPDIR=str(tmp_path))
    assert done.returncode != 0
    assert "AssertionError" in done.stdout, done.stderr
    (found,) = tmp_path.iterdir()
    assert len(found.read_bytes()) >= 3


@pytest.mark.slow
@needs_atheris
@pytest.mark.parametrize("target", TARGETS)
def test_fuzz_target(target: str, tmp_path: Path) -> None:
    """Any input that breaks the target's invariant ends it with a traceback and a status other than 0."""
    # The order of a set steers what is tried next.
    same = {} if _SECONDS else {"PYTHONHASHSEED": "1"}
    done = run(target, *_HOW_LONG, f"-artifact_prefix={tmp_path}/", TMPDIR=str(tmp_path), **same)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "DONE" in done.stderr or "Done" in done.stderr
    assert not list(tmp_path.iterdir()), "the seeds are gone again"
