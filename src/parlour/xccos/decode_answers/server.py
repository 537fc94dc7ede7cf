"""Answers about the service itself, a person's documents, and the way to files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from parlour.xccos.decode_answers.parts import number_of, time_of
from parlour.xccos.decode_answers.reader import NoticeReader, ReplyReader
from parlour.xccos.fields import guid_or_text, required, text_of
from parlour.xccos.types import AddIn, AddIns, Preference, ServerInfo, ServiceUri, TransferToken
from parlour.xccos.xml import Element

__all__ = ["NOTICES", "REPLIES"]


def _service_uri(data: Element) -> ServiceUri:
    return ServiceUri((required(data, "uib").get("uri") or "").strip())


def _server_info(data: Element) -> ServerInfo:
    sib = required(data, "sib")
    return ServerInfo(
        time_of(sib, "serverTime"),
        number_of(sib, "searchLimit"),
        number_of(sib, "messageSizeLimit"),
        number_of(sib, "storySizeLimit"),
        sib.get("rootUri") or "",
        sib.get("dbVersion") or "",
        sib.get("displayName") or "",
        sib.get("roomManagementUrl") or "",
    )


def _preference(data: Element) -> Preference:
    pref = required(data, "pref")
    return Preference(text_of(pref, "label"), number_of(pref, "seqid"), pref.get("content"))


def _addins(data: Element) -> AddIns:
    return AddIns(
        tuple(
            AddIn(guid_or_text(siop.get("id") or ""), siop.get("name") or "", siop.get("url") or "")
            for siop in data.find_all("siop")
        )
    )


def _token(data: Element) -> TransferToken:
    token = required(data, "token")
    return TransferToken(guid_or_text(text_of(token, "token")), token.get("serveruri") or "")


REPLIES: Final[Mapping[str, ReplyReader]] = {
    "requri": _service_uri,
    "getserverinfo": _server_info,
    "getservinfo": _server_info,  # an older spelling that has been noted
    "getpref": _preference,
    "setpref": _preference,
    "getaddins": _addins,
    "addincreate": _addins,
    "addinmodify": _addins,
    "addindelete": _addins,
    "getftok": _token,
}

NOTICES: Final[Mapping[str, NoticeReader]] = {"prefmodified": _preference}
