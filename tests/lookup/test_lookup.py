"""Which channel service to call: the choice, and the dialog in which it is told."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest

from parlour.lookup.choose import ChannelLoad, least_loaded
from parlour.lookup.service import LookupService
from parlour.ua.incoming import IncomingRequest
from parlour.xccos.decode_answers import decode_server_envelope
from parlour.xccos.encode_requests import encode_requests
from parlour.xccos.types import GroupChat, Reply, RequestUri, ServiceUri, UnknownCommand

ONE = ChannelLoad("sip:one@example.com", 10, 100)


@pytest.mark.parametrize(
    ("loads", "chosen"),
    [
        ([], None),
        ([ONE], "sip:one@example.com"),
        ([ONE, ChannelLoad("sip:two@example.com", 15, 200)], "sip:two@example.com"),
        ([ONE, ChannelLoad("sip:two@example.com", 10, 100)], "sip:one@example.com"),
        ([ONE, ChannelLoad("sip:two@example.com", 0, 100, closed=True)], "sip:one@example.com"),
        ([ChannelLoad("sip:full@example.com", 100, 100)], None),
        ([ChannelLoad("sip:none@example.com", 0, 0)], None),
    ],
)
def test_the_least_loaded_is_chosen(loads: list[ChannelLoad], chosen: str | None) -> None:
    assert least_loaded(loads) == chosen


class Info:
    def __init__(self, body: bytes, content_type: str | None = "text/plain") -> None:
        self.request = self
        self.body, self.content_type = body, content_type
        self.status = 0

    def respond(self, status: int, reason: str = "", headers: Sequence[tuple[str, str]] = ()) -> None:
        assert not self.status
        self.status = status


class Switchboard:
    """An endpoint that accepts, and the dialog it gives."""

    def __init__(self, *loads: ChannelLoad, **more: Any) -> None:
        self.handler: Any = None
        self.pushed: list[bytes] = []
        self.unwelcome = False
        self.service = LookupService(
            self,  # type: ignore[arg-type]
            lambda: loads,
            itertools.count(1).__next__,
            lambda incoming: self.unwelcome,
            lambda info: info.respond(481),
            **more,
        )

    def accept_invite(self, incoming: IncomingRequest, handler: Any) -> Any:
        self.handler = handler
        return self

    def push(self, bodies: Sequence[bytes]) -> None:
        self.pushed += bodies

    def forget(self, reason: str) -> None:
        self.handler.dialog_ended(reason)

    def invite(self) -> Info:
        info = Info(b"")
        self.service.handle_invite(info)  # type: ignore[arg-type]
        return info

    def ask(self, *requests: Any) -> list[Reply]:
        info = Info(encode_requests(9, requests))
        self.handler.receive_info(info)
        assert info.status == 200
        replies = [one for body in self.pushed for one in decode_server_envelope(body).primitives]
        self.pushed.clear()
        return [one for one in replies if isinstance(one, Reply)]


def test_the_uri_is_told() -> None:
    board = Switchboard(ONE)
    board.invite()
    (reply,) = board.ask(RequestUri(1))
    assert (reply.name, reply.code, reply.command_envid, reply.command_seqid) == ("requri", 200, 9, 1)
    assert reply.body == ServiceUri("sip:one@example.com")


def test_nobody_to_call_is_told_without_a_uri() -> None:
    board = Switchboard()
    board.invite()
    (reply,) = board.ask(RequestUri(1))
    assert (reply.code, reply.body) == (504, None)


def test_other_commands_are_unknown_here_and_so_are_posts() -> None:
    board = Switchboard(ONE)
    board.invite()
    replies = board.ask(UnknownCommand(1, "fly"), GroupChat(2, "ma-chan://d/x", "sip:a@b", "hello"), RequestUri(3))
    assert [(reply.command_seqid, reply.code) for reply in replies] == [(1, 415), (2, 415), (3, 200)]


def test_a_post_alone_is_refused_where_its_client_looks() -> None:
    """200 to a post would mean that it is kept."""
    board = Switchboard(ONE)
    board.invite()
    info = Info(encode_requests(9, [GroupChat(1, "ma-chan://d/x", "sip:a@b", "hello")]))
    board.handler.receive_info(info)
    assert (info.status, board.pushed) == (403, [])


def test_a_malformed_command_is_refused_with_the_token_alone() -> None:
    board = Switchboard(ONE)
    board.invite()
    board.handler.receive_info(
        Info(b'<xccos ver="1" envid="9" xmlns="urn:parlano:xml:ns:xccos"><cmd id="cmd:join" seqid="1"/></xccos>')
    )
    (reply,) = decode_server_envelope(board.pushed[0]).primitives
    assert isinstance(reply, Reply)
    assert (reply.name, reply.code, reply.text) == ("join", 400, "ERROR_INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [(b"hello", "text/plain", 400), (b"<x/>", "text/plain", 415), (b"{}", "application/json", 415)],
)
def test_bodies_that_are_none_of_ours(body: bytes, kind: str, status: int) -> None:
    board = Switchboard(ONE)
    board.invite()
    info = Info(body, kind)
    board.handler.receive_info(info)
    assert (info.status, board.pushed) == (status, [])


def test_who_may_not_chat_gets_no_dialog() -> None:
    board = Switchboard(ONE, sessions=1)
    board.unwelcome = True
    assert board.invite().status == 0  # answered by whoever turned them away
    assert board.handler is None
    board.unwelcome = False
    assert [board.invite().status for _ in range(2)] == [0, 503]


def test_the_number_of_callers_is_bounded() -> None:
    board = Switchboard(ONE, sessions=2)
    assert [board.invite().status for _ in range(3)] == [0, 0, 503]
    board.handler.dialog_ended("BYE")
    board.handler.dialog_ended("BYE")
    assert [board.invite().status for _ in range(2)] == [0, 503]


def test_while_nobody_is_taken_no_address_is_told_whatever_the_load() -> None:
    """Who calls the channel service itself in order to ask is told nothing to call, so that it asks later."""
    board = Switchboard(ONE)
    board.service.stand_in(Info(b""))  # type: ignore[arg-type]
    (reply,) = board.ask(RequestUri(1))
    assert (reply.code, reply.body) == (504, None)


def test_who_takes_the_stand_in_for_a_session_is_told_that_there_is_none() -> None:
    board = Switchboard(ONE, sessions=1)
    for _ in range(2):
        board.service.stand_in(Info(b""))  # type: ignore[arg-type]
        info = Info(encode_requests(9, [UnknownCommand(1, "getinv")]))
        board.handler.receive_info(info)
        assert (info.status, board.pushed) == (481, [])
