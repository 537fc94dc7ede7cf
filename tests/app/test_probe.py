"""The probe against a real server in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parlour.app.probe import Plan, Report, Step, probe
from tests.client.house import DOMAIN, PASSWORD, House, house

STEPS = ["sign in"] * 2 + ["join"] * 2 + ["message", "reply"] + ["leave"] * 2 + ["sign out"] * 2


def plan(there: House, **changes: Any) -> Plan:
    given: dict[str, Any] = {
        "sender": f"alice@{DOMAIN}",
        "sender_password": PASSWORD,
        "receiver": f"bob@{DOMAIN}",
        "receiver_password": PASSWORD,
        "room": "night shift",
        "server": there.server,
        "transport": "tcp",
        "timeout": 60.0,
        **changes,
    }
    return Plan(**given)


async def test_two_people_meet_and_are_gone_again(tmp_path: Path) -> None:
    told: list[Step] = []
    async with house(tmp_path) as there:
        report = await probe(plan(there), told.append)
        assert there.sip.channel.session_count == 0
        assert there.core.hub.presence.live == {}
    assert report.good
    assert [step.name for step in report.steps] == STEPS
    assert list(report.steps) == told
    shown = report.as_json()
    assert (shown["result"], shown["error"], shown["target"]) == ("success", "", there.server)
    assert shown["latency"] == pytest.approx(sum(step.seconds for step in report.steps), abs=1e-5)
    assert PASSWORD not in repr(report)


FAILURES: tuple[tuple[dict[str, Any], str, str, str], ...] = (
    ({"receiver_password": "wrong-one"}, "sign in", "bob", "parlour user password"),
    ({"room": "Nowhere"}, "join", "alice", "--setup"),
    ({"receiver": f"carol@{DOMAIN}"}, "join", "carol", "parlour room show"),
    ({"room": "announcements"}, "reply", "bob", "parlour room show"),
    ({"server": "127.0.0.1:1"}, "sign in", "alice", "--server"),
    ({"receiver": f"minji@{DOMAIN}", "room": "안내 데스크"}, "sign in", "minji", "parlour policy show"),
)


async def test_the_first_failure_ends_it_with_a_diagnosis(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.run("policy.set", setting="off", user="minji")
        for changes, step, who, hint in FAILURES:
            report: Report = await probe(plan(there, **changes))
            assert not report.good
            assert (report.steps[-1].name, report.steps[-1].who) == (step, f"{who}@{DOMAIN}"), changes
            assert report.steps[-1].error
            assert not any(step.error for step in report.steps[:-1])
            assert hint in report.diagnosis
            assert report.as_json()["result"] == "failure"
            assert there.core.hub.presence.live == {}


async def test_a_server_that_drains_is_no_silent_one(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        there.core.hub.draining = True
        report = await probe(plan(there))
        assert "503" in report.steps[-1].error
        assert "parlour service resume" in report.diagnosis


async def test_a_plan_that_makes_no_sense(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        with pytest.raises(ValueError, match="SIP address"):
            await probe(plan(there, sender="nobody"))
