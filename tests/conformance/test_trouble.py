"""A server that can keep nothing, or takes nobody new: what is refused, how, and that it passes."""

from __future__ import annotations

from tests.conformance.client import pref
from tests.conformance.conftest import Enter, People
from tests.conformance.controller import Capability, Controller
from tests.conformance.sections import enforces
from tests.conformance.wire import grpchat, xccos


@enforces("xccos.md#response-codes", "xccos.md#two-answers-to-everything")
async def test_what_cannot_be_kept_is_refused_with_503(house: Controller, enter: Enter) -> None:
    room = house.room("Locked", member=["alice"])
    alice = await enter("alice", room)
    post = xccos(next(alice.envids), grpchat(room, alice.client.uri, "kept at last"))
    with house.trouble():
        refused = await alice.info(post)
        assert refused.status == 503
        assert int(refused.header("Retry-After")) > 0
        await alice.says("setpref", pref("x", 0, "QQ=="), code=503)
    await alice.says("setpref", pref("x", 0, "QQ=="))
    assert (await alice.info(post)).status == 200
    await alice.hears_post("kept at last")
    await alice.hears_nothing("grpchat")


@enforces("xccos.md#response-codes", "sip.md#chat-dialogs", "rooms.md#much-at-once")
async def test_a_server_that_is_drained_keeps_who_is_there_and_sends_others_away(
    house: Controller, people: People, enter: Enter
) -> None:
    house.needs(Capability.MAKING)
    room = house.room("Draining", member=["alice", "bob"])
    alice, bob = await enter("alice", room), await people("bob")
    lookup = await bob.invites(house.lookup)
    house.admin("service", "drain")
    try:
        nobody = await lookup.says("requri", code=504)
        assert nobody.people == []
        refused = await bob.calls_out(house.pool)
        assert refused.status == 503
        assert refused.header("ms-diagnostics").startswith("20000;")
        assert int(refused.header("Retry-After")) > 0
        await alice.posts(room, "still here")
        await alice.hears_post("still here")
    finally:
        house.admin("service", "resume")
    assert (await lookup.says("requri")).people == [house.pool]
    await bob.invites(house.pool)
