"""The text of a message that its NTLM signature covers (docs/protocol/signatures.md).

A row of fields in angle brackets; what is absent is an empty pair. Versions 3 and 4 cover the To URI and asserted
identities as well, version 2 does not.
"""

from __future__ import annotations

from parlour.sip.grammar import encode
from parlour.sip.headers import parse_name_addrs
from parlour.sip.message import Message, Response

__all__ = ["message_fields", "signed_text"]


def _brackets(*values: str) -> str:
    return "<" + "><".join(values) + ">"


def _identities(message: Message) -> tuple[str, str]:
    """The first sip(s) and the first tel URI that the message asserts, "" for none."""
    found = {"sip": "", "tel": ""}
    for name in ("P-Asserted-Identity", "P-Preferred-Identity"):
        if name not in message.headers:
            continue
        for address in parse_name_addrs(message.headers.get_all(name)):
            scheme = address.uri.partition(":")[0].lower().replace("sips", "sip")
            if found.get(scheme) == "":
                found[scheme] = address.uri
        break
    return found["sip"], found["tel"]


def message_fields(message: Message, version: int) -> str:
    """Everything from the Call-ID on: the part that the signer does not choose. Raises RemoteProtocolError 400."""
    cseq, from_, to = message.cseq, message.from_, message.to
    text = _brackets(message.call_id, str(cseq.number), cseq.method, from_.uri, from_.tag or "")
    if version >= 3:
        text += _brackets(to.uri, to.tag or "", *_identities(message))
    else:
        text += _brackets(to.tag or "")
    text += _brackets(message.headers.get("Expires") or "")
    if isinstance(message, Response):
        text += _brackets(str(message.status))
    return text


def signed_text(message: Message, version: int, *, rand: str, num: str, realm: str, targetname: str) -> bytes:
    """The octets to sign. Raises RemoteProtocolError 400 if the message lacks what a signature covers."""
    return encode(_brackets("NTLM", rand, num, realm, targetname) + message_fields(message, version))
