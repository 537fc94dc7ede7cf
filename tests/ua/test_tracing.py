"""A tracer sees every message, whatever carries it and whichever way it goes out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest
from websockets.asyncio.client import connect

from parlour.sip.framing import Frame
from parlour.ua.connection import Connection
from parlour.ua.websocket import split_messages
from tests.ua.peers import Call, House, Peer, answer
from tests.ua.test_udp import client_of
from tests.ua.test_websocket import ask, url


class Spy:
    """First words of what went by, `<` towards us, `>` away from us."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def received(self, connection: Connection, frames: Sequence[Frame]) -> None:
        self.seen += [f"{connection.transport} < {_words(frame.head)}" for frame in frames if frame.head]

    def sent(self, connection: Connection, data: bytes) -> None:
        self.seen += [f"{connection.transport} > {_words(message)}" for message in split_messages(data)]


def _words(message: bytes) -> str:
    words = message.split(b"\r\n")[0].decode().split(" ")
    return " ".join(words[:2] if words[0] == "SIP/2.0" else words[:1])


@pytest.fixture
def spy() -> Spy:
    return Spy()


@pytest.fixture
async def traced(spy: Spy) -> AsyncIterator[House]:
    async with House(tracer=spy) as house:
        yield house


async def test_a_dialog_with_pushed_infos(traced: House, spy: Spy) -> None:
    peer = await Peer.connect(await traced.endpoint.listen("TCP", "127.0.0.1", 0))
    call = Call()
    await peer.call(call)
    peer.send(call.request("INFO", body=b"hi"))
    await peer.read_response(200)
    dialog = traced.handlers[0].dialog
    assert dialog is not None
    dialog.push([b"one", b"two"])
    for _ in range(2):
        peer.send(answer(await peer.read_request("INFO")))
    peer.send(call.request("BYE"))
    await peer.read_response(200)
    assert [one.removeprefix("TCP ") for one in spy.seen] == [
        "< INVITE",
        "> SIP/2.0 200",
        "< ACK",
        "< INFO",
        "> SIP/2.0 200",
        "> INFO",
        "> INFO",
        "< SIP/2.0 200",
        "< SIP/2.0 200",
        "< BYE",
        "> SIP/2.0 200",
    ]


async def test_a_websocket(traced: House, spy: Spy) -> None:
    async with connect(await url(traced), subprotocols=["sip"]) as socket:  # type: ignore[list-item]
        assert await ask(socket, Call(transport="WS").request("OPTIONS")) == 200
    assert spy.seen == ["WS < OPTIONS", "WS > SIP/2.0 200"]


async def test_datagrams(traced: House, spy: Spy) -> None:
    client = await client_of(traced)
    client.send(Call(transport="UDP").request("OPTIONS"))
    await client.read()
    client.transport.close()
    assert spy.seen == ["UDP < OPTIONS", "UDP > SIP/2.0 200"]


async def test_what_is_malformed_is_seen_as_well(traced: House, spy: Spy) -> None:
    peer = await Peer.connect(await traced.endpoint.listen("TCP", "127.0.0.1", 0))
    peer.send(Call().request("OPTIONS").serialize().replace(b"1 OPTIONS", b"1 INVITE"))
    await peer.read_response(400)
    assert spy.seen == ["TCP < OPTIONS", "TCP > SIP/2.0 400"]
