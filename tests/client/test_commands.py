"""Each method against a server that a test writes: what is asked, and what is made of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from parlour.client import (
    Busy,
    ChatError,
    Client,
    DataCollision,
    InvalidArgument,
    ListSetting,
    MessageNotFound,
    NotSupported,
    PermissionDenied,
    Room,
    ServerBusy,
    TimedOut,
    UnusableAnswer,
)
from parlour.client.replies import MARKER
from parlour.xccos import types as t
from parlour.xccos.codes import ResponseCode
from parlour.xccos.encode import (
    Fragment,
    Page,
    addins_replies,
    associations_replies,
    batch_join_replies,
    categories_replies,
    category_reply,
    invitations_replies,
    message_ref_reply,
    moved_reply,
    pages_replies,
    part_reply,
    participants_replies,
    people_replies,
    permissions_reply,
    preference_reply,
    purged_reply,
    refusal,
    reply,
    request_uri_reply,
    roles_replies,
    room_card_reply,
    room_reply,
    search_replies,
    token_reply,
    unread_replies,
)
from tests.client.scripted import DOMAIN, FAST, ROOM, ScriptedServer, say_no, scripted

OTHER = f"ma-chan://{DOMAIN}/c0a9a3d4-06c9-4c59-b1f8-6d2d3b1a3304"
CATEGORY = f"ma-cat://{DOMAIN}/b2b6b0fa-1e5c-4ac0-8b8c-2f6f3a0a1102"
PARENT = f"ma-cat://{DOMAIN}/6f1c0c52-5e5c-4f0e-9a57-0d7a0b7f1e01"
ADDIN = "3b6a4c80-90b9-4f9d-8b49-0e8f2f1c9912"
ME = f"sip:alice@{DOMAIN}"
BOB = f"sip:bob@{DOMAIN}"
BOB_INFO = t.UserInfo(BOB, name="밥")
GROUP = f"ma-grp:{ADDIN}@u.g"
INFO = t.RoomInfo(ROOM, "야간 근무", "펌프와 밸브")
CARD = t.RoomCard(replace(INFO, audit=t.AuditInfo("Bob", 5, "밥", 9)))
CATEGORY_INFO = t.CategoryInfo(
    CATEGORY,
    "운영",
    audit=t.AuditInfo("Bob", 5, "밥", 7),
    lists=(t.ListMembers("ALLOWED", (BOB_INFO,)),),
    inherits=("logged",),
)
MESSAGE = t.GroupChat(1, ROOM, BOB, "펌프 3 멈춤", "밥", chat_id=7, at=1_000_000)
PEOPLE = t.PeopleFound((BOB_INFO,), truncated=True)
UNREAD = t.Unread(ROOM, 7, 3)
TOKEN = t.TransferToken("8f0d4b1c-36f4-4b06-9d1d-2c9f6f5a7711", "https://files.example.com/")
WEB = t.AddIn(ADDIN, "펌프", "https://pumps.example.com/")
DAY = datetime(2026, 6, 11, tzinfo=UTC)
DAY_MICROS = 1_781_136_000_000_000


def messages_of(envid: int, command: Any) -> list[Fragment]:
    return pages_replies(envid, command, [Page(ROOM, [MESSAGE], 1)])  # type: ignore[list-item]  # has all of a Message


def found(envid: int, command: Any) -> list[Fragment]:
    return search_replies(envid, command, [INFO], truncated=True)


def card(envid: int, command: Any) -> list[Fragment]:
    return [room_card_reply(envid, command, CARD)]


def category(envid: int, command: Any) -> list[Fragment]:
    return categories_replies(envid, command, [CATEGORY_INFO])


def done(envid: int, command: Any) -> list[Fragment]:
    return [room_reply(envid, command, ROOM)]


def people(envid: int, command: Any) -> list[Fragment]:
    return people_replies(envid, command, PEOPLE.people, truncated=True)


def unread(envid: int, command: Any) -> list[Fragment]:
    return unread_replies(envid, command, [UNREAD])


def token(envid: int, command: Any) -> list[Fragment]:
    return [token_reply(envid, command, TOKEN)]


def message_ref(envid: int, command: Any) -> list[Fragment]:
    return [message_ref_reply(envid, command, ROOM, 7)]


def addins(envid: int, command: Any) -> list[Fragment]:
    return addins_replies(envid, command, [replace(WEB, id=ADDIN[::-1], title="else"), WEB])


def addin(envid: int, command: Any) -> list[Fragment]:
    return addins_replies(envid, command, [WEB])


def associations(envid: int, command: Any) -> list[Fragment]:
    return associations_replies(envid, command, [INFO])


def list_edit(envid: int, command: Any) -> list[Fragment]:
    return [category_reply(envid, command, CATEGORY)]


@dataclass(frozen=True)
class Case:
    """A call, the command it sends, how the server answers, what the caller gets."""

    call: Callable[[Client], Awaitable[Any]]
    command: Any
    answer: Callable[[int, Any], list[Fragment]]
    result: Any = None


FOUND = t.RoomsFound((INFO,), truncated=True)
MINE = t.Associations("MEMBER", (INFO,))
CASES = {
    "lookup": Case(
        lambda c: c.get_service_uri(),
        t.RequestUri(1),
        lambda e, c: [request_uri_reply(e, c, "sip:pool@x")],
        "sip:pool@x",
    ),
    "part": Case(lambda c: c.part(OTHER), t.Part(1, OTHER), lambda e, c: [part_reply(e, c, OTHER)]),
    "invitations": Case(
        lambda c: c.get_invitations(3),
        t.GetInvitations(1, 3, DOMAIN),
        lambda e, c: invitations_replies(e, c, [t.Invitation(4, DOMAIN, 5, INFO)]),
        (t.Invitation(4, DOMAIN, 5, INFO),),
    ),
    "card": Case(lambda c: c.room_card(INFO), t.GetRoom(1, ROOM), card, CARD),
    "card by name": Case(lambda c: c.room_card_named("야간 근무"), t.GetRoom(1, "", "야간 근무"), card, CARD),
    "participants": Case(
        lambda c: c.participants(ROOM),
        t.GetParticipants(1, ROOM),
        lambda e, c: participants_replies(e, c, t.JoinedRoom(INFO, (t.Seat(BOB_INFO, 3984),))),
        (t.Seat(BOB_INFO, 3984),),
    ),
    "permissions": Case(
        lambda c: c.permissions(ROOM),
        t.GetPermissions(1, ROOM),
        lambda e, c: [permissions_reply(e, c, t.Permissions(ROOM, 31, 3984))],
        t.Permissions(ROOM, 31, 3984),
    ),
    # Finding
    "by name": Case(
        lambda c: c.search_rooms("야간 pump", match="phrase", descriptions=True, limit=5),
        t.SearchRooms(1, "BYNAME", "야간 pump", search_description=True, match_exact_phrase=True, max_results=5),
        found,
        FOUND,
    ),
    "by filter": Case(
        lambda c: c.find.by_filter(
            "pump",
            match="all",
            limit=5,
            member=BOB,
            manager=ME,
            category=CATEGORY_INFO,
            addin=ADDIN,
            visibility="PRIVATE",
            behavior="AUDITORIUM",
            invite=False,
            disabled=True,
        ),
        t.SearchRooms(
            1,
            "BYFILTER",
            "pump",
            match_all=True,
            max_results=5,
            member=BOB,
            manager=ME,
            category=CATEGORY,
            addin=ADDIN,
            visibility="PRIVATE",
            behavior="AUDITORIUM",
            invite=False,
            disabled=True,
        ),
        found,
        FOUND,
    ),
    "by filter of nothing": Case(lambda c: c.find.by_filter(), t.SearchRooms(1, "BYFILTER"), found, FOUND),
    "by category": Case(
        lambda c: c.find.by_category(CATEGORY, limit=2),
        t.SearchRooms(1, "BYCATEGORY", category=CATEGORY, max_results=2),
        found,
        FOUND,
    ),
    "by user": Case(lambda c: c.find.by_user(BOB), t.SearchRooms(1, "BYUSER", BOB), found, FOUND),
    "by member": Case(lambda c: c.find.by_member(), t.SearchRooms(1, "BYMEMBER"), found, FOUND),
    "by manager": Case(lambda c: c.find.by_manager(), t.SearchRooms(1, "BYMANAGER"), found, FOUND),
    "by add-in itself": Case(lambda c: c.find.by_addin(WEB), t.SearchRooms(1, "BYADDIN", addin=ADDIN), found, FOUND),
    "by add-in": Case(lambda c: c.find.by_addin(ADDIN), t.SearchRooms(1, "BYADDIN", addin=ADDIN), found, FOUND),
    "by URI": Case(lambda c: c.find.by_uri(ROOM), t.SearchRooms(1, "BYURI", ROOM), found, INFO),
    "by exact name": Case(
        lambda c: c.find.by_exact_name("야간 근무"), t.SearchRooms(1, "BYEXACTNAME", "야간 근무"), found, INFO
    ),
    "memberships": Case(
        lambda c: c.find.memberships(limit=9), t.GetAssociations(1, "MEMBER", DOMAIN, 9), associations, MINE
    ),
    "managed": Case(
        lambda c: c.find.managed(),
        t.GetAssociations(1, "MANAGER", DOMAIN),
        associations,
        replace(MINE, kind="MANAGER"),
    ),
    # Messages
    "one message": Case(
        lambda c: c.messages.get(ROOM, 7),
        t.HistoryByMessage(1, (ROOM,), t.HistoryFilter(anchor=7, only_anchor=True)),
        messages_of,
        MESSAGE,
    ),
    "history": Case(
        lambda c: c.messages.history(ROOM, after=3, limit=10, text="펌프 3", match="all", authors=[BOB]).collect(),
        t.HistoryByMessage(
            1, (ROOM,), t.HistoryFilter(words="펌프 3", match="ALL", authors=(BOB,), anchor=3, limit=10)
        ),
        messages_of,
        (MESSAGE,),
    ),
    "history of a single room": Case(
        lambda c: c.history(ROOM, authors=BOB).collect(),
        t.HistoryByDate(1, (ROOM,), t.HistoryFilter(authors=(BOB,), limit=200)),
        messages_of,
        (MESSAGE,),
    ),
    "history of many": Case(
        lambda c: c.history(
            [ROOM, OTHER], since=DAY, until=DAY_MICROS + 1, match_case=True, text="x", newest_first=True
        ).collect(),
        t.HistoryByDate(
            1,
            (ROOM, OTHER),
            t.HistoryFilter(
                words="x",
                match_case=True,
                since=DAY_MICROS,
                until=DAY_MICROS + 1,
                limit=100,
                newest_first_scan=True,
            ),
        ),
        lambda e, c: pages_replies(e, c, [Page(ROOM, [], 0), Page(OTHER, [], 0)]),
        (),
    ),
    "mark read": Case(lambda c: c.messages.mark_read(ROOM, 7), t.MarkRead(1, ROOM, 7), unread, UNREAD),
    "unread": Case(lambda c: c.messages.unread(), t.GetUnread(1), unread, t.UnreadCounts((UNREAD,))),
    "unread of one": Case(
        lambda c: c.messages.unread(CARD), t.GetUnread(1, (ROOM,)), unread, t.UnreadCounts((UNREAD,))
    ),
    "unread in one": Case(lambda c: c.messages.unread_in(ROOM), t.GetUnread(1, (ROOM,)), unread, UNREAD),
    "delete": Case(lambda c: c.messages.delete(ROOM, 7), t.DeleteMessage(1, ROOM, 7), message_ref),
    "replace": Case(
        lambda c: c.messages.replace(ROOM, 7, "(지워짐)"), t.ReplaceMessage(1, ROOM, 7, "(지워짐)"), message_ref
    ),
    "purge": Case(
        lambda c: c.messages.purge(ROOM, DAY),
        t.PurgeRoom(1, ROOM, DAY_MICROS),
        lambda e, c: [purged_reply(e, c, ROOM, DAY_MICROS)],
    ),
    # Managing
    "creatable categories": Case(
        lambda c: c.manage.creatable_categories(), t.CreatableCategories(1), category, (CATEGORY_INFO,)
    ),
    "create room": Case(
        lambda c: c.manage.create_room(
            "야간 근무",
            CATEGORY,
            members=[BOB, GROUP],
            managers=[ME],
            presenters=[BOB],
            description="d",
            topic="t",
            visibility="PRIVATE",
            behavior="AUDITORIUM",
            invite="inherit",
            addin=ADDIN,
        ),
        t.CreateRoom(
            1,
            t.RoomSettings(
                "야간 근무",
                "d",
                "t",
                CATEGORY,
                "AUDITORIUM",
                "PRIVATE",
                None,
                "inherit",
                ADDIN,
                (
                    ListSetting("MEMBER", "SET", (BOB, GROUP)),
                    ListSetting("MANAGER", "SET", (ME,)),
                    ListSetting("PRESENTER", "SET", (BOB,)),
                ),
            ),
        ),
        card,
        CARD,
    ),
    "modify room": Case(
        lambda c: c.manage.modify_room(ROOM, topic="", invite=True, addin=""),
        t.ModifyRoom(1, ROOM, t.RoomSettings(topic="", invite=True, addin="")),
        card,
        CARD,
    ),
    "modify room as seen": Case(
        lambda c: c.manage.modify_room(CARD, name="주간"),
        t.ModifyRoom(1, ROOM, t.RoomSettings("주간", expected=9)),
        card,
        CARD,
    ),
    "modify room as seen by hand": Case(
        lambda c: c.manage.modify_room(CARD, name="주간", expected=3),
        t.ModifyRoom(1, ROOM, t.RoomSettings("주간", expected=3)),
        card,
        CARD,
    ),
    "make a room with one member": Case(
        lambda c: c.manage.create_room("주간", CATEGORY, members=BOB, addin=WEB),
        t.CreateRoom(
            1, t.RoomSettings("주간", parent=CATEGORY, addin=ADDIN, roles=(ListSetting("MEMBER", "SET", (BOB,)),))
        ),
        card,
        CARD,
    ),
    "disable as seen": Case(
        lambda c: c.manage.disable_room(CARD), t.ModifyRoom(1, ROOM, t.RoomSettings(disabled=True)), card, CARD
    ),
    "enable as seen": Case(
        lambda c: c.manage.enable_room(CARD), t.ModifyRoom(1, ROOM, t.RoomSettings(disabled=False)), card, CARD
    ),
    "delete as seen": Case(lambda c: c.manage.delete_room(CARD), t.DeleteRoom(1, ROOM), done),
    "disable": Case(
        lambda c: c.manage.disable_room(ROOM), t.ModifyRoom(1, ROOM, t.RoomSettings(disabled=True)), card, CARD
    ),
    "enable": Case(
        lambda c: c.manage.enable_room(ROOM), t.ModifyRoom(1, ROOM, t.RoomSettings(disabled=False)), card, CARD
    ),
    "move": Case(
        lambda c: c.manage.move_room(ROOM, CATEGORY),
        t.MoveRoom(1, ROOM, CATEGORY),
        lambda e, c: [moved_reply(e, c, ROOM, CATEGORY)],
    ),
    "delete room": Case(lambda c: c.manage.delete_room(ROOM), t.DeleteRoom(1, ROOM), done),
    "roles": Case(
        lambda c: c.manage.roles(ROOM, "MEMBER", "MANAGER"),
        t.GetRoles(1, ROOM, ("MEMBER", "MANAGER")),
        lambda e, c: roles_replies(e, c, ROOM, [t.ListMembers("MEMBER", (BOB_INFO,)), t.ListMembers("MANAGER", ())]),
        {"MEMBER": (BOB_INFO,), "MANAGER": ()},
    ),
    "add to role": Case(
        lambda c: c.manage.add_to_role(ROOM, "MEMBER", BOB, GROUP),
        t.SetRoles(1, ROOM, (ListSetting("MEMBER", "ADD", (BOB, GROUP)),)),
        done,
    ),
    "remove from role": Case(
        lambda c: c.manage.remove_from_role(ROOM, "MANAGER", BOB),
        t.SetRoles(1, ROOM, (ListSetting("MANAGER", "DEL", (BOB,)),)),
        done,
    ),
    "set role": Case(
        lambda c: c.manage.set_role(ROOM, "PRESENTER", BOB),
        t.SetRoles(1, ROOM, (ListSetting("PRESENTER", "SET", (BOB,)),)),
        done,
    ),
    # Categories
    "create category": Case(
        lambda c: c.categories.create(
            "운영", parent=PARENT, logged=False, filepost=True, invite=True, allowed=[GROUP], denied=[], creators=[BOB]
        ),
        t.CreateCategory(
            1,
            t.CategorySettings(
                "운영",
                parent=PARENT,
                invite=True,
                logged=False,
                filepost=True,
                lists=(
                    ListSetting("ALLOWED", "SET", (GROUP,)),
                    ListSetting("DENIED", "SET", ()),
                    ListSetting("CREATOR", "SET", (BOB,)),
                ),
            ),
        ),
        category,
        CATEGORY_INFO,
    ),
    "modify category": Case(
        lambda c: c.categories.modify(CATEGORY_INFO, name="공장", description="d"),
        t.ModifyCategory(1, CATEGORY, t.CategorySettings("공장", "d", expected=7)),
        category,
        CATEGORY_INFO,
    ),
    "leave switches to the category above": Case(
        lambda c: c.categories.modify(CATEGORY, invite="inherit", logged=True, filepost="inherit"),
        t.ModifyCategory(1, CATEGORY, t.CategorySettings(invite="inherit", logged=True, filepost="inherit")),
        category,
        CATEGORY_INFO,
    ),
    "move category": Case(
        lambda c: c.categories.modify(CATEGORY, parent=PARENT),
        t.ModifyCategory(1, CATEGORY, t.CategorySettings(parent=PARENT)),
        category,
        CATEGORY_INFO,
    ),
    "delete category": Case(lambda c: c.categories.delete(CATEGORY), t.DeleteCategory(1, CATEGORY), list_edit),
    "category": Case(lambda c: c.categories.get(CATEGORY), t.GetCategory(1, CATEGORY), category, CATEGORY_INFO),
    "categories": Case(
        lambda c: c.categories.search("운영", limit=3),
        t.SearchCategories(1, "운영", 3),
        lambda e, c: categories_replies(e, c, [CATEGORY_INFO], truncated=True),
        t.CategoriesFound((CATEGORY_INFO,), truncated=True),
    ),
    "scope": Case(lambda c: c.categories.scope(CATEGORY), t.GetScope(1, CATEGORY), category, {"ALLOWED": (BOB_INFO,)}),
    "add to scope": Case(
        lambda c: c.categories.add_to_scope(CATEGORY, "ALLOWED", GROUP),
        t.SetScope(1, CATEGORY, (ListSetting("ALLOWED", "ADD", (GROUP,)),)),
        list_edit,
    ),
    "remove from scope": Case(
        lambda c: c.categories.remove_from_scope(CATEGORY, "DENIED", BOB),
        t.SetScope(1, CATEGORY, (ListSetting("DENIED", "DEL", (BOB,)),)),
        list_edit,
    ),
    "set scope": Case(
        lambda c: c.categories.set_scope(CATEGORY, "DENIED", BOB),
        t.SetScope(1, CATEGORY, (ListSetting("DENIED", "SET", (BOB,)),)),
        list_edit,
    ),
    # People
    "users": Case(
        lambda c: c.people.find_users("김", first="민", last="김", email="@x", limit=4),
        t.FindUsers(1, "김", "민", "@x", "김", 4),
        people,
        PEOPLE,
    ),
    "eligible for a room": Case(
        lambda c: c.people.eligible_for_room(ROOM, "PRESENTER", "밥", limit=4),
        t.FindPrincipals(1, "PRESENTER", "밥", ROOM, "", 4),
        people,
        PEOPLE,
    ),
    "eligible for a category": Case(
        lambda c: c.people.eligible_for_category(CATEGORY, "CREATOR"),
        t.FindPrincipals(1, "CREATOR", "", "", CATEGORY),
        people,
        PEOPLE,
    ),
    "me": Case(lambda c: c.people.user(), t.GetUserInfo(1, ME), people, BOB_INFO),
    "user": Case(lambda c: c.people.user(BOB), t.GetUserInfo(1, BOB), people, BOB_INFO),
    "group": Case(lambda c: c.people.group(GROUP), t.GetGroupInfo(1, GROUP), people, BOB_INFO),
    # Add-ins, files, preferences
    "add-ins": Case(lambda c: c.addins.list(), t.GetAddIns(1), addin, (WEB,)),
    "create add-in": Case(lambda c: c.addins.create("펌프", WEB.url), t.CreateAddIn(1, "펌프", WEB.url), addins, WEB),
    "modify add-in": Case(
        lambda c: c.addins.modify(ADDIN, url=WEB.url), t.ModifyAddIn(1, ADDIN, None, WEB.url), addins, WEB
    ),
    "delete add-in itself": Case(lambda c: c.addins.delete(WEB), t.DeleteAddIn(1, ADDIN), addins),
    "delete add-in": Case(lambda c: c.addins.delete(ADDIN, force=True), t.DeleteAddIn(1, ADDIN, force=True), addins),
    "upload": Case(
        lambda c: c.files.upload_token(ROOM, "보고서.txt"), t.GetUploadToken(1, ROOM, "보고서.txt"), token, TOKEN
    ),
    "download": Case(
        lambda c: c.files.download_token(ROOM, "보고서.txt"), t.GetDownloadToken(1, ROOM, "보고서.txt"), token, TOKEN
    ),
    "check token": Case(lambda c: c.files.check_token(TOKEN), t.CheckToken(1, TOKEN.token), token, TOKEN),
    "preference": Case(
        lambda c: c.preferences.get("kedzie.Filters", 3, create=True),
        t.GetPreference(1, "kedzie.Filters", 3, create_default=True),
        lambda e, c: [preference_reply(e, c, t.Preference("kedzie.Filters", 4, "7Y6M7ZSE"))],
        t.Preference("kedzie.Filters", 4, "7Y6M7ZSE"),
    ),
    "set preference": Case(
        lambda c: c.preferences.set("kedzie.Filters", "펌프".encode(), 4),
        t.SetPreference(1, "kedzie.Filters", "7Y6M7ZSE", 4),
        lambda e, c: [preference_reply(e, c, t.Preference("kedzie.Filters", 5))],
        5,
    ),
}


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted() as made:
        yield made


async def test_every_method_asks_and_understands(server: ScriptedServer) -> None:
    async with server.client() as client:
        for name, case in CASES.items():
            server.replies = {type(case.command): case.answer}
            server.commands.clear()
            result = await case.call(client)
            assert server.commands[0] == case.command, name
            assert result == case.result, name


async def test_every_method_tells_a_refusal(server: ScriptedServer) -> None:
    async with server.client() as client:
        for name, case in CASES.items():
            server.replies = {type(case.command): lambda e, c: [refusal(e, c, 403)]}
            with pytest.raises(PermissionDenied):
                await case.call(client)
            assert server.commands[-1].seqid in (1, MARKER), name


async def test_an_answer_that_tells_nothing_is_no_surprise(server: ScriptedServer) -> None:
    """Nothing was found, or the answer is unusable; never an exception that is none of ours."""
    async with server.client() as client:
        for name, case in CASES.items():
            server.replies = {type(case.command): lambda e, c: [reply(e, c, 200)]}
            (outcome,) = await asyncio.gather(case.call(client), return_exceptions=True)
            assert not isinstance(outcome, BaseException) or isinstance(outcome, (ChatError, UnusableAnswer)), name
            assert outcome != case.result or not case.result, name


@pytest.mark.parametrize(
    "code", [code for code in ResponseCode if code not in (ResponseCode.OK, ResponseCode.SERVER_BUSY)]
)
async def test_every_code(server: ScriptedServer, code: ResponseCode) -> None:
    async with server.client() as client:
        server.replies = {t.DeleteRoom: lambda e, c: [refusal(e, c, code, "설명")]}
        with pytest.raises(ChatError) as caught:
            await client.manage.delete_room(ROOM)
        assert type(caught.value).default == code
        assert (caught.value.text, caught.value.room) == ("설명", ROOM)


async def test_the_methods_of_a_room_are_those_of_the_client(server: ScriptedServer) -> None:
    calls: dict[str, Callable[[Room], Awaitable[Any]]] = {
        "card": lambda r: r.card(),
        "participants": lambda r: r.participants(),
        "permissions": lambda r: r.permissions(),
        "one message": lambda r: r.message(7),
        "history": lambda r: r.history(after=3, limit=10, text="펌프 3", match="all", authors=[BOB]).collect(),
        "mark read": lambda r: r.mark_read(7),
        "unread in one": lambda r: r.unread(),
        "delete": lambda r: r.delete_message(7),
        "replace": lambda r: r.replace_message(7, "(지워짐)"),
        "purge": lambda r: r.purge(DAY),
        "modify room": lambda r: r.modify(topic="", invite=True, addin=""),
        "roles": lambda r: r.roles("MEMBER", "MANAGER"),
        "add to role": lambda r: r.add_to_role("MEMBER", BOB, GROUP),
        "remove from role": lambda r: r.remove_from_role("MANAGER", BOB),
        "upload": lambda r: r.upload_token("보고서.txt"),
        "download": lambda r: r.download_token("보고서.txt"),
    }
    async with server.client() as client:
        room = await client.join(ROOM)
        for name, call in calls.items():
            case = CASES[name]
            server.replies = {type(case.command): case.answer}
            server.commands.clear()
            assert await call(room) == case.result, name
            assert server.commands[0] == case.command, name


async def test_jumping_to_a_moment(server: ScriptedServer) -> None:
    def around(envid: int, command: t.HistoryByDate) -> list[Fragment]:
        number = 3 if command.filter.newest_first_scan else 8
        at = DAY_MICROS - 1 if command.filter.newest_first_scan else DAY_MICROS
        shown = [replace(MESSAGE, chat_id=n, at=at) for n in (number, number + 1)]
        return pages_replies(envid, command, [Page(ROOM, shown, 2)])  # type: ignore[arg-type]  # has all of a Message

    server.replies = {t.HistoryByDate: around}
    async with server.client() as client:
        room = await client.join(ROOM)
        assert [one.chat_id for one in await room.jump_to(DAY, before=2, after=5)] == [3, 4, 8, 9]
        asked = [one.filter for one in server.commands if isinstance(one, t.HistoryByDate)]
        assert asked == [
            t.HistoryFilter(until=DAY_MICROS - 1, limit=2, newest_first_scan=True),
            t.HistoryFilter(since=DAY_MICROS, limit=5),
        ]


async def test_a_message_that_is_not_there(server: ScriptedServer) -> None:
    async with server.client() as client:
        server.replies = {t.HistoryByMessage: lambda e, c: pages_replies(e, c, [Page(ROOM, [], 0)])}
        with pytest.raises(MessageNotFound):
            await client.messages.get(ROOM, 7)


async def test_unread_in_a_room_that_is_closed(server: ScriptedServer) -> None:
    failed = t.FailedRoom(DOMAIN, ROOM.rpartition("/")[2], 403)
    server.replies = {t.GetUnread: lambda e, c: unread_replies(e, c, [], [failed])}
    async with server.client() as client:
        assert await client.messages.unread([ROOM, OTHER]) == t.UnreadCounts((), (failed,))
        with pytest.raises(PermissionDenied):
            await client.messages.unread_in(ROOM)


async def test_unread_in_very_many_rooms(server: ScriptedServer) -> None:
    server.replies = {
        t.GetUnread: lambda e, c: unread_replies(
            e, c, [t.Unread(uri, 0, number) for number, uri in enumerate(c.room_uris)]
        )
    }
    many = [f"ma-chan://{DOMAIN}/00000000-0000-4000-8000-{number:012}" for number in range(150)]
    async with server.client() as client:
        counts = await client.messages.unread([*many, many[0]])
        assert [one.room_uri for one in counts.rooms] == many
        assert [len(one.room_uris) for one in server.commands if isinstance(one, t.GetUnread)] == [75, 75]


async def test_joining_by_name_and_many_in_pieces(server: ScriptedServer) -> None:
    seat = t.Seat(t.UserInfo(ME, name="Alice"), 3984)

    def in_pieces(envid: int, command: t.BatchJoin) -> list[Fragment]:
        joined = [t.JoinedRoom(t.RoomInfo(ref.uri, "방"), (seat,)) for ref in command.refs]
        return batch_join_replies(envid, command, joined, limit=1500)

    server.replies = {t.SearchRooms: found, t.BatchJoin: in_pieces}
    many = [f"ma-chan://{DOMAIN}/00000000-0000-4000-8000-{number:012}" for number in range(20)]
    async with server.client() as client:
        assert (await client.join_named("야간 근무")).uri == ROOM
        rooms = await client.join_many(many)
        assert [room.uri for room in rooms if isinstance(room, Room)] == many


async def test_stories(server: ScriptedServer) -> None:
    async with server.client() as client:
        room = await client.join(ROOM)
        await room.post("펌프 3\r\n멈춤", title="6월 11일 보고", rtf="{\\rtf1 x}", alert=True)
        with pytest.raises(InvalidArgument):
            await room.post("x", title="two\nlines")
    ((_, post),) = server.posts
    assert (post.text, post.rtf, post.alert) == ("[STORY]6월 11일 보고\r\n펌프 3\r\n멈춤", "{\\rtf1 x}", True)


async def test_preferences_as_bytes(server: ScriptedServer) -> None:
    async with server.client() as client:
        assert client.preferences.content_of(t.Preference("x", 1, "7Y6M7ZSE")) == "펌프".encode()
        assert client.preferences.content_of(t.Preference("x", 1)) is None
        with pytest.raises(UnusableAnswer):
            client.preferences.content_of(t.Preference("x", 1, "7Y6M7"))


async def test_a_collision_carries_what_the_server_has(server: ScriptedServer) -> None:
    theirs = t.Preference("x", 9, "7Y6M7ZSE")
    server.replies = {
        t.SetPreference: lambda e, c: [reply(e, c, 410, '<pref label="x" seqid="9" content="7Y6M7ZSE"/>')]
    }
    async with server.client() as client:
        with pytest.raises(DataCollision) as caught:
            await client.preferences.set("x", b"mine", 8)
        assert caught.value.current == theirs
        server.replies = {t.ModifyRoom: lambda e, c: [refusal(e, c, 410)]}
        with pytest.raises(DataCollision) as caught:
            await client.manage.modify_room(CARD, topic="x")
        assert caught.value.current is None


# Busy -----------------------------------------------------------------------------------------------------------------


async def test_code_504_and_status_503_get_the_same_envelope_again(server: ScriptedServer) -> None:
    seen: list[tuple[int, int]] = []

    def at_the_third_time(envid: int, command: t.DeleteRoom) -> list[Fragment]:
        seen.append((envid, command.seqid))
        return done(envid, command) if len(seen) == 3 else [refusal(envid, command, 504)]

    server.replies = {t.DeleteRoom: at_the_third_time}
    async with server.client() as client:
        server.once("INFO", say_no(503))
        await client.manage.delete_room(ROOM)
    assert len(seen) == 3
    assert len(set(seen)) == 1


async def test_busy_until_the_time_is_over(server: ScriptedServer) -> None:
    server.replies = {t.DeleteRoom: lambda e, c: [refusal(e, c, 504)]}
    async with server.client(settings=replace(FAST, answer_timeout=1.0)) as client:
        with pytest.raises(TimedOut) as caught:
            await client.manage.delete_room(ROOM)
        assert isinstance(caught.value.__cause__, ServerBusy)
        for _ in range(50):
            server.once("INFO", say_no(503))
        with pytest.raises(TimedOut) as caught:
            await client.manage.delete_room(ROOM)
        assert isinstance(caught.value.__cause__, Busy)


async def test_pieces_after_504_are_whole(server: ScriptedServer) -> None:
    """The second answer of the refused attempt is still under way when the first one is there."""
    attempts: list[int] = []

    def later(envid: int, command: t.HistoryByDate) -> list[Fragment]:
        attempts.append(envid)
        return messages_of(envid, command) if len(attempts) > 1 else [refusal(envid, command, 504)]

    server.replies = {t.HistoryByDate: later}
    async with server.client() as client:
        assert await client.messages.history(ROOM).collect() == (MESSAGE,)
    assert len(set(attempts)) == 1


async def test_commands_that_a_server_does_not_know(server: ScriptedServer) -> None:
    async with server.client() as client:
        with pytest.raises(NotSupported):
            await client.addins.list()
        results = await asyncio.gather(*(case.call(client) for case in CASES.values()), return_exceptions=True)
        assert {type(result) for result in results} <= {NotSupported, str, tuple}
