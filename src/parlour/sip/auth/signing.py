"""Signatures of SIP messages after an NTLM sign-in: whole messages, and the INFOs of a dialog at full speed.

The sequence number inside a signature is always 100, so what RC4 adds to it is the same eight bytes for every message
of one direction: worked out once here (docs/decisions/0003-ntlm-signature-keystream.md).
"""

from __future__ import annotations

import hmac

from parlour.sip.auth.md5 import HmacMd5, Md5State, md5
from parlour.sip.auth.ntlm import SessionKeys
from parlour.sip.auth.ntlm_header import NtlmHeader
from parlour.sip.auth.params import Malformed, quoted
from parlour.sip.auth.rc4 import rc4
from parlour.sip.auth.replay import ReplayWindow
from parlour.sip.auth.signed_text import signed_text
from parlour.sip.errors import RemoteProtocolError
from parlour.sip.grammar import encode
from parlour.sip.message import Message, Request, Response, parse_message

__all__ = ["InfoSigner", "SecurityAssociation", "Signer"]

_SIGNED_CHARS = 128  # crand, cnum and response with their names fit well within
_SEQUENCE = (100).to_bytes(4, "little")
_int_from_bytes = int.from_bytes
_same = hmac.compare_digest


class Signer:
    """One direction of one association: text to signature."""

    __slots__ = ("_inner", "_keystream", "_outer")

    def __init__(self, inner: Md5State, outer: Md5State, keystream: int) -> None:
        self._inner = inner
        self._outer = outer
        self._keystream = keystream

    @classmethod
    def of_keys(cls, sign_key: bytes, seal_key: bytes) -> Signer:
        keyed = HmacMd5(sign_key, _SEQUENCE)
        keystream = rc4(md5(seal_key + _SEQUENCE).digest(), bytes(8))
        return cls(keyed.inner, keyed.outer, _int_from_bytes(keystream, "big"))

    def beginning(self, start: bytes) -> Signer:
        """A signer of texts that all begin with `start`, which is hashed now."""
        inner = self._inner.copy()
        inner.update(start)
        return Signer(inner, self._outer, self._keystream)

    def sign(self, text: bytes) -> bytes:
        """32 upper-case hex digits: version 1, checksum, sequence number."""
        inner = self._inner.copy()
        inner.update(text)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return b"01000000%016X64000000" % (_int_from_bytes(outer.digest()[:8], "big") ^ self._keystream)


class SecurityAssociation:
    """What two ends share after a sign-in. One per sign-in: a new handshake makes a new one.

    `version` is the one agreed on (`ntlm_header.agree_version`); `rand` is the free text of our signatures (8 hex
    digits by custom); with `is_server` we sign as the server and verify a client. `sent` counts the messages we signed
    (snum).
    """

    __slots__ = (
        "_ours",
        "_theirs",
        "_window",
        "is_server",
        "opaque",
        "rand",
        "rand_octets",
        "realm",
        "sent",
        "targetname",
        "version",
    )

    def __init__(
        self,
        keys: SessionKeys,
        *,
        realm: str,
        targetname: str,
        opaque: str,
        version: int,
        rand: str,
        is_server: bool = True,
    ) -> None:
        client = Signer.of_keys(keys.client_sign, keys.client_seal)
        server = Signer.of_keys(keys.server_sign, keys.server_seal)
        self._ours, self._theirs = (server, client) if is_server else (client, server)
        self._window = ReplayWindow()
        self.sent = 0
        self.realm = realm
        self.targetname = targetname
        self.opaque = opaque
        self.version = version
        self.rand = rand
        self.rand_octets = encode(rand)
        self.is_server = is_server

    def sign(self, message: Message) -> None:
        """Set Authentication-Info (server) or Authorization (client). Nothing that is signed may change afterwards.

        Raises RemoteProtocolError 400 if the message lacks From, To, Call-ID or CSeq.
        """
        self.sent += 1
        number = str(self.sent)
        text = signed_text(
            message, self.version, rand=self.rand, num=number, realm=self.realm, targetname=self.targetname
        )
        header = NtlmHeader(
            realm=self.realm,
            targetname=self.targetname,
            opaque=self.opaque,
            rand=self.rand,
            num=number,
            signature=self._ours.sign(text).decode(),
            from_server=self.is_server,
        )
        message.headers.set("Authentication-Info" if self.is_server else "Authorization", header.render())

    def verify(self, message: Message) -> bool:
        """Is this message signed by the other end? A server accepts the number of a request once only, ACK excepted:

        an ACK is repeated as it stands when our 200 is repeated, and no transaction holds repeats back.
        """
        header = self._header(message)
        if header is None:
            return False
        try:
            text = signed_text(
                message,
                self.version,
                rand=header.rand,
                num=header.num,
                realm=header.realm,
                targetname=header.targetname,
            )
        except RemoteProtocolError:
            return False
        if not _same(self._theirs.sign(text), encode(header.signature.upper())):
            return False
        counts = self.is_server and isinstance(message, Request) and message.method != "ACK"
        return not counts or self._window.accept(int(header.num))

    def _header(self, message: Message) -> NtlmHeader | None:
        """The signature meant for us: our opaque, our realm. Another scheme may stand beside it."""
        names = ("Proxy-Authorization", "Authorization")
        if not self.is_server:
            names = ("Proxy-Authentication-Info", "Authentication-Info")
        for name in names:
            for value in message.headers.get_all(name):
                header = NtlmHeader.parse(value)
                if not isinstance(header, Malformed) and self._is_ours(header):
                    return header
        return None

    def _is_ours(self, header: NtlmHeader) -> bool:
        named = (header.opaque, header.realm, header.targetname) == (self.opaque, self.realm, self.targetname)
        return named and bool(header.num and header.signature) and header.from_server is not self.is_server

    def info_signer(self, call_id: str, local_uri: str, local_tag: str, remote_uri: str, remote_tag: str) -> InfoSigner:
        """For the INFOs that we, the server, send in one dialog; URIs as they stand between the brackets."""
        to = f"<{remote_uri}><{remote_tag}><><>" if self.version >= 3 else f"<{remote_tag}>"
        return InfoSigner(
            self,
            self._ours.beginning(encode(f"<NTLM><{self.rand}><")),
            self._theirs.beginning(b"<NTLM><"),
            call_id,
            encode(f"><INFO><{local_uri}><{local_tag}>{to}<>"),
        )


_AUTHORIZATION = b"\r\nAuthorization: NTLM "


class InfoSigner:
    """Signs our INFOs in one dialog and checks the answers, without building or parsing a message.

    An answer is checked against what it has to be: our INFO's own fields and the status that the caller saw. So a good
    signature says at once that it belongs to this dialog and this INFO.
    """

    __slots__ = (
        "_after_cseq",
        "_association",
        "_before_cseq",
        "_call_id",
        "_header_tail",
        "_lead",
        "_ours",
        "_theirs",
    )

    def __init__(
        self, association: SecurityAssociation, ours: Signer, theirs: Signer, call_id: str, after_cseq: bytes
    ) -> None:
        """Made by `SecurityAssociation.info_signer`."""
        sa = association
        self._association = sa
        self._ours = ours
        self._theirs = theirs
        self._call_id = call_id
        self._before_cseq = encode(f"><{sa.realm}><{sa.targetname}><{call_id}><")
        self._after_cseq = after_cseq
        opaque, target, realm = quoted(sa.opaque), quoted(sa.targetname), quoted(sa.realm)
        self._header_tail = encode(f'", opaque={opaque}, qop="auth", targetname={target}, realm={realm}\r\n')
        # COMPAT: SIPE's spelling; another client's is learnt from its first answer.
        named = encode(f'qop="auth", opaque={opaque}, realm={realm}, targetname={target}, crand="')
        self._lead = _AUTHORIZATION + named

    def header(self, cseq: int) -> bytes:
        """The whole Authentication-Info line of the INFO with this CSeq, CRLF included."""
        association = self._association
        association.sent = number = association.sent + 1
        signature = self._ours.sign(b"%d%b%d%b" % (number, self._before_cseq, cseq, self._after_cseq))
        return b'Authentication-Info: NTLM rspauth="%b", srand="%b", snum="%d%b' % (
            signature,
            association.rand_octets,
            number,
            self._header_tail,
        )

    def verify_response(self, head: bytes, cseq: int, status: int) -> bool:
        """`head`: start line and header lines of the answer to the INFO with this CSeq; `status` as it stands there."""
        lead = self._lead
        at = head.find(lead)
        if at >= 0:
            parts = head[at + len(lead) : at + len(lead) + _SIGNED_CHARS].split(b'"', 5)
            if len(parts) == 6 and parts[1] == b", cnum=" and parts[3] == b", response=":
                text = (parts[0], parts[2], self._before_cseq, cseq, self._after_cseq, status)
                if _same(self._theirs.sign(b"%b><%b%b%d%b<%d>" % text), parts[4]):
                    return True
        return self._verify_slowly(head, cseq, status)

    def _verify_slowly(self, head: bytes, cseq: int, status: int) -> bool:
        """For answers that say more than SIPE's (Expires, an identity), or say it otherwise."""
        try:
            message = parse_message(head)
            if not isinstance(message, Response) or not self._association.verify(message):
                return False
            number, method = message.cseq.number, message.cseq.method
        except RemoteProtocolError:
            return False
        start = head.find(_AUTHORIZATION)
        end = head.find(b'crand="', start)
        if 0 <= start < end < head.find(b"\r\n", start + 2):
            self._lead = head[start : end + len(b'crand="')]
        return (message.status, message.call_id, number, method) == (status, self._call_id, cseq, "INFO")
