"""How the wire says no: refusals of the house as XCCOS codes, and as SIP statuses where a client reads nothing else.

The text beside a code is always the code's own token: clients show it, tests and programs read it, and a refusal's
sentence is written for administrators.
"""

from __future__ import annotations

from parlour.rooms.refusals import Refusal, Refused
from parlour.sip.diagnostics import Diagnosis
from parlour.xccos.codes import ResponseCode
from parlour.xccos.ids import parse_room_uri
from parlour.xccos.types import FailedRoom

__all__ = [
    "BAD_CALLER",
    "MESSAGE_QUEUE_FULL",
    "NOT_BEGUN",
    "SESSION_QUEUE_FULL",
    "code_for",
    "diagnosis_for",
    "failed_room",
]

_CODES = {
    Refusal.NO_SUCH_ROOM: ResponseCode.NO_SUCH_NODE,
    Refusal.NO_SUCH_CATEGORY: ResponseCode.NO_SUCH_NODE,
    Refusal.NO_SUCH_PRINCIPAL: ResponseCode.NO_SUCH_PRINCIPAL,
    Refusal.NO_SUCH_COMMAND: ResponseCode.MSG_NOT_SUPPORTED,
    Refusal.NO_SUCH_MESSAGE: ResponseCode.NO_SUCH_MESSAGE,
    # Add-ins are named by a field of a command; a name of none is a wrong value there.
    Refusal.NO_SUCH_ADDIN: ResponseCode.INVALID_ARGUMENT,
    Refusal.NOT_PERMITTED: ResponseCode.PERMISSION,
    Refusal.CANNOT_CREATE: ResponseCode.CANNOT_CREATE_NODE,
    Refusal.NOT_JOINED: ResponseCode.USER_NOT_JOINED,
    Refusal.ROOM_DISABLED: ResponseCode.NODE_DISABLED,
    Refusal.LIMIT_EXCEEDED: ResponseCode.LIMIT_EXCEEDED,
    Refusal.NOT_PROVISIONED: ResponseCode.PERMISSION,
    Refusal.TOO_MANY_ENDPOINTS: ResponseCode.LIMIT_EXCEEDED,
    Refusal.REPLACED: ResponseCode.USER_NOT_JOINED,
    Refusal.DUPLICATE_NAME: ResponseCode.DUPLICATE_NODE_NAME,
    Refusal.DATA_COLLISION: ResponseCode.DATA_COLLISION,
    Refusal.NOT_IN_SCOPE: ResponseCode.PRINCIPALS_NOT_IN_SCOPE,
    Refusal.ALREADY_DEFINED: ResponseCode.PRINCIPALS_ALREADY_DEFINED,
    Refusal.PRESENTER_NOT_MEMBER: ResponseCode.PRESENTER_NOT_MEMBER,
    Refusal.NODE_NOT_EMPTY: ResponseCode.NODE_NOT_EMPTY,
    Refusal.DUPLICATE_ADDIN: ResponseCode.DUPLICATE_ADDIN_NAME,
    # Something still hangs on it, as rooms do on a category.
    Refusal.ADDIN_IN_USE: ResponseCode.NODE_NOT_EMPTY,
    # No command of ours removes people or groups.
    Refusal.KEEPS_OUT: ResponseCode.PERMISSION,
    Refusal.LAST_ADMIN: ResponseCode.PERMISSION,
    Refusal.FILES_NOT_ALLOWED: ResponseCode.FILEPOST_NOT_ALLOWED,
    Refusal.INVALID_TOKEN: ResponseCode.INVALID_TOKEN,
    Refusal.PARTICIPANT_LIST: ResponseCode.PARTICIPANT_LIST,
    Refusal.HIERARCHY: ResponseCode.NODE_HIERARCHY_VIOLATION,
    Refusal.INVALID: ResponseCode.INVALID_ARGUMENT,
    Refusal.UNAVAILABLE: ResponseCode.DATABASE_CONNECTION,
    Refusal.BUSY: ResponseCode.SERVER_BUSY,
}


def code_for(reason: Refusal) -> ResponseCode:
    """The XCCOS code of a refusal; every refusal has one (a test sees to it)."""
    return _CODES[reason]


def failed_room(uri: str, refused: Refused) -> FailedRoom:
    """One room of several that could not be served."""
    domain, guid = parse_room_uri(uri) or ("", uri)
    return FailedRoom(domain, guid, code_for(refused.reason))


BAD_CALLER: Diagnosis = (400, 20002, "Participant information missing")
NOT_BEGUN: Diagnosis = (500, 20004, "Failure while starting a new session")
SESSION_QUEUE_FULL: Diagnosis = (503, 20008, "Session rejected, inbound queue full")
MESSAGE_QUEUE_FULL: Diagnosis = (503, 20011, "Message rejected, inbound queue full")
_REJECTED: Diagnosis = (403, 20003, "Session rejected")

_DIAGNOSES: dict[Refusal, Diagnosis] = {
    Refusal.NOT_PROVISIONED: (403, 20010, "Principal not provisioned for persistent chat"),
    Refusal.TOO_MANY_ENDPOINTS: (486, 20009, "No more endpoints allowed for this user"),
    Refusal.BUSY: (503, 20000, "Chat service busy"),
    Refusal.UNAVAILABLE: (503, 20000, "Chat service busy"),
}


def diagnosis_for(reason: Refusal) -> Diagnosis:
    """How an INVITE is refused."""
    return _DIAGNOSES.get(reason, _REJECTED)
