"""What commands change is so on the wire at once: policy, further addresses, draining, what clients are told."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from parlour.app.config_load import make_settings
from parlour.app.measuring import readiness
from parlour.client import Busy, ClientError, ClientSettings, NotProvisioned
from parlour.frontend.provisioning import provisioning_document
from tests.client.house import DOMAIN, House, house
from tests.system.client import Chatter

ONCE = ClientSettings(reconnect=False, connect_timeout=60.0, answer_timeout=60.0, sign_in_timeout=60.0)
HELP = f"sip:help@{DOMAIN}"


async def may_enter(there: House, name: str, **options: str) -> bool:
    try:
        async with there.client(name, settings=ONCE, **options):
            return True
    except NotProvisioned:
        return False


def told(there: House, name: str) -> str:
    person = there.core.directory.find_person(f"sip:{name}@{DOMAIN}")
    assert person is not None
    groups = frozenset({"persistentChatConfiguration"})
    return provisioning_document(person, groups, there.sip.frontend.settings).decode()


async def test_the_policy_reaches_provisioning_and_calls(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        pool = there.sip.channel.settings.uri
        assert await may_enter(there, "alice")
        await there.run("group.add", name="야간")
        await there.run("group.member.add", group="야간", who=["alice"])
        await there.run("policy.set", setting="off", group="야간")
        assert ">false<" in told(there, "alice")
        assert ">true<" in told(there, "bob")
        assert not await may_enter(there, "alice")
        assert not await may_enter(there, "alice", pool_uri=pool)
        await there.run("policy.set", setting="on", user="alice")
        assert await may_enter(there, "alice")
        await there.run("policy.set", setting="off", everyone=True)
        assert ">true<" in told(there, "alice")
        assert ">false<" in told(there, "bob")
        assert not await may_enter(there, "bob", pool_uri=pool)


async def test_who_is_no_longer_enabled_is_out(tmp_path: Path) -> None:
    async with house(tmp_path) as there, there.client("bob", settings=ONCE) as bob:
        await bob.join(there.room("Lobby"))
        await there.run("policy.set", setting="off", everyone=True)
        with pytest.raises(ClientError):
            async for _event in bob.events():
                pass
        assert there.core.hub.presence.live == {}


async def test_signed_in_clients_are_told_when_the_policy_changes(tmp_path: Path) -> None:
    async with house(tmp_path) as there, Chatter("bob") as bob, Chatter("alice") as alice:
        port, lobby = int(there.server.rpartition(":")[2]), there.room("Lobby")
        await bob.open(port)
        await (await alice.open(port)).call(lobby)
        assert (await bob.subscribe("vnd-microsoft-provisioning-v2")).status == 200
        await bob.until(lambda: bob.notified)
        await bob.call(lobby)
        await there.run("policy.set", setting="off", everyone=True)
        await there.run("policy.set", setting="on", user="alice")
        async with asyncio.timeout(60):
            await bob.hung_up.wait()
        await bob.until(lambda: bob.notified[1:])
        await there.run("policy.set", setting="inherit", everyone=True)
        await bob.until(lambda: bob.notified[2:])
        assert [">true<" in body for body in bob.notified] == [True, False, True]
        assert bob.notified[2] == bob.notified[0]
        await bob.call(lobby)
        assert (await bob.post(lobby, "back again")).status == 200


@pytest.mark.parametrize(
    ("command", "params"), [("user.disable", {}), ("user.password", {"password": "Another 1234"}), ("user.remove", {})]
)
async def test_who_may_not_sign_in_any_more_is_gone_and_the_others_see_it(
    tmp_path: Path, command: str, params: dict[str, str]
) -> None:
    async with house(tmp_path) as there, Chatter("bob") as bob, Chatter("alice") as alice:
        port, lobby = int(there.server.rpartition(":")[2]), there.room("Lobby")
        await (await alice.open(port)).call(lobby)
        await (await bob.open(port)).call(lobby)
        await alice.until(lambda: [body for body in alice.bodies if "ntc:join" in body and bob.uri in body])
        await there.run(command, user="bob", **params)
        async with asyncio.timeout(60):
            await bob.lost.wait()
        await alice.until(lambda: [body for body in alice.bodies if "ntc:part" in body and bob.uri in body])
        assert (await alice.post(lobby, "he has left")).status == 200
        with pytest.raises(ClientError):
            async with there.client("bob", settings=ONCE):
                pass
        if command == "user.password":
            async with there.client("bob", settings=ONCE, password=params["password"]):
                pass


async def test_a_further_address_answers_under_its_own_name(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    async with house(tmp_path / "data", log={"trace": str(trace)}) as there:
        with pytest.raises(ClientError):
            async with there.client("alice", pool_uri=HELP, settings=ONCE):
                pass
        await there.run("endpoint.add", address=HELP, name="도움")
        async with there.client("alice", pool_uri=HELP, settings=ONCE) as alice:
            room = await alice.join(there.room("Lobby"))
            await there.run("endpoint.remove", address=HELP)
            await room.post("the session stays")
        with pytest.raises(ClientError):
            async with there.client("alice", pool_uri=HELP, settings=ONCE):
                pass
    lines = [json.loads(line) for line in trace.read_text().splitlines()]
    sent = {line["from"] for line in lines if line["direction"] == "out" and line["first"].startswith("INFO ")}
    assert sent == {f"help@{DOMAIN}"}


async def test_further_addresses_are_there_after_a_restart(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.run("endpoint.add", address=HELP)
    async with house(tmp_path) as there:
        assert await may_enter(there, "alice", pool_uri=HELP)
        refused = await there.run("endpoint.add", address="ocschat")
        assert "already" in refused.detail


async def test_a_draining_server_keeps_its_sessions(tmp_path: Path) -> None:
    settings = make_settings({"data_dir": str(tmp_path)}, "test")
    async with house(tmp_path) as there, there.client("alice") as alice:
        room = await alice.join(there.room("Lobby"))
        there.core.serving.readings = dict
        await there.run("service.drain")
        assert not (await readiness(settings, there.core, there.sip)).ready
        with pytest.raises(Busy):
            async with there.client("bob", settings=ONCE):
                pass
        await room.post("still here")
        await there.run("service.resume")
        assert (await readiness(settings, there.core, there.sip)).ready
        assert await may_enter(there, "bob")


async def test_clients_are_told_what_the_settings_say(tmp_path: Path) -> None:
    web = {"room_management_url": "https://rooms.example/"}
    async with house(tmp_path, chat={"display_name": "우리 대화"}, web=web) as there, there.client("alice") as alice:
        info = await alice.get_server_info()
        assert (info.display_name, info.room_management_url) == ("우리 대화", "https://rooms.example/")
        assert "https://rooms.example/" in told(there, "alice")
        assert there.sip.channel.settings.file_service_url == ""
