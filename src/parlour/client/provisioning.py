"""In-band provisioning: asking where the chat service is (docs/protocol/sip.md, Provisioning)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from xml.parsers import expat

__all__ = ["EVENT", "REQUEST_BODY", "REQUEST_TYPE", "Provisioned", "read_provisioning"]

EVENT: Final = "vnd-microsoft-provisioning-v2"
REQUEST_TYPE: Final = "application/vnd-microsoft-roaming-provisioning-v2+xml"
REQUEST_BODY: Final = (
    b'<provisioningGroupList xmlns="http://schemas.microsoft.com/2006/09/sip/provisioninggrouplist">'
    b'<provisioningGroup name="persistentChatConfiguration"/></provisioningGroupList>'
)
_LARGEST = 256 * 1024
_MOST_PROPERTIES = 1000


@dataclass(frozen=True, slots=True)
class Provisioned:
    """`enabled` None and an empty `pool_uri`: not told."""

    enabled: bool | None = None
    pool_uri: str = ""


def read_provisioning(body: bytes) -> Provisioned:
    """What the document says about chat. One that cannot be read says nothing."""
    properties = _properties(body) if 0 < len(body) <= _LARGEST else {}
    told = properties.get("EnablePersistentChat")
    pool = properties.get("DefaultPersistentChatPoolUri", "")
    return Provisioned(
        None if told is None else told.lower() == "true", pool if pool.lower().startswith("sip:") else ""
    )


def _properties(body: bytes) -> dict[str, str]:
    """Texts of `property` elements by name."""
    found: dict[str, str] = {}
    name = ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal name
        name = attributes.get("name", "") if tag.rpartition(":")[2] == "property" else ""
        if name and len(found) < _MOST_PROPERTIES:
            found[name] = ""

    def data(text: str) -> None:
        if name in found:
            found[name] += text

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda tag: start("", {})
    parser.CharacterDataHandler = data
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, _Refused):
        return {}
    return {name: text.strip() for name, text in found.items()}


class _Refused(Exception):
    """A document type declaration: no honest document has one."""


def _refuse(*_declaration: object) -> None:
    raise _Refused
