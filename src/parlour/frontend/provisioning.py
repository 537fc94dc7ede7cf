"""In-band provisioning: what a client asks for after sign-in to learn whether, and where, there is group chat.

Request and answer are described in docs/protocol/sip.md, section "Provisioning". Clients of Office Communications
Server 2007 ask for server configuration only and find group chat by its lookup address; Lync 2013 clients ask for the
group `persistentChatConfiguration`.
"""

from __future__ import annotations

from typing import Final

from parlour.frontend.settings import FrontendSettings
from parlour.frontend.xml import parse_document
from parlour.rooms.model import Person
from parlour.xml.escape import escape_attribute, escape_text

__all__ = ["CONTENT_TYPE", "EVENT", "provisioning_document", "requested_groups"]

EVENT: Final = "vnd-microsoft-provisioning-v2"
CONTENT_TYPE: Final = "application/vnd-microsoft-roaming-provisioning-v2+xml"
CHAT_GROUP: Final = "persistentChatConfiguration"

_NAMESPACE = "http://schemas.microsoft.com/2006/09/sip/provisiongrouplist-notification"
_MAX_REQUEST = 16 * 1024
_MAX_GROUPS = 64


def requested_groups(body: bytes) -> frozenset[str]:
    """Names of the groups a request asks for; a request without a body asks for the chat group.

    Raises RemoteProtocolError 400 or 413 (see `parse_document`)."""
    if not body.strip():
        return frozenset({CHAT_GROUP})
    root = parse_document(body, limit=_MAX_REQUEST)
    groups = root.find_all("provisioningGroup")[:_MAX_GROUPS]
    return frozenset(name for group in groups if (name := group.get("name")))


def provisioning_document(person: Person, groups: frozenset[str], settings: FrontendSettings) -> bytes:
    """The answer for `person`. Groups we know nothing about are left out: a client takes the mere presence of
    `ServerConfiguration` as a reason for further requests that nobody here could answer."""
    inner = _chat_group(person, settings) if CHAT_GROUP in groups else ""
    return f'<provisionGroupList xmlns="{_NAMESPACE}">{inner}</provisionGroupList>'.encode()


def _chat_group(person: Person, settings: FrontendSettings) -> str:
    enabled = person.chat_enabled and not person.disabled
    # COMPAT: SIPE compares with lower-case "true"; told "false" it still tries the lookup service, which refuses.
    properties = [("EnablePersistentChat", "true" if enabled else "false")]
    if enabled:
        properties += [(name, value) for name, value in _addresses(settings) if value]
    entries = "".join(
        f'<property name="{escape_attribute(name)}">{escape_text(value)}</property>' for name, value in properties
    )
    return f'<provisionGroup name="{CHAT_GROUP}"><propertyEntryList>{entries}</propertyEntryList></provisionGroup>'


def _addresses(settings: FrontendSettings) -> list[tuple[str, str]]:
    """Of the one pool there is. COMPAT: clients may open a session with each of `PersistentChatPoolUris`, as Lync 2013
    does; of two sessions with one pool the second would end the first, so that further addresses are not told."""
    pool = settings.pool_uri or settings.lookup_uri
    return [
        ("DefaultPersistentChatPoolUri", pool),
        ("PersistentChatPoolUris", pool),
        ("PersistentChatWebManagerUriInt", settings.web_manager_internal),
        ("PersistentChatWebManagerUriExt", settings.web_manager_external),
    ]
