"""Posting: kept before told, one order, no duplicates, nothing lost when the author goes."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from parlour.hub.events import PostHeard
from parlour.hub.posting import Draft
from parlour.hub.presence import RoomView
from parlour.rooms.model import Behavior, Limits
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import StoredPost
from tests.hub.fakes import PLANT, ROOT, Ears, World, key, person, room, uri

MEMBERS = frozenset({"ma-grp:all"})
SHIFT = room(1, "Night Shift", members=MEMBERS)
HALL = room(2, "Hall", members=MEMBERS, behavior=Behavior.AUDITORIUM, presenters=frozenset({uri("ann")}))


async def world(**options: object) -> World:
    made = World([person("ann"), person("bob"), person("cat")], [SHIFT, HALL], **options)  # type: ignore[arg-type]
    await made.hub.start()
    return made


def texts(ears: Ears) -> list[str]:
    return [event.post.text for event in ears.events if isinstance(event, PostHeard)]


async def both(w: World) -> tuple:  # type: ignore[type-arg]
    (ann, ann_ears), (bob, bob_ears) = w.enter("ann"), w.enter("bob")
    await w.hub.join(bob, SHIFT.id)
    await w.hub.join(ann, SHIFT.id)
    return ann, ann_ears, bob, bob_ears


async def test_everybody_hears_a_post_the_author_too() -> None:
    w = await world()
    ann, ann_ears, _, bob_ears = await both(w)
    post = await w.hub.post(ann, SHIFT.id, Draft("hello", rtf="{\\rtf1}", alert=True), key())
    assert isinstance(post, StoredPost)
    assert (post.chat_id, post.author, post.author_name, post.rtf, post.alert) == (
        1,
        uri("ann"),
        "Ann",
        "{\\rtf1}",
        True,
    )
    assert texts(ann_ears) == texts(bob_ears) == ["hello"]
    assert ann_ears.events[-1] is bob_ears.events[-1]


async def test_nobody_hears_before_it_is_kept() -> None:
    w = await world()
    ann, ann_ears, _, bob_ears = await both(w)
    w.posts.hold = True
    task = asyncio.create_task(w.hub.post(ann, SHIFT.id, Draft("hello"), key()))
    for _ in range(5):
        await asyncio.sleep(0)
    assert texts(ann_ears) == texts(bob_ears) == []
    assert not task.done()
    w.posts.commit()
    assert isinstance(await task, StoredPost)
    assert texts(bob_ears) == ["hello"]


async def test_an_unavailable_store_refuses_and_tells_nobody() -> None:
    w = await world()
    ann, _, _, bob_ears = await both(w)
    w.posts.down = True
    answer = await w.hub.post(ann, SHIFT.id, Draft("hello"), key())
    assert isinstance(answer, Refused)
    assert answer.reason is Refusal.UNAVAILABLE
    assert texts(bob_ears) == []


async def test_the_same_key_gets_the_same_answer_and_is_told_once() -> None:
    w = await world()
    ann, ann_ears, _, bob_ears = await both(w)
    act = key()
    first = await w.hub.post(ann, SHIFT.id, Draft("hello"), act)
    again = await w.hub.post(ann, SHIFT.id, Draft("hello"), act)
    assert first == again
    assert texts(ann_ears) == texts(bob_ears) == ["hello"]


async def test_the_same_key_twice_in_one_commit() -> None:
    w = await world()
    ann, _, _, bob_ears = await both(w)
    act = key()
    first, again = await asyncio.gather(*(w.hub.post(ann, SHIFT.id, Draft("hello"), act) for _ in range(2)))
    assert first == again
    assert texts(bob_ears) == ["hello"]


async def test_one_order_for_every_listener_also_across_slices() -> None:
    w = await world(slice_size=1)
    ann, ann_ears, bob, bob_ears = await both(w)
    posts = await asyncio.gather(*(w.hub.post((ann, bob)[n % 2], SHIFT.id, Draft(str(n)), key()) for n in range(50)))
    await w.settle()
    assert [post.chat_id for post in posts if isinstance(post, StoredPost)] == list(range(1, 51))
    assert texts(ann_ears) == texts(bob_ears) == [str(n) for n in range(50)]
    assert max(len(call) for call in bob_ears.calls) > 1


async def test_a_post_outlives_its_author() -> None:
    """Neither hanging up nor losing the right nor a cancelled task takes back what was decided."""
    w = await world()
    ann, _, _, bob_ears = await both(w)
    w.posts.hold = True
    cancelled = asyncio.create_task(w.hub.post(ann, SHIFT.id, Draft("one"), key()))
    await asyncio.sleep(0)
    cancelled.cancel()
    kept = asyncio.create_task(w.hub.post(ann, SHIFT.id, Draft("two"), key()))
    await asyncio.sleep(0)
    w.directory.put(replace(person("ann"), affiliations=frozenset()))
    w.posts.commit()
    assert isinstance(await kept, StoredPost)
    assert texts(bob_ears) == ["one", "two"]
    with pytest.raises(asyncio.CancelledError):
        await cancelled


async def test_who_is_not_in_the_room_does_not_post() -> None:
    w = await world()
    ann, _ = w.enter("ann")
    answer = await w.hub.post(ann, SHIFT.id, Draft("x"), key())
    assert isinstance(answer, Refused)
    assert answer.reason is Refusal.NOT_JOINED


async def test_only_presenters_post_in_an_auditorium() -> None:
    w = await world()
    (ann, _), (bob, bob_ears) = w.enter("ann"), w.enter("bob")
    await w.hub.join(ann, HALL.id)
    await w.hub.join(bob, HALL.id)
    refused = await w.hub.post(bob, HALL.id, Draft("x"), key())
    assert isinstance(refused, Refused)
    assert refused.reason is Refusal.NOT_PERMITTED
    assert isinstance(await w.hub.post(ann, HALL.id, Draft("y"), key()), StoredPost)
    assert texts(bob_ears) == ["y"]


async def test_too_long_and_empty() -> None:
    w = await world(limits=Limits(message_bytes=4))
    ann, *_ = await both(w)
    for text, why in [("12345", Refusal.LIMIT_EXCEEDED), ("ééé", Refusal.LIMIT_EXCEEDED), (" ", Refusal.INVALID)]:
        answer = await w.hub.post(ann, SHIFT.id, Draft(text), key())
        assert isinstance(answer, Refused)
        assert answer.reason is why


async def test_posting_for_somebody_who_is_not_in_the_room() -> None:
    w = await world()
    *_, bob_ears = await both(w)
    assert isinstance(await w.hub.post_as(uri("cat"), SHIFT.id, Draft("from a job"), key()), StoredPost)
    assert texts(bob_ears) == ["from a job"]
    for who, where, why in [
        ("cat", HALL.id, Refusal.NOT_PERMITTED),
        ("nobody", SHIFT.id, Refusal.NO_SUCH_PRINCIPAL),
    ]:
        answer = await w.hub.post_as(uri(who), where, Draft("x"), key())
        assert isinstance(answer, Refused)
        assert answer.reason is why


async def test_a_category_without_history_is_told_but_not_read_back() -> None:
    w = World([person("ann"), person("bob")], [SHIFT], categories=[ROOT, replace(PLANT, logged=False)])
    await w.hub.start()
    ann, _, _, bob_ears = await both(w)
    assert isinstance(await w.hub.post(ann, SHIFT.id, Draft("gone"), key()), StoredPost)
    assert texts(bob_ears) == ["gone"]
    history = await w.hub.recent(ann, SHIFT.id, 25)
    assert not isinstance(history, Refused)
    assert (history.posts, history.logged) == ((), False)


# --- too much at once


async def test_one_person_cannot_fill_the_queue_of_the_store() -> None:
    w = await world(limits=Limits(person_posts=5))
    ann, _, bob, bob_ears = await both(w)
    w.posts.hold = True
    mine = [asyncio.ensure_future(w.hub.post(ann, SHIFT.id, Draft(f"ann {n}"), key())) for n in range(300)]
    await asyncio.sleep(0)
    theirs = asyncio.ensure_future(w.hub.post(bob, SHIFT.id, Draft("bob"), key()))
    await asyncio.sleep(0)
    refused = [task.result() for task in mine if task.done()]
    assert len(refused) == 295
    assert {answer.reason for answer in refused if isinstance(answer, Refused)} == {Refusal.BUSY}
    w.posts.hold = False
    w.posts.commit()
    kept = await theirs
    assert isinstance(kept, StoredPost)
    # Behind as many posts of somebody else as may wait, and no more.
    assert kept.chat_id == 6
    assert all(isinstance(task.result(), StoredPost) for task in mine if not isinstance(task.result(), Refused))
    assert texts(bob_ears) == [*(f"ann {n}" for n in range(5)), "bob"]
    assert len(w.posts.posts[SHIFT.id]) == 6
    assert isinstance(await w.hub.post(ann, SHIFT.id, Draft("again"), key()), StoredPost)


async def test_those_that_could_not_be_kept_do_not_count_any_more() -> None:
    w = await world(limits=Limits(person_posts=1))
    ann, _, _, _ = await both(w)
    w.posts.down = True
    for _ in range(3):
        answer = await w.hub.post(ann, SHIFT.id, Draft("x"), key())
        assert isinstance(answer, Refused)
        assert answer.reason is Refusal.UNAVAILABLE
    w.posts.down = False
    assert isinstance(await w.hub.post_as(uri("ann"), SHIFT.id, Draft("x"), key()), StoredPost)


async def test_a_room_that_has_much_to_tell_takes_no_more_until_it_has_told_it() -> None:
    w = await world(slice_size=1, limits=Limits(room_backlog=10))
    ann, ann_ears, bob, _ = await both(w)
    await w.settle()
    others = [w.enter("cat", f"{n}") for n in range(6)]
    for cat, _ in others:
        await w.hub.join(cat, SHIFT.id)
    await w.settle()
    w.posts.hold = True
    first = [asyncio.ensure_future(w.hub.post(ann, SHIFT.id, Draft(f"{n}"), key())) for n in range(12)]
    await asyncio.sleep(0)
    w.posts.hold = False
    w.posts.commit()
    await asyncio.sleep(0)
    assert w.hub.presence.live[SHIFT.id].audience.backlog >= 10
    late = w.hub.post(bob, SHIFT.id, Draft("late"), key()), w.hub.post_as(uri("bob"), SHIFT.id, Draft("late"), key())
    for answer in await asyncio.gather(*late):
        assert isinstance(answer, Refused)
        assert answer.reason is Refusal.BUSY
    assert isinstance(await w.hub.post(ann, HALL.id, Draft("elsewhere"), key()), Refused)
    await asyncio.gather(*first)
    await w.settle()
    assert w.hub.presence.live[SHIFT.id].audience.backlog == 0
    assert texts(ann_ears) == [f"{n}" for n in range(12)]
    assert isinstance(await w.hub.post(bob, SHIFT.id, Draft("now"), key()), StoredPost)


async def test_nobody_enters_a_room_that_has_much_to_tell() -> None:
    w = await world(slice_size=1, limits=Limits(room_backlog=3))
    ann, _, _, _ = await both(w)
    cat, _ = w.enter("cat")
    w.posts.hold = True
    posts = [asyncio.ensure_future(w.hub.post(ann, SHIFT.id, Draft(f"{n}"), key())) for n in range(6)]
    await asyncio.sleep(0)
    w.posts.hold = False
    w.posts.commit()
    await asyncio.sleep(0)
    answer = await w.hub.join(cat, SHIFT.id)
    assert isinstance(answer, Refused)
    assert answer.reason is Refusal.BUSY
    await asyncio.gather(*posts)
    await w.settle()
    assert isinstance(await w.hub.join(cat, SHIFT.id), RoomView)
