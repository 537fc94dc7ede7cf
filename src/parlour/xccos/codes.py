"""Response codes of `resp@code` and their texts (docs/protocol/xccos.md, Response codes).

Only 200 is verified; the others are ours, one wire code for each error the vendor's SDK can tell apart.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["ResponseCode", "text_of"]


class ResponseCode(IntEnum):
    """What a reply may say. Clients show the text to people (SIPE does), so it stays readable."""

    OK = 200
    INVALID_ARGUMENT = 400
    PERMISSION = 403
    NO_SUCH_NODE = 404
    NO_SUCH_PRINCIPAL = 405
    USER_NOT_JOINED = 406
    NODE_DISABLED = 407
    NODE_HIERARCHY_VIOLATION = 408
    DUPLICATE_NODE_NAME = 409
    DATA_COLLISION = 410
    PRINCIPALS_ALREADY_DEFINED = 411
    PRINCIPALS_NOT_IN_SCOPE = 412
    LIMIT_EXCEEDED = 413
    PRESENTER_NOT_MEMBER = 414
    MSG_NOT_SUPPORTED = 415
    PARTICIPANT_LIST = 416
    INVALID_TOKEN = 417
    CANNOT_CREATE_NODE = 418
    NODE_NOT_EMPTY = 419
    DUPLICATE_ADDIN_NAME = 420
    FILEPOST_NOT_ALLOWED = 422
    NO_SUCH_MESSAGE = 423
    UNKNOWN = 500
    DATABASE_CONNECTION = 503
    SERVER_BUSY = 504

    @property
    def text(self) -> str:
        """`SUCCESS_OK` for 200, `ERROR_...` for the rest."""
        return _TEXTS[self]


_TEXTS: dict[int, str] = {
    code: "SUCCESS_OK" if code is ResponseCode.OK else f"ERROR_{code.name}" for code in ResponseCode
}


def text_of(code: int) -> str:
    """The text that goes with a code; `ERROR_UNKNOWN` for one we do not know."""
    return _TEXTS.get(code, "ERROR_UNKNOWN")
