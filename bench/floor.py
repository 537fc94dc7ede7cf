"""The floor in C: processor time per delivery of a program that does nothing but send and receive."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

__all__ = ["floor_us"]


def floor_us(program: Path, transport: str, rounds: int, size: int, burst: int = 1) -> float:
    """Microseconds per delivery to 1,000 connections of an INFO of `size` bytes: as many as the server's have."""
    words = ["connections=1000", f"rounds={rounds}", f"burst={burst}", f"size={size}"]
    if transport != "tcp":
        words.append("tls=1")
    if transport.endswith("ntlm"):
        words.append("signed=1")
    done = subprocess.run([str(program), *words], capture_output=True, text=True, timeout=120, check=True)
    result: float = json.loads(done.stdout)["us_per_delivery"]
    return result
