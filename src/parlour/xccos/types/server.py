"""The service itself, what it keeps for a person, and the way to its files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

__all__ = [
    "AddIn",
    "AddIns",
    "CheckToken",
    "CreateAddIn",
    "DeleteAddIn",
    "GetAddIns",
    "GetDownloadToken",
    "GetPreference",
    "GetServerInfo",
    "GetUploadToken",
    "ModifyAddIn",
    "Preference",
    "RequestUri",
    "ServerInfo",
    "ServiceUri",
    "SetPreference",
    "TransferToken",
]


@dataclass(frozen=True, slots=True)
class RequestUri:
    """Which channel service shall I call?"""

    name: ClassVar[str] = "requri"
    seqid: int


@dataclass(frozen=True, slots=True)
class ServiceUri:
    """Body of rpl:requri; empty when there is nobody to call."""

    uri: str


@dataclass(frozen=True, slots=True)
class GetServerInfo:
    """`info_type` is only echoed; every fact is always told."""

    name: ClassVar[str] = "getserverinfo"
    seqid: int
    domain: str = ""
    info_type: int | None = None


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """Body of rpl:getserverinfo. Limits are in bytes and rows. `server_time` None: not told."""

    server_time: int | None
    search_limit: int
    message_size_limit: int
    story_size_limit: int
    root_uri: str
    db_version: str
    display_name: str = ""
    room_management_url: str = ""


@dataclass(frozen=True, slots=True)
class GetPreference:
    """A document that the client keeps here. `version` is the one it has (0: none); a newer one is sent with its
    content. `create_default`: make an empty one if there is none."""

    name: ClassVar[str] = "getpref"
    seqid: int
    label: str
    version: int = 0
    create_default: bool = False


@dataclass(frozen=True, slots=True)
class SetPreference:
    """Keep a document. `version` is the one that was edited; a newer one on the server refuses it. `content` is
    base64, opaque."""

    name: ClassVar[str] = "setpref"
    seqid: int
    label: str
    content: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class Preference:
    """Body of rpl:getpref, rpl:setpref and ntc:prefmodified. `content` None: the client's copy is as good, or there is
    none (version 0)."""

    label: str
    version: int
    content: str | None = None


@dataclass(frozen=True, slots=True)
class GetAddIns:
    """The web pages that may be shown beside rooms."""

    name: ClassVar[str] = "getaddins"
    seqid: int


@dataclass(frozen=True, slots=True)
class CreateAddIn:
    """Register a web page; for administrators, as the two that follow. Commands of our own, answered with AddIns."""

    name: ClassVar[str] = "addincreate"
    seqid: int
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class ModifyAddIn:
    """Change a registered web page; None leaves as it is."""

    name: ClassVar[str] = "addinmodify"
    seqid: int
    id: str
    title: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteAddIn:
    """Forget a web page; `force` also where rooms show it, which then show none."""

    name: ClassVar[str] = "addindelete"
    seqid: int
    id: str
    force: bool = False


@dataclass(frozen=True, slots=True)
class AddIn:
    """A registered web page; `id` is a GUID."""

    id: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class AddIns:
    """Body of rpl:getaddins."""

    addins: tuple[AddIn, ...]


@dataclass(frozen=True, slots=True)
class GetUploadToken:
    """Permission to send a file into a room. Answered by rpl:getftok."""

    name: ClassVar[str] = "getfutok"
    reply_name: ClassVar[str] = "getftok"
    seqid: int
    room_uri: str
    file_name: str


@dataclass(frozen=True, slots=True)
class GetDownloadToken:
    """Permission to fetch a file of a room. Answered by rpl:getftok."""

    name: ClassVar[str] = "getfdtok"
    reply_name: ClassVar[str] = "getftok"
    seqid: int
    room_uri: str
    file_name: str


@dataclass(frozen=True, slots=True)
class CheckToken:
    """Is this token of ours still good? A command of our own, answered by rpl:getftok."""

    name: ClassVar[str] = "getftok"
    seqid: int
    token: str


@dataclass(frozen=True, slots=True)
class TransferToken:
    """Body of rpl:getftok: a GUID to show to the file service at `service_uri`."""

    token: str
    service_uri: str
