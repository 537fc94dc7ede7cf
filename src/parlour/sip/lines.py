"""A head cut into its start line and its header pairs. RFC 3261 section 7.3.1, and the limits on all of them."""

from __future__ import annotations

from parlour.sip.errors import FramingError, RemoteProtocolError
from parlour.sip.fields import KNOWN_NAMES, canonical_name
from parlour.sip.grammar import TOKEN, decode
from parlour.sip.limits import SipLimits

__all__ = ["head_lines", "header_pairs", "unfold"]


def head_lines(head: bytes, limits: SipLimits) -> list[str]:
    """The lines as they stand on the wire."""
    if len(head) > limits.head:
        raise RemoteProtocolError(513, "Message Too Large")
    text = decode(head[:-2] if head.endswith(b"\r\n") else head)
    breaks = text.count("\n")
    if breaks > limits.header_count:
        # Continuation lines count too: they cost the same.
        raise RemoteProtocolError(400, "Too Many Header Lines")
    lines = text.split("\r\n")
    # A lone CR or LF is read as a line end by some and not by others: the way headers are smuggled past a proxy.
    if breaks != len(lines) - 1 or text.count("\r") != breaks:
        raise RemoteProtocolError(400, "Bare Line Break In Header")
    if len(text) > limits.header_line or len(text) > limits.start_line:
        _check_line_lengths(lines, limits)
    return lines


def _check_line_lengths(lines: list[str], limits: SipLimits) -> None:
    if len(lines[0]) > limits.start_line:
        raise RemoteProtocolError(400, "Start Line Too Long")
    if any(len(line) > limits.header_line for line in lines[1:]):
        raise RemoteProtocolError(400, "Header Line Too Long")


def unfold(lines: list[str], limits: SipLimits) -> list[str]:
    """Continuation lines joined to the line they continue (section 7.3.1)."""
    joined: list[list[str]] = []
    for line in lines:
        # The start line is never continued; as it has no colon, what is put behind it is refused later anyway.
        if joined and line[:1] in (" ", "\t"):
            joined[-1].append(line.lstrip(" \t"))
        else:
            joined.append([line])
    unfolded = [" ".join(parts) for parts in joined]
    _check_line_lengths(unfolded, limits)
    return unfolded


def header_pairs(lines: list[str], size: int) -> list[tuple[str, str]] | None:
    """The headers, or None if a line is not one (a continuation, or nonsense)."""
    spelled = KNOWN_NAMES.get
    pairs = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        # Blanks before the colon are allowed (HCOLON, section 25.1), and are among what `_unusual_name` sorts out.
        long_name = spelled(name) or _unusual_name(name)
        if not colon or long_name is None:
            return None
        pairs.append((long_name, value.strip(" \t")))
    for value in [value for name, value in pairs if name == "Content-Length"]:
        _check_length(value, size)
    return pairs


def _unusual_name(name: str) -> str | None:
    name = name.rstrip(" \t")
    return canonical_name(name) if TOKEN.fullmatch(name) else None


def _check_length(value: str, size: int) -> None:
    """Framing has believed one Content-Length; whoever stands before us may have believed another."""
    if not (value.isascii() and value.isdigit()) or len(value) > 20 or int(value) != size:
        raise FramingError(400, "Content-Length Does Not Match")
