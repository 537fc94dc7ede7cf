"""Commands about people and other principals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from parlour.xccos.decode.reader import Reader
from parlour.xccos.fields import (
    Malformed,
    category_uri_of,
    choice,
    optional_text,
    principal_of,
    required,
    room_uri_of,
    row_limit,
)
from parlour.xccos.types import FindPrincipals, FindUsers, GetGroupInfo, GetUserInfo, RoleWord
from parlour.xccos.xml import Element

__all__ = ["COMMANDS"]

_ROLES: Final[Mapping[str, RoleWord]] = {
    "MEMBER": "MEMBER",
    "MANAGER": "MANAGER",
    "PRESENTER": "PRESENTER",
    "CREATOR": "CREATOR",
}


def _find_users(data: Element, seqid: int) -> FindUsers:
    qib = required(data, "qib")
    last, first, email, any_part = (
        optional_text(qib, name) or "" for name in ("lastname", "firstname", "email", "criteria")
    )
    return FindUsers(seqid, last, first, email, any_part, row_limit(qib))


def _find_principals(data: Element, seqid: int) -> FindPrincipals:
    chanib, catib, qib = data.find("chanib"), data.find("catib"), required(data, "qib")
    role = choice(qib.get("qtype"), "qtype", _ROLES)
    if role is None:
        raise Malformed("qtype is missing")
    words, limit = optional_text(qib, "criteria") or "", row_limit(qib)
    if chanib is not None:
        return FindPrincipals(seqid, role, words, room_uri=room_uri_of(chanib, "uri"), max_results=limit)
    if catib is not None:
        return FindPrincipals(seqid, role, words, category_uri=category_uri_of(catib, "uri"), max_results=limit)
    raise Malformed("chanib and catib are missing")


def _get_user_info(data: Element, seqid: int) -> GetUserInfo:
    return GetUserInfo(seqid, principal_of(required(data, "uib")))


def _get_group_info(data: Element, seqid: int) -> GetGroupInfo:
    return GetGroupInfo(seqid, principal_of(required(data, "uib")))


COMMANDS: Final[Mapping[str, Reader]] = {
    "usrsrch": _find_users,
    "prinsrch": _find_principals,
    "getuserinfo": _get_user_info,
    "getgroupinfo": _get_group_info,
}
