"""What a server says in several replies is one list again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import pytest

from parlour.client.lists import GatheredList
from parlour.client.managing import by_list
from parlour.client.replies import MARKER
from parlour.xccos import encode
from parlour.xccos import types as t
from parlour.xccos.decode_answers import decode_server_envelope
from tests.client.scripted import ScriptedServer, scripted

ROOM = "ma-chan://example.com/5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"
MANY = 3000


def room(number: int) -> t.RoomInfo:
    return t.RoomInfo(f"ma-chan://example.com/00000000-0000-0000-0000-{number:012x}", f"방 {number}")


def person(number: int) -> t.UserInfo:
    return t.UserInfo(f"sip:person{number}@example.com", name=f"사람 {number}")


ROOMS = tuple(map(room, range(MANY)))
PEOPLE = tuple(map(person, range(MANY)))
FAILED = (t.FailedRoom("example.com", "00000000-0000-0000-0000-000000000001", 404),)
CATEGORY = t.CategoryInfo("ma-cat://example.com/5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203", "운영", "펌프")
LISTS = (t.ListMembers("MEMBER", PEOPLE), t.ListMembers("MANAGER", ()), t.ListMembers("PRESENTER", PEOPLE[:9]))
SCOPES = (t.ListMembers("ALLOWED", PEOPLE), t.ListMembers("CREATOR", PEOPLE[:9]))


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted() as one:
        yield one


ANSWERS: list[tuple[Any, Any, Callable[..., Iterable[encode.Fragment]], tuple[Any, ...]]] = [
    (t.SearchRooms(1), t.RoomsFound(ROOMS, True), encode.search_replies, (ROOMS, True)),
    (
        t.GetAssociations(1, "MEMBER"),
        t.Associations("MEMBER", ROOMS, True),
        encode.associations_replies,
        (ROOMS, True),
    ),
    (
        t.GetInvitations(1),
        t.Invitations(tuple(t.Invitation(n + 2, "example.com", 5, one) for n, one in enumerate(ROOMS)), True),
        encode.invitations_replies,
        ([t.Invitation(n + 2, "example.com", 5, one) for n, one in enumerate(ROOMS)], True),
    ),
    (
        t.GetUnread(1),
        t.UnreadCounts(tuple(t.Unread(one.uri, 7, 3) for one in ROOMS), FAILED),
        encode.unread_replies,
        ([t.Unread(one.uri, 7, 3) for one in ROOMS], FAILED),
    ),
    (t.FindUsers(1), t.PeopleFound(PEOPLE, True), encode.people_replies, (PEOPLE, True)),
    (
        t.SearchCategories(1),
        t.CategoriesFound((CATEGORY,) * MANY, True),
        encode.categories_replies,
        ((CATEGORY,) * MANY, True),
    ),
    (
        t.GetAddIns(1),
        t.AddIns(tuple(t.AddIn(one.uri[-36:], one.name, "https://x") for one in ROOMS)),
        encode.addins_replies,
        ([t.AddIn(one.uri[-36:], one.name, "https://x") for one in ROOMS],),
    ),
]


def replies(fragments: Iterable[encode.Fragment]) -> list[Any]:
    bodies = encode.envelopes(lambda: 5, fragments)
    assert len(bodies) > 1
    assert max(map(len, bodies)) <= encode.SPLIT_BYTES
    return [one for body in bodies for one in decode_server_envelope(body).primitives]


def gathered(body_type: type, fragments: Iterable[encode.Fragment]) -> Any:
    gathering = GatheredList[Any](body_type)
    for reply in replies(fragments):
        assert not gathering.take(reply)
    assert gathering.take(t.Reply(1, "getserverinfo", 7, MARKER, 200, "", t.ServerInfo(None, 1, 1, 1, "", "")))
    return gathering.result


@pytest.mark.parametrize(("command", "whole", "answer", "said"), ANSWERS)
def test_a_long_list_is_put_together(command: Any, whole: Any, answer: Any, said: Any) -> None:
    wants = {"whole": False} if answer in (encode.search_replies, encode.associations_replies) else {}
    assert gathered(type(whole), answer(7, command, *said, **wants)) == whole


def test_roles_that_are_cut_are_put_together() -> None:
    found = gathered(t.RoomRoles, encode.roles_replies(7, t.GetRoles(1, ROOM), ROOM, LISTS))
    assert by_list(found.roles) == {one.which: one.principals for one in LISTS}


async def test_a_category_whose_lists_are_cut_is_one_again(server: ScriptedServer) -> None:
    category = t.CategoryInfo(CATEGORY.uri, "운영", "펌프", lists=SCOPES)
    server.replies = {t.GetCategory: lambda e, c: encode.categories_replies(e, c, [category])}
    async with server.client() as client:
        assert await client.categories.get(CATEGORY.uri) == category


async def test_invitations_are_asked_for_until_all_are_there(server: ScriptedServer) -> None:
    everything = [t.Invitation(n + 2, "example.com", 5, one) for n, one in enumerate(ROOMS)]

    def some(envid: int, command: t.GetInvitations) -> Iterable[encode.Fragment]:
        newer = [one for one in everything if one.number > command.after]
        return encode.invitations_replies(envid, command, newer[:999], truncated=len(newer) > 999)

    server.replies = {t.GetInvitations: some}
    async with server.client() as client:
        assert await client.get_invitations() == tuple(everything)
