"""Each response code, provoked: docs/protocol/xccos.md, Response codes.

416 needs a setting (test_large_rooms.py), 503 a store in trouble and 504 a server that takes nobody (test_trouble.py).
No script provokes 500, which is a bug's."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.client import pref
from tests.conformance.conftest import Enter
from tests.conformance.controller import Capability, Controller
from tests.conformance.sections import PAGES, enforces
from tests.conformance.wire import catib, chanib, chanids, element, grpchat, info, role, xccos

Command = tuple[str, str]


@pytest.fixture(scope="module")
def world(house: Controller) -> dict[str, str]:
    """Rooms and categories by what is special about them."""
    house.needs(Capability.MAKING)
    everybody = ["alice", "bob", "carol"]
    found = {
        "narrow category": house.category("Narrow", allow=["alice"]),
        "plain": house.room("Plain", member=everybody, manager=["alice"]),
        "bobs": house.room("Bob's", member=["bob"]),
        "closed down": house.room("Closed Down", member=everybody),
        "stage": house.room("Theatre", member=["alice", "bob"], manager=["alice"], behavior="auditorium"),
        "narrow": house.room("Narrow Room", category="Narrow", manager=["alice"], member=["alice"]),
        "category": house.category("Operations"),
        "creators": house.category("Creators", creator=["alice"]),
        "root": f"ma-cat://{house.domain}/root",
        "nowhere": f"ma-chan://{house.domain}/{uuid.uuid4()}",
        "bob": house.person("bob").uri,
        "carol": house.person("carol").uri,
        "nobody": f"sip:nobody@{house.domain}",
    }
    house.admin("room", "disable", "Closed Down")
    return found


World = dict[str, str]


def joins(room: str) -> Callable[[World], Command]:
    return lambda world: ("join", chanids(world[room]))


def adds(name: str, who: str, room: str) -> Callable[[World], Command]:
    return lambda world: ("setroles", chanib(world[room], role(name, "ADD", world[who])))


def makes(name: str, category: str) -> Callable[[World], Command]:
    return lambda world: ("chancreate", element("chanib", name=name, parent=world[category]))


def edits(room: str, inside: str = "") -> Callable[[World], Command]:
    return lambda world: ("chanmodify", chanib(world[room], inside, description="x"))


def says(name: str, data: str = "", room: str = "") -> Callable[[World], Command]:
    """`HERE` in the data stands for the URI of a room or category."""
    return lambda world: (name, data.replace("HERE", world[room]) if room else data)


OLD = element("audit", updatedon="2013-06-11T20:40:00.0000000Z")
NONE = str(uuid.uuid4())
CODES: list[tuple[int, str, str, Callable[[World], Command]]] = [
    (400, "a field is missing", "alice", says("join")),
    (400, "a word that is none", "alice", says("getassociations", element("association", type="FRIEND"))),
    (403, "not a member", "alice", joins("bobs")),
    (403, "not a manager", "bob", edits("plain")),
    (403, "not an administrator", "alice", says("chandelete", chanib("HERE"), "plain")),
    (404, "no such room", "alice", joins("nowhere")),
    (404, "no such category", "root", says("catinfo", catib(f"ma-cat://contoso.example/{NONE}"))),
    (405, "nobody of that name", "alice", adds("MEMBER", "nobody", "plain")),
    (406, "not inside", "alice", says("part", chanib("HERE"), "plain")),
    (407, "disabled", "alice", joins("closed down")),
    (407, "history of a disabled room", "alice", says("bccontext", chanib("HERE"), "closed down")),
    (408, "a room below the root", "root", makes("Rootling", "root")),
    (409, "name taken", "alice", makes("plain", "creators")),
    (410, "stale copy", "alice", edits("plain", OLD)),
    (411, "in the list already", "alice", adds("MEMBER", "bob", "plain")),
    (412, "out of scope", "alice", adds("MEMBER", "bob", "narrow")),
    (413, "too long a label", "alice", says("setpref", pref("x" * 300, 0, "QQ=="))),
    (414, "presenter, not member", "alice", adds("PRESENTER", "carol", "stage")),
    (415, "no such command", "alice", says("fetchcoffee")),
    (415, "no such kind of search", "alice", says("chansrch", element("qib", qtype="BYMOON", criteria=""))),
    (417, "no such token", "alice", says("getftok", element("token", token=NONE))),
    (418, "not a creator", "bob", makes("Bob's Den", "creators")),
    (419, "rooms in it", "root", says("catdelete", catib("HERE"), "narrow category")),
    (422, "no files here", "alice", says("getfutok", element("ftdb", channelUri="HERE", fileUrl="a.txt"), "plain")),
    (423, "no such message", "root", says("delmsg", element("msgref", chanUri="HERE", chatId=99999), "plain")),
]


@enforces("xccos.md#response-codes")
@pytest.mark.parametrize(("code", "why", "who", "command"), CODES, ids=[f"{code} {why}" for code, why, *_ in CODES])
async def test_each_code(world: World, enter: Enter, code: int, why: str, who: str, command: Any) -> None:
    caller = await enter(who, *([world["plain"]] if code == 422 else []))
    if code == 408:
        world = {**world, "root": (await caller.says("getserverinfo")).one("sib").attrib["rootUri"]}
    name, data = command(world)
    reply = await caller.says(name, data, code=code)
    assert reply.words, why
    assert reply.all("chanib") == [] or code == 406


@enforces("xccos.md#response-codes")
async def test_a_name_of_an_add_in_is_taken_420(house: Controller, enter: Enter) -> None:
    root = await enter("root")
    page = element("siop", name="Wallboard", url="https://wall.example/board")
    made = await root.says("addincreate", page)
    await root.says("addincreate", page, code=420)
    await root.says("addindelete", element("siop", id=made.one("siop").attrib["id"]))


@enforces("xccos.md#posting", "xccos.md#two-answers-to-everything", "xccos.md#differences-between-clients")
async def test_a_refused_post_is_told_as_the_client_can_read_it(world: World, enter: Enter) -> None:
    """By the status of the INFO at first; by an rpl:grpchat once the client has shown itself to be another."""
    careful, full = [await enter("bob", world["plain"], world["stage"]) for _ in range(2)]
    await full.says("getserverinfo")
    refusals = (
        (world["stage"], "no presenter", 403, "ERROR_PERMISSION"),
        (world["plain"], "x" * 9000, 413, "ERROR_LIMIT_EXCEEDED"),
        (world["bobs"], "not inside", 406, "ERROR_USER_NOT_JOINED"),
    )
    for room, text, code, token in refusals:
        answered = await careful.info(xccos(next(careful.envids), grpchat(room, careful.client.uri, text)))
        assert answered.status == 403
        assert answered.reason == token
        await full.posts(room, text)
        refused = await full.hears("rpl:grpchat")
        assert (refused.code, refused.words, refused.rooms) == (code, token, [room])
    await careful.hears_nothing("grpchat", "rpl:grpchat")


@enforces("xccos.md#commands", "rooms.md#scope")
async def test_a_secret_room_and_none_at_all_are_answered_alike(house: Controller, enter: Enter) -> None:
    """Byte for byte, but for the numbers of the envelopes and the GUID that was asked for."""
    secret = house.room("Secret", member=["bob"], manager=["bob"], visibility="secret")
    nowhere = f"ma-chan://{house.domain}/{uuid.uuid4()}"
    alice = await enter("alice")
    for name, data in _about("ROOM", house):
        answers = []
        for room in (secret, nowhere):
            reply = await alice.asks(name, data.replace("ROOM", room).replace("GUID", room.rpartition("/")[2]))
            answers.append(_without_ids(reply.raw.decode(), room, reply.envid, reply.quotes))
        assert answers[0] == answers[1], name
        assert re.search('code="(404|406)"|<data/>|<data></data>', answers[0]), answers[0]
    posts = [await alice.posts(room, "anybody?", status=403) for room in (secret, nowhere)]
    assert posts[0].first == posts[1].first
    await alice.says("getserverinfo")
    told = []
    for room in (secret, nowhere):
        await alice.posts(room, "anybody?")
        refused = await alice.hears("rpl:grpchat")
        told.append(_without_ids(refused.raw.decode(), room, refused.envid, refused.quotes))
    assert told[0] == told[1]


def test_every_command_that_names_a_room_is_compared(house: Controller) -> None:
    """As far as the pages show one: rooms stand in commands as `ma-chan://...` or as `chanid`."""
    named = {
        name
        for page in PAGES.glob("xccos*.md")
        for name, data in re.findall(r'<cmd id="cmd:(\w+)"[^>]*>(.*?)</cmd>', page.read_text(encoding="utf-8"))
        if "ma-chan://" in data or "<chanid " in data
    }
    assert len(named) > 20
    assert not named - {name for name, _ in _about("ROOM", house)}


def _without_ids(body: str, room: str, envid: int, quotes: tuple[int, int] | None) -> str:
    assert quotes is not None
    text = body.replace(room.rpartition("/")[2], "GUID")
    return text.replace(f'envid="{envid}"', 'envid="N"').replace(f'envid="{quotes[0]}"', 'envid="M"')


def _about(room: str, house: Controller) -> list[Command]:
    """Every command that names a room."""
    at, ref = chanib(room), element("msgref", chanUri=room, chatId=1)
    more = element("chanid", key=0, domain=house.domain, value="GUID")
    qib = element("qib", qtype="MEMBER", criteria="")
    return [
        ("join", more),
        ("bjoin", more),
        ("part", at),
        ("chansrch", element("qib", qtype="BYURI", criteria=room)),
        ("chansrch", element("qib", qtype="BYNAME", criteria="Secret")),
        ("chansrch", element("qib", qtype="BYEXACTNAME", criteria="Secret")),
        ("chaninfo", at),
        ("getpartlist", at),
        ("getperms", at),
        ("getroles", at),
        ("setroles", chanib(room, role("MEMBER", "ADD", house.person("alice").uri))),
        ("chanmodify", chanib(room, description="mine now")),
        ("chanmodify", chanib(room, name="Secret")),
        ("chanmove", chanib(room, parent=house.category("Operations"))),
        ("chandelete", at),
        ("bccontext", at),
        ("bcbydate", at),
        ("bcbymsg", at + element("bcq", element("msgid", msgid=1))),
        ("markread", at + element("msgref", chatId=1)),
        ("getunread", at),
        ("getfutok", element("ftdb", channelUri=room, fileUrl="a")),
        ("getfdtok", element("ftdb", channelUri=room, fileUrl="a")),
        ("prinsrch", at + qib),
        ("delmsg", ref),
        ("replmsg", ref),
        ("chanpurge", at + element("purge", until="2013-06-11T20:40:00.0000000Z")),
    ]


def test_answers_are_compared_without_what_must_differ() -> None:
    body = '<xccos envid="7"><commandid envid="9"/><fib value="abc"/></xccos>'
    assert _without_ids(body, "ma-chan://x/abc", 7, (9, 1)) == (
        '<xccos envid="N"><commandid envid="M"/><fib value="GUID"/></xccos>'
    )


@enforces("xccos.md#chaninfo", "xccos.md#blocks")
async def test_a_members_card_of_a_secret_room(house: Controller, enter: Enter) -> None:
    secret = house.room("Secret Too", member=["bob"], visibility="secret")
    bob = await enter("bob")
    assert info((await bob.says("chaninfo", chanib(secret))).one("chanib"), "visibility") == "PRIVATE"
