"""Everybody by name, kept true while people come, go and change."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from parlour.hub.roster import Roster
from parlour.rooms.names import fold_name
from tests.hub.fakes import FakeDirectory, person

NAMES = ("ann", "bob", "cho")
shown = st.sampled_from(["Ann", "ANN", "김철수", "ｱﾝ", "Émile", ""])


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.none() | shown), max_size=12), st.integers(0, 12))
def test_as_if_it_were_sorted_each_time(changes: list[tuple[str, str | None]], asked_after: int) -> None:
    directory = FakeDirectory(*map(person, NAMES))
    roster = Roster(directory)
    for step, (name, display) in enumerate(changes):
        if step == asked_after:
            roster.rows()
        someone = person(name)
        if display is not None:
            directory.put(replace(someone, display_name=display, email=f"{name}@Example.com"))
        elif directory.find_person(someone.uri) is not None:
            directory.drop(someone.uri)
    everybody = sorted(directory.people(), key=lambda each: (fold_name(each.display_name), each.uri))
    assert [row.person for row in roster.rows()] == everybody


def test_what_a_row_contains() -> None:
    directory = FakeDirectory(replace(person("cho"), display_name="김철수", email="Chul@Example.com"))
    (row,) = Roster(directory).rows()
    assert all(row.contains(text) for text in ("철수", "cho@", "chul@ex", ""))
    assert not row.contains("영희")
