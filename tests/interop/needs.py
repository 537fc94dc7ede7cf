"""What the interop groups need from Debian. Missing programs skip a group and say which packages to install; with
`CI=true` nothing may be skipped, so there they fail instead."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SIPE_PACKAGES = "pidgin-sipe libpurple-dev libjson-glib-dev libxml2-dev build-essential pkg-config"
SIPP_PACKAGES = "sip-tester"

_PLUGINS = (Path("/usr/lib/purple-2/libsipe.so"), *Path("/usr/lib").glob("*/purple-2/libsipe.so"))
_BUILD = Path(__file__).resolve().parents[2] / ".build"


def missing(what: str, packages: str) -> None:
    """Skip, or fail where everything has to run."""
    message = f"{what} is not here; as root: apt-get install {packages}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def sipe_driver() -> Path:
    """The headless SIPE driver, built when needed."""
    if not any(path.exists() for path in _PLUGINS):
        missing("pidgin-sipe", SIPE_PACKAGES)
    if shutil.which("pkg-config") is None or shutil.which("cc") is None:
        missing("a C compiler with pkg-config", SIPE_PACKAGES)
    source = Path(__file__).with_name("sipe")
    binary = _BUILD / "sipe-client"
    newest = max(path.stat().st_mtime for path in source.iterdir())
    if not binary.exists() or binary.stat().st_mtime < newest:
        _BUILD.mkdir(exist_ok=True)
        made = subprocess.run(
            ["make", "-s", "-B", "-C", str(source), f"BIN={binary}"], capture_output=True, text=True, check=False
        )
        if made.returncode != 0:
            missing(f"what the SIPE driver is built with ({made.stderr.strip()[-200:]})", SIPE_PACKAGES)
    return binary


def sipp() -> Path:
    """The sipp program."""
    found = shutil.which("sipp")
    if found is None:
        missing("sipp", SIPP_PACKAGES)
    return Path(str(found))
