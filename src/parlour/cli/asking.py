"""Asking the server and showing its answers: JSON for programs, lines and tables for people."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from parlour.app.config import Settings
from parlour.app.i18n import _
from parlour.app.os_errors import say_os_error
from parlour.app.problems import Problem
from parlour.app.terminal import columns_of, cut, pad, visible
from parlour.cli import link
from parlour.cli.output import say, say_json
from parlour.hub.commands.registry import Command

__all__ = ["ask", "confirm", "preview", "read_names", "read_secret", "render", "watch"]

# Columns of lists, where they are fewer than the fields; of one command, else of its group.
_COLUMNS = {
    "room": ("name", "visibility", "category", "people", "disabled", "id"),
    "room.who": ("uri", "name", "manager", "presenter"),
    "room.eligible": ("name", "kind", "uri"),
    "category": ("name", "description", "invite", "logged", "filepost", "inherited", "rooms", "id"),
    "category.eligible": ("name", "kind", "uri"),
    "addin": ("name", "url", "rooms", "id"),
    "user": ("uri", "name", "admin", "chat", "enabled", "password"),
    "user.rooms": ("name", "category", "member", "manager", "inside", "id"),
    "group": ("name", "kind", "uri"),
    "policy": ("name", "kind", "chat"),
    "invitation": ("number", "room", "at", "room_id"),
    "audit": ("number", "at", "who", "command", "outcome", "name", "changed"),
}
# Never cut, because they are to be typed or copied.
_WHOLE = frozenset({"id", "room_id", "uri"})
_WIDEST = 40
"""Columns of a cell where somebody reads at a terminal; what goes to a file or a program is whole."""
_MOST_NAMES = 8 * 1024 * 1024
"""Bytes of a file of names."""
_YES = frozenset({"y", "yes", "예", "네"})


def ask(settings: Settings, command: Command[Any], params: Mapping[str, Any], as_json: bool) -> None:
    """Run one command and print what it gives. Raises `Problem`."""
    result = link.run(settings, command.name, params)
    if as_json:
        say_json(result)
        return
    for line in render(command.name, result, _WIDEST if sys.stdout.isatty() else None):
        say(line)


def watch(settings: Settings, command: str, params: Mapping[str, Any], as_json: bool) -> None:
    """Print items as they come, until the server stops or the user does. Raises `Problem`."""
    for item in link.follow(settings, command, params):
        if as_json:
            say_json(item)
        else:
            say(_post(item))


def confirm(question: str) -> None:
    """Ask before something that cannot be undone, if there is a terminal to ask at; scripts know what they do. Raises
    `Problem` unless the answer is yes."""
    if not sys.stdin.isatty():
        return
    print(f"{visible(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in _YES:
        raise Problem("not-confirmed")


def preview(settings: Settings, command: Command[Any], params: Mapping[str, Any]) -> bool:
    """Show what a command would do, before the question whether it shall; False if there is nothing to ask. Raises
    `Problem`."""
    if not sys.stdin.isatty():
        return False
    told = link.run(settings, command.name, {**params, "dry_run": True})
    if not command.asks_of(told):
        return False
    for line in render(command.name, told, _WIDEST):
        print(line, file=sys.stderr)
    return True


def read_names(command: str, file: str) -> list[str]:
    """Names from a file, one in each line, or from standard input for "-"; empty lines and those that begin with # are
    passed over. Raises `Problem`, also when there is no name: a list is not emptied by a file that came to nothing."""
    try:
        with nullcontext(sys.stdin.buffer) if file == "-" else Path(file).open("rb") as opened:
            text = opened.read(_MOST_NAMES + 1).decode("utf-8-sig")
    except OSError as error:
        raise _unusable(command, file, say_os_error(error)) from error
    except UnicodeDecodeError as error:
        raise _unusable(command, file, _("this is no text: it was not written in UTF-8")) from error
    if len(text) > _MOST_NAMES:
        raise _unusable(command, file, _("this is too long to be asked at once; name fewer at a time"))
    names = [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]
    if not names:
        raise _unusable(command, file, _("there is no name in it"))
    return names


def _unusable(command: str, file: str, why: str) -> Problem:
    return Problem("usage-bad-value", command=command, option="--file", value=file, error=why)


def read_secret(required: bool, from_stdin: bool) -> str | None:
    """A password from standard input, or asked for twice at a terminal; None when there is none. Raises `Problem`."""
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise Problem("password-empty")
        return password
    if sys.stdin.isatty():
        import getpass

        first = getpass.getpass(_("Password: "))
        if first != getpass.getpass(_("Again: ")):
            raise Problem("password-mismatch")
        return first or None
    if required:
        raise Problem("password-needed")
    return None


def render(command: str, result: Any, widest: int | None = None) -> list[str]:
    """Lines for a person. In tables, names and descriptions take at most `widest` columns."""
    if isinstance(result, list):
        return _list(command, result, widest)
    if isinstance(result, dict) and command == "message.send":
        return [_post(result)]
    if isinstance(result, dict):
        return _fields(result)
    return [] if result is None else [visible(str(result))]


def _list(command: str, rows: Sequence[Mapping[str, Any]], widest: int | None) -> list[str]:
    if command == "message.tail":
        return [_post(post) for post in rows]
    if command == "message.search":
        return [line for page in rows for line in _page(page)]
    if command == "category.list":
        rows = [row | {"name": "  " * row["depth"] + row["name"]} for row in map(dict, rows)]
    if command == "audit.list":
        rows = [row | {"at": row["at"][:19] + "Z", "changed": _changes(row["fields"])} for row in map(dict, rows)]
    columns = _COLUMNS.get(command) or _COLUMNS.get(command.partition(".")[0], ())
    return _table(rows, columns, widest) if rows else [_("(none)")]


def _changes(fields: Mapping[str, Any]) -> str:
    """`topic: - > x; members: +2 -1 (+sip:a@b, ...)`"""
    return "; ".join(f"{name}: {_change(value)}" for name, value in fields.items())


def _change(value: Any) -> str:
    match value:
        case [old, new]:
            return f"{_value(old)} > {_value(new)}"
        case {"added": added, "removed": removed, "some": some}:
            return f"+{added} -{removed} ({', '.join(some)})"
        case {"count": count, "some": some}:
            return f"{count} ({', '.join(some)})"
    return _value(value)


def _page(page: Mapping[str, Any]) -> list[str]:
    """What was found in one room."""
    all_there = not page["more"] or not page["messages"]
    text = _("{room}: {matches} found") if all_there else _("{room}: {matches} found, the newest of them:")
    lines = [visible(text.format(room=page["room"], matches=page["matches"]))]
    if not page["logged"]:
        lines.append(_("  (this room keeps no history)"))
    return [*lines, *(f"  {post['id']}  {_post(post)}" for post in page["messages"])]


def _post(post: Mapping[str, Any]) -> str:
    author = post["author_name"] or post["author"]
    # Clients end lines as they like, stories above all.
    lines = str(post["text"]).replace("\r\n", "\n").replace("\r", "\n")
    text = visible(lines).replace("\n", "\n    ")
    urgent = f" ({_('urgent')})" if post.get("alert") else ""
    return f"{str(post['at'])[:19].replace('T', ' ')}Z  {visible(str(author))}{urgent}: {text}"


def _fields(result: Mapping[str, Any]) -> list[str]:
    width = max(map(len, result), default=0)
    return [f"{name:{width}}  {_value(value)}" for name, value in result.items()]


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], widest: int | None) -> list[str]:
    names = list(columns or rows[0])
    cells = [
        [name.upper() for name in names],
        *([_cell(name, row.get(name), widest) for name in names] for row in rows),
    ]
    widths = [max(columns_of(line[index]) for line in cells) for index in range(len(names))]
    return ["  ".join(pad(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]


def _cell(name: str, value: Any, widest: int | None) -> str:
    text = _value(value)
    return text if widest is None or name in _WHOLE else cut(text, widest)


def _value(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_value(item.get("name", item) if isinstance(item, dict) else item) for item in value) or "-"
    return visible(str(value)).replace("\n", " ")
