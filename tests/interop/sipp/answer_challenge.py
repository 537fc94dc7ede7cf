"""Answers one Digest challenge (RFC 7616) for sipp, which itself knows MD5 only. Standard library only: starts fast.

answer_challenge.py CHALLENGE ALGORITHM LOGIN PASSWORD METHOD URI FIFO [COUNT]
"""

from __future__ import annotations

import hashlib
import re
import sys

_HASHES = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}


def main(
    challenge: str, algorithm: str, login: str, password: str, method: str, uri: str, fifo: str, *more: str
) -> None:
    given = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge))
    count = f"{int(more[0]) if more else 1:08x}"

    def digest(*parts: str) -> str:
        return _HASHES[algorithm](":".join(parts).encode()).hexdigest()

    cnonce = "0a4f113b"
    secret = digest(login, given["realm"], password)
    response = digest(secret, given["nonce"], count, cnonce, "auth", digest(method, uri))
    with open(fifo, "w", encoding="utf-8") as out:
        out.write(
            f'Digest username="{login}", realm="{given["realm"]}", nonce="{given["nonce"]}", uri="{uri}", '
            f'response="{response}", algorithm={algorithm}, cnonce="{cnonce}", qop=auth, nc={count}'
        )


main(*sys.argv[1:])
