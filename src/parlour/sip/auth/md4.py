"""MD4 (RFC 1320), because the NT password hash is made with it and OpenSSL 3 no longer offers it.

Nothing but the NT hash may use it: MD4 is broken.
"""

from __future__ import annotations

import struct

__all__ = ["md4"]

_MASK = 0xFFFFFFFF
_START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)

# Section 3.4: for each round the added constant, the order of the sixteen words, and the four shifts.
_ROUNDS = (
    (0x00000000, (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), (3, 7, 11, 19)),
    (0x5A827999, (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), (3, 5, 9, 13)),
    (0x6ED9EBA1, (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15), (3, 9, 11, 15)),
)


def _mix(kind: int, x: int, y: int, z: int) -> int:
    if kind == 0:
        return (x & y) | (~x & z)
    if kind == 1:
        return (x & y) | (x & z) | (y & z)
    return x ^ y ^ z


def _compress(state: tuple[int, int, int, int], words: tuple[int, ...]) -> tuple[int, int, int, int]:
    a, b, c, d = state
    for kind, (constant, order, shifts) in enumerate(_ROUNDS):
        for step, index in enumerate(order):
            total = (a + _mix(kind, b, c, d) + words[index] + constant) & _MASK
            shift = shifts[step & 3]
            turned = ((total << shift) | (total >> (32 - shift))) & _MASK
            a, b, c, d = d, turned, b, c
    return (
        (state[0] + a) & _MASK,
        (state[1] + b) & _MASK,
        (state[2] + c) & _MASK,
        (state[3] + d) & _MASK,
    )


def md4(data: bytes) -> bytes:
    """The 16-byte digest of `data`."""
    padding = b"\x80" + bytes((55 - len(data)) % 64)
    message = data + padding + struct.pack("<Q", (len(data) * 8) & 0xFFFFFFFFFFFFFFFF)
    state = _START
    for start in range(0, len(message), 64):
        state = _compress(state, struct.unpack_from("<16I", message, start))
    return struct.pack("<4I", *state)
