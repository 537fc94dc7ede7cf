"""Figures, and the table they are printed in."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import Any

from bench.targets import TARGETS

__all__ = ["Figure", "Report"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured quantity; `values` are its repeats. `floor` is the C floor of the same run, in the same unit."""

    name: str
    transport: str
    unit: str
    values: list[float]
    floor: float | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def verdict(self) -> str:
        """`aim`, `must`, `MISSED by n %`, or nothing where there is no target."""
        target = TARGETS.get((self.name, self.transport))
        if target is None:
            return ""
        value = self.median
        if value >= target.aim if target.higher else value <= target.aim:
            return "aim"
        if value >= target.must if target.higher else value <= target.must:
            return "must"
        by = abs(value / target.must - 1)
        return f"MISSED by {by:.0%}"

    def as_json(self) -> dict[str, Any]:
        target = TARGETS.get((self.name, self.transport))
        return {
            "name": self.name,
            "transport": self.transport,
            "unit": self.unit,
            "median": self.median,
            "values": self.values,
            "floor": self.floor,
            "times_floor": self.median / self.floor if self.floor else None,
            "must": target.must if target else None,
            "aim": target.aim if target else None,
            "verdict": self.verdict() or None,
        }


@dataclass(slots=True)
class Report:
    """Collects figures and raw results, in the order they come."""

    figures: list[Figure] = field(default_factory=list)
    raw: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def add(self, name: str, transport: str, unit: str, values: list[float], floor: float | None = None) -> None:
        """A finished figure; nothing when there are no values."""
        if values:
            self.figures.append(Figure(name, transport, unit, values, floor))

    def table(self) -> str:
        rows: list[tuple[str, ...]] = [
            ("", "transport", "median", "min - max", "unit", "floor", "x floor", "must", "aim", "reached")
        ]
        rows += [_row(figure) for figure in self.figures]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = []
        for number, row in enumerate(rows):
            cells = [
                cell.ljust(width) if column in (0, 1, 4, 9) else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            lines.append("  ".join(cells).rstrip())
            if number == 0:
                lines.append("-" * len(lines[0]))
        return "\n".join(lines + [f"FAILED: {failure}" for failure in self.failures])


def _row(figure: Figure) -> tuple[str, ...]:
    target = TARGETS.get((figure.name, figure.transport))
    spread = f"{_short(min(figure.values))} - {_short(max(figure.values))}" if len(figure.values) > 1 else ""
    return (
        figure.name,
        figure.transport,
        _short(figure.median),
        spread,
        figure.unit,
        _short(figure.floor) if figure.floor else "",
        f"{figure.median / figure.floor:.2f}" if figure.floor else "",
        _short(target.must) if target else "",
        _short(target.aim) if target else "",
        figure.verdict(),
    )


def _short(value: float) -> str:
    """Three digits that matter."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"
