"""SIP over WebSocket: RFC 7118 with an independent client, and what a hostile one gets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from parlour.sip.framing import parse_datagram
from parlour.sip.message import Request, Response, parse_message
from parlour.ua.websocket import split_messages
from tests.ua.peers import SDP, Call, House, answer, until


async def url(house: House, host: str = "127.0.0.1") -> str:
    address = await house.endpoint.listen("WS", host, 0)
    return f"ws://{'[::1]' if ':' in host else host}:{address[1]}/"


def sip(address: str, **more: Any) -> connect:
    return connect(address, subprotocols=["sip"], **more)  # type: ignore[list-item]


async def read(socket: ClientConnection) -> Request | Response:
    data = await asyncio.wait_for(socket.recv(), 60)
    frame = parse_datagram(data.encode() if isinstance(data, str) else data)
    assert frame is not None
    return parse_message(*frame)


async def ask(socket: ClientConnection, request: Request) -> int:
    await socket.send(request.serialize().decode())
    response = await read(socket)
    assert isinstance(response, Response)
    return response.status


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_request_is_answered(house: House, host: str) -> None:
    async with sip(await url(house, host)) as socket:
        assert socket.subprotocol == "sip"
        assert await ask(socket, Call(transport="WS").request("OPTIONS")) == 200
        assert house.requests[0].connection.transport == "WS"


@pytest.mark.parametrize("offered", [None, ["chat"]])
async def test_without_the_subprotocol_there_is_no_handshake(house: House, offered: Any) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(await url(house), subprotocols=offered)
    assert refused.value.response.status_code == 400


async def test_what_is_no_websocket_at_all_is_told_so(house: House) -> None:
    address = await house.endpoint.listen("WS", "127.0.0.1", 0)
    for data in (Call().request("OPTIONS").serialize(), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(data)
        received = await asyncio.wait_for(reader.read(), 60)
        assert received.startswith(b"HTTP/1.1 4") or not received
        writer.close()
        await writer.wait_closed()
    assert not house.requests


async def test_fragments_binary_messages_and_pings(house: House) -> None:
    async with sip(await url(house)) as socket:
        data = Call().request("MESSAGE", body=b"\xff\xfe\x00").serialize()
        await socket.send([data[:10], data[10:50], data[50:]])
        assert isinstance(await read(socket), Response)
        assert house.requests[0].request.body == b"\xff\xfe\x00"
        await asyncio.wait_for(await socket.ping(), 60)
        await socket.send("\r\n\r\n")
        assert await asyncio.wait_for(socket.recv(), 60) == "\r\n"


async def test_a_malformed_message_is_answered_and_the_connection_goes_on(house: House) -> None:
    async with sip(await url(house)) as socket:
        bad = Call().request("OPTIONS").serialize()
        for old, new in ((b"CSeq: 1 OPTIONS", b"CSeq: 1 INFO"), (b"Content-Length: 0", b"Content-Length: 9")):
            await socket.send(bad.replace(old, new).decode())
            response = await read(socket)
            assert isinstance(response, Response)
            assert response.status == 400
        assert await ask(socket, Call().request("OPTIONS")) == 200


async def test_nonsense_and_giants_close_it(house: House) -> None:
    address = await url(house)
    for message in ("hello\r\n\r\n", "x" * 500_000):
        async with sip(address) as socket:
            with pytest.raises(ConnectionClosed):
                await socket.send(message)
                await socket.recv()
            assert socket.close_code == (1009 if len(message) > 100 else 1000)
    await until(lambda: house.endpoint.connection_count == 0)


async def test_each_pushed_info_is_a_message_of_its_own(house: House) -> None:
    async with sip(await url(house)) as socket:
        call = Call(transport="WS")
        await socket.send(call.request("INVITE", body=SDP, content_type="application/sdp").serialize().decode())
        response = await read(socket)
        call.remote_tag = response.to.tag
        await socket.send(call.request("ACK").serialize().decode())
        dialog = house.handlers[0].dialog
        assert dialog is not None
        dialog.push([b"one", b"\xff", "zw\N{LATIN SMALL LETTER O WITH DIAERESIS}lf".encode()])
        for body in (b"one", b"\xff", "zw\N{LATIN SMALL LETTER O WITH DIAERESIS}lf".encode()):
            info = await read(socket)
            assert isinstance(info, Request)
            assert info.body == body
            await socket.send(answer(info).serialize().decode())
        await until(lambda: dialog.pipe.idle)
    await until(lambda: house.handlers[0].ended)


async def test_both_sides_may_close(house: House) -> None:
    address = await url(house)
    async with sip(address) as socket:
        await ask(socket, Call().request("OPTIONS"))
    await until(lambda: house.endpoint.connection_count == 0)
    async with sip(address) as socket:
        await ask(socket, Call().request("OPTIONS"))
        house.requests[-1].connection.close()
        await asyncio.wait_for(socket.wait_closed(), 60)
        assert socket.close_code == 1000


def test_joined_messages_are_taken_apart_again() -> None:
    one, two = Call().request("MESSAGE", body=b"a\r\n\r\nb").serialize(), Call().request("OPTIONS").serialize()
    assert split_messages(one + two + one) == [one, two, one]
    assert split_messages(b"\r\n") == [b"\r\n"]
