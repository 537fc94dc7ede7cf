"""The two ways of signing in, as the call flows have them, each against the picture of it in `ladders/`.

`PARLOUR_CONFORMANCE_DRAW=1` draws the pictures anew; read them before they are committed.
"""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from parlour.app.ladder import parse_trace, render_ladder, select
from tests.conformance.client import Call, pref
from tests.conformance.conftest import Enter, People
from tests.conformance.controller import Capability, Controller
from tests.conformance.sections import enforces
from tests.conformance.wire import chanib, chanids, element

SETTINGS = {"log": {"trace": True}}
LADDERS = Path(__file__).parent / "ladders"

PROVISIONING = "vnd-microsoft-provisioning-v2"
SELF = "vnd-microsoft-roaming-self"
_PROVISIONING_TYPE = "application/vnd-microsoft-roaming-provisioning-v2+xml"
_SELF_TYPE = "application/vnd-microsoft-roaming-self+xml"
_EVERYTHING_OF_HERS = (
    '<roamingList xmlns="http://schemas.microsoft.com/2006/09/sip/roaming-self">'
    '<roaming type="categories"/><roaming type="containers"/><roaming type="subscribers"/></roamingList>'
)


def check_ladder(house: Controller, login: str, name: str) -> None:
    """What the server saw of one person is what the picture shows."""
    if Capability.TRACE not in house.capabilities:
        return
    drawn = "\n".join(render_ladder(answers_in_place(select(parse_trace(house.trace()), user=login)))) + "\n"
    picture = LADDERS / f"{name}.txt"
    if os.environ.get("PARLOUR_CONFORMANCE_DRAW"):
        picture.write_text(drawn, encoding="utf-8")
    assert drawn == picture.read_text(encoding="utf-8")


def answers_in_place(lines: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """With each answer of the client right after what it answers: how far the server had gone on by then is chance."""

    def is_answer(line: Mapping[str, Any]) -> bool:
        return line["direction"] == "in" and str(line["first"]).startswith("SIP/2.0 ")

    answers = {(line["call_id"], line["cseq"]): line for line in lines if is_answer(line)}
    placed: list[Mapping[str, Any]] = []
    for line in lines:
        if not is_answer(line):
            placed.append(line)
            answer = answers.get((line["call_id"], line["cseq"])) if line["direction"] == "out" else None
            if answer is not None and not str(line["first"]).startswith("SIP/2.0 "):
                placed.append(answer)
    return placed


def groups(*names: str) -> str:
    inside = "".join(element("provisioningGroup", name=name) for name in names)
    return element(
        "provisioningGroupList", inside, xmlns="http://schemas.microsoft.com/2006/09/sip/provisioninggrouplist"
    )


@pytest.fixture(scope="module")
def rooms(house: Controller) -> tuple[str, str]:
    """Two rooms with a few messages, to which new members are invited."""
    house.category("Plant", invite=True)
    everybody = ["alice", "bob", "carol"]
    shift = house.room("Night Shift", category="Plant", member=everybody, manager=["carol"], invite=True)
    lunch = house.room("점심", category="Plant", member=everybody, invite=True)
    if Capability.MAKING in house.capabilities:
        for text in ("Pump 3 tripped", "펌프 3 재가동"):
            house.admin("message", "send", "Night Shift", text, "--as-user", "carol")
    return shift, lunch


async def reads_contexts(call: Call, *rooms: str) -> list[list[str]]:
    """The recent messages of each room."""
    found = []
    for room in rooms:
        told = await call.says("bccontext", chanib(room) + element("bcq", element("last", cnt=25)))
        assert told.one("chanib").attrib["uri"] == room
        found.append([str(one.findtext("{*}chat")) for one in told.all("chanib/msg")])
    return found


@enforces(
    "sip.md#register",
    "sip.md#subscribe",
    "sip.md#service-presence-publications",
    "xccos.md#requri",
    "xccos.md#getserverinfo",
    "xccos.md#join-and-bjoin",
    "xccos.md#bccontext",
)
async def test_signing_in_as_ocs_2007_r2_does(house: Controller, people: People, rooms: tuple[str, str]) -> None:
    alice = await people("alice")
    for event, body, kind in (
        ("vnd-microsoft-roaming-contacts", "", ""),
        (SELF, _EVERYTHING_OF_HERS, _SELF_TYPE),
        (PROVISIONING, groups("ServerConfiguration"), _PROVISIONING_TYPE),
    ):
        assert (await alice.subscribes(event, body, content_type=kind)).status == 200
    device = element("publication", categoryName="device", instance=7, container=2, version=0, expireType="endpoint")
    assert (await alice.publishes(device)).status == 200

    lookup = await alice.invites(house.lookup)
    assert lookup.answered.header("Session-Expires")
    uri = (await lookup.says("requri")).one("uib").attrib["uri"]
    await lookup.hangs_up()

    call = await alice.invites(uri)
    assert call.answered.header("Session-Expires")
    server = (await call.says("getserverinfo", element("sib", domain=house.domain, infoType=123))).one("sib")
    assert server.attrib["infoType"] == "123"
    assert {"serverTime", "searchLimit", "messageSizeLimit", "storySizeLimit", "rootUri", "dbVersion"} <= set(
        server.keys()
    )
    labels = ("kedzie.GroupChannels", "kedzie.Filters", "kedzie.Layout")
    kept = await call.says_together(*(("getpref", pref(label, 0, create=False)) for label in labels))
    assert [one.one("pref").attrib["label"] for one in kept] == list(labels)
    joined, *_ = await call.says_together(("bjoin", chanids(*rooms)))
    assert sorted(joined.rooms) == sorted(rooms)
    shift, lunch = await reads_contexts(call, *rooms)
    assert (shift, lunch) == (["Pump 3 tripped", "펌프 3 재가동"], [])
    invited = await call.says("getinv", element("inv", inviteId=1, domain=house.domain))
    assert {one.attrib["uri"] for one in invited.all("inv/chanib")} == set(rooms)
    await call.hangs_up()
    check_ladder(house, "alice", "ocs-2007-r2")


ROOM_SETTING = "http://schemas.microsoft.com/2006/09/sip/roomSetting"
PROPERTY_LIST = "http://schemas.microsoft.com/2010/12/sip/propertyList"


def follows(room: str, name: str, *, instance: int, version: int = 0) -> str:
    listed = element("property", room, name="url") + element("property", name, name="name")
    setting = element("roomSetting", element("propertyList", listed, xmlns=PROPERTY_LIST), xmlns=ROOM_SETTING)
    return element("publication", setting, **_instance(instance, version))


def unfollows(*, instance: int, version: int) -> str:
    return element("publication", **_instance(instance, version), expires=0)


def _instance(instance: int, version: int) -> dict[str, object]:
    return {
        "categoryName": "roomSetting",
        "instance": instance,
        "container": 1,
        "version": version,
        "expireType": "static",
    }


def followed(document: str) -> dict[str, tuple[str, str]]:
    """Version and name of each followed room, by URI, as the client reads them in the roaming-self document."""
    found = {}
    for category in ET.fromstring(document).iterfind(".//{*}category[@name='roomSetting']"):
        told = {one.attrib["name"]: one.text or "" for one in category.iterfind(f".//{{{PROPERTY_LIST}}}property")}
        found[told["url"]] = (category.attrib["version"], told["name"])
    return found


@enforces("sip.md#provisioning", "sip.md#service-presence-publications", "xccos.md#getassociations")
async def test_signing_in_as_lync_2013_does(house: Controller, people: People, rooms: tuple[str, str]) -> None:
    shift, lunch = rooms
    bob = await people("bob")
    assert (await bob.publishes(follows(lunch, "점심", instance=1735093297))).status == 200

    told = await bob.subscribes(PROVISIONING, groups("persistentChatConfiguration"), content_type=_PROVISIONING_TYPE)
    properties = {one.attrib["name"]: one.text for one in ET.fromstring(told.text).iterfind(".//{*}property")}
    assert properties["EnablePersistentChat"] == "true"
    pool = str(properties["DefaultPersistentChatPoolUri"])
    assert pool in str(properties["PersistentChatPoolUris"]).split(" ")
    document = await bob.subscribes(SELF, _EVERYTHING_OF_HERS, content_type=_SELF_TYPE)
    assert followed(document.text) == {lunch: ("1", "점심")}

    call = await bob.invites(pool)
    await call.says("getserverinfo", element("sib", domain=house.domain, infoType=123))
    for kind, expected in (("MEMBER", set(rooms)), ("MANAGER", set())):
        mine = await call.says("getassociations", element("association", domain=house.domain, type=kind))
        assert set(mine.rooms) == expected
        assert mine.one("association").attrib["type"] == kind
    assert (await call.says("bjoin", chanids(*followed(document.text)))).rooms == [lunch]
    assert (await call.says("join", chanids(shift))).rooms == [shift]
    assert await reads_contexts(call, lunch, shift) == [[], ["Pump 3 tripped", "펌프 3 재가동"]]
    invited = await call.says("getinv", element("inv", inviteId=1, domain=house.domain))
    newest = max(int(one.attrib["inviteId"]) for one in invited.all("inv"))
    seen = await call.says("getinv", element("inv", inviteId=newest, domain=house.domain))
    assert seen.all("inv") == []
    await call.hangs_up()
    check_ladder(house, "bob", "lync-2013")


@enforces("sip.md#service-presence-publications")
async def test_a_room_is_followed_and_no_longer(people: People, rooms: tuple[str, str]) -> None:
    shift, lunch = rooms
    carol = await people("carol")
    for instance, (room, name) in enumerate(((shift, "Night Shift"), (lunch, "점심")), 100):
        assert (await carol.publishes(follows(room, name, instance=instance))).status == 200
    document = await carol.subscribes(SELF, _EVERYTHING_OF_HERS, content_type=_SELF_TYPE)
    assert followed(document.text) == {shift: ("1", "Night Shift"), lunch: ("1", "점심")}

    stale = await carol.publishes(follows(shift, "Night Shift", instance=100, version=0))
    assert stale.status == 409
    assert (await carol.publishes(unfollows(instance=100, version=1))).status == 200
    document = await carol.subscribes(SELF, _EVERYTHING_OF_HERS, content_type=_SELF_TYPE)
    assert set(followed(document.text)) == {lunch}
    assert (await carol.publishes(unfollows(instance=101, version=1))).status == 200


@enforces("sip.md#service-presence-publications")
async def test_what_is_followed_here_is_followed_there(people: People, rooms: tuple[str, str]) -> None:
    shift, _ = rooms
    desk, laptop = await people("carol"), await people("carol")
    for client in (desk, laptop):
        await client.subscribes(SELF, _EVERYTHING_OF_HERS, content_type=_SELF_TYPE, expires=3600)
    assert (await desk.publishes(follows(shift, "야간", instance=7))).status == 200
    await laptop.wait_for(lambda: laptop.notified)
    told = laptop.notified.pop()
    assert (told.method, told.header("Event")) == ("BENOTIFY", SELF)
    assert followed(told.text) == {shift: ("1", "야간")}

    assert (await desk.publishes(unfollows(instance=7, version=1))).status == 200
    await laptop.wait_for(lambda: laptop.notified)
    assert followed(laptop.notified.pop().text) == {}
    assert desk.notified == []


@enforces("sip.md#provisioning")
async def test_who_may_not_chat_is_told_no_address_and_refused(house: Controller, people: People) -> None:
    house.needs(Capability.MAKING)
    house.person("mute")
    house.admin("user", "chat", "mute", "--off")
    mute = await people("mute")
    told = await mute.subscribes(PROVISIONING, groups("persistentChatConfiguration"), content_type=_PROVISIONING_TYPE)
    properties = {one.attrib["name"]: one.text for one in ET.fromstring(told.text).iterfind(".//{*}property")}
    assert properties == {"EnablePersistentChat": "false"}
    for address in (house.pool, house.lookup):
        refused = await mute.calls_out(address)
        assert refused.status == 403
        assert refused.header("ms-diagnostics").startswith("20010;")


async def test_the_trace_has_neither_words_nor_credentials(house: Controller, enter: Enter) -> None:
    house.needs(Capability.TRACE)
    room = house.room("Whispers", member=["dave"])
    dave = await enter("dave", room)
    await dave.posts(room, "비밀 이야기")
    await dave.hears_post("비밀 이야기")
    trace = "\n".join(house.trace())
    assert '"grpchat"' in trace
    assert not [word for word in ("비밀", "Digest", "response=", "nonce") if word in trace]
