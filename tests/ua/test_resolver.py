"""Where a SIP URI leads: the order of SRV records, and what is tried when there are none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Any

import dns.asyncresolver
import dns.resolver
import pytest

from parlour.sip.uri import SipUri
from parlour.ua.resolver import Resolver, Target, in_order


@dataclass(frozen=True)
class Srv:
    priority: int
    weight: int
    target: str = "a.example."
    port: int = 5061


def test_priorities_come_first() -> None:
    records = [Srv(20, 9), Srv(10, 1), Srv(30, 0), Srv(10, 0)]
    for seed in range(50):
        drawn = in_order(records, Random(seed).randrange)
        assert [record.priority for record in drawn] == [10, 10, 20, 30]
        assert Counter(drawn) == Counter(records)


def test_equals_are_drawn_by_weight() -> None:
    records = [Srv(1, weight) for weight in (0, 10, 30, 60)]
    random = Random(7)
    firsts = Counter(in_order(records, random.randrange)[0].weight for _ in range(20_000))
    for record in records[1:]:
        assert firsts[record.weight] / 20_000 == pytest.approx(record.weight / 100, abs=0.02)
    assert 0 < firsts[0] < 500, "hardly ever, but now and then"
    seconds = Counter(in_order(records[2:], random.randrange)[1].weight for _ in range(2000))
    assert seconds[30] / 2000 == pytest.approx(2 / 3, abs=0.05)


@pytest.mark.parametrize(
    ("drawn", "first"), [(0, 0), (1, 1), (3, 1), (4, 2), (9, 2)], ids=["lowest", "1", "its last", "next", "highest"]
)
def test_the_number_drawn_decides(drawn: int, first: int) -> None:
    records = [Srv(1, 6, "c."), Srv(1, 3, "b."), Srv(1, 0, "a.")]
    asked: list[int] = []

    def draw(below: int) -> int:
        asked.append(below)
        return min(drawn, below - 1)

    assert in_order(records, draw)[0].target == "abc"[first] + "."
    assert asked[0] == 10


def test_none_has_a_weight() -> None:
    records = [Srv(1, 0, name) for name in ("a.", "b.", "c.")]
    assert in_order(records, Random(1).randrange) == records


class Zone:
    """Answers of a name server, by service."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **services: list[Srv]) -> None:
        self._services = services
        monkeypatch.setattr(dns.asyncresolver, "resolve", self.resolve)

    async def resolve(self, name: str, kind: str, *, lifetime: float) -> Any:
        assert kind == "SRV"
        try:
            return self._services[name.removesuffix("._tcp.example.com").strip("_")]
        except KeyError:
            raise dns.resolver.NXDOMAIN from None


async def resolve(uri: str = "sip:example.com", draw: Any = lambda below: below - 1) -> list[Target]:
    return await Resolver(draw=draw).resolve(SipUri.parse(uri))


async def test_records_of_all_transports(monkeypatch: pytest.MonkeyPatch) -> None:
    Zone(monkeypatch, sips=[Srv(1, 1, "a.example."), Srv(1, 5, "b.example.", 443)], sip=[Srv(1, 0, "c.example.", 5060)])
    assert await resolve() == [
        Target("TLS", "b.example", 443),
        Target("TLS", "a.example", 5061),
        Target("TCP", "c.example", 5060),
    ]


async def test_without_records_the_domain_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    Zone(monkeypatch)
    assert await resolve() == [Target("TLS", "example.com", 5061), Target("TCP", "example.com", 5060)]


async def test_a_service_that_the_domain_says_it_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    Zone(monkeypatch, sips=[Srv(0, 0, ".", 0)])
    assert await resolve("sips:example.com") == []
    Zone(monkeypatch, sips=[Srv(0, 0, ".", 0)], sip=[Srv(1, 0, "c.example.", 5060)])
    assert await resolve() == [Target("TCP", "c.example", 5060)]
