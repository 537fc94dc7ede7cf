"""Reading the few header values only the front end cares about: contacts, option tags, epid."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from parlour.sip.errors import RemoteProtocolError
from parlour.sip.headers import NameAddr
from parlour.sip.message import Request
from parlour.sip.uri import SipUri

__all__ = ["ContactField", "canonical_address", "contact_fields", "epid_of", "is_star", "option_tags"]

_MAX_CONTACTS: Final = 16
_MAX_NAME: Final = 256
_Q = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


@dataclass(frozen=True, slots=True)
class ContactField:
    """One contact of a REGISTER. `uri` as written; `canonical` is equal for equal addresses; `key` is the instance
    (with the reg-id of RFC 5626 where there is one) or empty; `expires` as written."""

    uri: str
    canonical: str
    key: str
    instance: str
    expires: str | None
    q: float


def is_star(request: Request) -> bool:
    return any(value.strip() == "*" for value in request.headers.get_all("Contact"))


def contact_fields(request: Request) -> list[ContactField]:
    """The contacts of a REGISTER. Raises RemoteProtocolError 400 (malformed, or more than anybody needs)."""
    contacts = request.contacts
    if len(contacts) > _MAX_CONTACTS:
        raise RemoteProtocolError(400, "Too Many Contacts")
    return [_contact_field(contact) for contact in contacts]


def _contact_field(contact: NameAddr) -> ContactField:
    uri = SipUri.parse(contact.uri)
    instance = (contact.param("+sip.instance") or "").strip("<>")
    reg_id = contact.param("reg-id")
    if len(instance) > _MAX_NAME or len(contact.uri) > 2 * _MAX_NAME:
        raise RemoteProtocolError(400, "Contact Too Long")
    if ">" in instance or '"' in instance:
        raise RemoteProtocolError(400, "Malformed Instance")
    return ContactField(
        uri=contact.uri,
        canonical=canonical_address(uri),
        key=f"{instance.lower()}#{reg_id}" if instance and reg_id else instance.lower(),
        instance=instance,
        expires=contact.param("expires"),
        q=_q(contact.param("q")),
    )


def canonical_address(uri: SipUri) -> str:
    """Equal texts for equal addresses, near enough to RFC 3261 section 19.1.4 to know a contact again."""
    return f"{uri.scheme}:{uri.user or ''}@{uri.host_port.lower()};transport={uri.transport or ''}"


def _q(text: str | None) -> float:
    return float(text) if text is not None and _Q.fullmatch(text) else 1.0


def epid_of(request: Request) -> str:
    """COMPAT: Office Communications Server clients name their endpoint in a parameter of From; empty if there is none.

    Raises RemoteProtocolError 400."""
    epid = request.from_.param("epid") or ""
    if len(epid) > 64 or '"' in epid or not epid.isprintable():
        raise RemoteProtocolError(400, "Malformed epid")
    return epid


def option_tags(request: Request, name: str) -> frozenset[str]:
    """The tags of `Supported`, `Require` or `Proxy-Require`, in lower case; all header lines together."""
    return frozenset(request.tokens(name))
