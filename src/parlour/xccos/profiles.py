"""What each client tolerates, as data. Nothing else in the house looks at a User-Agent.

A dialog starts with the profile its User-Agent earns, and may earn a better one by what it asks: call `profile_for`
again with the hints seen (`hint_of`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from parlour.xccos.types.envelope import Request
from parlour.xccos.types.server import GetPreference

__all__ = [
    "FEATURES",
    "FULL_CLIENT_COMMANDS",
    "GROUP_CHAT",
    "LYNC",
    "PARLOUR",
    "PROFILES",
    "REMOVAL_HINTS",
    "SIPE",
    "UNKNOWN",
    "ClientProfile",
    "hint_of",
    "profile_for",
]


@dataclass(frozen=True, slots=True, eq=False)
class ClientProfile:
    """One client's tolerances. There are a few of them, told apart by identity: they are keys of what was rendered.

    `chats_per_envelope`: live messages it reads from one envelope.
    `refuse_posts_with_sip_status`: a post refused at once is told by the status of the INFO (403, with the text of
    the response code as reason phrase), as an rpl:grpchat would be ignored; otherwise 200 and then rpl:grpchat.
    `resumes_rooms_after_481`: after an INFO answered 481 it opens a new dialog, joins nothing, and goes on as if it
    were still in its rooms; the server has to seat it there again.
    `comes_back_after_481_alone`: a BYE leaves it without a session until it signs in again.
    `gives_up_when_refused`: an INVITE refused where it calls first ends group chat until it signs in again.
    `removal_needs_part_notice`: being put out of a room is told by an ntc:part about itself, for it passes over
    ntc:kick.
    `hears_removals`: it is told that messages were taken out of the history, or replaced.
    `gathers_lists`: it puts a list together from all replies to its command; others take each reply for the whole list.
    """

    name: str
    chats_per_envelope: int = 1
    refuse_posts_with_sip_status: bool = False
    resumes_rooms_after_481: bool = False
    comes_back_after_481_alone: bool = False
    gives_up_when_refused: bool = False
    removal_needs_part_notice: bool = False
    hears_removals: bool = False
    gathers_lists: bool = False


SIPE: Final = ClientProfile(
    "sipe",
    refuse_posts_with_sip_status=True,
    resumes_rooms_after_481=True,
    comes_back_after_481_alone=True,
    gives_up_when_refused=True,
    removal_needs_part_notice=True,
)
GROUP_CHAT: Final = ClientProfile("group-chat", chats_per_envelope=32)
LYNC: Final = ClientProfile("lync", chats_per_envelope=32)
PARLOUR: Final = ClientProfile(
    "parlour",
    chats_per_envelope=64,
    refuse_posts_with_sip_status=True,
    hears_removals=True,
    gathers_lists=True,
)
"""A refusal after 200 would leave a program guessing for how long one may still come."""

UNKNOWN: Final = ClientProfile(
    "unknown", refuse_posts_with_sip_status=True, resumes_rooms_after_481=True, removal_needs_part_notice=True
)
"""As careful as SIPE needs in what is said in a session, until a command tells more; but a standard client has to be
told by SIP that there is no session for it, or none any more."""

PROFILES: Final = {profile.name: profile for profile in (SIPE, GROUP_CHAT, LYNC, PARLOUR, UNKNOWN)}

FULL_CLIENT_COMMANDS: Final = frozenset({"getserverinfo", "getassociations"})
"""COMPAT: SIPE sends neither; the vendor's clients send one of them first of all."""

FEATURES: Final = "parlour.features"
"""Label of a preference: who asks for it wants to hear all that is ours (docs/protocol/xccos.md, Notices)."""

REMOVAL_HINTS: Final = frozenset({"delmsg", "replmsg", "chanpurge", FEATURES})
"""Who sends one of these commands, or asks for that preference, hears of removals."""

# How a product of a User-Agent begins that decides, in lower case, in order.
_BY_AGENT: Final = (
    ("sipe/", SIPE),
    ("parlour/", PARLOUR),
    ("uccapi/15.", LYNC),
    ("uccapi/16.", LYNC),
)


_HEARING_REMOVALS: Final = {
    profile: profile if profile.hears_removals else replace(profile, hears_removals=True)
    for profile in PROFILES.values()
}


def hint_of(command: Request) -> str | None:
    """What a command tells about the client that sent it; None for most."""
    if isinstance(command, GetPreference):
        return FEATURES if command.label == FEATURES else None
    return command.name if command.name in FULL_CLIENT_COMMANDS or command.name in REMOVAL_HINTS else None


def profile_for(user_agent: str, hints: AbstractSet[str] = frozenset()) -> ClientProfile:
    """The profile of a dialog, by its User-Agent and the hints that its commands gave ("getserverinfo")."""
    profile = _by_agent(user_agent.lower(), hints)
    return _HEARING_REMOVALS[profile] if hints & REMOVAL_HINTS else profile


def _by_agent(agent: str, hints: AbstractSet[str]) -> ClientProfile:
    products = tuple(_products(agent))
    for beginning, profile in _BY_AGENT:
        if any(product.startswith(beginning) for product in products):
            return profile
    return GROUP_CHAT if hints & FULL_CLIENT_COMMANDS else UNKNOWN


def _products(agent: str) -> Iterator[str]:
    """The products of a User-Agent; what stands in comments names none (RFC 3261 section 25.1, server-val)."""
    depth = 0
    for piece in _PIECE.findall(agent):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth -= 1
        elif depth <= 0:
            yield piece


_PIECE: Final = re.compile(r"[()]|[^\s()]+")
