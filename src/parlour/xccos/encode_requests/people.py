"""The data of commands about people and other principals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from parlour.xccos.blocks import attributes_of, category_reference, room_reference
from parlour.xccos.types import FindPrincipals, FindUsers, GetGroupInfo, GetUserInfo

__all__ = ["REQUESTS"]


def _find_users(request: FindUsers) -> str:
    told = (
        ("qtype", "USER"),
        ("lastname", request.last_name),
        ("firstname", request.first_name),
        ("email", request.email),
        ("criteria", request.criteria or None),
        ("maxResults", request.max_results),
    )
    return f"<qib{attributes_of(told)}/>"


def _find_principals(request: FindPrincipals) -> str:
    where = room_reference(request.room_uri) if request.room_uri else category_reference(request.category_uri)
    told = (("qtype", request.role), ("criteria", request.criteria), ("maxResults", request.max_results))
    return f"{where}<qib{attributes_of(told)}/>"


def _principal(request: GetUserInfo | GetGroupInfo) -> str:
    return f"<uib{attributes_of((('uri', request.uri),))}/>"


REQUESTS: Final[Mapping[type, Callable[[Any], str]]] = {
    FindUsers: _find_users,
    FindPrincipals: _find_principals,
    GetUserInfo: _principal,
    GetGroupInfo: _principal,
}
