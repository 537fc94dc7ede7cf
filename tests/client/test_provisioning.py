"""What provisioning documents say."""

from __future__ import annotations

import pytest

from parlour.client.provisioning import Provisioned, read_provisioning

DOCUMENT = """<provisionGroupList xmlns="http://schemas.microsoft.com/2006/09/sip/provisiongrouplist-notification">
  <provisionGroup name="persistentChatConfiguration"><propertyEntryList>
    <property name="EnablePersistentChat">{enabled}</property>
    <property name="DefaultPersistentChatPoolUri"> sip:pool@example.com?a=1&amp;b=2 </property>
  </propertyEntryList></provisionGroup></provisionGroupList>"""


def test_the_pool() -> None:
    told = read_provisioning(DOCUMENT.format(enabled="true").encode())
    assert told == Provisioned(True, "sip:pool@example.com?a=1&b=2")
    assert read_provisioning(DOCUMENT.format(enabled="False").encode()).enabled is False


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b"<a><b></a>",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a><property name="EnablePersistentChat">true</property></a>',
        b"<a>" + b" " * 300_000 + b"</a>",
        b"<provisionGroupList/>",
    ],
)
def test_what_cannot_be_used_says_nothing(body: bytes) -> None:
    assert read_provisioning(body) == Provisioned()


def test_a_pool_that_is_no_sip_uri() -> None:
    assert read_provisioning(b'<a><property name="DefaultPersistentChatPoolUri">http://x</property></a>').pool_uri == ""
