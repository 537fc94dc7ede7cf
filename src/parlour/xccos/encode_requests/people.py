"""The data of commands about people and other principals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from parlour.xccos.blocks import category_reference, element, room_reference
from parlour.xccos.types import FindPrincipals, FindUsers, GetGroupInfo, GetUserInfo

__all__ = ["REQUESTS"]


def _find_users(request: FindUsers) -> str:
    return element(
        "qib",
        qtype="USER",
        lastname=request.last_name,
        firstname=request.first_name,
        email=request.email,
        criteria=request.criteria or None,
        maxResults=request.max_results,
    )


def _find_principals(request: FindPrincipals) -> str:
    where = room_reference(request.room_uri) if request.room_uri else category_reference(request.category_uri)
    return where + element("qib", qtype=request.role, criteria=request.criteria, maxResults=request.max_results)


def _principal(request: GetUserInfo | GetGroupInfo) -> str:
    return element("uib", uri=request.uri)


REQUESTS: Final[Mapping[type, Callable[[Any], str]]] = {
    FindUsers: _find_users,
    FindPrincipals: _find_principals,
    GetUserInfo: _principal,
    GetGroupInfo: _principal,
}
