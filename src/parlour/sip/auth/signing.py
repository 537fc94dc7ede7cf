"""Signatures of SIP messages after an NTLM sign-in: whole messages, and the INFOs of a dialog at full speed.

The sequence number inside a signature is always 100, so what RC4 adds to it is the same eight bytes for every message
of one direction: worked out once here (docs/decisions/0003-ntlm-signature-keystream.md).
"""

from __future__ import annotations

import hmac
import struct

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
_SIGNATURE = b"01000000%016X64000000"
_first_eight = struct.Struct(">Q").unpack_from
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
        return cls(keyed.inner, keyed.outer, int.from_bytes(keystream, "big"))

    def beginning(self, start: bytes) -> Signer:
        """A signer of texts that all begin with `start`, which is hashed now."""
        inner = self._inner.copy()
        inner.update(start)
        return Signer(inner, self._outer, self._keystream)

    def checksum(self, text: bytes) -> int:
        """The eight bytes that depend on the text, as a big-endian number."""
        inner = self._inner.copy()
        inner.update(text)
        outer = self._outer.copy()
        outer.update(inner.digest())
        first: int = _first_eight(outer.digest())[0]
        return first ^ self._keystream

    def sign(self, text: bytes) -> bytes:
        """32 upper-case hex digits: version 1, checksum, sequence number."""
        return _SIGNATURE % self.checksum(text)


class SecurityAssociation:
    """What two ends share after a sign-in. One per sign-in: a new handshake makes a new one.

    `version` is the one agreed on (`ntlm_header.agree_version`); `rand` is the free text of our signatures (8 hex
    digits by custom); with `is_server` we sign as the server and verify a client. `sent` counts the messages we signed
    (snum).
    """

    __slots__ = (
        "_info",
        "_ours",
        "_theirs",
        "_window",
        "is_server",
        "opaque",
        "rand",
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
        self._info: _InfoBasis | None = None
        self.sent = 0
        self.realm = realm
        self.targetname = targetname
        self.opaque = opaque
        self.version = version
        self.rand = rand
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
        """Is this message signed by the other end? Ask once per message: a server accepts the number of a request once.

        An ACK is excepted: it is repeated as it stands when our 200 is, and no transaction holds such repeats back.
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
        if self._info is None:
            self._info = _InfoBasis(self, self._ours, self._theirs)
        to = f"<{remote_uri}><{remote_tag}><><>" if self.version >= 3 else f"<{remote_tag}>"
        before_cseq = f"><{self.realm}><{self.targetname}><{call_id}><"
        return InfoSigner(self._info, call_id, before_cseq, f"><INFO><{local_uri}><{local_tag}>{to}<>")


_AUTHORIZATION = b"\r\nAuthorization: NTLM "


def _template(text: str) -> bytes:
    """Text that stands for itself in a `%` template."""
    return encode(text.replace("%", "%%"))


class _InfoBasis:
    """What the dialogs of one association share: hashes begun, the header's template, how the client begins its own."""

    __slots__ = ("association", "header", "lead", "ours", "theirs")

    def __init__(self, association: SecurityAssociation, ours: Signer, theirs: Signer) -> None:
        self.association = association
        self.ours = ours.beginning(encode(f"<NTLM><{association.rand}><"))
        self.theirs = theirs.beginning(b"<NTLM><")
        opaque, target = quoted(association.opaque), quoted(association.targetname)
        realm, rand = quoted(association.realm), quoted(association.rand)
        named = _template(f'", opaque={opaque}, qop="auth", targetname={target}, realm={realm}\r\n')
        signed = b'Authentication-Info: NTLM rspauth="' + _SIGNATURE + b'", srand=' + _template(rand)
        self.header = signed + b', snum="%d' + named
        # COMPAT: SIPE's spelling; another client's is learnt from its first answer.
        self.lead = _AUTHORIZATION + encode(f'qop="auth", opaque={opaque}, realm={realm}, targetname={target}, crand="')


class InfoSigner:
    """Signs our INFOs in one dialog and checks the answers, without building or parsing a message.

    An answer is checked against what it has to be: our INFO's own fields and the status that the caller saw. So a good
    signature says at once that it belongs to this dialog and this INFO.
    """

    __slots__ = ("_answer_text", "_basis", "_call_id", "_text")

    def __init__(self, basis: _InfoBasis, call_id: str, before_cseq: str, after_cseq: str) -> None:
        """Made by `SecurityAssociation.info_signer`."""
        self._basis = basis
        self._call_id = call_id
        # snum and CSeq; then crand, cnum, CSeq and status
        self._text = b"%d" + _template(before_cseq) + b"%d" + _template(after_cseq)
        self._answer_text = b"%b><%b" + self._text[2:] + b"<%d>"

    def header(self, cseq: int) -> bytes:
        """The whole Authentication-Info line of the INFO with this CSeq, CRLF included."""
        basis = self._basis
        association = basis.association
        association.sent = number = association.sent + 1
        return basis.header % (basis.ours.checksum(self._text % (number, cseq)), number)

    def verify_response(self, head: bytes, cseq: int, status: int) -> bool:
        """`head`: start line and header lines of the answer to the INFO with this CSeq, with or without the last CRLF;
        `status` as it stands there."""
        lead = self._basis.lead
        at = head.rfind(_AUTHORIZATION)
        if head.startswith(lead, at):
            at += len(lead)
            parts = head[at : at + _SIGNED_CHARS].split(b'"', 5)
            if len(parts) == 6 and parts[1] == b", cnum=" and parts[3] == b", response=":
                text = self._answer_text % (parts[0], parts[2], cseq, status)
                if _same(_SIGNATURE % self._basis.theirs.checksum(text), parts[4]):
                    return True
        return self._verify_slowly(head, cseq, status)

    def _verify_slowly(self, head: bytes, cseq: int, status: int) -> bool:
        """For answers that say more than SIPE's (Expires, an identity), or say it otherwise."""
        try:
            message = parse_message(head)
            if not isinstance(message, Response) or not self._basis.association.verify(message):
                return False
            number, method = message.cseq.number, message.cseq.method
        except RemoteProtocolError:
            return False
        start = head.find(_AUTHORIZATION)
        end = head.find(b'crand="', start)
        if 0 <= start < end and b"\r\n" not in head[start + 2 : end]:
            self._basis.lead = head[start : end + len(b'crand="')]
        return (message.status, message.call_id, number, method) == (status, self._call_id, cseq, "INFO")
