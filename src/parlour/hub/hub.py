"""The hub: every use case of group chat behind one door, whatever wire the asker speaks.

All methods run on the event loop's thread. What a person may not know is refused as if it did not exist; refusals are
values (`Refused`). A visit is one person at one endpoint; its listener hears every event once, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

from parlour.hub.addins import AddIns
from parlour.hub.auditing import Auditing
from parlour.hub.catalogue import Catalogue
from parlour.hub.category_changes import CategoryChanges
from parlour.hub.changing import CONSOLE, Changes, Checks
from parlour.hub.departing import Departing
from parlour.hub.enforcing import Enforcing
from parlour.hub.events import Listener, Participant
from parlour.hub.files import Files
from parlour.hub.gate import Gate
from parlour.hub.inviting import Inviting
from parlour.hub.joining import Joining
from parlour.hub.managing import Managing
from parlour.hub.marks import Marks
from parlour.hub.people import People
from parlour.hub.posting import Draft, Posting, Said
from parlour.hub.preferences import Preferences
from parlour.hub.presence import Presence, RoomView, Visit
from parlour.hub.principals import Principals
from parlour.hub.reading import History, Reading
from parlour.hub.recording import Recorder
from parlour.hub.refusals import NOT_INSIDE, VISIT_OVER
from parlour.hub.removing import Removing
from parlour.hub.room_changes import RoomChanges
from parlour.hub.searching import RoomList, Searching
from parlour.hub.tails import Tails
from parlour.hub.telling import Teller
from parlour.hub.turns import FairTurns
from parlour.rooms.decisions import decide_history_size, decide_join
from parlour.rooms.model import Audit, Category, CategoryId, Limits, Micros, Person, Room, RoomId
from parlour.rooms.names import fold_name
from parlour.rooms.policy import CategoryRights, Rights
from parlour.rooms.refusals import Refusal, Refused
from parlour.rooms.search import RoomQuery
from parlour.rooms.switches import Switches
from parlour.store.api import Store, StoredPost

__all__ = ["CONSOLE", "Hub"]

_NOT_PROVISIONED = Refused(Refusal.NOT_PROVISIONED, "not enabled for group chat")
_DRAINING = Refused(Refusal.BUSY, "the server takes no new visits")

READS_AT_ONCE = 8
"""Reads that may be with the store at a time; the others wait here, where people take turns."""


class Hub:
    def __init__(
        self,
        store: Store,
        directory: People,
        *,
        domain: str,
        limits: Limits,
        clock_us: Callable[[], int],
        new_guid: Callable[[], str],
        slice_size: int = 128,
    ) -> None:
        """`clock_us` gives microseconds since 1970 (UTC), `new_guid` a fresh lower-case GUID. `slice_size`: how many
        listeners are told in one turn of the loop. The store is opened and closed by its owner."""
        self.domain = domain
        self.limits = limits
        self.people = directory
        self.draining = False
        """While True, visits that are under way go on and no new ones begin."""
        self.catalogue = Catalogue()
        self._store = store
        self._clock_us = clock_us
        self._new_guid = new_guid
        self.teller = Teller(slice_size)
        self.gate = Gate(self.catalogue, directory)
        self.auditing = Auditing(store.audit, clock_us, new_guid)
        self.recorder = Recorder(store.posts)
        self.presence = Presence(self.teller, limits)
        self.tails = Tails(store.posts.last, length=decide_history_size(None, limits))
        self.turns = FairTurns(READS_AT_ONCE)
        self._talk()
        self._read()
        self._manage()

    def _talk(self) -> None:
        """The parts for entering rooms and posting."""
        catalogue, gate, presence, limits, clock = self._shared()
        posts = self._store.posts
        self._joining = Joining(catalogue, gate, presence, self.recorder, limits, clock)
        self._posting = Posting(catalogue, gate, presence, posts, self.tails, self.teller, limits, clock)
        self.inviting = Inviting(catalogue, self.people, gate, presence, self._store.invitations, self.turns, clock)
        self._enforcing = Enforcing(
            catalogue, self.people, gate, presence, self._joining, self.recorder, self.teller, self.inviting, clock
        )

    def _read(self) -> None:
        """The parts for looking things up, and for what is kept for a person."""
        catalogue, gate, presence, limits, clock = self._shared()
        posts, documents = self._store.posts, self._store.documents
        self.reading = Reading(catalogue, gate, self.recorder, posts, self.tails, self.turns, limits, clock)
        self.marks = Marks(catalogue, gate, documents, posts, self.tails, self.turns, limits)
        self.preferences = Preferences(documents, presence, self.turns, limits)
        self.files = Files(catalogue, self.people, gate, self._store.tokens, limits, clock, self._new_guid)
        self.principals = Principals(catalogue, self.people, gate, limits)
        self._searching = Searching(catalogue, gate, presence, limits)

    def _manage(self) -> None:
        """The parts for changing rooms, categories, add-ins and histories."""
        catalogue, gate, presence, limits, clock = self._shared()
        rooms, enforcing, auditing, new_guid = self._store.rooms, self._enforcing, self.auditing, self._new_guid
        changes, checks = Changes(), Checks(catalogue, self.people, gate, clock())
        self.addins = AddIns(catalogue, gate, rooms, changes, enforcing, auditing, limits, clock, new_guid)
        self.managing = Managing(
            changes,
            RoomChanges(catalogue, gate, checks, rooms, enforcing, self.tails, auditing, limits, clock, new_guid),
            CategoryChanges(catalogue, gate, checks, rooms, enforcing, auditing, limits, clock, new_guid),
        )
        self.departing = Departing(
            catalogue, self.people, gate, checks, changes, self._store, enforcing, auditing, clock
        )
        self.removing = Removing(
            catalogue, gate, presence, self._store.posts, self.tails, self.teller, auditing, limits, clock
        )

    def _shared(self) -> tuple[Catalogue, Gate, Presence, Limits, Callable[[], int]]:
        """What most parts work with."""
        return self.catalogue, self.gate, self.presence, self.limits, self._clock_us

    async def start(self) -> None:
        """Load rooms and categories; a new store is given its root category, named like the domain."""
        categories, rooms = await self._store.rooms.load()
        self.catalogue.load(categories, rooms)
        self.catalogue.addins = {addin.id: addin for addin in await self._store.rooms.addins()}
        if self.catalogue.root is None:
            now = Micros(self._clock_us())
            audit = Audit(CONSOLE, now, CONSOLE, now)
            root = Category(CategoryId(self._new_guid()), self.domain, audit, **asdict(Switches()))
            await self._store.rooms.save_category(root)
            self.catalogue.put_category(root)
        self.people.subscribe(self._enforcing.person_changed)

    async def stop(self) -> None:
        """End every visit, and see their records to the store."""
        for visit in self.presence.all_visits():
            self._enforcing.end(visit, Refusal.UNAVAILABLE)
        await self.managing.settle()
        await self.removing.settle()
        await self.inviting.settle()
        await self.recorder.close()

    # --- visits

    def enter(self, person_uri: str, endpoint: str, listener: Listener) -> Visit | Refused:
        """Begin a visit. The same endpoint (unless empty) coming again ends its earlier visit, which broke. BUSY while
        the server is `draining`."""
        person = self._chatter(person_uri)
        if person is None:
            return _NOT_PROVISIONED
        if self.draining:
            return _DRAINING
        for visit in self.presence.visits_of(person.uri):
            if endpoint and visit.endpoint == endpoint:
                self._enforcing.end(visit, Refusal.REPLACED)
        return self.presence.admit(person, endpoint, listener)

    def may_chat(self, person_uri: str) -> bool:
        """Whether a visit of this person could begin at all."""
        return self._chatter(person_uri) is not None

    def _chatter(self, person_uri: str) -> Person | None:
        person = self.people.find_person(person_uri)
        return None if person is None or person.disabled or not person.chat_enabled else person

    def leave(self, visit: Visit) -> None:
        """End a visit: out of all rooms at once. Idempotent; its listener hears nothing more."""
        self._joining.leave(visit)

    # --- rooms

    async def join(self, visit: Visit, room: RoomId) -> RoomView | Refused:
        """Enter a room. Nothing of the room is heard before this returns."""
        return (await self._joining.join_many(visit, (room,)))[0]

    async def join_many(self, visit: Visit, rooms: Sequence[RoomId]) -> list[RoomView | Refused]:
        """Enter many rooms with one wait for the store; one answer for each, in the order asked."""
        return await self._joining.join_many(visit, rooms)

    async def part(self, visit: Visit, room: RoomId) -> Refused | None:
        """Leave a room; nothing of it is heard from now on."""
        return await self._joining.part(visit, room)

    def room_view(self, visit: Visit, room: RoomId) -> RoomView | Refused:
        """The room as the visitor sees it now; `participants` is empty unless this endpoint is inside."""
        seat = visit.seats.get(room)
        if seat is not None:
            return self.presence.view(seat, rejoined=True)
        return self.card(visit.person, room) if visit.open else VISIT_OVER

    def card(self, person: Person, room: RoomId) -> RoomView | Refused:
        """The room as somebody without a visit sees it: settings, rights, and how many people are inside."""
        seen = self.gate.look(room, person)
        if isinstance(seen, Refused):
            return seen
        settings, rights = seen
        live = self.presence.live.get(room)
        large = live is not None and live.large
        switches = self.catalogue.switches(settings.category)
        return RoomView(settings, switches, rights, (), self.presence.population(room), large)

    def roles(self, person: Person, room: RoomId) -> Room | Refused:
        """The room with its role lists, for anybody who may see it."""
        seen = self.gate.look(room, person)
        return seen if isinstance(seen, Refused) else seen[0]

    def find_room_named(self, person: Person, name: str) -> RoomId | None:
        """The room of that name, ignoring case, if the person may see it."""
        room = RoomId(self.catalogue.find_named(name) or "")
        return None if isinstance(self.gate.look(room, person), Refused) else room

    def participants(self, visit: Visit, room: RoomId) -> tuple[Participant, ...] | Refused:
        """Everybody in the room, large or not; for those inside."""
        seat = visit.seats.get(room)
        if seat is not None:
            return tuple(seat.live.occupants.values())
        seen = self._look(visit, room)
        return seen if isinstance(seen, Refused) else decide_join(*seen) or NOT_INSIDE

    def rights(self, visit: Visit, room: RoomId) -> Rights | Refused:
        """What the visitor may do in the room."""
        seen = self._look(visit, room)
        return seen if isinstance(seen, Refused) else seen[1]

    def _look(self, visit: Visit, room: RoomId) -> tuple[Room, Rights] | Refused:
        return self.gate.look(room, visit.person) if visit.open else VISIT_OVER

    async def find_rooms(self, visit: Visit, query: RoomQuery) -> RoomList | Refused:
        """The rooms that the visitor may find and that fit the query, by name."""
        return await self._searching.find_rooms(visit.person, query) if visit.open else RoomList(())

    async def find_rooms_as(self, person: Person | None, query: RoomQuery) -> Sequence[Room] | Refused:
        """As `find_rooms`, for somebody without a visit. The console (None) finds every room."""
        if person is None:
            return await self._searching.every_room(query)
        found = await self._searching.find_rooms(person, query)
        return found if isinstance(found, Refused) else [row.room for row in found.rows]

    def categories_to_create_in(self, visit: Visit) -> tuple[Category, ...]:
        """The categories in which the visitor may make rooms, by name."""
        return self._categories(visit.person, lambda rights: rights.create) if visit.open else ()

    def categories(self, person: Person) -> tuple[Category, ...]:
        """The categories of which the person may know, by name; the root is among them."""
        return self._categories(person, lambda rights: rights.see)

    def _categories(self, person: Person, wanted: Callable[[CategoryRights], bool]) -> tuple[Category, ...]:
        seen = [self.gate.over(category, person) for category in self.catalogue.categories]
        allowed = [answer[0] for answer in seen if not isinstance(answer, Refused) and wanted(answer[1])]
        return tuple(sorted(allowed, key=lambda category: fold_name(category.name)))

    # --- posts

    @property
    def posts_waiting(self) -> int:
        """Posts that wait for the store."""
        return self._posting.waiting

    async def post(self, visit: Visit, room: RoomId, draft: Draft, key: bytes) -> StoredPost | Refused:
        """Say something in a room that the visit is in. Returns once it is committed and flushed; then the room hears
        it, the author's endpoints included. `key` (16 to 64 bytes) names the act: the same key, the same answer."""
        return await self._posting.post(visit, room, draft, key)

    async def post_as(
        self, person_uri: str, room: RoomId, draft: Draft, key: bytes, actor: Person | None = None
    ) -> StoredPost | Refused:
        """As `post`, for somebody who is not in the room but has the right to post there. If `actor` is somebody else
        (None: the console), archive and audit trail tell who it was."""
        person = self.people.find_person(person_uri)
        if person is None:
            return Refused(Refusal.NO_SUCH_PRINCIPAL, "there is no such person")
        if actor is not None and actor.uri == person.uri:
            return await self._posting.post_as(person, room, draft, key)
        name = self.catalogue.rooms[room].name if room in self.catalogue.rooms else ""
        made = self.auditing.prepare(actor, "message.send", "room", room, name, {"as": person.uri})
        said = Said(self.auditing.who(actor), lambda number: replace(made, fields={"message": number, **made.fields}))
        post = await self._posting.post_as(person, room, draft, key, said)
        if not isinstance(post, Refused):
            self.auditing.written(said.record(post.chat_id))
        return post

    async def recent(self, visit: Visit, room: RoomId, count: int | None = None) -> History | Refused:
        """The newest posts of a room, oldest first; `None` or 0 means as many as the server's setting allows."""
        return await self.reading.recent(visit.person, room, count) if visit.open else VISIT_OVER

    async def before(self, visit: Visit, room: RoomId, chat_id: int, count: int | None = None) -> History | Refused:
        """The posts just before `chat_id`, oldest first."""
        return await self.reading.before(visit.person, room, chat_id, count) if visit.open else VISIT_OVER
