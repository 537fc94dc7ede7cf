"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go to this revision."""
    _create_rooms()
    _create_posts()
    _create_documents()


def _create_rooms() -> None:
    op.create_table(
        "instance",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="instance_pkey"),
    )
    op.create_table(
        "names",
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("folded", name="names_pkey"),
        sa.UniqueConstraint("owner", name="names_owner_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "categories",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("invite", sa.Boolean(), nullable=False),
        sa.Column("logged", sa.Boolean(), nullable=False),
        sa.Column("filepost", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["categories.id"], name="categories_parent_fkey"),
        sa.PrimaryKeyConstraint("id", name="categories_pkey"),
    )
    op.create_index("categories_parent", "categories", ["parent"], unique=False)
    op.create_table(
        "category_principals",
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["category"], ["categories.id"], name="category_principals_category_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("category", "list", "principal", name="category_principals_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rooms",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("behavior", sa.Text(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("invite", sa.Boolean(), nullable=False),
        sa.Column("addin", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("last_chat_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("gone", sa.Boolean(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["category"], ["categories.id"], name="rooms_category_fkey"),
        sa.PrimaryKeyConstraint("number", name="rooms_pkey"),
        sa.UniqueConstraint("id", name="rooms_id_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("rooms_category", "rooms", ["category"], unique=False)
    op.create_table(
        "room_principals",
        sa.Column("room", sa.BigInteger(), nullable=False),
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["room"], ["rooms.number"], name="room_principals_room_fkey", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("room", "list", "principal", name="room_principals_pkey"),
        sqlite_with_rowid=False,
    )


def _create_posts() -> None:
    op.create_table(
        "posts",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("room", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("rtf", sa.Text(), nullable=True),
        sa.Column("alert", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["room"], ["rooms.number"], name="posts_room_fkey"),
        sa.PrimaryKeyConstraint("id", name="posts_pkey"),
        sa.UniqueConstraint("room", "chat_id", name="posts_room_chat_id_key"),
    )
    op.create_table(
        "post_keys",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("room", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("length(key) BETWEEN 16 AND 64", name=op.f("post_keys_length_check")),
        sa.PrimaryKeyConstraint("key", name="post_keys_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="outbox_pkey"),
        sqlite_autoincrement=True,
    )


def _create_documents() -> None:
    op.create_table(
        "documents",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "kind", "label", name="documents_pkey"),
    )
