"""In-band provisioning: asking where the chat service is (docs/protocol/sip.md, Provisioning)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from parlour.xml.reader import SEPARATOR, Builder, Caps, XmlRefused, read_document

__all__ = ["EVENT", "REQUEST_BODY", "REQUEST_TYPE", "Provisioned", "read_provisioning"]

EVENT: Final = "vnd-microsoft-provisioning-v2"
REQUEST_TYPE: Final = "application/vnd-microsoft-roaming-provisioning-v2+xml"
REQUEST_BODY: Final = (
    b'<provisioningGroupList xmlns="http://schemas.microsoft.com/2006/09/sip/provisioninggrouplist">'
    b'<provisioningGroup name="persistentChatConfiguration"/></provisioningGroupList>'
)
_CAPS: Final = Caps(size=256 * 1024, elements=4000, depth=32)


@dataclass(frozen=True, slots=True)
class Provisioned:
    """`enabled` None and an empty `pool_uri`: not told."""

    enabled: bool | None = None
    pool_uri: str = ""


def read_provisioning(body: bytes) -> Provisioned:
    """What the document says about chat. One that cannot be read says nothing."""
    properties = _properties(body)
    told = properties.get("EnablePersistentChat")
    pool = properties.get("DefaultPersistentChatPoolUri", "")
    return Provisioned(
        None if told is None else told.lower() == "true", pool if pool.lower().startswith("sip:") else ""
    )


def _properties(body: bytes) -> dict[str, str]:
    """Texts of `property` elements by name."""
    try:
        found = read_document(body, _CAPS, lambda _source: _Properties()).found
    except XmlRefused:
        return {}
    return {name: text.strip() for name, text in found.items()}


class _Properties(Builder):
    __slots__ = ("_name", "found")

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._name: str | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._name = attributes.get("name") if name.rpartition(SEPARATOR)[2] == "property" else None
        if self._name is not None:
            self.found[self._name] = ""

    def end(self, name: str) -> None:
        self._name = None

    def data(self, text: str) -> None:
        if self._name is not None:
            self.found[self._name] += text
