"""Vectors of RFC 6229 (keystreams) and the classic ones."""

from __future__ import annotations

import hmac as stdlib_hmac

from hypothesis import given
from hypothesis import strategies as st

from parlour.sip.auth.md5 import hmac_md5
from parlour.sip.auth.rc4 import rc4


def test_known_keystreams() -> None:
    assert rc4(bytes.fromhex("0102030405"), bytes(16)).hex() == "b2396305f03dc027ccc3524a0a1118a8"
    assert rc4(bytes(range(1, 17)), bytes(16)).hex() == "9ac7cc9a609d1ef7b2932899cde41b97"
    assert rc4(b"Key", b"Plaintext").hex().upper() == "BBF316E8D940AF0AD3"


@given(st.binary(max_size=200), st.binary(max_size=300))
def test_hmac_md5_is_the_standard_one(key: bytes, message: bytes) -> None:
    assert hmac_md5(key, message) == stdlib_hmac.digest(key, message, "md5")
