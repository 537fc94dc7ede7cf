"""Commands about the service itself, a person's documents, and the way to files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from parlour.xccos.decode.reader import Reader
from parlour.xccos.fields import (
    Malformed,
    flag,
    guid_or_text,
    optional_text,
    parse_uint,
    required,
    room_uri_of,
    text_of,
    uint,
)
from parlour.xccos.types import (
    CheckToken,
    CreateAddIn,
    DeleteAddIn,
    GetAddIns,
    GetDownloadToken,
    GetPreference,
    GetServerInfo,
    GetUploadToken,
    ModifyAddIn,
    RequestUri,
    SetPreference,
)
from parlour.xccos.xml import Element

__all__ = ["COMMANDS"]


def _request_uri(_data: Element, seqid: int) -> RequestUri:
    return RequestUri(seqid)


def _get_server_info(data: Element, seqid: int) -> GetServerInfo:
    sib = data.find("sib")
    if sib is None:
        return GetServerInfo(seqid)
    return GetServerInfo(seqid, sib.get("domain") or "", parse_uint(sib.get("infoType")))


def _get_preference(data: Element, seqid: int) -> GetPreference:
    pref = required(data, "pref")
    return GetPreference(seqid, text_of(pref, "label"), uint(pref, "seqid") or 0, flag(pref, "createdefault"))


def _set_preference(data: Element, seqid: int) -> SetPreference:
    pref = required(data, "pref")
    content = pref.get("content")
    if content is None:
        raise Malformed("content is missing")
    return SetPreference(seqid, text_of(pref, "label"), content, uint(pref, "seqid") or 0)


def _get_addins(_data: Element, seqid: int) -> GetAddIns:
    return GetAddIns(seqid)


def _create_addin(data: Element, seqid: int) -> CreateAddIn:
    siop = required(data, "siop")
    return CreateAddIn(seqid, text_of(siop, "name"), text_of(siop, "url"))


def _modify_addin(data: Element, seqid: int) -> ModifyAddIn:
    siop = required(data, "siop")
    return ModifyAddIn(seqid, _addin_id(siop), optional_text(siop, "name"), optional_text(siop, "url"))


def _delete_addin(data: Element, seqid: int) -> DeleteAddIn:
    siop = required(data, "siop")
    return DeleteAddIn(seqid, _addin_id(siop), flag(siop, "force"))


def _addin_id(siop: Element) -> str:
    return guid_or_text(text_of(siop, "id"))


def _get_upload_token(data: Element, seqid: int) -> GetUploadToken:
    return GetUploadToken(seqid, *_transfer(data))


def _get_download_token(data: Element, seqid: int) -> GetDownloadToken:
    return GetDownloadToken(seqid, *_transfer(data))


def _transfer(data: Element) -> tuple[str, str]:
    ftdb = required(data, "ftdb")
    return room_uri_of(ftdb, "channelUri"), text_of(ftdb, "fileUrl")


def _check_token(data: Element, seqid: int) -> CheckToken:
    return CheckToken(seqid, guid_or_text(text_of(required(data, "token"), "token")))


COMMANDS: Final[Mapping[str, Reader]] = {
    "requri": _request_uri,
    "getserverinfo": _get_server_info,
    "getpref": _get_preference,
    "setpref": _set_preference,
    "getaddins": _get_addins,
    "addincreate": _create_addin,
    "addinmodify": _modify_addin,
    "addindelete": _delete_addin,
    "getfutok": _get_upload_token,
    "getfdtok": _get_download_token,
    "getftok": _check_token,
}
