"""Masks: the two literal ones, and the presenter's bit in auditoriums only."""

from __future__ import annotations

import pytest

from parlour.xccos.masks import ROLE_MASKS, Permission, participant_mask, sdk_permissions


@pytest.mark.parametrize(
    ("manager", "presenter", "auditorium", "mask"),
    [
        (False, False, False, 3984),
        (True, False, False, 12276),
        (False, True, False, 3984),
        (True, True, False, 12276),
        (False, False, True, 3984),
        (False, True, True, 8080),
        (True, True, True, 16372),
    ],
)
def test_masks_of_participants(manager: bool, presenter: bool, auditorium: bool, mask: int) -> None:
    assert participant_mask(manager, presenter, auditorium) == mask
    assert bool(mask & Permission.MANAGE) is manager
    assert bool(mask & Permission.CHAT_IN_AUDITORIUM) is (presenter and auditorium)


def test_the_literal_masks_hold_the_documented_bits() -> None:
    member = Permission.JOIN | Permission.CHAT | Permission.READ_HISTORY | Permission.VIEW
    assert 3984 & member == member
    assert not 3984 & Permission.MANAGE
    assert 12276 & Permission.VIEW_HIDDEN


def test_masks_of_roles() -> None:
    assert ROLE_MASKS == {"MEMBER": 3456, "MANAGER": 10244, "PRESENTER": 4096, "CREATOR": 16}
    assert not ROLE_MASKS["MANAGER"] & (Permission.JOIN | Permission.CHAT)


@pytest.mark.parametrize(
    ("rights", "value"), [("", 0), ("manage", 1), ("join", 2), ("post", 4), ("read", 8), ("see", 16)]
)
def test_rights_as_the_sdk_counts_them(rights: str, value: int) -> None:
    none = dict.fromkeys(("manage", "join", "post", "read", "see"), False)
    assert sdk_permissions(**none | ({rights: True} if rights else {})) == value
    assert sdk_permissions(**none, post_in_auditorium=True) == 32
    assert sdk_permissions(**dict.fromkeys(none, True)) == 31
