"""The INFOs that a server pushes into one dialog: rendered from a prefix and a content that many dialogs may share, a
bounded window in flight, matched by branch.

This is the non-INVITE client transaction of RFC 3261 section 17.1.2 over a reliable transport, kept for a whole
dialog at once: timers E and K are zero there, so all that is left of the machine is *trying* (the CSeq stands in
`_in_flight`) and *terminated* (it does not). A thousand people in a room are a thousand pipelines; nothing here makes
a task, a timer or a transaction object per message. No I/O: bytes to write are returned, time is an argument.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from parlour.sip.dialog import Dialog

__all__ = [
    "BRANCH_COOKIE",
    "TAKEN",
    "InfoPipeline",
    "InfoSigner",
    "Outcome",
    "PipelineOverflow",
    "PipelineSettings",
    "info_content",
]

BRANCH_COOKIE = b"z9hG4bK"


def info_content(body: bytes) -> bytes:
    """A body with the headers that describe it: what the INFOs of all who are told the same end with."""
    return b"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


class PipelineOverflow(Exception):
    """The peer reads too slowly: more waits than the settings allow. Its connection must go."""


class InfoSigner(Protocol):
    """Signs what we send and checks the signature of the answers (`sip.auth.signing`)."""

    def header(self, cseq: int) -> bytes:
        """The whole signature header line, CRLF included."""
        ...

    def verify_response(self, head: bytes, cseq: int, status: int) -> bool: ...


class Outcome(Enum):
    """What an answer means for the dialog."""

    GOING_ON = "going on"
    DIALOG_GONE = "dialog gone"  # 410, 481, 487: RFC 3261 12.2.1.2; COMPAT: SIPE answers 487 on a left-over dialog
    UNANSWERED = "unanswered"  # for too long, or 408: the dialog is lost too, but the peer may know it still
    IGNORED = "ignored"  # not ours, a repeat, provisional, or badly signed


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    """`window`: INFOs in flight at most. `waiting` and `waiting_bytes`: contents queued behind the window, and their
    size in all, before the peer counts as too slow. `timeout`: seconds without any answer after which the dialog is
    lost (timer F, 64*T1). `busy_pause`: seconds to wait after a 503 that does not say how long; `busy_most`: at
    most."""

    window: int = 32
    waiting: int = 4096
    waiting_bytes: int = 16 * 1024 * 1024
    timeout: float = 32.0
    busy_pause: float = 5.0
    busy_most: float = 300.0


_CSEQ = b"\r\nCSeq: "
_LOST = {408: Outcome.UNANSWERED, 410: Outcome.DIALOG_GONE, 481: Outcome.DIALOG_GONE, 487: Outcome.DIALOG_GONE}
_RETRY_AFTER = re.compile(rb"\r\nRetry-After[ \t]*:[ \t]*([0-9]{1,9})", re.IGNORECASE)
# Made once, as an answer comes for every delivery: taken, and nothing more to do.
TAKEN = (Outcome.GOING_ON, b"")
_IGNORED = (Outcome.IGNORED, b"")


class InfoPipeline:
    """Outgoing INFOs of one dialog. `token` is the part of the Via branch that names this pipeline: `token.cseq`."""

    __slots__ = (
        "_again",
        "_again_of",
        "_busy_until",
        "_in_flight",
        "_lead",
        "_progress_at",
        "_refused",
        "_rest",
        "_settings",
        "_via",
        "_waiting",
        "_waiting_bytes",
        "dialog",
        "signer",
        "token",
    )

    def __init__(
        self,
        dialog: Dialog,
        *,
        token: bytes,
        via: bytes,
        signer: InfoSigner | None = None,
        settings: PipelineSettings,
    ) -> None:
        """`via` is `SIP/2.0/TCP host:port`, the sent-by of our end of the connection."""
        self.dialog = dialog
        self.token = token
        self.signer = signer
        self._settings = settings
        self._in_flight: dict[int, bytes] = {}
        self._waiting: deque[bytes] | None = None
        self._waiting_bytes = 0
        # After a 503: what was refused waits in front, by the CSeqs it had at first. It is said again, one at a time,
        # and nothing newer is sent until all of it is through. What is under way was `_again_of`, and is `_again` now.
        self._refused: list[int] | None = None
        self._again = self._again_of = 0
        self._via = via
        self._progress_at = 0.0
        self._busy_until = 0.0
        self.retarget()

    def retarget(self) -> None:
        """Render the prefix; again when the peer has moved (a target refresh, RFC 3261 section 12.2.2)."""
        request = self.dialog.build_request("INFO", advance=False)
        headers = request.headers
        uri = request.uri.encode("utf-8", "surrogateescape")
        self._lead = b"INFO %b SIP/2.0\r\nVia: %b;branch=%b%b." % (uri, self._via, BRANCH_COOKIE, self.token)
        lines = [
            f"{name}: {value}\r\n"
            for name, value in headers
            if name.lower() not in ("via", "cseq", "content-length", "content-type")
        ]
        self._rest = b" INFO\r\n" + "".join(lines).encode("utf-8", "surrogateescape")

    @property
    def idle(self) -> bool:
        return not self._in_flight and not self._waiting

    @property
    def unconfirmed(self) -> int:
        """Bodies that wait, or were sent and not answered."""
        return len(self._in_flight) + len(self._waiting or ())

    def send(self, contents: Sequence[bytes], now: float) -> bytes:
        """Queue what `info_content` made; the bytes to write now (perhaps none). Raises `PipelineOverflow`."""
        in_flight = self._in_flight
        if self._waiting or self._busy_until or len(in_flight) + len(contents) > self._settings.window:
            return self._queue(contents, now)
        if not in_flight:
            self._progress_at = now
        return self._render(contents)

    def _queue(self, contents: Sequence[bytes], now: float) -> bytes:
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.extend(contents)
        self._waiting_bytes += sum(map(len, contents))
        out = self._refill(now)
        if self._waiting_bytes > self._settings.waiting_bytes or len(self._waiting or ()) > self._settings.waiting:
            raise PipelineOverflow(f"{len(self._waiting or ())} messages wait for a peer that does not read")
        return out

    def _refill(self, now: float) -> bytes:
        waiting = self._waiting
        if not waiting or now < self._busy_until or self._again in self._in_flight:
            return b""
        if not self._in_flight:
            self._progress_at = now
        if self._refused:
            self._again, self._again_of = self.dialog.local_cseq + 1, self._refused.pop(0)
            return self._render(self._take(1))
        self._busy_until, self._again, self._refused = 0.0, 0, None
        return self._render(self._take(self._settings.window - len(self._in_flight)))

    def _take(self, most: int) -> list[bytes]:
        """The first of what waits."""
        waiting = self._waiting or deque()
        contents = [waiting.popleft() for _ in range(min(most, len(waiting)))]
        if waiting:
            self._waiting_bytes -= sum(map(len, contents))
        else:
            self._waiting, self._waiting_bytes = None, 0
        return contents

    def _render(self, contents: Sequence[bytes]) -> bytes:
        dialog, signer, in_flight = self.dialog, self.signer, self._in_flight
        lead, rest = self._lead, self._rest
        cseq = dialog.local_cseq
        parts: list[bytes] = []
        for content in contents:
            cseq += 1
            in_flight[cseq] = content
            number = b"%d" % cseq
            signed = b"" if signer is None else signer.header(cseq)
            parts += (lead, number, _CSEQ, number, rest, signed, content)
        dialog.local_cseq = cseq
        return b"".join(parts)

    def receive_response(self, cseq: int, status: int, head: bytes, now: float) -> tuple[Outcome, bytes]:
        """An answer whose branch named this pipeline: what it means, and bytes to write now."""
        in_flight = self._in_flight
        if status < 200 or cseq not in in_flight:
            return _IGNORED
        if self.signer is not None and not self.signer.verify_response(head, cseq, status):
            return _IGNORED
        if status != 200 and (lost := _LOST.get(status)) is not None:
            return lost, b""
        content = in_flight.pop(cseq)
        self._progress_at = now
        if status == 503:
            self._pause(cseq, content, head, now)
            return TAKEN
        return (Outcome.GOING_ON, self._refill(now)) if self._waiting else TAKEN

    def _pause(self, cseq: int, content: bytes, head: bytes, now: float) -> None:
        """The peer is overloaded: say it again, but not before it wishes (RFC 3261 section 20.33), and in the order in
        which it was said. What was in flight beside it may have arrived already."""
        if self._waiting is None:
            self._waiting = deque()
        if self._refused is None:
            self._refused = []
        first = self._again_of if cseq == self._again else cseq
        place = bisect(self._refused, first)
        self._refused.insert(place, first)
        self._waiting.insert(place, content)
        self._waiting_bytes += len(content)
        wish = _RETRY_AFTER.search(head)
        pause = self._settings.busy_pause if wish is None else float(wish[1])
        self._busy_until = max(self._busy_until, now + min(max(pause, 1.0), self._settings.busy_most))

    def handle_timer(self, now: float) -> tuple[Outcome, bytes]:
        """Call about once a second. The dialog is gone when nothing was answered for `timeout` seconds."""
        if self._in_flight and now - self._progress_at >= self._settings.timeout:
            return Outcome.UNANSWERED, b""
        return Outcome.GOING_ON, self._refill(now)
