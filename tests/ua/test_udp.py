"""SIP over UDP: what is lost is said again, what is said twice is heard once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from parlour.sip.framing import parse_datagram
from parlour.sip.limits import SipLimits
from parlour.sip.message import Request, Response, parse_message
from parlour.ua.endpoint import Endpoint
from parlour.ua.udp import UdpListener
from tests.ua.peers import SDP, Call, House, answer, until


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes] = asyncio.Queue()
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.queue.put_nowait(data)

    def send(self, message: Request | Response | bytes) -> None:
        self.transport.sendto(message if isinstance(message, bytes) else message.serialize())

    async def read(self) -> Request | Response:
        frame = parse_datagram(await asyncio.wait_for(self.queue.get(), 60))
        assert frame is not None
        return parse_message(*frame)


async def client_of(house: House, host: str = "127.0.0.1") -> Datagrams:
    address = await house.endpoint.listen("UDP", host, 0)
    made = Datagrams()
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: made, remote_addr=address)
    return made


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_repeated_request_is_handled_once_and_answered_each_time(house: House, host: str) -> None:
    client = await client_of(house, host)
    request = Call(transport="UDP").request("OPTIONS")
    client.send(request)
    first = await client.read()
    client.send(request)
    assert await client.read() == first
    assert len(house.requests) == 1
    client.transport.close()


async def test_malformed_datagrams_are_answered_if_they_can_be(house: House) -> None:
    client = await client_of(house)
    client.send(b"\x00\x00\x00\x00")
    client.send(b"\r\n\r\n")
    client.send(b"hello")
    client.send(bytes.fromhex("000100002112a442") + b"STUN Binding")
    client.send(Call(transport="UDP").request("OPTIONS").serialize().replace(b"Length: 0", b"Length: 99"))
    response = await client.read()
    assert isinstance(response, Response)
    assert response.status == 400
    assert client.queue.empty()
    client.transport.close()


async def test_200_and_infos_are_repeated_until_they_are_answered() -> None:
    now = [100.0]
    async with House(clock=lambda: now[0]) as house:
        client = await client_of(house)
        call = Call(transport="UDP")
        invite = call.request("INVITE", body=SDP, content_type="application/sdp")
        client.send(invite)
        first = await client.read()
        client.send(invite)
        now[0] += 1.1
        assert await client.read() == first
        call.remote_tag = first.to.tag
        client.send(call.request("ACK"))
        await until(lambda: house.requests[-1].request.method == "ACK")
        (handler,) = house.handlers
        dialog = handler.dialog
        assert dialog is not None
        dialog.push([b"one"])
        info = await client.read()
        dialog.push([b"two"])
        now[0] += 1.1
        assert await client.read() == info
        assert info.body == b"one"
        assert client.queue.empty()
        assert isinstance(info, Request)
        client.send(answer(info))
        info = await client.read()
        assert isinstance(info, Request)
        assert info.body == b"two"
        client.send(answer(info))
        await until(lambda: dialog.pipe.idle)
        client.transport.close()


async def test_a_peer_silent_for_a_quarter_of_an_hour_is_forgotten() -> None:
    now = [100.0]
    async with House(clock=lambda: now[0]) as house:
        client = await client_of(house)
        client.send(Call(transport="UDP").request("OPTIONS"))
        await client.read()
        assert house.endpoint.connection_count == 1
        now[0] += 901.0
        await until(lambda: house.endpoint.connection_count == 0)
        client.transport.close()


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> UdpListener:
    """It has room for ten peers."""
    monkeypatch.setattr("parlour.ua.udp._MAX_PEERS", 10)
    return UdpListener(Endpoint(lambda incoming: None), SipLimits(), lambda: 100.0)


def test_who_has_signed_in_is_not_driven_out_by_strangers(listener: UdpListener) -> None:
    known = [listener.peer(("192.0.2.1", port)) for port in range(6)]
    for peer in known:
        peer.trusted = True
    strangers = [listener.peer(("198.51.100.7", port)) for port in range(100)]
    assert not any(peer.closed for peer in known)
    assert [peer.closed for peer in strangers] == [True] * 96 + [False] * 4


def test_the_longest_silent_stranger_goes_first(listener: UdpListener) -> None:
    first, second, *_ = [listener.peer(("198.51.100.7", port)) for port in range(10)]
    assert listener.peer(first.peer) is first
    listener.peer(("198.51.100.7", 10))
    assert (first.closed, second.closed) == (False, True)


def test_where_all_have_signed_in_one_is_forgotten_however_many_come(listener: UdpListener) -> None:
    known = [listener.peer(("192.0.2.1", port)) for port in range(10)]
    for peer in known:
        peer.trusted = True
    for port in range(100):
        listener.peer(("198.51.100.7", port))
    assert [peer.closed for peer in known] == [True] + [False] * 9
    assert len(listener._strangers) == 1


async def test_udp_peers_can_be_written_to_first() -> None:
    async with House() as callee, House() as caller:
        address = await callee.endpoint.listen("UDP", "127.0.0.1", 0)
        with pytest.raises(OSError, match="no UDP listener"):
            await caller.endpoint.connect("UDP", *address)
        await caller.endpoint.listen("UDP", "127.0.0.1", 0)
        connection = await caller.endpoint.connect("UDP", *address)
        got: list[Response | None] = []
        request = Call(transport="UDP").request("OPTIONS")
        request.headers.remove("Via")
        caller.endpoint.send_request(request, connection, got.append)
        await until(lambda: got)
        assert got[0] is not None
        assert got[0].status == 200
