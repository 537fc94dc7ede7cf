"""Prometheus metrics, gathered when they are asked for.

The parts of the house count with plain integers on their own objects (one addition per fan-out, never per delivery);
here those are named and read at scrape time, so that a metric costs nothing between scrapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

__all__ = ["Metrics"]


@dataclass(frozen=True, slots=True)
class _Reading:
    name: str
    help: str
    kind: Literal["counter", "gauge"]
    read: Callable[[], float]


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
        self._add(_Reading(name, help, "counter", read))

    def gauge(self, name: str, help: str, read: Callable[[], float]) -> None:
        """A number that goes up and down."""
        self._add(_Reading(name, help, "gauge", read))

    def render(self) -> bytes:
        """All readings and the process's own (CPU, memory, files, gc) in Prometheus text format."""
        # Imported at the first scrape: 40 ms that a server's start does not wait for.
        from prometheus_client import generate_latest

        if self._registry is None:
            self._registry = self._make_registry()
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """For `prometheus_client`: every reading as a metric family."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        info = GaugeMetricFamily("parlour_info", "Version of the running server.", labels=["version"])
        info.add_metric([self._version], 1)
        yield info
        for reading in self._readings:
            family = CounterMetricFamily if reading.kind == "counter" else GaugeMetricFamily
            yield family(reading.name, reading.help, value=reading.read())

    def _add(self, reading: _Reading) -> None:
        if reading.name in self.names:
            raise ValueError(f"metric {reading.name} is already there")
        self._readings.append(reading)

    def _make_registry(self) -> CollectorRegistry:
        from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector

        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        registry.register(self)
        return registry
