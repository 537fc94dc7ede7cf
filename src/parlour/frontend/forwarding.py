"""What a proxy changes in a request it passes on (RFC 3261 section 16.6). Pure: the Via is added by whoever sends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from parlour.sip.errors import RemoteProtocolError
from parlour.sip.message import Request, Response

__all__ = ["DEFAULT_MAX_FORWARDS", "forwarded_request", "relayed_response"]

DEFAULT_MAX_FORWARDS: Final = 70
RECORD_ROUTED: Final = frozenset({"INVITE", "REFER", "SUBSCRIBE", "UPDATE"})


def forwarded_request(request: Request, uri: str, record_routes: Sequence[str], realms: frozenset[str]) -> Request:
    """A copy of `request` for one target. `record_routes` topmost first; `realms` are ours: their credentials were
    meant for us and go no further. Raises RemoteProtocolError 483 when the request may travel no further."""
    hops = request.max_forwards
    if hops is not None and hops <= 0:
        raise RemoteProtocolError(483, "Too Many Hops")
    copy = Request(request.method, uri)
    copy.body = request.body
    out = copy.headers
    for route in record_routes if request.method in RECORD_ROUTED else ():
        out.add("Record-Route", route)
    for name, value in request.headers:
        lower = name.lower()
        if lower in _NOT_PASSED_ON or (lower in _CREDENTIALS and _is_ours(value, realms)):
            continue
        out.add(name, value)
    out.add("Max-Forwards", str((hops if hops is not None else DEFAULT_MAX_FORWARDS) - 1))
    return copy


# An identity that a client asserts is worth nothing (RFC 3325 section 5): From has been checked, and is all there is.
_NOT_PASSED_ON = ("max-forwards", "p-asserted-identity", "p-preferred-identity")
_CREDENTIALS = ("authorization", "proxy-authorization")


def _is_ours(value: str, realms: frozenset[str]) -> bool:
    """A client's NTLM signature counts on its own connection only; the callee's gets one of ours."""
    if value[:5].lower() == "ntlm ":
        return True
    return any(f'realm="{realm}"' in value for realm in realms)


def relayed_response(response: Response) -> Response:
    """A copy without our Via, the topmost (section 16.7, steps 3 and 9), and without the callee's signature."""
    copy = Response(response.status, response.reason)
    copy.body = response.body
    ours = True
    for name, value in response.headers:
        lower = name.lower()
        if lower == "via" and ours:
            ours = False
            rest = value.partition(",")[2].strip()
            if rest:
                copy.headers.add("Via", rest)
            continue
        if lower in _SIGNATURES and value[:5].lower() == "ntlm ":
            continue
        copy.headers.add(name, value)
    return copy


_SIGNATURES = ("authorization", "proxy-authorization", "authentication-info")
