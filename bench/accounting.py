"""What the operating system says about another process: processor time of all its threads, and memory."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Memory", "cpu_seconds", "cpu_seconds_stat", "memory"]

_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads, ended ones included, in nanosecond resolution.

    Linux makes a process's clock id from its number, as clock_getcpuclockid(3) does; /proc/<pid>/stat has the same
    sum in 10 ms ticks."""
    return time.clock_gettime_ns(~pid << 3 | 2) / 1e9


def cpu_seconds_stat(pid: int) -> float:
    """The same from /proc, in ticks: a cross-check that is kept in the raw results."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


@dataclass(frozen=True, slots=True)
class Memory:
    """KiB. `resident` counts shared pages too, `own` is what no other process has."""

    resident: int
    own: int


def memory(pid: int) -> Memory:
    """Memory of a process now."""
    found = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split()[:2]
        found[name] = int(value)
    return Memory(found["Rss:"], found["Private_Clean:"] + found["Private_Dirty:"])
