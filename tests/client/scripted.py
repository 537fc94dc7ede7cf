"""A chat service whose behaviour a test writes: for what the real one does seldom, or never."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from parlour.client import Client, ClientSettings
from parlour.sip.message import Request
from parlour.ua.endpoint import Endpoint
from parlour.ua.identity import Identity
from parlour.ua.incoming import IncomingRequest
from parlour.ua.uas import UasDialog
from parlour.xccos.decode import decode_envelope
from parlour.xccos.encode import Fragment, envelopes, join_reply, reply, server_info_reply
from parlour.xccos.types import (
    Envelope,
    GetServerInfo,
    GroupChat,
    Join,
    JoinedRoom,
    RoomInfo,
    Seat,
    ServerInfo,
    UserInfo,
)

DOMAIN = "example.com"
POOL = f"sip:pool@{DOMAIN}"
ROOM = f"ma-chan://{DOMAIN}/5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"
PROVISIONING = (
    '<provisionGroupList><property name="EnablePersistentChat">true</property>'
    f'<property name="DefaultPersistentChatPoolUri">{POOL}</property></provisionGroupList>'
).encode()
FAST = ClientSettings(
    first_delay=0.05, longest_delay=0.1, connect_timeout=60.0, sign_in_timeout=60.0, answer_timeout=60.0
)

Answer = Callable[[IncomingRequest], bool]
Replies = Callable[[int, Any], list[Fragment]]


class ScriptedServer:
    """Answers like an obliging server. `before` may take requests away from it (True: answered), by method; `replies`
    answers commands by their type, given the envelope's number; `posts`, `requests` and `commands` are what came."""

    def __init__(self) -> None:
        self.endpoint = Endpoint(self._receive)
        self.before: dict[str, list[Answer]] = {}
        self.replies: dict[type, Replies] = {}
        self.requests: list[Request] = []
        self.commands: list[Any] = []
        self.posts: list[tuple[int, GroupChat]] = []
        self.dialogs: list[Conversation] = []
        self.address = ""
        self.server_time: int | None = None
        self.envid = 0
        self._came = asyncio.Event()

    def client(self, **options: Any) -> Client:
        wishes: dict[str, Any] = {"server": self.address, "transport": "tcp", "settings": FAST, **options}
        return Client.connect(f"alice@{DOMAIN}", "secret", **wishes)

    def once(self, method: str, answer: Answer) -> None:
        """The next request of a method is for `answer`; several are used one after the other."""
        self.before.setdefault(method, []).append(answer)

    def methods(self) -> list[str]:
        return [request.method for request in self.requests]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not condition():
                self._came.clear()
                await self._came.wait()

    def next_envid(self) -> int:
        self.envid += 1
        return self.envid

    def _receive(self, incoming: IncomingRequest) -> None:
        request = incoming.request
        self.requests.append(request)
        self._came.set()
        incoming.identity = Identity(request.from_.uri, "Somebody")
        waiting = self.before.get(request.method)
        if waiting and waiting.pop(0)(incoming):
            return
        dialog = self.endpoint.dialogs.find(request)
        if dialog is not None:
            dialog.receive(incoming)
        elif request.method == "INVITE":
            self.dialogs.append(Conversation(self, incoming))
        elif request.method == "SUBSCRIBE":
            incoming.respond(200, body=PROVISIONING, content_type="text/xml")
        elif request.to.tag is not None:
            incoming.respond(481)
        elif request.method == "REGISTER":
            incoming.respond(200, headers=[("Expires", request.headers.get("Expires") or "60")])
        else:
            incoming.respond(501)


class Conversation:
    """One chat dialog."""

    def __init__(self, server: ScriptedServer, incoming: IncomingRequest) -> None:
        self.server = server
        self.ended = ""
        self.dialog: UasDialog | None = server.endpoint.accept_invite(incoming, self)

    def receive_info(self, incoming: IncomingRequest) -> None:
        envelope = decode_envelope(incoming.request.body)
        incoming.respond(200)
        self.say(*self.answers(envelope))

    def answers(self, envelope: Envelope) -> list[Fragment]:
        found: list[Fragment] = []
        for one in envelope.primitives:
            self.server.commands.append(one)
            if type(one) in self.server.replies:
                found += self.server.replies[type(one)](envelope.envid, one)
            elif isinstance(one, GroupChat):
                self.server.posts.append((envelope.envid, one))
            elif isinstance(one, GetServerInfo):
                info = ServerInfo(self.server.server_time, 1, 1, 1, "", "")
                found.append(server_info_reply(envelope.envid, one, info))
            elif isinstance(one, Join):
                seat = Seat(UserInfo(f"sip:alice@{DOMAIN}", name="Alice"), 3984)
                found.append(join_reply(envelope.envid, one, JoinedRoom(RoomInfo(ROOM, "Room"), (seat,))))
            else:
                found.append(reply(envelope.envid, one, 415))
        return found

    def say(self, *fragments: Fragment, chats: int = 64) -> None:
        assert self.dialog is not None
        self.dialog.push(envelopes(self.server.next_envid, fragments, chats=chats))

    def dialog_ended(self, reason: str) -> None:
        self.ended = reason
        self.server._came.set()


def say_no(status: int, reason: str = "", *headers: tuple[str, str]) -> Answer:
    """An answer that refuses."""

    def answer(incoming: IncomingRequest) -> bool:
        incoming.respond(status, reason, headers=headers)
        return True

    return answer


def hang_up(incoming: IncomingRequest) -> bool:
    """The connection is gone before any answer."""
    incoming.connection.abort()
    return True


def pass_on(incoming: IncomingRequest) -> bool:
    """As if nothing had been scripted."""
    return False


@asynccontextmanager
async def scripted() -> AsyncIterator[ScriptedServer]:
    server = ScriptedServer()
    host, port = await server.endpoint.listen("TCP", "127.0.0.1", 0)
    server.address = f"{host}:{port}"
    try:
        yield server
    finally:
        await server.endpoint.close()


__all__ = ["ScriptedServer", "hang_up", "pass_on", "say_no", "scripted"]
