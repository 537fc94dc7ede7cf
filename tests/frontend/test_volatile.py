"""Publications that do not last: which hold, what is forgotten, how much there may be."""

from __future__ import annotations

import pytest

from parlour.frontend.publications import Lifetime, Publication
from parlour.frontend.volatile import MAX_BYTES, MAX_COUNT, VolatileCategories

ALICE = "sip:alice@example.com"


class Wall:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def held(wall: Wall) -> VolatileCategories:
    return VolatileCategories(wall)


def publication(
    lifetime: Lifetime, instance: int = 1, expires: int | None = None, content: str = "<x/>"
) -> Publication:
    return Publication(1, "state", instance, 2, 0, lifetime, expires, content)


def keep(held: VolatileCategories, *publications: Publication, endpoint: str = "pc1") -> list[int]:
    return [held.keep(ALICE, endpoint, one, "2026-01-01T00:00:00Z") for one in publications]


def test_what_has_expired_leaves_room(held: VolatileCategories, wall: Wall) -> None:
    keep(held, *(publication(Lifetime.TIME, number, 60) for number in range(MAX_COUNT)))
    another = [publication(Lifetime.TIME, MAX_COUNT, 60)]
    assert not held.has_room(ALICE, another)
    wall.now += 60
    assert held.has_room(ALICE, another)
    keep(held, *another)
    assert len(held) == len(held.of(ALICE)) == 1


def test_with_the_last_endpoint_goes_what_has_expired(held: VolatileCategories, wall: Wall) -> None:
    keep(held, publication(Lifetime.TIME, 1, 60), publication(Lifetime.TIME, 2, 600), publication(Lifetime.USER, 3))
    wall.now += 60
    held.endpoint_gone(ALICE, "pc1", last=True)
    assert [category.instance for category in held.of(ALICE)] == [2]
    assert len(held) == 1


def test_a_time_that_is_not_said_ends_with_the_endpoint(held: VolatileCategories) -> None:
    keep(held, publication(Lifetime.TIME))
    held.endpoint_gone(ALICE, "pc2", last=False)
    assert len(held) == 1
    held.endpoint_gone(ALICE, "pc1", last=False)
    assert len(held) == 0


def test_nothing_is_left_of_whoever_has_removed_all(held: VolatileCategories) -> None:
    assert keep(held, publication(Lifetime.USER), publication(Lifetime.USER, expires=0)) == [1, 0]
    assert held._of == {}
    assert keep(held, publication(Lifetime.USER, expires=0)) == [0]
    assert held._of == {}


def test_at_the_limit_changes_and_removals_go_on(held: VolatileCategories) -> None:
    many = [publication(Lifetime.USER, number) for number in range(MAX_COUNT)]
    assert held.has_room(ALICE, many)
    keep(held, *many)
    new = publication(Lifetime.ENDPOINT, MAX_COUNT)
    assert not held.has_room(ALICE, [new])
    assert held.has_room(ALICE, many[:5])
    assert held.has_room(ALICE, [publication(Lifetime.USER, 0, 0), new])


def test_octets_are_bounded(held: VolatileCategories) -> None:
    large = "<x>" + "한" * 10_000 + "</x>"
    most = MAX_BYTES // len(large.encode())
    fits = [publication(Lifetime.USER, number, content=large) for number in range(most)]
    assert held.has_room(ALICE, fits)
    keep(held, *fits)
    assert not held.has_room(ALICE, [publication(Lifetime.USER, most, content=large)])
    assert held.has_room(ALICE, [publication(Lifetime.USER, most)])
    assert held.has_room("sip:bob@example.com", fits)
