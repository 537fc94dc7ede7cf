"""The roaming contact list, as far as a chat server needs one: a document per person that clients may read.

The list has one group and no contacts: a contact would make clients subscribe to presence, which is another product.
`deltaNum` counts changes and must not be zero, or clients do not take the list over.
"""

from __future__ import annotations

from typing import Final

__all__ = ["CONTENT_TYPE", "EVENT", "contacts_document"]

EVENT: Final = "vnd-microsoft-roaming-contacts"
CONTENT_TYPE: Final = "application/vnd-microsoft-roaming-contacts+xml"


def contacts_document(delta: int = 1) -> bytes:
    return f'<contactList deltaNum="{max(1, delta)}"><group id="1" name="~" externalURI=""/></contactList>'.encode()
