"""Which channel service to call: the choice, and the dialog in which it is told."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest

from parlour.lookup.choose import ChannelLoad, least_loaded
from parlour.lookup.service import LookupService
from parlour.ua.connection import Connection
from parlour.ua.identity import Identity
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
    """An INFO, or an INVITE, of somebody's endpoint."""

    def __init__(
        self, body: bytes, content_type: str | None = "text/plain", *, endpoint: str = "pc", connection: int = 1
    ) -> None:
        self.request = self
        self.body, self.content_type = body, content_type
        self.identity = Identity("sip:alice@example.com", "Alice", endpoint)
        self.connection = Connection("TCP", ("127.0.0.1", 4000 + connection), ("127.0.0.1", 5060))
        self.connection.id = connection
        self.status = 0

    def respond(self, status: int, reason: str = "", headers: Sequence[tuple[str, str]] = ()) -> None:
        assert not self.status
        self.status = status


class Dialog:
    """What the endpoint gives for an INVITE."""

    def __init__(self, board: Switchboard, handler: Any) -> None:
        self.board, self.handler = board, handler
        self.uas = self
        self.ends_at: float | None = None
        self.hung_up = ""

    def push(self, bodies: Sequence[bytes]) -> None:
        self.board.pushed += bodies

    def bye(self, reason: str) -> None:
        assert not self.hung_up
        self.hung_up = reason
        self.forget(reason)

    def forget(self, reason: str) -> None:
        self.handler.dialog_ended(reason)


class Switchboard:
    """An endpoint that accepts."""

    def __init__(self, *loads: ChannelLoad, **more: Any) -> None:
        self.dialogs: list[Dialog] = []
        self.loses_connections = False
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

    @property
    def handler(self) -> Any:
        return self.dialogs[-1].handler

    def clock(self) -> float:
        return 1000.0

    def prepare_dialog(self, incoming: IncomingRequest, handler: Any) -> Any:
        return Dialog(self, handler)

    def begin_dialog(self, prepared: Dialog) -> None:
        self.dialogs.append(prepared)
        if self.loses_connections:
            prepared.forget("connection lost")

    def invite(self, endpoint: str = "pc", connection: int = 1) -> Info:
        info = Info(b"", endpoint=endpoint, connection=connection)
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
    assert board.dialogs == []
    board.unwelcome = False
    assert [board.invite(endpoint).status for endpoint in ("pc", "tablet")] == [0, 503]


def test_the_number_of_callers_is_bounded() -> None:
    board = Switchboard(ONE, sessions=2)
    assert [board.invite(endpoint).status for endpoint in "abc"] == [0, 0, 503]
    board.dialogs[0].forget("BYE")
    board.dialogs[0].forget("BYE")
    assert [board.invite(endpoint).status for endpoint in "cd"] == [0, 503]


def test_an_endpoint_that_calls_again_has_one_dialog() -> None:
    board = Switchboard(ONE, sessions=2)
    assert [board.invite("a").status for _ in range(60)] == [0] * 60
    assert [dialog.hung_up for dialog in board.dialogs] == ["called again"] * 59 + [""]
    assert [board.invite(endpoint).status for endpoint in "abc"] == [0, 0, 503]


def test_who_names_no_endpoint_has_one_dialog_per_connection() -> None:
    board = Switchboard(ONE)
    for connection in (1, 2, 1):
        board.invite("", connection)
    assert [bool(dialog.hung_up) for dialog in board.dialogs] == [True, False, False]


def test_one_person_cannot_take_all_places() -> None:
    board = Switchboard(ONE)
    for number in range(100):
        assert board.invite(f"pc{number}").status == 0
    assert [bool(dialog.hung_up) for dialog in board.dialogs] == [True] * 84 + [False] * 16


def test_a_dialog_is_open_for_a_minute_at_most() -> None:
    board = Switchboard(ONE)
    board.invite()
    assert board.dialogs[0].ends_at == 1060.0


def test_whose_connection_is_lost_at_once_takes_no_place() -> None:
    board = Switchboard(ONE, sessions=1)
    board.loses_connections = True
    assert [board.invite(endpoint).status for endpoint in "ab"] == [0, 0]


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
