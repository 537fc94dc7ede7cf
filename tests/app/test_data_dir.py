import stat
from pathlib import Path

import pytest

from parlour.app.data_dir import DataDir
from parlour.app.files import write_atomically
from parlour.app.problems import Problem


def test_it_is_made_private(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path / "a" / "b")
    data_dir.prepare()
    data_dir.prepare()
    assert stat.S_IMODE(data_dir.path.stat().st_mode) == 0o700
    assert data_dir.too_open() == []


def test_a_file_in_its_place_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Problem, match="data-dir-unusable"):
        DataDir(tmp_path / "file").prepare()
    with pytest.raises(Problem, match="data-dir-unusable"), DataDir(tmp_path / "absent").lock():
        pass


def test_one_process_at_a_time(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    with data_dir.lock(), pytest.raises(Problem, match="data-dir-in-use"), data_dir.lock():
        pass
    with data_dir.lock():
        pass


def test_files_that_others_can_read_are_found(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    data_dir = DataDir(tmp_path)
    data_dir.accounts.touch()
    data_dir.accounts.chmod(0o644)
    assert data_dir.too_open() == [(data_dir.accounts, "0644")]


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_atomically(path, b"one")
    write_atomically(path, b"two", 0o640)
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError):
        write_atomically(path, b"three")
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]
