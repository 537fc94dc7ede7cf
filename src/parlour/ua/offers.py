"""Answering what an INVITE or UPDATE offers: a message session over the connection it came on."""

from __future__ import annotations

from parlour.sip.errors import RemoteProtocolError
from parlour.sip.sdp import message_session_answer
from parlour.ua.incoming import IncomingRequest
from parlour.xccos.media import ACCEPTED_TYPES as MESSAGE_TYPES

__all__ = ["MESSAGE_TYPES", "answer_offer"]


def answer_offer(incoming: IncomingRequest) -> bytes:
    """The answer to the request's offer, or an offer of ours if it has none (RFC 3261 section 13.2.1). Raises
    RemoteProtocolError: 400 unreadable, 415 no session description, 488 no message session in it."""
    request = incoming.request
    if request.body and request.content_type not in (None, "application/sdp"):
        raise RemoteProtocolError(415, "Unsupported Media Type")
    return message_session_answer(request.body, incoming.connection.local[0], request.to.uri, MESSAGE_TYPES)
