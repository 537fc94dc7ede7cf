"""What is not understood, or belongs to nothing here: which status, and what the sender may do instead. Pure."""

from __future__ import annotations

from typing import Final

from parlour.frontend.answer import Answer
from parlour.frontend.reading import option_tags
from parlour.sip.diagnostics import UNKNOWN_SESSION, diagnostics
from parlour.sip.message import Request
from parlour.ua import uas

__all__ = ["ALLOW", "decline", "decline_encoding", "decline_extensions"]

ALLOW: Final = "CANCEL, OPTIONS, REGISTER, SERVICE, SUBSCRIBE"
"""Methods of requests to the server itself."""
_IN_DIALOGS: Final = frozenset({"BYE", "INFO", "NOTIFY", "PRACK", "UPDATE"})


def decline_extensions(request: Request, header: str, known: frozenset[str]) -> Answer | None:
    """420 when `Require` or `Proxy-Require` names what we have not (RFC 3261 sections 8.2.2.3 and 16.3)."""
    if header not in request.headers:
        return None
    unknown = sorted(option_tags(request, header) - known)
    if not unknown or request.method in ("ACK", "CANCEL"):
        return None
    return Answer(420, headers=(("Unsupported", ", ".join(unknown)),))


def decline_encoding(request: Request) -> Answer | None:
    """415 when the body is compressed (RFC 3261 section 8.2.3)."""
    if "Content-Encoding" not in request.headers:
        return None
    if option_tags(request, "Content-Encoding") <= {"identity"} or request.method == "ACK":
        return None
    return Answer(415, headers=(("Accept-Encoding", "identity"),))


def decline(request: Request, host: str, *, chat: bool) -> Answer:
    """A request outside all dialogs there are; `chat`: for a chat service, else for the server itself. 481 to what
    makes sense in a dialog alone (RFC 3261 section 15.1.2, RFC 6086 section 4.2.2), else 405."""
    if request.to.tag is None and request.method not in _IN_DIALOGS:
        return Answer(405, headers=(("Allow", uas.ALLOW if chat else ALLOW),))
    status, code, text = UNKNOWN_SESSION
    return Answer(status, headers=(diagnostics(code, text, host),) if chat else ())
