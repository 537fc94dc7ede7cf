"""Prometheus metrics, gathered when they are asked for.

The parts of the house count with plain integers on their own objects (one addition per fan-out, never per delivery);
here those are named and read at scrape time, so that a metric costs nothing between scrapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

__all__ = ["Metrics"]


@dataclass(frozen=True, slots=True)
class _Reading:
    name: str
    family: Callable[[], Metric]


class Metrics:
    """A list of named readings. Names begin with `parlour_`; those of counters end in `_total`."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._readings: list[_Reading] = []
        self._registry: CollectorRegistry | None = None

    @property
    def names(self) -> list[str]:
        """Names of all readings, as scraped."""
        return [reading.name for reading in self._readings]

    def counter(self, name: str, help: str, read: Callable[[], float]) -> None:
        """A number that only grows while the process lives."""
        self._add(name, lambda: _core().CounterMetricFamily(name, help, value=read()))

    def counters(
        self, name: str, help: str, labels: Sequence[str], read: Callable[[], Mapping[tuple[str, ...], float]]
    ) -> None:
        """Such numbers side by side, told apart by the values of `labels`; those not met yet are not shown. What can
        be a value must be bounded, and never named by a client."""

        def family() -> Metric:
            made: Any = _core().CounterMetricFamily(name, help, labels=labels)
            for values, number in sorted(read().items()):
                made.add_metric(values, number)
            return cast("Metric", made)

        self._add(name, family)

    def histogram(
        self, name: str, help: str, bounds: Sequence[float], read: Callable[[], tuple[Sequence[int], float]]
    ) -> None:
        """Sizes of what has happened. `read` gives how many fell into each bucket (up to each of the upper `bounds`,
        and beyond the last), and the sum of all sizes."""
        edges = [*map(str, bounds), "+Inf"]

        def family() -> Metric:
            counts, total = read()
            buckets = list(zip(edges, accumulate(counts), strict=True))
            made: Metric = _core().HistogramMetricFamily(name, help, buckets=buckets, sum_value=total)
            return made

        self._add(name, family)

    def gauge(self, name: str, help: str, read: Callable[[], float]) -> None:
        """A number that goes up and down."""
        self._add(name, lambda: _core().GaugeMetricFamily(name, help, value=read()))

    def render(self) -> bytes:
        """All readings and the process's own (CPU, memory, files, gc) in Prometheus text format."""
        # Imported at the first scrape: 40 ms that a server's start does not wait for.
        from prometheus_client import generate_latest

        if self._registry is None:
            self._registry = self._make_registry()
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """For `prometheus_client`: every reading as a metric family."""
        info = _core().GaugeMetricFamily("parlour_info", "Version of the running server.", labels=["version"])
        info.add_metric([self._version], 1)
        yield info
        for reading in self._readings:
            yield reading.family()

    def _add(self, name: str, family: Callable[[], Metric]) -> None:
        if name in self.names:
            raise ValueError(f"metric {name} is already there")
        self._readings.append(_Reading(name, family))

    def _make_registry(self) -> CollectorRegistry:
        from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector

        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        registry.register(self)
        return registry


def _core() -> Any:
    """Imported at the first scrape, as all of the library."""
    from prometheus_client import core

    return core
