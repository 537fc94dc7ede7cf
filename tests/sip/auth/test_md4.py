"""The test suite of RFC 1320 appendix A.5, and NT hashes everybody knows."""

from __future__ import annotations

import pytest

from parlour.sip.auth.md4 import md4
from parlour.sip.auth.ntlm import nt_hash


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (b"", "31d6cfe0d16ae931b73c59d7e0c089c0"),
        (b"a", "bde52cb31de33e46245e05fbdbd6fb24"),
        (b"abc", "a448017aaf21d8525fc10ae87aa6729d"),
        (b"message digest", "d9130a8164549fe818874806e1c7014b"),
        (b"abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"),
        (b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "043f8582f241db351ce627e153e7f0e4"),
        (b"1234567890" * 8, "e33b4ddc9c38f2199c3e7b164fcc0536"),
    ],
)
def test_rfc_1320(text: bytes, digest: str) -> None:
    assert md4(text).hex() == digest


@pytest.mark.parametrize("length", [55, 56, 57, 63, 64, 65, 119, 120])
def test_padding_lengths_give_different_digests(length: int) -> None:
    assert md4(b"x" * length) != md4(b"x" * (length + 1))


def test_nt_hash() -> None:
    assert nt_hash("password").hex() == "8846f7eaee8fb117ad06bdd830b7586c"
    assert nt_hash("Secret123").hex() == "63647965f13544c6551d5fdb7ffd13e0"
    assert nt_hash("").hex() == "31d6cfe0d16ae931b73c59d7e0c089c0"
    assert len(nt_hash("비밀번호")) == 16
