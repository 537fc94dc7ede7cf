"""The handshake: a recorded sign-in byte for byte, an independent client, and bytes that nobody should send."""

from __future__ import annotations

import base64
import struct
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.fuzz_ntlm import check
from parlour.sip.auth import ntlm, ntlm_messages
from parlour.sip.auth.ntlm_messages import AvId, Flag
from parlour.sip.auth.params import Malformed
from tests.sip.auth.vectors import EXPORTED_KEY, PASSWORD, SERVER_CHALLENGE, TYPE2, TYPE3

NONCE = bytes(range(8))
RANDOM = bytes(range(100, 124))
STAMP = 133_000_000_000_000_000


def _authenticate(data: bytes) -> ntlm.Authenticate:
    parsed = ntlm.parse_authenticate(data)
    assert not isinstance(parsed, Malformed), parsed
    return parsed


def _answer(challenge: bytes, user: str, password: str, domain: str = "") -> tuple[bytes, ntlm.SessionKeys]:
    answer = ntlm.answer_challenge(
        challenge, user=user, password=password, domain=domain, randomness=RANDOM, timestamp=STAMP
    )
    assert not isinstance(answer, Malformed), answer
    return answer


def test_challenge_is_the_recorded_one() -> None:
    assert ntlm.build_challenge(SERVER_CHALLENGE, "contoso.com", "stub.contoso.com") == TYPE2


def test_recorded_sign_in_is_accepted_with_its_keys() -> None:
    auth = _authenticate(TYPE3)
    assert (auth.domain, auth.user, auth.workstation, auth.flags) == ("CONTOSO", "alice", "VM", 0x62988255)
    assert auth.nt_response[:16].hex() == "ef8495bd392cf5a7fcd1ae063c295012"
    keys = ntlm.verify(auth, SERVER_CHALLENGE, ntlm.nt_hash(PASSWORD))
    assert keys is not None
    assert keys.client_sign.hex() == "9dee92dd43b1d7a6b9fe091211be512b"
    assert keys.client_seal.hex() == "1d8e1814882b46f8b3612c3d91bc306a"
    assert keys.server_sign.hex() == "f7a91364310834fbdda704386bfd0da0"
    assert keys.server_seal.hex() == "40f4e07030fcdbf3089dbfc9b7bb598f"


def test_our_client_says_what_sipe_said() -> None:
    challenge = ntlm.parse_challenge(TYPE2)
    assert not isinstance(challenge, Malformed)
    recorded = _authenticate(TYPE3)
    blob = recorded.nt_response[16:]
    message, keys = ntlm.build_authenticate(
        challenge,
        user="alice",
        domain="CONTOSO",
        workstation="VM",
        hashed=ntlm.nt_hash(PASSWORD),
        client_challenge=blob[16:24],
        timestamp=struct.unpack_from("<Q", blob, 8)[0],
        session_key=EXPORTED_KEY,
    )
    assert message == TYPE3
    assert keys == ntlm.verify(recorded, SERVER_CHALLENGE, ntlm.nt_hash(PASSWORD))


@pytest.mark.parametrize(
    ("user", "domain"),
    [
        ("alice", ""),
        ("alice@contoso.com", ""),
        ("alice", "CONTOSO"),
        ("alice", "contoso.com"),
        ("ALICE", "Contoso"),
        ("김철수", ""),
        ("émile", ""),
    ],
)
def test_every_way_to_write_a_login(user: str, domain: str) -> None:
    message, keys = _answer(ntlm.build_challenge(NONCE, "contoso.com", "srv.contoso.com"), user, "pass 워드", domain)
    auth = _authenticate(message)
    assert (auth.user, auth.domain) == (user, domain)
    assert ntlm.verify(auth, NONCE, ntlm.nt_hash("pass 워드")) == keys
    assert ntlm.verify(auth, NONCE, ntlm.nt_hash("pass word")) is None
    assert ntlm.verify(auth, bytes(8), ntlm.nt_hash("pass 워드")) is None
    assert ntlm.verify(auth, NONCE, None) is None


def test_an_account_that_does_not_exist_is_refused_even_with_the_stand_in_hash() -> None:
    challenge = ntlm.parse_challenge(ntlm.build_challenge(NONCE, "contoso.com", "srv.contoso.com"))
    assert not isinstance(challenge, Malformed)
    message, _ = ntlm.build_authenticate(
        challenge, user="x", hashed=bytes(16), client_challenge=bytes(8), session_key=bytes(16), timestamp=0
    )
    assert ntlm.verify(_authenticate(message), NONCE, None) is None


def test_windows_raises_all_letters_of_the_name() -> None:
    challenge = ntlm.parse_challenge(ntlm.build_challenge(NONCE, "contoso.com", "srv.contoso.com"))
    assert not isinstance(challenge, Malformed)
    message, keys = ntlm.build_authenticate(
        challenge,
        user="ÉMILE",  # nothing left to raise, as Windows would have it
        hashed=ntlm.nt_hash("x"),
        client_challenge=bytes(8),
        session_key=bytes(16),
        timestamp=0,
    )
    sent = message.replace("ÉMILE".encode("utf-16-le"), "émile".encode("utf-16-le"))
    assert ntlm.verify(_authenticate(sent), NONCE, ntlm.nt_hash("x")) == keys


@pytest.mark.parametrize("missing", [Flag.SIGN, Flag.EXTENDED_SESSION_SECURITY, Flag.KEY_EXCHANGE, Flag.NTLM])
def test_a_client_that_gives_up_signing_is_refused(missing: Flag) -> None:
    message, _ = _answer(ntlm.build_challenge(NONCE, "contoso.com", "srv.contoso.com"), "alice", "x")
    flags = struct.unpack_from("<I", message, 60)[0] & ~missing
    weaker = message[:60] + struct.pack("<I", flags) + message[64:]
    assert ntlm.verify(_authenticate(weaker), NONCE, ntlm.nt_hash("x")) is None


def test_seal_key_follows_the_agreed_length() -> None:
    seals = {
        ntlm.derive_keys(EXPORTED_KEY, flags).client_seal for flags in (Flag.KEY_128, Flag.KEY_56, Flag.KEY_128 * 0)
    }
    assert len(seals) == 3


def test_the_servers_time_is_used_when_it_gives_one() -> None:
    challenge = ntlm.build_challenge(NONCE, "contoso.com", "srv.contoso.com", timestamp=STAMP + 7)
    message, keys = _answer(challenge, "alice", "x")
    auth = _authenticate(message)
    assert struct.unpack_from("<Q", auth.nt_response, 24)[0] == STAMP + 7
    assert auth.lm_response == bytes(24)
    assert ntlm.verify(auth, NONCE, ntlm.nt_hash("x")) == keys


def test_an_independent_client_signs_in() -> None:
    """pyspnego as the peer: it begins with a type 1 message, which a datagram server never sees."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import spnego
    client = spnego.client("CONTOSO\\alice", PASSWORD, protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)
    client.step()
    token = client.step(ntlm.build_challenge(NONCE, "contoso.com", "srv.contoso.com"))
    assert token is not None
    auth = _authenticate(token)
    assert (auth.domain, auth.user) == ("CONTOSO", "alice")
    keys = ntlm.verify(auth, NONCE, ntlm.nt_hash(PASSWORD))
    assert keys == ntlm.derive_keys(client.session_key, auth.flags & ntlm.CHALLENGE_FLAGS)
    assert ntlm.verify(auth, NONCE, ntlm.nt_hash("wrong")) is None


def test_secrets_stay_out_of_reprs() -> None:
    auth = _authenticate(TYPE3)
    keys = ntlm.verify(auth, SERVER_CHALLENGE, ntlm.nt_hash(PASSWORD))
    assert repr(keys) == "SessionKeys()"
    assert "nt_response" not in repr(auth)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda m: m[:63],
        lambda m: b"NTLMSSQ\0" + m[8:],
        lambda m: m[:8] + b"\x02" + m[9:],
        lambda m: m[:60] + bytes(4) + m[64:],  # not Unicode
        lambda m: m[:24] + b"\xff\xff\xff\xff" + m[28:],  # NT response outside
        lambda m: m[:36] + b"\x05\x00" + m[38:],  # odd length of the user name
        lambda m: m[:20] + b"\x10\x00" + m[22:],  # NTLMv1
        lambda m: m + bytes(9000),
    ],
)
def test_spoilt_messages(spoil: object) -> None:
    assert callable(spoil)
    assert isinstance(ntlm.parse_authenticate(spoil(TYPE3)), Malformed)


def test_av_pairs_must_end() -> None:
    assert ntlm_messages.parse_av_pairs(b"\x01\x00\x02\x00AB\x00\x00\x00\x00") == {AvId.NB_COMPUTER: b"AB"}
    for bad in (b"", b"\x01", b"\x01\x00\x02\x00A", b"\x01\x00\x00\x00" * 70):
        assert isinstance(ntlm_messages.parse_av_pairs(bad), Malformed)


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    check(data)


@given(st.integers(0, len(TYPE3) - 1), st.integers(0, 255), st.integers(0, len(TYPE3)))
def test_any_spoilt_message(at: int, value: int, length: int) -> None:
    check((TYPE3[:at] + bytes([value]) + TYPE3[at + 1 :])[:length])
    check((TYPE2[:at] + bytes([value]) + TYPE2[at + 1 :])[:length])


@given(st.text(max_size=300))
def test_any_header(text: str) -> None:
    check(b"NTLM " + base64.b64encode(text.encode("utf-8", "surrogatepass")))
