"""In-band provisioning: who is told what."""

import pytest
from lxml import etree

from parlour.frontend.provisioning import CHAT_GROUP, provisioning_document, requested_groups
from parlour.frontend.settings import FrontendSettings
from parlour.rooms.model import Person
from parlour.sip.errors import RemoteProtocolError

SETTINGS = FrontendSettings(
    host="sip.example.com",
    pool_uri="sip:GC-1-PersistentChatService-1@example.com",
    web_manager_internal="https://chat.example.com/PersistentChat/RM/?a=1&b=2",
)
ALICE = Person(uri="sip:alice@example.com", guid="1", display_name="Alice")

SIPE = (
    b'<provisioningGroupList xmlns="http://schemas.microsoft.com/2006/09/sip/provisioninggrouplist"> '
    b'<provisioningGroup name="ServerConfiguration"/> <provisioningGroup name="meetingPolicy"/> '
    b'<provisioningGroup name="persistentChatConfiguration"/> <provisioningGroup name="ucPolicy"/>'
    b"</provisioningGroupList>"
)
OCS = (
    b'<provisioningGroupList xmlns="http://schemas.microsoft.com/2006/09/sip/provisioninggrouplist">'
    b'<provisioningGroup name="ServerConfiguration"/></provisioningGroupList>'
)


def properties(document: bytes) -> dict[str, str]:
    return {item.get("name"): item.text or "" for item in etree.fromstring(document).iter("{*}property")}


def test_what_sipe_asks_for() -> None:
    groups = {"ServerConfiguration", "meetingPolicy", "persistentChatConfiguration", "ucPolicy"}
    assert requested_groups(SIPE) == groups


def test_no_body_asks_for_group_chat() -> None:
    assert requested_groups(b" ") == {CHAT_GROUP}


@pytest.mark.parametrize("body", [b"<a", b"<!DOCTYPE a><a/>", b"\xff\xfe"])
def test_broken_requests(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        requested_groups(body)
    assert caught.value.status == 400


def test_enabled_person_learns_the_pool() -> None:
    document = provisioning_document(ALICE, frozenset({CHAT_GROUP}), SETTINGS)
    assert properties(document) == {
        "EnablePersistentChat": "true",
        "DefaultPersistentChatPoolUri": SETTINGS.pool_uri,
        "PersistentChatPoolUris": SETTINGS.pool_uri,
        "PersistentChatWebManagerUriInt": SETTINGS.web_manager_internal,
    }
    root = etree.fromstring(document)
    assert root.tag == "{http://schemas.microsoft.com/2006/09/sip/provisiongrouplist-notification}provisionGroupList"


def test_without_a_pool_the_lookup_service_is_the_address() -> None:
    settings = FrontendSettings(host="h", lookup_uri="sip:ocschat@example.com")
    document = provisioning_document(ALICE, frozenset({CHAT_GROUP}), settings)
    assert properties(document)["DefaultPersistentChatPoolUri"] == "sip:ocschat@example.com"


def test_person_without_chat_learns_nothing_else() -> None:
    bob = Person(uri="sip:bob@example.com", guid="2", display_name="Bob", chat_enabled=False)
    document = provisioning_document(bob, frozenset({CHAT_GROUP}), SETTINGS)
    assert properties(document) == {"EnablePersistentChat": "false"}


def test_office_communications_server_form_names_no_group_it_did_not_ask_for() -> None:
    document = provisioning_document(ALICE, requested_groups(OCS), SETTINGS)
    assert len(etree.fromstring(document)) == 0
