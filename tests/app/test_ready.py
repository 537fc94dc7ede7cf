import json
import os
import stat
from pathlib import Path

import pytest

from parlour.app.config_load import make_settings
from parlour.app.problems import Problem
from parlour.app.ready import Demo, DemoRoom, DemoUser, Listening, remove_ready_file, write_ready_file


def test_the_file_says_where_and_who(tmp_path: Path) -> None:
    settings = make_settings({"data_dir": str(tmp_path), "domain": "example.com"}, "test")
    listening = [Listening("sip", "127.0.0.1", 5060), Listening("sip", "::1", 5060), Listening("https", "::1", 8443)]
    demo = Demo(
        (DemoUser("alice", "sip:alice@example.com", "alice@example.com", "pw"),),
        (DemoRoom("Night Shift", "ma-chan://example.com/1", "closed", ("sip:alice@example.com",)),),
    )
    path = tmp_path / "ready.json"
    write_ready_file(path, settings, listening, demo)
    content = json.loads(path.read_text())
    assert content["addresses"] == {"sip": "127.0.0.1:5060", "https": "[::1]:8443"}
    assert content["listeners"][1] == {"transport": "sip", "host": "::1", "port": 5060}
    assert content["users"] == [
        {"name": "alice", "uri": "sip:alice@example.com", "login": "alice@example.com", "password": "pw"}
    ]
    assert content["rooms"][0]["members"] == ["sip:alice@example.com"]
    assert (content["pid"], content["domain"]) == (os.getpid(), "example.com")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_place_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    settings = make_settings({"data_dir": str(tmp_path)}, "test")
    with pytest.raises(Problem, match="ready-file-unwritable"):
        write_ready_file(tmp_path / "absent" / "ready.json", settings, [], Demo())
    with pytest.raises(Problem, match="ready-file-unwritable"):
        remove_ready_file(tmp_path)


def test_an_earlier_file_is_removed(tmp_path: Path) -> None:
    (tmp_path / "ready.json").touch()
    remove_ready_file(tmp_path / "ready.json")
    remove_ready_file(tmp_path / "ready.json")
    assert not (tmp_path / "ready.json").exists()
