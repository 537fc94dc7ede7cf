"""What was said before: recent messages, searching, paging, removing; and a hundred rooms at once."""

from __future__ import annotations

import asyncio

import pytest

from tests.conformance.client import Call
from tests.conformance.conftest import Enter
from tests.conformance.controller import Controller
from tests.conformance.sections import enforces
from tests.conformance.wire import Told, chanib, chanids, element

EVERYBODY = ["alice", "bob", "carol"]
ROOMS, MESSAGES = 100, 30


def texts(*told: Told) -> list[str]:
    return [str(one.findtext("{*}chat")) for reply in told for one in reply.all("chanib/msg")]


def numbers(told: Told) -> list[int]:
    return [int(one.attrib["chatId"]) for one in told.all("chanib/msg")]


def words(text: str, match: str | None = None, *, case: str | None = None, more: str = "") -> str:
    return element("bcq", more + element("text", text, mt=match, mc=case))


# A hundred rooms ------------------------------------------------------------------------------------------------------


@enforces("xccos.md#join-and-bjoin", "xccos.md#bccontext")
async def test_a_hundred_rooms_arrive_whole_and_in_order(house: Controller, enter: Enter) -> None:
    category = house.category("Hundred", creator=["alice"])
    alice, bob = await enter("alice"), await enter("bob")
    rooms = await _make_rooms(alice, category, house.person("bob").uri)
    joined = await alice.says_to_the_end("bjoin", chanids(*rooms))
    for room in rooms:  # a post of each room at a time: what one has said is in order, whatever the others do
        await _post(alice, room)
    assert [room for reply in joined for room in reply.rooms] == rooms

    replies = await bob.says_to_the_end("bjoin", chanids(*rooms))
    assert len(replies) > 1, "so much does not fit into one envelope of 48 KiB"
    assert [room for reply in replies for room in reply.rooms] == rooms
    assert all(len(reply.raw) < 64 * 1024 for reply in replies)
    for reply in replies:
        ids = {one.attrib["id"] for one in reply.all("uib")}
        assert {id for mask in reply.all("chanib/aib") for id in mask.attrib["value"].split(",")} <= ids
    expected = [f"메시지 {number}" for number in range(MESSAGES)]
    commands = [("bccontext", chanib(room) + element("bcq", element("last", cnt=MESSAGES))) for room in rooms]
    for room, told in zip(rooms, await bob.says_together(*commands), strict=True):
        assert told.rooms == [room]
        assert texts(told) == expected
        assert numbers(told) == sorted(numbers(told))


async def _make_rooms(alice: Call, category: str, bob: str) -> list[str]:
    people = "".join(element("uib", uri=uri) for uri in (alice.client.uri, bob))
    members = element("role", people, name="MEMBER", op="SET")
    named = [
        element("chanib", members, name=f"방 {number:03}", description="x" * 200, parent=category)
        for number in range(ROOMS)
    ]
    made = await alice.says_together(*(("chancreate", room) for room in named))
    return [one.one("chanib").attrib["uri"] for one in made]


async def _post(alice: Call, room: str) -> None:
    for at in range(0, MESSAGES, 10):
        batch = (alice.posts(room, f"메시지 {number}") for number in range(at, at + 10))
        await asyncio.gather(*batch)


@enforces("xccos.md#bccontext")
async def test_much_text_of_one_room_comes_in_several_replies(house: Controller, enter: Enter) -> None:
    room = house.room("Long", member=EVERYBODY)
    alice = await enter("alice", room)
    said = [f"{number} " + "긴 글 " * 700 for number in range(12)]
    for text in said:
        await alice.posts(room, text)
    replies = await alice.says_to_the_end("bccontext", chanib(room) + element("bcq", element("last", cnt=12)))
    assert len(replies) > 1
    assert texts(*replies) == said


@enforces("xccos.md#history", "xccos.md#bccontext")
async def test_history_is_read_from_outside_by_members_only(house: Controller, enter: Enter) -> None:
    room = house.room("Outside", member=["alice", "bob"])
    alice = await enter("alice", room)
    await alice.posts(room, "inside")
    bob, carol = await enter("bob"), await enter("carol")
    assert texts(await bob.says("bccontext", chanib(room))) == ["inside"]
    for name in ("bccontext", "bcbydate"):
        await carol.says(name, chanib(room), code=403)


@enforces("xccos.md#history")
async def test_a_category_without_history_gives_none(house: Controller, enter: Enter) -> None:
    house.category("Forgetful", logged=False)
    room = house.room("Fleeting", category="Forgetful", member=EVERYBODY)
    alice, bob = await enter("alice", room), await enter("bob", room)
    await alice.posts(room, "gone with the wind")
    await bob.hears_post("gone with the wind")
    assert texts(await bob.says("bccontext", chanib(room))) == []


# Searching and paging -------------------------------------------------------------------------------------------------


SAID = ["Pump 3 tripped", "펌프 3 재가동", "Résumé of the day", "緊急会議室で", "pump three is fine", "예비펌프를 점검"]


@enforces("xccos.md#bcbydate")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        (words("trip"), [0]),
        (words("pump tripped"), [0, 4]),
        (words("pump tripped", "ALL"), [0]),
        (words("three is", "PHR"), [4]),
        (words('"pump 3"'), [0]),
        (words("PUMP"), [0, 4]),
        (words("Pump", case="true"), [0]),
        (words("resume"), [2]),
        (words("펌프"), [1, 5]),
        (words("会議"), [3]),
        (words("nothing like it"), []),
        (words("pump", more=element("author", uri="sip:bob@contoso.example")), [4]),
        (element("bcq", element("author", uri="sip:bob@contoso.example")), [4]),
        (element("bcq", element("limit", cnt=2)), [0, 1]),
        (element("bcq", element("limit", cnt=2) + element("sort", searchbkwds="true")), [4, 5]),
        (element("bcq", element("limit", cnt=2) + element("sort", searchbkwds="true", sortbkwds="true")), [5, 4]),
        (element("bcq", element("date", to="2013-01-01T00:00:00Z")), []),
        (element("bcq", element("date", from_="2013-01-01T00:00:00Z")), [0, 1, 2, 3, 4, 5]),
        ("", [0, 1, 2, 3, 4, 5]),
    ],
)
async def test_messages_are_found(house: Controller, enter: Enter, query: str, found: list[int]) -> None:
    room = house.room("Searched", member=EVERYBODY)
    alice = await enter("alice", room)
    if not texts(await alice.says("bccontext", chanib(room))):
        bob = await enter("bob", room)
        for at, text in enumerate(SAID):
            await (bob if at == 4 else alice).posts(room, text)
    told = await alice.says("bcbydate", chanib(room) + query.replace("contoso.example", house.domain))
    assert texts(told) == [SAID[at] for at in found]
    page = told.one("chanib").attrib
    assert page["truncated"] == ("true" if "limit" in query else "false")
    assert int(page["matches"]) == (len(SAID) if "limit" in query else len(found))


@enforces("xccos.md#bcbydate", "xccos.md#blocks")
async def test_rooms_that_may_not_be_read_do_not_spoil_the_others(house: Controller, enter: Enter) -> None:
    mine, empty = house.room("Readable", member=["alice"]), house.room("Empty", member=["alice"])
    theirs = house.room("Unreadable", member=["bob"])
    alice = await enter("alice", mine)
    await alice.posts(mine, "found")
    told = await alice.says("bcbydate", chanib(theirs) + chanib(mine) + chanib(empty) + words("found"))
    assert (told.rooms, texts(told)) == ([mine, empty], ["found"])
    failed = told.one("fib").attrib
    assert (failed["value"], failed["code"]) == (theirs.rpartition("/")[2], "403")


@enforces("xccos.md#bcbymsg")
async def test_pages_go_on_where_the_last_one_ended(house: Controller, enter: Enter) -> None:
    room = house.room("Paged", member=["alice"])
    alice = await enter("alice", room)
    for number in range(10):
        await alice.posts(room, f"{number}")

    async def page(anchor: int, *, back: bool = False, only: bool = False) -> Told:
        found = element("limit", cnt=4) + element("msgid", msgid=anchor, jmsg=str(only).lower())
        found += element("sort", searchbkwds="true") if back else ""
        return await alice.says("bcbymsg", chanib(room) + element("bcq", found))

    first = await page(0)
    second = await page(numbers(first)[-1])
    third = await page(numbers(second)[-1])
    assert texts(first, second, third) == [f"{number}" for number in range(10)]
    assert [one.one("chanib").attrib["truncated"] for one in (first, second, third)] == ["true", "true", "false"]
    assert texts(await page(numbers(third)[0], back=True)) == ["4", "5", "6", "7"]
    assert texts(await page(numbers(second)[0], only=True)) == ["4"]
    gone = element("bcq", element("msgid", msgid=99999, jmsg="true"))
    await alice.says("bcbymsg", chanib(room) + gone, code=423)


# Posting in all its kinds ---------------------------------------------------------------------------------------------


@enforces("xccos.md#posting", "xccos.md#text")
async def test_alerts_stories_and_rtf_are_kept_as_they_are(house: Controller, enter: Enter) -> None:
    room = house.room("Kinds", member=EVERYBODY)
    alice, bob = await enter("alice", room), await enter("bob", room)
    await alice.posts(room, "Evacuate hall 2", alert=True, rtf=r"{\rtf1\ansi\b Evacuate hall 2}")
    story = "[STORY]교대 보고\r\n" + "x" * 10_000
    await alice.posts(room, story)
    heard = await bob.hears_post("Evacuate hall 2")
    assert (heard.attrib["alert"], heard.findtext("{*}rtf")) == ("true", r"{\rtf1\ansi\b Evacuate hall 2}")
    assert (await bob.hears_post(story)).attrib["alert"] == "false"
    kept = (await bob.says("bccontext", chanib(room))).all("chanib/msg")
    assert [one.findtext("{*}chat") for one in kept] == ["Evacuate hall 2", story]
    assert (kept[0].attrib["alert"], kept[0].findtext("{*}rtf")) == ("true", r"{\rtf1\ansi\b Evacuate hall 2}")


@enforces("xccos.md#posting", "rooms.md#being-inside")
async def test_all_endpoints_of_everybody_hear_a_post_and_see_one_person(house: Controller, enter: Enter) -> None:
    room = house.room("Endpoints", member=EVERYBODY)
    bob = await enter("bob", room)
    desk, phone = await enter("alice", room), await enter("alice")
    assert (await bob.hears("ntc:join")).people == [desk.client.uri]
    seats = await phone.says("join", chanids(room))
    assert sorted(seats.people) == sorted([bob.client.uri, desk.client.uri])
    await bob.hears_nothing("ntc:join")
    await desk.posts(room, "to all")
    for call in (desk, phone, bob):
        await call.hears_post("to all")
    await desk.hangs_up()
    await bob.hears_nothing("ntc:part")
    await phone.says("part", chanib(room))
    assert (await bob.hears("ntc:part")).one("chanib/uib").attrib["uri"] == phone.client.uri


# Removing -------------------------------------------------------------------------------------------------------------


@enforces(
    "xccos-managing.md#removing-messages",
    "xccos-managing.md#delmsg",
    "xccos-managing.md#replmsg",
    "xccos-managing.md#chanpurge",
    "xccos.md#notices",
)
async def test_messages_are_removed_and_who_asked_hears_it(house: Controller, enter: Enter) -> None:
    room = house.room("Cleaned", member=EVERYBODY, manager=["bob"])
    alice, bob, root = await enter("alice", room), await enter("bob", room), await enter("root")
    for text in ("keep", "delete me", "replace me", "purge"):
        await alice.posts(room, text)
    told = await alice.says("bccontext", chanib(room))
    ids = dict(zip(texts(told), numbers(told), strict=True))
    await bob.says("getpref", element("pref", label="parlour.features", seqid=0))

    def at(text: str) -> str:
        return element("msgref", chanUri=room, chatId=ids[text])

    await bob.says("delmsg", at("delete me"), code=403)
    await root.says("delmsg", at("delete me"))
    await root.says("replmsg", at("replace me") + element("chat", "(관리자가 지움)"))
    gone = (await bob.hears("ntc:msgdel")).one("msgref").attrib
    assert (gone["chanUri"], gone["chatId"]) == (room, str(ids["delete me"]))
    instead = (await bob.hears("ntc:msgrepl")).one("msg")
    assert (instead.attrib["chatId"], instead.findtext("{*}chat")) == (str(ids["replace me"]), "(관리자가 지움)")
    assert texts(await alice.says("bccontext", chanib(room))) == ["keep", "(관리자가 지움)", "purge"]
    assert texts(await alice.says("bcbydate", chanib(room) + words("delete"))) == []
    await root.says("chanpurge", chanib(room) + element("purge", until="2099-01-01T00:00:00.0000000Z"))
    assert (await bob.hears("ntc:chanpurge")).rooms == [room]
    assert texts(await alice.says("bccontext", chanib(room))) == []
    await alice.posts(room, "a number is never used again")
    assert numbers(await alice.says("bccontext", chanib(room))) == [ids["purge"] + 1]
    await alice.hears_nothing("ntc:msgdel", "ntc:msgrepl", "ntc:chanpurge")
