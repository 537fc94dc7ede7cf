"""What the rest of the house may ask of a store; `sqlite` is one home of these protocols, `memory` another.

Every home passes the shared exam in `tests/exams/store_exam.py`. All calls happen on the event loop's thread and
none of them blocks it. `StoreUnavailable` (disk full, database locked, read-only) means: nothing was kept, ask again
later; the store recovers by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from parlour.frozen import frozen
from parlour.rooms.audit import AuditPage, AuditQuery, AuditRecord
from parlour.rooms.history import Page, PostQuery
from parlour.rooms.model import AddIn, AddInId, Category, CategoryId, Micros, Room, RoomId
from parlour.store.documents import DocumentChange, DocumentConflict, DocumentHead, Documents, StoredDocument

__all__ = [
    "Appended",
    "AuditLog",
    "DocumentChange",
    "DocumentConflict",
    "DocumentHead",
    "Documents",
    "EventKind",
    "FileToken",
    "FileTokens",
    "FoundPosts",
    "Invitation",
    "InvitationLog",
    "NewPost",
    "OutboxEvent",
    "OutboxRow",
    "PostLog",
    "RoomStore",
    "Store",
    "StoreConflict",
    "StoreUnavailable",
    "StoredDocument",
    "StoredPost",
]


class StoreUnavailable(Exception):
    """Nothing was kept: the disk is full, the database is locked or gone. Temporary; the caller answers 503."""


class StoreConflict(Exception):
    """The caller's picture and the store's differ: a name that is taken, a category that still holds rooms, a room in
    a category that does not exist. The caller checks first, so this is a surprise; nothing was kept."""


class EventKind(Enum):
    """What an outbox row records; the names are those of the compliance log."""

    CHAT = "CHAT"
    JOIN = "JOIN"
    PART = "PART"
    BACKCHAT = "BACKCHAT"
    CHATREPLACE = "CHATREPLACE"
    CHATDELETE = "CHATDELETE"


@frozen
class NewPost:
    """A post on its way in. `key` identifies the act: the same key gets the same answer for ever (16 to 64 bytes).
    `logged` False: the room's category keeps no history; the row goes to the outbox only, but still has a number.
    `by`: who said it in the author's name, for the archive; `record` makes the record of that act from the number of
    the post, and is kept with it unless the key was known already."""

    room: RoomId
    author: str
    author_name: str
    text: str
    key: bytes
    at: Micros
    rtf: str | None = None
    alert: bool = False
    logged: bool = True
    by: str | None = None
    record: Callable[[int], AuditRecord] | None = None


@frozen
class StoredPost:
    """A post as kept. `chat_id` counts from 1 in each room, without reuse; its order is the room's order."""

    room: RoomId
    chat_id: int
    author: str
    author_name: str
    text: str
    at: Micros
    rtf: str | None = None
    alert: bool = False


@frozen
class Appended:
    """`repeated`: the key was already known; `post` is then what was stored the first time and nobody is told again."""

    post: StoredPost
    repeated: bool


@dataclass(frozen=True, slots=True)
class FoundPosts:
    """Posts of one room that fit a query, oldest first."""

    posts: tuple[StoredPost, ...]
    page: Page


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """An act to be archived. `detail` is a small JSON-able mapping."""

    kind: EventKind
    room: RoomId
    who: str
    at: Micros
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An outbox row as read back: `id` ascends in commit order. The `detail` of a post holds name, text, rtf, alert,
    and `by` if somebody else said it in the author's name; that of a CHATDELETE or CHATREPLACE (whose `who` and `at`
    are those of the removal) the same of the message as it was, its `author` and `posted_at`, and for CHATREPLACE the
    `replacement`."""

    id: int
    kind: EventKind
    room: RoomId
    who: str
    at: Micros
    chat_id: int | None
    detail: Mapping[str, object]


class PostLog(Protocol):
    """Posts of all rooms, and the outbox that is written in the same transaction."""

    def append(self, post: NewPost) -> asyncio.Future[Appended]:
        """Queue a post for the next commit. The future resolves, in the order of the calls within a room, once the
        post and its outbox row are flushed; it fails with `StoreUnavailable` when they are not (also for a room that
        was never saved or is deleted). Cancelling the future does not take the post back. `ValueError`: the key is not
        of 16 to 64 bytes."""
        ...

    def record(self, event: OutboxEvent) -> asyncio.Future[None]:
        """Queue an act that is not a post for the next commit."""
        ...

    async def last(self, room: RoomId, count: int) -> list[StoredPost]:
        """The newest `count` posts, oldest first."""
        ...

    async def before(self, room: RoomId, chat_id: int, count: int) -> list[StoredPost]:
        """The `count` posts just before `chat_id` (excluded), oldest first."""
        ...

    async def after(self, room: RoomId, chat_id: int, count: int) -> list[StoredPost]:
        """The `count` posts just after `chat_id` (excluded), oldest first."""
        ...

    async def find(self, room: RoomId, query: PostQuery, limit: int) -> FoundPosts:
        """At most `limit` posts that fit: what `rooms.history.page_of` gives for all posts of the room."""
        ...

    async def unread(self, marks: Mapping[RoomId, int], most: int, reader: str) -> Mapping[RoomId, int]:
        """How many posts of others than `reader` (a URI) are numbered above the mark of each room, counted up to `most`
        in each."""
        ...

    async def size(self, room: RoomId) -> int:
        """Bytes (UTF-8) of text and rtf that the history of the room holds. Looks at every post of it."""
        ...

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
        """Take the oldest `most` posts that fit out of the history, for search too, or put `replacement` in the place
        of their text (their rtf goes). In one transaction with an outbox row for each, which holds what there was, and
        with the record that `record` makes from their numbers, if there are any.
        Returns the posts as they were, oldest first; for more, ask again (with `after`, when replacing). All posts are
        looked at, whatever `examine_to` says."""
        ...

    async def outbox(self, after: int, count: int) -> list[OutboxRow]:
        """Outbox rows with id greater than `after`, ascending."""
        ...

    async def outbox_delete(self, up_to: int) -> None:
        """Forget the rows up to and including `up_to`: their archive record is safe."""
        ...


class AuditLog(Protocol):
    """The audit trail. What changes something here takes the record along, and keeps it in the same transaction; `add`
    is for changes that are made elsewhere. Records are never changed and never deleted."""

    async def add(self, records: Sequence[AuditRecord]) -> None:
        """Keep records, in this order; those whose id is known are passed over."""
        ...

    async def find(self, query: AuditQuery, limit: int) -> AuditPage:
        """The newest records that fit."""
        ...


class RoomStore(Protocol):
    """Rooms and categories. Names are unique over both, ignoring case (`rooms.names.fold_name`); the caller checks
    first, and whatever slips through fails with `StoreConflict`. `record` is kept with the change, or neither is."""

    async def load(self) -> tuple[Sequence[Category], Sequence[Room]]: ...

    async def addins(self) -> Sequence[AddIn]:
        """All registered add-ins, by name."""
        ...

    async def save_addin(self, addin: AddIn, record: AuditRecord | None = None) -> None:
        """Insert or replace. Names are unique, ignoring case; `StoreConflict` otherwise."""
        ...

    async def delete_addin(self, addin: AddInId, rooms: Sequence[Room] = (), record: AuditRecord | None = None) -> None:
        """Saves `rooms` too, which name it no more."""
        ...

    async def save_category(self, category: Category, record: AuditRecord | None = None) -> None:
        """Insert or replace."""
        ...

    async def save_room(self, room: Room, record: AuditRecord | None = None) -> None:
        """Insert or replace."""
        ...

    async def save_all(
        self, categories: Sequence[Category], rooms: Sequence[Room], record: AuditRecord | None = None
    ) -> None:
        """Insert or replace all of them, or none."""
        ...

    async def delete_category(self, category: CategoryId, record: AuditRecord | None = None) -> None: ...

    async def delete_room(self, room: RoomId, record: AuditRecord | None = None) -> None:
        """With its posts; the outbox keeps its rows."""
        ...


@dataclass(frozen=True, slots=True)
class Invitation:
    """`number` counts per person, from 2, and is never given twice; `at` is when it was issued."""

    number: int
    room: RoomId
    at: Micros


class InvitationLog(Protocol):
    """Invitations by person: at most one for each room, for ever (a room that is deleted keeps its row)."""

    async def of(self, person: str) -> Sequence[Invitation]:
        """All invitations of a person, ascending."""
        ...

    async def issue(self, person: str, rooms: Sequence[RoomId], at: Micros) -> Sequence[Invitation]:
        """Number new invitations, in the order of `rooms`; rooms for which there is one already are passed over.
        Returns the new ones, once they are flushed."""
        ...


@dataclass(frozen=True, slots=True)
class FileToken:
    """Leave to transfer a file: `person` may `upload` into `room`, or download from it, until `expires`."""

    token: str
    person: str
    room: RoomId
    upload: bool
    file_name: str
    expires: Micros


class FileTokens(Protocol):
    async def add(self, token: FileToken, now: Micros) -> None:
        """Keep a token, and forget those that expired before `now`."""
        ...

    async def get(self, token: str) -> FileToken | None:
        """Expired or not."""
        ...

    async def good(self, person: str, now: Micros) -> int:
        """How many tokens of a person expire after `now`."""
        ...


class Store(Protocol):
    """All of a store, opened and closed as one: `await open()` first, `await close()` last (it drains the queue)."""

    @property
    def posts(self) -> PostLog: ...

    @property
    def rooms(self) -> RoomStore: ...

    @property
    def documents(self) -> Documents: ...

    @property
    def invitations(self) -> InvitationLog: ...

    @property
    def tokens(self) -> FileTokens: ...

    @property
    def audit(self) -> AuditLog: ...

    @property
    def instance_id(self) -> str:
        """A GUID made when the store was first created; known once it is open."""
        ...

    async def forget(
        self,
        principal: str,
        categories: Sequence[Category],
        rooms: Sequence[Room],
        record: AuditRecord | None = None,
    ) -> None:
        """Somebody or a group is gone for good. In one transaction: save these as `RoomStore` does, which name
        `principal` no more, drop the documents, invitations and tokens of files that were kept for it, and keep
        `record`."""
        ...

    async def open(self) -> None: ...

    async def close(self) -> None: ...
