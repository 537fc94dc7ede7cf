"""The admin socket of a running server: mode 0600, the same user (or root) only, answers in order."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any, Protocol

from parlour.app.admin_protocol import (
    MAX_ANSWER,
    MAX_REQUEST,
    BadRequest,
    decode_request,
    encode_line,
    encode_pieces,
    short_path,
)
from parlour.app.system_user import console_name
from parlour.hub.auditing import Origin
from parlour.hub.commands import InvalidParams, UnknownCommand
from parlour.hub.commands.registry import Following, all_commands
from parlour.rooms.audit import Way
from parlour.rooms.refusals import Refused

__all__ = ["AdminServer"]

log = logging.getLogger(__name__)


class Registry(Protocol):
    """What stands behind the socket; `hub.commands.Commands` is one. Both raise `UnknownCommand`, `InvalidParams`."""

    async def run(self, name: str, params: Mapping[str, Any], *, origin: Origin) -> Any: ...

    def follow(self, name: str, params: Mapping[str, Any]) -> AsyncIterator[Any]: ...


class _TooLong(Exception):
    """Nobody would read such an answer."""


class AdminServer:
    """Listens at `path`; a stale socket of a dead server is replaced (the caller holds the data directory's lock)."""

    def __init__(self, path: Path, registry: Registry) -> None:
        self._path = path
        self._registry = registry
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Return once commands are taken. Raises `OSError`."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._connected, sock=_bind(self._path), limit=MAX_REQUEST)

    async def close(self) -> None:
        """Stop listening and hang up on everybody."""
        if self._server is None:
            return
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._converse(reader, writer), name="admin")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            pid, uid = _peer(writer.get_extra_info("socket"))
            if uid not in (0, os.geteuid()):
                log.warning("admin_refused", extra={"why": "another user"})
                return
            origin = Origin(console_name(uid, pid), Way.CONSOLE)
            while await self._answer_one(reader, writer, origin):
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except Exception:
            # The edge of this task: only this conversation ends.
            log.exception("admin_failed")
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, origin: Origin) -> bool:
        """Read and answer one request; False when the conversation is over."""
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            writer.write(_error("bad-request", f"a request may have {MAX_REQUEST} bytes"))
            return False
        try:
            command, params = decode_request(line)
            if isinstance(all_commands().get(command), Following):
                await self._stream(self._registry.follow(command, params), reader, writer)
                return False
            answer = _answer(await self._registry.run(command, params, origin=origin))
            for piece in await _encoded(answer):
                writer.write(piece)
        except (BadRequest, InvalidParams) as error:
            writer.write(_error("bad-request", str(error)))
        except UnknownCommand as error:
            writer.write(_error("unknown-command", str(error)))
        except _TooLong:
            writer.write(_error("too-long", f"an answer may have {MAX_ANSWER} bytes"))
        except ConnectionError:
            raise
        except Exception as error:
            # A bug of one command: whoever asked is told, and may ask for something else.
            log.exception("admin_failed")
            writer.write(_error("failed", type(error).__name__))
        return True

    async def _stream(
        self, items: AsyncIterator[Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Write items until they end or the client hangs up (or says anything at all)."""
        pump = asyncio.create_task(_pump(items, writer))
        hung_up = asyncio.create_task(reader.read(1))
        try:
            await asyncio.wait({pump, hung_up}, return_when=asyncio.FIRST_COMPLETED)
            if pump.done():
                await pump
        finally:
            pump.cancel()
            hung_up.cancel()
            await asyncio.gather(pump, hung_up, return_exceptions=True)


async def _pump(items: AsyncIterator[Any], writer: asyncio.StreamWriter) -> None:
    async with aclosing(items):  # type: ignore[type-var]
        async for item in items:
            writer.write(encode_line(_answer(item) if isinstance(item, Refused) else {"item": item}))
            await writer.drain()


async def _encoded(answer: Mapping[str, Any]) -> list[bytes]:
    """The line, in pieces; nothing of it is sent before it is known to be short enough."""
    pieces, size = [], 0
    for piece in encode_pieces(answer):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_ANSWER:
            raise _TooLong
        await asyncio.sleep(0)
    return pieces


def _answer(outcome: Any) -> dict[str, Any]:
    if isinstance(outcome, Refused):
        return {"refused": {"reason": outcome.reason.value, "detail": outcome.detail}}
    return {"result": outcome}


def _error(kind: str, text: str) -> bytes:
    return encode_line({"error": {"kind": kind, "text": text}})


def _bind(path: Path) -> socket.socket:
    """A listening socket whose file is never, not for a moment, open to others."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    before = os.umask(0o177)
    try:
        listener.bind(short_path(path, directory))
        listener.listen(16)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
        os.close(directory)
    return listener


def _peer(connection: socket.socket) -> tuple[int, int]:
    """Process and user at the other end (unix(7), SO_PEERCRED)."""
    pid, uid, _gid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return pid, uid
