"""How the wire says no: refusals of the house as XCCOS codes, and as SIP statuses where a client reads nothing else."""

from __future__ import annotations

from parlour.rooms.refusals import Refusal
from parlour.xccos.codes import ResponseCode

__all__ = ["INVITE_DIAGNOSTICS", "code_for", "diagnostics"]

_CODES = {
    Refusal.NO_SUCH_ROOM: ResponseCode.NO_SUCH_NODE,
    Refusal.NO_SUCH_CATEGORY: ResponseCode.NO_SUCH_NODE,
    Refusal.NO_SUCH_PRINCIPAL: ResponseCode.NO_SUCH_PRINCIPAL,
    Refusal.NO_SUCH_COMMAND: ResponseCode.MSG_NOT_SUPPORTED,
    Refusal.NOT_PERMITTED: ResponseCode.PERMISSION,
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
    Refusal.HIERARCHY: ResponseCode.NODE_HIERARCHY_VIOLATION,
    Refusal.INVALID: ResponseCode.INVALID_ARGUMENT,
    Refusal.UNAVAILABLE: ResponseCode.DATABASE_CONNECTION,
    Refusal.BUSY: ResponseCode.SERVER_BUSY,
}


def code_for(reason: Refusal) -> ResponseCode:
    """The XCCOS code of a refusal; every refusal has one (a test sees to it)."""
    return _CODES[reason]


# ms-diagnostics of the chat service, as the vendor documents them; the SIP status beside each is ours.
INVITE_DIAGNOSTICS = {
    Refusal.NOT_PROVISIONED: (403, 20010, "Principal not provisioned for persistent chat"),
    Refusal.TOO_MANY_ENDPOINTS: (486, 20009, "No more endpoints allowed for this user"),
    Refusal.BUSY: (503, 20000, "Chat service busy"),
    Refusal.UNAVAILABLE: (503, 20007, "Chat service error"),
}


def diagnostics(code: int, reason: str, source: str) -> tuple[str, str]:
    """The `ms-diagnostics` header, name and value."""
    return ("ms-diagnostics", f'{code};reason="{reason}";source="{source}"')
