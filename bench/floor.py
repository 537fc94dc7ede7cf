"""The floor in C: processor time per delivery of a program that does nothing but send and receive."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

__all__ = ["SIZES", "floor_us"]

# Bytes of one INFO: as in a room with a short name and 130 characters of text; with NTLM's header.
SIZES = {"tcp": 995, "tls": 995, "tls+ntlm": 1209}


def floor_us(program: Path, transport: str, rounds: int, *, burst: int = 1, connections: int = 1000) -> float:
    """Microseconds per delivery."""
    words = [f"connections={connections}", f"rounds={rounds}", f"burst={burst}", f"size={SIZES[transport]}"]
    if transport != "tcp":
        words.append("tls=1")
    if transport.endswith("ntlm"):
        words.append("signed=1")
    done = subprocess.run([str(program), *words], capture_output=True, text=True, timeout=120, check=True)
    result: float = json.loads(done.stdout)["us_per_delivery"]
    return result
