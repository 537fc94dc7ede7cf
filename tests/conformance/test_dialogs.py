"""What SIP demands of a chat service around the dialog: what is refused and how, and how sessions end."""

from __future__ import annotations

import secrets

import pytest

from tests.conformance.client import Call, Client, Place
from tests.conformance.conftest import Enter, People
from tests.conformance.controller import Capability, Controller
from tests.conformance.sections import enforces
from tests.conformance.test_sign_in import SELF, follows, unfollows
from tests.conformance.wire import element, grpchat, xccos

SIPE = "Purple/2.14.12 Sipe/1.25.0 (linux-x86_64)"


def elsewhere(client: Client, uri: str, tag: str = "") -> Place:
    """A request outside every dialog there is, or in one of that tag."""
    to = f"<{uri}>;tag={tag}" if tag else f"<{uri}>"
    return Place(uri, f"<{client.uri}>;tag={secrets.token_hex(4)}", to, secrets.token_hex(8))


async def asks(call: Call, method: str, *headers: tuple[str, str], body: str = "", kind: str = "") -> int:
    """The status of a request in the dialog."""
    told = [*headers, ("Contact", call.client.contact)]
    return (await call.client.requests(method, call.place, kind, body, headers=told)).status


@enforces("sip.md#chat-dialogs")
async def test_extensions_nobody_has_are_refused_in_dialogs_too(house: Controller, enter: Enter) -> None:
    room = house.room("Required", member=["alice"])
    alice = await enter("alice", room)
    post = xccos(next(alice.envids), grpchat(room, alice.client.uri, "not done"))
    wish = ("Require", "x-unheard-of")
    assert await asks(alice, "INFO", wish, body=post, kind="text/plain") == 420
    for method in ("UPDATE", "OPTIONS", "BYE"):
        refused = await alice.client.requests(method, alice.place, headers=[wish])
        assert (refused.status, refused.header("Unsupported")) == (420, "x-unheard-of")
    assert await asks(alice, "UPDATE", ("Require", "timer")) == 200
    await alice.hears_nothing("grpchat")


@enforces("sip.md#chat-dialogs")
async def test_a_compressed_body_is_refused_and_not_read(house: Controller, enter: Enter) -> None:
    room = house.room("Packed", member=["alice"])
    alice = await enter("alice", room)
    post = xccos(next(alice.envids), grpchat(room, alice.client.uri, "not done"))
    packed = [("Content-Encoding", "gzip"), ("Contact", alice.client.contact)]
    refused = await alice.client.requests("INFO", alice.place, "text/plain", post, headers=packed)
    assert (refused.status, refused.header("Accept-Encoding")) == (415, "identity")
    await alice.hears_nothing("grpchat")


@enforces("sip.md#chat-dialogs")
async def test_a_session_that_is_over_says_so_in_the_vendors_number(people: People, house: Controller) -> None:
    alice = await people("alice")
    call = await alice.invites(house.pool)
    await call.hangs_up()
    for method in ("INFO", "UPDATE"):
        gone = await alice.requests(method, call.place)
        assert gone.status == 481
        assert gone.header("ms-diagnostics").startswith("20006;")
        assert (await alice.requests(method, elsewhere(alice, house.pool))).status == 481


@enforces("sip.md#chat-dialogs")
async def test_who_may_not_chat_any_more_is_told_why_his_session_ends(house: Controller, enter: Enter) -> None:
    house.needs(Capability.MAKING)
    alice = await enter("alice")
    house.admin("policy", "set", "off", "--user", "alice")
    try:
        await alice.ends()
    finally:
        house.admin("policy", "set", "inherit", "--user", "alice")
    assert alice.parting is not None
    assert alice.parting.header("ms-diagnostics").startswith("20010;")


@enforces("sip.md#chat-dialogs")
@pytest.mark.parametrize(("wish", "granted"), [("9999999", ""), ("7200", "7200")])
async def test_no_session_is_kept_for_months(people: People, house: Controller, wish: str, granted: str) -> None:
    headers = [("Supported", "timer"), ("Session-Expires", "9999999"), ("Min-SE", wish)]
    answered = await (await people("alice")).calls_out(house.pool, headers=headers)
    assert answered.status == (200 if granted else 400)
    assert answered.header("Session-Expires").partition(";")[0] == granted


@enforces("sip.md#chat-dialogs")
async def test_too_short_an_interval_is_422(people: People, house: Controller) -> None:
    headers = [("Supported", "timer"), ("Session-Expires", "120")]
    refused = await (await people("alice")).calls_out(house.pool, headers=headers)
    assert (refused.status, refused.header("Min-SE")) == (422, "180")


@enforces("sip.md#chat-dialogs")
async def test_an_invite_that_comes_a_second_way_begins_no_second_session(people: People, house: Controller) -> None:
    alice = await people("alice")
    call = await alice.invites(house.pool)
    cseq = int(call.answered.header("CSeq").split(" ")[0])
    place = Place(house.pool, call.place.local, f"<{house.pool}>", call.place.call_id)
    again = alice.build("INVITE", place, headers=[("Contact", alice.contact)], cseq=cseq)
    assert (await alice.sends(again))[0].status == 482
    assert (await call.says("requri")).people == [house.pool]


@enforces("sip.md#chat-dialogs")
async def test_an_acceptance_is_said_again_until_it_is_acknowledged(people: People, house: Controller) -> None:
    alice = await people("alice")
    place = Place(house.pool, f"<{alice.uri}>;tag=1", f"<{house.pool}>", secrets.token_hex(8))
    invite = alice.build("INVITE", place, headers=[("Contact", alice.contact)])
    first, again = await alice.hears_answers(invite, 2)
    assert first == again
    assert first.status == 200


@enforces("sip.md#chat-dialogs")
async def test_options_say_what_the_service_can(people: People, house: Controller) -> None:
    alice = await people("alice")
    told = await alice.requests("OPTIONS", elsewhere(alice, house.pool))
    assert (told.status, "text/plain" in told.header("Accept")) == (200, True)
    assert "REGISTER" not in told.header("Allow")
    for method in ("MESSAGE", "REFER"):
        refused = await alice.requests(method, elsewhere(alice, house.pool))
        assert refused.status == 405
        assert method not in refused.header("Allow")


@enforces("sip.md#subscribe")
async def test_a_subscription_that_is_forgotten_is_told_of_nothing_more(people: People, house: Controller) -> None:
    desk, laptop = await people("carol"), await people("carol")
    place = elsewhere(laptop, laptop.uri)
    headers = [("Event", SELF), ("Contact", laptop.contact)]
    subscribed = await laptop.requests("SUBSCRIBE", place, headers=headers)
    assert subscribed.status == 200
    await laptop.wait_for(lambda: laptop.notified)
    laptop.answer_notify = 481
    assert (await desk.publishes(follows("ma-chan://x/y", "x", instance=77))).status == 200
    await laptop.wait_for(lambda: laptop.notified[1:])
    # The answer to the NOTIFY is there before what comes after it on the same connection.
    inside = Place(laptop.uri, place.local, subscribed.header("To"), place.call_id)
    assert (await laptop.requests("SUBSCRIBE", inside, headers=headers)).status == 481
    assert (await desk.publishes(unfollows(instance=77, version=1))).status == 200
    assert len(laptop.notified) == 2


@enforces("sip.md#subscribe")
async def test_an_event_that_is_refused_is_not_offered(people: People, house: Controller) -> None:
    alice = await people("alice")
    for uri in (alice.uri, house.pool):
        refused = await alice.requests("SUBSCRIBE", elsewhere(alice, uri), headers=[("Event", "presence")])
        assert refused.status == 489
        assert "presence" not in refused.header("Allow-Events").split(",")


@enforces("sip.md#service-presence-publications")
async def test_what_another_computer_has_changed_is_not_removed(people: People) -> None:
    alice = await people("alice")
    for version in (0, 1):
        assert (await alice.publishes(follows("ma-chan://x/y", "x", instance=78, version=version))).status == 200
    refused = await alice.publishes(unfollows(instance=78, version=1))
    assert refused.status == 409
    assert element("operation", index=1, version=1, curVersion=2) in refused.text
    assert (await alice.publishes(unfollows(instance=78, version=2))).status == 200
    assert (await alice.publishes(unfollows(instance=78, version=2))).status == 200


@enforces("sip.md#service-presence-publications")
async def test_presence_is_not_published_into_ones_own_client(people: People) -> None:
    alice = await people("alice")
    refused = await alice.requests("PUBLISH", elsewhere(alice, alice.uri), headers=[("Event", "presence")])
    assert refused.status == 405
