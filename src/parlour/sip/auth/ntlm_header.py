"""What stands behind `NTLM` in WWW-Authenticate, Authorization and Authentication-Info.

One shape for the whole handshake; which fields are filled says where in it we are (docs/protocol/sip.md).
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from parlour.sip.auth.params import AuthValue, Malformed, parse_auth, quoted, render_auth

__all__ = ["SCHEME", "VERSIONS", "NtlmHeader", "agree_version"]

SCHEME = "NTLM"
VERSIONS = (2, 3, 4)
"""Versions of what is signed. 2 is also what a client means that names none."""

_MAX_GSSAPI = 12000  # base64 characters
_MAX_TEXT = 512
_DIGITS = 10


@dataclass(frozen=True, slots=True)
class NtlmHeader:
    """`gssapi_data` None: no such parameter; b"": there and empty, which is how a client asks for a challenge.

    `rand` and `num` are crand/cnum from a client, srand/snum from a server, and `signature` (hex as on the wire) is
    response or rspauth; `from_server` says which names they go by. `version` None: not named.
    """

    realm: str
    targetname: str
    opaque: str = ""
    version: int | None = None
    gssapi_data: bytes | None = None
    rand: str = ""
    num: str = ""
    signature: str = ""
    from_server: bool = False

    @classmethod
    def parse(cls, value: str) -> NtlmHeader | Malformed:
        """Any of the three headers. A value of another scheme is malformed too."""
        auth = parse_auth(value)
        if isinstance(auth, Malformed):
            return auth
        if not auth.is_scheme(SCHEME):
            return Malformed("not NTLM")
        return cls.of(auth)

    @classmethod
    def of(cls, auth: AuthValue) -> NtlmHeader | Malformed:
        """The fields of a value whose scheme is known to be NTLM."""
        params = auth.params
        texts = {name: text for name, text in params.items() if name != "gssapi-data"}
        if any(len(text) > _MAX_TEXT for text in texts.values()):
            return Malformed("NTLM parameter too long")
        server = "rspauth" in params
        rand, num, signature = ("srand", "snum", "rspauth") if server else ("crand", "cnum", "response")
        data = _decode(params.get("gssapi-data"))
        version = params.get("version")
        if isinstance(data, Malformed):
            return data
        if version is not None and not _is_number(version):
            return Malformed("NTLM version is not a number")
        if not _is_number(params.get(num, "0")):
            return Malformed("NTLM message number is not a number")
        return cls(
            realm=params.get("realm", ""),
            targetname=params.get("targetname", ""),
            opaque=params.get("opaque", ""),
            version=int(version) if version is not None else None,
            gssapi_data=data,
            rand=params.get(rand, ""),
            num=params.get(num, ""),
            signature=params.get(signature, ""),
            from_server=server,
        )

    def render(self) -> str:
        """The header value. `qop` goes with everything but a challenge."""
        params: list[tuple[str, str]] = []
        names = ("rspauth", "srand", "snum") if self.from_server else ("response", "crand", "cnum")
        if self.from_server:
            params += [(name, quoted(text)) for name, text in zip(names, self._signed(), strict=True)]
        if self.opaque:
            params.append(("opaque", quoted(self.opaque)))
        if self.signature:
            params.append(("qop", '"auth"'))
        params += [("targetname", quoted(self.targetname)), ("realm", quoted(self.realm))]
        if self.gssapi_data is not None:
            params.append(("gssapi-data", quoted(base64.b64encode(self.gssapi_data).decode())))
        if self.version is not None:
            params.append(("version", str(self.version)))
        if self.signature and not self.from_server:
            signed = dict(zip(names, self._signed(), strict=True))
            params += [(name, quoted(signed[name])) for name in ("crand", "cnum", "response")]
        return render_auth(SCHEME, params)

    def _signed(self) -> tuple[str, str, str]:
        return self.signature, self.rand, self.num


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS


def _decode(text: str | None) -> bytes | Malformed | None:
    if text is None:
        return None
    if len(text) > _MAX_GSSAPI:
        return Malformed("gssapi-data too long")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return Malformed("gssapi-data is not base64")


def agree_version(offered: int, claimed: int | None) -> int:
    """The version in force after a client that was offered `offered` answered with `claimed` (None: it named none)."""
    return max(VERSIONS[0], min(offered, claimed if claimed is not None else VERSIONS[0]))
