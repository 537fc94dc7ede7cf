"""People and other principals, and looking for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

__all__ = [
    "AuditInfo",
    "FindPrincipals",
    "FindUsers",
    "GetGroupInfo",
    "GetUserInfo",
    "PeopleFound",
    "RoleWord",
    "UserInfo",
]

RoleWord = Literal["MEMBER", "MANAGER", "PRESENTER", "CREATOR"]
"""A role of a room, or the one of a category, CREATOR."""


@dataclass(frozen=True, slots=True)
class AuditInfo:
    """Who made and who last changed something, by display name, and when; `updated_at` is quoted by an edit."""

    created_by: str = ""
    created_at: int | None = None
    updated_by: str = ""
    updated_at: int | None = None


@dataclass(frozen=True, slots=True)
class UserInfo:
    """A person (`kind` 5) or another principal (8 domain, 9 group, 10 folder); `name` is what people are shown.

    What follows `kind` is told only by replies that are about people. `path`: where the directory has it;
    `affiliations`: the groups it belongs to."""

    uri: str
    guid: str = ""
    name: str = ""
    kind: int = 5
    email: str = ""
    company: str = ""
    path: str = ""
    disabled: bool | None = None
    affiliations: tuple[UserInfo, ...] = ()
    audit: AuditInfo | None = None


@dataclass(frozen=True, slots=True)
class FindUsers:
    """People whose names or mail address contain all the parts that are given; `criteria` may be in any of them."""

    name: ClassVar[str] = "usrsrch"
    seqid: int
    last_name: str = ""
    first_name: str = ""
    email: str = ""
    criteria: str = ""
    max_results: int | None = None


@dataclass(frozen=True, slots=True)
class FindPrincipals:
    """Who may stand in `role`. One of the two URIs is given."""

    name: ClassVar[str] = "prinsrch"
    seqid: int
    role: RoleWord
    criteria: str = ""
    room_uri: str = ""
    category_uri: str = ""
    max_results: int | None = None


@dataclass(frozen=True, slots=True)
class GetUserInfo:
    """Everything about a person; people who are not administrators may ask about themselves."""

    name: ClassVar[str] = "getuserinfo"
    seqid: int
    uri: str


@dataclass(frozen=True, slots=True)
class GetGroupInfo:
    """Everything about a group, folder or domain; for administrators. `uri` is in the form of `ids.group_uri`."""

    name: ClassVar[str] = "getgroupinfo"
    seqid: int
    uri: str


@dataclass(frozen=True, slots=True)
class PeopleFound:
    """Body of rpl:usrsrch, rpl:prinsrch, rpl:getuserinfo, rpl:getgroupinfo. `truncated`: there are more."""

    people: tuple[UserInfo, ...]
    truncated: bool = False
