"""Session timers: how both ends notice that the other one is gone. RFC 4028."""

from __future__ import annotations

from dataclasses import dataclass

from parlour.sip.errors import RemoteProtocolError
from parlour.sip.fields import Headers
from parlour.sip.grammar import parse_params
from parlour.sip.message import Request, Response

__all__ = ["SessionTimer", "SessionTimerSettings", "min_se_of"]

UAC, UAS = "uac", "uas"


@dataclass(frozen=True, slots=True)
class SessionTimerSettings:
    """Seconds. `interval`: what we ask for. `min_se`: the shortest we accept, never below 90 (RFC 4028 section 5).
    `longest`: what a peer may insist on; one that is gone without a word is kept for as long."""

    interval: int = 1800
    min_se: int = 90
    longest: int = 7200


class SessionTimer:
    """The agreement for one dialog. `interval` is 0 if there is none; `refresher` is "uac" or "uas"."""

    __slots__ = ("_deadline", "_peer_knows", "interval", "local_refresher", "refresher")

    def __init__(
        self, interval: int, refresher: str, now: float, *, local_refresher: bool, peer_knows: bool = True
    ) -> None:
        self.interval = interval
        self.refresher = refresher
        self.local_refresher = local_refresher
        self._peer_knows = peer_knows
        self._deadline = now + interval

    @classmethod
    def negotiate(cls, request: Request, settings: SessionTimerSettings, now: float) -> SessionTimer:
        """As the callee (section 9). Raises RemoteProtocolError: 422 (answer with Min-SE), 400 also for a Min-SE above
        `settings.longest`: less the caller may not be given, and section 9 has no status of its own for that.

        The caller always refreshes. COMPAT: SIPE does not list `timer` and asks for nothing, but sends UPDATE as
        often as the Session-Expires of our 200 says, and answers 501 to an UPDATE of ours.
        """
        knows = "timer" in request.tokens("Supported")
        asked, refresher = _session_expires(request.headers)
        lowest = max(settings.min_se, 90)
        theirs = min_se_of(request.headers)
        if theirs > settings.longest:
            raise RemoteProtocolError(400, f"Min-SE Above {settings.longest}")
        if asked is None:
            interval = max(settings.interval, theirs)
        elif asked < lowest:
            if knows:
                raise RemoteProtocolError(422, "Session Interval Too Small")
            # A proxy asked on behalf of a caller who would not understand 422 (section 9).
            interval = max(lowest, theirs)
        else:
            interval = max(min(asked, settings.interval), lowest, theirs)
        # The caller may insist that we refresh; it may not be forced on one who does not know the extension (table 2).
        ours = refresher == UAS and knows
        return cls(interval, UAS if ours else UAC, now, local_refresher=ours, peer_knows=knows)

    @classmethod
    def of_response(cls, response: Response, now: float) -> SessionTimer:
        """As the caller, from the 2xx (section 7.2): interval 0 if there is none. Raises RemoteProtocolError."""
        interval, refresher = _session_expires(response.headers)
        refresher = refresher or UAC
        return cls(interval or 0, refresher, now, local_refresher=refresher == UAC)

    def response_headers(self) -> list[tuple[str, str]]:
        """What a 2xx to INVITE or UPDATE says about it."""
        headers = [("Session-Expires", f"{self.interval};refresher={self.refresher}"), ("Supported", "timer")]
        if self._peer_knows and self.refresher == UAC:
            headers.append(("Require", "timer"))
        return headers

    @staticmethod
    def request_headers(settings: SessionTimerSettings, *, refresher: str | None = None) -> list[tuple[str, str]]:
        """What an INVITE or UPDATE of ours says."""
        suffix = f";refresher={refresher}" if refresher else ""
        return [
            ("Supported", "timer"),
            ("Session-Expires", f"{settings.interval}{suffix}"),
            ("Min-SE", str(max(settings.min_se, 90))),
        ]

    def refreshed(self, now: float) -> None:
        """Something was heard, or our refresh was answered: the session lives on."""
        self._deadline = now + self.interval

    def expired(self, now: float) -> bool:
        """Whether the session is over and BYE is due.

        Not a third of the interval earlier, as section 10 proposes: COMPAT: SIPE refreshes ten seconds before the end.
        """
        return self.interval > 0 and now >= self._deadline

    def next_refresh(self) -> float | None:
        """When our refresh is due: after half of the interval (section 10); None if the other side refreshes."""
        return self._deadline - self.interval / 2 if self.local_refresher and self.interval else None


def min_se_of(headers: Headers) -> int:
    """The Min-SE of a request or of a 422, never below the 90 s of section 5. Raises RemoteProtocolError 400."""
    value = headers.get("Min-SE")
    return 90 if value is None else max(90, _seconds(value.partition(";")[0], "Min-SE"))


def _session_expires(headers: Headers) -> tuple[int | None, str | None]:
    value = headers.get("Session-Expires")
    if value is None:
        return None, None
    seconds, semicolon, rest = value.partition(";")
    refresher = parse_params(rest).get("refresher") if semicolon else None
    refresher = refresher.lower() if refresher else None
    if refresher not in (None, UAC, UAS):
        raise RemoteProtocolError(400, "Malformed Session-Expires")
    return _seconds(seconds, "Session-Expires"), refresher


def _seconds(text: str, name: str) -> int:
    text = text.strip(" \t")
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        raise RemoteProtocolError(400, f"Malformed {name}")
    return int(text)
