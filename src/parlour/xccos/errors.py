"""What is wrong with a body that cannot be answered in XCCOS because it names no envelope to quote."""

from __future__ import annotations

__all__ = ["XccosError"]


class XccosError(Exception):
    """The peer sent no usable envelope. `status` is the SIP status the INFO is answered with: 400 not XML, a document
    type declaration, a wrong version, no envelope number; 413 too large; 415 XML, but not of ours."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason
