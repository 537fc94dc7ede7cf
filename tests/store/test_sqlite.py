"""The store in SQLite passes the exam."""

from __future__ import annotations

from pathlib import Path

import pytest

from parlour.store.sqlite import SqliteStore
from tests.exams.store_exam import MakeStore, StoreExam


class TestSqliteStore(StoreExam):
    @pytest.fixture
    def make_store(self, tmp_path: Path) -> MakeStore:
        return lambda: SqliteStore(tmp_path / "data")
