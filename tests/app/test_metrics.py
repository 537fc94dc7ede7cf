import pytest

from parlour.app.metrics import Metrics


def test_readings_are_taken_when_asked() -> None:
    metrics = Metrics("1.2.3")
    count = [0]
    metrics.counter("parlour_posts_total", "Posts kept.", lambda: count[0])
    metrics.gauge("parlour_rooms", "Rooms.", lambda: 2)
    first = metrics.render().decode()
    count[0] = 5
    second = metrics.render().decode()
    assert "parlour_posts_total 0.0" in first
    assert "parlour_posts_total 5.0" in second
    assert "parlour_rooms 2.0" in second
    assert 'parlour_info{version="1.2.3"} 1.0' in second
    assert "process_cpu_seconds_total" in second


def test_a_name_is_used_once() -> None:
    metrics = Metrics("1")
    metrics.gauge("parlour_rooms", "Rooms.", lambda: 2)
    with pytest.raises(ValueError, match="parlour_rooms"):
        metrics.gauge("parlour_rooms", "Rooms.", lambda: 3)


def test_counters_side_by_side() -> None:
    metrics = Metrics("1")
    refused: dict[tuple[str, ...], float] = {}
    metrics.counters("parlour_refusals_total", "Refused.", ("status", "code"), lambda: refused)
    assert "\nparlour_refusals_total{" not in metrics.render().decode()
    refused["503", "20008"] = 2
    assert 'parlour_refusals_total{code="20008",status="503"} 2.0' in metrics.render().decode()


def test_a_histogram_adds_up() -> None:
    metrics = Metrics("1")
    metrics.histogram("parlour_commit_seconds", "Commits.", (0.001, 0.5), lambda: ((3, 0, 1), 9.5))
    text = metrics.render().decode()
    for line in (
        '_bucket{le="0.001"} 3.0',
        '_bucket{le="0.5"} 3.0',
        '_bucket{le="+Inf"} 4.0',
        "_count 4.0",
        "_sum 9.5",
    ):
        assert f"parlour_commit_seconds{line}\n" in text
