"""Documents of clients: versions, limits, and who hears of a new one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parlour.hub.events import PreferenceChanged
from parlour.hub.preferences import Preference
from parlour.rooms.model import Limits
from parlour.rooms.refusals import Refusal, Refused
from tests.hub.fakes import World, person, uri

LIMITS = replace(Limits(), preference_labels=3, preference_bytes=20)
LABEL = "kedzie.GroupChannels"


async def world() -> World:
    w = World([person("ann"), person("bob")], [], limits=LIMITS)
    await w.hub.start()
    return w


def reason(answer: object) -> Refusal:
    assert isinstance(answer, Refused)
    return answer.reason


async def test_only_what_is_newer_is_given() -> None:
    w = await world()
    ann, _ = w.enter("ann")
    kept = w.hub.preferences
    assert await kept.get(ann.uri, LABEL, 0, False) == Preference(LABEL, 0)
    assert await kept.put(ann, LABEL, 0, "H4sI첫째") == Preference(LABEL, 1)
    assert await kept.put(ann, LABEL, 1, "second") == Preference(LABEL, 2)
    assert await kept.get(ann.uri, LABEL, 1, True) == Preference(LABEL, 2, "second")
    assert await kept.get(ann.uri, LABEL, 2, True) == Preference(LABEL, 2)
    assert await kept.get(ann.uri, LABEL, 9, True) == Preference(LABEL, 2)
    assert await kept.get(uri("bob"), LABEL, 0, False) == Preference(LABEL, 0)


async def test_kept_already_it_is_told_as_kept() -> None:
    """Sent again because the answer was lost; something newer is still not overwritten."""
    w = await world()
    ann, _ = w.enter("ann")
    put = w.hub.preferences.put
    for _ in range(2):
        assert await put(ann, LABEL, 0, "첫째") == Preference(LABEL, 1)
    for _ in range(2):
        assert await put(ann, LABEL, 1, "둘째") == Preference(LABEL, 2)
    assert reason(await put(ann, LABEL, 0, "첫째")) is Refusal.DATA_COLLISION
    assert reason(await put(ann, LABEL, 1, "셋째")) is Refusal.DATA_COLLISION


async def test_an_empty_one_is_made_if_wished() -> None:
    w = await world()
    assert await w.hub.preferences.get(uri("ann"), LABEL, 0, True) == Preference(LABEL, 1, "")
    assert await w.hub.preferences.get(uri("ann"), LABEL, 1, True) == Preference(LABEL, 1)


async def test_an_older_copy_does_not_overwrite_a_newer_one() -> None:
    w = await world()
    ann, _ = w.enter("ann")
    for version in range(3):
        assert await w.hub.preferences.put(ann, LABEL, version, f"{version}") == Preference(LABEL, version + 1)
    assert reason(await w.hub.preferences.put(ann, LABEL, 2, "late")) is Refusal.DATA_COLLISION
    assert await w.hub.preferences.get(ann.uri, LABEL, 0, False) == Preference(LABEL, 3, "2")
    assert await w.hub.preferences.put(ann, LABEL, 71, "a client from elsewhere") == reason_limit()
    assert await w.hub.preferences.put(ann, LABEL, 71, "from elsewhere") == Preference(LABEL, 4)


def reason_limit() -> Refused:
    return Refused(Refusal.LIMIT_EXCEEDED, "a document has at most 20 bytes")


async def test_the_other_endpoints_of_the_person_hear_of_it() -> None:
    w = await world()
    desk, desk_ears = w.enter("ann", "desk")
    _, pocket_ears = w.enter("ann", "pocket")
    _, bob_ears = w.enter("bob")
    await w.hub.preferences.put(desk, LABEL, 0, "x")
    await w.settle()
    (event,) = pocket_ears.events
    assert isinstance(event, PreferenceChanged)
    assert (event.label, event.version) == (LABEL, 1)
    assert desk_ears.events == bob_ears.events == []
    await w.hub.preferences.put(desk, LABEL, 0, "older")
    await w.settle()
    assert len(pocket_ears.events) == 1


@pytest.mark.parametrize(
    ("label", "content", "why"),
    [
        ("", "x", Refusal.INVALID),
        (" ", "x", Refusal.INVALID),
        ("a\nb", "x", Refusal.INVALID),
        ("x" * 256, "x", Refusal.LIMIT_EXCEEDED),
        ("x", "x" * 21, Refusal.LIMIT_EXCEEDED),
        ("x", "가" * 7, Refusal.LIMIT_EXCEEDED),
        ("x", "\ud800", Refusal.INVALID),
    ],
)
async def test_what_is_not_kept(label: str, content: str, why: Refusal) -> None:
    w = await world()
    ann, _ = w.enter("ann")
    assert reason(await w.hub.preferences.put(ann, label, 0, content)) is why
    assert await w.store.documents.all(ann.uri, "preference") == []


async def test_so_many_and_no_more() -> None:
    w = await world()
    ann, _ = w.enter("ann")
    for label in ("a", "b"):
        await w.hub.preferences.put(ann, label, 0, "x")
    assert isinstance(await w.hub.preferences.get(ann.uri, "c", 0, True), Preference)
    assert reason(await w.hub.preferences.put(ann, "d", 0, "x")) is Refusal.LIMIT_EXCEEDED
    assert reason(await w.hub.preferences.get(ann.uri, "d", 0, True)) is Refusal.LIMIT_EXCEEDED
    assert await w.hub.preferences.put(ann, "a", 1, "y") == Preference("a", 2)


async def test_while_the_store_cannot_write() -> None:
    w = await world()
    ann, _ = w.enter("ann")
    w.store.papers.off = True
    assert reason(await w.hub.preferences.put(ann, LABEL, 0, "x")) is Refusal.UNAVAILABLE
    assert reason(await w.hub.preferences.get(ann.uri, LABEL, 0, True)) is Refusal.UNAVAILABLE
    assert await w.hub.preferences.get(ann.uri, LABEL, 0, False) == Preference(LABEL, 0)
