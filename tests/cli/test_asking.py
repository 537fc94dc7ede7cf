import io
import sys

import pytest

from parlour.app.problems import Problem
from parlour.cli.asking import read_secret, render

POST = {"author": "sip:a@x", "author_name": "Anna", "at": "2026-01-31T12:00:00.000000Z", "text": "one\ntwo\x1b[31m"}


def test_posts_are_lines_that_no_terminal_obeys() -> None:
    assert render("message.tail", [POST]) == ["2026-01-31 12:00:00Z  Anna: one\n    two\\x1b[31m"]
    assert render("message.send", POST | {"author_name": ""})[0].startswith("2026-01-31 12:00:00Z  sip:a@x: ")


def test_a_search_that_only_counts_announces_nothing() -> None:
    page = {"room": "Lobby", "matches": 3, "more": True, "logged": True, "messages": []}
    assert render("message.search", [page]) == ["Lobby: 3 found"]


def test_urgent_posts_and_stories_are_seen_as_that() -> None:
    assert render("message.tail", [POST | {"text": "help", "alert": True}]) == [
        "2026-01-31 12:00:00Z  Anna (urgent): help"
    ]
    assert render("message.tail", [POST | {"text": "a\r\nb\rc"}]) == ["2026-01-31 12:00:00Z  Anna: a\n    b\n    c"]


def test_lists_are_tables_aligned_by_what_is_seen() -> None:
    rows = [{"name": "로비", "kind": "group", "uri": "u1"}, {"name": "abc\x07", "kind": None, "uri": "u2"}]
    assert render("group.list", rows) == [
        "NAME     KIND   URI",
        "로비     group  u1",
        "abc\\x07  -      u2",
    ]
    assert render("group.list", []) == ["(none)"]


def test_long_names_are_cut_where_somebody_reads_but_ids_are_not() -> None:
    rows = [{"name": "가" * 30, "uri": "u" * 60}]
    assert render("group.list", rows, 40)[1] == "가" * 19 + "…  -     " + "u" * 60
    assert render("group.list", rows)[1] == "가" * 30 + "  -     " + "u" * 60


def test_one_thing_is_its_fields() -> None:
    shown = {"name": "Lobby", "disabled": False, "members": [{"name": "Anna", "uri": "x"}], "topic": ""}
    assert render("room.show", shown) == ["name      Lobby", "disabled  no", "members   Anna", "topic     -"]
    assert render("room.delete", None) == []


def test_secrets_come_from_standard_input_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("pass word\nmore"))
    assert read_secret(required=True, from_stdin=True) == "pass word"
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert read_secret(required=False, from_stdin=False) is None
    with pytest.raises(Problem, match="password-needed"):
        read_secret(required=True, from_stdin=False)
    with pytest.raises(Problem, match="password-empty"):
        read_secret(required=True, from_stdin=True)
    # Whoever says that a password comes did not mean that there shall be none.
    with pytest.raises(Problem, match="password-empty"):
        read_secret(required=False, from_stdin=True)


def test_secrets_are_asked_for_twice_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["one", "one", "one", "two", "", ""])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    assert read_secret(required=True, from_stdin=False) == "one"
    with pytest.raises(Problem, match="password-mismatch"):
        read_secret(required=True, from_stdin=False)
    assert read_secret(required=False, from_stdin=False) is None


def test_a_tree_of_categories_is_indented() -> None:
    root = {"invite": False, "logged": True, "filepost": False, "inherited": []}
    below = {"invite": True, "logged": True, "filepost": False, "inherited": ["logged", "filepost"]}
    rows = [
        {"name": "example.com", "depth": 0, "description": "", "rooms": 0, "id": "1", **root},
        {"name": "야간", "depth": 1, "description": "x", "rooms": 2, "id": "2", **below},
    ]
    assert render("category.list", rows) == [
        "NAME         DESCRIPTION  INVITE  LOGGED  FILEPOST  INHERITED         ROOMS  ID",
        "example.com  -            no      yes     no        -                 0      1",
        "  야간       x            yes     yes     no        logged, filepost  2      2",
    ]


def test_what_was_found_stands_below_its_room() -> None:
    page = {"room": "Lobby", "matches": 2, "more": True, "logged": True, "messages": [POST | {"id": 7}]}
    none = {"room": "바람", "matches": 0, "more": False, "logged": False, "messages": []}
    lines = render("message.search", [page, none])
    assert lines[0] == "Lobby: 2 found, the newest of them:"
    assert lines[1].startswith("  7  2026-01-31 12:00:00Z  Anna: one")
    assert lines[2:] == ["바람: 0 found", "  (this room keeps no history)"]


def test_the_audit_trail_tells_what_changed() -> None:
    fields = {
        "topic": ["", "x\x1b"],
        "members": {"added": 3000, "removed": 1, "some": ["+sip:a@b", "-sip:c@d"]},
        "rooms": {"count": 2, "some": ["A", "B"]},
        "password": "changed",
    }
    row = {"number": 7, "at": "2026-01-31T12:00:00.123456Z", "who": "console:kim", "command": "room.modify"}
    _head, line = render("audit.list", [row | {"outcome": "done", "name": "A", "fields": fields}])
    assert line.endswith(
        "topic: - > x\\x1b; members: +3000 -1 (+sip:a@b, -sip:c@d); rooms: 2 (A, B); password: changed"
    )
    assert "2026-01-31T12:00:00Z  console:kim  room.modify  done" in line
