"""The endpoint over real sockets of this machine: framing, answers, transactions, connections that fail."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from parlour.sip.message import Request, Response
from parlour.ua.connection import Connection, ConnectionSettings
from parlour.ua.endpoint import EndpointSettings
from tests.ua.peers import Call, House, Peer, answer, contexts, until


async def peer_of(house: House, host: str = "127.0.0.1") -> Peer:
    return await Peer.connect(await house.endpoint.listen("TCP", host, 0))


async def become_known(house: House, peer: Peer) -> None:
    """Whoever has not proven who he is may send no large bodies."""
    peer.send(Call().request("OPTIONS"))
    await peer.read_response(200)
    assert house.requests[-1].connection.trusted


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_request_over_tcp_is_answered(house: House, host: str) -> None:
    peer = await peer_of(house, host)
    peer.send(Call().request("OPTIONS"))
    response = await peer.read_response(200)
    assert response.to.tag
    connection = house.requests[0].connection
    assert (connection.transport, connection.secure, connection.reliable) == ("TCP", False, True)
    assert connection.peer == (host, peer.port)
    assert ("[::1]:" in connection.sent_by) is (host == "::1")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_request_over_tls_is_answered(house: House, host: str, tmp_path: Path) -> None:
    server, client = contexts(tmp_path)
    peer = await Peer.connect(await house.endpoint.listen("TLS", host, 0, server), client)
    await become_known(house, peer)
    big = Call().request("MESSAGE", body=b"x" * 200_000)
    peer.send(big)
    await peer.read_response(200)
    incoming = house.requests[1]
    assert incoming.request.body == big.body
    assert (incoming.connection.transport, incoming.connection.secure) == ("TLS", True)


async def test_plain_bytes_to_a_tls_port_lose_the_connection_only(house: House, tmp_path: Path) -> None:
    server, client = contexts(tmp_path)
    address = await house.endpoint.listen("TLS", "127.0.0.1", 0, server)
    plain = await Peer.connect(address)
    plain.send(Call().request("OPTIONS"))
    plain.send(b"\r\n\r\n")
    peer = await Peer.connect(address, client)
    peer.send(Call().request("OPTIONS"))
    await peer.read_response(200)


async def test_a_listener_says_at_once_that_its_context_is_missing(house: House) -> None:
    with pytest.raises(ValueError, match="TLS"):
        await house.endpoint.listen("TLS", "127.0.0.1", 0)
    with pytest.raises(ValueError, match="WS"):
        await house.endpoint.connect("WS", "127.0.0.1", 1)


async def test_bytes_one_at_a_time(house: House) -> None:
    peer = await peer_of(house)
    for byte in Call().request("MESSAGE", body=b"hello").serialize():
        peer.send(bytes([byte]))
        await asyncio.sleep(0)
    await peer.read_response(200)
    assert house.requests[0].request.body == b"hello"


async def test_many_requests_in_one_segment_are_answered_in_order(house: House) -> None:
    peer = await peer_of(house)
    call = Call()
    peer.send(b"".join(call.request("OPTIONS").serialize() for _ in range(50)))
    numbers = [(await peer.read_response(200)).cseq.number for _ in range(50)]
    assert numbers == list(range(1, 51))


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 262_144])
async def test_bodies_of_64_kib_and_more(house: House, size: int) -> None:
    peer = await peer_of(house)
    await become_known(house, peer)
    peer.send(Call().request("MESSAGE", body=b"y" * size))
    await peer.read_response(200)
    assert len(house.requests[1].request.body) == size


async def test_a_stranger_does_not_fill_our_memory(house: House) -> None:
    peer = await peer_of(house)
    peer.send(Call().request("MESSAGE", body=b"y" * (32 * 1024 + 1)))
    await peer.read_response(413)
    assert await peer.reader.read() == b""


async def test_a_keep_alive_is_answered(house: House) -> None:
    peer = await peer_of(house)
    peer.send(b"\r\n\r\n")
    assert await asyncio.wait_for(peer.reader.readexactly(2), 60) == b"\r\n"
    peer.send(b"\r\n", Call().request("OPTIONS"))  # a lone CRLF before a request means nothing
    await peer.read_response(200)


MALFORMED = {
    "no Call-ID": (b"Call-ID: ", b"X-Call-ID: "),
    "another method in CSeq": (b"CSeq: 1 OPTIONS", b"CSeq: 1 INFO"),
    "two From": (b"\r\nTo:", b"\r\nFrom: <sip:eve@example.com>;tag=2\r\nTo:"),
    "a header without colon": (b"\r\nTo:", b"\r\nnonsense\r\nTo:"),
    "another version": (b" SIP/2.0\r\nVia", b" SIP/3.0\r\nVia"),
    "Max-Forwards is no number": (b"Max-Forwards: 70", b"Max-Forwards: many"),
    "too many headers": (b"\r\nTo:", b"\r\nX-More: 1" * 130 + b"\r\nTo:"),
    "a long header": (b"\r\nTo:", b"\r\nX-More: " + b"1" * 9000 + b"\r\nTo:"),
}


@pytest.mark.parametrize("what", MALFORMED)
async def test_a_malformed_request_is_answered_and_the_connection_goes_on(house: House, what: str) -> None:
    peer = await peer_of(house)
    old, new = MALFORMED[what]
    data = Call().request("OPTIONS").serialize()
    assert old in data
    peer.send(data.replace(old, new, 1))
    if what == "no Call-ID":
        # An answer cannot be formed (RFC 3261 section 8.2.6.2): the sender is told goodbye instead.
        assert await peer.at_end()
        return
    response = await peer.read()
    assert isinstance(response, Response)
    assert response.status == (505 if what == "another version" else 400)
    assert response.reason
    assert response.to.tag
    peer.send(Call().request("OPTIONS"))
    await peer.read_response(200)
    assert len(house.requests) == 1


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\r\n\r\n"], ids=["http", "tls"]
)
async def test_what_is_no_sip_at_all_closes_the_connection(
    house: House, garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    peer = await peer_of(house)
    with caplog.at_level("WARNING"):
        peer.send(garbage)
        assert await peer.at_end()
    assert len([one for one in caplog.records if one.name.startswith("parlour.")]) == 1
    assert house.endpoint.counters.malformed == 1


@pytest.mark.parametrize("start", [b"SIP/2.0 200 OK\r\n", b"ACK sip:x SIP/2.0\r\n"])
async def test_a_malformed_response_or_ack_is_dropped(house: House, start: bytes) -> None:
    peer = await peer_of(house)
    peer.send(start + b"Via: nonsense\r\n\r\n", Call().request("OPTIONS"))
    await peer.read_response(200)


async def test_a_length_that_is_no_number_is_answered_400_and_the_connection_closed(house: House) -> None:
    peer = await peer_of(house)
    good = Call().request("OPTIONS").serialize()
    bad = Call().request("OPTIONS").serialize().replace(b"Content-Length: 0", b"Content-Length: ten")
    peer.send(good + bad)
    await peer.read_response(200)
    await peer.read_response(400)
    assert await peer.at_end()


async def test_an_announced_giant_is_answered_413_before_it_is_read(house: House) -> None:
    peer = await peer_of(house)
    peer.send(Call().request("MESSAGE").serialize().replace(b"Content-Length: 0", b"Content-Length: 99999999"))
    await peer.read_response(413)
    assert await peer.at_end()


async def test_an_endless_head_is_answered_513(house: House) -> None:
    peer = await peer_of(house)
    head = Call().request("OPTIONS").serialize().partition(b"\r\n\r\n")[0]
    peer.send(head + b"\r\nX-More: 12345678901234567890" * 5000)
    await peer.read_response(513)
    assert not house.requests


async def test_an_endless_first_line_closes_the_connection(house: House) -> None:
    peer = await peer_of(house)
    peer.send(b"x" * 70_000)
    await until(lambda: house.requests or house.endpoint.counters.malformed)
    await until(lambda: house.endpoint.connection_count == 0)


async def test_a_slow_reader_loses_its_own_connection_and_nobody_elses() -> None:
    settings = EndpointSettings(connection=ConnectionSettings(write_high=1 << 16, write_limit=1 << 20))
    async with House(settings) as house:
        address = await house.endpoint.listen("TCP", "127.0.0.1", 0)
        slow, quick = await Peer.connect(address), await Peer.connect(address)
        slow.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.send(Call("slow").request("OPTIONS"))
        await slow.read_response(200)
        connection = house.requests[0].connection
        lost = asyncio.Event()
        connection.add_close_callback(lambda _: lost.set())
        for _ in range(20_000):
            connection.send(bytes(1000))
            if connection.closed:
                break
        await asyncio.wait_for(lost.wait(), 60)
        connection.send(b"goes nowhere")
        quick.send(Call("quick").request("OPTIONS"))
        await quick.read_response(200)
        assert house.endpoint.connection_count == 1


async def test_what_was_written_before_close_arrives() -> None:
    async with House(EndpointSettings(connection=ConnectionSettings(linger=60.0))) as house:
        peer = await peer_of(house)
        peer.send(Call().request("OPTIONS"))
        await peer.read_response(200)
        connection = house.requests[0].connection
        connection.send(bytes(1_000_000))
        connection.close()
        connection.close()
        received = 0
        while data := await peer.reader.read(65536):
            received += len(data)
        assert received == 1_000_000


async def test_closing_a_connection_that_does_not_read_takes_a_moment_only() -> None:
    settings = EndpointSettings(connection=ConnectionSettings(linger=0.05))
    async with House(settings) as house:
        peer = await peer_of(house)
        peer.send(Call().request("OPTIONS"))
        await peer.read_response(200)
        connection = house.requests[0].connection
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection.send(bytes(4_000_000))
        lost = asyncio.Event()
        connection.add_close_callback(lambda _: lost.set())
        connection.close()
        await asyncio.wait_for(lost.wait(), 60)


async def test_a_stranger_who_says_nothing_is_shown_out() -> None:
    now = [1000.0]
    async with House(clock=lambda: now[0]) as house:
        address = await house.endpoint.listen("TCP", "127.0.0.1", 0)
        known, stranger = await Peer.connect(address), await Peer.connect(address)
        known.send(Call().request("OPTIONS"))
        await known.read_response(200)
        await until(lambda: house.endpoint.connection_count == 2)
        now[0] += 59.0
        await asyncio.sleep(0.3)
        assert house.endpoint.connection_count == 2
        now[0] += 2.0
        assert await stranger.at_end()
        known.send(Call().request("OPTIONS"))
        await known.read_response(200)


async def test_requests_of_ours_go_out_on_the_connection_the_client_opened(house: House) -> None:
    peer = await peer_of(house)
    peer.send(Call().request("OPTIONS"))
    await peer.read_response(200)
    got: list[int | None] = []
    request = Call("house").request("NOTIFY")
    request.headers.remove("Via")
    connection = house.requests[0].connection
    house.endpoint.send_request(request, connection, lambda r: got.append(r.status if r else None))
    notify = await peer.read_request("NOTIFY")
    assert notify.via.branch
    peer.send(answer(notify))
    await until(lambda: got)
    peer.send(answer(notify))  # once more: a stray
    await until(lambda: house.endpoint.counters.strays)
    assert got == [200]


async def test_a_lost_connection_answers_all_requests_under_way_with_none(house: House) -> None:
    peer = await peer_of(house)
    peer.send(Call().request("OPTIONS"))
    await peer.read_response(200)
    got: list[object] = []
    request = Call("house").request("NOTIFY")
    request.headers.remove("Via")
    house.endpoint.send_request(request, house.requests[0].connection, got.append)
    peer.close()
    await until(lambda: got)
    assert got == [None]


def under_way(house: House, connection: Connection, got: list[int | None], method: str = "INVITE") -> Any:
    """A request of ours with a large body; `got` gets the statuses of its answers, None for none."""
    request = Call("house").request(method, body=b"x" * 100_000, content_type="text/plain")
    request.headers.remove("Via")
    return house.endpoint.send_request(request, connection, lambda r: got.append(r.status if r else None))


async def test_an_invite_that_rings_on_after_cancel_is_given_up() -> None:
    now = [100.0]
    async with House(clock=lambda: now[0]) as house:
        peer = await peer_of(house)
        peer.send(Call().request("OPTIONS"))
        await peer.read_response(200)
        got: list[int | None] = []
        sending = under_way(house, house.requests[0].connection, got)
        invite = await peer.read_request("INVITE")
        sending.cancel()
        peer.send(answer(invite, 180))
        cancel = await peer.read_request("CANCEL")
        assert (cancel.via.branch, cancel.cseq.number) == (invite.via.branch, invite.cseq.number)
        peer.send(answer(cancel))
        sending.cancel()
        peer.send(answer(invite, 183))
        await until(lambda: got == [180, 183])
        now[0] += 31.5
        peer.send(answer(invite, 182))
        await until(lambda: got == [180, 183, 182])
        now[0] += 1.0
        await until(lambda: len(got) == 4)
        assert got[-1] is None
        assert len(house.endpoint._clients) == 0
        peer.send(Call().request("OPTIONS"))
        await peer.read_response(200)  # and no second CANCEL before it


@pytest.mark.parametrize("method", ["INVITE", "MESSAGE"])
async def test_what_waits_for_its_answer_over_tcp_holds_no_body(house: House, method: str) -> None:
    peer = await peer_of(house)
    peer.send(Call().request("OPTIONS"))
    await peer.read_response(200)
    got: list[int | None] = []
    sending = under_way(house, house.requests[0].connection, got, method)
    request = await peer.read_request(method)
    assert len(request.body) == 100_000
    assert (sending.head.body, sending.machine._last) == (b"", None)
    peer.send(answer(request, 486))
    await until(lambda: got)
    assert got == [486]


async def test_an_answer_on_another_connection_does_not_count(house: House) -> None:
    address = await house.endpoint.listen("TCP", "127.0.0.1", 0)
    peer, eve = await Peer.connect(address), await Peer.connect(address)
    peer.send(Call().request("OPTIONS"))
    await peer.read_response(200)
    got: list[object] = []
    request = Call("house").request("NOTIFY")
    request.headers.remove("Via")
    house.endpoint.send_request(request, house.requests[0].connection, got.append)
    notify = await peer.read_request("NOTIFY")
    eve.send(answer(notify))
    await until(lambda: house.endpoint.counters.strays)
    assert not got


# -- server transactions ---------------------------------------------------------------------------------------


async def test_a_cancel_of_nothing_is_answered_481(house: House) -> None:
    peer = await peer_of(house)
    peer.send(Call().request("CANCEL"))
    await peer.read_response(481)
    assert not house.requests


async def test_a_cancel_of_something_known_is_passed_up(house: House) -> None:
    peer, call = await peer_of(house), Call()
    house.silent = True
    invite = call.request("INVITE")
    peer.send(invite, call.request("CANCEL", branch=invite.via.branch, cseq=1))
    await until(lambda: len(house.requests) == 2)
    invited, cancelled = house.requests
    cancelled.respond(200)
    invited.respond(487)
    await peer.read_response(200)
    await peer.read_response(487)


async def test_a_repeated_invite_is_passed_up_once(house: House) -> None:
    peer, call = await peer_of(house), Call()
    house.silent = True
    invite = call.request("INVITE")
    peer.send(invite, invite, invite, call.request("INFO"))
    await until(lambda: house.requests[-1:] and house.requests[-1].request.method == "INFO")
    assert [one.request.method for one in house.requests] == ["INVITE", "INFO"]
    house.requests[0].respond(486)
    await peer.read_response(486)
    peer.send(invite)
    await peer.read_response(486)
    peer.send(call.request("ACK", branch=invite.via.branch, cseq=1), Call().request("OPTIONS"))
    await until(lambda: len(house.requests) == 3)
    assert house.requests[-1].request.method == "OPTIONS"


async def test_what_waits_on_one_connection_is_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parlour.ua.server_transactions.MAX_OPEN", 3)
    house.silent = True
    address = await house.endpoint.listen("TCP", "127.0.0.1", 0)
    peer, other = await Peer.connect(address), await Peer.connect(address)
    peer.send(*(Call().request("OPTIONS") for _ in range(4)))
    refused = await peer.read_response(503)
    assert refused.headers.get("Retry-After") == "5"
    assert (len(house.requests), len(house.endpoint._servers), house.endpoint.answers) == (3, 3, {503: 1})
    other.send(Call().request("OPTIONS"))
    await until(lambda: len(house.requests) == 4)
    house.requests[0].respond(200)
    await peer.read_response(200)
    peer.send(Call().request("OPTIONS"))
    await until(lambda: len(house.requests) == 5)


async def test_the_same_branch_of_two_clients_is_two_requests(house: House) -> None:
    address = await house.endpoint.listen("TCP", "127.0.0.1", 0)
    one, two = await Peer.connect(address), await Peer.connect(address)
    house.silent = True
    request = Call().request("OPTIONS", branch="z9hG4bKsame")
    for number, peer in enumerate((one, two), 1):
        peer.send(request)
        await until(lambda number=number: len(house.requests) == number)
    house.requests[1].respond(200)
    await two.read_response(200)


async def test_an_answer_to_a_lost_connection_goes_nowhere_and_nothing_is_kept(house: House) -> None:
    peer = await peer_of(house)
    house.silent = True
    peer.send(*[Call().request("OPTIONS") for _ in range(10)])
    await until(lambda: len(house.requests) == 10)
    assert len(house.endpoint._servers) == 10
    peer.close()
    await until(lambda: house.requests[0].connection.closed)
    assert len(house.endpoint._servers) == 0
    house.requests[0].respond(200)


async def test_a_final_answer_is_given_once(house: House) -> None:
    peer = await peer_of(house)
    house.silent = True
    peer.send(Call().request("OPTIONS"))
    await until(lambda: house.requests)
    house.requests[0].respond(183)
    house.requests[0].respond(200)
    with pytest.raises(RuntimeError):
        house.requests[0].respond(200)
    await peer.read_response(183)
    await peer.read_response(200)


async def test_rport_is_filled_in_and_other_vias_stay(house: House) -> None:
    peer = await peer_of(house)
    request = Call().request("OPTIONS", ("Via", "SIP/2.0/TCP other.example.com;branch=z9hG4bKother"))
    request.headers.replace_all(
        "Via", [f"SIP/2.0/TCP h;rport;branch=z9hG4bK{peer.port}", *request.headers.get_all("Via")[1:]]
    )
    peer.send(request)
    response = await peer.read_response(200)
    assert [via.host for via in response.vias] == ["h", "other.example.com"]
    assert response.via.params["rport"] == str(peer.port)
    assert response.via.params["received"] == "127.0.0.1"


# -- the end ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("many_files")
async def test_a_thousand_idle_connections_are_closed_cleanly() -> None:
    async with House() as house:
        address = await house.endpoint.listen("TCP", "127.0.0.1", 0)
        peers = [await Peer.connect(address) for _ in range(1000)]
        await until(lambda: house.endpoint.connection_count == 1000)
        await house.endpoint.close()
        assert house.endpoint.connection_count == 0
        assert all([await peer.at_end() for peer in peers])


async def test_close_ends_dialogs_connections_listeners_and_timers(tmp_path: Path) -> None:
    house = House()
    server, client = contexts(tmp_path)
    tcp = await house.endpoint.listen("TCP", "127.0.0.1", 0)
    tls = await house.endpoint.listen("TLS", "127.0.0.1", 0, server)
    await house.endpoint.listen("UDP", "127.0.0.1", 0)
    peers = [await Peer.connect(tcp), await Peer.connect(tls, client)]
    for peer in peers:
        await peer.call(Call())
    await house.endpoint.close()
    assert [handler.ended for handler in house.handlers] == [["connection lost"]] * 2
    assert house.endpoint._ticker is None
    assert not house.endpoint._pipes
    with pytest.raises(OSError):
        await Peer.connect(tcp)
    await house.endpoint.close()


async def test_connecting_out_and_being_answered() -> None:
    async with House() as callee, House() as caller:
        address = await callee.endpoint.listen("TCP", "127.0.0.1", 0)
        connection = await caller.endpoint.connect("TCP", *address)
        assert connection.trusted
        got: list[Response | None] = []
        request = Call().request("OPTIONS")
        request.headers.remove("Via")
        caller.endpoint.send_request(request, connection, got.append)
        await until(lambda: got)
        assert got[0] is not None
        assert got[0].status == 200


def test_a_context_allows_no_old_tls(tmp_path: Path) -> None:
    assert contexts(tmp_path)[0].minimum_version is ssl.TLSVersion.TLSv1_2
    assert isinstance(Call().request("OPTIONS"), Request)
