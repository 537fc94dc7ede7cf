"""`ms-diagnostics`: why, in a number that clients of the original know beside the status of SIP.

The codes of the chat service are the vendor's, the status of each is ours (docs/protocol/sessions.md).
"""

from __future__ import annotations

from typing import Final

__all__ = ["UNKNOWN_SESSION", "Diagnosis", "diagnostics"]

Diagnosis = tuple[int, int, str]
"""SIP status, code, text."""

UNKNOWN_SESSION: Final[Diagnosis] = (481, 20006, "Unknown session")


def diagnostics(code: int, reason: str, source: str) -> tuple[str, str]:
    """The header, name and value. `source` is the host that says so."""
    return ("ms-diagnostics", f'{code};reason="{reason}";source="{source}"')
