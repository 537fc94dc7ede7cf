"""Who is treated how."""

from __future__ import annotations

import pytest

from parlour.xccos.profiles import GROUP_CHAT, LYNC, PARLOUR, PROFILES, SIPE, UNKNOWN, ClientProfile, profile_for


@pytest.mark.parametrize(
    ("agent", "seen", "profile"),
    [
        ("Purple/2.14.12 Sipe/1.25.0 (linux-x86_64)", (), SIPE),
        ("Purple/2.14.12 Sipe/1.25.0 (linux-x86_64)", ("getserverinfo",), SIPE),
        ("Parlour/0.1", (), PARLOUR),
        ("UCCAPI/15.0.4569.1503 OC/15.0.4569.1503 (Microsoft Lync)", (), LYNC),
        ("", (), UNKNOWN),
        ("somebody/1.0", ("bjoin", "getinv"), UNKNOWN),
        ("somebody/1.0", ("getassociations",), GROUP_CHAT),
        ("", ("getserverinfo",), GROUP_CHAT),
    ],
)
def test_profile(agent: str, seen: tuple[str, ...], profile: ClientProfile) -> None:
    assert profile_for(agent, frozenset(seen)) is profile


def test_the_unknown_are_handled_as_carefully_as_sipe() -> None:
    assert UNKNOWN.chats_per_envelope == SIPE.chats_per_envelope == 1
    assert UNKNOWN.refuse_posts_with_sip_status
    assert SIPE.refuse_posts_with_sip_status


def test_names_are_unique() -> None:
    assert all(PROFILES[profile.name] is profile for profile in (SIPE, GROUP_CHAT, LYNC, PARLOUR, UNKNOWN))
