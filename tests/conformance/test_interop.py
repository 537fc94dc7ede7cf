"""The interoperability list: twenty-five things that clients of the original depend on, a test for each, numbered as in
README.md. 16 (the web service that files travel through) and 25 (the compliance files) are no business of these wires;
19 and 24 need low limits and stand in test_large_rooms.py.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from tests.conformance.client import Place, pref
from tests.conformance.conftest import Enter, People
from tests.conformance.controller import Controller
from tests.conformance.sections import enforces
from tests.conformance.wire import chanib, chanids, children, element, grpchat, info, prop, role, xccos

EVERYBODY = ["alice", "bob", "carol"]


def recent(room: str, count: int = 25) -> str:
    return chanib(room) + element("bcq", element("last", cnt=count))


def by_name(criteria: str = "", **more: object) -> str:
    return element("qib", qtype="BYNAME", criteria=criteria, extended="false", **more)


@enforces("xccos.md#requri")
@pytest.mark.parametrize("at", ["pool", "lookup"])
async def test_01_requri_is_answered_wherever_it_is_asked(house: Controller, people: People, at: str) -> None:
    alice = await people("alice")
    asked = await alice.invites(getattr(house, at))
    uri = (await asked.says("requri")).one("uib").attrib["uri"]
    await asked.hangs_up()
    call = await alice.invites(uri)
    assert (await call.says("requri")).one("uib").attrib["uri"].startswith("sip:")


@enforces("sip.md#chat-dialogs")
async def test_02_the_same_address_can_be_called_again_at_once(house: Controller, people: People) -> None:
    alice = await people("alice")
    for _ in range(3):
        call = await alice.invites(house.pool)
        await call.says("requri")
        await call.hangs_up()


@enforces("sip.md#chat-dialogs")
async def test_03_infos_come_from_the_address_that_was_invited(house: Controller, people: People) -> None:
    """`Call.take` compares them, letter by letter and in every script; the domain is told in another case here."""
    alice = await people("alice")
    user, _, domain = house.pool.partition("@")
    call = await alice.invites(f"{user}@{domain.upper()}")
    room = house.room("Echo", member=EVERYBODY)
    await call.says("join", chanids(room))
    await call.posts(room, "hello")
    await call.hears_post("hello")
    assert not alice.wrong


@enforces("sip.md#chat-dialogs")
async def test_04_both_dialogs_have_a_session_timer_and_are_refreshed(house: Controller, people: People) -> None:
    """That an unrefreshed session ends needs a clock of its own: tests/ua/test_dialogs.py."""
    alice = await people("alice")
    intervals = set()
    for uri in (house.lookup, house.pool):
        call = await alice.invites(uri)
        interval, _, refresher = call.answered.header("Session-Expires").partition(";")
        intervals.add(int(interval))
        assert refresher == "refresher=uac"
        refreshed = await call.updates()
        assert (refreshed.status, refreshed.body) == (200, b"")
        await call.hangs_up()
    assert len(intervals) == 1


@enforces("xccos.md#two-answers-to-everything", "sip.md#chat-dialogs")
@pytest.mark.parametrize("method", ["INFO", "UPDATE"])
async def test_05_an_unknown_dialog_is_answered_481(house: Controller, people: People, method: str) -> None:
    alice = await people("alice")
    nowhere = Place(
        house.pool, f"<{alice.uri}>;tag=1{secrets.token_hex(3)}", f"<{house.pool}>;tag=none", secrets.token_hex(8)
    )
    body = xccos(1, '<cmd id="cmd:requri" seqid="1"><data/></cmd>') if method == "INFO" else ""
    answered = await alice.requests(method, nowhere, "text/plain" if body else "", body)
    assert answered.status == 481


@enforces("xccos.md#part", "sip.md#chat-dialogs")
async def test_06_a_487_to_an_info_ends_the_dialog(house: Controller, enter: Enter) -> None:
    room = house.room("Left Behind", member=EVERYBODY)
    alice, bob = await enter("alice", room), await enter("bob", room)
    alice.answer_with = (487, "Request Terminated")
    await bob.posts(room, "are you there?")
    gone = await bob.hears("ntc:part")
    assert gone.one("chanib/uib").attrib["uri"] == alice.client.uri
    alice.heard.clear()
    await bob.posts(room, "no")
    await bob.hears_post("no")
    assert (await alice.updates()).status == 481
    assert alice.heard == []


@enforces("xccos.md#envelope")
async def test_07_an_envelope_holds_one_kind_and_one_message(house: Controller, enter: Enter) -> None:
    """`check_mixture` looks at every envelope of every script; here much is said at once, by people who come and go."""
    room = house.room("Crowd", member=EVERYBODY)
    alice, bob, carol = await enter("alice", room), await enter("bob", room), await enter("carol")
    for number in range(10):
        await carol.says("join", chanids(room))
        await bob.posts(room, f"post {number}")
        await carol.says("part", chanib(room))
    await bob.posts(room, "last")
    await alice.hears_post("last")
    assert not alice.client.wrong
    assert {one.id for one in alice.heard} == {"grpchat", "ntc:join", "ntc:part"}


@enforces("xccos.md#chansrch", "xccos.md#blocks")
async def test_08_a_search_for_nothing_lists_what_is_visible(house: Controller, enter: Enter) -> None:
    mine = house.room("Search Mine", member=["alice"])
    others = house.room("Search Closed", member=["bob"])
    secret = house.room("Search Secret", member=["bob"], visibility="secret")
    alice = await enter("alice")
    found = await alice.says("chansrch", by_name())
    assert {mine, others} <= set(found.rooms)
    assert secret not in found.rooms
    for room in found.all("chanib"):
        assert room.attrib["name"]
        assert {prop(room, name) for name in ("logged", "invite", "filepost")} <= {"True", "False"}
        assert info(room, "visibilty") == info(room, "visibility")
        assert info(room, "visibilty") in ("OPEN", "SCOPED", "PRIVATE")


@enforces("xccos.md#join-and-bjoin", "xccos.md#masks")
async def test_09_a_join_lists_people_under_their_masks(house: Controller, enter: Enter) -> None:
    room = house.room("Masks", member=EVERYBODY, manager=["carol"])
    await enter("carol", room)
    await enter("bob", room)
    alice = await enter("alice")
    joined = await alice.says("join", chanids(room))
    by_id = {one.attrib["id"]: one.attrib["uri"] for one in joined.all("uib")}
    seats = {
        mask.attrib["key"]: {by_id[id] for id in mask.attrib["value"].split(",")}
        for mask in children(joined.one("chanib"), "aib")
    }
    person = house.person
    assert seats == {"12276": {person("carol").uri}, "3984": {person("alice").uri, person("bob").uri}}


@enforces("xccos.md#join-and-bjoin", "xccos.md#blocks")
async def test_10_a_batch_enters_what_it_may(house: Controller, enter: Enter) -> None:
    good = house.room("Batch Good", member=EVERYBODY)
    forbidden = house.room("Batch Forbidden", member=["bob"])
    alice = await enter("alice")
    joined = await alice.says("bjoin", chanids(forbidden, good))
    assert joined.rooms == [good]
    failed = joined.one("fib").attrib
    assert (failed["key"], failed["value"]) == ("OPERATION_FAILED", forbidden.rpartition("/")[2])
    assert failed["code"] == "403"
    nothing = await alice.says("bjoin", chanids(forbidden))
    assert nothing.rooms == []


@enforces("xccos.md#bccontext", "xccos.md#blocks")
async def test_11_recent_messages_come_oldest_first(house: Controller, enter: Enter) -> None:
    room = house.room("Context", member=EVERYBODY)
    alice = await enter("alice", room)
    for number in range(30):
        await alice.posts(room, f"{number}")
    told = await alice.says("bccontext", recent(room))
    assert told.rooms == [room]
    messages = told.all("chanib/msg")
    assert [one.findtext("{*}chat") for one in messages] == [f"{number}" for number in range(5, 30)]
    numbers = [int(one.attrib["chatId"]) for one in messages]
    assert numbers == sorted(set(numbers))
    for one in messages:
        assert (one.attrib["id"], one.attrib["chanUri"], one.attrib["author"]) == ("grpchat", room, alice.client.uri)
        assert one.attrib["ts"].endswith("Z")


@enforces("xccos.md#posting")
@pytest.mark.parametrize("text", ["one\r\ntwo", "a\ttab", "한국어 中文 日本語", "<b>&amp;</b> ]]>", "🙂"])
async def test_12_a_post_comes_back_as_it_was_written(house: Controller, enter: Enter, text: str) -> None:
    room = house.room("Echoes", member=EVERYBODY)
    alice = await enter("alice", room)
    await alice.posts(room, text)
    heard = await alice.hears_post(text)
    assert heard.attrib["author"] == alice.client.uri
    assert heard.attrib["authdisp"] == "Alice Ames"
    assert heard.attrib["ts"] > "2026"
    assert not heard.attrib["ts"].startswith("2026-01-01T00:00:00")
    assert len(heard.attrib["ts"]) == len("2026-06-11T20:14:05.1234560Z")


@enforces("xccos.md#part")
async def test_13_leaving_is_told_to_the_others(house: Controller, enter: Enter) -> None:
    room = house.room("Leaving", member=EVERYBODY)
    alice, bob = await enter("alice", room), await enter("bob", room)
    assert (await alice.says("part", chanib(room))).rooms == [room]
    told = await bob.hears("ntc:part")
    assert told.rooms == [room]
    assert told.one("chanib/uib").attrib["uri"] == alice.client.uri
    await bob.posts(room, "gone?")
    await bob.hears_post("gone?")
    await alice.hears_nothing("grpchat", "ntc:part")


@enforces("xccos.md#getinv")
async def test_14_all_invitations_are_told_to_who_knows_the_first(house: Controller, enter: Enter) -> None:
    house.category("Inviting", invite=True)
    rooms = {house.room(f"Invited {n}", category="Inviting", member=["dave"], invite=True) for n in range(3)}
    dave = await enter("dave")
    told = await dave.says("getinv", element("inv", inviteId=1, domain=house.domain))
    assert {one.attrib["uri"] for one in told.all("inv/chanib")} == rooms
    numbers = [int(one.attrib["inviteId"]) for one in told.all("inv")]
    assert numbers == sorted(set(numbers))
    assert numbers[0] > 1
    later = await dave.says("getinv", element("inv", inviteId=numbers[0], domain=house.domain))
    assert [int(one.attrib["inviteId"]) for one in later.all("inv")] == numbers[1:]


@enforces("xccos.md#getfutok", "xccos.md#getfdtok")
@pytest.mark.parametrize("command", ["getfutok", "getfdtok"])
async def test_15_both_tokens_come_in_the_same_reply(house: Controller, enter: Enter, command: str) -> None:
    house.category("Filing", filepost=True)
    room = house.room("Files", category="Filing", member=EVERYBODY)
    alice = await enter("alice", room)
    reply = await alice.says(command, element("ftdb", channelUri=room, fileUrl="pump3-report.txt"))
    assert reply.id == "rpl:getftok"
    token = reply.one("token").attrib
    assert len(token["token"]) == 36
    assert token["serveruri"].startswith("https://")


@enforces("xccos.md#getpref", "xccos.md#envelope")
async def test_17_two_commands_of_one_envelope_are_answered_one_by_one(enter: Enter) -> None:
    alice = await enter("alice")
    first, second = await alice.says_together(
        ("getpref", pref("kedzie.GroupChannels", 71, create=True)), ("getpref", pref("kedzie.Filters", 0, create=False))
    )
    assert [one.one("pref").attrib["label"] for one in (first, second)] == ["kedzie.GroupChannels", "kedzie.Filters"]
    assert first.quotes is not None
    assert second.quotes == (first.quotes[0], 2)


@enforces("xccos.md#getassociations")
async def test_18_my_rooms_as_member_and_as_manager(house: Controller, enter: Enter) -> None:
    both = house.room("Associated", member=["alice"], manager=["alice"])
    member = house.room("Associated Member", member=["alice"], manager=["bob"])
    manager = house.room("Associated Manager", member=["bob"], manager=["alice"])
    alice = await enter("alice")
    found = {}
    for kind in ("MEMBER", "MANAGER"):
        told = await alice.says("getassociations", element("association", domain=house.domain, type=kind))
        assert told.one("association").attrib["type"] == kind
        found[kind] = set(told.rooms)
    assert {both, member} <= found["MEMBER"]
    assert manager not in found["MEMBER"]
    assert {both, manager} <= found["MANAGER"]
    assert member not in found["MANAGER"]


@enforces("xccos.md#getassociations", "rooms.md#changing-rooms")
async def test_20_a_disabled_room_is_empty_and_hidden_but_not_from_its_managers(
    house: Controller, enter: Enter
) -> None:
    room = house.room("Closing Down", member=EVERYBODY, manager=["carol"])
    alice, carol = await enter("alice", room), await enter("carol", room)
    await carol.says("chanmodify", chanib(room, disabled="true"))
    await alice.hears("ntc:kick", lambda told: told.rooms == [room])
    assert room not in (await alice.says("chansrch", by_name("Closing"))).rooms
    await alice.says("join", chanids(room), code=407)
    managed = await carol.says("getassociations", element("association", domain=house.domain, type="MANAGER"))
    assert room in managed.rooms
    opened = await carol.says("chanmodify", chanib(room, disabled="false"), code=403)
    assert opened.words


@enforces("rooms.md#rights-in-a-room", "rooms.md#changing-rooms")
async def test_21_managing_and_presenting_need_membership(house: Controller, enter: Enter) -> None:
    room = house.room("Manager Outside", member=["bob"], manager=["alice"])
    stage = house.room("Stage", member=["bob"], manager=["alice"], behavior="auditorium")
    alice = await enter("alice")
    await alice.says("join", chanids(room), code=403)
    await alice.says("setroles", chanib(stage, role("PRESENTER", "ADD", house.person("carol").uri)), code=414)


@enforces("xccos.md#response-codes")
async def test_22_rooms_and_categories_share_their_names(house: Controller, enter: Enter) -> None:
    category = house.category("Shared Name", creator=["alice"])
    house.room("Taken", category="Shared Name", member=["alice"])
    alice = await enter("alice")
    for name in ("Shared Name", "TAKEN", "ｔａｋｅｎ"):
        await alice.says("chancreate", element("chanib", name=name, parent=category), code=409)


@enforces("xccos.md#part", "xccos.md#envelope")
async def test_23_a_command_that_comes_again_is_not_carried_out_again(house: Controller, enter: Enter) -> None:
    room = house.room("Repeated", member=EVERYBODY)
    alice, bob = await enter("alice", room), await enter("bob", room)
    envid = next(alice.envids)
    body = xccos(envid, f'<cmd id="cmd:part" seqid="1"><data>{chanib(room)}</data></cmd>')
    replies = []
    for _ in range(2):  # as a client that never saw the first answer: another CSeq, the same command
        assert (await alice.info(body)).status == 200
        replies.append(await alice.reply(envid))
    assert [one.code for one in replies] == [200, 200]
    await bob.hears("ntc:part")
    await bob.hears_nothing("ntc:part")


@enforces("xccos.md#posting")
async def test_23_a_retransmitted_post_is_kept_once(house: Controller, enter: Enter) -> None:
    """The same bytes again (a SIP retransmission), and the same envelope in a new request."""
    room = house.room("Retransmitted", member=EVERYBODY)
    alice = await enter("alice", room)
    body = xccos(next(alice.envids), grpchat(room, alice.client.uri, "once"))
    message = alice.build_info(body)
    first = (await alice.client.sends(message))[0]
    again = await alice.client.sends(message)
    assert [first.status, again[0].status] == [200, 200]
    assert (await alice.info(body)).status == 200
    await alice.hears_post("once")
    await alice.hears_nothing("grpchat")
    told = await alice.says("bccontext", recent(room))
    assert [one.findtext("{*}chat") for one in told.all("chanib/msg")] == ["once"]


def test_every_number_of_the_list_has_its_test() -> None:
    source = "\n".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    missing = [number for number in range(1, 26) if f"def test_{number:02d}_" not in source]
    assert missing == [16, 25]
