"""The tables, as SQLAlchemy Core metadata: what migrations are compared with, for every SQL home of the store.

The homes speak to these tables in SQL of their own; nothing on the way of a post imports this module. Booleans are
0 or 1, times microseconds since 1970 UTC, GUIDs text of 36 characters.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    event,
)

__all__ = ["APPEND_ONLY", "METADATA"]

METADATA: Final = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)

# SQLite numbers rows by itself only in a column that is exactly INTEGER.
_Number = BigInteger().with_variant(Integer, "sqlite")


def _audit() -> list[Column[str] | Column[int]]:
    return [
        Column("created_by", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("updated_by", Text, nullable=False),
        Column("updated_at", BigInteger, nullable=False),
    ]


# Facts about this database; `id` is the GUID by which clients tell one installation from another.
Table(
    "instance",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# `inherits`: which switches are as in the category above, whatever their columns say: 1 invite, 2 logged, 4 filepost.
Table(
    "categories",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("parent", Text, ForeignKey("categories.id"), nullable=True, index=True),
    Column("invite", Boolean, nullable=False),
    Column("logged", Boolean, nullable=False),
    Column("filepost", Boolean, nullable=False),
    *_audit(),
    Column("inherits", Integer, nullable=False, server_default="0"),
)

# `list` is ALLOWED, DENIED or the role CREATOR.
Table(
    "category_principals",
    METADATA,
    Column("category", Text, ForeignKey("categories.id", ondelete="CASCADE"), nullable=False),
    Column("list", Text, nullable=False),
    Column("principal", Text, nullable=False),
    PrimaryKeyConstraint("category", "list", "principal"),
    sqlite_with_rowid=False,
)

# `number` stands for the GUID in the big tables and is never used twice. `last_chat_id` is the newest number given to
# a post of the room, kept or not. `gone`: deleted, its posts are still being swept away. `newest_at` is the latest time
# that a post had, `disorder` how much earlier than that, at most, a later post was: with 0, times ascend.
Table(
    "rooms",
    METADATA,
    Column("number", _Number, primary_key=True),
    Column("id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("category", Text, ForeignKey("categories.id"), nullable=False, index=True),
    Column("description", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("visibility", Text, nullable=False),
    Column("behavior", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("invite", Boolean, nullable=False),
    Column("addin", Text, nullable=True),
    *_audit(),
    Column("last_chat_id", BigInteger, nullable=False, server_default="0"),
    Column("gone", Boolean, nullable=False, server_default="0"),
    Column("newest_at", BigInteger, nullable=False, server_default="0"),
    Column("disorder", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("id"),
    sqlite_autoincrement=True,
)

# `list` is MEMBER, MANAGER, PRESENTER or INVITED.
Table(
    "room_principals",
    METADATA,
    Column("room", BigInteger, ForeignKey("rooms.number", ondelete="CASCADE"), nullable=False),
    Column("list", Text, nullable=False),
    Column("principal", Text, nullable=False),
    PrimaryKeyConstraint("room", "list", "principal"),
    sqlite_with_rowid=False,
)

# One namespace over rooms and categories: `folded` is `rooms.names.fold_name(name)`, `owner` the GUID.
Table(
    "names",
    METADATA,
    Column("folded", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    UniqueConstraint("owner"),
    sqlite_with_rowid=False,
)

# Its words are in the index `post_words`, by the same id.
Table(
    "posts",
    METADATA,
    Column("id", _Number, primary_key=True),
    Column("room", BigInteger, ForeignKey("rooms.number"), nullable=False),
    Column("chat_id", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("author_name", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("rtf", Text, nullable=True),
    Column("alert", Boolean, nullable=False),
    UniqueConstraint("room", "chat_id"),
)

# Every post ever accepted, by its key, also where the room keeps no history: a retry finds its answer here.
# `at` is set only where `posts` has no row. No foreign key: the memory outlives the room.
Table(
    "post_keys",
    METADATA,
    Column("key", LargeBinary, primary_key=True),
    Column("room", BigInteger, nullable=False),
    Column("chat_id", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=True),
    CheckConstraint("length(key) BETWEEN 16 AND 64", name="length"),
    sqlite_with_rowid=False,
)

# What compliance has still to archive. Ids ascend for ever, also when the table was empty in between.
Table(
    "outbox",
    METADATA,
    Column("id", _Number, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("room", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("chat_id", BigInteger, nullable=True),
    Column("detail", Text, nullable=False),
    sqlite_autoincrement=True,
)

Table(
    "documents",
    METADATA,
    Column("owner", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("owner", "kind", "label"),
)

# `folded` is `rooms.names.fold_name(name)`.
Table(
    "addins",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("folded", Text, nullable=False),
    Column("url", Text, nullable=False),
    UniqueConstraint("folded"),
)

# `number` counts per person. `room` is the GUID, without foreign key: rows outlive the room, so that no number is ever
# given twice.
Table(
    "invitations",
    METADATA,
    Column("person", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("room", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("person", "number"),
    UniqueConstraint("person", "room"),
    sqlite_with_rowid=False,
)

# Leave to transfer a file; rows go some time after they expired.
Table(
    "file_tokens",
    METADATA,
    Column("token", Text, primary_key=True),
    Column("person", Text, nullable=False, index=True),
    Column("room", Text, nullable=False),
    Column("upload", Boolean, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("expires", BigInteger, nullable=False, index=True),
)


# The audit trail (docs/decisions/0011-audit-trail.md). Numbers ascend for ever. `fields` is a JSON object; `folded` is
# `rooms.names.fold_name(name)`.
Table(
    "audit",
    METADATA,
    Column("number", _Number, primary_key=True),
    Column("id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("way", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("folded", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    UniqueConstraint("id"),
    sqlite_autoincrement=True,
)

APPEND_ONLY: Final = tuple(
    f"CREATE TRIGGER audit_no_{act} BEFORE {act.upper()} ON audit"
    " BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
    for act in ("update", "delete")
)
"""What keeps the rows of `audit` as they are, in SQLite."""


# The words of posts, for search; each home has its own kind of index. In SQLite's, `ascii` leaves alone what is not
# ASCII (our tokens have nothing in them but letters and digits), and sizes are what only ranking would read.
@event.listens_for(METADATA, "after_create")
def _create_index(_: MetaData, connection: Connection, **__: object) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("CREATE VIRTUAL TABLE post_words USING fts5(words, tokenize='ascii', columnsize=0)")
        for trigger in APPEND_ONLY:
            connection.exec_driver_sql(trigger)
