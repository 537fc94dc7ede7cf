"""Making and changing rooms and categories, and what those inside hear of it: docs/protocol/xccos-managing.md."""

from __future__ import annotations

import pytest

from tests.conformance.conftest import Enter
from tests.conformance.controller import Controller
from tests.conformance.sections import enforces
from tests.conformance.wire import Told, catib, chanib, chanids, children, element, info, prop, role, scope

EVERYBODY = ["alice", "bob", "carol"]
SWITCHES = ("invite", "logged", "filepost")


def visibility(word: str) -> str:
    return element("info", word, id="urn:parlano:ma:info:visibility")


def stamp(told: Told) -> str:
    """Of the copy that a client would edit."""
    return told.one("chanib/audit").attrib["updatedon"]


def roles(told: Told) -> dict[str, set[str]]:
    found = told.all("chanib/role")
    return {one.attrib["name"]: {uib.attrib["uri"] for uib in children(one, "uib")} for one in found}


# Rooms ----------------------------------------------------------------------------------------------------------------


@enforces("xccos-managing.md#nodespermcreatechild")
async def test_where_may_i_make_rooms(house: Controller, enter: Enter) -> None:
    mine = house.category("Makers", creator=["alice"])
    alice, bob = await enter("alice"), await enter("bob")
    found = await alice.says("nodespermcreatechild")
    assert mine in [one.attrib["uri"] for one in found.all("catib")]
    assert mine not in [one.attrib["uri"] for one in (await bob.says("nodespermcreatechild")).all("catib")]


@enforces("xccos-managing.md#chancreate", "rooms.md#changing-rooms")
async def test_a_creator_makes_a_room_and_manages_it(house: Controller, enter: Enter) -> None:
    category = house.category("Workshop", creator=["alice"])
    alice = await enter("alice")
    settings = visibility("SCOPED") + role("MEMBER", "SET", house.person("bob").uri, alice.client.uri)
    made = await alice.says(
        "chancreate", element("chanib", settings, name="사건 데스크", description="Live incidents", parent=category)
    )
    room = made.one("chanib")
    assert (room.attrib["name"], room.attrib["parent"], room.attrib["behavior"]) == ("사건 데스크", category, "NORMAL")
    assert info(room, "visibility") == info(room, "visibilty") == "SCOPED"
    listed = roles(await alice.says("getroles", chanib(room.attrib["uri"])))
    assert listed["MANAGER"] == {alice.client.uri}
    assert listed["MEMBER"] == {alice.client.uri, house.person("bob").uri}
    joined = await alice.says("join", chanids(room.attrib["uri"]))
    assert children(joined.one("chanib"), "aib")[0].attrib["key"] == "12276"


@enforces("xccos-managing.md#chanmodify", "xccos.md#notices", "xccos.md#chaninfo")
async def test_a_change_is_told_to_those_inside_and_a_stale_one_refused(house: Controller, enter: Enter) -> None:
    room = house.room("Changing", member=EVERYBODY, manager=["carol"])
    alice, carol = await enter("alice", room), await enter("carol", room)
    copy = element("audit", updatedon=stamp(await carol.says("chaninfo", chanib(room))))
    changed = await carol.says("chanmodify", chanib(room, copy, name="Changed", description="새 설명"))
    assert (changed.names, changed.one("chanib").attrib["description"]) == (["Changed"], "새 설명")
    told = await alice.hears("ntc:chanmodified")
    assert (told.names, told.rooms) == (["Changed"], [room])
    assert prop(told.one("chanib"), "logged") == "True"
    stale = await carol.says("chanmodify", chanib(room, copy, description="again"), code=410)
    assert stale.words
    kept = await carol.says("chaninfo", chanib(room))
    assert kept.one("chanib").attrib["description"] == "새 설명"
    assert stamp(kept) == stamp(changed)
    await alice.hears_nothing("ntc:chanmodified")


@enforces("xccos.md#chaninfo")
@pytest.mark.parametrize("command", ["chaninfo", "chanprop"])
async def test_a_card_by_address_and_by_name(house: Controller, enter: Enter, command: str) -> None:
    category = house.category("Operations")
    room = house.room("Card", member=["alice"])
    alice = await enter("alice")
    for data in (chanib(room), element("chanib", name="CARD")):
        told = (await alice.says_together((command.replace("chanprop", "chaninfo"), data)))[0]
        assert told.rooms == [room]
        assert told.one("catib").attrib["uri"] == category


@enforces("xccos-managing.md#setroles", "xccos-managing.md#getroles", "xccos.md#notices")
async def test_a_role_is_lost_and_with_it_the_seat(house: Controller, enter: Enter) -> None:
    room = house.room("Losing", member=EVERYBODY, manager=["carol"])
    alice, bob, carol = await enter("alice", room), await enter("bob", room), await enter("carol", room)
    await bob.says("getserverinfo")
    carol.heard.clear()
    for call in (alice, bob):
        await carol.says("setroles", chanib(room, role("MEMBER", "DEL", call.client.uri)))
        kicked = await call.hears("ntc:kick")
        assert (kicked.rooms, kicked.one("fib").attrib["code"]) == ([room], "403")
        gone = await carol.hears("ntc:part")
        assert (gone.rooms, gone.one("chanib/uib").attrib["uri"]) == ([room], call.client.uri)
    # A client that may be SIPE is told in the words that SIPE understands as well.
    itself = await alice.hears("ntc:part", lambda told: told.one("chanib/uib").attrib["uri"] == alice.client.uri)
    assert itself.rooms == [room]
    await carol.posts(room, "alone")
    await carol.hears_post("alone")
    await alice.hears_nothing("grpchat")
    await alice.says("join", chanids(room), code=403)
    assert roles(await carol.says("getroles", chanib(room, role("MEMBER", None)))) == {"MEMBER": {carol.client.uri}}


@enforces("xccos-managing.md#setroles", "xccos.md#notices", "xccos.md#masks")
async def test_presenting_is_given_and_told_with_the_new_mask(house: Controller, enter: Enter) -> None:
    stage = house.room("Podium", member=EVERYBODY, manager=["carol"], behavior="auditorium")
    bob, carol = await enter("bob", stage), await enter("carol", stage)
    await bob.posts(stage, "may I?", status=403)
    await carol.posts(stage, "nor do I", status=403)
    await carol.says("setroles", chanib(stage, role("PRESENTER", "ADD", bob.client.uri)))
    for call in (bob, carol):
        told = await call.hears("ntc:permmodified")
        assert told.people == [bob.client.uri]
        seat = told.one("uib/aib").attrib
        assert (seat["key"], seat["value"]) == ("8080", stage.rpartition("/")[2])
    await bob.posts(stage, "thank you")
    await carol.hears_post("thank you")
    perms = (await bob.says("getperms", chanib(stage))).one("perms").attrib
    assert int(perms["value"]) & 32


@enforces("xccos-managing.md#setroles")
async def test_a_change_of_lists_is_made_whole_or_not_at_all(house: Controller, enter: Enter) -> None:
    room = house.room("Whole", member=["bob"], manager=["alice"])
    alice = await enter("alice")
    both = role("MEMBER", "ADD", house.person("carol").uri, f"sip:nobody@{house.domain}")
    await alice.says("setroles", chanib(room, both), code=405)
    listed = roles(await alice.says("getroles", chanib(room)))
    assert listed["MEMBER"] == {house.person("bob").uri}


@enforces("xccos-managing.md#chanmodify", "rooms.md#changing-rooms", "xccos.md#notices")
async def test_disabling_puts_everybody_out(house: Controller, enter: Enter) -> None:
    room = house.room("Ejecting", member=EVERYBODY, manager=["carol"])
    calls = [await enter(login, room) for login in ("alice", "alice", "bob", "carol")]
    for call in calls:
        await call.has_caught_up()
        call.heard.clear()
    await calls[-1].says("chanmodify", chanib(room, disabled="true"))
    for call in calls:
        kicked = await call.hears("ntc:kick")
        assert (kicked.rooms, kicked.one("fib").attrib["code"]) == ([room], "407")
        await call.posts(room, "still here?", status=403)
    root = await enter("root")
    await root.says("chanmodify", chanib(room, disabled="false"))
    assert (await calls[0].says("join", chanids(room))).rooms == [room]


@enforces("xccos-managing.md#chandelete", "xccos.md#notices")
async def test_a_room_is_deleted_under_those_inside(house: Controller, enter: Enter) -> None:
    room = house.room("Doomed", member=EVERYBODY, manager=["carol"])
    alice, root = await enter("alice", room), await enter("root")
    await alice.posts(room, "last words")
    assert (await root.says("chandelete", chanib(room))).rooms == [room]
    told = [await alice.hears(id) for id in ("ntc:chandeleted", "ntc:kick")]
    assert [one.rooms for one in told] == [[room], [room]]
    for name, data in (("join", chanids(room)), ("chaninfo", chanib(room)), ("bccontext", chanib(room))):
        await alice.says(name, data, code=404)


@enforces("xccos-managing.md#chanmove", "rooms.md#changing-rooms")
async def test_moving_a_room_drops_who_is_out_of_scope_there(house: Controller, enter: Enter) -> None:
    target = house.category("Moved To", allow=["alice", "carol"], creator=["carol"])
    room = house.room("Moving", member=EVERYBODY, manager=["carol"])
    alice, bob, carol = await enter("alice", room), await enter("bob", room), await enter("carol", room)
    moved = await carol.says("chanmove", chanib(room, parent=target))
    assert moved.one("chanib").attrib == {"uri": room, "parent": target} | {
        key: value for key, value in moved.one("chanib").attrib.items() if key not in ("uri", "parent")
    }
    assert (await bob.hears("ntc:kick")).rooms == [room]
    listed = roles(await carol.says("getroles", chanib(room)))
    assert listed["MEMBER"] == {alice.client.uri, carol.client.uri}
    await bob.says("join", chanids(room), code=404)
    await carol.posts(room, "we are here")
    await alice.hears_post("we are here")


@enforces("xccos-managing.md#chanmove")
async def test_a_manager_moves_only_to_where_rooms_may_be_made(house: Controller, enter: Enter) -> None:
    target = house.category("Not Mine")
    room = house.room("Staying", member=["alice"], manager=["alice"])
    alice = await enter("alice")
    refused = await alice.asks("chanmove", chanib(room, parent=target))
    assert refused.code in (403, 418)
    assert (await alice.says("chaninfo", chanib(room))).one("chanib").attrib["parent"] == house.category("Operations")


# Categories -----------------------------------------------------------------------------------------------------------


@enforces(
    "xccos-managing.md#catcreate",
    "xccos-managing.md#catmodify",
    "xccos-managing.md#catinfo",
    "xccos-managing.md#catsrch",
    "xccos-managing.md#getscope",
    "xccos-managing.md#setscope",
    "xccos-managing.md#catdelete",
)
async def test_the_life_of_a_category(house: Controller, enter: Enter) -> None:
    root = await enter("root")
    alice, bob = house.person("alice").uri, house.person("bob").uri
    made = await root.says(
        "catcreate",
        element(
            "catib",
            scope("ALLOWED", "SET", alice) + scope("DENIED", "SET", bob) + role("CREATOR", "SET", alice),
            name="정비",
            description="Crews",
            invite="true",
            filepost="false",
        ),
    )
    uri = made.one("catib").attrib["uri"]
    assert (made.one("catib").attrib["name"], made.one("catib").attrib["invite"]) == ("정비", "true")
    found = await root.says("catsrch", element("qib", qtype="BYNAME", criteria="정비"))
    assert [one.attrib["uri"] for one in found.all("catib")] == [uri]
    changed = await root.says("catmodify", catib(uri, description="All crews", filepost="true"))
    assert (changed.one("catib").attrib["description"], changed.one("catib").attrib["filepost"]) == (
        "All crews",
        "true",
    )
    await root.says("setscope", catib(uri, scope("ALLOWED", "ADD", house.person("carol").uri)))
    scopes = {
        one.attrib["type"]: {uib.attrib["uri"] for uib in children(one, "uib")}
        for one in (await root.says("getscope", catib(uri))).all("catib/scope")
    }
    assert scopes == {"ALLOWED": {alice, house.person("carol").uri}, "DENIED": {bob}}
    listed = (await root.says("catinfo", catib(uri))).one("catib/role")
    assert [uib.attrib["uri"] for uib in children(listed, "uib")] == [alice]
    await root.says("catdelete", catib(uri))
    await root.says("catinfo", catib(uri), code=404)


@enforces("xccos-managing.md#catcreate", "xccos-managing.md#catmodify", "rooms.md#categories")
async def test_a_category_has_the_switches_of_the_one_above(house: Controller, enter: Enter) -> None:
    root = await enter("root")
    upper = house.category("위쪽", invite=True)
    everybody = scope("ALLOWED", "SET", *(house.person(name).uri for name in EVERYBODY))
    made = element("catib", everybody, name="아래쪽", parent=upper, filepost="false")
    lower = (await root.says("catcreate", made)).one("catib")
    assert [lower.attrib[name] for name in SWITCHES] == ["true", "true", "false"]
    assert set(lower.attrib["inherits"].split()) == {"invite", "logged"}
    room, uri = house.room("물려받은 방", category="위쪽", member=EVERYBODY), lower.attrib["uri"]
    await root.says("chanmove", element("chanib", uri=room, parent=uri))
    bob = await enter("bob", room)
    await root.says("catmodify", catib(upper, logged="false"))
    assert prop((await bob.hears("ntc:chanmodified")).one("chanib"), "logged") == "False"
    told = (await root.says("catinfo", catib(uri))).one("catib")
    assert [told.attrib[name] for name in SWITCHES] == ["true", "false", "false"]
    back = await root.says("catmodify", catib(uri, logged="true", filepost="Inherit"))
    assert set(back.one("catib").attrib["inherits"].split()) == {"invite", "filepost"}
    assert prop((await bob.hears("ntc:chanmodified")).one("chanib"), "logged") == "True"


@enforces("xccos-managing.md#categories", "xccos-managing.md#setscope", "rooms.md#scope")
async def test_narrowing_a_scope_puts_people_out(house: Controller, enter: Enter) -> None:
    category = house.category("Narrowing")
    room = house.room("Narrowed", category="Narrowing", member=EVERYBODY, manager=["carol"])
    bob, root = await enter("bob", room), await enter("root")
    await root.says("setscope", catib(category, scope("DENIED", "ADD", bob.client.uri)))
    assert (await bob.hears("ntc:kick")).rooms == [room]
    await bob.says("join", chanids(room), code=404)
    assert bob.client.uri not in roles(await root.says("getroles", chanib(room)))["MEMBER"]


@enforces("xccos-managing.md#categories")
@pytest.mark.parametrize(
    "command", ["catcreate", "catmodify", "catdelete", "catinfo", "catsrch", "getscope", "setscope"]
)
async def test_categories_are_for_administrators(house: Controller, enter: Enter, command: str) -> None:
    uri = house.category("Off Limits")
    datas = {
        "catcreate": element("catib", name="Mine"),
        "catsrch": element("qib", qtype="BYNAME", criteria=""),
        "setscope": catib(uri, scope("ALLOWED", "ADD", house.person("bob").uri)),
    }
    alice = await enter("alice")
    refused = await alice.asks(command, datas.get(command, catib(uri, description="x")))
    assert refused.code in (403, 404)
    assert not refused.all("catib")


# People, add-ins ------------------------------------------------------------------------------------------------------


@enforces("xccos-managing.md#usrsrch")
@pytest.mark.parametrize(("field", "words"), [("lastname", "burk"), ("firstname", "BO"), ("criteria", "bob")])
async def test_people_are_found_by_parts_of_their_names(
    house: Controller, enter: Enter, field: str, words: str
) -> None:
    bob = house.person("bob").uri
    alice = await enter("alice")
    found = await alice.says("usrsrch", element("qib", qtype="USER", maxResults=50, **{field: words}))
    assert bob in found.people
    assert alice.client.uri not in found.people
    assert found.one("qib").attrib["truncated"] == "false"
    everybody = await alice.says("usrsrch", element("qib", qtype="USER", maxResults=1))
    assert (len(everybody.people), everybody.one("qib").attrib["truncated"]) == (1, "true")


@enforces("xccos-managing.md#prinsrch")
async def test_who_may_stand_in_a_role(house: Controller, enter: Enter) -> None:
    house.category("Eligible", allow=["alice", "bob"])
    room = house.room("Roles", category="Eligible", member=["bob"], manager=["alice"], behavior="auditorium")
    house.person("carol")
    alice, bob = await enter("alice"), await enter("bob")

    async def eligible(kind: str) -> set[str]:
        return set((await alice.says("prinsrch", chanib(room) + element("qib", qtype=kind, criteria=""))).people)

    in_scope = await eligible("MEMBER")
    assert {alice.client.uri, bob.client.uri} <= in_scope
    assert house.person("carol").uri not in in_scope
    assert await eligible("PRESENTER") == {bob.client.uri}
    await bob.says("prinsrch", chanib(room) + element("qib", qtype="MEMBER", criteria=""), code=403)


@enforces("xccos-managing.md#getuserinfo")
async def test_about_oneself_and_for_administrators_about_others(house: Controller, enter: Enter) -> None:
    alice, root = await enter("alice"), await enter("root")
    for call in (alice, root):
        told = (await call.says("getuserinfo", element("uib", uri=alice.client.uri))).one("uib").attrib
        assert (told["uri"], told["disname"], told["disabled"]) == (alice.client.uri, "Alice Ames", "false")
    for uri in (root.client.uri, f"sip:nobody@{house.domain}"):
        await alice.says("getuserinfo", element("uib", uri=uri), code=403)


@enforces("xccos-managing.md#getgroupinfo")
async def test_about_a_group(house: Controller, enter: Enter) -> None:
    category = house.category("Operations")
    alice, root = await enter("alice"), await enter("root")
    everyone = (await root.says("getscope", catib(category))).one("catib/scope/uib").attrib["uri"]
    told = (await root.says("getgroupinfo", element("uib", uri=everyone))).one("uib").attrib
    assert (told["uri"], told["type"]) == (everyone, "8")
    await alice.says("getgroupinfo", element("uib", uri=everyone), code=403)


@enforces(
    "xccos-managing.md#getaddins",
    "xccos-managing.md#addincreate",
    "xccos-managing.md#addinmodify",
    "xccos-managing.md#addindelete",
)
async def test_an_add_in_is_registered_shown_and_forgotten(house: Controller, enter: Enter) -> None:
    room = house.room("Wall", member=["alice"], manager=["alice"])
    alice, root = await enter("alice"), await enter("root")
    page = element("siop", name="전광판", url="https://wall.example/board")
    await alice.says("addincreate", page, code=403)
    made = (await root.says("addincreate", page)).one("siop").attrib
    await root.says("addinmodify", element("siop", id=made["id"], url="https://wall.example/new"))
    listed = {one.attrib["id"]: one.attrib for one in (await alice.says("getaddins")).all("siop")}
    assert listed[made["id"]] == {"id": made["id"], "name": "전광판", "url": "https://wall.example/new"}
    shown = (await alice.says("chanmodify", chanib(room, siopid=made["id"]))).one("chanib").attrib
    assert (shown["siopname"], shown["siopurl"]) == ("전광판", "https://wall.example/new")
    by_addin = await alice.says("chansrch", element("qib", qtype="BYADDIN", siopid=made["id"]))
    assert by_addin.rooms == [room]
    refused = await root.asks("addindelete", element("siop", id=made["id"]))
    assert refused.code != 200
    await root.says("addindelete", element("siop", id=made["id"], force="true"))
    assert "siopid" not in (await alice.says("chaninfo", chanib(room))).one("chanib").attrib


@enforces("xccos.md#chansrch")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"qtype": "BYNAME", "criteria": "shelf 선반"}, {"Shelf One", "선반 둘"}),
        ({"qtype": "BYNAME", "criteria": "shelf one", "matchAll": "true"}, {"Shelf One"}),
        ({"qtype": "BYNAME", "criteria": "f One", "matchExactPhrase": "true"}, {"Shelf One"}),
        ({"qtype": "BYNAME", "criteria": "nothing of the kind"}, set()),
        ({"qtype": "BYEXACTNAME", "criteria": "shelf one"}, {"Shelf One"}),
        ({"qtype": "BYCATEGORY", "category": "HERE"}, {"Shelf One", "선반 둘", "Auditory"}),
        ({"qtype": "BYFILTER", "category": "HERE", "behavior": "AUDITORIUM"}, {"Auditory"}),
        ({"qtype": "BYFILTER", "category": "HERE", "manager": "sip:carol@contoso.example"}, {"선반 둘"}),
        ({"qtype": "BYFILTER", "category": "HERE", "visibility": "OPEN"}, {"Auditory"}),
        ({"qtype": "BYFILTER", "criteria": "선반", "member": "sip:bob@contoso.example"}, {"선반 둘"}),
    ],
    ids=lambda value: value["criteria"] if isinstance(value, dict) and "criteria" in value else None,
)  # fmt: skip
async def test_rooms_are_found(house: Controller, enter: Enter, query: dict[str, str], found: set[str]) -> None:
    category = house.category("Shelves")
    house.room("Shelf One", category="Shelves", member=["alice"])
    house.room("선반 둘", category="Shelves", member=["alice", "bob"], manager=["carol"])
    house.room("Auditory", category="Shelves", visibility="open", behavior="auditorium")
    alice = await enter("alice")
    query = {
        name: value.replace("HERE", category).replace("contoso.example", house.domain) for name, value in query.items()
    }
    told = await alice.says("chansrch", element("qib", **query))
    assert set(told.names) == found


@enforces("xccos.md#chansrch")
async def test_rooms_in_which_somebody_sits_and_more_than_wanted(house: Controller, enter: Enter) -> None:
    rooms = [house.room(f"Seat {n}", member=EVERYBODY) for n in range(3)]
    await enter("bob", *rooms)
    alice = await enter("alice")
    sits = await alice.says("chansrch", element("qib", qtype="BYUSER", criteria=house.person("bob").uri))
    assert set(rooms) <= set(sits.rooms)
    few = await alice.says("chansrch", element("qib", qtype="BYNAME", criteria="Seat", maxResults=2))
    assert len(few.rooms) == 2
    assert few.one("qib").attrib["truncated"] == "true"
    one = await alice.says("chansrch", element("qib", qtype="BYURI", criteria=rooms[0]))
    assert one.rooms == [rooms[0]]


@enforces("xccos.md#getperms", "xccos.md#masks")
@pytest.mark.parametrize(("login", "value"), [("alice", 30), ("carol", 31), ("bob", 16), ("dave", 17)])
async def test_what_may_i_do_here(house: Controller, enter: Enter, login: str, value: int) -> None:
    room = house.room("Permissions", member=["alice", "carol"], manager=["carol", "dave"])
    caller = await enter(login)
    assert (await caller.says("getperms", chanib(room))).one("perms").attrib["value"] == str(value)
