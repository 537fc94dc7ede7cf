"""Finding and removing messages; dates as people type them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from parlour.hub.commands.dates import read_since, read_until
from parlour.hub.removing import DEFAULT_REPLACEMENT
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import EventKind
from tests.hub.fakes import uri
from tests.hub.office import Office, opened_office, reason

ROOM = "Night Shift"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    with opened_office(tmp_path) as opened:
        await opened.hub.start()
        for login in ("ann", "bob"):
            await opened.run("user.add", login=login, display_name=login.title())
        await opened.run("category.create", name="Plant", allow=["everyone"])
        await opened.run("room.create", name=ROOM, category="Plant", member=["ann", "bob"])
        await opened.say(ROOM, "ann", "The pump is hot", "야간 근무 보고")
        await opened.say(ROOM, "bob", "pump cold", "Hot pump again")
        yield opened


async def found(office: Office, **params: object) -> list[int]:
    pages = await office.run("message.search", room=[ROOM], **params)
    assert not isinstance(pages, Refused), pages
    return [post["id"] for post in pages[0]["messages"]]


def where(office: Office) -> dict[str, str]:
    room = office.hub.catalogue.find_room(ROOM)
    assert room is not None
    return {"room": room.name, "room_id": room.id}


async def test_whatever_is_said_about_a_message_names_its_room_in_the_same_way(office: Office) -> None:
    said = await office.run("message.send", room=ROOM, text="x", as_user="ann")
    found_pages = await office.run("message.search", room=[ROOM], words="hot")
    followed = office.commands.follow("message.follow", {"room": ROOM, "count": 1})
    everything = [
        said,
        *await office.run("message.tail", room=ROOM),
        *found_pages,
        *(post for page in found_pages for post in page["messages"]),
        await anext(followed),
        await office.run("message.remove", room=ROOM, id=[1], dry_run=True),
        await office.run("message.remove", room=ROOM, id=[1]),
        await office.run("room.clear", room=ROOM, until="2020-01-01"),
    ]
    await followed.aclose()  # type: ignore[attr-defined]
    assert len(everything) > 10
    assert [{key: one[key] for key in ("room", "room_id")} for one in everything] == [where(office)] * len(everything)


async def test_messages_are_found_by_words_people_and_dates(office: Office) -> None:
    at = [post["at"] for post in await office.run("message.tail", room=ROOM)]
    for params, ids in (
        ({}, [1, 2, 3, 4]),
        ({"words": "hot cold"}, [1, 3, 4]),
        ({"words": "hot pump", "all": True}, [1, 4]),
        ({"words": "hot pump", "phrase": True}, [4]),
        ({"words": "Hot", "case": True}, [4]),
        ({"words": "근무"}, [2]),
        ({"author": ["bob"]}, [3, 4]),
        ({"author": ["sip:Gone@Example.com"]}, []),
        ({"since": at[1], "until": at[2]}, [2, 3]),
        ({"since": "2027-01-16"}, []),
        ({"until": "2027-01-15"}, [1, 2, 3, 4]),
        ({"count": 1}, [4]),
    ):
        assert await found(office, **params) == ids, params


async def test_a_search_in_many_rooms_says_how_much_there_is(office: Office) -> None:
    await office.run("category.create", name="Unkept", allow=["everyone"], logged=False)
    await office.run("room.create", name="바람", category="Unkept", visibility="open")
    await office.say("바람", "ann", "pump")
    pages = await office.run("message.search", room=["바람", ROOM], words="pump", count=2)
    assert [(page["room"], page["matches"], page["more"], page["logged"]) for page in pages] == [
        ("바람", 0, False, False),
        (ROOM, 3, True, True),
    ]
    rows = await office.store.posts.outbox(0, 100)
    assert [row.kind for row in rows[-2:]] == [EventKind.BACKCHAT] * 2
    for params, why in (
        ({"room": [ROOM, "Nowhere"]}, Refusal.NO_SUCH_ROOM),
        ({"room": [ROOM], "author": ["zoe"]}, Refusal.NO_SUCH_PRINCIPAL),
        ({"room": [ROOM], "since": "yesterday"}, Refusal.INVALID),
        ({"room": [ROOM], "until": "2027-13-01"}, Refusal.INVALID),
    ):
        assert reason(await office.run("message.search", **params)) is why


async def test_messages_are_removed_by_what_they_are(office: Office) -> None:
    run = office.run
    counted = await run("message.remove", room=ROOM, words="hot pump", dry_run=True)
    assert counted == {**where(office), "would_remove": 2, "at_least": False}
    assert await found(office) == [1, 2, 3, 4]
    assert await run("message.remove", room=ROOM, words="hot pump", match="exact") == {**where(office), "removed": 1}
    assert await run("message.remove", room=ROOM, words="report cold", match="any") == {**where(office), "removed": 1}
    assert await run("message.remove", room=ROOM, words="PUMP", case=True) == {**where(office), "removed": 0}
    assert await run("message.remove", room=ROOM, author=["bob"]) == {**where(office), "removed": 0}
    assert await found(office) == [1, 2]
    assert await run("message.remove", room=ROOM, id=[2, 1]) == {**where(office), "removed": 2}
    assert await found(office) == []
    kinds = [row.kind for row in await office.store.posts.outbox(0, 100)]
    assert kinds.count(EventKind.CHATDELETE) == 4


async def test_a_text_stands_in_the_place_of_messages(office: Office) -> None:
    run = office.run
    assert await run("message.remove", room=ROOM, id=[1], replace=True) == {**where(office), "replaced": 1}
    removed = await run("message.remove", room=ROOM, author=["bob"], replacement="지워짐")
    assert removed == {**where(office), "replaced": 2}
    texts = [post["text"] for post in await run("message.tail", room=ROOM)]
    assert texts == [DEFAULT_REPLACEMENT, "야간 근무 보고", "지워짐", "지워짐"]


async def test_a_removal_has_to_say_which(office: Office) -> None:
    for params in ({}, {"words": "  "}, {"id": [1], "author": ["bob"]}):
        refused = await office.run("message.remove", room=ROOM, **params)
        assert reason(refused) is Refusal.INVALID
        assert "--id" in refused.detail
    assert reason(await office.run("message.remove", room=ROOM, id=[9])) is Refusal.NO_SUCH_MESSAGE
    assert reason(await office.run("message.remove", room=ROOM, id=[9], dry_run=True)) is Refusal.NO_SUCH_MESSAGE
    assert (await office.run("message.remove", room=ROOM, id=[1], dry_run=True))["would_remove"] == 1
    assert reason(await office.run("message.remove", room=ROOM, words="x", since="then")) is Refusal.INVALID
    assert await found(office) == [1, 2, 3, 4]


async def test_an_empty_replacement_deletes_nothing(office: Office) -> None:
    assert await office.run("message.remove", room=ROOM, id=[1], replacement="") == {**where(office), "replaced": 1}
    assert (await office.run("message.remove", room=ROOM, author=["bob"], replacement=""))["replaced"] == 2
    refused = await office.run("message.remove", room=ROOM, id=[1], replacement=" ")
    assert reason(refused) is Refusal.INVALID
    texts = [post["text"] for post in await office.run("message.tail", room=ROOM)]
    assert texts == [DEFAULT_REPLACEMENT, "야간 근무 보고", DEFAULT_REPLACEMENT, DEFAULT_REPLACEMENT]


@pytest.mark.parametrize("dry_run", [False, True])
async def test_of_listed_messages_all_are_removed_or_none(office: Office, dry_run: bool) -> None:
    refused = await office.run("message.remove", room=ROOM, id=[3, 99, 4, -7, 2**70], dry_run=dry_run)
    assert reason(refused) is Refusal.NO_SUCH_MESSAGE
    assert refused.detail == f"there is no message 99, -7, {2**70}; nothing was changed"
    assert await found(office) == [1, 2, 3, 4]
    done = await office.run("message.remove", room=ROOM, id=[3, 4, 3], dry_run=dry_run)
    assert done["would_remove" if dry_run else "removed"] == 2


async def removed(office: Office, words: str, **params: object) -> list[str]:
    """The texts that a removal takes out; counting says the same."""
    before = [post["text"] for post in await office.run("message.tail", room=ROOM)]
    counted = await office.run("message.remove", room=ROOM, words=words, dry_run=True, **params)
    done = await office.run("message.remove", room=ROOM, words=words, **params)
    after = [post["text"] for post in await office.run("message.tail", room=ROOM)]
    gone = [text for text in before if text not in after]
    assert counted["would_remove"] == done["removed"] == len(gone) == len(before) - len(after)
    return gone


async def test_a_removal_takes_no_more_than_was_asked_for(office: Office) -> None:
    many = " ".join(f"w{n}" for n in range(31))
    long = " ".join(["word"] * 70)
    korean = "가나다라마바사아자차카타파하" * 5
    await office.say(ROOM, "ann", f"{many} guilty", f"{many} innocent", f"{long} A", f"{long} B")
    await office.say(ROOM, "ann", f"{korean} 유죄", f"{korean} 무죄", "C# rocks", "a.b.c", "my Résumé", "resume work")
    assert await removed(office, f"{many} guilty") == [f"{many} guilty"]
    assert await removed(office, f"{long} B", match="exact") == [f"{long} B"]
    assert await removed(office, f"{korean} 유죄", match="exact") == [f"{korean} 유죄"]
    assert await removed(office, f"{korean} 무죄") == [f"{korean} 무죄"]
    assert await removed(office, "C#") == ["C# rocks"]
    assert await removed(office, "a b c", match="exact") == []
    assert await removed(office, "résumé", match="exact", case=True) == []
    assert await removed(office, "résumé", match="exact") == ["my Résumé"]
    assert await removed(office, "a.B.c", match="exact") == ["a.b.c"]


async def test_more_words_than_can_be_looked_for_are_refused(office: Office) -> None:
    words = " ".join(f"w{n}" for n in range(33))
    for refused in (
        await office.run("message.remove", room=ROOM, words=words),
        await office.run("message.remove", room=ROOM, words=words, dry_run=True),
        await office.run("message.search", room=[ROOM], words=words),
    ):
        assert reason(refused) is Refusal.LIMIT_EXCEEDED
        assert refused.detail == "a search has at most 32 different words and phrases; these are 33"
    assert await office.run("message.remove", room=ROOM, words=words, match="exact") == {**where(office), "removed": 0}


async def test_a_room_is_cleared_up_to_a_moment_it_included(office: Office) -> None:
    await office.enter("ann", ROOM)
    at = [post["at"] for post in await office.run("message.tail", room=ROOM)]
    assert (await office.run("room.clear", room=ROOM, until=at[1], dry_run=True))["would_remove"] == 2
    assert await office.run("room.clear", room=ROOM, until=at[1]) == {**where(office), "removed": 2}
    assert await found(office) == [3, 4]
    assert "HistoryPurged" in office.ears["ann"].kinds()
    assert await office.run("room.clear", room=ROOM, until="2027-01-15") == {**where(office), "removed": 2}
    assert reason(await office.run("room.clear", room=ROOM, until="soon")) is Refusal.INVALID
    assert reason(await office.run("room.clear", room="Sea", until="2027-01-15")) is Refusal.NO_SUCH_ROOM


async def test_who_is_gone_can_still_be_named_as_author(office: Office) -> None:
    await office.run("user.remove", user="bob")
    assert await found(office, author=[uri("bob")]) == [3, 4]
    assert await found(office, author=["bob@example.com"]) == [3, 4]


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("1970-01-02", 86_400_000_000, 2 * 86_400_000_000 - 1),
        ("1970-01-01T00:00:01", 1_000_000, 1_000_000),
        ("1970-01-01T00:00:01Z", 1_000_000, 1_000_000),
        ("1970-01-01T09:00:01+09:00", 1_000_000, 1_000_000),
        ("1970-01-01 00:00:00.000007", 7, 7),
        ("1970-01-02Z", 86_400_000_000, 2 * 86_400_000_000 - 1),
        ("1970-01-02+09:00", 15 * 3_600_000_000, 39 * 3_600_000_000 - 1),
        ("1970-01-01-0500", 5 * 3_600_000_000, 29 * 3_600_000_000 - 1),
    ],
)
def test_dates(text: str, since: int, until: int) -> None:
    assert (read_since(text), read_until(text)) == (since, until)


def test_what_is_no_date() -> None:
    assert read_since(None) is read_until(None) is None
    for text in ("", "x", "2026-02-30", "12:00", "2026-01-31+25:00", "2026-02-30Z", "0001-01-01T00:00:00+23:59"):
        for answer in (read_since(text), read_until(text)):
            assert isinstance(answer, Refused) or text.startswith("0001"), text
    # The last moment there is has no day after it, and is a date all the same.
    assert isinstance(read_until("9999-12-31"), int)


async def test_a_room_that_is_named_twice_is_searched_once(office: Office) -> None:
    await office.run("category.create", name="Twice", allow=["everyone"])
    made = await office.run("room.create", name="Once", category="Twice")
    pages = await office.run("message.search", room=["Once", "ONCE", made["id"]], words="x")
    assert [page["room"] for page in pages] == ["Once"]


async def test_who_speaks_for_somebody_is_told_whose_room_it_is_not(office: Office) -> None:
    await office.run("user.add", login="zed")
    await office.run("category.create", name="Behind", allow=["everyone"])
    await office.run("room.create", name="Board", category="Behind", visibility="secret")
    refused = await office.run("message.send", room="Board", text="hello", as_user="zed")
    assert (reason(refused), refused.detail) == (Refusal.NOT_PERMITTED, "for zed there is no room Board")
    assert reason(await office.run("message.send", room="Nowhere", text="hello", as_user="zed")) is Refusal.NO_SUCH_ROOM


async def test_a_search_may_only_count(office: Office) -> None:
    await office.run("user.add", login="zed")
    await office.run("category.create", name="Counted", allow=["everyone"])
    await office.run("room.create", name="Tally", category="Counted", visibility="open")
    await office.say("Tally", "zed", "one word", "another word")
    (page,) = await office.run("message.search", room=["Tally"], words="word", count=0)
    assert (page["matches"], page["messages"]) == (2, [])
