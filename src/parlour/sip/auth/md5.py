"""MD5 and HMAC-MD5 as NTLM needs them: built-in when there is one, and keyed once for many messages.

The interpreter's own MD5 costs a third less per short message than OpenSSL's, and it is still there when the system's
OpenSSL runs in FIPS mode. Not for anything that could choose a better hash.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable
from typing import Protocol, cast

__all__ = ["HmacMd5", "Md5State", "hmac_md5", "md5"]

_BLOCK = 64


class Md5State(Protocol):
    """A hash under way."""

    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...

    def copy(self) -> Md5State: ...


def _openssl(data: bytes) -> Md5State:
    return cast(Md5State, hashlib.md5(data, usedforsecurity=False))


def _constructor() -> Callable[[bytes], Md5State]:
    try:
        return cast(Callable[[bytes], Md5State], importlib.import_module("_md5").md5)
    except ImportError:  # an interpreter built without it
        return _openssl


md5 = _constructor()


class HmacMd5:
    """HMAC-MD5 (RFC 2104) under one key: the key is hashed here, once, not per message."""

    __slots__ = ("inner", "outer")

    def __init__(self, key: bytes, start: bytes = b"") -> None:
        """`start` is hashed in at once: for keys whose messages all begin alike."""
        if len(key) > _BLOCK:
            key = md5(key).digest()
        padded = key.ljust(_BLOCK, b"\0")
        self.inner = md5(bytes([byte ^ 0x36 for byte in padded]) + start)
        self.outer = md5(bytes([byte ^ 0x5C for byte in padded]))

    def digest(self, message: bytes) -> bytes:
        """16 bytes."""
        inner = self.inner.copy()
        inner.update(message)
        outer = self.outer.copy()
        outer.update(inner.digest())
        return outer.digest()


def hmac_md5(key: bytes, message: bytes) -> bytes:
    """HMAC-MD5 of one message, 16 bytes."""
    return HmacMd5(key).digest(message)
