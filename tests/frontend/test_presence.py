"""Presence: categories kept whatever they hold, versions, lifetimes."""

import asyncio
import re
from collections.abc import Sequence

import pytest
from lxml import etree

from parlour.frontend.presence import FAULT_TYPE, Presence, requested_sections
from parlour.sip.errors import RemoteProtocolError
from parlour.store.api import StoredDocument, StoreUnavailable
from parlour.store.memory import MemoryStore

ALICE = "sip:alice@example.com"
FOLLOWED = (
    '<roomSetting xmlns="http://schemas.microsoft.com/2006/09/sip/roomSetting"><propertyList '
    'xmlns="http://schemas.microsoft.com/2010/12/sip/propertyList"><property name="url">ma-chan://example.com/1</property>'
    '<property name="sound">none &amp; quiet</property></propertyList></roomSetting>'
)


class Wall:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def publish(*publications: str, uri: str = ALICE) -> bytes:
    return (
        '<publish xmlns="http://schemas.microsoft.com/2006/09/sip/rich-presence">'
        f'<publications uri="{uri}">{"".join(publications)}</publications></publish>'
    ).encode()


def item(
    content: str = FOLLOWED, *, version: int = 0, kind: str = "static", instance: int = 17, extra: str = ""
) -> str:
    return (
        f'<publication categoryName="roomSetting" instance="{instance}" container="1" version="{version}" '
        f'expireType="{kind}"{extra}>{content}</publication>'
    )


@pytest.fixture
async def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def presence(store: MemoryStore, wall: Wall) -> Presence:
    return Presence(store.documents, wall=wall, max_count=3)


def categories(document: bytes) -> list[tuple[str, str, str]]:
    root = etree.fromstring(document)
    return [(c.get("name"), c.get("version"), c.get("expireType")) for c in root.iter("{*}category")]


async def test_document_of_somebody_new(presence: Presence) -> None:
    document = (await presence.document(ALICE)).decode()
    assert document.startswith('<roamingData xmlns="http://schemas.microsoft.com/2006/09/sip/roaming-self">')
    assert 'type="sameEnterprise"' in document
    assert 'type="federated"' in document
    assert "<subscribers" in document
    assert categories(document.encode()) == []


async def test_a_followed_room_roams(presence: Presence) -> None:
    answer = await presence.publish(ALICE, "pc1", publish(item()))
    assert answer.status == 200
    assert answer.content_type == "application/vnd-microsoft-roaming-self+xml"
    assert categories(answer.body) == [("roomSetting", "1", "static")]
    assert b"property" not in answer.body
    document = await presence.document(ALICE)
    assert FOLLOWED.encode() in re.sub(rb' xmlns="[^"]*rich-presence"', b"", document)


async def test_versions_count_up_and_stale_ones_are_refused(presence: Presence) -> None:
    await presence.publish(ALICE, "pc1", publish(item()))
    assert (await presence.publish(ALICE, "pc1", publish(item(version=1)))).status == 200
    answer = await presence.publish(ALICE, "pc2", publish(item(instance=18), item(version=1)))
    assert (answer.status, answer.content_type) == (409, FAULT_TYPE)
    root = etree.fromstring(answer.body)
    assert root.findtext("{*}Faultcode") == "Client.BadCall.WrongDelta"
    operation = root.find("{*}details/{*}operation")
    assert operation is not None
    assert dict(operation.attrib) == {"index": "2", "version": "1", "curVersion": "2"}
    assert len(categories(await presence.document(ALICE))) == 1, "all or nothing"


async def test_unfollow_removes_and_may_be_repeated(presence: Presence) -> None:
    await presence.publish(ALICE, "pc1", publish(item()))
    gone = publish(item("", version=1, extra=' expires="0"'))
    for _ in range(2):
        assert (await presence.publish(ALICE, "pc1", gone)).status == 200
    assert categories(await presence.document(ALICE)) == []


async def test_what_was_changed_elsewhere_is_not_removed(presence: Presence) -> None:
    await presence.publish(ALICE, "pc1", publish(item()))
    await presence.publish(ALICE, "pc2", publish(item(version=1)))
    answer = await presence.publish(ALICE, "pc1", publish(item("", version=1, extra=' expires="0"')))
    assert (answer.status, b'curVersion="2"' in answer.body) == (409, True)
    assert categories(await presence.document(ALICE)) == [("roomSetting", "2", "static")]


async def test_endpoint_categories_go_with_their_endpoint(presence: Presence) -> None:
    await presence.publish(ALICE, "pc1", publish(item(kind="endpoint", instance=1), item(kind="user", instance=2)))
    await presence.publish(ALICE, "pc2", publish(item(kind="endpoint", instance=3)))
    presence.endpoint_gone(ALICE, "pc1", last=False)
    assert categories(await presence.document(ALICE)) == [
        ("roomSetting", "1", "user"),
        ("roomSetting", "1", "endpoint"),
    ]
    presence.endpoint_gone(ALICE, "pc2", last=True)
    assert categories(await presence.document(ALICE)) == []


async def test_volatile_categories_take_any_version(presence: Presence) -> None:
    await presence.publish(ALICE, "pc1", publish(item(kind="endpoint")))
    answer = await presence.publish(ALICE, "pc1", publish(item(kind="endpoint")))
    assert categories(answer.body) == [("roomSetting", "2", "endpoint")]


async def test_timed_categories_end(presence: Presence, wall: Wall) -> None:
    await presence.publish(ALICE, "pc1", publish(item(kind="time", extra=' expires="60"')))
    assert len(categories(await presence.document(ALICE))) == 1
    wall.now += 61
    assert categories(await presence.document(ALICE)) == []


async def test_nobody_publishes_for_another(presence: Presence) -> None:
    assert (await presence.publish(ALICE, "pc1", publish(item(), uri="sip:bob@example.com"))).status == 403


async def test_lasting_categories_are_bounded(presence: Presence) -> None:
    for instance in range(3):
        assert (await presence.publish(ALICE, "pc1", publish(item(instance=instance)))).status == 200
    assert (await presence.publish(ALICE, "pc1", publish(item(instance=9)))).status == 403


async def status_of(presence: Presence, *publications: str) -> int:
    return (await presence.publish(ALICE, "pc1", publish(*publications))).status


GONE = ' expires="0"'


async def test_whoever_follows_as_many_as_may_be_can_change_and_remove(presence: Presence) -> None:
    assert await status_of(presence, *(item(instance=instance) for instance in range(3))) == 200
    assert await status_of(presence, item(instance=0, version=1)) == 200
    assert await status_of(presence, item(instance=9), item(instance=1, version=1)) == 403
    assert await status_of(presence, item("", instance=0, version=2, extra=GONE), item(instance=9)) == 200
    assert await status_of(presence, item("", instance=1, version=1, extra=GONE)) == 200
    assert len(categories(await presence.document(ALICE))) == 2


async def test_what_is_too_much_already_may_change_but_not_grow(store: MemoryStore, wall: Wall) -> None:
    await status_of(Presence(store.documents, wall=wall), *(item(instance=instance) for instance in range(3)))
    for presence in (
        Presence(store.documents, wall=wall, max_count=2),
        Presence(store.documents, wall=wall, max_bytes=100),
    ):
        version = (await store.documents.heads(ALICE, "presence"))[0].version
        assert await status_of(presence, item(instance=0, version=version)) == 200
        assert await status_of(presence, item(instance=4)) == 403
        assert await status_of(presence, item("", instance=0, version=version + 1, extra=GONE)) == 200
        assert await status_of(Presence(store.documents, wall=wall), item(instance=0)) == 200


async def test_the_octets_of_lasting_categories_are_bounded(store: MemoryStore, wall: Wall) -> None:
    presence = Presence(store.documents, wall=wall, max_bytes=6000)
    large = f"<a>{'x' * 2500}</a>"
    assert await status_of(presence, item(large, instance=1), item(large, instance=2)) == 200
    assert await status_of(presence, item(large, instance=3)) == 403
    assert await status_of(presence, item(f"<a>{large * 2}</a>", instance=1, version=1)) == 403
    assert await status_of(presence, item("<a/>", instance=1, version=1), item(large, instance=3)) == 200
    assert sum(head.size for head in await store.documents.heads(ALICE, "presence")) <= 6000


async def test_a_request_is_kept_as_a_whole_or_not_at_all(presence: Presence) -> None:
    """Both name the version that is there, of which the second would be wrong after the first."""
    assert await status_of(presence, item(kind="endpoint"), item(instance=5), item(instance=6), item(instance=5)) == 409
    assert categories(await presence.document(ALICE)) == []


async def test_what_cannot_be_kept_is_not_kept_in_memory_either(
    presence: Presence, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def change(*rest: object) -> list[int]:
        raise StoreUnavailable("no room")

    monkeypatch.setattr(store.documents, "change", change)
    with pytest.raises(StoreUnavailable):
        await status_of(presence, item(kind="endpoint"), item(instance=5))
    assert categories(await presence.document(ALICE)) == []


async def test_a_publication_reads_no_contents(
    presence: Presence, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await status_of(presence, item()) == 200
    monkeypatch.delattr(type(store.documents), "all")
    monkeypatch.delattr(type(store.documents), "get")
    assert await status_of(presence, item(version=1)) == 200


async def test_documents_of_one_person_are_read_one_at_a_time(
    presence: Presence, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, most = 0, 0
    read = store.documents.all

    async def slowly(owner: str, kind: str) -> Sequence[StoredDocument]:
        nonlocal reading, most
        reading += 1
        most = max(most, reading)
        await asyncio.sleep(0)
        reading -= 1
        return await read(owner, kind)

    monkeypatch.setattr(store.documents, "all", slowly)
    assert len(await asyncio.gather(*(presence.document(ALICE) for _ in range(20)))) == 20
    assert most == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"<publish/>", 400),
        (publish('<publication categoryName="a b" instance="1" container="1" version="0"/>'), 400),
        (publish('<publication categoryName="a" instance="-1" container="1" version="0"/>'), 400),
        (publish(item(kind="for ever")), 400),
        (publish(item("x" * 10, kind="static")[:-20]), 400),
        (publish(item(f"<a>{'x' * 40000}</a>")), 413),
        (publish(*[item() for _ in range(129)]), 413),
    ],
)
async def test_broken_publications(presence: Presence, body: bytes, status: int) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        await presence.publish(ALICE, "pc1", body)
    assert caught.value.status == status


async def test_sections_on_request(presence: Presence) -> None:
    body = b'<roamingList xmlns="urn:x"><roaming type="containers"/></roamingList>'
    assert requested_sections(body) == {"containers"}
    document = await presence.document(ALICE, body)
    assert b"<categories" not in document
    assert b"<containers" in document


def test_container_members_are_agreed_to(presence: Presence) -> None:
    assert presence.set_container_members(b"<setContainerMembers/>").status == 200
