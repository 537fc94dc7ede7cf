"""Masks: the two literal ones, and the presenter's bit in auditoriums only."""

from __future__ import annotations

import pytest

from parlour.xccos.masks import Permission, is_manager, is_presenter, participant_mask


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
    assert is_manager(mask) is manager
    assert is_presenter(mask) is (presenter and auditorium)


def test_the_literal_masks_hold_the_documented_bits() -> None:
    member = Permission.JOIN | Permission.CHAT | Permission.READ_HISTORY | Permission.VIEW
    assert 3984 & member == member
    assert not 3984 & Permission.MANAGE
    assert 12276 & Permission.VIEW_HIDDEN
