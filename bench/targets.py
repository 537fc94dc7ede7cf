"""What the server must and should reach. Times are processor time of the server unless the name says otherwise."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TARGETS", "Target"]


@dataclass(frozen=True, slots=True)
class Target:
    """`higher`: more is better."""

    must: float
    aim: float
    higher: bool = False


# By (figure, transport).
TARGETS = {
    ("room-1000 per delivery", "tcp"): Target(12, 8.5),
    ("room-1000 per delivery", "tls"): Target(18, 13),
    ("room-1000 per delivery", "tls+ntlm"): Target(26, 19),
    ("five together per delivery", "tcp"): Target(5, 3.5),
    ("room-10 per post", "tcp"): Target(0.25, 0.1),
    ("room-10 posts", "tcp"): Target(5000, 10000, higher=True),
    ("latency p99", "tcp"): Target(5.8, 4),
    ("memory per endpoint", "tcp"): Target(12, 6),
    ("memory per endpoint", "tls"): Target(45, 32),
    ("join with 25 messages", "tcp"): Target(0.9, 0.4),
    ("cold start", "tcp"): Target(1.5, 0.7),
}
