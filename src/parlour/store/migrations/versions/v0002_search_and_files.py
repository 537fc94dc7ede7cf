"""The words of posts, for search; add-ins, invitations, tokens of file transfers; what categories inherit."""

from __future__ import annotations

import logging
from typing import Any

import sqlalchemy as sa
from alembic import op

from parlour.store.sqlite.words import fill_index

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_log = logging.getLogger("parlour.store.migrations")

_TIMES = """
UPDATE rooms SET
    newest_at = coalesce((SELECT max(0, max(at)) FROM posts WHERE room = rooms.number), 0),
    disorder = coalesce((
        SELECT max(newest - at)
        FROM (SELECT at, max(0, max(at) OVER (ORDER BY chat_id)) AS newest FROM posts WHERE room = rooms.number)
    ), 0)
"""

# Posts between two lines of the log.
_STEP = 100_000


def upgrade() -> None:
    """Go to this revision."""
    _create_addins()
    _create_invitations()
    _create_file_tokens()
    _keep_times()
    _let_categories_inherit()
    _index_posts()


def _keep_times() -> None:
    op.add_column("rooms", sa.Column("newest_at", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("rooms", sa.Column("disorder", sa.BigInteger(), server_default="0", nullable=False))
    op.execute(_TIMES)


def _let_categories_inherit() -> None:
    op.add_column("categories", sa.Column("inherits", sa.Integer(), server_default="0", nullable=False))


def _index_posts() -> None:
    """In the transaction of this revision: a process killed on the way begins anew."""
    bind = op.get_bind()
    bind.exec_driver_sql("CREATE VIRTUAL TABLE post_words USING fts5(words, tokenize='ascii', columnsize=0)")
    total = bind.exec_driver_sql("SELECT count(*) FROM posts").scalar_one()
    if total:
        _log.info("indexing %d posts for search, once", total)
    done = 0
    driver: Any = bind.connection.driver_connection
    for count in fill_index(driver):
        if done // _STEP < (done + count) // _STEP:
            _log.info("indexed %d of %d posts", done + count, total)
        done += count


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
