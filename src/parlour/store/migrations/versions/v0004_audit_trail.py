"""The audit trail, whose rows stay as they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TEXTS = ("who", "way", "command", "kind", "target", "name", "folded", "fields", "outcome")
_APPEND_ONLY = (
    "CREATE TRIGGER audit_no_{0} BEFORE {1} ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
)


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _TEXTS),
        sa.PrimaryKeyConstraint("number", name="audit_pkey"),
        sa.UniqueConstraint("id", name="audit_id_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_target", "audit", ["target"], unique=False)
    for act in ("update", "delete"):
        op.execute(_APPEND_ONLY.format(act, act.upper()))
