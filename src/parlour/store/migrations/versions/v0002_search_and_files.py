"""The table for the words of posts; add-ins, invitations, tokens of file transfers; what categories inherit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIMES = """
UPDATE rooms SET
    newest_at = coalesce((SELECT max(0, max(at)) FROM posts WHERE room = rooms.number), 0),
    disorder = coalesce((
        SELECT max(newest - at)
        FROM (SELECT at, max(0, max(at) OVER (ORDER BY chat_id)) AS newest FROM posts WHERE room = rooms.number)
    ), 0)
"""


def upgrade() -> None:
    """Go to this revision."""
    _create_addins()
    _create_invitations()
    _create_file_tokens()
    _keep_times()
    _let_categories_inherit()
    op.execute("CREATE VIRTUAL TABLE post_words USING fts5(words, tokenize='ascii', columnsize=0)")


def _keep_times() -> None:
    op.add_column("rooms", sa.Column("newest_at", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("rooms", sa.Column("disorder", sa.BigInteger(), server_default="0", nullable=False))
    op.execute(_TIMES)


def _let_categories_inherit() -> None:
    op.add_column("categories", sa.Column("inherits", sa.Integer(), server_default="0", nullable=False))


def _create_addins() -> None:
    op.create_table(
        "addins",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="addins_pkey"),
        sa.UniqueConstraint("folded", name="addins_folded_key"),
    )


def _create_invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", "number", name="invitations_pkey"),
        sa.UniqueConstraint("person", "room", name="invitations_person_room_key"),
        sqlite_with_rowid=False,
    )


def _create_file_tokens() -> None:
    op.create_table(
        "file_tokens",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("upload", sa.Boolean(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token", name="file_tokens_pkey"),
    )
    op.create_index("file_tokens_expires", "file_tokens", ["expires"], unique=False)
    op.create_index("file_tokens_person", "file_tokens", ["person"], unique=False)
