"""RC4, for what NTLM makes of it: unwrapping one session key per sign-in, and eight bytes of keystream per direction.

Slow (tens of microseconds) and weak; neither matters for those two uses
(docs/decisions/0003-ntlm-signature-keystream.md).
"""

from __future__ import annotations

__all__ = ["rc4"]


def rc4(key: bytes, data: bytes) -> bytes:
    """`data` under `key` (1 to 256 bytes); the same call undoes it."""
    box = list(range(256))
    j = 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) & 255
        box[i], box[j] = box[j], box[i]
    out = bytearray(len(data))
    i = j = 0
    for index, byte in enumerate(data):
        i = (i + 1) & 255
        j = (j + box[i]) & 255
        box[i], box[j] = box[j], box[i]
        out[index] = byte ^ box[(box[i] + box[j]) & 255]
    return bytes(out)
