"""Add-ins, invitations, tokens of file transfers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    _create_addins()
    _create_invitations()
    _create_file_tokens()


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
