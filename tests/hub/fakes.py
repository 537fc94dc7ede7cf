"""Small stand-ins for store and directory, with knobs to make a store slow or unavailable."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from parlour.hub.events import RoomEvent
from parlour.hub.hub import Hub
from parlour.rooms.audit import AuditRecord
from parlour.rooms.history import PostQuery, page_of
from parlour.rooms.model import (
    AddIn,
    AddInId,
    Audit,
    Category,
    CategoryId,
    Limits,
    Micros,
    Person,
    Principal,
    PrincipalKind,
    Room,
    RoomId,
)
from parlour.store.api import (
    Appended,
    EventKind,
    FoundPosts,
    NewPost,
    OutboxEvent,
    OutboxRow,
    StoredPost,
    StoreUnavailable,
)
from parlour.store.memory.audit import MemoryAudit
from parlour.store.memory.papers import MemoryDocuments, MemoryInvitations, MemoryTokens
from parlour.store.memory.switch import Switch

DOMAIN = "example.com"
AUDIT = Audit("sip:root@example.com", Micros(1), "sip:root@example.com", Micros(1))
ROOT = Category(
    CategoryId("c0000000-0000-0000-0000-000000000001"), DOMAIN, AUDIT, invite=False, logged=True, filepost=False
)
PLANT = Category(
    CategoryId("c0000000-0000-0000-0000-000000000002"),
    "Plant",
    AUDIT,
    parent=ROOT.id,
    allowed=frozenset({"ma-grp:all"}),
)
OPEN = RoomId("00000000-0000-0000-0000-00000000000a")


def uri(name: str) -> str:
    return f"sip:{name}@{DOMAIN}"


def person(name: str, *groups: str, **flags: bool) -> Person:
    belongs = frozenset({"ma-grp:all", *(f"ma-grp:{group}" for group in groups)})
    return Person(uri(name), f"guid-{name}", name.title(), affiliations=belongs, **flags)


class FakeDirectory:
    def __init__(self, *people: Person) -> None:
        self._people = {someone.uri: someone for someone in people}
        self._callbacks: list[Callable[[str], None]] = []
        self.named_groups: dict[str, Principal] = {}

    def put(self, someone: Person) -> None:
        self._people[someone.uri] = someone
        for callback in self._callbacks:
            callback(someone.uri)

    def drop(self, gone: str) -> None:
        del self._people[gone]
        for callback in self._callbacks:
            callback(gone)

    def find_person(self, uri: str) -> Person | None:
        return self._people.get(uri)

    def find_by_login(self, login: str, domain: str | None = None) -> str | None:
        name = login.lower().removeprefix("sip:").split("@")[0]
        return uri(name) if uri(name) in self._people else None

    def find_principal(self, uri: str) -> Principal | None:
        someone = self._people.get(uri)
        if someone is not None:
            return Principal(uri, someone.guid, PrincipalKind.USER, someone.display_name)
        if uri in self.named_groups:
            return self.named_groups[uri]
        if any(uri in someone.affiliations for someone in self._people.values()):
            return Principal(uri, uri, PrincipalKind.GROUP, uri.partition(":")[2])
        return None

    def people(self) -> Sequence[Person]:
        return list(self._people.values())

    def principals(self) -> Sequence[Principal]:
        everything = {*self._people, *self.named_groups, *(g for p in self._people.values() for g in p.affiliations)}
        return [found for name in sorted(everything) if (found := self.find_principal(name)) is not None]

    def groups(self) -> Sequence[Principal]:
        return [each for each in self.principals() if each.kind is not PrincipalKind.USER]

    def subscribe(self, callback: Callable[[str], None]) -> None:
        self._callbacks.append(callback)


class FakePosts:
    audit: MemoryAudit

    """`hold` True keeps acts waiting until `commit()`; `down` True fails them."""

    def __init__(self) -> None:
        self.hold = False
        self.down = False
        self.posts: dict[RoomId, list[StoredPost]] = {}
        self.events: list[OutboxEvent] = []
        self.archive: list[tuple[EventKind, str, RoomId]] = []
        self.reads = 0
        self.removed: list[StoredPost] = []
        self.removals_left: int | None = None
        self._keys: dict[bytes, StoredPost] = {}
        self._numbers: dict[RoomId, itertools.count[int]] = {}
        self._waiting: list[Callable[[], None]] = []

    def append(self, post: NewPost) -> asyncio.Future[Appended]:
        future: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        self._act(future, lambda: self._append(post))
        return future

    def record(self, event: OutboxEvent) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._act(future, lambda: self._record(event))
        return future

    def _act(self, future: asyncio.Future, what: Callable[[], object]) -> None:  # type: ignore[type-arg]
        def act() -> None:
            if future.done():
                return
            if self.down:
                future.set_exception(StoreUnavailable())
            else:
                future.set_result(what())

        self._waiting.append(act)
        if not self.hold and len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self.commit)

    def commit(self) -> None:
        waiting, self._waiting = self._waiting, []
        for act in waiting:
            act()

    def _append(self, new: NewPost) -> Appended:
        if new.key in self._keys:
            return Appended(self._keys[new.key], repeated=True)
        number = next(self._numbers.setdefault(new.room, itertools.count(1)))
        post = StoredPost(new.room, number, new.author, new.author_name, new.text, new.at, new.rtf, new.alert)
        self._keys[new.key] = post
        if new.logged:
            self.posts.setdefault(new.room, []).append(post)
        self.archive.append((EventKind.CHAT, new.author, new.room))
        return Appended(post, repeated=False)

    def _record(self, event: OutboxEvent) -> None:
        self.events.append(event)
        self.archive.append((event.kind, event.who, event.room))

    async def last(self, room: RoomId, count: int) -> list[StoredPost]:
        await self._read()
        return self.posts.get(room, [])[-count:]

    async def before(self, room: RoomId, chat_id: int, count: int) -> list[StoredPost]:
        await self._read()
        return [post for post in self.posts.get(room, []) if post.chat_id < chat_id][-count:]

    async def after(self, room: RoomId, chat_id: int, count: int) -> list[StoredPost]:
        await self._read()
        return [post for post in self.posts.get(room, []) if post.chat_id > chat_id][:count]

    async def find(self, room: RoomId, query: PostQuery, limit: int) -> FoundPosts:
        await self._read()
        posts, page = page_of(self.posts.get(room, []), query, limit)
        return FoundPosts(tuple(posts), page)

    async def unread(self, marks: Mapping[RoomId, int], most: int, reader: str) -> Mapping[RoomId, int]:
        await self._read()
        return {
            room: min(most, sum(post.chat_id > after and post.author != reader for post in self.posts.get(room, [])))
            for room, after in marks.items()
        }

    async def remove(
        self,
        room: RoomId,
        query: PostQuery,
        most: int,
        *,
        by: str,
        at: Micros,
        replacement: str | None = None,
        record: Callable[[Sequence[int]], AuditRecord] | None = None,
    ) -> Sequence[StoredPost]:
        """`removals_left` counts down to an outage."""
        await self._read()
        if self.removals_left is not None:
            self.removals_left -= 1
            if self.removals_left < 0:
                raise StoreUnavailable
        posts = self.posts.get(room, [])
        gone, _ = page_of(posts, replace(query, newest_first=False, examine_to=None), most)
        numbers = {post.chat_id for post in gone}
        if replacement is None:
            self.posts[room] = [post for post in posts if post.chat_id not in numbers]
        else:
            self.posts[room] = [
                replace(post, text=replacement, rtf=None) if post.chat_id in numbers else post for post in posts
            ]
        kind = EventKind.CHATDELETE if replacement is None else EventKind.CHATREPLACE
        self.archive += [(kind, by, room)] * len(gone)
        self.removed += gone
        if gone and record is not None:
            self.audit.keep(record([post.chat_id for post in gone]))
        return gone

    async def _read(self) -> None:
        self.reads += 1
        await asyncio.sleep(0)
        if self.down:
            raise StoreUnavailable

    async def outbox(self, after: int, count: int) -> list[OutboxRow]:
        return []

    async def outbox_delete(self, up_to: int) -> None:
        pass


class FakeRooms:
    def __init__(self, categories: Iterable[Category], rooms: Iterable[Room], audit: MemoryAudit) -> None:
        self.audit = audit
        self.categories = {category.id: category for category in categories}
        self.rooms = {room.id: room for room in rooms}
        self.pages: dict[AddInId, AddIn] = {}
        self.down = False

    async def load(self) -> tuple[Sequence[Category], Sequence[Room]]:
        return list(self.categories.values()), list(self.rooms.values())

    async def addins(self) -> Sequence[AddIn]:
        return sorted(self.pages.values(), key=lambda addin: addin.name)

    async def save_addin(self, addin: AddIn, record: AuditRecord | None = None) -> None:
        await self._write()
        self.pages[addin.id] = addin
        self.audit.keep(record)

    async def delete_addin(self, addin: AddInId, rooms: Sequence[Room] = (), record: AuditRecord | None = None) -> None:
        await self.save_all((), rooms)
        del self.pages[addin]
        self.audit.keep(record)

    async def _write(self) -> None:
        await asyncio.sleep(0)
        if self.down:
            raise StoreUnavailable

    async def save_category(self, category: Category, record: AuditRecord | None = None) -> None:
        await self.save_all((category,), (), record)

    async def save_room(self, room: Room, record: AuditRecord | None = None) -> None:
        await self.save_all((), (room,), record)

    async def save_all(
        self, categories: Sequence[Category], rooms: Sequence[Room], record: AuditRecord | None = None
    ) -> None:
        await self._write()
        self.categories |= {category.id: category for category in categories}
        self.rooms |= {room.id: room for room in rooms}
        self.audit.keep(record)

    async def delete_category(self, category: CategoryId, record: AuditRecord | None = None) -> None:
        await self._write()
        del self.categories[category]
        self.audit.keep(record)

    async def delete_room(self, room: RoomId, record: AuditRecord | None = None) -> None:
        await self._write()
        del self.rooms[room]
        self.audit.keep(record)


class FakeStore:
    posts: FakePosts  # type: ignore[assignment]
    rooms: FakeRooms  # type: ignore[assignment]
    instance_id = "fake"

    def __init__(self, categories: Iterable[Category], rooms: Iterable[Room]) -> None:
        self.papers = Switch()
        self.audit = MemoryAudit(self.papers)
        self.posts = FakePosts()
        self.posts.audit = self.audit
        self.rooms = FakeRooms(categories, rooms, self.audit)
        self.documents = MemoryDocuments(self.papers, self.audit.keep)
        self.invitations = MemoryInvitations(self.papers)
        self.tokens = MemoryTokens(self.papers)

    async def open(self) -> None:
        pass

    async def forget(
        self,
        principal: str,
        categories: Sequence[Category],
        rooms: Sequence[Room],
        record: AuditRecord | None = None,
    ) -> None:
        await self.rooms.save_all(categories, rooms, record)

    async def close(self) -> None:
        pass


class Ears:
    """A listener that writes down what it hears: `events` flat, `calls` as they came."""

    def __init__(self) -> None:
        self.calls: list[Sequence[RoomEvent]] = []

    @property
    def events(self) -> list[RoomEvent]:
        return [event for call in self.calls for event in call]

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.events]

    def hear(self, events: Sequence[RoomEvent]) -> None:
        self.calls.append(events)


class World:
    """A hub with its stand-ins; time and GUIDs count up."""

    def __init__(
        self,
        people: Iterable[Person],
        rooms: Iterable[Room],
        *,
        limits: Limits | None = None,
        slice_size: int = 128,
        categories: Iterable[Category] = (ROOT, PLANT),
    ) -> None:
        self.directory = FakeDirectory(*people)
        self.store = FakeStore(categories, rooms)
        self.posts, self.rooms = self.store.posts, self.store.rooms
        ticks, guids = itertools.count(1_000), itertools.count(100)
        self.hub = Hub(
            self.store,  # type: ignore[arg-type]
            self.directory,
            domain=DOMAIN,
            limits=limits or Limits(),
            clock_us=lambda: next(ticks),
            new_guid=lambda: f"00000000-0000-0000-0000-{next(guids):012x}",
            slice_size=slice_size,
        )

    def enter(self, name: str, endpoint: str = "") -> tuple:  # type: ignore[type-arg]
        ears = Ears()
        return self.hub.enter(uri(name), endpoint, ears), ears

    async def settle(self) -> None:
        """Until everything that was said is told."""
        await asyncio.sleep(0)
        await self.hub.inviting.settle()
        while not self.hub.teller.idle:
            await asyncio.sleep(0)
        await asyncio.sleep(0)


def room(number: int, name: str, **settings: object) -> Room:
    return replace(Room(RoomId(f"00000000-0000-0000-0000-0000000000{number:02x}"), name, PLANT.id, AUDIT), **settings)  # type: ignore[arg-type]


_keys = itertools.count()


def key() -> bytes:
    return next(_keys).to_bytes(16, "big")
