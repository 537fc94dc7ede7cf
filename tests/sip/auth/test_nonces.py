"""Nonces: ours only, for a while, each count once."""

from __future__ import annotations

import base64

import pytest

from parlour.sip.auth.nonces import NonceFactory, NonceState

OK, STALE, BAD = NonceState.OK, NonceState.STALE, NonceState.BAD


def test_life_of_a_nonce() -> None:
    factory = NonceFactory(b"secret", lifetime=300)
    nonce = factory.make(1000.0)
    assert factory.check(nonce, 1000.0) is OK
    assert factory.check(nonce, 1300.0) is OK
    assert factory.check(nonce, 1300.5) is STALE
    assert factory.check(nonce, 999.0) is STALE
    assert factory.use(nonce, 1, 2000.0) is STALE


def test_nonces_differ() -> None:
    factory = NonceFactory(b"secret")
    assert len({factory.make(5.0) for _ in range(100)}) == 100


def test_foreign_and_spoilt() -> None:
    factory = NonceFactory(b"secret")
    nonce = factory.make(1.0)
    raw = bytearray(base64.b64decode(nonce))
    raw[3] ^= 1
    for bad in ("", "x", "é" * 44, "*" * 44, nonce[:-4], base64.b64encode(raw).decode(), NonceFactory(b"o").make(1.0)):
        assert factory.check(bad, 1.0) is BAD
        assert factory.use(bad, 1, 1.0) is BAD


def test_each_count_once() -> None:
    factory = NonceFactory(b"secret")
    nonce = factory.make(0.0)
    assert [factory.use(nonce, nc, 1.0) for nc in (1, 2, 2, 1, 4, 3, 0)] == [OK, OK, STALE, STALE, OK, OK, STALE]
    assert factory.use(factory.make(0.0), 1, 1.0) is OK


@pytest.mark.parametrize("count", [5, 50])
def test_forgetting_never_lets_a_count_in_twice(count: int) -> None:
    factory = NonceFactory(b"secret", remembered=4)
    nonces = [factory.make(float(i)) for i in range(count)]
    assert all(factory.use(nonce, 1, 60.0) is OK for nonce in nonces)
    assert len(factory._used) <= 4
    assert all(factory.use(nonce, 1, 60.0) is STALE for nonce in nonces)
    assert factory.use(factory.make(60.0), 1, 60.0) is OK


def test_expired_nonces_make_room_by_themselves() -> None:
    factory = NonceFactory(b"secret", lifetime=10, remembered=100)
    for i in range(50):
        factory.use(factory.make(i * 1.0), 1, i * 1.0)
    assert len(factory._used) <= 12
