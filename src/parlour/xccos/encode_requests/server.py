"""The data of commands about the service itself, a person's documents, and the way to files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from parlour.xccos.blocks import element
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

__all__ = ["REQUESTS"]


def _nothing(_request: RequestUri | GetAddIns) -> str:
    return ""


def _get_server_info(request: GetServerInfo) -> str:
    return element("sib", domain=request.domain, infoType=request.info_type)


def _get_preference(request: GetPreference) -> str:
    return element("pref", label=request.label, seqid=request.version, createdefault=request.create_default)


def _set_preference(request: SetPreference) -> str:
    return element("pref", label=request.label, seqid=request.version, createdefault=False, content=request.content)


def _create_addin(request: CreateAddIn) -> str:
    return element("siop", name=request.title, url=request.url)


def _modify_addin(request: ModifyAddIn) -> str:
    return element("siop", id=request.id, name=request.title, url=request.url)


def _delete_addin(request: DeleteAddIn) -> str:
    return element("siop", id=request.id, force=request.force or None)


def _transfer(request: GetUploadToken | GetDownloadToken) -> str:
    return element("ftdb", channelUri=request.room_uri, fileUrl=request.file_name)


def _check_token(request: CheckToken) -> str:
    return element("token", token=request.token)


REQUESTS: Final[Mapping[type, Callable[[Any], str]]] = {
    RequestUri: _nothing,
    GetServerInfo: _get_server_info,
    GetPreference: _get_preference,
    SetPreference: _set_preference,
    GetAddIns: _nothing,
    CreateAddIn: _create_addin,
    ModifyAddIn: _modify_addin,
    DeleteAddIn: _delete_addin,
    GetUploadToken: _transfer,
    GetDownloadToken: _transfer,
    CheckToken: _check_token,
}
