"""Who is enabled for group chat: person, groups, domain, in this order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parlour.directory.api import ChatSetting
from parlour.directory.chat_policy import ChatPolicy

ON, OFF, INHERIT = ChatSetting.ON, ChatSetting.OFF, ChatSetting.INHERIT
ALL = "g:all"


def test_nobody_says_anything() -> None:
    decision = ChatPolicy(ALL, {"g:a": INHERIT}).decide("ann", {ALL, "g:a"})
    assert (decision.enabled, decision.by) == (True, None)


@given(
    own=st.sampled_from(ChatSetting), groups=st.lists(st.sampled_from(ChatSetting)), domain=st.sampled_from(ChatSetting)
)
def test_the_nearest_setting_wins_and_off_beats_on(
    own: ChatSetting, groups: list[ChatSetting], domain: ChatSetting
) -> None:
    names = [f"g:{number}" for number in range(len(groups))]
    policy = ChatPolicy(ALL, {"ann": own, ALL: domain, "g:other": OFF, **dict(zip(names, groups, strict=True))})
    said = [own] if own is not INHERIT else [OFF] if OFF in groups else [ON] if ON in groups else [domain]
    decision = policy.decide("ann", {ALL, *names})
    assert decision.enabled == (said[0] is not OFF)
    assert (decision.by is None) == (said[0] is INHERIT)
    assert decision.by is None or policy.setting(decision.by) is said[0]


def test_a_setting_that_is_taken_away_says_nothing() -> None:
    policy = ChatPolicy(ALL, {ALL: ON})
    policy.put("g:a", OFF)
    assert not policy.decide("ann", {ALL, "g:a"}).enabled
    policy.put("g:a", INHERIT)
    assert policy.decide("ann", {ALL, "g:a"}).by == ALL
