"""Groups in groups, and circles that end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parlour.directory.groups import Memberships

ALL = "g:all"


def test_nested() -> None:
    found = Memberships(ALL, [("g:plant", "g:night"), ("g:night", "alice"), ("g:plant", "bob")])
    assert found.affiliations("alice") == {ALL, "g:plant", "g:night"}
    assert found.affiliations("bob") == {ALL, "g:plant"}
    assert found.affiliations("stranger") == {ALL}
    assert found.beneath("g:plant") == {"g:plant", "g:night", "alice", "bob"}
    assert found.members_of("g:plant") == {"g:night", "bob"}


def test_the_domain_in_a_group() -> None:
    found = Memberships(ALL, [("g:readers", ALL), ("g:outer", "g:readers")])
    assert found.affiliations("anybody") == {ALL, "g:readers", "g:outer"}
    assert ALL in found.beneath("g:outer")


def test_circles() -> None:
    found = Memberships(ALL, [("a", "b"), ("b", "c"), ("c", "a"), ("c", "alice")])
    assert found.affiliations("alice") == {ALL, "a", "b", "c"}
    assert found.would_circle("a", "a")
    assert found.would_circle("c", "b")
    assert not Memberships(ALL, [("a", "b")]).would_circle("a", "c")


def test_forgetting() -> None:
    found = Memberships(ALL, [("a", "b"), ("b", "alice")])
    found.forget("b")
    found.forget("nobody")
    found.remove("x", "y")
    assert found.affiliations("alice") == {ALL}
    assert found.members_of("a") == frozenset()
    found.add("a", "alice")
    found.remove("a", "alice")
    assert found.affiliations("alice") == {ALL}


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef12")), max_size=30))
def test_refused_circles_never_arise(pairs: list[tuple[str, str]]) -> None:
    found = Memberships(ALL)
    for group, member in pairs:
        if not found.would_circle(group, member):
            found.add(group, member)
    for group in "abcdef":
        assert all(group not in found.beneath(member) for member in found.members_of(group))
