"""What a program can get wrong in a call is told before anything is asked of a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from parlour.client import Client, InvalidArgument

ROOM = "ma-chan://example.com/5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"
CATEGORY = "ma-cat://example.com/b2b6b0fa-1e5c-4ac0-8b8c-2f6f3a0a1102"


@pytest.fixture
def chat() -> Any:
    """Not connected. Any: a type checker would have found most of this."""
    return Client.connect("alice@example.com", "x")


@pytest.mark.parametrize(
    "history",
    [
        lambda c: c.history([ROOM], sinse=3),
        lambda c: c.messages.search([ROOM], sinse=3),
        lambda c: c.messages.history(ROOM, sinse=3),
    ],
)
def test_an_unknown_keyword_of_a_history(chat: Any, history: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'sinse'; there are .*since"):
        history(chat)


@pytest.mark.parametrize("numbers", [{"after": 2}, {"before": 5}, {"after": 2, "before": 5}])
def test_message_numbers_of_several_rooms(chat: Any, numbers: dict[str, int]) -> None:
    with pytest.raises(TypeError, match=r"unexpected keyword argument .*in one room only: see Room\.history"):
        chat.history([ROOM], **numbers)


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.find.by_filter("x", visibilty="OPEN"),
        lambda c: c.manage.create_room("x", CATEGORY, visibilty="PRIVATE"),
        lambda c: c.manage.modify_room(ROOM, visibilty="PRIVATE"),
        lambda c: c.categories.create("x", visibilty="PRIVATE"),
        lambda c: c.categories.modify(CATEGORY, visibilty="PRIVATE"),
    ],
)
async def test_an_unknown_keyword_of_a_command(chat: Any, call: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'visibilty'; there are"):
        await call(chat)


async def test_a_match_that_there_is_not(chat: Any) -> None:
    with pytest.raises(InvalidArgument, match="match is one of any, all, phrase, not 'foo'"):
        chat.history([ROOM], text="pump", match="foo")
    with pytest.raises(InvalidArgument, match="match is one of any, all, phrase, not 'foo'"):
        await chat.search_rooms("pump", match="foo")


@pytest.mark.parametrize("rooms", ["", "회의실", ["회의실"]])
def test_text_that_is_no_room(chat: Any, rooms: Any) -> None:
    with pytest.raises(InvalidArgument, match="not a room URI"):
        chat.history(rooms)


@pytest.mark.parametrize("rooms", [None, 7, [None]])
async def test_what_is_no_room(chat: Any, rooms: Any) -> None:
    for call in (chat.history, chat.messages.search):
        with pytest.raises(TypeError, match="a room is"):
            call(rooms)
    for command in (chat.join_many, chat.messages.unread):
        with pytest.raises(TypeError, match="a room is"):
            await command(rooms)


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.find.by_addin("Status page"),
        lambda c: c.find.by_filter(addin="Status page"),
        lambda c: c.manage.create_room("x", CATEGORY, addin="Status page"),
        lambda c: c.manage.modify_room(ROOM, addin="Status page"),
        lambda c: c.addins.modify("Status page", url="https://x"),
        lambda c: c.addins.delete("Status page"),
    ],
)
async def test_the_title_of_an_addin_is_not_its_id(chat: Any, call: Callable[[Any], Any]) -> None:
    with pytest.raises(InvalidArgument, match="not the id of an add-in: 'Status page'"):
        await call(chat)
