"""The reasons for which something asked of the chat service is not done. Refusals are values, not exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Refusal", "Refused"]


class Refusal(Enum):
    """Why not. The value is the stable name that the JSON API and the logs use; wires map it to their own codes."""

    NO_SUCH_ROOM = "no-such-room"
    """Unknown, or a secret room that the asker may not see: the two are not told apart."""
    NO_SUCH_CATEGORY = "no-such-category"
    NO_SUCH_PRINCIPAL = "no-such-principal"
    NO_SUCH_COMMAND = "no-such-command"
    NO_SUCH_MESSAGE = "no-such-message"
    NO_SUCH_ADDIN = "no-such-addin"
    NOT_PERMITTED = "not-permitted"
    CANNOT_CREATE = "cannot-create"
    """No right to make rooms in that category."""
    NOT_JOINED = "not-joined"
    ROOM_DISABLED = "room-disabled"
    LIMIT_EXCEEDED = "limit-exceeded"
    NOT_PROVISIONED = "not-provisioned"
    """The person is unknown here, disabled, or not enabled for chat."""
    TOO_MANY_ENDPOINTS = "too-many-endpoints"
    REPLACED = "replaced"
    """The same endpoint has opened a newer visit; this one is over."""
    DUPLICATE_NAME = "duplicate-name"
    DATA_COLLISION = "data-collision"
    """The edit was made on a copy that is no longer the newest."""
    NOT_IN_SCOPE = "not-in-scope"
    ALREADY_DEFINED = "already-defined"
    PRESENTER_NOT_MEMBER = "presenter-not-member"
    NODE_NOT_EMPTY = "node-not-empty"
    DUPLICATE_ADDIN = "duplicate-addin"
    ADDIN_IN_USE = "addin-in-use"
    KEEPS_OUT = "keeps-out"
    """A group by which people are kept out of a category; without it they would be let in."""
    LAST_ADMIN = "last-admin"
    FILES_NOT_ALLOWED = "files-not-allowed"
    INVALID_TOKEN = "invalid-token"  # noqa: S105 (a name, not a secret)
    """Unknown, expired, or for another room or direction."""
    PARTICIPANT_LIST = "participant-list"
    """The list of a room that is not large is not handed out, where the server is strict about it."""
    HIERARCHY = "hierarchy"
    """Rooms directly below the root, a category below itself, or a change of the root."""
    INVALID = "invalid"
    UNAVAILABLE = "unavailable"
    """Nothing was kept; ask again later."""
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Refused:
    """`detail` is for people: one sentence, without anything the asker may not know."""

    reason: Refusal
    detail: str = ""
