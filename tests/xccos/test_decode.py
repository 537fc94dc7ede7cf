"""What a server hears: real bodies, lenient readings, and bad commands that spoil nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from parlour.xccos.codes import ResponseCode
from parlour.xccos.decode import COMMANDS, decode_envelope
from parlour.xccos.encode import reply
from parlour.xccos.errors import XccosError
from parlour.xccos.types import (
    BadCommand,
    BatchJoin,
    Envelope,
    GetInvitations,
    GetServerInfo,
    GroupChat,
    Join,
    Part,
    RecentHistory,
    Request,
    RequestUri,
    RoomRef,
    SearchRooms,
    UnknownCommand,
)
from parlour.xccos.xml import DecodeLimits

WIRE = Path(__file__).parent / "wire"
GUID = "5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"
OTHER = "c0a9a3d4-06c9-4c59-b1f8-6d2d3b1a3304"
ROOM = f"ma-chan://example.com/{GUID}"
NIGHT = RoomRef(0, "example.com", GUID)


def envelope(inside: str, attributes: str = 'ver="1" envid="9"') -> bytes:
    return f'<xccos {attributes} xmlns="urn:parlano:xml:ns:xccos">{inside}</xccos>'.encode()


def heard(inside: str) -> tuple[Request, ...]:
    return decode_envelope(envelope(inside)).primitives


def command(name: str, data: str) -> Request:
    (one,) = heard(f'<cmd id="cmd:{name}" seqid="1"><data>{data}</data></cmd>')
    return one


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("sipe-requri", Envelope(2103475302, (RequestUri(1),))),
        ("sipe-getinv", Envelope(2103475303, (GetInvitations(1, 0, "example.com"),))),
        ("sipe-chansrch", Envelope(2103475304, (SearchRooms(1),))),
        ("sipe-join", Envelope(2103475305, (Join(1, (NIGHT,)),))),
        ("sipe-bjoin", Envelope(2103475310, (BatchJoin(1, (NIGHT, RoomRef(1, "example.com", OTHER))),))),
        ("sipe-bccontext", Envelope(2103475306, (RecentHistory(1, ROOM, 25),))),
        ("sipe-part", Envelope(2103475308, (Part(1, ROOM),))),
        (
            "sipe-grpchat",
            Envelope(
                2103475307,
                (GroupChat(1, ROOM, "sip:alice@example.com", "hello\r\nworld <&>", at=1_795_231_736_000_000),),
            ),
        ),
    ],
)
def test_what_sipe_sends(file: str, expected: Envelope) -> None:
    assert decode_envelope((WIRE / f"{file}.xml").read_bytes()) == expected


def test_a_hundred_commands_each_answered_in_order() -> None:
    kinds = [
        '<cmd id="cmd:part" seqid="{}"><data><chanib uri="ROOM"/></data></cmd>',
        '<cmd id="cmd:part" seqid="{}"><data/></cmd>',
        '<cmd id="cmd:dance" seqid="{}"><data/></cmd>',
        '<grpchat id="grpchat" seqid="{}" chanUri="ROOM"><chat>hi</chat></grpchat>',
        '<grpchat id="grpchat" seqid="{}"><chat>hi</chat></grpchat>',
    ]
    found = heard("".join(kinds[number % 5].format(number) for number in range(1, 101)))
    assert [one.seqid for one in found] == list(range(1, 101))
    assert [type(one) for one in found[:5]] == [BadCommand, UnknownCommand, GroupChat, BadCommand, Part]


def test_everything_a_post_may_carry() -> None:
    (post,) = heard(
        f'<grpchat id="grpchat" seqid="4" chanUri="MA-CHAN://Example.com/{{{GUID.upper()}}}" '
        'author="sip:a@example.com" authdisp="Anna" alert="YES" '
        'chatId="18446744073709551615" ts="2013-06-11T12:00:00.1234567Z">'
        "<rtf>{\\rtf1 x}</rtf><chat>a&#xD;\nb</chat><chat>no</chat></grpchat>"
    )
    assert post == GroupChat(
        4, ROOM, "sip:a@example.com", "a\r\nb", "Anna", "{\\rtf1 x}", True, (1 << 64) - 1, 1_370_952_000_123_456
    )


@pytest.mark.parametrize("rtf", ["<rtf/>", "<rtf></rtf>", "<rtf> \n</rtf>"])
def test_an_empty_rtf_is_none(rtf: str) -> None:
    """Who shows it in place of the text would show nothing."""
    (post,) = heard(f'<grpchat chanUri="{ROOM}"><chat>hi</chat>{rtf}</grpchat>')
    assert isinstance(post, GroupChat)
    assert (post.text, post.rtf) == ("hi", None)


def test_an_unreadable_claim_of_a_post_is_dropped_not_the_post() -> None:
    (post,) = heard(f'<grpchat chanUri="{ROOM}" chatId="x" ts="noon" alert="maybe" seqid="x"><chat/></grpchat>')
    assert post == GroupChat(1, ROOM, "", "")


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("getserverinfo", "", GetServerInfo(1)),
        ("getserverinfo", '<sib domain="example.com" infoType="123"/>', GetServerInfo(1, "example.com", 123)),
        ("JOIN", f'<chanid value="{{{GUID.upper()}}}" domain="EXAMPLE.com"/>', Join(1, (NIGHT,))),
        ("join", '<chanid key="3" value="1234"/>', Join(1, (RoomRef(3, "", "1234"),))),
        ("bccontext", f'<chanib uri="{ROOM}"/>', RecentHistory(1, ROOM, None)),
        ("bccontext", f'<chanib uri="{ROOM}"/><bcq/>', RecentHistory(1, ROOM, None)),
        ("bccontext", f'<chanib uri="{ROOM}"/><bcq><last cnt="0"/></bcq>', RecentHistory(1, ROOM, None)),
        ("chansrch", "<qib/>", SearchRooms(1)),
        (
            "chansrch",
            '<qib criteria=" pump " extended="True"/>',
            SearchRooms(1, criteria="pump", search_description=True),
        ),
        (
            "chansrch",
            '<qib qtype="byname" searchDesc="1" matchAll="yes" matchExactPhrase="0" maxResults="50"/>',
            SearchRooms(1, "BYNAME", "", True, True, False, 50),
        ),
        ("chansrch", '<qib qtype="BYURI" maxResults="-1"/>', SearchRooms(1, "BYURI")),
        (
            "bccontext",
            f'<chanib uri="{ROOM}"/><bcq><last cnt="{"9" * 30}"/></bcq>',
            RecentHistory(1, ROOM, 2**64 - 1),  # no number is too large: the server's limit holds
        ),
        ("getinv", "", GetInvitations(1)),
        ("getinv", '<inv inviteId="7"/>', GetInvitations(1, 7)),
        ("part", f'<x:y xmlns:x="urn:x"/><chanib new="1" uri=" {ROOM} "/>', Part(1, ROOM)),
        ("part", '<chanib uri="garbage"/>', Part(1, "garbage")),
    ],
)
def test_lenient_readings(name: str, data: str, expected: Request) -> None:
    assert command(name, data) == expected


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("join", "", "chanid is missing"),
        ("bjoin", "", "chanid is missing"),
        ("part", "", "chanib is missing"),
        ("part", "<chanib/>", "uri is missing"),
        ("bccontext", "<bcq/>", "chanib is missing"),
        ("bccontext", f'<chanib uri="{ROOM}"/><bcq><last cnt="-5"/></bcq>', "cnt is not a number"),
        ("chansrch", "", "qib is missing"),
        ("chansrch", '<qib maxResults="many"/>', "maxResults is not a number"),
        ("getinv", '<inv inviteId="one"/>', "inviteId is not a number"),
    ],
)
def test_bad_commands(name: str, data: str, reason: str) -> None:
    assert command(name, data) == BadCommand(1, name, reason)


def test_bad_posts() -> None:
    assert heard(f'<grpchat seqid="2" chanUri="{ROOM}"/>') == (
        BadCommand(2, "grpchat", "chat is missing", room_uri=ROOM),
    )
    assert heard('<grpchat chanUri=" "><chat/></grpchat>') == (BadCommand(1, "grpchat", "chanUri is missing"),)


def test_unknown_commands_keep_their_name() -> None:
    assert command("DancePref", "<pref/>") == UnknownCommand(1, "dancepref")
    assert heard('<cmd seqid="1"/><cmd id="cmd:"/>') == (UnknownCommand(1, "unknown"), UnknownCommand(2, "unknown"))
    (long,) = heard(f'<cmd id="cmd:{"x" * 999}"/>')
    assert isinstance(long, UnknownCommand)
    assert len(long.name) == 64


def test_fields_written_straight_into_the_command() -> None:
    assert heard(f'<cmd id="cmd:part" seqid="1"><chanib uri="{ROOM}"/></cmd>') == (Part(1, ROOM),)


def test_what_is_no_request_is_passed_over() -> None:
    assert heard('<rpl id="rpl:join" seqid="1"/><ntc id="ntc:join"/><cmd xmlns="urn:x" id="cmd:join"/>text') == ()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (envelope("", 'ver="2" envid="9"'), 400),
        (envelope("", 'envid="9"'), 400),
        (envelope("", 'ver="1"'), 400),
        (envelope("", 'ver="1" envid="-9"'), 400),
        (envelope("", 'ver="1" envid="18446744073709551616"'), 400),
        (b"hello", 400),
        (b"<!DOCTYPE xccos>" + envelope(""), 400),
        (b'<xccos ver="1" envid="9"/>', 415),
        (b'<presence xmlns="urn:ietf:params:xml:ns:pidf"/>', 415),
        (envelope("<cmd/>" * 257), 413),
        (envelope("x" * 262_144), 413),
    ],
)
def test_bodies_without_a_usable_envelope(body: bytes, status: int) -> None:
    with pytest.raises(XccosError) as caught:
        decode_envelope(body)
    assert caught.value.status == status
    assert caught.value.reason in str(caught.value)


def test_limits() -> None:
    assert len(heard("<cmd/>" * 256)) == 256
    rooms = f'<chanid key="0" domain="example.com" value="{GUID}"/>' * 3
    for data in (f"<data>{rooms}</data>", rooms):
        body = envelope(f'<cmd id="cmd:join" seqid="1">{data}</cmd><cmd id="cmd:bjoin" seqid="2">{data}</cmd>')
        join, batch = decode_envelope(body, DecodeLimits(rooms_per_command=2)).primitives
        assert join == BadCommand(1, "join", "too many rooms", ResponseCode.LIMIT_EXCEEDED)
        # Which of the rooms of this one are too many is told room by room.
        assert isinstance(batch, BatchJoin)
        assert len(batch.refs) == 3


@pytest.mark.parametrize("written", ["0", "007", "4", "18446744073709551615"])
def test_numbers_are_quoted_as_they_were_written(written: str) -> None:
    body = envelope(f'<cmd id="cmd:requri" seqid="{written}"/>', f'ver="1" envid=" {written} "')
    heard = decode_envelope(body)
    (command,) = heard.primitives
    assert (heard.envid, command.seqid) == (int(written), int(written))
    assert f'<commandid seqid="{written}" envid="{written}"/>' in reply(heard.envid, command).tail


@pytest.mark.parametrize("written", ["", "x", "-3", "18446744073709551616"])
def test_a_number_that_is_none_is_the_place(written: str) -> None:
    one, two = heard(f'<cmd id="cmd:requri" seqid="0"/><cmd id="cmd:requri" seqid="{written}"/>')
    assert (one.seqid, two.seqid) == (0, 2)


def test_the_largest_numbers_of_a_server_are_taken() -> None:
    assert decode_envelope(envelope("", 'ver="1" envid="7962449779256945056"')).envid == 7962449779256945056


def test_the_table_names_each_type_by_its_own_name() -> None:
    minimal = {
        "part": f'<chanib uri="{ROOM}"/>',
        "bccontext": f'<chanib uri="{ROOM}"/>',
        "join": '<chanid value="1"/>',
        "bjoin": '<chanid value="1"/>',
        "chansrch": "<qib/>",
    }
    assert {name: command(name, minimal.get(name, "")).name for name in COMMANDS} == {name: name for name in COMMANDS}
