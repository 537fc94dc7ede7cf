"""Any octets as what strangers write of NTLM, messages of type 2 and 3 and the header around them, give a value or are
found malformed.

The invariant is also a hypothesis test, tests/sip/auth/test_ntlm.py.
"""

from __future__ import annotations

from parlour.sip.auth import ntlm
from parlour.sip.auth.ntlm_header import NtlmHeader
from parlour.sip.auth.ntlm_messages import parse_av_pairs
from parlour.sip.auth.params import Malformed

_NONCE = bytes(8)
_HASH = bytes(range(16))


def check(data: bytes) -> None:
    """Any octets give a value or `Malformed`, never an exception; what was parsed fits into what was sent."""
    auth = ntlm.parse_authenticate(data)
    if not isinstance(auth, Malformed):
        assert len(auth.nt_response) <= len(data)
        assert 2 * max(len(auth.user), len(auth.domain), len(auth.workstation)) <= len(data) * 2
        assert ntlm.verify(auth, _NONCE, None) is None
        ntlm.verify(auth, _NONCE, _HASH)
    challenge = ntlm.parse_challenge(data)
    if not isinstance(challenge, Malformed):
        assert not isinstance(parse_av_pairs(challenge.target_info), Malformed)
    header = NtlmHeader.parse(data.decode("utf-8", "surrogateescape"))
    if not isinstance(header, Malformed):
        again = NtlmHeader.parse(header.render())
        assert not isinstance(again, Malformed)
        assert (again.realm, again.opaque, again.gssapi_data) == (header.realm, header.opaque, header.gssapi_data)
