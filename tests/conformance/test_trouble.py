"""A server that can keep nothing: what is refused, how, and that it passes."""

from __future__ import annotations

from tests.conformance.client import pref
from tests.conformance.conftest import Enter
from tests.conformance.controller import Controller
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
