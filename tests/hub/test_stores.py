"""What the hub keeps, kept by the stores there are: the same after a restart."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from parlour.hub.changing import SENT_AGAIN_US
from parlour.hub.hub import Hub
from parlour.hub.inviting import Invitations
from parlour.hub.marks import Unread
from parlour.hub.posting import Draft
from parlour.hub.preferences import Preference
from parlour.hub.reading import HistoryPage
from parlour.hub.removing import DEFAULT_REPLACEMENT, SLICE, Removal
from parlour.rooms.editing import CategoryChange, CategoryList, ListEdit, Op, RoomChange
from parlour.rooms.history import PostQuery
from parlour.rooms.model import AddIn, Category, Limits, Person, Role, Room
from parlour.rooms.refusals import Refusal, Refused
from parlour.rooms.words import WordMatch
from parlour.store.api import EventKind, FileToken, Store, StoredPost
from parlour.store.memory import MemoryStore
from parlour.store.sqlite import SqliteStore
from tests.hub.fakes import DOMAIN, Ears, FakeDirectory, key, person, uri


class House:
    """A hub over a store that is really one, and can be restarted."""

    def __init__(self, make: Callable[[], Store]) -> None:
        self.directory = FakeDirectory(person("ann"), person("bob", "crew"), person("root", is_admin=True))
        self._make = make
        self._ticks, self._guids = itertools.count(1_000), itertools.count(1)
        self._waited = 0

    async def open(self) -> Hub:
        self.store = self._make()
        await self.store.open()
        self.hub = Hub(
            self.store,
            self.directory,
            domain=DOMAIN,
            limits=Limits(),
            clock_us=lambda: next(self._ticks) + self._waited,
            new_guid=lambda: f"00000000-0000-0000-0000-{next(self._guids):012x}",
        )
        await self.hub.start()
        return self.hub

    def wait(self, microseconds: int) -> None:
        """So much time goes by."""
        self._waited += microseconds

    async def close(self) -> None:
        await self.hub.stop()
        await self.store.close()

    async def again(self) -> Hub:
        await self.close()
        return await self.open()

    def who(self, name: str) -> Person:
        found = self.directory.find_person(uri(name))
        assert found is not None
        return found


@pytest.fixture(params=["memory", "sqlite"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    memory = MemoryStore()
    return House(lambda: memory if request.param == "memory" else SqliteStore(tmp_path / "data"))


async def a_room(hub: Hub, **settings: object) -> Room:
    """In a category that invites and takes files, below another; everybody is a member by the domain's group."""
    everybody = ListEdit(CategoryList.ALLOWED, Op.SET, frozenset({"ma-grp:all"}))
    outer = await hub.managing.create_category(None, CategoryChange(name="공장", lists=(everybody,)))
    assert isinstance(outer, Category)
    inner = await hub.managing.create_category(
        None, CategoryChange(name="펌프장", invite=True, filepost=True, lists=(everybody,)), outer.id
    )
    assert isinstance(inner, Category)
    members = (ListEdit(Role.MEMBER, Op.SET, frozenset({"ma-grp:all"})),)
    made = await hub.managing.create_room(None, inner.id, RoomChange(name="야간 근무", lists=members, **settings))  # type: ignore[arg-type]
    assert isinstance(made, Room)
    return made


def reason(answer: object) -> Refusal:
    assert isinstance(answer, Refused)
    return answer.reason


async def say(hub: Hub, room: Room, *texts: str) -> None:
    for text in texts:
        assert isinstance(await hub.post_as(uri("bob"), room.id, Draft(text), key()), StoredPost)


async def test_rooms_categories_and_add_ins(house: House) -> None:
    hub = await house.open()
    room = await a_room(hub)
    wall = await hub.addins.create(None, "현황판", "https://wall.example.com")
    assert isinstance(wall, AddIn)
    with_wall = await hub.managing.modify_room(None, room.id, RoomChange(addin=wall.id, topic="인수인계"))
    assert isinstance(with_wall, Room)
    assert with_wall.invited == {"ma-grp:all"}
    root = hub.catalogue.root
    assert root is not None
    moved = await hub.managing.modify_category(None, room.category, CategoryChange(parent=root.id))
    assert isinstance(moved, Category)
    rooms, categories = dict(hub.catalogue.rooms), dict(hub.catalogue.categories)
    hub = await house.again()
    assert (hub.catalogue.rooms, hub.catalogue.categories, hub.addins.all()) == (rooms, categories, (wall,))
    assert hub.catalogue.categories[room.category].parent == root.id
    assert await hub.addins.delete(None, wall.id, force=True) == wall
    hub = await house.again()
    assert hub.addins.all() == ()
    assert hub.catalogue.rooms[room.id].addin is None
    await house.close()


async def test_what_is_kept_for_people(house: House) -> None:
    hub = await house.open()
    room = await a_room(hub)
    await say(hub, room, "하나", "둘", "셋")
    ann = hub.enter(uri("ann"), "desk", Ears())
    assert not isinstance(ann, Refused)
    await hub.join(ann, room.id)
    assert await hub.preferences.put(ann, "filters", 0, "H4sI") == Preference("filters", 1)
    assert await hub.marks.mark(house.who("ann"), room.id, 2) == Unread(room.id, 2, 1)
    token = await hub.files.issue(ann, room.id, True, "일지.txt")
    assert isinstance(token, FileToken)
    invited = await hub.inviting.pending(house.who("ann"), 0)
    assert isinstance(invited, Invitations)
    assert [(row.number, row.room) for row in invited.rows] == [(2, room.id)]
    hub = await house.again()
    assert await hub.preferences.get(uri("ann"), "filters", 0, False) == Preference("filters", 1, "H4sI")
    assert await hub.marks.unread(house.who("ann"), None) == [Unread(room.id, 2, 1)]
    assert await hub.files.check(token.token) == token
    assert await hub.inviting.pending(house.who("ann"), 0) == invited
    await house.close()


async def test_searching_and_removing(house: House) -> None:
    hub = await house.open()
    room = await a_room(hub)
    await say(hub, room, "펌프 3호 점검", "밸브", "펌프 고장", "점심")
    query = PostQuery(text="펌프 고장", match=WordMatch.ALL)
    (page,) = await hub.reading.query(house.who("ann"), [room.id], query, None)
    assert isinstance(page, HistoryPage)
    assert ([post.chat_id for post in page.posts], page.matches) == ([3], 1)
    now = await hub.removing.remove_one(house.who("root"), room.id, 3, DEFAULT_REPLACEMENT)
    assert isinstance(now, StoredPost)
    (page,) = await hub.reading.query(house.who("ann"), [room.id], query, None)
    assert isinstance(page, HistoryPage)
    assert page.posts == ()
    assert await hub.removing.remove(None, room.id, PostQuery(text="점심")) == Removal(1)
    hub = await house.again()
    (page,) = await hub.reading.messages(house.who("ann"), [room.id], 3)
    assert isinstance(page, HistoryPage)
    assert page.posts == (now,)
    (gone,) = await hub.reading.messages(house.who("ann"), [room.id], 4)
    assert isinstance(gone, Refused)
    assert gone.reason is Refusal.NO_SUCH_MESSAGE
    kinds = [row.kind for row in await house.store.posts.outbox(0, 1000)]
    assert (kinds.count(EventKind.CHATREPLACE), kinds.count(EventKind.CHATDELETE)) == (1, 1)
    await house.close()


@pytest.mark.parametrize("replacement", [None, "지움"])
async def test_more_than_one_slice(house: House, replacement: str | None) -> None:
    hub = await house.open()
    room = await a_room(hub)
    for start in range(0, SLICE + 20, 100):
        await say(hub, room, *(f"글 {n}" for n in range(start, min(start + 100, SLICE + 20))))
    assert await hub.removing.remove(None, room.id, PostQuery(text="글"), replacement) == Removal(SLICE + 20)
    (page,) = await hub.reading.query(house.who("ann"), [room.id], PostQuery(), 500)
    assert isinstance(page, HistoryPage)
    assert {post.text for post in page.posts} == (set() if replacement is None else {replacement})
    assert page.matches == (0 if replacement is None else SLICE + 20)
    await house.close()


async def test_numbers_that_no_store_can_count_to(house: House) -> None:
    hub = await house.open()
    room = await a_room(hub)
    await say(hub, room, "x")
    ann = house.who("ann")
    for query in (PostQuery(after=-(2**80), before=2**64), PostQuery(since=-(2**70), until=2**70)):  # type: ignore[arg-type]
        (page,) = await hub.reading.query(ann, [room.id], query, None)
        assert isinstance(page, HistoryPage)
        assert len(page.posts) == 1
    visit = hub.enter(ann.uri, "", Ears())
    assert not isinstance(visit, Refused)
    older = await hub.before(visit, room.id, 2**64)
    assert not isinstance(older, Refused)
    assert len(older.posts) == 1
    for number in (2**63 - 1, 2**63, 2**64, 0, -(2**64)):
        for answer in (
            *(await hub.reading.messages(ann, [room.id], number)),
            await hub.removing.remove_one(None, room.id, number),
        ):
            assert isinstance(answer, Refused)
            assert answer.reason is Refusal.NO_SUCH_MESSAGE
    assert await hub.marks.mark(ann, room.id, 2**64) == Unread(room.id, 1, 0)
    purged = await hub.removing.purge(None, room.id, 2**70)  # type: ignore[arg-type]
    assert purged == Removal(1)
    await house.close()


async def test_what_was_made_just_before_a_restart_is_made_once(house: House) -> None:
    """The command comes again, because its answer was lost; docs/decisions/0009-commands-sent-again.md."""
    hub, root = await house.open(), house.who("root")
    below = await a_room(hub)
    members = ListEdit(Role.MEMBER, Op.SET, frozenset({uri("bob")}))
    change = RoomChange(name="주간 근무", description="펌프", lists=(members,))
    category = CategoryChange(name="정비", description="펌프")
    room = await hub.managing.create_room(root, below.category, change)
    made = await hub.managing.create_category(root, category)
    assert isinstance(room, Room)
    assert isinstance(made, Category)
    taken = Refusal.DUPLICATE_NAME
    # While one server runs, commands are known by their numbers: this is another one.
    assert reason(await hub.managing.create_room(root, below.category, change)) is taken
    assert reason(await hub.managing.create_category(root, category)) is taken
    hub = await house.again()
    assert await hub.managing.create_room(root, below.category, change) == room
    assert await hub.managing.create_category(root, category) == made
    assert reason(await hub.managing.create_category(None, category)) is taken
    assert reason(await hub.managing.create_room(None, below.category, change)) is taken
    for other in (replace(change, description=""), replace(change, lists=())):
        assert reason(await hub.managing.create_room(root, below.category, other)) is taken
    assert reason(await hub.managing.create_category(root, replace(category, description=""))) is taken
    house.wait(SENT_AGAIN_US)
    assert reason(await hub.managing.create_room(root, below.category, change)) is taken
    assert reason(await hub.managing.create_category(root, category)) is taken
    await house.close()
