"""What can go wrong in the SIP core, and whose fault it is.

ProtocolError
├── LocalProtocolError     we were about to break the protocol: a bug of ours
└── RemoteProtocolError    the peer broke it; carries the status to answer with
    └── FramingError       ... on a byte stream, after which the stream cannot be trusted
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parlour.sip.framing import Frame

__all__ = ["FramingError", "LocalProtocolError", "ProtocolError", "RemoteProtocolError"]


class ProtocolError(Exception):
    """Any breach of the protocol, ours or theirs."""


class LocalProtocolError(ProtocolError):
    """Our own code asked for something the protocol forbids."""


class RemoteProtocolError(ProtocolError):
    """The peer sent something we refuse; `status` and `reason` are what a response should say."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason


class FramingError(RemoteProtocolError):
    """The stream can no longer be cut into messages: answer if possible, then close the connection.

    `frames` are the good frames that stood before the fault in the same call, and are still to be handled;
    `head` is the head of the refused message if it is known (enough to build the answer), else b"".
    """

    def __init__(self, status: int, reason: str, *, head: bytes = b"", frames: list[Frame] | None = None) -> None:
        super().__init__(status, reason)
        self.head = head
        self.frames: list[Frame] = frames if frames is not None else []
