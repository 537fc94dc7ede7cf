"""The revision this program's tables are at. Apart, so that asking costs no import of SQLAlchemy or Alembic."""

from __future__ import annotations

from typing import Final

__all__ = ["HEAD"]

HEAD: Final = "0004"
