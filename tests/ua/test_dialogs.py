"""Dialogs in which we are the callee, over TCP: what each request in them is answered, and how they end."""

from __future__ import annotations

import asyncio

import pytest

from parlour.sip.message import Response
from parlour.ua.uas import UasDialog
from parlour.xccos.media import is_accepted_type
from tests.ua.peers import SDP, Call, Handler, House, Peer, answer, until


class Clock:
    def __init__(self) -> None:
        self.now = 5000.0

    def __call__(self) -> float:
        return self.now


async def peer_of(house: House) -> Peer:
    return await Peer.connect(await house.endpoint.listen("TCP", "127.0.0.1", 0))


def only(house: House) -> tuple[Handler, UasDialog]:
    (handler,) = house.handlers
    assert handler.dialog is not None
    return handler, handler.dialog


async def test_an_invite_is_accepted_as_sipe_needs_it(house: House) -> None:
    peer, call = await peer_of(house), Call(branches=False)
    response = await peer.call(call, ("Record-Route", "<sip:192.0.2.7;lr>"))
    assert response.headers.get("Session-Expires") == "1800;refresher=uac"
    assert response.headers.get("Supported") == "timer"
    assert response.headers.get("Record-Route") == "<sip:192.0.2.7;lr>"
    assert response.contacts[0].uri.startswith("sip:127.0.0.1:")
    assert response.content_type == "application/sdp"
    assert b"m=message 5060 sip sip:room@example.com" in response.body
    peer.send(call.request("INFO", body=b"one"))
    await peer.read_response(200)
    _, dialog = only(house)
    dialog.push([b"two"])
    info = await peer.read_request("INFO")
    assert (info.uri, info.from_.uri, info.to.tag) == (
        "sip:alice@example.com;gruu",
        "sip:room@example.com",
        f"f{call.number}",
    )
    assert info.body == b"two"
    peer.send(answer(info))
    await until(lambda: dialog.pipe.idle)


@pytest.mark.parametrize("pieces", [1, 2, 7, 1000])
async def test_answers_to_infos_count_however_they_arrive(house: House, pieces: int) -> None:
    """Together or in pieces, and with a request, a ping and a stray answer among them."""
    peer, call = await peer_of(house), Call()
    await peer.call(call)
    handler, dialog = only(house)
    dialog.push([b"%d" % number for number in range(6)])
    infos = [await peer.read_request("INFO") for _ in range(6)]
    first, *rest = [answer(info).serialize() for info in infos]
    stray = rest[0].replace(b"branch=z9hG4bK", b"branch=z9hG4bKx")
    data = b"".join([first, *rest[:2], stray, call.request("INFO", body=b"mine").serialize(), b"\r\n\r\n", *rest[2:]])
    size = -(-len(data) // pieces)
    for at in range(0, len(data), size):
        peer.send(data[at : at + size])
        await asyncio.sleep(0)
    await until(lambda: dialog.pipe.idle)
    assert handler.infos == [b"mine"]
    assert house.endpoint.counters.strays == 1
    assert not dialog.ended


async def test_answers_that_come_together_let_out_what_waits(house: House) -> None:
    peer, call = await peer_of(house), Call()
    await peer.call(call)
    _, dialog = only(house)
    window = house.endpoint.pipeline_settings.window
    bodies = [b"%d" % number for number in range(3 * window)]
    dialog.push(bodies)
    heard: list[bytes] = []
    while len(heard) < len(bodies):
        infos = [await peer.read_request("INFO") for _ in range(window)]
        heard += [info.body for info in infos]
        peer.send(b"".join(answer(info).serialize() for info in infos))
    assert heard == bodies
    await until(lambda: dialog.pipe.idle)


async def test_an_answer_to_somebody_elses_info_is_nobodys(house: House) -> None:
    address = await house.endpoint.listen("TCP", "127.0.0.1", 0)
    peer, other, call = await Peer.connect(address), await Peer.connect(address), Call()
    await peer.call(call)
    await other.call(Call("bob"))
    dialog = house.handlers[0].dialog
    assert dialog is not None
    dialog.push([b"x"])
    info = await peer.read_request("INFO")
    other.send(answer(info))
    other.send(Call("bob").request("OPTIONS"))
    await other.read_response(200)
    assert not dialog.pipe.idle
    peer.send(answer(info))
    await until(lambda: dialog.pipe.idle)


@pytest.mark.parametrize("spelling", ["v: ", "VIA: ", "Via:  "])
async def test_answers_to_infos_count_however_they_spell_via(house: House, spelling: str) -> None:
    peer, call = await peer_of(house), Call()
    await peer.call(call)
    _, dialog = only(house)
    dialog.push([b"x"])
    response = answer(await peer.read_request("INFO")).serialize()
    peer.send(response.replace(b"Via: ", spelling.encode()))
    await until(lambda: dialog.pipe.idle)


async def test_an_answer_from_another_connection_does_not_count(house: House) -> None:
    peer, call = await peer_of(house), Call()
    eve = await Peer.connect(await house.endpoint.listen("TCP", "127.0.0.1", 0))
    await peer.call(call)
    handler, dialog = only(house)
    dialog.push([b"x"])
    response = answer(await peer.read_request("INFO"), 481)
    for spelling in (b"Via: ", b"v: "):
        eve.send(response.serialize().replace(b"Via: ", spelling), Call().request("OPTIONS"))
        await eve.read_response(200)
    assert not handler.ended


async def test_bye_ends_it_once_and_what_comes_later_is_481(house: House) -> None:
    peer, call = await peer_of(house), Call()
    await peer.call(call)
    peer.send(call.request("BYE"))
    await peer.read_response(200)
    handler, dialog = only(house)
    assert handler.ended == ["BYE from the client"]
    dialog.push([b"never sent"])
    dialog.bye()
    peer.send(call.request("INFO"))
    await peer.read_response(481)
    peer.close()
    await until(lambda: house.endpoint.connection_count == 0)
    assert len(handler.ended) == 1


async def test_a_lost_connection_ends_its_dialogs_once(house: House) -> None:
    peer = await peer_of(house)
    for _ in range(3):
        await peer.call(Call())
    peer.close()
    await until(lambda: not len(house.endpoint.dialogs))
    assert [handler.ended for handler in house.handlers] == [["connection lost"]] * 3
    assert not house.endpoint._pipes


@pytest.mark.parametrize("status", [481, 487, 408])
async def test_a_client_that_does_not_know_the_dialog_ends_it(house: House, status: int) -> None:
    peer = await peer_of(house)
    await peer.call(Call())
    handler, dialog = only(house)
    dialog.push([b"x", b"y"])
    peer.send(answer(await peer.read_request("INFO"), status))
    await until(lambda: handler.ended)
    assert handler.ended == [f"answered {status}"]


async def test_our_bye_says_why_and_is_the_last_thing_said(house: House) -> None:
    peer = await peer_of(house)
    await peer.call(Call())
    handler, dialog = only(house)
    dialog.push([b"x"])
    dialog.bye("server stops")
    dialog.push([b"y"])
    await peer.read_request("INFO")
    bye = await peer.read_request("BYE")
    assert 'text="server stops"' in (bye.headers.get("Reason") or "")
    peer.send(answer(bye), Call().request("OPTIONS"))
    await peer.read_response(200)
    assert handler.ended == ["server stops"]


async def test_nobody_else_may_speak_in_the_dialog(house: House) -> None:
    peer, call = await peer_of(house), Call()
    await peer.call(call)
    call.who = "eve"
    for method in ("INFO", "BYE", "UPDATE"):
        peer.send(call.request(method))
        await peer.read_response(403)
    peer.send(call.request("ACK"))  # is never answered, whoever sends it
    call.who = "alice"
    peer.send(call.request("INFO", body=b"mine"))
    await peer.read_response(200)
    assert only(house)[0].infos == [b"mine"]


async def test_another_tag_of_the_caller_is_another_dialog(house: House) -> None:
    peer, call = await peer_of(house), Call()
    await peer.call(call)
    request = call.request("INFO")
    request.headers.set("From", "<sip:alice@example.com>;tag=other")
    peer.send(request)
    await peer.read_response(481)


async def test_an_unknown_method_is_405_with_what_is_known(house: House) -> None:
    peer, call = await peer_of(house), Call()
    await peer.call(call)
    peer.send(call.request("REFER"))
    response = await peer.read_response(405)
    assert "INFO" in (response.headers.get("Allow") or "")
    peer.send(call.request("OPTIONS"))
    assert (await peer.read_response(200)).headers.get("Allow")


async def test_what_is_said_to_be_possible_is(house: House) -> None:
    peer, call = await peer_of(house), Call()
    await peer.call(call)
    peer.send(call.request("OPTIONS"))
    told = await peer.read_response(200)
    types = [one for one in told.tokens("Accept") if one != "application/sdp"]
    answered = (await peer.call(Call("bob"))).body.decode()
    assert f"a=accept-types:{' '.join(types)}\r\n" in answered
    assert all(is_accepted_type(one) for one in types)
    for method in told.tokens("Allow"):
        if method not in ("ack", "cancel", "bye"):
            peer.send(call.request(method.upper()))
            await peer.read_response(200)
    peer.send(call.request("BYE"))
    await peer.read_response(200)


async def test_a_lower_cseq_is_500_and_changes_nothing(house: House) -> None:
    peer, call = await peer_of(house), Call()
    await peer.call(call)
    peer.send(call.request("INFO", cseq=50, body=b"50"), call.request("INFO", cseq=49, body=b"49"))
    await peer.read_response(200)
    await peer.read_response(500)
    assert only(house)[0].infos == [b"50"]


REFUSED = {
    "no message session": (
        488,
        "application/sdp",
        b"v=0\r\no=- 0 0 IN IP4 h\r\ns=s\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n",
    ),
    "no SDP": (400, "application/sdp", b"hello"),
    "another type": (415, "text/html", b"<p>hello"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_offers_that_are_refused(house: House, what: str) -> None:
    status, kind, body = REFUSED[what]
    peer, call = await peer_of(house), Call()
    invite = call.request("INVITE", body=body, content_type=kind)
    peer.send(invite)
    response = await peer.read_response(status)
    assert (response.headers.get("Accept") == "application/sdp") is (status == 415)
    peer.send(call.request("ACK", branch=invite.via.branch), Call().request("OPTIONS"))
    await peer.read_response(200)
    assert house.handlers[0].dialog is None
    assert not len(house.endpoint.dialogs)


@pytest.mark.parametrize("bad", [("Contact", "<tel:+1>"), ("Record-Route", "<tel:+1>"), ("Record-Route", "<sip:>")])
async def test_where_the_dialog_would_lead_nowhere_it_is_refused(house: House, bad: tuple[str, str]) -> None:
    peer, call = await peer_of(house), Call()
    invite = call.request("INVITE")
    invite.headers.set(*bad)
    peer.send(invite, Call().request("OPTIONS"))
    response = await peer.read()
    assert isinstance(response, Response)
    assert response.status in (400, 416)
    await peer.read_response(200)
    assert not len(house.endpoint.dialogs)


async def test_an_interval_too_small_is_422_and_says_how_long(house: House) -> None:
    peer = await peer_of(house)
    peer.send(Call().request("INVITE", ("Supported", "timer"), ("Session-Expires", "30")))
    response = await peer.read_response(422)
    assert response.headers.get("Min-SE") == "180"


async def test_an_interval_nobody_would_wait_for_is_refused(house: House) -> None:
    peer = await peer_of(house)
    peer.send(Call().request("INVITE", ("Supported", "timer"), ("Min-SE", "9999999")))
    assert (await peer.read_response(400)).reason == "Min-SE Above 7200"
    response = await peer.call(Call(), ("Supported", "timer"), ("Session-Expires", "9999999"), ("Min-SE", "7200"))
    assert (response.headers.get("Session-Expires") or "").startswith("7200;")


async def test_a_session_nobody_refreshes_is_hung_up() -> None:
    clock = Clock()
    async with House(clock=clock) as house:
        peer, call = await peer_of(house), Call()
        await peer.call(call, ("Session-Expires", "200"))
        clock.now += 120
        peer.send(call.request("UPDATE"))
        response = await peer.read_response(200)
        assert (response.headers.get("Session-Expires") or "").startswith("200;")
        clock.now += 120
        peer.send(call.request("INVITE", body=SDP, content_type="application/sdp"))
        response = await peer.read_response(200)
        assert b"m=message" in response.body
        peer.send(call.request("ACK"))
        clock.now += 199
        peer.send(call.request("OPTIONS"))
        await peer.read_response(200)
        clock.now += 201
        await peer.read_request("BYE")
        assert only(house)[0].ended == ["session expired"]


async def test_a_session_may_end_without_a_bye() -> None:
    clock = Clock()
    async with House(clock=clock) as house:
        peer, call = await peer_of(house), Call()
        await peer.call(call, ("Session-Expires", "200"))
        only(house)[1].ends_with_bye = False
        clock.now += 201
        await until(lambda: bool(only(house)[0].ended))
        peer.send(call.request("UPDATE"))
        await peer.read_response(481)


async def test_a_refresh_may_change_interval_and_target(house: House) -> None:
    peer, call = await peer_of(house), Call()
    await peer.call(call)
    update = call.request("UPDATE", ("Supported", "timer"), ("Session-Expires", "600"))
    update.headers.set("Contact", "<sip:alice@192.0.2.55>")
    peer.send(update)
    response = await peer.read_response(200)
    assert (response.headers.get("Session-Expires") or "").startswith("600;")
    only(house)[1].push([b"x"])
    assert (await peer.read_request("INFO")).uri == "sip:alice@192.0.2.55"
    peer.send(call.request("UPDATE", ("Supported", "timer"), ("Session-Expires", "10")))
    assert (await peer.read_response(422)).headers.get("Min-SE") == "180"


async def test_a_caller_who_leaves_refreshing_to_us_is_refreshed() -> None:
    clock = Clock()
    async with House(clock=clock) as house:
        peer, call = await peer_of(house), Call()
        await peer.call(call, ("Supported", "timer"), ("Session-Expires", "200;refresher=uas"))
        for status in (200, 501):
            clock.now += 101
            update = await peer.read_request("UPDATE")
            assert update.headers.get("Session-Expires") == "200;refresher=uac"
            peer.send(answer(update, status), Call().request("OPTIONS"))
            await peer.read_response(200)
        clock.now += 101
        peer.send(answer(await peer.read_request("UPDATE"), 481))
        await until(lambda: only(house)[0].ended)


async def test_an_acceptance_is_said_again_until_its_ack_comes() -> None:
    """Over TCP too: the next hop may go on over UDP (RFC 3261 section 13.3.1.4)."""
    clock = Clock()
    async with House(clock=clock) as house:
        peer, call = await peer_of(house), Call()
        peer.send(call.request("INVITE", body=SDP, content_type="application/sdp"))
        first = await peer.read_response(200)
        for seconds in (1.1, 2.1, 4.1, 4.1):
            clock.now += seconds
            assert await peer.read_response(200) == first
        call.remote_tag = first.to.tag
        peer.send(call.request("ACK"), call.request("INFO"))
        assert (await peer.read_response(200)).cseq.method == "INFO"
        clock.now += 60
        peer.send(call.request("OPTIONS"))
        assert (await peer.read_response(200)).cseq.method == "OPTIONS"


async def test_without_ack_it_is_hung_up() -> None:
    clock = Clock()
    async with House(clock=clock) as house:
        peer, call = await peer_of(house), Call()
        peer.send(call.request("INVITE"))
        await peer.read_response(200)
        clock.now += 33
        await peer.read_response(200)
        await peer.read_request("BYE")
        assert only(house)[0].ended == ["no ACK"]


async def test_a_dialog_that_has_an_end_is_hung_up_then() -> None:
    clock = Clock()
    async with House(clock=clock) as house:
        peer, call = await peer_of(house), Call()
        await peer.call(call)
        handler, dialog = only(house)
        dialog.ends_at = clock.now + 60
        clock.now += 59
        peer.send(call.request("OPTIONS"))
        await peer.read_response(200)
        dialog.handle_timer(clock.now)
        assert not handler.ended
        clock.now += 1
        await peer.read_request("BYE")
        assert handler.ended == ["open for too long"]


@pytest.mark.parametrize("answered", [None, 408])
async def test_a_client_that_answers_nothing_is_hung_up_and_keeps_its_connection(answered: int | None) -> None:
    """It may be there again, and would take itself for connected (RFC 3261 section 12.2.1.2)."""
    clock = Clock()
    async with House(clock=clock) as house:
        peer = await peer_of(house)
        await peer.call(Call())
        handler, dialog = only(house)
        dialog.push([b"x"])
        info = await peer.read_request("INFO")
        if answered is None:
            clock.now += 33
        else:
            peer.send(answer(info, answered))
        peer.send(answer(await peer.read_request("BYE")))
        assert len(handler.ended) == 1
        peer.send(Call().request("OPTIONS"))
        await peer.read_response(200)


async def test_a_client_that_leaves_a_refresh_unanswered_is_hung_up() -> None:
    clock = Clock()
    async with House(clock=clock) as house:
        peer = await peer_of(house)
        await peer.call(Call(), ("Supported", "timer"), ("Session-Expires", "200;refresher=uas"))
        clock.now += 101
        peer.send(answer(await peer.read_request("UPDATE"), 408))
        await peer.read_request("BYE")
        assert only(house)[0].ended == ["no answer to UPDATE"]


async def test_a_client_that_a_bye_would_send_away_loses_its_connection_instead() -> None:
    clock = Clock()
    async with House(clock=clock) as house:
        peer = await peer_of(house)
        await peer.call(Call())
        handler, dialog = only(house)
        dialog.ends_with_bye = False
        dialog.push([b"x"])
        await peer.read_request("INFO")
        clock.now += 33
        assert await peer.at_end()
        assert handler.ended == ["no answer to INFO"]


async def test_a_client_that_does_not_know_the_dialog_is_not_told_of_it() -> None:
    async with House() as house:
        peer = await peer_of(house)
        await peer.call(Call())
        handler, dialog = only(house)
        dialog.push([b"x"])
        peer.send(answer(await peer.read_request("INFO"), 481))
        await until(lambda: handler.ended)
        peer.send(Call().request("OPTIONS"))
        await peer.read_response(200)


async def test_too_much_waiting_costs_the_connection() -> None:
    async with House() as house:
        peer = await peer_of(house)
        await peer.call(Call())
        handler, dialog = only(house)
        dialog.push([b"x"] * 5000)
        assert handler.ended
        await until(lambda: house.endpoint.connection_count == 0)


async def test_one_dialog_that_fails_does_not_stop_the_clock_of_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()

    class Broken:
        def receive(self, incoming: object) -> None: ...

        def handle_timer(self, now: float) -> None:
            raise ValueError("broken")

    async with House(clock=clock) as house:
        house.endpoint.dialogs.add("a", "b", Broken())
        peer = await peer_of(house)
        await peer.call(Call(), ("Session-Expires", "200"))
        clock.now += 201
        await peer.read_request("BYE")
        house.endpoint.dialogs.remove("a", "b")
    assert "broken" in caplog.text
