"""Who is treated how."""

from __future__ import annotations

import pytest

from parlour.xccos.profiles import (
    FEATURES,
    GROUP_CHAT,
    LYNC,
    PARLOUR,
    PROFILES,
    SIPE,
    UNKNOWN,
    ClientProfile,
    hint_of,
    profile_for,
)
from parlour.xccos.types import DeleteMessage, GetPreference, GetServerInfo, Request, SearchRooms


@pytest.mark.parametrize(
    ("agent", "seen", "profile"),
    [
        ("Purple/2.14.12 Sipe/1.25.0 (linux-x86_64)", (), SIPE),
        ("Purple/2.14.12 Sipe/1.25.0 (linux-x86_64)", ("getserverinfo",), SIPE),
        ("Parlour/0.1", (), PARLOUR),
        ("UCCAPI/15.0.4569.1503 OC/15.0.4569.1503 (Microsoft Lync)", (), LYNC),
        ("Purple/2.14.12 Sipe/1.25.0", (), SIPE),
        ("SIPE/1.25.0", (), SIPE),
        ("UCCAPI/16.0.4266.1001 OC/16.0.4266.1001 (Skype for Business)", (), LYNC),
        ("UCCAPI/3.5.6907.0 OC/3.5.6907.0 (Microsoft Office Communicator 2007 R2)", (), UNKNOWN),
        ("notsipe/1", (), UNKNOWN),
        ("somebody/1.0 (speaks like Sipe/1.25.0)", (), UNKNOWN),
        ("somebody/1.0 (not (really) Sipe/1.25.0)", (), UNKNOWN),
        ("my-parlour/2 x", (), UNKNOWN),
        ("somebody/1.0 (unfinished Sipe/1.25.0", (), UNKNOWN),
        ("Purple/2.14.12 (linux) Sipe/1.25.0", (), SIPE),
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
    assert not (UNKNOWN.comes_back_after_481_alone or UNKNOWN.gives_up_when_refused)
    assert SIPE.refuse_posts_with_sip_status


def test_names_are_unique() -> None:
    assert all(PROFILES[profile.name] is profile for profile in (SIPE, GROUP_CHAT, LYNC, PARLOUR, UNKNOWN))


def test_who_asks_for_it_hears_of_removals_and_is_the_same_otherwise() -> None:
    assert PARLOUR.hears_removals
    assert profile_for("Parlour/0.1", {"delmsg"}) is PARLOUR
    for hint in ("delmsg", "replmsg", "chanpurge", FEATURES):
        profile = profile_for("Sipe/1.25", {hint})
        assert profile.hears_removals
        assert not SIPE.hears_removals
        assert profile is profile_for("Sipe/1.25", {hint, "getserverinfo"}), "one object: bodies are kept by profile"
        assert (profile.name, profile.removal_needs_part_notice) == ("sipe", True)
    assert profile_for("", {FEATURES, "getassociations"}).chats_per_envelope == GROUP_CHAT.chats_per_envelope


def test_only_clients_that_pass_over_a_kick_need_to_see_themselves_part() -> None:
    assert {profile.name for profile in PROFILES.values() if profile.removal_needs_part_notice} == {"sipe", "unknown"}


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        (GetServerInfo(1), "getserverinfo"),
        (DeleteMessage(1, "room", 1), "delmsg"),
        (GetPreference(1, FEATURES), FEATURES),
        (GetPreference(1, "kedzie.GroupChannels"), None),
        (SearchRooms(1), None),
    ],
)
def test_what_a_command_tells_of_its_client(command: Request, hint: str | None) -> None:
    assert hint_of(command) == hint
