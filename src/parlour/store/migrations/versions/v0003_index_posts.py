"""The words of the posts there are, as they are cut now: signs are words, the points of Hebrew and Arabic are not."""

from __future__ import annotations

import logging
from typing import Any

from alembic import op

from parlour.store.sqlite.words import fill_index

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_log = logging.getLogger("parlour.store.migrations")

# Posts between two lines of the log.
_STEP = 100_000


def upgrade() -> None:
    """Go to this revision. In its transaction: a process killed on the way begins anew."""
    bind = op.get_bind()
    bind.exec_driver_sql("DROP TABLE post_words")
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
