"""Leave to transfer files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parlour.rooms.editing import CategoryChange, RoomChange
from parlour.rooms.model import CategoryId, Limits, RoomId
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import FileToken
from tests.hub.fakes import PLANT, ROOT, World, person, room, uri

WORKS = replace(PLANT, filepost=True)
BARE = replace(PLANT, id=CategoryId("c0000000-0000-0000-0000-000000000009"), name="Bare")
MEMBERS = frozenset({"ma-grp:all"})
SHIFT = room(1, "Shift", members=MEMBERS)
CLOSED = room(2, "Closed")
SHUT = room(3, "Shut", members=MEMBERS, disabled=True)
NO_FILES = replace(room(4, "No files", members=MEMBERS), category=BARE.id)


async def world() -> World:
    w = World(
        [person("ann"), person("bob")],
        [SHIFT, CLOSED, SHUT, NO_FILES],
        categories=[ROOT, WORKS, BARE],
        limits=replace(Limits(), file_token_seconds=1, file_tokens=3),
    )
    await w.hub.start()
    return w


def reason(answer: object) -> Refusal:
    assert isinstance(answer, Refused)
    return answer.reason


async def test_a_token_for_one_person_room_and_direction() -> None:
    w = await world()
    ann, _ = w.enter("ann")
    await w.hub.join(ann, SHIFT.id)
    token = await w.hub.files.issue(ann, SHIFT.id, True, "C:\\일지\\펌프 3.txt")
    assert isinstance(token, FileToken)
    assert (token.person, token.room, token.upload, token.file_name) == (uri("ann"), SHIFT.id, True, "펌프 3.txt")
    check = w.hub.files.check
    assert await check(token.token) == token
    assert await check(token.token, person=uri("ann"), room=SHIFT.id, upload=True) == token
    assert reason(await check(token.token, person=uri("bob"))) is Refusal.INVALID_TOKEN
    assert reason(await check(token.token, room=CLOSED.id)) is Refusal.INVALID_TOKEN
    assert reason(await check(token.token, upload=False)) is Refusal.INVALID_TOKEN
    assert reason(await check("guess")) is Refusal.INVALID_TOKEN


async def test_so_many_tokens_of_a_person_and_no_more() -> None:
    w = await world()
    (ann, _), (bob, _) = w.enter("ann"), w.enter("bob")
    for _ in range(3):
        assert isinstance(await w.hub.files.issue(ann, SHIFT.id, False, "x"), FileToken)
    assert reason(await w.hub.files.issue(ann, SHIFT.id, False, "x")) is Refusal.LIMIT_EXCEEDED
    assert isinstance(await w.hub.files.issue(bob, SHIFT.id, False, "x"), FileToken)


async def test_it_expires() -> None:
    w = await world()
    ann, _ = w.enter("ann")
    token = await w.hub.files.issue(ann, SHIFT.id, False, "x")
    assert isinstance(token, FileToken)
    # Each look at the clock is a microsecond here.
    w.store.tokens._tokens[token.token] = replace(token, expires=token.expires - 999_990)  # type: ignore[arg-type]
    answers = [await w.hub.files.check(token.token) for _ in range(20)]
    assert isinstance(answers[0], FileToken)
    assert reason(answers[-1]) is Refusal.INVALID_TOKEN


@pytest.mark.parametrize(
    ("where", "upload", "inside", "why"),
    [
        (SHIFT.id, True, False, Refusal.NOT_JOINED),
        (SHIFT.id, False, False, None),
        (CLOSED.id, True, False, Refusal.NOT_PERMITTED),
        (CLOSED.id, False, False, Refusal.NOT_PERMITTED),
        (SHUT.id, True, False, Refusal.ROOM_DISABLED),
        (SHUT.id, False, False, Refusal.ROOM_DISABLED),
        (NO_FILES.id, True, True, Refusal.FILES_NOT_ALLOWED),
        (NO_FILES.id, False, True, Refusal.FILES_NOT_ALLOWED),
        (RoomId("nowhere"), False, False, Refusal.NO_SUCH_ROOM),
    ],
)
async def test_who_gets_one(where: RoomId, upload: bool, inside: bool, why: Refusal | None) -> None:
    w = await world()
    ann, _ = w.enter("ann")
    if inside:
        await w.hub.join(ann, where)
    answer = await w.hub.files.issue(ann, where, upload, "x.txt")
    assert isinstance(answer, FileToken) if why is None else reason(answer) is why


@pytest.mark.parametrize(
    ("name", "why"),
    [("", Refusal.INVALID), ("a/b/", Refusal.INVALID), ("a\0", Refusal.INVALID), ("x" * 256, Refusal.LIMIT_EXCEEDED)],
)
async def test_a_file_needs_a_name(name: str, why: Refusal) -> None:
    w = await world()
    ann, _ = w.enter("ann")
    assert reason(await w.hub.files.issue(ann, SHIFT.id, False, name)) is why


async def test_a_lost_right_ends_a_token() -> None:
    w = await world()
    ann, _ = w.enter("ann")
    await w.hub.join(ann, SHIFT.id)
    up = await w.hub.files.issue(ann, SHIFT.id, True, "x")
    down = await w.hub.files.issue(ann, SHIFT.id, False, "x")
    assert isinstance(up, FileToken)
    assert isinstance(down, FileToken)
    await w.hub.managing.modify_room(None, SHIFT.id, RoomChange(disabled=True))
    for token in (up, down):
        assert reason(await w.hub.files.check(token.token)) is Refusal.INVALID_TOKEN
    await w.hub.managing.modify_room(None, SHIFT.id, RoomChange(disabled=False))
    assert await w.hub.files.check(up.token) == up
    for off in (False, "inherit"):
        await w.hub.managing.modify_category(None, WORKS.id, CategoryChange(filepost=True))
        assert await w.hub.files.check(up.token) == up
        await w.hub.managing.modify_category(None, WORKS.id, CategoryChange(filepost=off))  # type: ignore[arg-type]
        assert reason(await w.hub.files.check(up.token)) is Refusal.INVALID_TOKEN
    w.directory.drop(uri("ann"))
    assert reason(await w.hub.files.check(down.token)) is Refusal.INVALID_TOKEN


async def test_when_it_cannot_be_kept_there_is_none() -> None:
    w = await world()
    ann, _ = w.enter("ann")
    w.store.papers.off = True
    assert reason(await w.hub.files.issue(ann, SHIFT.id, False, "x")) is Refusal.UNAVAILABLE
    w.hub.leave(ann)
    assert reason(await w.hub.files.issue(ann, SHIFT.id, False, "x")) is Refusal.NOT_PROVISIONED
