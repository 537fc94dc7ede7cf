"""What can go wrong for somebody who uses the SDK.

ClientError
├── ChatError            the chat service said no, in its own words; one class per response code
├── SipError             a SIP request was refused: `status` and `reason`
│   ├── SignInRefused    wrong name or password, account disabled, address not served
│   ├── NotProvisioned   signed in, but this person may not use group chat
│   └── Busy             503: try again after `retry_after` seconds
├── ConnectFailed        nobody could be reached
├── Disconnected         the connection or the chat dialog is gone
├── TimedOut             no answer in the time the settings grant; whether it was carried out is not known
├── UnusableAnswer       the server said something that cannot be right
├── EventsLost           messages are missing from a stream
└── ClientClosed         the client was closed, or has given up
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from parlour.sip.message import Response
from parlour.xccos.codes import ResponseCode, text_of
from parlour.xccos.types import Reply, ReplyBody

__all__ = [
    "AlreadyDefined",
    "Busy",
    "CannotCreate",
    "ChatError",
    "ClientClosed",
    "ClientError",
    "ConnectFailed",
    "DataCollision",
    "Disconnected",
    "DuplicateAddInName",
    "DuplicateName",
    "EventsLost",
    "FilesNotAllowed",
    "HierarchyViolation",
    "InvalidArgument",
    "InvalidToken",
    "LimitExceeded",
    "MessageNotFound",
    "NotEmpty",
    "NotInScope",
    "NotJoined",
    "NotProvisioned",
    "NotSupported",
    "ParticipantListUnavailable",
    "PermissionDenied",
    "PresenterNotMember",
    "PrincipalNotFound",
    "RoomDisabled",
    "RoomNotFound",
    "ServerBusy",
    "ServiceFailure",
    "SignInRefused",
    "SipError",
    "StorageUnavailable",
    "TimedOut",
    "UnusableAnswer",
    "chat_error",
    "post_refusal",
    "reply_error",
    "sip_error",
]


class ClientError(Exception):
    """Anything the SDK raises on purpose."""


# What the chat service refuses ------------------------------------------------------------------------------------


class ChatError(ClientError):
    """A refusal with a response code (docs/protocol/xccos.md, Response codes). `text` is the server's own, `room` the
    URI of the room it is about, where there is one. This class itself stands for codes we do not know."""

    default: ClassVar[int] = ResponseCode.UNKNOWN

    def __init__(self, code: int | None = None, text: str = "", room: str = "") -> None:
        self.code = int(self.default if code is None else code)
        self.text = text or text_of(self.code)
        self.room = room
        super().__init__(f"{self.code} {self.text}" + (f" ({room})" if room else ""))


class InvalidArgument(ChatError):
    default = ResponseCode.INVALID_ARGUMENT


class PermissionDenied(ChatError):
    default = ResponseCode.PERMISSION


class RoomNotFound(ChatError):
    """No such room, or one you may not know of."""

    default = ResponseCode.NO_SUCH_NODE


class PrincipalNotFound(ChatError):
    default = ResponseCode.NO_SUCH_PRINCIPAL


class NotJoined(ChatError):
    """Join the room first."""

    default = ResponseCode.USER_NOT_JOINED


class RoomDisabled(ChatError):
    default = ResponseCode.NODE_DISABLED


class HierarchyViolation(ChatError):
    default = ResponseCode.NODE_HIERARCHY_VIOLATION


class DuplicateName(ChatError):
    default = ResponseCode.DUPLICATE_NODE_NAME


class DataCollision(ChatError):
    """Somebody else changed it meanwhile. `current` is what the server has, where it told: a Preference, a RoomCard."""

    default = ResponseCode.DATA_COLLISION
    current: ReplyBody = None


class AlreadyDefined(ChatError):
    default = ResponseCode.PRINCIPALS_ALREADY_DEFINED


class NotInScope(ChatError):
    default = ResponseCode.PRINCIPALS_NOT_IN_SCOPE


class LimitExceeded(ChatError):
    """Too long, or too many."""

    default = ResponseCode.LIMIT_EXCEEDED


class PresenterNotMember(ChatError):
    default = ResponseCode.PRESENTER_NOT_MEMBER


class NotSupported(ChatError):
    """The server does not know this command."""

    default = ResponseCode.MSG_NOT_SUPPORTED


class ParticipantListUnavailable(ChatError):
    default = ResponseCode.PARTICIPANT_LIST


class InvalidToken(ChatError):
    default = ResponseCode.INVALID_TOKEN


class CannotCreate(ChatError):
    default = ResponseCode.CANNOT_CREATE_NODE


class NotEmpty(ChatError):
    default = ResponseCode.NODE_NOT_EMPTY


class DuplicateAddInName(ChatError):
    default = ResponseCode.DUPLICATE_ADDIN_NAME


class FilesNotAllowed(ChatError):
    default = ResponseCode.FILEPOST_NOT_ALLOWED


class MessageNotFound(ChatError):
    default = ResponseCode.NO_SUCH_MESSAGE


class ServiceFailure(ChatError):
    """Something went wrong in the server, or it did not say what."""

    default = ResponseCode.UNKNOWN


class StorageUnavailable(ChatError):
    """Nothing can be kept or read now; try again later."""

    default = ResponseCode.DATABASE_CONNECTION


class ServerBusy(ChatError):
    default = ResponseCode.SERVER_BUSY


_BY_CODE: Final[Mapping[int, type[ChatError]]] = {int(kind.default): kind for kind in ChatError.__subclasses__()}
_BY_TEXT: Final[Mapping[str, int]] = {code.text: int(code) for code in ResponseCode if code is not ResponseCode.OK}


def chat_error(code: int, text: str = "", room: str = "") -> ChatError:
    """The exception for a response code; `ChatError` itself for one we do not know."""
    return _BY_CODE.get(code, ChatError)(code, text, room)


def reply_error(reply: Reply, room: str = "") -> ChatError:
    """The exception for a reply that says no."""
    error = chat_error(reply.code, reply.text, room)
    if isinstance(error, DataCollision):
        error.current = reply.body
    return error


# What SIP refuses ---------------------------------------------------------------------------------------------------


class SipError(ClientError):
    """A request was answered with a status of 300 or more. `retry_after` is in seconds, 0 if not told."""

    def __init__(self, status: int, reason: str, retry_after: float = 0.0) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason
        self.retry_after = retry_after


class SignInRefused(SipError):
    """The registrar does not let this person in."""


class NotProvisioned(SipError):
    """This person may sign in but not chat (the service's diagnostics 20010, or provisioning that says so)."""


class Busy(SipError):
    """Nothing of the request was carried out; it may be sent again."""


def sip_error(response: Response) -> SipError:
    """The exception for a refusing response."""
    wait = _seconds(response.headers.get("Retry-After"))
    kind = Busy if response.status == 503 else SipError
    return kind(response.status, response.reason, wait)


def post_refusal(response: Response, room: str) -> ClientError:
    """Why a post was refused whose INFO got a bad status: the response code stands in the reason phrase."""
    code = _BY_TEXT.get(response.reason)
    if code is None and response.status in (403, 413):
        code = response.status
    return sip_error(response) if code is None else chat_error(code, response.reason, room)


def _seconds(value: str | None) -> float:
    """`Retry-After: 5;duration=60 (busy)` is 5 (RFC 3261 section 20.33); capped at an hour."""
    digits = "" if value is None else value.partition(";")[0].partition("(")[0].strip()
    return float(min(int(digits), 3600)) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0.0


# What else ----------------------------------------------------------------------------------------------------------


class ConnectFailed(ClientError):
    """No server could be reached. The cause of the last attempt is `__cause__`."""


class Disconnected(ClientError):
    """The connection or the chat dialog is gone."""


class TimedOut(ClientError):
    """No answer in time. Whether the server carried it out is not known."""


class UnusableAnswer(ClientError):
    """The server broke the protocol."""


class EventsLost(ClientError):
    """Up to `count` messages are missing here; those after them can still be read."""

    def __init__(self, count: int, reason: str) -> None:
        super().__init__(f"{count} {reason}")
        self.count = count


class ClientClosed(ClientError):
    """The client was closed, or gave up for the reason in `__cause__`."""
