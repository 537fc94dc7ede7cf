"""The measurements. Each starts what it needs, and leaves figures in the report."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.accounting import cpu_seconds_stat, memory
from bench.build import Programs
from bench.floor import floor_us
from bench.layout import JOIN_ROOMS, MEMORY_ROOMS, USERS, Scene
from bench.load import Load
from bench.report import Report
from bench.server import DOMAIN, PASSWORD, Server

__all__ = ["Bench", "Plan"]

_MEMBERS = {"r1000": (0, 1000), "r100": (0, 100), "r10": (0, 10), "r200": (0, 200)}
_SETTLE = 0.2


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how often: `seconds` per repeat, `rounds` of the floor, endpoints of the memory phases,
    messages of the largest room."""

    repeats: int
    seconds: float
    latency_seconds: float
    rounds: int
    memory_tcp: int
    memory_tls: int
    cold_starts: int
    growth: int
    only: frozenset[str]

    def wants(self, name: str) -> bool:
        return not self.only or name in self.only


@dataclass(slots=True)
class Bench:
    programs: Programs
    directory: Path
    settings: Path
    scene: Scene
    plan: Plan
    report: Report

    # ---- surroundings

    @contextmanager
    def up(self, transport: str, endpoints: int) -> Iterator[tuple[Server, Load]]:
        """A fresh server and a load generator that has found the channel service; nobody is signed in."""
        with Server(self.directory, self.settings) as server:
            options: dict[str, str | int] = {
                "port": server.port("tcp" if transport == "tcp" else "tls"),
                "tls": int(transport != "tcp"),
                "auth": "ntlm" if transport.endswith("ntlm") else "digest",
                "domain": DOMAIN,
                "password": PASSWORD,
                "endpoints": endpoints,
            }
            with Load(self.programs.load, **options) as load:
                found = load.must("lookup", uri=f"sip:ocschat@{DOMAIN}", users=USERS)
                load.must("channel", uri=found["uri"])
                yield server, load

    def measured(
        self, name: str, transport: str, server: Server, act: Callable[[], dict[str, Any]]
    ) -> tuple[dict[str, Any], float]:
        """Run one command; its result and the seconds of processor time that the server spent on it."""
        time.sleep(_SETTLE)
        before, before_stat = server.cpu(), cpu_seconds_stat(server.pid)
        result = act()
        used = server.cpu() - before
        used_stat = cpu_seconds_stat(server.pid) - before_stat
        kept = {"phase": name, "transport": transport, "server_cpu": used, "server_cpu_stat": used_stat, **result}
        self.report.raw.append(kept)
        if result.get("lost") or result.get("refused") or result["errors"] or result["bad_signatures"]:
            self.report.failures.append(
                f"{name} {transport}: lost {result.get('lost')}, refused {result.get('refused')}, bad signatures "
                f"{result['bad_signatures']}, errors {result['errors']}: {result['first_error']}"
            )
        return result, used

    def _join(self, load: Load, rooms: dict[str, int], name: str, first: int, count: int) -> None:
        load.must("join", room=rooms[name], first=first, count=count, parallel=16)

    # ---- rooms of several sizes, over one transport

    def chat(self, transport: str) -> None:
        """Everything that 1,000 endpoints do."""
        names = {"room-10", "room-100", "room-1000", "ten-rooms", "together", "latency", "join", "sign-in"}
        if self.plan.only and not self.plan.only & names:
            return
        with self.up(transport, 1000) as (server, load):
            rooms = {name: load.room(uri) for name, uri in self.scene.rooms.items()}
            signed_in, used = self.measured(
                "sign-in", transport, server, lambda: load.must("signin", count=1000, parallel=32, users=USERS)
            )
            self.report.add("sign-in", transport, "ms", [used * 1000 / signed_in["units"]])
            for name, (first, count) in _MEMBERS.items():
                self._join(load, rooms, name, first, count)
            for number in range(10):
                self._join(load, rooms, f"t{number}", number * 20, 20)
            if self.plan.wants("join"):
                self._join_with_context(transport, server, load, rooms)
            self._rooms(transport, server, load, rooms)

    def _rooms(self, transport: str, server: Server, load: Load, rooms: dict[str, int]) -> None:
        probe = load.must("post", room=rooms["r1000"], ms=200)
        size = probe["info_bytes"] // max(probe["infos"], 1)
        single, joined = (self._floor(transport, size, burst) for burst in (1, 5))
        run = partial(self._posts, transport, server, load)
        if self.plan.wants("room-10"):
            run("room-10", None, room=rooms["r10"], window=32)
        if self.plan.wants("room-100"):
            run("room-100", single, room=rooms["r100"], window=1)
        if self.plan.wants("room-1000"):
            run("room-1000", single, room=rooms["r1000"], window=1)
        if self.plan.wants("ten-rooms"):
            run("ten-rooms-of-20", None, room=rooms["t0"], rooms=10, window=32)
        if self.plan.wants("together"):
            run("five together", joined, room=rooms["r1000"], window=5, together=1)
        if self.plan.wants("latency"):
            self._latency(transport, server, load, rooms["r200"])

    def _floor(self, transport: str, size: int, burst: int) -> float:
        values = [floor_us(self.programs.floor, transport, self.plan.rounds, size, burst) for _ in range(3)]
        name = "floor per delivery" if burst == 1 else f"floor per delivery, {burst} in a write"
        self.report.add(name, transport, "us", values)
        return statistics.median(values)

    def _posts(self, transport: str, server: Server, load: Load, name: str, floor: float | None, **params: int) -> None:
        load.run("post", **params, ms=200)  # warm up
        results = [
            self.measured(name, transport, server, lambda: load.run("post", **params, ms=int(self.plan.seconds * 1000)))
            for _ in range(self.plan.repeats)
        ]
        results = [(result, used) for result, used in results if result["deliveries"] and result["complete"]]
        add = self.report.add
        add(f"{name} per delivery", transport, "us", [u * 1e6 / r["deliveries"] for r, u in results], floor)
        add(f"{name} per post", transport, "ms", [u * 1000 / r["complete"] for r, u in results])
        add(f"{name} posts", transport, "/s", [r["complete"] / r["seconds"] for r, _ in results])
        add(f"{name} deliveries", transport, "/s", [r["deliveries"] / r["seconds"] for r, _ in results])
        # Close to the server's figure or above it, the load generator would be what is measured in the rates.
        add(f"{name} load generator", transport, "us", [r["load_cpu"] * 1e6 / r["deliveries"] for r, _ in results])

    def _latency(self, transport: str, server: Server, load: Load, room: int) -> None:
        load.run("post", room=room, rate=20, ms=1000)
        milliseconds = int(self.plan.latency_seconds * 1000)
        result, used = self.measured(
            "latency", transport, server, lambda: load.run("post", room=room, rate=20, ms=milliseconds)
        )
        for mark in ("p50", "p90", "p99", "max"):
            self.report.add(f"latency {mark}", transport, "ms", [result["hear_us"][mark] / 1000])
        self.report.add("latency of the 200 p99", transport, "ms", [result["answer_us"]["p99"] / 1000])
        self.report.add("latency phase per delivery", transport, "us", [used * 1e6 / max(result["deliveries"], 1)])

    def _join_with_context(self, transport: str, server: Server, load: Load, rooms: dict[str, int]) -> None:
        """Eight endpoints, each alone in every room it joins: nobody has to be told about it."""
        spread = {"room": rooms["j0"], "spread": 1, "units": JOIN_ROOMS, "parallel": 8}
        used_up, rates = [], []
        for repeat in range(self.plan.repeats + 1):
            result, used = self.measured("join", transport, server, lambda: load.must("join", context=25, **spread))
            if repeat:  # the first one warms up
                used_up.append(used * 1000 / result["units"])
                rates.append(result["units"] / result["seconds"])
            load.must("part", **spread)
        self.report.add("join with 25 messages", transport, "ms", used_up)
        self.report.add("joins with 25 messages", transport, "/s", rates)

    # ---- memory

    def memory(self, transport: str, endpoints: int) -> None:
        """Endpoints signed in and joined, each to one room; then what the server has grown by."""
        if not self.plan.wants("memory"):
            return
        with self.up(transport, endpoints) as (server, load):
            rooms = [load.room(self.scene.rooms[f"m{number}"]) for number in range(MEMORY_ROOMS)]
            warm = min(50, endpoints // 2)
            load.must("signin", count=warm, parallel=16, users=USERS)
            load.must("join", room=rooms[0], count=warm)
            time.sleep(1)
            before = memory(server.pid)
            _, used = self.measured(
                "memory sign-in",
                transport,
                server,
                lambda: load.must("signin", first=warm, count=endpoints - warm, parallel=64, users=USERS, timeout=240),
            )
            joined = warm
            for number, first in enumerate(range(0, endpoints, USERS)):
                start, end = max(first, warm), min(first + USERS, endpoints)
                load.must("join", room=rooms[number % MEMORY_ROOMS], first=start, count=end - start, parallel=32)
                joined += end - start
            time.sleep(1)
            after = memory(server.pid)
        added = endpoints - warm
        sizes = {"before": before.resident, "own_before": before.own, "after": after.resident, "own_after": after.own}
        self.report.raw.append(
            {"phase": "memory", "transport": transport, "joined": joined, "sign_in_cpu": used, **sizes}
        )
        self.report.add("memory per endpoint", transport, "KiB", [(after.resident - before.resident) / added])
        self.report.add("memory in all", transport, "MiB", [after.resident / 1024])
        self.report.add("sign-in of many", transport, "ms", [used * 1000 / added])

    # ---- history and start

    def history(self) -> None:
        """Pages of 25 and of 100 from the room of 100,000 messages."""
        if not self.plan.wants("history"):
            return
        with self.up("tcp", 8) as (server, load):
            room = load.room(self.scene.rooms["big"])
            load.must("signin", count=8, users=USERS)
            load.must("join", room=room, count=8)
            for page, units in ((25, 1000), (100, 400)):
                ask = {"room": room, "page": page, "parallel": 4}
                load.must("history", units=50, **ask)
                results = [
                    self.measured("history", "tcp", server, lambda: load.must("history", units=units, **ask))  # noqa: B023
                    for _ in range(self.plan.repeats)
                ]
                self.report.add(f"history page of {page}", "tcp", "ms", [used * 1000 / units for _, used in results])
                self.report.add(
                    f"history page of {page} p99 wall", "tcp", "ms", [r["unit_us"]["p99"] / 1000 for r, _ in results]
                )

    def cold_start(self) -> None:
        """From exec to the ready file, with the database warm."""
        if not self.plan.wants("cold-start"):
            return
        wall, cpu = [], []
        for _ in range(self.plan.cold_starts):
            with Server(self.directory, self.settings) as server:
                wall.append(server.started_in)
                cpu.append(server.cpu())
        self.report.add("cold start", "tcp", "s", wall)
        self.report.add("cold start CPU", "tcp", "s", cpu)
