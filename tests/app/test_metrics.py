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
