"""Which transaction does a message belong to? RFC 3261 sections 17.1.3 and 17.2.3."""

from __future__ import annotations

from parlour.sip.message import Message, Request

__all__ = ["MAGIC_COOKIE", "Key", "cancelled_key", "client_key", "server_key"]

MAGIC_COOKIE = "z9hG4bK"

Key = tuple[str | int | None, ...]
"""Equal for messages of one transaction, and hashable; its parts mean nothing to others."""


def server_key(request: Request) -> Key:
    """The key of a request's server transaction; an ACK has the key of its INVITE. Raises RemoteProtocolError 400."""
    return _server_key(request, "INVITE" if request.method == "ACK" else request.method)


def cancelled_key(cancel: Request) -> Key:
    """The key of the INVITE that a CANCEL is about (section 9.2). Raises RemoteProtocolError 400."""
    return _server_key(cancel, "INVITE")


def _server_key(request: Request, method: str) -> Key:
    via = request.via
    branch = via.branch
    if branch is not None and len(branch) > len(MAGIC_COOKIE) and branch.lower().startswith("z9hg4bk"):
        return (branch.lower(), via.host.lower(), via.port, method)
    # RFC 2543 peers, told by the missing cookie (section 17.2.3). COMPAT: SIPE sends INVITE, INFO, BYE and ACK without
    # any branch. The To tag is left out on purpose: an ACK carries the one of our response, its INVITE did not, and
    # Call-ID, From tag and CSeq already tell two requests apart.
    return (request.uri, request.from_.tag, request.call_id, request.cseq.number, str(via), method)


def client_key(message: Message) -> Key:
    """The key of a client transaction, from the request sent or a response to it (section 17.1.3)."""
    return ((message.via.branch or "").lower(), message.cseq.method)
