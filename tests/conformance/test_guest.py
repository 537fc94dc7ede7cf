"""How a server of somebody else's is named: no server is needed for this."""

from __future__ import annotations

import pytest

from tests.conformance.controller import Capability
from tests.conformance.guest import PREFIX, BadEnvironment, Guest, read_environment

SERVER = {f"{PREFIX}SERVER": "chat.example:5060"}


def test_nothing_is_said_of_a_guest() -> None:
    assert read_environment({}) is None
    assert read_environment({f"{PREFIX}SERVER": "", f"{PREFIX}PEOPLE": "a=b"}) is None


def test_a_name_is_enough_for_a_server() -> None:
    told = read_environment(SERVER)
    assert told is not None
    assert (told.host, told.port, told.domain) == ("chat.example", 5060, "chat.example")
    assert told.pool == "sip:GC-1-PersistentChatService-1@chat.example"
    assert told.lookup == "sip:ocschat@chat.example"
    assert (told.people, told.rooms, told.categories) == ({}, {}, {})


def test_everything_is_said() -> None:
    told = read_environment(
        {
            f"{PREFIX}SERVER": "[::1]:5062",
            f"{PREFIX}DOMAIN": "contoso.example",
            f"{PREFIX}POOL": "sip:pool@contoso.example",
            f"{PREFIX}LOOKUP": "sip:lookup@contoso.example",
            f"{PREFIX}PEOPLE": "alice=pass=word; bob = secret ;",
            f"{PREFIX}ROOMS": "Night Shift=ma-chan://contoso.example/1;점심=ma-chan://contoso.example/2",
            f"{PREFIX}CATEGORIES": "Operations=ma-cat://contoso.example/3",
        }
    )
    assert told is not None
    assert (told.host, told.port, told.domain) == ("::1", 5062, "contoso.example")
    assert (told.pool, told.lookup) == ("sip:pool@contoso.example", "sip:lookup@contoso.example")
    assert told.people == {"alice": "pass=word", "bob": "secret"}
    assert told.rooms["점심"] == "ma-chan://contoso.example/2"
    assert told.categories == {"Operations": "ma-cat://contoso.example/3"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SERVER", "chat.example"),
        ("SERVER", ":5060"),
        ("SERVER", "chat.example:sip"),
        ("PEOPLE", "alice"),
        ("ROOMS", "=x"),
    ],
)
def test_what_cannot_be_understood_is_said(name: str, value: str) -> None:
    with pytest.raises(BadEnvironment, match=name):
        read_environment({**SERVER, PREFIX + name: value})


def test_a_guest_uses_what_is_there_and_skips_the_rest() -> None:
    told = read_environment({**SERVER, f"{PREFIX}PEOPLE": "alice=pw", f"{PREFIX}ROOMS": "Lobby=ma-chan://x/1"})
    assert told is not None
    guest = Guest(told)
    guest.start()
    assert guest.person("alice").uri == "sip:alice@chat.example"
    assert guest.room("Lobby", member=["alice"]) == "ma-chan://x/1"
    for impossible in (
        lambda: guest.person("bob"),
        lambda: guest.room("Other"),
        lambda: guest.category("Operations"),
        lambda: guest.start(chat={}),
        lambda: guest.admin("room", "list"),
        guest.trace,
        lambda: guest.needs(Capability.MAKING),
    ):
        with pytest.raises(pytest.skip.Exception):
            impossible()
    guest.stop()
