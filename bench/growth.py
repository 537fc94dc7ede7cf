"""What becomes of history and search as a room grows, and of the first minutes of a client that has many rooms.

The server has a data directory of its own with rooms of 10,000, 100,000 and 1,000,000 messages (a tenth of that with
`--quick`). A page of history must cost the same in each.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from bench.layout import BATCH_ROOMS, USERS
from bench.load import Load
from bench.phases import Bench
from bench.server import DOMAIN, Server
from bench.texts import queries

__all__ = ["Growth"]

_PAGE = 100
_SIGNED_IN = 64


@dataclass(slots=True)
class Growth:
    """`sizes`: messages by room name, the largest last; the scene of `bench` is the one with those rooms."""

    bench: Bench
    sizes: dict[str, int]

    @contextmanager
    def up(self) -> Iterator[tuple[Server, Load]]:
        with self.bench.up("tcp", _SIGNED_IN) as (server, load):
            load.must("signin", count=_SIGNED_IN, parallel=8, users=USERS)
            yield server, load

    def history(self) -> None:
        """Pages before a message in the middle, at the end, and by date, in each of the rooms."""
        with self.up() as (server, load):
            for name, size in self.sizes.items():
                uri, middle = self.bench.scene.rooms[name], size // 2
                last = f"<chanib uri={quoteattr(uri)}/><bcq><last cnt={quoteattr(str(_PAGE))}/></bcq>"
                self._ask(server, load, f"history, newest {_PAGE} of {size:,}", "bccontext", [last], 200)
                paged = [self._page(uri, middle + number * 3) for number in range(100)]
                self._ask(server, load, f"history, {_PAGE} in the middle of {size:,}", "bcbymsg", paged, 200)
                dated = [self._dated(uri, middle + number * 3) for number in range(100)]
                self._ask(server, load, f"history, {_PAGE} by date of {size:,}", "bcbydate", dated, 200)

    def search(self) -> None:
        """Each kind of query, in each of the rooms, newest first."""
        with self.up() as (server, load):
            for name, size in self.sizes.items():
                for query in queries():
                    ask = self._search(self.bench.scene.rooms[name], query.words)
                    self._ask(server, load, f"search, {query.name}, {size:,}", "bcbydate", [ask], 60)

    def batch_join(self) -> None:
        """A client's first minute: 24 rooms in one bjoin, each with its 25 messages of context."""
        rooms = [self.bench.scene.rooms[f"b{number}"] for number in range(BATCH_ROOMS)]
        inside = "".join(
            f'<chanid key="{key}" domain="{DOMAIN}" value="{uri.rpartition("/")[2]}"/>' for key, uri in enumerate(rooms)
        )
        costs, rates, walls = [], [], []
        for _ in range(self.bench.plan.repeats):
            with self.up() as (server, load):
                script = self._script("bjoin", [_command("bjoin", inside)])
                ask = {"script": script, "expect": "rpl:bjoin", "units": _SIGNED_IN, "parallel": 8}
                result, used = self.bench.measured("bjoin", "tcp", server, lambda: load.must("ask", **ask))  # noqa: B023
                costs.append(used * 1000 / _SIGNED_IN)
                rates.append(_SIGNED_IN * BATCH_ROOMS / result["seconds"])
                walls.append(result["unit_us"]["p99"] / 1000)
        self.bench.report.add(f"bjoin of {BATCH_ROOMS} rooms", "tcp", "ms", costs)
        self.bench.report.add(f"bjoin of {BATCH_ROOMS} rooms p99 wall", "tcp", "ms", walls)
        self.bench.report.add(f"rooms joined by bjoin of {BATCH_ROOMS}", "tcp", "/s", rates)

    # ---- asking

    def _ask(self, server: Server, load: Load, name: str, command: str, data: Sequence[str], units: int) -> None:
        script = self._script(command, [_command(command, one) for one in data])
        ask = {"script": script, "expect": f"rpl:{command}", "parallel": 1}
        load.must("ask", units=max(units // 10, 1), **ask)  # warm up
        results = [
            self.bench.measured(name, "tcp", server, lambda: load.must("ask", units=units, **ask))
            for _ in range(self.bench.plan.repeats)
        ]
        add = self.bench.report.add
        add(name, "tcp", "ms", [used * 1000 / units for _, used in results])
        for mark in ("p50", "p99"):
            add(f"{name}, {mark} wall", "tcp", "ms", [statistics.median(r["unit_us"][mark] / 1000 for r, _ in results)])

    def _script(self, name: str, lines: Sequence[str]) -> str:
        path: Path = self.bench.directory / f"{name}.script"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return str(path)

    @staticmethod
    def _page(uri: str, before: int) -> str:
        return (
            f'<chanib uri={quoteattr(uri)}/><bcq><limit cnt="{_PAGE}"/><msgid msgid="{before}" jmsg="false"/>'
            '<sort searchbkwds="true" sortbkwds="false"/></bcq>'
        )

    @staticmethod
    def _dated(uri: str, number: int) -> str:
        """From the second in which message `number` was posted: seeded messages are a second apart."""
        seconds = 1_700_000_000 + number
        return (
            f'<chanib uri={quoteattr(uri)}/><bcq><limit cnt="{_PAGE}"/><date from="{_iso(seconds)}"/>'
            '<sort searchbkwds="false" sortbkwds="false"/></bcq>'
        )

    @staticmethod
    def _search(uri: str, words: str) -> str:
        return (
            f'<chanib uri={quoteattr(uri)}/><bcq><limit cnt="{_PAGE}"/><text mt="ALL" mc="false">{escape(words)}</text>'
            '<sort searchbkwds="true" sortbkwds="false"/></bcq>'
        )


def _command(name: str, data: str) -> str:
    return f'<cmd id="cmd:{name}" seqid="1"><data>{data}</data></cmd>'


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
