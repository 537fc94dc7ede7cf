"""Compiles the C programs of the bench and checks their cryptography before anything is measured."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["BuildFailed", "Programs", "build"]

SOURCES = Path(__file__).parent / "c"
_PARTS = {
    "floor": ("floor", "text"),
    "load": ("load", "steps", "posts", "samples", "endpoint", "net", "text", "ntlm", "digest"),
    "selftest": ("selftest", "text", "ntlm", "digest"),
}
_FLAGS = ("-std=gnu11", "-O2", "-Wall", "-Wextra")
_NEEDS = "the bench needs a C compiler and OpenSSL's headers; on Debian: apt-get install gcc libc6-dev libssl-dev"


class BuildFailed(Exception):
    """No compiler, no headers, or a program that fails its own test."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Paths of the compiled programs."""

    floor: Path
    load: Path


def build(directory: Path) -> Programs:
    """Compile what is older than its sources into `directory`. Raises `BuildFailed`."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise BuildFailed(_NEEDS)
    directory.mkdir(parents=True, exist_ok=True)
    newest = max(path.stat().st_mtime for path in SOURCES.iterdir())
    for name, parts in _PARTS.items():
        target = directory / name
        if target.exists() and target.stat().st_mtime > newest:
            continue
        sources = [str(SOURCES / f"{part}.c") for part in parts]
        done = subprocess.run(
            [compiler, *_FLAGS, "-o", str(target), *sources, "-lssl", "-lcrypto"], capture_output=True, text=True
        )
        if done.returncode != 0:
            raise BuildFailed(f"{_NEEDS}\n{done.stderr[-2000:]}")
    checked = subprocess.run([str(directory / "selftest")], capture_output=True, text=True)
    if checked.returncode != 0:
        raise BuildFailed(f"the load generator's cryptography is wrong:\n{checked.stdout}")
    return Programs(directory / "floor", directory / "load")
