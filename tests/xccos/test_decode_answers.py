"""What a client hears, from servers that are not ours too."""

from __future__ import annotations

import pytest

from parlour.xccos.decode_answers import decode_server_envelope
from parlour.xccos.errors import XccosError
from parlour.xccos.types import (
    Associations,
    AuditInfo,
    CategoriesFound,
    FailedRoom,
    History,
    Invitations,
    JoinedRooms,
    Kicked,
    ListMembers,
    Notice,
    PeopleFound,
    PeopleJoined,
    Reply,
    RoomCard,
    RoomInfo,
    RoomRoles,
    ServerPrimitive,
    UserInfo,
)

GUID = "5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"
ROOM = f"ma-chan://example.com/{GUID}"


def heard(inside: str) -> tuple[ServerPrimitive, ...]:
    names = 'xmlns:x="urn:parlano:xml:ns:xccos" xmlns="urn:parlano:xml:ns:xccos"'
    body = f'<x:xccos {names} ver="1" envid="3">{inside}</x:xccos>'
    return decode_server_envelope(body.encode()).primitives


def reply(name: str, data: str, resp: str = '<resp code="200">SUCCESS_OK</resp>') -> Reply:
    (one,) = heard(f'<rpl id="rpl:{name}" seqid="1"><commandid seqid="1" envid="7"/>{resp}<data>{data}</data></rpl>')
    assert isinstance(one, Reply)
    return one


def test_a_reply_without_resp_counts_as_500() -> None:
    assert reply("part", "", "").code == 500
    assert reply("part", "", '<resp code="x"/>').code == 500


def test_a_refusal_without_data_has_no_body() -> None:
    one = reply("join", "", '<resp code="404">ERROR_NO_SUCH_NODE</resp>')
    assert one == Reply(1, "join", 7, 1, 404, "ERROR_NO_SUCH_NODE", None)


def test_unknown_and_unreadable_bodies_are_none() -> None:
    assert reply("dance", "<x/>").body is None
    assert reply("part", "").body is None
    assert reply("bccontext", "").body is None
    assert heard('<ntc id="ntc:kick" seqid="1"><data/></ntc><ntc id="ntc:part"/>') == (
        Notice(1, "kick", None),
        Notice(2, "part", None),
    )
    assert heard('<ntc id="ntc:part"><data><chanib><uib uri="x"/></chanib></data></ntc>') == (Notice(1, "part", None),)


def test_a_reply_that_quotes_nothing() -> None:
    (one,) = heard('<rpl id="RPL:GetServInfo" seqid="1"><resp code="200"/><data><sib searchLimit="999"/></data></rpl>')
    assert isinstance(one, Reply)
    assert (one.name, one.command_envid, one.command_seqid) == ("getservinfo", None, None)
    assert one.body is not None


def test_a_join_from_another_server() -> None:
    body = reply(
        "join",
        f'<chanib name="General" uri="{ROOM.upper()}"><aib key="3984" value="0, 1,9"/><aib key="12276" value="2"/>'
        '<info id="URN:parlano:ma:info:visibilty">Secret</info>'
        '<prop id="urn:parlano:ma:prop:logged">true</prop></chanib>'
        '<uib uri="sip:a@example.com" uname="A" id="0"/><uib uri="sip:b@example.com" id="1"/>'
        '<uib uri="sip:c@example.com" disname="C" uname="c" type="5" id="2"/>'
        f'<fib key="OPERATION_FAILED" value="{GUID.upper()}" domain="example.com"/>',
    ).body
    assert isinstance(body, JoinedRooms)
    (joined,) = body.rooms
    assert (joined.room.uri, joined.room.visibility, joined.room.logged, joined.room.invite) == (
        ROOM,
        "PRIVATE",
        True,
        None,
    )
    assert [(seat.user.name, seat.mask) for seat in joined.seats] == [("A", 3984), ("", 3984), ("C", 12276)]
    assert body.failed == (FailedRoom("example.com", GUID, 500),)


def test_history_leaves_out_what_is_no_message() -> None:
    body = reply(
        "bccontext",
        f'<chanib uri="{ROOM}"><msg id="filepost" chanUri="{ROOM}"><chat>x</chat></msg><msg id="grpchat"><chat/></msg>'
        f'<msg id="grpchat" chanUri="{ROOM}" author="sip:a@example.com" '
        'ts="2013-01-01T10:01:00Z"><chat>old</chat></msg>'
        "</chanib>",
    ).body
    assert isinstance(body, History)
    assert [(one.seqid, one.text) for one in body.messages] == [(3, "old")]


def test_unreadable_messages_and_strangers_are_passed_over() -> None:
    assert heard('<grpchat/><cmd id="cmd:join"/><y xmlns="urn:y"/>') == ()


def test_a_notice_with_an_odd_room() -> None:
    (one,) = heard(
        '<ntc id="ntc:join"><data><uib uri="sip:a@b"><aib domain="Example.com" value="12"/></uib></data></ntc>'
    )
    assert isinstance(one, Notice)
    assert isinstance(one.body, PeopleJoined)
    (seat,) = one.body.seats
    assert (seat.room_uri, seat.mask, seat.user) == ("ma-chan://example.com/12", 0, UserInfo("sip:a@b"))


def test_an_invitation_to_nowhere_is_left_out() -> None:
    assert reply("getinv", '<inv inviteId="3"/>').body == Invitations(())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("getpref", "<pref/>"),
        ("getftok", "<token/>"),
        ("getperms", f'<chanib uri="{ROOM}"/>'),
        ("getperms", "<perms/>"),
        ("markread", "<unread/>"),
        ("bcbydate", "<chanib/>"),
        ("delmsg", f'<msgref chanUri="{ROOM}"/>'),
        ("chanpurge", f'<chanib uri="{ROOM}"/><purge until="x"/>'),
        ("chaninfo", "<catib/>"),
        ("getroles", "<chanib/>"),
        ("setroles", ""),
    ],
)
def test_answers_that_lack_what_they_are_about(name: str, data: str) -> None:
    assert reply(name, data).body is None


def test_notices_that_lack_what_they_are_about() -> None:
    for name in ("kick", "msgdel", "msgrepl", "chanpurge", "prefmodified", "chanmodified", "chandeleted"):
        assert heard(f'<ntc id="ntc:{name}"><data><x/></data></ntc>') == (Notice(1, name, None),)


def test_sparse_answers_from_another_server() -> None:
    assert reply("getassociations", f'<chanib uri="{ROOM}"/>').body == Associations("", (RoomInfo(ROOM),))
    assert reply("nodespermcreatechild", "").body == CategoriesFound(())
    assert reply("getuserinfo", '<uib uri="sip:a@b"><affil uri="x"/></uib>').body == PeopleFound(
        (UserInfo("sip:a@b", affiliations=(UserInfo("x", kind=9),)),)
    )
    assert reply("chaninfo", f'<chanib uri="{ROOM}"><audit updatedon="x"/></chanib>').body == RoomCard(
        RoomInfo(ROOM, audit=AuditInfo())
    )
    assert heard(f'<ntc id="ntc:kick"><data><chanib uri="{ROOM}"/></data></ntc>') == (
        Notice(1, "kick", Kicked(ROOM, 500)),
    )


def test_lists_in_any_letter_case() -> None:
    one = reply("getroles", f'<chanib uri="{ROOM}"><role name="member"><uib uri="sip:a@b"/></role><x/></chanib>')
    assert one.body == RoomRoles(ROOM, (ListMembers("MEMBER", (UserInfo("sip:a@b"),)),))


def test_bad_envelopes() -> None:
    with pytest.raises(XccosError):
        decode_server_envelope(b"<xccos/>")
    with pytest.raises(XccosError) as caught:
        heard("<ntc/>" * 5000)
    assert caught.value.status == 413
