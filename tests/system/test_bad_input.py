"""What a real server does with nonsense, malice and bad manners; afterwards it still serves everybody else."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import socket
import struct
import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.interop.server import DOMAIN, Server
from tests.system.client import (
    NAMESPACE,
    PATIENCE,
    Chatter,
    Lost,
    Message,
    command,
    join_data,
    post_body,
    read_message,
    xccos,
)
from tests.system.conftest import Enter

IDLE_CONNECTIONS = 1000


@pytest_asyncio.fixture(autouse=True)
async def still_serving(shared: Server) -> AsyncIterator[None]:
    """After each test, people who arrive now can talk."""
    pid = shared.pid
    yield
    lobby = shared.room("Lobby")
    async with Chatter("alice") as alice, Chatter("bob") as bob:
        for person in (alice, bob):
            await person.open(shared.ports["sip"])
            await person.call(lobby)
        text = f"still there? {uuid.uuid4()}"
        assert (await alice.post(lobby, text)).status == 200
        await bob.hears(text)
    assert shared.pid == pid
    assert "Traceback" not in shared.log.read_text()


class Stranger:
    """A raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, data: bytes) -> Message:
        """Send; the next message that comes back."""
        self.writer.write(data)
        async with asyncio.timeout(PATIENCE):
            return await read_message(self.reader)

    async def is_closed(self) -> bool:
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(OSError):  # reset
                assert await self.reader.read(1) == b""
        return True


@contextlib.asynccontextmanager
async def stranger(server: Server) -> AsyncIterator[Stranger]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.ports["sip"])
    try:
        yield Stranger(reader, writer)
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


def sip(first: str = f"OPTIONS sip:{DOMAIN} SIP/2.0", *, without: str = "", body: bytes = b"", **other: str) -> bytes:
    """An OPTIONS with something wrong: a header left out, or replaced by name (`_` for `-`)."""
    headers = {
        "Via": f"SIP/2.0/TCP 127.0.0.1:1;branch=z9hG4bK{secrets.token_hex(6)}",
        "From": f"<sip:x@{DOMAIN}>;tag=1",
        "To": f"<sip:{DOMAIN}>",
        "Call-ID": secrets.token_hex(6),
        "CSeq": "1 OPTIONS",
        "Max-Forwards": "5",
        "Content-Length": str(len(body)),
    } | {name.replace("_", "-"): value for name, value in other.items()}
    headers.pop(without, None)
    lines = [first, *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body


MALFORMED = {
    "CSeq of another method": sip(CSeq="1 INVITE"),
    "CSeq without a number": sip(CSeq="OPTIONS"),
    "no Max-Forwards worth the name": sip(Max_Forwards="many"),
    "a header line without colon": sip(without="Max-Forwards", To=f"<sip:{DOMAIN}>\r\nno colon here"),
    "From that is no address": sip(From="<<<>>>"),
    "a line too long": sip(Subject="x" * 9000),
    "too many lines": sip(Subject="x\r\n" + "X-Y: z\r\n" * 200 + "X-Z: z"),
    "two that must be one": sip(From=f"<sip:x@{DOMAIN}>;tag=1\r\nFrom: <sip:y@{DOMAIN}>;tag=2"),
    "URI with headers": sip(f"OPTIONS sip:{DOMAIN}?Subject=x SIP/2.0"),
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
async def test_malformed_sip_is_answered_400_and_the_connection_goes_on(shared: Server, data: bytes) -> None:
    async with stranger(shared) as peer:
        answer = await peer.say(data)
        assert answer.status == 400
        assert len(answer.first) > len("SIP/2.0 400 ")
        assert (await peer.say(sip())).status == 200


async def test_another_version_is_answered_505(shared: Server) -> None:
    async with stranger(shared) as peer:
        assert (await peer.say(sip(f"OPTIONS sip:{DOMAIN} SIP/3.0"))).status == 505


UNANSWERABLE = {
    "no Via": sip(without="Via"),
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "TLS to the wrong port": bytes.fromhex("160301020001000000030300") + b"\r\n\r\n",
    "noise": bytes(range(1, 10)) * 50 + b"\r\n\r\n",
}


@pytest.mark.parametrize("data", UNANSWERABLE.values(), ids=UNANSWERABLE)
async def test_what_cannot_be_answered_ends_the_connection_and_is_logged(shared: Server, data: bytes) -> None:
    # Lines of connections before this one do not count: one of them may have had the same port.
    before = len(shared.log.read_text())
    async with stranger(shared) as peer:
        peer.writer.write(data)
        assert await peer.is_closed()
        host, port = peer.writer.get_extra_info("sockname")
    about_it = [line for line in shared.log.read_text()[before:].splitlines() if f"{host}:{port} " in line]
    assert len(about_it) == 1, about_it
    assert "unusable message" in about_it[0]
    assert "closing" in about_it[0]


async def test_noise_without_end_is_cut_off(shared: Server) -> None:
    async with stranger(shared) as peer:
        with contextlib.suppress(OSError):
            for _ in range(100):
                peer.writer.write(secrets.token_bytes(10_000).replace(b"\r", b"").replace(b"\n", b""))
                await peer.writer.drain()
        assert await peer.is_closed()


OVERSIZE = {
    "head": (513, sip(Subject="x" * 70_000)),
    "body announced": (413, sip(Content_Length="300000")),
    "body announced beyond measure": (413, sip(Content_Length="9" * 30)),
    "two lengths": (400, sip(Content_Length="5\r\nContent-Length: 6", body=b"hello")),
    "negative": (400, sip(Content_Length="-1")),
}


@pytest.mark.parametrize(("status", "data"), OVERSIZE.values(), ids=OVERSIZE)
async def test_oversize_is_answered_and_the_connection_closed(shared: Server, status: int, data: bytes) -> None:
    async with stranger(shared) as peer:
        assert (await peer.say(data)).status == status
        assert await peer.is_closed()


async def test_a_request_hidden_behind_two_lengths_is_not_carried_out(shared: Server) -> None:
    """Whoever stands before us may have counted it as a body."""
    async with stranger(shared) as peer:
        hidden = sip()
        answer = await peer.say(sip(Content_Length=f"0\r\nContent-Length: {len(hidden)}", body=hidden))
        assert answer.status == 400
        assert await peer.is_closed()


async def test_half_messages_and_rude_goodbyes(shared: Server) -> None:
    """Connections left in the middle of a message, some of them reset, cost nobody else anything."""
    whole = sip(body=b"x" * 1000)
    peers = [await asyncio.open_connection("127.0.0.1", shared.ports["sip"]) for _ in range(100)]
    for number, (_, writer) in enumerate(peers):
        writer.write(whole[: number * len(whole) // len(peers)])
        if number % 3 == 0:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if number % 3 < 2:
            writer.close()
    async with stranger(shared) as peer:
        for byte in sip():
            peer.writer.write(bytes([byte]))
            await peer.writer.drain()
        async with asyncio.timeout(PATIENCE):
            assert (await read_message(peer.reader)).status == 200
    for _, writer in peers[2::3]:
        writer.transport.abort()
    await asyncio.gather(*(writer.wait_closed() for _, writer in peers), return_exceptions=True)


# -- inside a session ----------------------------------------------------------------------------------------------


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>' + xccos(1, "&b;")
EXTERNAL = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + xccos(1, "<cmd id='cmd:join'>&a;</cmd>")
NOT_XCCOS: dict[str, tuple[int, str, str | bytes]] = {
    "another media type": (415, "application/json", "{}"),
    "no media type": (400, "", "hello"),
    "another vocabulary": (415, "text/plain", '<x xmlns="urn:x"/>'),
    "words": (400, "text/plain", "hello"),
    "nothing": (400, "text/plain", ""),
    "half a document": (400, "text/plain", xccos(1, "")[:-4]),
    "bytes": (400, "text/plain", bytes(range(256))),
    "another version": (400, "text/plain", f'<xccos ver="2" envid="1" xmlns="{NAMESPACE}"/>'),
    "no number": (400, "text/plain", f'<xccos ver="1" xmlns="{NAMESPACE}"/>'),
    "document type": (400, "text/plain", "<!DOCTYPE xccos>" + xccos(1, "")),
    "entities in entities": (400, "text/plain", ENTITIES),
    "external entity": (400, "text/plain", EXTERNAL),
    "unknown entity": (400, "text/plain", xccos(1, "&unheard;")),
    "too deep": (413, "text/plain", xccos(1, "<a>" * 100 + "</a>" * 100)),
    "too many commands": (413, "text/plain", xccos(1, command("getserverinfo") * 300)),
    "too long": (413, "text/plain", xccos(1, " " * 262_144)),
}


@pytest.mark.parametrize(("status", "kind", "body"), NOT_XCCOS.values(), ids=NOT_XCCOS)
async def test_a_body_that_is_no_envelope(
    shared: Server, enter: Enter, status: int, kind: str, body: str | bytes
) -> None:
    alice = await enter(shared, "alice", shared.room("Lobby"))
    assert (await alice.info(body, kind)).status == status
    # The dialog goes on.
    assert (await alice.post(shared.room("Lobby"), "after it")).status == 200


async def test_a_hundred_commands_are_answered_in_order(shared: Server, enter: Enter) -> None:
    lobby = shared.room("Lobby")
    alice = await enter(shared, "alice", lobby)
    names = ["getserverinfo", "no-such-command", "part", "join", "bccontext"]
    data = {
        "getserverinfo": f'<sib domain="{DOMAIN}"/>',
        "part": f'<chanib uri="{lobby}"/>',
        "join": join_data(lobby),
        "bccontext": "<nonsense/>",
    }
    commands = [(seqid, names[seqid % len(names)]) for seqid in range(1, 101)]
    envid = alice.envids()
    body = xccos(envid, "".join(command(name, data.get(name, ""), seqid) for seqid, name in commands))
    assert (await alice.info(body)).status == 200
    pattern = re.compile(rf'<rpl id="rpl:([^"]+)" seqid="\d+"><commandid seqid="(\d+)" envid="{envid}"/>')

    def answered() -> list[str]:
        found = pattern.findall("".join(alice.bodies))
        return [f"{seqid} {name}" for name, seqid in found] if len(found) >= 100 else []

    assert await alice.until(answered) == [f"{seqid} {name}" for seqid, name in commands]
    codes = re.findall(r'resp code="(\d+)"', "".join(alice.bodies))
    assert {"200", "415", "400"} <= set(codes)


async def test_a_hundred_posts_in_one_envelope_keep_their_order(shared: Server, enter: Enter) -> None:
    lobby = shared.room("Lobby")
    alice, bob = await enter(shared, "alice", lobby), await enter(shared, "bob", lobby)
    mark = str(uuid.uuid4())
    posts = "".join(
        f'<grpchat id="grpchat" seqid="{number}" chanUri="{lobby}" author="{alice.uri}">'
        f"<chat>{mark} {number}</chat></grpchat>"
        for number in range(1, 101)
    )
    assert (await alice.info(xccos(alice.envids(), posts))).status == 200
    await bob.hears(f"{mark} 100")
    assert [one.text for one in bob.heard] == [f"{mark} {number}" for number in range(1, 101)]


@pytest.mark.parametrize("text", ["x" * 8193, "가" * 3000, "[STORY]" + "x" * 65_536], ids=["ascii", "korean", "story"])
async def test_a_post_over_the_limit_is_refused_and_not_stored(shared: Server, enter: Enter, text: str) -> None:
    lobby = shared.room("Lobby")
    careful, full, bob = [await enter(shared, name, lobby) for name in ("alice", "alice", "bob")]
    # COMPAT: SIPE reads no rpl:grpchat, so it is told by the status of its INFO.
    refused = await careful.post(lobby, text)
    assert refused.first == "SIP/2.0 403 ERROR_LIMIT_EXCEEDED"
    # A client that is known to read replies is told by one.
    await full.ask(command("getserverinfo", f'<sib domain="{DOMAIN}"/>'))
    envid = full.envids()
    assert (await full.info(post_body(envid, lobby, full.uri, text))).status == 200
    reply = await full.reply_to(envid)
    assert 'id="rpl:grpchat"' in reply
    assert 'resp code="413"' in reply
    # Exactly at the limit it is kept; nothing of the others was.
    last = f"{uuid.uuid4()} ".ljust(8192, "y")
    assert (await full.post(lobby, last)).status == 200
    await bob.hears(last)
    assert [one.text for one in bob.heard] == [last]
    history = await full.ask(command("bccontext", f'<chanib uri="{lobby}"/><bcq><last cnt="1"/></bcq>'))
    assert last in history


@pytest.fixture(scope="module")
def secret_room(shared: Server) -> str:
    """GUID of a room that only alice knows of."""
    made = shared.cli("room", "create", "Vault", "--category", "Demo", "--visibility", "secret", "--member", "alice")
    return str(made["id"])


async def test_a_secret_room_guessed_is_answered_as_one_that_does_not_exist(
    shared: Server, enter: Enter, secret_room: str
) -> None:
    """Byte for byte, apart from what the asker wrote himself and the numbers of envelopes."""
    insider, outsider = await enter(shared, "alice"), await enter(shared, "carol")
    secret, nothing = f"ma-chan://{DOMAIN}/{secret_room}", f"ma-chan://{DOMAIN}/{uuid.uuid4()}"
    assert 'resp code="200"' in await insider.ask(command("join", join_data(secret)))
    assert (await insider.post(secret, "among ourselves")).status == 200

    async def shown(room: str, name: str, data: str) -> tuple[str, str]:
        """Answer and replies, the guess replaced by a word."""
        envid = outsider.envids()
        if name == "grpchat":
            answer = await outsider.info(post_body(envid, room, outsider.uri, "let me in"))
            return answer.first, str(len(answer.headers))
        answer = await outsider.info(xccos(envid, command(name, data)))
        reply = await outsider.reply_to(envid)
        words = {room: "URI", room.rpartition("/")[2]: "GUID", str(envid): "ASKED"}
        for word, other in words.items():
            reply = reply.replace(word, other)
        return answer.first, re.sub(r'envid="\d+"', "", reply)

    for name, data in {
        "join": "{ref}",
        "bjoin": "{ref}",
        "part": '<chanib uri="{uri}"/>',
        "bccontext": '<chanib uri="{uri}"/><bcq><last cnt="5"/></bcq>',
        "grpchat": "",
        "chanmod": '<chanib uri="{uri}" name="x"/>',
    }.items():
        secretly, openly = [
            await shown(room, name, data.format(uri=room, ref=join_data(room))) for room in (secret, nothing)
        ]
        assert secretly == openly, name
    # Its name is found by those who are in it, by nobody else; what there is not is answered the same.
    search = '<qib qtype="BYNAME" criteria="{}" extended="true"/>'
    assert secret in await insider.ask(command("chansrch", search.format("Vault")))
    found, unfound = [await shown(word, "chansrch", search.format(word)) for word in ("Vault", "Zebra")]
    assert found == unfound
    assert secret not in await outsider.ask(command("chansrch", search.format("")))
    assert "Vault" not in "".join(outsider.bodies)
    assert outsider.heard == []


# -- bad manners ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("many_files")
async def test_a_thousand_idle_connections(shared: Server, enter: Enter) -> None:
    lobby = shared.room("Lobby")
    idle = [await asyncio.open_connection("127.0.0.1", shared.ports["sip"]) for _ in range(IDLE_CONNECTIONS)]
    alice, bob = await enter(shared, "alice", lobby), await enter(shared, "bob", lobby)
    text = f"a full house {uuid.uuid4()}"
    assert (await alice.post(lobby, text)).status == 200
    await bob.hears(text)
    # They are all there and answered as well.
    for _, writer in idle:
        writer.write(b"\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        assert [await reader.readexactly(2) for reader, _ in idle] == [b"\r\n"] * IDLE_CONNECTIONS
    for _, writer in idle:
        writer.transport.abort()


async def test_a_slow_reader_is_dropped_alone(shared: Server, enter: Enter) -> None:
    """Who takes nothing off the wire loses the connection when too much waits; the others hear everything."""
    lobby = shared.room("Lobby")
    alice, bob, slow = [await enter(shared, name, lobby) for name in ("alice", "bob", "carol")]
    slow.reading.clear()
    texts = [f"[STORY] {number} {uuid.uuid4()} ".ljust(65_000, "z") for number in range(330)]
    for text in texts:
        assert (await alice.post(lobby, text)).status == 200
    await bob.hears(texts[-1])
    assert [one.text for one in bob.heard] == texts
    assert not alice.lost.is_set()
    assert not bob.lost.is_set()
    slow.reading.set()
    async with asyncio.timeout(PATIENCE):
        await slow.lost.wait()
    assert len(slow.heard) < len(texts)
    with pytest.raises(Lost):
        await slow.post(lobby, "too late")


async def test_a_flood_of_requests_whose_answers_nobody_reads(shared: Server, enter: Enter) -> None:
    """The server stops reading from such a peer instead of keeping its answers; others do not notice."""
    lobby = shared.room("Lobby")
    async with stranger(shared) as peer:
        peer.reader._transport.pause_reading()  # type: ignore[attr-defined]
        flood = b"".join(sip() for _ in range(2000))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                for _ in range(20):
                    peer.writer.write(flood)
                    await peer.writer.drain()
        alice, bob = await enter(shared, "alice", lobby), await enter(shared, "bob", lobby)
        text = f"undisturbed {uuid.uuid4()}"
        assert (await alice.post(lobby, text)).status == 200
        await bob.hears(text)
