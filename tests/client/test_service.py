"""The whole channel service through the SDK: the real server, over loopback sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parlour.client import (
    AlreadyDefined,
    CannotCreate,
    Client,
    DataCollision,
    DuplicateAddInName,
    DuplicateName,
    FilesNotAllowed,
    HistoryPurged,
    InvalidToken,
    Invited,
    ListSetting,
    MessageHeard,
    MessageNotFound,
    MessageRemoved,
    MessageReplaced,
    NotEmpty,
    NotInScope,
    NotJoined,
    PermissionDenied,
    PersonChanged,
    PreferenceChanged,
    PresenterNotMember,
    PrincipalNotFound,
    RemovedFromRoom,
    Room,
    RoomChanged,
    RoomDeleted,
    RoomNotFound,
    Unread,
)
from parlour.client.events import Event
from tests.client.house import DOMAIN, House, house

ALICE, BOB, CAROL, MINJI = (f"sip:{name}@{DOMAIN}" for name in ("alice", "bob", "carol", "minji"))


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[House]:
    """Alice is an administrator."""
    async with house(tmp_path / "data") as made:
        await made.run("user.admin", user="alice", on=True)
        yield made


@pytest.fixture
async def alice(there: House) -> AsyncIterator[Client]:
    async with there.client("alice") as client:
        yield client


@pytest.fixture
async def bob(there: House) -> AsyncIterator[Client]:
    async with there.client("bob") as client:
        yield client


async def heard(source: Client | Room, *kinds: type) -> list[Event]:
    """The next events of these kinds, in this order; others between them are passed over."""
    wanted = list(kinds)
    found: list[Event] = []
    async with asyncio.timeout(60):
        async for event in source.events():
            if isinstance(event, wanted[0]):
                found.append(event)
                wanted.pop(0)
                if not wanted:
                    break
    return found


async def category_of(client: Client, name: str) -> str:
    return (await client.categories.search(name)).categories[0].uri


# Finding --------------------------------------------------------------------------------------------------------------


async def test_every_way_of_finding(there: House, alice: Client, bob: Client) -> None:
    def names(found: object) -> list[str]:
        return sorted(room.name for room in found.rooms)  # type: ignore[attr-defined]

    demo = await category_of(alice, "Demo")
    await bob.join(there.room("Lobby"))
    assert names(await bob.find.by_name("lobby")) == ["Lobby"]
    assert names(await bob.find.by_category(demo)) == ["Announcements", "Lobby", "Night Shift"]
    assert names(await alice.find.by_user(BOB)) == ["Lobby"]
    assert names(await bob.find.by_member()) == ["Night Shift"] == names(await bob.find.memberships())
    assert names(await alice.find.by_manager()) == names(await alice.find.managed())
    (status,) = await bob.addins.list()
    assert names(await bob.find.by_addin(status.id)) == ["Announcements"] == names(await bob.find.by_addin(status))
    assert names(await bob.find.by_filter(behavior="AUDITORIUM", category=demo)) == ["Announcements"]
    assert names(await bob.find.by_filter("night", visibility="SCOPED", manager=ALICE)) == ["Night Shift"]
    assert (await bob.find.by_uri(there.room("Lobby"))).name == "Lobby"
    assert (await bob.find.by_exact_name("안내 데스크")).uri == there.room("안내 데스크")
    for secret in (there.room("Board"), f"ma-chan://{DOMAIN}/00000000-0000-4000-8000-000000000000"):
        with pytest.raises(RoomNotFound):
            await bob.find.by_uri(secret)
        with pytest.raises(RoomNotFound):
            await bob.room_card(secret)
    with pytest.raises(RoomNotFound):
        await bob.find.by_exact_name("Board")


async def test_what_is_told_of_a_room(there: House, bob: Client) -> None:
    room = await bob.join_named("Night Shift")
    card = await room.card()
    assert (card.room.name, card.room.visibility) == ("Night Shift", "SCOPED")
    assert card.category is not None
    assert card.category.name == "Demo"
    assert (await bob.room_card_named("night SHIFT")).room.uri == room.uri
    assert [seat.user.uri for seat in await room.participants()] == [BOB]
    assert (await room.permissions()).value & 7 == 6
    assert (await bob.get_service_uri()).startswith("sip:")
    with pytest.raises(NotJoined):
        await bob.participants(there.room("Lobby"))


# Messages -------------------------------------------------------------------------------------------------------------


async def filled(client: Client, uri: str, count: int = 45) -> Room:
    room = await client.join(uri)
    for number in range(1, count + 1):
        await room.post(f"{number} {'펌프' if number % 3 else 'Pump'} 점검")
    return room


async def test_paging_searching_and_jumping(there: House, alice: Client, bob: Client) -> None:
    room = await filled(alice, there.room("Lobby"))
    await bob.join(room.uri)
    await bob.post(room.uri, "bob: 밸브")
    everything = await room.history().collect()
    assert [one.chat_id for one in everything] == list(range(1, 47))
    backwards = [one.chat_id async for one in room.history(newest_first=True, limit=40)]
    assert backwards == list(range(46, 6, -1))
    assert [one.chat_id async for one in room.history(after=10, before=14)] == [11, 12, 13]
    assert [one.chat_id async for one in room.history(text="pump", limit=2)] == [3, 6]
    assert [one.chat_id async for one in room.history(text="pump", match_case=True)] == []
    assert [one.chat_id async for one in room.history(text="점검 7", match="all", limit=2)] == [7]
    assert [one.chat_id async for one in room.history(text="펌프 점검", match="phrase", limit=1)] == [1]
    assert [one.text async for one in room.history(authors=[BOB])] == ["bob: 밸브"]
    middle = everything[20].at
    assert middle is not None
    around = await room.jump_to(middle, before=2, after=2)
    assert [one.chat_id for one in around] == [19, 20, 21, 22]
    one = await room.message(21)
    assert (one.chat_id, one.text, one.at) == (21, everything[20].text, middle)
    with pytest.raises(MessageNotFound):
        await room.message(4711)


async def test_pages_smaller_than_what_is_there(tmp_path: Path) -> None:
    async with (
        house(tmp_path / "data", chat={"search_limit": 10}) as there,
        there.client("alice") as alice,
        there.client("bob") as bob,
    ):
        lobby = await filled(alice, there.room("Lobby"), 35)
        shift = await filled(alice, there.room("Night Shift"), 25)
        await alice.post(lobby.uri, "last")
        board = there.room("Board")
        search = bob.history([lobby, shift, board], text="펌프")
        told = await search.collect()
        assert len(told) == 24 + 17
        assert [one.at for one in told] == sorted(one.at or 0 for one in told)
        assert isinstance(search.failed[board], RoomNotFound)
        assert search.matches == 41
        assert [one.chat_id async for one in bob.messages.history(lobby)] == list(range(1, 37))
        yesterday = datetime.now(UTC) - timedelta(days=1)
        assert await bob.history([lobby, shift], until=yesterday).collect() == ()
        assert len(await bob.history([lobby, shift], since=yesterday, newest_first=True).collect()) == 61


async def test_unread(there: House, alice: Client, bob: Client) -> None:
    room = await filled(alice, there.room("Lobby"), 5)
    assert await bob.messages.unread_in(room) == Unread(room.uri, 0, 5)
    assert await bob.messages.mark_read(room, 3) == Unread(room.uri, 3, 2)
    assert await bob.messages.mark_read(room, 2) == Unread(room.uri, 3, 2)
    assert (await bob.messages.unread()).rooms == (Unread(room.uri, 3, 2),)
    async with there.client("bob") as elsewhere:
        ours = await elsewhere.join(room)
        assert await ours.unread() == Unread(room.uri, 3, 2)
        assert (await ours.mark_read(5)).count == 0


async def test_messages_are_taken_away(there: House, alice: Client, bob: Client) -> None:
    room = await filled(alice, there.room("Lobby"), 5)
    theirs = await bob.join(room)
    with pytest.raises(PermissionDenied):
        await theirs.delete_message(2)
    await room.delete_message(2)
    await room.replace_message(3, "(관리자가 지움)")
    removed, replaced = await heard(theirs, MessageRemoved, MessageReplaced)
    assert removed == MessageRemoved(room.uri, 2)
    assert isinstance(replaced, MessageReplaced)
    assert (replaced.message.chat_id, replaced.message.text) == (3, "(관리자가 지움)")
    told = await theirs.history().collect()
    assert [one.chat_id for one in told] == [1, 3, 4, 5]
    until = told[2].at
    assert until is not None
    await room.purge(until)
    assert await heard(theirs, HistoryPurged) == [HistoryPurged(room.uri, until)]
    assert [one.chat_id async for one in theirs.history()] == [5]
    with pytest.raises(MessageNotFound):
        await room.delete_message(2)


async def test_stories_alerts_and_rtf(there: House, alice: Client) -> None:
    room = await alice.join(there.room("Lobby"))
    await room.post("본문\r\n둘째 줄", title="보고", rtf="{\\rtf1 x}", alert=True)
    (event,) = await heard(room, MessageHeard)
    assert isinstance(event, MessageHeard)
    told = event.message
    assert (told.text, told.rtf, told.alert) == ("[STORY]보고\r\n본문\r\n둘째 줄", "{\\rtf1 x}", True)


# Managing -------------------------------------------------------------------------------------------------------------


async def test_the_life_of_a_room(there: House, alice: Client, bob: Client) -> None:
    demo = await category_of(alice, "Demo")
    assert demo in [one.uri for one in await alice.manage.creatable_categories()]
    card = await alice.manage.create_room(
        "펌프 3", demo, description="d", visibility="SCOPED", members=[ALICE, BOB], topic="점검"
    )
    with pytest.raises(DuplicateName):
        await alice.manage.create_room("펌프 3", demo)
    with pytest.raises(CannotCreate):
        await bob.manage.create_room("밸브", demo)
    room = await bob.join(card.room)
    await alice.join(room)
    changed = await alice.manage.modify_room(card, name="펌프 4", topic="수리")
    assert (changed.room.name, changed.room.topic) == ("펌프 4", "수리")
    (event,) = await heard(room, RoomChanged)
    assert isinstance(event, RoomChanged)
    assert (room.name, room.info.topic, event.info) == ("펌프 4", "수리", room.info)
    with pytest.raises(DataCollision):
        await alice.manage.modify_room(card, topic="too late")
    with pytest.raises(PermissionDenied):
        await room.modify(topic="밥")
    await alice.manage.move_room(room, await category_of(alice, "고객 지원"))
    await alice.manage.disable_room(room)
    (gone,) = await heard(room, RemovedFromRoom)
    assert isinstance(gone, RemovedFromRoom)
    assert (await alice.manage.enable_room(card)).room.disabled is False
    assert (await alice.manage.disable_room(card)).room.disabled is True
    await alice.manage.enable_room(card.room)
    room = await bob.join(card)
    await alice.manage.delete_room(card)
    assert await heard(room, RoomDeleted, RemovedFromRoom)
    with pytest.raises(RoomNotFound):
        await alice.room_card(room)


async def test_roles(there: House, alice: Client, bob: Client) -> None:
    room = await bob.join(there.room("Night Shift"))
    uri = room.uri
    roles = await room.roles()
    assert {role: {one.uri for one in people} for role, people in roles.items()} == {
        "MEMBER": {ALICE, BOB},
        "MANAGER": {ALICE},
        "PRESENTER": set(),
    }
    await alice.manage.add_to_role(uri, "MANAGER", BOB)
    (event,) = await heard(room, PersonChanged)
    assert isinstance(event, PersonChanged)
    assert (event.user.uri, event.mask) == (BOB, 12276)
    assert [seat.mask for seat in room.people if seat.user.uri == BOB] == [12276]
    with pytest.raises(AlreadyDefined):
        await room.add_to_role("MANAGER", BOB)
    with pytest.raises(PrincipalNotFound):
        await room.add_to_role("MEMBER", f"sip:nobody@{DOMAIN}")
    await room.modify(behavior="AUDITORIUM")
    with pytest.raises(PresenterNotMember):
        await room.add_to_role("PRESENTER", CAROL)
    await alice.manage.edit_roles(
        uri, ListSetting("MEMBER", "ADD", (CAROL,)), ListSetting("PRESENTER", "SET", (CAROL,))
    )
    assert [one.uri for one in (await room.roles("PRESENTER"))["PRESENTER"]] == [CAROL]
    await alice.manage.remove_from_role(uri, "MEMBER", BOB)
    (gone,) = await heard(room, RemovedFromRoom)
    assert isinstance(gone, RemovedFromRoom)
    assert isinstance(gone.error, PermissionDenied)
    await alice.manage.set_role(uri, "MANAGER", ALICE)
    assert [one.uri for one in (await alice.manage.roles(uri, "MANAGER"))["MANAGER"]] == [ALICE]


async def test_categories(there: House, alice: Client, bob: Client) -> None:
    made = await alice.categories.create("공장", allowed=[ALICE, BOB], creators=[BOB], logged=True, filepost=True)
    assert (made.name, made.logged) == ("공장", True)
    whole = await alice.categories.get(made)
    assert {one.which: [each.uri for each in one.principals] for one in whole.lists}["CREATOR"] == [BOB]
    room = await bob.manage.create_room("밸브", made, members=[BOB])
    with pytest.raises(NotInScope):
        await bob.manage.add_to_role(room.room, "MEMBER", CAROL)
    with pytest.raises(NotEmpty):
        await alice.categories.delete(made)
    await alice.categories.add_to_scope(made, "ALLOWED", CAROL)
    await alice.categories.set_scope(made, "DENIED", BOB)
    scope = await alice.categories.scope(made)
    assert {which: {one.uri for one in people} for which, people in scope.items()} == {
        "ALLOWED": {ALICE, BOB, CAROL},
        "DENIED": {BOB},
    }
    with pytest.raises(RoomNotFound):
        await bob.room_card(room.room)
    await alice.categories.remove_from_scope(made, "DENIED", BOB)
    changed = await alice.categories.modify(whole.uri, name="제2 공장", invite=True)
    assert changed.name == "제2 공장"
    with pytest.raises(DataCollision):
        await alice.categories.modify(whole, name="too late")
    with pytest.raises(PermissionDenied):
        await bob.categories.create("mine")
    await alice.manage.delete_room(room.room)
    await alice.categories.delete(made)
    assert (await alice.categories.search("제2")).categories == ()


async def test_people(there: House, alice: Client, bob: Client) -> None:
    assert [one.uri for one in (await bob.people.find_users("민지")).people] == [MINJI]
    assert (await bob.people.find_users(limit=1)).truncated
    assert (await bob.people.user()).name == "Bob Baker"
    assert (await alice.people.user(BOB)).uri == BOB
    with pytest.raises(PermissionDenied):
        await bob.people.user(ALICE)
    eligible = await alice.people.eligible_for_room(there.room("Night Shift"), "MEMBER", "carol")
    assert CAROL in [one.uri for one in eligible.people]
    demo = await category_of(alice, "Demo")
    assert (await alice.people.eligible_for_category(demo, "CREATOR", "carol")).people
    await there.run("group.add", name="운영팀")
    await there.run("group.member.add", group="운영팀", who=["bob"])
    groups = (await alice.people.eligible_for_category(demo, "MEMBER", "운영")).people
    assert [one.name for one in groups] == ["운영팀"]
    assert (await alice.people.group(groups[0].uri)).name == "운영팀"


# The rest -------------------------------------------------------------------------------------------------------------


async def test_addins(there: House, alice: Client, bob: Client) -> None:
    made = await alice.addins.create("펌프 현황", "https://pumps.example/")
    with pytest.raises(DuplicateAddInName):
        await alice.addins.create("펌프 현황", "https://pumps.example/2")
    with pytest.raises(PermissionDenied):
        await bob.addins.create("x", "https://x.example/")
    changed = await alice.addins.modify(made.id, title="밸브 현황")
    assert (changed.id, changed.title, changed.url) == (made.id, "밸브 현황", "https://pumps.example/")
    await alice.manage.modify_room(there.room("Lobby"), addin=made.id)
    assert (await bob.room_card(there.room("Lobby"))).room.addin_id == made.id
    with pytest.raises(NotEmpty):
        await alice.addins.delete(made.id)
    await alice.addins.delete(made.id, force=True)
    assert made.id not in [one.id for one in await bob.addins.list()]


async def test_preferences(there: House, bob: Client) -> None:
    assert (await bob.preferences.get("kedzie.Filters")).version == 0
    async with there.client("bob") as elsewhere:
        version = await bob.preferences.set("kedzie.Filters", "펌프".encode())
        (event,) = await heard(elsewhere, PreferenceChanged)
        assert event == PreferenceChanged("kedzie.Filters", version)
        stored = await elsewhere.preferences.get("kedzie.Filters")
        assert elsewhere.preferences.content_of(stored) == "펌프".encode()
        assert (await bob.preferences.get("kedzie.Filters", version)).content is None
        newer = await elsewhere.preferences.set("kedzie.Filters", b"2", version)
        with pytest.raises(DataCollision):
            await bob.preferences.set("kedzie.Filters", b"3", version)
        assert newer > version


async def test_file_tokens(tmp_path: Path) -> None:
    service = "https://files.example/"
    async with (
        house(tmp_path / "data", web={"file_service_url": service}) as there,
        there.client("alice") as alice,
        there.client("bob") as bob,
    ):
        room = await bob.join(there.room("Lobby"))
        with pytest.raises(FilesNotAllowed):
            await room.upload_token("보고서.txt")
        await there.run("category.modify", category="Demo", filepost=True)
        token = await room.upload_token("보고서.txt")
        assert token.service_uri == service
        assert await bob.files.check_token(token) == token
        assert (await room.download_token("보고서.txt")).token != token.token
        with pytest.raises(InvalidToken):
            await bob.files.check_token("8f0d4b1c-36f4-4b06-9d1d-2c9f6f5a7711")
        with pytest.raises(InvalidToken):
            await alice.files.check_token(token)
        with pytest.raises(NotJoined):
            await alice.files.upload_token(room, "x.txt")


async def test_invitations(there: House, alice: Client) -> None:
    async with there.client("carol") as carol:
        await alice.categories.modify(await category_of(alice, "Demo"), invite=True)
        await alice.manage.add_to_role(there.room("Night Shift"), "MEMBER", CAROL)
        (event,) = await heard(carol, Invited)
        assert isinstance(event, Invited)
        assert event.invitation.room.name == "Night Shift"
        assert [one.number for one in await carol.get_invitations()] == [event.invitation.number]
        assert await carol.get_invitations(event.invitation.number) == ()
