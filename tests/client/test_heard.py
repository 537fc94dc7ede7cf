"""Each message once, in order, from whichever side it comes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parlour.client.heard import Heard, with_text_of, without, without_up_to
from parlour.xccos.types import GroupChat

ROOM = "ma-chan://example.com/5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"
JOINED = 1_000_000


def message(number: int | None, at: int = JOINED + 1, text: str = "회의") -> GroupChat:
    return GroupChat(1, ROOM, "sip:bob@example.com", text, chat_id=number, at=at)


def messages(*numbers: int) -> list[GroupChat]:
    return [message(number) for number in numbers]


def is_told(heard: Heard, number: int | None) -> bool:
    told, gap = heard.hear(message(number))
    assert gap is None
    return told


def test_live_messages_are_told_once() -> None:
    heard = Heard(JOINED)
    assert [is_told(heard, number) for number in (4, 5, 5, 4, 6)] == [True, True, False, False, True]


def test_messages_without_a_number_are_always_told() -> None:
    heard = Heard(JOINED)
    assert is_told(heard, None)
    assert is_told(heard, None)


def test_history_before_we_came_is_no_news() -> None:
    heard = Heard(JOINED)
    old, new = message(4, JOINED - 1), message(5, JOINED + 1)
    assert heard.read([old, new]) == [new]
    assert heard.read([old, new]) == []
    assert not is_told(heard, 5)


def test_history_after_live_messages() -> None:
    heard = Heard(JOINED)
    assert is_told(heard, 5)
    assert heard.read([message(4, JOINED - 1), *messages(5, 6)]) == messages(6)
    assert heard.read([message(None)]) == []


def test_an_outage_in_pages() -> None:
    heard = Heard(JOINED)
    heard.hear(message(5))
    heard.begin_catching_up()
    assert not is_told(heard, 9)
    assert heard.read(messages(8)) == []
    assert heard.recover(messages(5, 6)) == messages(6)
    assert heard.recover(messages(8, 9)) == messages(8, 9)
    assert not is_told(heard, 10)
    assert heard.caught_up() == (messages(10), None)
    assert is_told(heard, 11)


def test_numbers_that_are_missing_in_history_were_taken_away_and_not_missed() -> None:
    heard = Heard(JOINED)
    heard.hear(message(5))
    heard.begin_catching_up()
    heard.recover(messages(20))
    assert heard.caught_up() == ([], None)
    assert heard.hear(message(30)) == (True, None)


def test_an_outage_before_anything_was_heard() -> None:
    heard = Heard(JOINED)
    heard.begin_catching_up()
    assert heard.recover([message(4, JOINED - 1), *messages(5, 6)]) == messages(5, 6)
    assert heard.caught_up() == ([], None)


def test_more_than_is_fetched() -> None:
    heard = Heard(JOINED)
    heard.hear(message(5))
    heard.begin_catching_up()
    heard.recover(messages(6, 7))
    assert heard.skip_to(20) == (7, 21)
    heard.hear(message(21))
    assert heard.caught_up() == (messages(21), None)


def test_what_waits_is_told_although_it_is_beyond_what_is_fetched() -> None:
    heard = Heard(JOINED)
    heard.hear(message(5))
    heard.begin_catching_up()
    heard.hear(message(18))
    heard.hear(message(20))
    heard.recover(messages(6, 7))
    assert heard.skip_to(20) == (7, 18)
    assert heard.caught_up() == (messages(18, 20), None)


def test_nothing_is_left_out_when_what_waits_follows() -> None:
    heard = Heard(JOINED)
    heard.begin_catching_up()
    heard.hear(message(8))
    heard.recover(messages(6, 7))
    assert heard.skip_to(8) is None
    assert heard.caught_up() == (messages(8), None)


def test_without_history_the_next_number_shows_what_was_missed() -> None:
    heard = Heard(JOINED)
    heard.hear(message(5))
    heard.begin_catching_up()
    assert heard.caught_up(whole=False) == ([], None)
    assert heard.hear(message(None)) == (True, None)
    assert heard.hear(message(9)) == (True, (5, 9))
    assert heard.hear(message(12)) == (True, None)


def test_without_history_what_waits_shows_it() -> None:
    heard = Heard(JOINED)
    heard.hear(message(5))
    heard.begin_catching_up()
    heard.hear(message(9))
    assert heard.caught_up(whole=False) == (messages(9), (5, 9))


def test_without_history_and_nothing_missed() -> None:
    heard = Heard(JOINED)
    heard.hear(message(5))
    heard.begin_catching_up()
    heard.caught_up(whole=False)
    assert heard.hear(message(6)) == (True, None)
    assert heard.hear(message(9)) == (True, None)


def test_what_is_taken_away_while_it_waits_is_not_told() -> None:
    heard = Heard(JOINED)
    heard.amend(without(1))
    heard.begin_catching_up()
    for number in (1, 2, 3, 4):
        heard.hear(message(number, at=number))
    heard.hear(message(None, at=2))
    heard.amend(without(4))
    heard.amend(without_up_to(2))
    heard.amend(with_text_of(message(3, text="지워졌습니다")))
    told, _ = heard.caught_up()
    assert [(one.chat_id, one.text, one.at) for one in told] == [(3, "지워졌습니다", 3)]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["live", "read", "out", "page", "skip", "in", "in blind"]),
            st.integers(1, 60),
            st.integers(1, 20),
        ),
        max_size=60,
    )
)
def test_always_ascending_and_never_twice(steps: list[tuple[str, int, int]]) -> None:
    heard = Heard(JOINED)
    told: list[int] = []
    for what, number, count in steps:
        page = messages(*range(number, number + count))
        news: list[GroupChat] = []
        if what == "live":
            news = [message(number)] if heard.hear(message(number))[0] else []
        elif what == "out":
            heard.begin_catching_up()
        elif what == "page":
            news = heard.recover(page)
        elif what == "skip":
            heard.skip_to(number)
        elif what == "read":
            news = heard.read(page)
        else:
            news = heard.caught_up(whole=what == "in")[0]
        told += [one.chat_id for one in news if one.chat_id is not None]
    assert told == sorted(set(told))
