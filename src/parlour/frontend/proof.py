"""What an attempt to sign in came to, by whatever scheme."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Failed", "Further", "Outcome", "Proven", "Why"]


@dataclass(frozen=True, slots=True)
class Proven:
    """The request comes from this person."""

    person: str


@dataclass(frozen=True, slots=True)
class Further:
    """The handshake goes on: the challenge to send, alone."""

    challenge: str


class Why(Enum):
    """Why somebody could not sign in, for those who watch over it. The values are on docs/operations.md."""

    PASSWORD = "password"  # noqa: S105 (a name, not a secret)
    """Wrong name or password."""
    CHALLENGE = "challenge"
    """Credentials that answer no challenge of ours: too late, used up, or for something else."""
    SIGNATURE = "signature"
    """A message that is not signed as it should be."""
    MALFORMED = "malformed"
    """Credentials that cannot be read."""
    TOO_MANY = "too-many"
    """Put off, after too many wrong passwords."""
    DISABLED = "disabled"
    """The password was right, the account is disabled."""
    OTHER_PERSON = "other-person"
    """Signed in, but From names somebody else."""


@dataclass(frozen=True, slots=True)
class Failed:
    """No proof. `why` None: a step of every sign-in, nothing was tried in vain. PASSWORD: of the account `login`, as
    typed."""

    reason: str
    why: Why | None = None
    login: str = ""


Outcome = Proven | Further | Failed
