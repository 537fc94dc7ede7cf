"""Each message once, in order, from whichever side it comes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parlour.client.heard import Heard
from parlour.xccos.types import GroupChat

ROOM = "ma-chan://example.com/5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"
JOINED = 1_000_000


def message(number: int | None, at: int = JOINED + 1) -> GroupChat:
    return GroupChat(1, ROOM, "sip:bob@example.com", f"message {number}", chat_id=number, at=at)


def messages(*numbers: int) -> list[GroupChat]:
    return [message(number) for number in numbers]


def test_live_messages_are_told_once() -> None:
    heard = Heard(JOINED)
    assert [heard.hear(message(number)) for number in (4, 5, 5, 4, 6)] == [True, True, False, False, True]


def test_messages_without_a_number_are_always_told() -> None:
    heard = Heard(JOINED)
    assert heard.hear(message(None))
    assert heard.hear(message(None))


def test_history_before_we_came_is_no_news() -> None:
    heard = Heard(JOINED)
    old, new = message(4, JOINED - 1), message(5, JOINED + 1)
    assert heard.read([old, new]) == [new]
    assert heard.read([old, new]) == []
    assert not heard.hear(new)


def test_history_after_live_messages() -> None:
    heard = Heard(JOINED)
    assert heard.hear(message(5))
    assert heard.read([message(4, JOINED - 1), *messages(5, 6)]) == messages(6)
    assert heard.read([message(None)]) == []


def test_an_outage() -> None:
    heard = Heard(JOINED)
    heard.hear(message(5))
    heard.begin_catching_up()
    assert heard.catching_up
    assert not heard.hear(message(9))
    assert heard.read(messages(8)) == []
    assert heard.gap_before(messages(5, 6, 7, 8)) is None
    told = heard.catch_up(messages(5, 6, 7, 8))
    assert (told.recovered, told.live, told.gap) == (tuple(messages(6, 7, 8)), tuple(messages(9)), None)
    assert heard.hear(message(10))


def test_more_than_history_gives() -> None:
    heard = Heard(JOINED)
    heard.hear(message(5))
    heard.begin_catching_up()
    assert heard.gap_before(messages(6, 7)) is None
    assert heard.gap_before(messages(20, 21)) == (5, 20)
    assert heard.catch_up(messages(20, 21)).gap == (5, 20)


def test_an_outage_before_anything_was_heard() -> None:
    heard = Heard(JOINED)
    heard.begin_catching_up()
    told = heard.catch_up([message(4, JOINED - 1), *messages(5, 6)])
    assert (told.recovered, told.gap) == (tuple(messages(5, 6)), None)
    assert Heard(JOINED).catch_up(messages(5, 6)).gap == (0, 5)
    assert Heard(JOINED).catch_up(messages(1, 2)).gap is None
    assert Heard(JOINED).catch_up([]).recovered == ()


@given(
    st.lists(
        st.tuples(st.sampled_from(["live", "read", "out", "in"]), st.integers(1, 60), st.integers(1, 20)), max_size=60
    )
)
def test_always_ascending_and_never_twice(steps: list[tuple[str, int, int]]) -> None:
    heard = Heard(JOINED)
    told: list[int] = []
    for what, number, count in steps:
        page = messages(*range(number, number + count))
        if what == "live":
            told += [number] if heard.hear(message(number)) else []
        elif what == "out":
            heard.begin_catching_up()
        else:
            outcome = heard.catch_up(page) if what == "in" else None
            news = [*outcome.recovered, *outcome.live] if outcome is not None else heard.read(page)
            told += [one.chat_id for one in news if one.chat_id is not None]
    assert told == sorted(set(told))
