"""What a running server says about itself, after things have happened that somebody should see in a graph."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from parlour.app.measuring import name_readings
from parlour.app.metrics import Metrics
from parlour.client import ClientError, ClientSettings
from tests.client.house import House, house
from tests.system.client import Chatter

ONCE = ClientSettings(reconnect=False, connect_timeout=60.0, answer_timeout=60.0, sign_in_timeout=60.0)


class Seen:
    """A house, and its metrics as they are scraped."""

    def __init__(self, there: House) -> None:
        self.there = there
        self._metrics = Metrics("test")
        name_readings(self._metrics, there.core, there.sip)

    def __getitem__(self, name: str) -> float:
        """The reading, labels and all; 0 when it has not been met."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", self._metrics.render().decode(), re.MULTILINE)
        return float(found[1]) if found else 0.0


@pytest.fixture
async def seen(tmp_path: Path) -> AsyncIterator[Seen]:
    async with house(tmp_path) as there:
        yield Seen(there)


async def fails(seen: Seen, name: str, **options: str) -> None:
    with pytest.raises(ClientError):
        async with seen.there.client(name, settings=ONCE, **options):
            pass


async def test_joins_parts_and_commits(seen: Seen) -> None:
    assert seen["parlour_commit_seconds_count"] == seen["parlour_joins_total"] == 0
    async with seen.there.client("alice", settings=ONCE) as alice:
        room = await alice.join(seen.there.room("Lobby"))
        await room.post("hello")
        assert (seen["parlour_joins_total"], seen["parlour_parts_total"]) == (1, 0)
        commits = seen["parlour_commit_seconds_count"]
        assert commits == seen['parlour_commit_seconds_bucket{le="+Inf"}'] == 2
        assert seen["parlour_commit_seconds_sum"] > 0
        assert seen['parlour_sip_answers_total{status="200"}'] > 0
    async with seen.there.client("bob", settings=ONCE) as bob:
        lobby = await bob.join(seen.there.room("Lobby"))
        await bob.part(lobby)
        assert (seen["parlour_joins_total"], seen["parlour_parts_total"]) == (2, 2)


async def test_failed_sign_ins(seen: Seen) -> None:
    await fails(seen, "alice", password="Wrong456")
    assert seen['parlour_sign_in_failures_total{reason="password"}'] == 1
    await seen.there.run("user.disable", user="bob")
    await fails(seen, "bob")
    assert seen['parlour_sign_in_failures_total{reason="disabled"}'] == 1
    assert seen['parlour_sip_answers_total{status="403"}'] == 1


async def test_refusals(seen: Seen) -> None:
    async with seen.there.client("carol", settings=ONCE) as carol:
        with pytest.raises(ClientError):
            await carol.join(seen.there.room("Night Shift"))
        with pytest.raises(ClientError):
            await carol.room_card("ma-chan://contoso.example/11111111-1111-1111-1111-111111111111")
        lobby = await carol.join(seen.there.room("Lobby"))
        with pytest.raises(ClientError):
            await lobby.post("x" * 100_000)
    assert seen['parlour_denials_total{reason="not-permitted"}'] == 1
    assert seen['parlour_denials_total{reason="no-such-room"}'] == 1
    assert seen['parlour_denials_total{reason="limit-exceeded"}'] == 1
    await seen.there.run("policy.set", setting="off", everyone=True)
    await fails(seen, "alice", pool_uri=seen.there.sip.channel.settings.uri)
    assert seen['parlour_refusals_total{code="20010",status="403"}'] == 1
    seen.there.sip.channel.draining = True
    await seen.there.run("policy.set", setting="on", everyone=True)
    await fails(seen, "alice", pool_uri=seen.there.sip.channel.settings.uri)
    assert seen['parlour_refusals_total{code="20000",status="503"}'] > 0
    assert seen['parlour_sip_answers_total{status="503"}'] == seen['parlour_refusals_total{code="20000",status="503"}']


async def test_what_was_not_delivered(seen: Seen) -> None:
    lobby, port = seen.there.room("Lobby"), int(seen.there.server.rpartition(":")[2])
    async with Chatter("alice") as alice, Chatter("bob") as bob:
        await (await alice.open(port)).call(lobby)
        await (await bob.open(port)).call(lobby)
        assert seen["parlour_deliveries_failed_total"] == 0
        bob.reading.clear()
        for number in range(5):
            assert (await alice.post(lobby, f"unheard {number}")).status == 200
        await bob.close()
        await alice.until(lambda: [body for body in alice.bodies if "ntc:part" in body and bob.uri in body])
        assert seen["parlour_deliveries_failed_total"] >= 1
