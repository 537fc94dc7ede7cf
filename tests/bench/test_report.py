"""Figures are compared with their targets the right way round."""

import pytest

from bench.report import Figure, Report


@pytest.mark.parametrize(
    ("name", "transport", "value", "verdict"),
    [
        ("room-1000 per delivery", "tcp", 8.5, "aim"),
        ("room-1000 per delivery", "tcp", 8.6, "must"),
        ("room-1000 per delivery", "tcp", 15.0, "MISSED by 25%"),
        ("room-10 posts", "tcp", 10_000.0, "aim"),
        ("room-10 posts", "tcp", 5_000.0, "must"),
        ("room-10 posts", "tcp", 4_000.0, "MISSED by 20%"),
        ("room-100 per post", "tls", 1.0, ""),
    ],
)
def test_verdict(name: str, transport: str, value: float, verdict: str) -> None:
    assert Figure(name, transport, "us", [value]).verdict() == verdict


def test_the_median_counts() -> None:
    assert Figure("room-1000 per delivery", "tcp", "us", [50.0, 8.0, 8.2]).verdict() == "aim"


def test_times_floor() -> None:
    assert Figure("room-1000 per delivery", "tcp", "us", [9.0], floor=4.5).as_json()["times_floor"] == 2.0


def test_table_has_a_line_for_each_figure_and_each_failure() -> None:
    report = Report(failures=["history: no answer"])
    report.add("room-10 posts", "tcp", "/s", [6000.0, 7000.0, 6500.0])
    report.add("nothing measured", "tcp", "us", [])
    lines = report.table().splitlines()
    assert len(lines) == 4
    assert "6,500" in lines[2]
    assert "6,000 - 7,000" in lines[2]
    assert lines[3] == "FAILED: history: no answer"
