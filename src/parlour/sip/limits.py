"""How large a SIP message may be. Checked before a buffer grows, not after."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_LIMITS", "SipLimits"]


@dataclass(frozen=True, slots=True)
class SipLimits:
    """Caps on one message; all sizes are octets. Start line and header lines are measured after unfolding."""

    start_line: int = 8192
    """Longest request or status line; beyond: 400."""

    header_line: int = 8192
    """Longest header line, folded lines joined; beyond: 400."""

    header_count: int = 128
    """Most header lines in one message; beyond: 400."""

    head: int = 65536
    """Start line and headers together; beyond: 513."""

    body: int = 262144 + 4096
    """Largest Content-Length: 256 KiB of content and room for an envelope around it; beyond: 413."""


DEFAULT_LIMITS = SipLimits()
