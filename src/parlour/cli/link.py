"""How a command reaches a server: over the admin socket of the running one, else by opening its data directly.

Plain blocking sockets: a command asks one thing and prints the answer, and starts quicker without an event loop.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parlour.app.admin_protocol import MAX_ANSWER, MAX_REQUEST, encode_line, short_path
from parlour.app.i18n import _, mark, retell
from parlour.app.os_errors import say_os_error
from parlour.app.problems import Problem

if TYPE_CHECKING:
    from parlour.app.config import Settings

__all__ = ["follow", "run"]

_PATIENCE = 30.0
# These may look at every message there is. They go on when nobody waits any more.
_LONG_PATIENCE = 3600.0
# Or concern many people and rooms.
_LONG = frozenset(
    {
        "group.member.add",
        "group.member.move",
        "group.member.remove",
        "group.member.set",
        "group.remove",
        "message.remove",
        "message.search",
        "policy.set",
        "room.clear",
        "room.list",
        "user.remove",
    }
)
_PAGE = 500
_PAGED = {"room.list": ("after", "name"), "audit.list": ("before", "number")}
# What is typed to follow something.
_TYPED = {"message.follow": "message tail --follow"}
_SEE_HELP = mark("see `parlour {command} --help`")
# What mends a refusal, by its reason.
_HINTS = {
    "no-such-room": mark("see `parlour room list` for their names"),
    "no-such-category": mark("see `parlour category list` for their names"),
    "no-such-addin": mark("see `parlour addin list`; register it with `parlour addin create`"),
    "no-such-principal": mark("see `parlour user list` and `parlour group list`"),
    "no-such-message": mark("see `parlour message search` for the numbers"),
    "duplicate-name": mark("choose another name; rooms and categories share theirs"),
    "duplicate-addin": mark("choose another name, or change that one with `parlour addin modify`"),
    "addin-in-use": mark("see `parlour addin show` for the rooms; --force takes it out of them"),
    "node-not-empty": mark("move or delete its rooms and categories first"),
    "not-in-scope": mark("widen the scope with `parlour category allow add`; see `parlour category show`"),
    "presenter-not-member": mark("make them members first; presenters are for rooms with --behavior auditorium"),
    "hierarchy": mark("choose another category; see `parlour category list`"),
    "data-collision": mark("look at it as it is now, then try again"),
    "unavailable": mark("see `parlour check` and the server's log, then try again"),
    "busy": mark("try again in a moment"),
    "limit-exceeded": mark(
        "make it smaller; the limits that are settings stand in `parlour config show`, and `parlour config set` changes"
        " them"
    ),
    "room-disabled": mark("open it again with `parlour room enable`"),
    "keeps-out": mark("let them in first, if that is meant; then remove it"),
    "last-admin": mark("make somebody else one with `parlour user admin`"),
    "already-defined": mark("leave out who or what is there already"),
}


def run(settings: Settings, command: str, params: Mapping[str, Any]) -> Any:
    """The command's result. Raises `Problem` when it is refused or cannot be asked."""
    from parlour.app.data_dir import DataDir

    path = DataDir(settings.data_dir).admin_socket
    with _connected(path) as connection:
        if connection is None:
            return _run_directly(settings, command, params)
        connection.settimeout(_LONG_PATIENCE if command in _LONG else _PATIENCE)
        with closing(_answers(connection, path)) as answers:

            def ask(given: Mapping[str, Any]) -> Any:
                _send(connection, path, command, given)
                for answer in answers:
                    return _result(command, answer)
                raise Problem("server-not-answering", path=path, error=_("the other side hung up"))

            return _by_pages(ask, params, *_PAGED[command]) if command in _PAGED else ask(params)


def _send(connection: socket.socket, path: Path, command: str, params: Mapping[str, Any]) -> None:
    line = encode_line({"command": command, "params": params})
    if len(line) > MAX_REQUEST:
        raise refused(command, "limit-exceeded", _("this is too long to be asked at once; name fewer at a time"))
    try:
        connection.sendall(line)
    except OSError as error:
        raise Problem("server-not-answering", path=path, error=say_os_error(error)) from error


def _by_pages(
    ask: Callable[[Mapping[str, Any]], Any], params: Mapping[str, Any], parameter: str, field: str
) -> list[Any]:
    """Everything there is to list, or as many rows as `limit` has it; the server may do other things in between. Where
    a page ends, `field` says of its last row, and `parameter` has the next one begin there."""
    limit = params.get("limit")
    rows: list[Any] = []
    while True:
        size = _PAGE if limit is None else min(_PAGE, limit - len(rows))
        page = ask({**params, "limit": size})
        rows += page
        if len(page) < size or len(rows) == limit:
            return rows
        params = {**params, parameter: page[-1][field]}


def follow(settings: Settings, command: str, params: Mapping[str, Any]) -> Iterator[Any]:
    """Items as they happen, until the server stops. Needs a running server. Raises `Problem`."""
    from parlour.app.data_dir import DataDir

    path = DataDir(settings.data_dir).admin_socket
    with _connected(path) as connection:
        if connection is None:
            raise Problem("server-needed", command=_TYPED.get(command, command), path=settings.data_dir)
        _send(connection, path, command, params)
        for answer in _answers(connection, path):
            yield answer["item"] if "item" in answer else _result(command, answer)


@contextmanager
def _connected(path: Path) -> Iterator[socket.socket | None]:
    """A connection to the admin socket, None when nobody listens there."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
        try:
            connection.connect(short_path(path, directory))
        finally:
            os.close(directory)
    except (FileNotFoundError, ConnectionRefusedError):
        connection.close()
        yield None
        return
    except PermissionError as error:
        connection.close()
        raise Problem("server-of-another", path=path) from error
    except OSError as error:
        connection.close()
        raise Problem("server-not-answering", path=path, error=say_os_error(error)) from error
    with connection:
        yield connection


def _answers(connection: socket.socket, path: Path) -> Generator[dict[str, Any], None, None]:
    with connection.makefile("rb") as lines:
        while True:
            try:
                line = lines.readline(MAX_ANSWER)
                if not line:
                    return
                answer = json.loads(line)
            except OSError as error:
                raise Problem("server-not-answering", path=path, error=say_os_error(error)) from error
            except ValueError as error:
                raise Problem("server-not-answering", path=path, error=error) from error
            yield answer


def _result(command: str, answer: Mapping[str, Any]) -> Any:
    if "result" in answer:
        return answer["result"]
    if "refused" in answer:
        raise refused(command, answer["refused"]["reason"], answer["refused"]["detail"])
    error = answer.get("error", {})
    if error.get("kind") == "unknown-command":
        raise Problem("command-unknown", command=command)
    if error.get("kind") == "too-long":
        raise refused(
            command, "limit-exceeded", _("the answer is too long to be given at once; ask for less at a time")
        )
    if error.get("kind") == "failed":
        raise Problem("server-failed", command=command.replace(".", " "), error=error.get("text") or "-")
    raise misread(command, str(error.get("text", "")))


def refused(command: str, reason: str, detail: str) -> Problem:
    """The problem for a refusal; command names are written as typed (`room create`)."""
    typed = command.replace(".", " ")
    hint = _(_HINTS.get(reason, _SEE_HELP)).format(command=typed)
    return Problem("command-refused", command=typed, reason=reason, detail=retell(detail) or "-", hint=hint)


def misread(command: str, text: str) -> Problem:
    """The problem for a parameter that cannot be taken: `count: a whole number is needed`."""
    name, colon, why = text.partition(": ")
    return refused(command, "bad-request", f"{name}{colon}{retell(why)}")


def _run_directly(settings: Settings, command: str, params: Mapping[str, Any]) -> Any:
    import asyncio

    from parlour.app.data_dir import DataDir
    from parlour.app.system_user import own_console_name
    from parlour.app.wiring import open_core
    from parlour.hub.auditing import Origin
    from parlour.hub.commands import InvalidParams, UnknownCommand
    from parlour.rooms.audit import Way
    from parlour.rooms.refusals import Refused

    async def ask() -> Any:
        async with open_core(settings) as core:
            return await core.commands.run(command, params, origin=Origin(own_console_name(), Way.CONSOLE))

    data_dir = DataDir(settings.data_dir)
    data_dir.prepare()
    with data_dir.lock():
        try:
            outcome = asyncio.run(ask())
        except UnknownCommand as error:
            raise Problem("command-unknown", command=command) from error
        except InvalidParams as error:
            raise misread(command, str(error)) from error
    if isinstance(outcome, Refused):
        raise refused(command, outcome.reason.value, outcome.detail)
    return outcome
