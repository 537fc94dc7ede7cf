"""How the answers of the later families are written, and where they are cut."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parlour.xccos import encode
from parlour.xccos.decode_answers import decode_server_envelope
from parlour.xccos.encode import SPLIT_BYTES, Fragment, Page, envelope
from parlour.xccos.types import (
    AddIn,
    AuditInfo,
    BadCommand,
    CategoriesFound,
    CategoryInfo,
    CheckToken,
    Command,
    DeleteCategory,
    DeleteRoom,
    FailedRoom,
    FindUsers,
    GetAddIns,
    GetAssociations,
    GetDownloadToken,
    GetPermissions,
    GetPreference,
    GetRoles,
    GetRoom,
    GetUnread,
    GetUploadToken,
    GetUserInfo,
    GroupChat,
    HistoryByDate,
    HistoryPage,
    HistoryPages,
    ListMembers,
    MoveRoom,
    Notice,
    PartedRoom,
    PeopleFound,
    PeopleJoined,
    Permissions,
    Preference,
    ReplacedMessage,
    Reply,
    RoomCard,
    RoomInfo,
    SearchCategories,
    SeatTaken,
    TransferToken,
    Unread,
    UserInfo,
)

GUID = "5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"
OTHER = "c0a9a3d4-06c9-4c59-b1f8-6d2d3b1a3304"
ROOM = f"ma-chan://example.com/{GUID}"
DESK = f"ma-chan://example.com/{OTHER}"
OPS = f"ma-cat://example.com/{OTHER}"
GROUP = f"ma-grp:{GUID}@u.g"
AT = 1_370_952_000_123_456
STAMP = "2013-06-11T12:00:00.1234560Z"
ALICE = UserInfo("sip:alice@example.com", OTHER, 'Alice "A" & Co')
NASTY = 'a "b" & <c>\r\n\t김철수\x00\ud800'
NASTY_ARRIVED = 'a "b" & <c>\r\n\t김철수'
HEAD = '<xccos ver="1" envid="5" xmlns="urn:parlano:xml:ns:xccos">'


def data_of(fragment: Fragment) -> str:
    """What stands inside `data`."""
    text = envelope(5, [fragment]).decode()
    return text[text.index("<data>") + 6 : text.index("</data>")]


def reply_of(fragment: Fragment) -> Reply:
    (reply,) = decode_server_envelope(envelope(5, [fragment])).primitives
    assert isinstance(reply, Reply)
    return reply


def message(number: int, text: str = "Pump 3") -> GroupChat:
    return GroupChat(number, ROOM, "sip:a@example.com", text, "Anna", None, False, number, AT)


# Spelling -----------------------------------------------------------------------------------------------------------


def test_a_preference_with_and_without_content() -> None:
    newer = encode.preference_reply(77, GetPreference(1, "x"), Preference('a"b', 72, "PGE+"))
    assert data_of(newer) == '<pref label="a&quot;b" seqid="72" createdefault="false" content="PGE+"/>'
    empty = encode.preference_reply(77, GetPreference(1, "x"), Preference("x", 1, ""))
    assert reply_of(empty).body == Preference("x", 1, "")
    assert data_of(encode.preference_notice("x", 3)) == '<pref label="x" seqid="3" createdefault="false"/>'


@pytest.mark.parametrize("command", [GetUploadToken(1, ROOM, "a"), GetDownloadToken(1, ROOM, "a"), CheckToken(1, "x")])
def test_every_file_token_comes_in_one_reply(command: Command) -> None:
    fragment = encode.token_reply(77, command, TransferToken(GUID, "https://example.com/f?a&b"))
    assert fragment.head == '<rpl id="rpl:getftok" seqid="'
    assert data_of(fragment) == f'<token token="{GUID}" serveruri="https://example.com/f?a&amp;b"/>'


@pytest.mark.parametrize("command", [GetUploadToken(1, ROOM, "a"), BadCommand(1, "getfdtok", "fileUrl is missing")])
def test_and_so_does_its_refusal(command: Command) -> None:
    assert encode.refusal(77, command, 400).head == '<rpl id="rpl:getftok" seqid="'


def test_what_was_asked_is_echoed_with_associations() -> None:
    asked = GetAssociations(1, "MANAGER", "example.com", 100)
    text = data_of(*encode.associations_replies(77, asked, [RoomInfo(ROOM)], truncated=True))
    assert text.startswith('<association domain="example.com" type="MANAGER" maxResults="100"/><chanib name="" ')
    assert text.endswith(f'uri="{ROOM}"></chanib><qib truncated="true"/>')


def test_a_whole_room() -> None:
    room = RoomInfo(
        ROOM,
        "야간 <근무>",
        "d",
        OPS,
        visibility="PRIVATE",
        invite="inherit",
        addin_id=GUID,
        addin_name="Wall & board",
        addin_url="https://x/?a&b",
        audit=AuditInfo("Anna", AT, 'B"', None),
    )
    text = data_of(
        encode.room_card_reply(77, GetRoom(1, ROOM), RoomCard(room, CategoryInfo(OPS, "운영", logged=False)))
    )
    assert text == (
        f'<chanib name="야간 &lt;근무&gt;" description="d" parent="{OPS}" behavior="NORMAL" topic="" disabled="false" '
        f'siopid="{GUID}" siopname="Wall &amp; board" siopurl="https://x/?a&amp;b" uri="{ROOM}">'
        f'<audit updatedby="B&quot;" createdby="Anna" createdon="{STAMP}"/>'
        '<info id="urn:parlano:ma:info:visibilty">PRIVATE</info>'
        '<info id="urn:parlano:ma:info:visibility">PRIVATE</info>'
        '<prop id="urn:parlano:ma:prop:invite">inherit</prop></chanib>'
        f'<catib uri="{OPS}" name="운영" description="" logged="false"/>'
    )


def test_a_time_that_is_quoted_back_is_the_same_time() -> None:
    room = RoomInfo(ROOM, audit=AuditInfo(updated_at=AT))
    body = reply_of(encode.room_card_reply(77, GetRoom(1, ROOM), RoomCard(room))).body
    assert isinstance(body, RoomCard)
    assert body.room.audit is not None
    assert body.room.audit.updated_at == AT


def test_small_answers() -> None:
    assert data_of(encode.room_reply(77, DeleteRoom(1, ROOM), ROOM)) == f'<chanib uri="{ROOM}"/>'
    assert data_of(encode.category_reply(77, DeleteCategory(1, OPS), OPS)) == f'<catib uri="{OPS}"/>'
    assert (
        data_of(encode.moved_reply(77, MoveRoom(1, ROOM, OPS), ROOM, OPS)) == f'<chanib uri="{ROOM}" parent="{OPS}"/>'
    )
    assert data_of(encode.permissions_reply(77, GetPermissions(1, ROOM), Permissions(ROOM, 31, 12276))) == (
        f'<chanib uri="{ROOM}"/><perms value="31" mask="12276"/>'
    )
    counts = next(
        encode.unread_replies(77, GetUnread(1), [Unread(ROOM, 7, 2)], [FailedRoom("example.com", OTHER, 404)])
    )
    assert data_of(counts) == (
        f'<unread chanUri="{ROOM}" chatId="7" count="2"/>'
        f'<fib key="OPERATION_FAILED" value="{OTHER}" domain="example.com" code="404"/>'
    )
    assert data_of(*encode.addins_replies(77, GetAddIns(1), [AddIn(GUID, "W&B", "https://x")])) == (
        f'<siop id="{GUID}" name="W&amp;B" url="https://x"/>'
    )


def test_people() -> None:
    group = UserInfo(GROUP, GUID, "Crew", 9)
    whole = replace(ALICE, email="a@x", company="C", path="OU=P", disabled=False, affiliations=(group,))
    name = "Alice &quot;A&quot; &amp; Co"
    assert data_of(*encode.people_replies(77, GetUserInfo(1, "x"), [whole])) == (
        f'<uib uri="sip:alice@example.com" guid="{OTHER}" type="5" uname="{name}" disname="{name}" email="a@x" '
        f'company="C" path="OU=P" disabled="false"><affil uri="{GROUP}" guid="{GUID}" type="9" disname="Crew"/></uib>'
    )
    assert data_of(*encode.people_replies(77, FindUsers(1), [], truncated=False)) == '<qib truncated="false"/>'
    assert reply_of(*encode.people_replies(77, FindUsers(1), [ALICE], truncated=True)).body == PeopleFound(
        (ALICE,), True
    )


def test_lists_of_rooms_and_categories() -> None:
    roles = [ListMembers("MEMBER", (UserInfo("sip:b@x"),)), ListMembers("PRESENTER", ())]
    assert data_of(*encode.roles_replies(77, GetRoles(1, ROOM), ROOM, roles)) == (
        f'<chanib uri="{ROOM}"><role name="MEMBER"><uib uri="sip:b@x" type="5" uname="" disname=""/></role>'
        '<role name="PRESENTER"></role></chanib>'
    )
    lists = (ListMembers("ALLOWED", ()), ListMembers("CREATOR", ()))
    category = CategoryInfo(OPS, "O", logged=False, lists=lists, inherits=("invite", "logged"))
    fragment = next(encode.categories_replies(77, SearchCategories(1), [category], truncated=True))
    assert 'description="" logged="false" inherits="invite logged"><scope' in data_of(fragment)
    assert '<scope type="ALLOWED"></scope><role name="CREATOR"></role></catib><qib truncated="true"/>' in data_of(
        fragment
    )


@pytest.mark.parametrize("text", [NASTY, NASTY * 20])
def test_nothing_that_people_type_breaks_an_answer(text: str) -> None:
    arrived = NASTY_ARRIVED * (len(text) // len(NASTY))
    room = RoomInfo(ROOM, text, text, topic=text, addin_name=text, audit=AuditInfo(text, 0, text, 0))
    body = reply_of(encode.room_card_reply(77, GetRoom(1, ROOM), RoomCard(room))).body
    assert isinstance(body, RoomCard)
    assert body.room.audit is not None
    told = (body.room.name, body.room.description, body.room.topic, body.room.addin_name, body.room.audit.created_by)
    assert set(told) == {arrived}
    replaced = encode.message_replaced_notice(ROOM, message(7, text))
    (notice,) = decode_server_envelope(envelope(5, [replaced])).primitives
    assert isinstance(notice, Notice)
    assert isinstance(notice.body, ReplacedMessage)
    assert notice.body.message.text == arrived
    category = CategoryInfo(OPS, text, lists=(ListMembers("DENIED", (UserInfo("sip:b@x", name=text),)),))
    found = reply_of(*encode.categories_replies(77, SearchCategories(1), [category])).body
    assert isinstance(found, CategoriesFound)
    assert found.categories[0].name == found.categories[0].lists[0].principals[0].name == arrived


# Notices ------------------------------------------------------------------------------------------------------------


def test_being_put_out() -> None:
    assert data_of(encode.kick_notice(ROOM, 407)) == (
        f'<chanib uri="{ROOM}"/><fib key="OPERATION_FAILED" value="{GUID}" domain="example.com" code="407"/>'
    )


def test_a_new_mask_is_told_as_a_seat() -> None:
    assert data_of(encode.permissions_notice([SeatTaken(ROOM, UserInfo("sip:b@x", name="B"), 8080)])) == (
        f'<uib uri="sip:b@x" type="5" uname="B" disname="B"><aib key="8080" domain="example.com" value="{GUID}"/></uib>'
    )
    seats = (SeatTaken(ROOM, ALICE, 8080), SeatTaken(ROOM, UserInfo("sip:b@x"), 3984))
    (notice,) = decode_server_envelope(envelope(5, [encode.permissions_notice(seats)])).primitives
    assert notice == Notice(1, "permmodified", PeopleJoined(seats))


def test_rooms_that_change_have_a_name() -> None:
    assert data_of(encode.room_changed_notice(RoomInfo(ROOM))).startswith('<chanib name="" description="" ')
    assert encode.room_created_notice(RoomInfo(ROOM)).head == '<ntc id="ntc:chancreated" seqid="'
    (notice,) = decode_server_envelope(envelope(5, [encode.room_deleted_notice(ROOM)])).primitives
    assert notice == Notice(1, "chandeleted", PartedRoom(ROOM))


def test_removed_messages() -> None:
    assert data_of(encode.message_removed_notice(ROOM, 7)) == f'<msgref chanUri="{ROOM}" chatId="7"/>'
    assert data_of(encode.purged_notice(ROOM, AT)) == f'<chanib uri="{ROOM}"/><purge until="{STAMP}"/>'
    assert data_of(encode.message_replaced_notice(ROOM, message(7))).startswith(
        f'<msg id="grpchat" chanUri="{ROOM}" author="sip:a@example.com" authdisp="Anna" alert="false" chatId="7" '
    )


# Pages --------------------------------------------------------------------------------------------------------------

ASKED = HistoryByDate(1, (ROOM, DESK))


def found_in(fragments: list[Fragment]) -> list[HistoryPages]:
    bodies = []
    for fragment in fragments:
        reply = reply_of(fragment)
        assert (reply.command_envid, reply.command_seqid, reply.name, reply.code) == (77, 1, "bcbydate", 200)
        assert isinstance(reply.body, HistoryPages)
        bodies.append(reply.body)
    return bodies


def test_every_room_has_its_page_also_when_empty() -> None:
    pages = [Page(ROOM, [message(1)], 1), Page(DESK, [], 0)]
    (fragment,) = encode.pages_replies(77, ASKED, pages, [FailedRoom("example.com", GUID, 403)])
    assert f'<chanib uri="{DESK}" matches="0" truncated="false"></chanib><fib ' in data_of(fragment)
    (body,) = found_in([fragment])
    assert body == HistoryPages(
        (HistoryPage(ROOM, (message(1),), 1), HistoryPage(DESK, ())), (FailedRoom("example.com", GUID, 403),)
    )


def test_nothing_at_all_is_one_reply() -> None:
    assert found_in(encode.pages_replies(77, ASKED, [])) == [HistoryPages(())]


@pytest.mark.parametrize("letter", ["x", "<", "\r", "펌"])
def test_a_room_that_is_cut_goes_on_in_the_next_reply(letter: str) -> None:
    first = [message(number, letter * 900) for number in range(1, 120)]
    pages = [Page(ROOM, first, 700, True), Page(DESK, [message(1)], 1)]
    failed = [FailedRoom("example.com", GUID, 403)] * 400
    fragments = encode.pages_replies(77, ASKED, pages, failed)
    assert len(fragments) > 2
    assert all(fragment.size() + len(HEAD) + 8 <= SPLIT_BYTES for fragment in fragments)
    bodies = found_in(fragments)
    pieces = [page for body in bodies for page in body.pages if page.room_uri == ROOM]
    assert len(pieces) > 1
    assert {(piece.matches, piece.truncated) for piece in pieces} == {(700, True)}
    assert all(piece.messages for piece in pieces)
    assert [one.chat_id for piece in pieces for one in piece.messages] == list(range(1, 120))
    assert [page.room_uri for body in bodies for page in body.pages][-1] == DESK
    assert [room for body in bodies for room in body.failed] == failed


def test_many_empty_rooms_are_cut_too() -> None:
    pages = [Page(f"ma-chan://example.com/{OTHER[:-4]}{number:04}", [], 0) for number in range(1000)]
    fragments = encode.pages_replies(77, ASKED, pages)
    assert len(fragments) > 1
    assert all(fragment.size() + len(HEAD) + 8 <= SPLIT_BYTES for fragment in fragments)
    assert [page.room_uri for body in found_in(fragments) for page in body.pages] == [page.room_uri for page in pages]


def test_a_message_larger_than_the_limit_travels_with_its_room() -> None:
    pages = [Page(ROOM, [message(1), message(2, "x" * 60_000), message(3)], 3)]
    bodies = found_in(encode.pages_replies(77, ASKED, pages))
    assert [[one.chat_id for page in body.pages for one in page.messages] for body in bodies] == [[1], [2], [3]]
