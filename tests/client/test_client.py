"""The whole call flow against the real server, over loopback sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from parlour.client import (
    Client,
    ClientClosed,
    ClientError,
    ConnectFailed,
    InvalidArgument,
    LimitExceeded,
    MessageHeard,
    NotJoined,
    NotProvisioned,
    PermissionDenied,
    PersonJoined,
    PersonParted,
    RemovedFromRoom,
    Room,
    RoomDisabled,
    RoomEvent,
    RoomNotFound,
    SignInRefused,
)
from parlour.sip.uri import SipUri
from parlour.ua.resolver import Resolver, Target
from tests.client.house import DOMAIN, House, house

NOWHERE = f"ma-chan://{DOMAIN}/00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path / "data") as made:
        yield made


async def take(room: Room, count: int) -> list[str]:
    """The texts of the next messages."""
    texts: list[str] = []
    async with asyncio.timeout(60):
        async for message in room.messages():
            texts.append(message.text)
            if len(texts) == count:
                break
    return texts


async def next_event(room: Room) -> RoomEvent:
    async with asyncio.timeout(60):
        return await anext(room.events())


@pytest.mark.parametrize("auth", ["ntlm", "digest"])
@pytest.mark.parametrize("tls", [False, True])
async def test_sign_in_join_post_hear_read_part(tmp_path: Path, auth: str, tls: bool) -> None:
    async with (
        house(tmp_path / "data", tls=tls) as there,
        there.client("alice", auth=auth) as alice,
        there.client("bob", auth=auth) as bob,
    ):
        assert alice.server_info is not None
        assert alice.server_info.message_size_limit == 8192
        ours = await alice.join(there.room("Lobby"))
        theirs = await bob.join(there.room("Lobby"))
        assert (ours.name, ours.inside) == ("Lobby", True)
        assert [seat.user.name for seat in theirs.people] == ["Alice Archer", "Bob Baker"]
        await ours.post("hello\r\n안녕하세요 😀 <&>")
        assert await take(theirs, 1) == ["hello\r\n안녕하세요 😀 <&>"]
        assert isinstance(await next_event(ours), PersonJoined)
        assert len(ours.people) == 2 == ours.info.participant_count
        heard = await next_event(ours)
        assert isinstance(heard, MessageHeard)
        assert (heard.message.author, heard.message.author_name) == (alice.uri, "Alice Archer")
        assert [one.text for one in await theirs.recent_history(5)] == ["hello\r\n안녕하세요 😀 <&>"]
        await theirs.part()
        assert not theirs.inside
        assert await next_event(ours) == PersonParted(ours.uri, bob.uri)
        with pytest.raises(StopAsyncIteration):
            await anext(theirs.events())
        assert bob.rooms == ()


@pytest.mark.parametrize("auth", ["ntlm", "digest"])
async def test_a_wrong_password(there: House, auth: str) -> None:
    with pytest.raises(SignInRefused, match="wrong name or password") as caught:
        await there.client("alice", auth=auth, password="wrong").open()
    assert caught.value.status == 401


async def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    async with house(tmp_path / "data", tls=True) as there:
        with pytest.raises(ConnectFailed):
            await there.client("alice", certificate=None).open()
        async with there.client("alice", certificate=None, verify=False):
            pass


async def test_nobody_there() -> None:
    async with house_of_cards() as address:
        pass
    with pytest.raises(ConnectFailed) as caught:
        await Client.connect(f"alice@{DOMAIN}", "x", server=address, transport="tcp").open()
    assert isinstance(caught.value.__cause__, OSError)


class house_of_cards:
    """An address where somebody listened until a moment ago."""

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return f"{host}:{port}"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()


async def test_somebody_who_may_not_chat(there: House) -> None:
    await there.run("user.chat", user="alice", on=False)
    person = there.core.directory.find_person(f"sip:alice@{DOMAIN}")
    assert person is not None
    assert not person.chat_enabled
    with pytest.raises(NotProvisioned):
        await there.client("alice").open()
    with pytest.raises(NotProvisioned):
        await there.client("alice", pool_uri=f"sip:GC-1-PersistentChatService-1@{DOMAIN}").open()


async def test_the_lookup_service_where_provisioning_says_nothing(there: House, monkeypatch: Any) -> None:
    async def nothing(line: object) -> None:
        return None

    monkeypatch.setattr("parlour.client.line.Line.find_pool", nothing)
    async with there.client("alice") as alice:
        assert (await alice.search_rooms()).rooms


@pytest.mark.parametrize("pool_uri", [f"sip:ocschat@{DOMAIN}", f"sip:OCSChat@{DOMAIN};transport=tcp"])
async def test_the_lookup_service_given_as_the_chat_service(there: House, pool_uri: str) -> None:
    async with there.client("alice", pool_uri=pool_uri) as alice:
        assert alice.server_info is not None
        assert (await alice.join(there.room("Lobby"))).name == "Lobby"


@pytest.mark.parametrize("nonsense", ["", "chat", "https://example.com"])
def test_what_is_no_chat_service(nonsense: str) -> None:
    with pytest.raises(ValueError, match="not the address of a chat service"):
        Client.connect("alice@example.com", "x", pool_uri=nonsense)


async def test_joining_where_one_may_not(there: House) -> None:
    async with there.client("carol") as carol:
        with pytest.raises(PermissionDenied) as caught:
            await carol.join(there.room("Night Shift"))
        assert caught.value.room == there.room("Night Shift")
        with pytest.raises(RoomNotFound):
            await carol.join(NOWHERE)
        with pytest.raises(InvalidArgument):
            await carol.join("not a room")
        assert carol.rooms == ()


async def test_many_rooms_at_once(there: House) -> None:
    wanted = [there.room("Lobby"), NOWHERE, there.room("Night Shift"), "nonsense", there.room("Lobby").upper()]
    async with there.client("carol") as carol:
        lobby, nowhere, closed, nonsense, again = await carol.join_many(wanted)
        assert isinstance(lobby, Room)
        assert isinstance(nowhere, RoomNotFound)
        assert isinstance(closed, PermissionDenied)
        assert isinstance(nonsense, RoomNotFound)
        assert carol.rooms == (lobby,)
        assert again is lobby
        assert await carol.join(lobby.uri) is lobby
        assert await carol.join_many([]) == []


async def test_refused_posts(there: House) -> None:
    async with there.client("alice") as alice:
        with pytest.raises(NotJoined):
            await alice.post(there.room("Lobby"), "hello?")
        room = await alice.join(there.room("Lobby"))
        with pytest.raises(LimitExceeded) as caught:
            await room.post("x" * 9000)
        assert caught.value.room == room.uri
        await room.post("short")
        assert await take(room, 1) == ["short"]
        with pytest.raises(NotJoined):
            await alice.part(there.room("Night Shift"))


async def test_a_room_that_is_disabled(there: House) -> None:
    async with there.client("bob") as bob:
        room = await bob.join(there.room("Lobby"))
        await there.run("room.disable", room="Lobby")
        gone = await next_event(room)
        assert isinstance(gone, RemovedFromRoom)
        assert isinstance(gone.error, RoomDisabled)
        assert not room.inside
        with pytest.raises(StopAsyncIteration):
            await next_event(room)
        with pytest.raises(RoomDisabled):
            await bob.join(room.uri)


async def test_posts_in_parallel_come_in_one_order(there: House) -> None:
    async with there.client("alice") as alice, there.client("bob") as bob:
        ours, theirs = await alice.join(there.room("Lobby")), await bob.join(there.room("Lobby"))
        await asyncio.gather(*(ours.post(f"a{number}") for number in range(60)))
        await asyncio.gather(*(theirs.post(f"b{number}") for number in range(60)))
        heard = await take(ours, 120)
        assert await take(theirs, 120) == heard
        assert sorted(heard) == sorted([f"a{number}" for number in range(60)] + [f"b{number}" for number in range(60)])


async def test_long_history_comes_whole(tmp_path: Path) -> None:
    async with (
        house(tmp_path / "data", chat={"default_history": 500}) as there,
        there.client("alice") as alice,
    ):
        room = await alice.join(there.room("Lobby"))
        for start in range(0, 40, 10):
            await asyncio.gather(*(room.post(f"{number} " + "x" * 5000) for number in range(start, start + 10)))
        told = await room.recent_history(30)
        assert [one.chat_id for one in told] == list(range(11, 41))
        assert len(await room.recent_history(500)) == 40
        assert len(await take(room, 40)) == 40


async def test_history_and_stream_together_tell_everything_once(there: House) -> None:
    """Posts made while history is read are in the stream too, whichever way the server chose to tell them."""
    async with there.client("alice") as alice, there.client("bob") as bob:
        await (await alice.join(there.room("Lobby"))).post("before bob came")
        room = await bob.join(there.room("Lobby"))
        await asyncio.gather(
            *(alice.post(room, str(number)) for number in range(30)), *(room.recent_history(20) for _ in range(30))
        )
        assert sorted(await take(room, 30), key=int) == [str(number) for number in range(30)]
        await alice.post(room, "last")
        assert await take(room, 1) == ["last"]


async def test_searching(there: House) -> None:
    async with there.client("carol") as carol:
        found = await carol.search_rooms()
        assert sorted(room.name for room in found.rooms) == ["Announcements", "Lobby", "Night Shift", "안내 데스크"]
        assert [room.name for room in (await carol.search_rooms("night")).rooms] == ["Night Shift"]
        assert (await carol.search_rooms("members only")).rooms == ()
        named = await carol.search_rooms("members only", match="phrase", descriptions=True)
        assert [room.name for room in named.rooms] == ["Night Shift"]
        cut = await carol.search_rooms(limit=1)
        assert (len(cut.rooms), cut.truncated) == (1, True)
        assert await carol.get_invitations() == ()
        assert (await carol.get_server_info()).search_limit == 999


async def test_events_of_all_rooms(there: House) -> None:
    async with there.client("alice") as alice:
        events = alice.events()
        for name in ("Lobby", "Night Shift"):
            await (await alice.join(there.room(name))).post(name)
        heard = [await anext(events), await anext(events)]
        assert [one.message.text for one in heard if isinstance(one, MessageHeard)] == ["Lobby", "Night Shift"]
    with pytest.raises(StopAsyncIteration):
        await anext(events)
    with pytest.raises(ClientClosed):
        await alice.search_rooms()


async def test_an_account_that_is_disabled_while_signed_in(there: House) -> None:
    async with there.client("bob") as bob:
        room = await bob.join(there.room("Lobby"))
        events = bob.events()
        await there.core.directory.set_enabled(bob.uri, False)
        async with asyncio.timeout(60):
            with pytest.raises(ClientClosed) as caught:
                while True:
                    await anext(events)
        assert isinstance(caught.value.__cause__, SignInRefused)
        with pytest.raises(ClientError):
            await room.post("still here?")


async def test_signing_off_is_noticed(there: House) -> None:
    async with there.client("alice") as alice:
        room = await alice.join(there.room("Lobby"))
        async with there.client("bob") as bob:
            await bob.join(there.room("Lobby"))
            assert isinstance(await next_event(room), PersonJoined)
            assert there.sip.channel.session_count == 2
        assert await next_event(room) == PersonParted(room.uri, bob.uri)
        assert there.sip.channel.session_count == 1


async def test_a_client_can_be_opened_again_after_a_failure(there: House) -> None:
    await there.run("user.disable", user="alice")
    client = there.client("alice")
    with pytest.raises(SignInRefused):
        await client.open()
    with pytest.raises(ClientClosed):
        await client.search_rooms()
    await there.run("user.enable", user="alice")
    async with client:
        assert (await client.search_rooms()).rooms


async def test_found_by_dns_and_the_certificate_is_that_of_the_domain(tmp_path: Path) -> None:
    """SRV names hosts of any name (RFC 3263); who answers must prove to be the domain (RFC 5922). A dead host is passed
    over."""

    class Dns(Resolver):
        async def resolve(self, uri: SipUri, transports: tuple[str, ...] = ("TLS", "TCP")) -> list[Target]:
            assert (str(uri), transports) == (f"sip:{DOMAIN}", ("TLS",))
            return [Target("TLS", "127.0.0.1", dead), Target("TLS", "localhost", alive)]

    async with house_of_cards() as address:
        dead = int(address.rpartition(":")[2])
    async with house(tmp_path / "data", tls=True) as there:
        alive = int(there.server.rpartition(":")[2])
        client = there.client("alice", server=None)
        client._opener.resolver = Dns()
        async with client:
            assert (await client.search_rooms()).rooms
        stranger = Client.connect("alice@elsewhere.example", "x", certificate=there.certificate)
        stranger._opener.resolver = AnyDomain(Target("TLS", "localhost", alive))
        with pytest.raises(ConnectFailed, match="certificate"):
            await stranger.open()


class AnyDomain(Resolver):
    """DNS that leads everybody to one place."""

    def __init__(self, target: Target) -> None:
        super().__init__()
        self._target = target

    async def resolve(self, uri: SipUri, transports: tuple[str, ...] = ("TLS", "TCP")) -> list[Target]:
        return [self._target]
