"""The push side of a dialog: an `InfoPipeline` (rules, in `sip`) joined to the connection its peer opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from parlour.sip.dialog import Dialog
from parlour.sip.pipeline import (
    TAKEN,
    InfoPipeline,
    InfoSigner,
    Outcome,
    PipelineOverflow,
    PipelineSettings,
    info_content,
)
from parlour.ua.connection import Connection

__all__ = ["DatagramInfoPipe", "InfoPipe"]


class LossListener(Protocol):
    """Is told that a pipe's peer is lost: `unanswered` if it was silent, so that it may know the dialog still."""

    def __call__(self, reason: str, *, unanswered: bool) -> None: ...


class InfoPipe(InfoPipeline):
    """Sends INFO bodies in order; `on_gone` is called once if the peer no longer knows the dialog, is silent
    for too long, or reads too slowly (its connection is then dropped, and nobody else's)."""

    __slots__ = ("_clock", "_on_gone", "connection")

    def __init__(
        self,
        dialog: Dialog,
        connection: Connection,
        *,
        token: bytes,
        clock: Callable[[], float],
        on_gone: LossListener,
        signer: InfoSigner | None,
        settings: PipelineSettings,
    ) -> None:
        via = f"SIP/2.0/{connection.transport} {connection.sent_by}".encode()
        super().__init__(dialog, token=token, via=via, signer=signer, settings=settings)
        self.connection = connection
        self._clock = clock
        self._on_gone: LossListener | None = on_gone

    def push(self, bodies: Sequence[bytes]) -> None:
        """Send the bodies, each in an INFO of its own, in this order. Never blocks."""
        self.push_contents([info_content(body) for body in bodies])

    def push_contents(self, contents: Sequence[bytes]) -> None:
        """As `push`, for bodies that others are told too: `info_content` has been called once for all."""
        if self._on_gone is None:
            return
        try:
            out = self.send(contents, self._clock())
        except PipelineOverflow as overflow:
            self.connection.abort()
            self.stop(str(overflow))
            return
        if out:
            self.connection.send(out)

    def take_response(self, cseq: int, status: int, head: bytes, now: float) -> None:
        answer = self.receive_response(cseq, status, head, now)
        if answer is TAKEN:
            return
        outcome, out = answer
        if out:
            self.connection.send(out)
        if outcome in (Outcome.DIALOG_GONE, Outcome.UNANSWERED):
            self.stop(f"answered {status}", unanswered=outcome is Outcome.UNANSWERED)

    def tick(self, now: float) -> None:
        if self._in_flight or self._waiting:
            outcome, out = self.handle_timer(now)
            if out:
                self.connection.send(out)
            if outcome is Outcome.UNANSWERED:
                self.stop("no answer to INFO", unanswered=True)

    def stop(self, reason: str, *, unanswered: bool = False) -> None:
        """Nothing is sent from here on. COMPAT: SIPE crashes on an INFO after BYE."""
        on_gone, self._on_gone = self._on_gone, None
        if on_gone is not None:
            on_gone(reason, unanswered=unanswered)

    def close(self) -> None:
        """As `stop`, without telling anybody: the owner knows."""
        self._on_gone = None


class DatagramInfoPipe(InfoPipe):
    """Over UDP a message may be lost: one INFO is in flight at a time (a window of 1), and it is sent again each second
    until it is answered (RFC 3261 section 17.1.2, timer E)."""

    __slots__ = ("_unanswered",)

    def _render(self, contents: Sequence[bytes]) -> bytes:
        if contents:
            self._unanswered = super()._render(contents)
        return self._unanswered if contents else b""

    def tick(self, now: float) -> None:
        repeated = self._unanswered if self._in_flight else b""
        super().tick(now)
        if repeated and self._on_gone is not None:
            self.connection.send(repeated)
