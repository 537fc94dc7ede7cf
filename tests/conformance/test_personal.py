"""What the service keeps for one person: invitations, preferences, read marks, permission for files."""

from __future__ import annotations

import base64

import pytest

from tests.conformance.client import pref
from tests.conformance.conftest import Enter, People
from tests.conformance.controller import Controller
from tests.conformance.sections import enforces
from tests.conformance.wire import chanib, element, role

EVERYBODY = ["alice", "bob", "carol"]


# Invitations ----------------------------------------------------------------------------------------------------------


@enforces("xccos.md#getinv", "xccos.md#notices")
async def test_a_new_member_is_invited_at_once_or_at_the_next_sign_in(house: Controller, enter: Enter) -> None:
    house.category("Invite Now", invite=True)
    room = house.room("Come In", category="Invite Now", manager=["alice"], invite=True)
    alice, bob = await enter("alice"), await enter("bob")
    phone = await enter("bob")
    carol = house.person("carol").uri
    await alice.says("setroles", chanib(room, role("MEMBER", "ADD", bob.client.uri, carol)))
    heard = [
        await call.hears("ntc:inv", lambda told: told.one("inv/chanib").attrib["uri"] == room) for call in (bob, phone)
    ]
    assert len({one.one("inv").attrib["inviteId"] for one in heard}) == 1
    late = await enter("carol")
    found = await late.says("getinv", element("inv", inviteId=0, domain=house.domain))
    assert room in [one.attrib["uri"] for one in found.all("inv/chanib")]
    await alice.says("setroles", chanib(room, role("MEMBER", "DEL", carol)))
    found = await late.says("getinv", element("inv", inviteId=0, domain=house.domain))
    assert room not in [one.attrib["uri"] for one in found.all("inv/chanib")]


@enforces("xccos.md#getinv")
@pytest.mark.parametrize(("category", "room"), [(False, True), (True, False)])
async def test_nobody_is_invited_where_either_says_no(
    house: Controller, enter: Enter, category: bool, room: bool
) -> None:
    name = f"Inviting {category} {room}"
    house.category(name, **({"invite": True} if category else {}))
    uri = house.room(f"Room {name}", category=name, manager=["alice"], invite=room)
    alice, dave = await enter("alice"), await enter("dave")
    await alice.says("setroles", chanib(uri, role("MEMBER", "ADD", dave.client.uri)))
    await alice.has_caught_up()
    await dave.hears_nothing("ntc:inv")
    assert dave.client.house is house


# Preferences ----------------------------------------------------------------------------------------------------------


@enforces("xccos.md#getpref", "xccos.md#setpref", "xccos.md#preferences", "xccos.md#notices")
async def test_a_document_is_kept_told_and_not_overwritten(enter: Enter) -> None:
    desk, phone = await enter("carol"), await enter("carol")
    first, second = (base64.b64encode(text.encode()).decode() for text in ("<a>방</a>", "<a/>"))
    nothing = (await desk.says("getpref", pref("kedzie.GroupChannels", 0, create=False))).one("pref").attrib
    assert (nothing["seqid"], nothing.get("content")) == ("0", None)
    kept = (await desk.says("setpref", pref("kedzie.GroupChannels", 0, first))).one("pref").attrib
    assert kept["seqid"] == "1"
    told = (await phone.hears("ntc:prefmodified")).one("pref").attrib
    assert (told["label"], told["seqid"], told.get("content")) == ("kedzie.GroupChannels", "1", None)
    await desk.hears_nothing("ntc:prefmodified")
    found = (await phone.says("getpref", pref("kedzie.GroupChannels", 0))).one("pref").attrib
    assert (found["seqid"], found["content"]) == ("1", first)
    current = (await phone.says("getpref", pref("kedzie.GroupChannels", 1))).one("pref").attrib
    assert (current["seqid"], current.get("content")) == ("1", None)
    assert (await phone.says("setpref", pref("kedzie.GroupChannels", 1, second))).one("pref").attrib["seqid"] == "2"
    await desk.says("setpref", pref("kedzie.GroupChannels", 1, first), code=410)


@enforces("xccos.md#getpref")
async def test_an_empty_document_is_made_for_who_wants_one(enter: Enter) -> None:
    alice, bob = await enter("alice"), await enter("bob")
    made = (await alice.says("getpref", pref("kedzie.Made", 0, create=True))).one("pref").attrib
    assert (made["seqid"], made["content"]) == ("1", "")
    assert (await bob.says("getpref", pref("kedzie.Made", 0, create=False))).one("pref").attrib["seqid"] == "0"


@enforces("xccos.md#preferences")
async def test_documents_have_limits(enter: Enter) -> None:
    dave = await enter("dave")
    await dave.says("setpref", pref("large", 0, "A" * (192 * 1024)))
    await dave.says("setpref", pref("too large", 0, "A" * (192 * 1024 + 4)), code=413)
    replies = await dave.says_together(*(("setpref", pref(f"label {number}", 0, "QQ==")) for number in range(64)))
    assert [one.code for one in replies] == [200] * 63 + [413]


# Read marks -----------------------------------------------------------------------------------------------------------


@enforces("xccos.md#markread", "xccos.md#getunread", "xccos.md#read-marks")
async def test_a_mark_is_the_same_on_every_device_and_never_goes_back(house: Controller, enter: Enter) -> None:
    room, other = house.room("Marks", member=EVERYBODY), house.room("Unmarked", member=["bob"])
    bob, desk, phone = await enter("bob", room), await enter("alice", room), await enter("alice")
    for number in range(5):
        await bob.posts(room, f"{number}")
    ids = [int((await desk.hears_post(f"{number}")).attrib["chatId"]) for number in range(5)]

    async def mark(number: int) -> tuple[int, int]:
        told = (await desk.says("markread", chanib(room) + element("msgref", chatId=number))).one("unread").attrib
        assert told["chanUri"] == room
        return int(told["chatId"]), int(told["count"])

    assert await mark(ids[2]) == (ids[2], 2)
    assert await mark(ids[0]) == (ids[2], 2)
    for data in ("", chanib(room)):
        unread = (await phone.says("getunread", data)).one("unread").attrib
        assert (unread["chanUri"], unread["chatId"], unread["count"]) == (room, str(ids[2]), "2")
    assert await mark(ids[4] + 1000) == (ids[4], 0)
    refused = await phone.says("getunread", chanib(room) + chanib(other))
    assert refused.one("unread").attrib["count"] == "0"
    assert refused.one("fib").attrib["code"] == "403"
    await phone.says("markread", chanib(other) + element("msgref", chatId=1), code=403)


# Files ----------------------------------------------------------------------------------------------------------------


@enforces("xccos.md#getfutok", "xccos.md#getfdtok", "xccos.md#getftok", "xccos.md#files")
async def test_a_token_is_of_one_person_and_dies_with_the_right(house: Controller, enter: Enter) -> None:
    house.category("With Files", filepost=True)
    room = house.room("Drawer", category="With Files", member=["alice", "bob"], manager=["carol"])
    alice, bob, carol = await enter("alice", room), await enter("bob"), await enter("carol")
    transfer = element("ftdb", channelUri=room, fileUrl="pump3-보고서.txt")
    token = (await alice.says("getfutok", transfer)).one("token").attrib
    asked = element("token", token=token["token"])
    assert (await alice.says("getftok", asked)).one("token").attrib == token
    await bob.says("getftok", asked, code=417)
    await bob.says("getfutok", transfer, code=406)
    await bob.says("getfdtok", transfer)
    await carol.says("getfdtok", transfer, code=403)
    await carol.says("setroles", chanib(room, role("MEMBER", "DEL", alice.client.uri)))
    await alice.says("getftok", asked, code=417)


# Sessions -------------------------------------------------------------------------------------------------------------


@enforces("xccos.md#differences-between-clients")
async def test_sipe_goes_on_in_its_rooms_after_a_481(house: Controller, people: People, enter: Enter) -> None:
    """The dialog is replaced by one of the same endpoint, in which nothing is joined: it is seated again."""
    room = house.room("Resumed", member=EVERYBODY)
    bob = await enter("bob", room)
    alice = await people("alice", agent="UCCAPI/16.0 SIPE/1.25.0")
    first = await alice.invites(house.pool)
    await first.says("join", element("chanid", key=0, domain=house.domain, value=room.rpartition("/")[2]))
    first.answer_with = (487, "Request Terminated")
    await bob.posts(room, "lost")
    await bob.hears("ntc:part")
    assert (await first.updates()).status == 481
    second = await alice.invites(house.pool)
    await second.says("getinv", element("inv", inviteId=1, domain=house.domain))
    await bob.hears("ntc:join", lambda told: told.people == [alice.uri])
    await bob.posts(room, "found again")
    await second.hears_post("found again")
