"""How patient a client is, and how much it holds. One frozen value; the defaults suit people and bots."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ClientSettings"]


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Times are seconds."""

    connect_timeout: float = 10.0
    """For one address: connection and TLS handshake."""

    sign_in_timeout: float = 30.0
    """For everything before the first command: connecting, signing in, finding and calling the chat service."""

    answer_timeout: float = 60.0
    """For one command, with everything it takes: waiting for a connection, repeats after 503, the reply."""

    keep_alive: float = 60.0
    """The dialog is refreshed at least this often, so that a dead connection is noticed."""

    registration: int = 3600
    """What the REGISTER asks for; renewed when four fifths of what was granted are over."""

    session_interval: int = 1800
    """Session-Expires of the chat dialog (RFC 4028)."""

    reconnect: bool = True
    """Come back after a lost connection. False: the first loss ends the client."""

    first_delay: float = 0.5
    longest_delay: float = 30.0
    """Waits between attempts to come back: doubled each time, half of it by chance."""

    in_flight: int = 32
    """Commands that wait for an answer at the same time; more wait their turn. Servers refuse too many at once."""

    events: int = 1000
    """Events held for a reader, per room and for the whole client; beyond, the oldest are dropped and counted."""

    history_at_resume: int = 10_000
    """Most messages fetched per room after an outage, page by page, the oldest first; what is beyond is told as
    MessagesMissed."""
