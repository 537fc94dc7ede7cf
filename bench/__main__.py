"""`python -m bench`: prints a table, then JSON; `--help` lists the options, README.md says what each figure means."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bench.build import BuildFailed, Programs, build
from bench.growth import Growth
from bench.layout import ROOMS, growth_rooms
from bench.load import LoadFailed
from bench.phases import Bench, Plan
from bench.report import Report
from bench.seed import seed
from bench.server import ServerFailed, make_certificate, write_settings
from bench.texts import message_text

ROOT = Path(__file__).parent.parent
BUILD = ROOT / ".build"
GROWTH = frozenset({"growth", "search", "batch-join"})
TRANSPORTS = ("tcp", "tls", "tls+ntlm")
PHASES = (
    "sign-in", "room-10", "room-100", "room-1000", "ten-rooms", "together", "latency", "join", "memory", "history",
    "cold-start", "growth", "search", "batch-join",
)  # fmt: skip


def main() -> int:
    options = _options()
    report = Report()
    started = time.monotonic()
    work = BUILD / "bench-run"
    try:
        programs = build(BUILD / "bench-c")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        plan = _plan(options)
        if plan.only - GROWTH or not plan.only:
            _run(_rooms(programs, work / "rooms", plan, report), options.transport or list(TRANSPORTS))
        if plan.only & GROWTH or not plan.only:
            _run_growth(programs, work / "growth", plan, report)
    except (BuildFailed, ServerFailed) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    finally:
        if not options.keep:
            shutil.rmtree(work, ignore_errors=True)
    result = {**_machine(), "seconds": time.monotonic() - started, "figures": [f.as_json() for f in report.figures]}
    result |= {"failures": report.failures, "raw": report.raw}
    print(report.table())
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({name: value for name, value in result.items() if name != "raw"}))
    missed = [figure.name for figure in report.figures if figure.verdict().startswith("MISSED")]
    return 1 if report.failures or (options.strict and missed) else 0


def _rooms(programs: Programs, work: Path, plan: Plan, report: Report) -> Bench:
    work.mkdir()
    settings = write_settings(work)
    _say("seeding rooms and users")
    scene = seed(work / "data", ROOMS)
    make_certificate(settings)
    return Bench(programs, work, settings, scene, plan, report)


def _run_growth(programs: Programs, work: Path, plan: Plan, report: Report) -> None:
    work.mkdir()
    settings = write_settings(work)
    rooms = growth_rooms(plan.growth)
    _say(f"seeding {sum(rooms.values()):,} messages")
    start = time.monotonic()
    scene = seed(work / "data", rooms, message_text)
    report.add("seeding, messages", "", "/s", [sum(rooms.values()) / (time.monotonic() - start)])
    make_certificate(settings)
    sizes = {name: size for name, size in rooms.items() if name.startswith("g")}
    growth = Growth(Bench(programs, work, settings, scene, plan, report), sizes)
    for name, step in (("growth", growth.history), ("search", growth.search), ("batch-join", growth.batch_join)):
        if plan.wants(name):
            _step(report, name, step)


def _run(bench: Bench, transports: list[str]) -> None:
    """Every measurement; one that fails does not keep the others from being made."""
    steps: list[tuple[str, Callable[[], None]]] = [("cold start", bench.cold_start), ("history", bench.history)]
    steps += [(f"rooms over {name}", partial(bench.chat, name)) for name in transports]
    sizes = {"tcp": bench.plan.memory_tcp, "tls": bench.plan.memory_tls}
    steps += [
        (f"memory over {name}", partial(bench.memory, name, size)) for name, size in sizes.items() if name in transports
    ]
    for name, step in steps:
        _step(bench.report, name, step)


def _step(report: Report, name: str, step: Callable[[], None]) -> None:
    _say(name)
    try:
        step()
    except (LoadFailed, ServerFailed, subprocess.SubprocessError, OSError) as error:
        report.failures.append(f"{name}: {error}")
        _say(f"{name} FAILED: {error}")


def _plan(options: argparse.Namespace) -> Plan:
    quick = options.quick
    return Plan(
        repeats=options.repeats or (1 if quick else 3),
        seconds=options.seconds or (0.5 if quick else 2.0),
        latency_seconds=3 if quick else 10,
        rounds=25 if quick else 100,
        memory_tcp=1000 if quick else 10_000,
        memory_tls=300 if quick else 2_000,
        cold_starts=2 if quick else 5,
        growth=100_000 if quick else 1_000_000,
        only=frozenset(options.only or ()),
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure a Parlour server.")
    parser.add_argument("--quick", action="store_true", help="about a minute instead of several")
    parser.add_argument("--only", action="append", choices=PHASES, metavar="NAME", help=f"one of {', '.join(PHASES)}")
    parser.add_argument("--transport", action="append", choices=TRANSPORTS, help="leave out the others")
    parser.add_argument("--seconds", type=float, help="length of one repeat of a closed loop")
    parser.add_argument("--repeats", type=int, help="repeats of each closed loop")
    parser.add_argument("--json", type=Path, default=BUILD / "bench.json", help="where the results go")
    parser.add_argument("--strict", action="store_true", help="exit status 1 when a `must` is missed")
    parser.add_argument("--keep", action="store_true", help="leave the data directory in .build/bench-run")
    return parser.parse_args()


def _machine() -> dict[str, Any]:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        "",
    )
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit,
        "cpu": model,
        "cpus": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_average": os.getloadavg()[0],
    }


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
