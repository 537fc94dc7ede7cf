"""Envelopes that are large, many, malformed or repeated: docs/protocol/xccos.md, Envelope and its sections."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conformance.conftest import Enter
from tests.conformance.controller import Controller
from tests.conformance.sections import enforces
from tests.conformance.wire import NAMESPACE, chanib, chanids, cmd, element, grpchat, xccos

BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><xccos>&b;</xccos>'
REFUSED = {
    "not XML": ("hello", "text/plain", 400),
    "cut short": (xccos(1, "<cmd>")[:-20], "text/plain", 400),
    "empty": ("", "text/plain", 400),
    "a document type": (BOMB, "text/plain", 400),
    "another version": (xccos(1).replace('ver="1"', 'ver="2"'), "text/plain", 400),
    "no number": (xccos(1).replace('envid="1"', ""), "text/plain", 400),
    "a number that is none": (xccos(1).replace('envid="1"', 'envid="one"'), "text/plain", 400),
    "a long namespace": (xccos(1, f'<x:y xmlns:x="urn:{"n" * 300}"/>'), "text/plain", 400),
    "another vocabulary": ("<other/>", "text/plain", 415),
    "another namespace": (xccos(1).replace(NAMESPACE, "urn:x"), "text/plain", 415),
    "another content type": (xccos(1), "application/json", 415),
    "257 commands": (xccos(1, cmd("requri") * 257), "text/plain", 413),
    "too many elements": (xccos(1, "<a/>" * 10_001), "text/plain", 413),
    "too deep": (xccos(1, "<a>" * 40 + "</a>" * 40), "text/plain", 413),
    "more than 256 KiB": (xccos(1, " " * (256 * 1024)), "text/plain", 413),
}


@enforces("xccos.md#two-answers-to-everything")
@pytest.mark.parametrize(("body", "kind", "status"), REFUSED.values(), ids=REFUSED)
async def test_what_is_no_envelope_is_refused_as_a_whole(enter: Enter, body: str, kind: str, status: int) -> None:
    alice = await enter("alice")
    refused = await alice.info(body, kind)
    assert refused.status == status
    assert refused.reason
    await alice.has_caught_up()
    assert alice.heard == []


TOLERATED: dict[str, Callable[[str], str]] = {
    "a declaration": lambda body: f'<?xml version="1.0" encoding="utf-16"?>{body}',
    "a byte order mark": lambda body: f"\ufeff{body}",
    "blanks around it": lambda body: f"\r\n {body}\r\n",
    "a prefix": lambda body: (
        body.replace("<cmd", "<p:cmd")
        .replace("</cmd", "</p:cmd")
        .replace("<data/>", "<p:data/>")
        .replace("<xccos ", "<p:xccos ")
        .replace("</xccos", "</p:xccos")
        .replace("xmlns=", "xmlns:p=")
    ),
    "capitals": lambda body: body.replace("cmd:requri", "CMD:ReqUri"),
    "unknown attributes": lambda body: body.replace("<cmd ", '<cmd colour="red" '),
    "unknown elements": lambda body: body.replace("<data/>", "<data><thing/></data><other/>"),
    "foreign namespaces": lambda body: body.replace("<data/>", '<data/><x xmlns="urn:y">z</x>'),
    "comments and CDATA": lambda body: body.replace("<data/>", "<!-- hm --><data><![CDATA[ ]]></data>"),
    "no data": lambda body: body.replace("<data/>", ""),
}


@enforces("xccos.md#what-is-tolerated-what-is-sent")
@pytest.mark.parametrize("change", TOLERATED.values(), ids=TOLERATED)
async def test_what_is_tolerated(enter: Enter, change: Callable[[str], str]) -> None:
    alice = await enter("alice")
    envid = next(alice.envids)
    body = xccos(envid, '<cmd id="cmd:requri" seqid="1"><data/></cmd>')
    changed = change(body)
    assert changed != body
    assert (await alice.info(changed)).status == 200
    assert (await alice.reply(envid)).code == 200


@enforces("xccos.md#what-is-tolerated-what-is-sent", "xccos.md#names")
@pytest.mark.parametrize("spell", [str.upper, lambda g: f"{{{g}}}", lambda g: g.replace("-", "")])
async def test_guids_in_any_spelling_come_back_in_one(
    house: Controller, enter: Enter, spell: Callable[[str], str]
) -> None:
    room = house.room("Spelling", member=["alice"])
    alice = await enter("alice")
    guid = spell(room.rpartition("/")[2])
    joined = await alice.says("join", element("chanid", key=0, domain=house.domain, value=guid))
    assert joined.rooms == [room]


@enforces("xccos.md#envelope", "xccos.md#two-answers-to-everything")
async def test_a_hundred_commands_get_a_hundred_answers_in_order(house: Controller, enter: Enter) -> None:
    room = house.room("Hundred", member=["alice"])
    alice = await enter("alice")
    names = ["requri", "join", "fetchcoffee", "part", "chansrch"]
    datas = {
        "join": chanids(room),
        "part": chanib(room),
        "chansrch": element("qib", qtype="BYNAME", criteria="Hundred"),
    }
    commands = [(names[at % 5], datas.get(names[at % 5], "")) for at in range(100)]
    replies = await alice.says_together(*commands)
    assert [one.id for one in replies] == [f"rpl:{name}" for name, _ in commands]
    assert [one.code for one in replies] == [200, 200, 415, 200, 200] * 20


@enforces("xccos.md#two-answers-to-everything")
async def test_a_refused_command_does_not_spoil_its_neighbours(house: Controller, enter: Enter) -> None:
    room = house.room("Neighbours", member=["alice"])
    forbidden = house.room("Neighbours Forbidden", member=["bob"])
    alice = await enter("alice")
    replies = await alice.says_together(
        ("join", chanids(forbidden)),
        ("join", ""),
        ("join", chanids(room)),
        ("nonsense", "<x/>"),
        ("bccontext", chanib(room)),
        ("bjoin", chanids(forbidden, room)),
    )
    assert [one.code for one in replies] == [403, 400, 200, 415, 200, 200]
    assert replies[-1].rooms == [room]
    assert len(replies[-1].all("fib")) == 1


@enforces("xccos.md#posting", "xccos.md#envelope")
async def test_posts_and_commands_of_one_envelope_are_done_in_order(house: Controller, enter: Enter) -> None:
    room = house.room("Mixed", member=["alice"])
    alice = await enter("alice")
    envid = next(alice.envids)
    uri = alice.client.uri
    body = xccos(
        envid,
        cmd("join", chanids(room), 1),
        grpchat(room, uri, "first", seqid=2),
        grpchat(room, uri, "second", seqid=3),
        cmd("bccontext", chanib(room), 4),
    )
    assert (await alice.info(body)).status == 200
    assert (await alice.reply(envid, 1)).code == 200
    told = await alice.reply(envid, 4)
    assert [one.findtext("{*}chat") for one in told.all("chanib/msg")] == ["first", "second"]
    for text in ("first", "second"):
        await alice.hears_post(text)
    await alice.hears_nothing("grpchat")


@enforces("xccos.md#getserverinfo")
@pytest.mark.parametrize("kind", ["text/plain", "text/plain;charset=utf-8", "text/xml", "application/xml"])
async def test_content_types_that_are_read(enter: Enter, kind: str) -> None:
    alice = await enter("alice")
    envid = next(alice.envids)
    body = xccos(envid, cmd("getserverinfo", element("sib", infoType=123)))
    assert (await alice.info(body, kind)).status == 200
    assert (await alice.reply(envid)).one("sib").attrib["infoType"] == "123"
