"""The words between `parlour` on the command line and a running server: one JSON object per line over a Unix socket.

    > {"command": "room.list", "params": {}}
    < {"result": [...]}                                   or
    < {"refused": {"reason": "no-such-room", "detail": ""}}   the rules of chat say no; or
    < {"error": {"kind": "unknown-command", "text": "..."}}

`kind` is `bad-request`, `unknown-command`, `too-long` (the answer has more than `MAX_ANSWER` bytes), or `failed`: a
bug, which the log has. A command that follows something (`message.follow`) answers `{"item": ...}` lines until the
client hangs up.
Requests on one connection are answered in order. Lines have an upper length both ways.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = [
    "MAX_ANSWER",
    "MAX_REQUEST",
    "BadRequest",
    "decode_request",
    "encode_line",
    "encode_pieces",
    "short_path",
]

MAX_REQUEST = 1024 * 1024
"""Longest request line, bytes."""
MAX_ANSWER = 16 * 1024 * 1024
"""Longest answer line, bytes."""
# Entries of a list that are encoded at a time.
_PIECE = 1000
# sun_path of unix(7) is 108 bytes with its final NUL.
_SUN_PATH = 107


class BadRequest(Exception):
    """The line is not a request; the text says why."""


def decode_request(line: bytes) -> tuple[str, Mapping[str, Any]]:
    """The command's name and parameters. Raises `BadRequest`."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"not JSON: {error}") from error
    if not isinstance(request, dict) or not isinstance(request.get("command"), str):
        raise BadRequest('expected {"command": NAME, "params": {...}}')
    params = request.get("params", {})
    if not isinstance(params, dict):
        raise BadRequest("params must be an object")
    return request["command"], params


def encode_line(message: Mapping[str, Any]) -> bytes:
    """One line of the protocol."""
    return b"".join(encode_pieces(message))


def encode_pieces(message: Mapping[str, Any]) -> Iterator[bytes]:
    """One line of the protocol, in pieces that take a few milliseconds each: a list may have thousands of entries."""
    for piece in _pieces(message):
        yield piece.encode("utf-8")
    yield b"\n"


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping) and any(map(_is_long, value.values())):
        for place, (key, part) in enumerate(value.items()):
            yield ("," if place else "{") + _encode(key) + ":"
            yield from _pieces(part)
        yield "}"
    elif isinstance(value, list) and len(value) > _PIECE:
        for start in range(0, len(value), _PIECE):
            yield ("," if start else "[") + _encode(value[start : start + _PIECE])[1:-1]
        yield "]"
    else:
        yield _encode(value)


def _is_long(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and len(value) > _PIECE)


def _encode(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def short_path(path: Path, directory: int) -> str:
    """A name for `path` that fits a Unix socket address; `directory` is an open descriptor of its parent."""
    plain = str(path)
    return plain if len(plain.encode()) <= _SUN_PATH else f"/proc/self/fd/{directory}/{path.name}"
