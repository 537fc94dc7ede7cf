"""What each client tolerates, as data. Nothing else in the house looks at a User-Agent.

A dialog starts with the profile its User-Agent earns, and may earn a better one by a command that only full clients
send: call `profile_for` again with the names of the commands seen.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

__all__ = [
    "FULL_CLIENT_COMMANDS",
    "GROUP_CHAT",
    "LYNC",
    "PARLOUR",
    "PROFILES",
    "SIPE",
    "UNKNOWN",
    "ClientProfile",
    "profile_for",
]


@dataclass(frozen=True, slots=True)
class ClientProfile:
    """One client's tolerances.

    `chats_per_envelope`: live messages it reads from one envelope.
    `refuse_posts_with_sip_status`: a post refused at once is told by the status of the INFO (403, with the text of
    the response code as reason phrase), as an rpl:grpchat would be ignored; otherwise 200 and then rpl:grpchat.
    `resumes_rooms_after_481`: after an INFO answered 481 it opens a new dialog, joins nothing, and goes on as if it
    were still in its rooms; the server has to seat it there again.
    `removal_needs_part_notice`: being put out of a room is told by an ntc:part about itself.
    """

    name: str
    chats_per_envelope: int = 1
    refuse_posts_with_sip_status: bool = False
    resumes_rooms_after_481: bool = False
    removal_needs_part_notice: bool = False


SIPE: Final = ClientProfile(
    "sipe", refuse_posts_with_sip_status=True, resumes_rooms_after_481=True, removal_needs_part_notice=True
)
GROUP_CHAT: Final = ClientProfile("group-chat", chats_per_envelope=32)
LYNC: Final = ClientProfile("lync", chats_per_envelope=32)
PARLOUR: Final = ClientProfile("parlour", chats_per_envelope=64, refuse_posts_with_sip_status=True)
"""A refusal after 200 would leave a program guessing for how long one may still come."""

UNKNOWN: Final = ClientProfile(
    "unknown", refuse_posts_with_sip_status=True, resumes_rooms_after_481=True, removal_needs_part_notice=True
)
"""As careful as SIPE needs, until a command tells more."""

PROFILES: Final = {profile.name: profile for profile in (SIPE, GROUP_CHAT, LYNC, PARLOUR, UNKNOWN)}

FULL_CLIENT_COMMANDS: Final = frozenset({"getserverinfo", "getassociations"})
"""COMPAT: SIPE sends neither; the vendor's clients send one of them first of all."""

# The first word of a User-Agent product that decides, in lower case, in order.
_BY_AGENT: Final = (
    ("sipe/", SIPE),
    ("parlour/", PARLOUR),
    ("uccapi/15.", LYNC),
    ("uccapi/16.", LYNC),
)


def profile_for(user_agent: str, commands_seen: AbstractSet[str] = frozenset()) -> ClientProfile:
    """The profile of a dialog, by its User-Agent and the names of commands it has sent ("getserverinfo")."""
    agent = user_agent.lower()
    for product, profile in _BY_AGENT:
        if product in agent:
            return profile
    return GROUP_CHAT if commands_seen & FULL_CLIENT_COMMANDS else UNKNOWN
