"""What a server says: exact where a client is exacting, and understood by our own client."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count

import pytest

from parlour.xccos import encode
from parlour.xccos.decode_answers import decode_server_envelope
from parlour.xccos.encode import Fragment, envelope, envelopes
from parlour.xccos.types import (
    BadCommand,
    BatchJoin,
    FailedRoom,
    GetInvitations,
    GetServerInfo,
    GroupChat,
    History,
    Invitation,
    Invitations,
    Join,
    JoinedRoom,
    JoinedRooms,
    Notice,
    Part,
    PartedRoom,
    PeopleJoined,
    PeopleParted,
    RecentHistory,
    Reply,
    ReplyBody,
    RequestUri,
    RoomInfo,
    RoomsFound,
    SearchRooms,
    Seat,
    SeatTaken,
    ServerInfo,
    ServiceUri,
    UnknownCommand,
    UserInfo,
)

GUID = "5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"
OTHER = "c0a9a3d4-06c9-4c59-b1f8-6d2d3b1a3304"
ROOM = f"ma-chan://example.com/{GUID}"
DESK = f"ma-chan://example.com/{OTHER}"
NIGHT = RoomInfo(
    ROOM,
    "Night <Shift>",
    'The "hand-over"',
    f"ma-cat://example.com/{OTHER}",
    visibility="SCOPED",
    participant_count=2,
    logged=True,
    invite=False,
    filepost=True,
    filestore_uri="https://example.com/files",
)
ALICE = UserInfo("sip:alice@example.com", OTHER, "Alice & Ames")
BOB = UserInfo("sip:bob@example.com", GUID, "Bob")
HEAD = '<xccos ver="1" envid="5" xmlns="urn:parlano:xml:ns:xccos">'


@dataclass(frozen=True, slots=True)
class Kept:
    """A message as a store keeps one."""

    chat_id: int
    author: str = "sip:alice@example.com"
    author_name: str = "Alice Ames"
    text: str = "Pump 3 is back"
    at: int = 1_370_952_000_123_456
    rtf: str | None = None
    alert: bool = False


def body_of(fragment: Fragment) -> ReplyBody:
    (reply,) = decode_server_envelope(envelope(5, [fragment])).primitives
    assert isinstance(reply, Reply)
    assert (reply.code, reply.text, reply.command_envid) == (200, "SUCCESS_OK", 77)
    return reply.body


def text_of(fragment: Fragment) -> str:
    return envelope(5, [fragment]).decode().removeprefix(HEAD).removesuffix("</xccos>")


def test_a_live_message() -> None:
    message = Kept(4711, text="Tom & Jerry\r\nare <here>", rtf="{\\rtf1 x}", alert=True)
    expected = (
        f'{HEAD}<grpchat id="grpchat" seqid="1" chanUri="{ROOM}" author="sip:alice@example.com" authdisp="Alice Ames" '
        'alert="true" chatId="4711" ts="2013-06-11T12:00:00.1234560Z">'
        "<chat>Tom &amp; Jerry&#xD;\nare &lt;here&gt;</chat><rtf>{\\rtf1 x}</rtf></grpchat></xccos>"
    )
    assert encode.encode_group_chat(5, ROOM, message).decode() == expected
    assert envelope(5, [encode.group_chat(ROOM, message)]).decode() == expected


def test_a_live_message_arrives() -> None:
    body = encode.encode_group_chat(5, ROOM, Kept(4711, text="ö\r\n<b>", author_name='A "B"\n'))
    assert decode_server_envelope(body).primitives == (
        GroupChat(1, ROOM, "sip:alice@example.com", "ö\r\n<b>", 'A "B"\n', None, False, 4711, Kept(1).at),
    )


def test_the_frame_of_a_reply() -> None:
    assert text_of(encode.part_reply(77, Part(3, ROOM), ROOM)) == (
        '<rpl id="rpl:part" seqid="1"><commandid seqid="3" envid="77"/><resp code="200">SUCCESS_OK</resp>'
        f'<data><chanib uri="{ROOM}"/></data></rpl>'
    )


@pytest.mark.parametrize(
    ("command", "code", "expected"),
    [
        (
            Join(2, ()),
            404,
            '"rpl:join" seqid="1"><commandid seqid="2" envid="77"/><resp code="404">ERROR_NO_SUCH_NODE<',
        ),
        (
            UnknownCommand(1, 'a"<b'),
            415,
            'id="rpl:a&quot;&lt;b" seqid="1"><commandid seqid="1" envid="77"/><resp code="4',
        ),
        (BadCommand(1, "part", "x"), 400, '<resp code="400">ERROR_INVALID_ARGUMENT</resp><data></data></rpl>'),
    ],
)
def test_refusals(command: Join | UnknownCommand | BadCommand, code: int, expected: str) -> None:
    assert expected in text_of(encode.refusal(77, command, code))


def test_a_refused_post_names_its_room() -> None:
    post = GroupChat(1, ROOM, "", "")
    fragment = encode.room_refusal(77, post, 403, ROOM, "Not here & not now")
    (reply,) = decode_server_envelope(envelope(5, [fragment])).primitives
    assert reply == Reply(1, "grpchat", 77, 1, 403, "Not here & not now", PartedRoom(ROOM))


def test_request_uri() -> None:
    fragment = encode.request_uri_reply(77, RequestUri(1), "sip:GC-1-PersistentChatService-1@example.com")
    assert body_of(fragment) == ServiceUri("sip:GC-1-PersistentChatService-1@example.com")


def test_server_info() -> None:
    info = ServerInfo(
        Kept(1).at, 999, 8192, 65536, "ma-cat://example.com/x", GUID, "Our chat", "https://example.com/rm"
    )
    assert body_of(encode.server_info_reply(77, GetServerInfo(1), info, 123)) == info
    assert 'infoType="123" serverTime="2013-06-11T12:00:00.1234560Z"' in text_of(
        encode.server_info_reply(77, GetServerInfo(1), info, 123)
    )
    bare = replace(info, server_time=None, display_name="", room_management_url="")
    text = text_of(encode.server_info_reply(77, GetServerInfo(1), bare))
    assert "infoType" not in text
    assert "serverTime" not in text
    assert "displayName" not in text


def test_a_joined_room_as_sipe_wants_it() -> None:
    joined = JoinedRoom(NIGHT, (Seat(BOB, 3984), Seat(ALICE, 12276), Seat(UserInfo("sip:carl@example.com"), 3984)))
    text = text_of(encode.join_reply(77, Join(1, ()), joined))
    assert '<aib key="12276" value="1"/><aib key="3984" value="0,2"/>' in text
    assert f'<uib uri="sip:bob@example.com" guid="{GUID}" type="5" uname="Bob" disname="Bob" id="0"/>' in text
    assert '<uib uri="sip:carl@example.com" type="5" uname="" disname="" id="2"/>' in text
    assert '<chanib name="Night &lt;Shift&gt;" description="The &quot;hand-over&quot;" ' in text
    assert 'behavior="NORMAL" topic="" disabled="false" uri="ma-chan://' in text
    assert '<info id="urn:parlano:ma:info:ucnt">2</info>' in text
    assert '<info id="urn:parlano:ma:info:visibilty">SCOPED</info>' in text
    assert '<info id="urn:parlano:ma:info:visibility">SCOPED</info>' in text
    assert '<prop id="urn:parlano:ma:prop:logged">True</prop><prop id="urn:parlano:ma:prop:invite">False</prop>' in text


def test_a_joined_room_arrives() -> None:
    joined = JoinedRoom(NIGHT, (Seat(ALICE, 12276), Seat(BOB, 3984)))
    assert body_of(encode.join_reply(77, Join(1, ()), joined)) == JoinedRooms((joined,))


def test_a_batch_lists_each_person_once() -> None:
    rooms = [
        JoinedRoom(NIGHT, (Seat(ALICE, 3984), Seat(BOB, 3984))),
        JoinedRoom(RoomInfo(DESK, "Desk"), (Seat(ALICE, 12276),)),
    ]
    failed = [FailedRoom("example.com", GUID, 403)]
    (fragment,) = encode.batch_join_replies(77, BatchJoin(1, ()), rooms, failed)
    assert text_of(fragment).count("<uib ") == 2
    assert f'<fib key="OPERATION_FAILED" value="{GUID}" domain="example.com" code="403"/></data>' in text_of(fragment)
    assert body_of(fragment) == JoinedRooms(tuple(rooms), tuple(failed))


def test_a_batch_in_which_every_room_failed_is_still_200() -> None:
    failed = (FailedRoom("example.com", GUID, 404), FailedRoom("", "123", 407))
    (fragment,) = encode.batch_join_replies(77, BatchJoin(1, ()), [], failed)
    assert body_of(fragment) == JoinedRooms((), failed)


def test_a_large_batch_is_split_and_loses_nobody() -> None:
    people = [UserInfo(f"sip:person{number}@example.com", GUID, f"Pérson {number}") for number in range(75)]
    rooms = [
        JoinedRoom(RoomInfo(f"ma-chan://example.com/{OTHER[:-2]}{number:02}", f"Room {number}"), tuple(
            Seat(people[(number * 7 + seat) % 75], 3984) for seat in range(40)))
        for number in range(60)
    ]  # fmt: skip
    failed = [FailedRoom("example.com", GUID, 404)] * 1000
    fragments = encode.batch_join_replies(77, BatchJoin(1, ()), rooms, failed)
    assert len(fragments) > 2
    assert all(fragment.size() < encode.SPLIT_BYTES for fragment in fragments)
    bodies = [body_of(fragment) for fragment in fragments]
    assert [room for body in bodies if isinstance(body, JoinedRooms) for room in body.rooms] == rooms
    assert [room for body in bodies if isinstance(body, JoinedRooms) for room in body.failed] == failed
    none_entered = encode.batch_join_replies(77, BatchJoin(1, ()), [], failed)
    assert len(none_entered) == 3
    assert all(fragment.size() < encode.SPLIT_BYTES for fragment in none_entered)


def test_rooms_found() -> None:
    rooms = (NIGHT, RoomInfo(DESK, "Desk", behavior="AUDITORIUM", disabled=True, topic="Tea"))
    assert body_of(*encode.search_replies(77, SearchRooms(1), rooms)) == RoomsFound(rooms)
    assert body_of(*encode.search_replies(77, SearchRooms(1), [], truncated=True)) == RoomsFound((), True)
    assert body_of(*encode.search_replies(77, SearchRooms(1), [])) == RoomsFound(())


def test_every_room_has_a_name_attribute() -> None:
    assert '<chanib name="" description=""' in text_of(*encode.search_replies(77, SearchRooms(1), [RoomInfo(ROOM)]))


def test_history() -> None:
    (fragment,) = encode.history_replies(77, RecentHistory(1, ROOM), ROOM, [Kept(1), Kept(2, text="ä", alert=True)])
    assert text_of(fragment).count(f'<msg id="grpchat" chanUri="{ROOM}"') == 2
    body = body_of(fragment)
    assert isinstance(body, History)
    assert [(one.chat_id, one.text, one.alert, one.room_uri) for one in body.messages] == [
        (1, "Pump 3 is back", False, ROOM),
        (2, "ä", True, ROOM),
    ]


def test_no_history_is_one_reply() -> None:
    (fragment,) = encode.history_replies(77, RecentHistory(1, ROOM), ROOM, [])
    assert body_of(fragment) == History(ROOM, ())


@pytest.mark.parametrize("letter", ["x", "ö", "<", "\r", "𝄞"])
def test_long_history_is_split_in_order(letter: str) -> None:
    messages = [Kept(number, text=letter * 1000) for number in range(1, 101)]
    fragments = encode.history_replies(77, RecentHistory(1, ROOM), ROOM, messages)
    assert len(fragments) > 1
    assert all(fragment.size() + len(HEAD) + 8 <= encode.SPLIT_BYTES for fragment in fragments)
    numbers = [
        one.chat_id
        for part in fragments
        for body in [body_of(part)]
        if isinstance(body, History)
        for one in body.messages
    ]
    assert numbers == list(range(1, 101))


def test_a_single_message_larger_than_the_limit_travels_alone() -> None:
    messages = [Kept(1), Kept(2, text="x" * 60_000), Kept(3)]
    assert len(encode.history_replies(77, RecentHistory(1, ROOM), ROOM, messages)) == 3


def test_invitations() -> None:
    invitations = (
        Invitation(9, "example.com", Kept(1).at, NIGHT),
        Invitation(10, "example.com", None, RoomInfo(DESK, "D")),
    )
    assert body_of(*encode.invitations_replies(77, GetInvitations(1), invitations)) == Invitations(invitations)
    assert body_of(*encode.invitations_replies(77, GetInvitations(1), [])) == Invitations(())
    (notice,) = decode_server_envelope(envelope(5, [encode.invitation_notice(invitations)])).primitives
    assert notice == Notice(1, "inv", Invitations(invitations))


def test_people_joined() -> None:
    one = encode.joined_notice([SeatTaken(ROOM, ALICE, 12276)])
    assert text_of(one) == (
        f'<ntc id="ntc:join" seqid="1"><data><uib uri="sip:alice@example.com" guid="{OTHER}" type="5" '
        f'uname="Alice &amp; Ames" disname="Alice &amp; Ames"><aib key="12276" domain="example.com" value="{GUID}"/>'
        "</uib></data></ntc>"
    )
    seats = (SeatTaken(ROOM, ALICE, 12276), SeatTaken(DESK, ALICE, 3984), SeatTaken(ROOM, BOB, 3984))
    assert text_of(encode.joined_notice(seats)).count("<uib ") == 2
    (notice,) = decode_server_envelope(envelope(5, [encode.joined_notice(seats)])).primitives
    assert notice == Notice(1, "bjoin", PeopleJoined(seats))


def test_people_parted() -> None:
    fragment = encode.parted_notice(ROOM, ["sip:alice@example.com", "sip:bob@example.com"])
    assert f'<data><chanib uri="{ROOM}"><uib uri="sip:alice@example.com"/><uib ' in text_of(fragment)
    (notice,) = decode_server_envelope(envelope(5, [fragment])).primitives
    assert notice == Notice(1, "part", PeopleParted(((ROOM, "sip:alice@example.com"), (ROOM, "sip:bob@example.com"))))


def test_envelopes_number_their_fragments_and_never_mix_kinds() -> None:
    numbers = count(100)
    reply = encode.part_reply(77, Part(1, ROOM), ROOM)
    notice = encode.parted_notice(ROOM, ["sip:a@example.com"])
    chat = encode.group_chat(ROOM, Kept(1))
    bodies = envelopes(lambda: next(numbers), [reply, reply, notice, chat, chat, notice])
    found = [decode_server_envelope(body) for body in bodies]
    assert [one.envid for one in found] == [100, 101, 102, 103, 104]
    assert [[primitive.seqid for primitive in one.primitives] for one in found] == [[1, 2], [1], [1], [1], [1]]


def test_envelopes_take_as_many_messages_as_the_client_reads() -> None:
    chats = [encode.group_chat(ROOM, Kept(number)) for number in range(5)]
    assert [body.count(b"<grpchat") for body in envelopes(lambda: 1, chats, chats=2)] == [2, 2, 1]
    assert envelopes(lambda: 1, []) == []


def test_envelopes_respect_the_size() -> None:
    chats = [encode.group_chat(ROOM, Kept(number, text="ö" * 400)) for number in range(30)]
    bodies = envelopes(lambda: (1 << 63) - 1, chats, limit=5000, chats=100)
    assert sum(body.count(b"<grpchat") for body in bodies) == 30
    assert all(len(body) <= 5000 for body in bodies)
