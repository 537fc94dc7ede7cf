"""What a room, a category and a person are: frozen values, no behaviour that needs a clock or a store.

Words are the original's (room, category, manager, presenter, auditorium). Times are microseconds since 1970-01-01
UTC, as `int` (`Micros`). People and groups are named by URI: `sip:alice@example.com` for a user,
`ma-grp:<guid>@u.g` for a group, folder or domain. Rooms and categories are named by their GUID: 36 characters,
lower case, hyphenated, no braces; the wire forms `ma-chan://<domain>/<guid>` and `ma-cat://...` belong to `xccos`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import NewType

__all__ = [
    "AddIn",
    "AddInId",
    "Audit",
    "Behavior",
    "Category",
    "CategoryId",
    "Limits",
    "Micros",
    "Person",
    "Principal",
    "PrincipalKind",
    "Role",
    "Room",
    "RoomId",
    "Visibility",
]

RoomId = NewType("RoomId", str)
CategoryId = NewType("CategoryId", str)
AddInId = NewType("AddInId", str)
Micros = NewType("Micros", int)


class Visibility(Enum):
    """Privacy of a room. `SCOPED` is what people call *closed*, `PRIVATE` is *secret* (docs/protocol/rooms.md)."""

    OPEN = "OPEN"
    SCOPED = "SCOPED"
    PRIVATE = "PRIVATE"


class Behavior(Enum):
    """`AUDITORIUM`: only presenters post, every member reads."""

    NORMAL = "NORMAL"
    AUDITORIUM = "AUDITORIUM"


class Role(Enum):
    """`CREATOR` is held on a category, the others on a room."""

    MEMBER = "MEMBER"
    MANAGER = "MANAGER"
    PRESENTER = "PRESENTER"
    CREATOR = "CREATOR"


class PrincipalKind(IntEnum):
    """Numbers of the original's principal types, as they travel in `uib@type`."""

    USER = 5
    DOMAIN = 8
    GROUP = 9
    FOLDER = 10


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody or something that may stand in a role or scope."""

    uri: str
    guid: str
    kind: PrincipalKind
    display_name: str


@dataclass(frozen=True, slots=True)
class Person:
    """A user as the rules of chat see one. `affiliations` holds the URIs of every group, folder and domain that
    the person belongs to, nested ones included."""

    uri: str
    guid: str
    display_name: str
    email: str = ""
    company: str = ""
    affiliations: frozenset[str] = frozenset()
    is_admin: bool = False
    chat_enabled: bool = True
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Audit:
    """Who made and who last changed something (URIs), and when. `updated_at` doubles as the version that a
    client quotes when it edits (optimistic locking)."""

    created_by: str
    created_at: Micros
    updated_by: str
    updated_at: Micros


@dataclass(frozen=True, slots=True)
class Category:
    """A category: who may ever be let into its rooms, who may create rooms, and three switches.

    `parent` is None for the root only. `allowed` minus `denied` is the scope (denied wins). A switch that is None is
    as in the category above, the root states all three: what is in effect is said by `rooms.switches`, not here."""

    id: CategoryId
    name: str
    audit: Audit
    description: str = ""
    parent: CategoryId | None = None
    invite: bool | None = None
    logged: bool | None = None
    filepost: bool | None = None
    allowed: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    creators: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Room:
    """A room's settings and role lists; what is going on inside it lives in `hub`.

    `invite` is True for *inherit from the category*, False for off: a room cannot switch on what its category has
    off."""

    id: RoomId
    name: str
    category: CategoryId
    audit: Audit
    description: str = ""
    topic: str = ""
    visibility: Visibility = Visibility.SCOPED
    behavior: Behavior = Behavior.NORMAL
    disabled: bool = False
    invite: bool = True
    addin: AddInId | None = None
    members: frozenset[str] = frozenset()
    managers: frozenset[str] = frozenset()
    presenters: frozenset[str] = frozenset()
    invited: frozenset[str] = frozenset()
    """Those members (people and groups) who were added while the room invited; whoever is reached through one of them
    gets an invitation, once."""


@dataclass(frozen=True, slots=True)
class AddIn:
    """A web page that administrators have registered, to be shown beside rooms. `name` is unique among add-ins."""

    id: AddInId
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes the rules enforce. Bytes are of UTF-8."""

    message_bytes: int = 8192
    story_bytes: int = 65536
    default_history: int = 30
    search_limit: int = 999
    participant_update_limit: int = 75
    endpoints_per_user: int = 8
    name_chars: int = 256
    description_chars: int = 256
    addin_name_chars: int = 50
    addin_url_chars: int = 255
    preference_labels: int = 64
    preference_label_chars: int = 255
    preference_bytes: int = 192 * 1024
    """Of the content as it travels (base64): what fits into an envelope."""
    rooms_per_query: int = 100
    file_token_seconds: int = 1800
    file_tokens: int = 1000
    """Of one person that may be good at a time."""
    strict_participant_list: bool = False
    """Hand out the participant list of large rooms only, as the original's SDK does."""
    person_posts: int = 128
    """Posts of one person that may wait for the store at a time; one more is told to come again."""
    room_backlog: int = 256
    """Events that a room may have still to tell; then its authors are told to come again."""
