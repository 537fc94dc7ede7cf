"""What each command of the later families holds: good, with aliases, and with each field missing or malformed."""

from __future__ import annotations

import pytest

from parlour.xccos.codes import ResponseCode
from parlour.xccos.decode import decode_envelope
from parlour.xccos.fields import MOST_TEXT, MOST_URI
from parlour.xccos.times import parse_time
from parlour.xccos.types import (
    BadCommand,
    BatchJoin,
    CategorySettings,
    CheckToken,
    CreateAddIn,
    CreateCategory,
    CreateRoom,
    DeleteAddIn,
    FindPrincipals,
    FindUsers,
    GetAssociations,
    GetCategory,
    GetDownloadToken,
    GetGroupInfo,
    GetPreference,
    GetRoles,
    GetRoom,
    GetUnread,
    GetUserInfo,
    HistoryByDate,
    HistoryByMessage,
    HistoryFilter,
    ListSetting,
    MarkRead,
    ModifyAddIn,
    ModifyCategory,
    ModifyRoom,
    MoveRoom,
    PurgeRoom,
    ReplaceMessage,
    Request,
    RoomRef,
    RoomSettings,
    SearchCategories,
    SearchRooms,
    SetPreference,
    SetRoles,
    SetScope,
)
from parlour.xccos.xml import SERVER_LIMITS, DecodeLimits

GUID = "5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203"
ROOM = f"ma-chan://example.com/{GUID}"
OPS = f"ma-cat://example.com/{GUID}"
GROUP = f"ma-grp:{GUID}@u.g"
CHANIB = f'<chanib uri="{ROOM}"/>'
VISIBLE = "urn:parlano:ma:info:visibil"
INVITE = "urn:parlano:ma:prop:invite"
AT = 1_370_952_000_123_456
DAY = 1_370_908_800_000_000  # 2013-06-11


def command(name: str, data: str, limits: DecodeLimits = SERVER_LIMITS) -> Request:
    body = f'<xccos ver="1" envid="9" xmlns="urn:parlano:xml:ns:xccos"><cmd id="cmd:{name}" seqid="1"><data>'
    (one,) = decode_envelope(f"{body}{data}</data></cmd></xccos>".encode(), limits).primitives
    return one


def query(inside: str) -> HistoryFilter:
    one = command("bcbydate", f"{CHANIB}<bcq>{inside}</bcq>")
    assert isinstance(one, HistoryByDate), one
    return one.filter


def settings(attributes: str, inside: str = "") -> RoomSettings:
    one = command("chanmodify", f'<chanib uri="{ROOM}" {attributes}>{inside}</chanib>')
    assert isinstance(one, ModifyRoom), one
    assert one.room_uri == ROOM
    return one.settings


def category_settings(attributes: str, inside: str = "") -> CategorySettings:
    one = command("catmodify", f'<catib uri="{OPS}" {attributes}>{inside}</catib>')
    assert isinstance(one, ModifyCategory), one
    return one.settings


# Good ones, and their other spellings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("getpref", '<pref label=" a.b "/>', GetPreference(1, "a.b")),
        ("getpref", '<pref label="x" seqid="71" createdefault="TRUE"/>', GetPreference(1, "x", 71, True)),
        ("setpref", '<pref label="설정" seqid="7" content="PGE+"/>', SetPreference(1, "설정", "PGE+", 7)),
        ("setpref", '<pref label="x" content=""/>', SetPreference(1, "x", "")),
        ("addincreate", '<siop name="상황판" url="https://x"/>', CreateAddIn(1, "상황판", "https://x")),
        ("addinmodify", f'<siop id="{{{GUID.upper()}}}" url="https://y"/>', ModifyAddIn(1, GUID, None, "https://y")),
        ("addindelete", f'<siop id="{GUID}"/>', DeleteAddIn(1, GUID)),
        ("addindelete", '<siop id="Wallboard" force="yes"/>', DeleteAddIn(1, "Wallboard", True)),
        ("getfdtok", f'<ftdb channelUri="{ROOM.upper()}" fileUrl="a.txt"/>', GetDownloadToken(1, ROOM, "a.txt")),
        ("getftok", f'<token token="{{{GUID}}}" serveruri="https://x"/>', CheckToken(1, GUID)),
        ("getassociations", '<association type="member"/>', GetAssociations(1, "MEMBER")),
        ("getassociations", '<association type="1" maxResults="-1"/>', GetAssociations(1, "MEMBER")),
        ("getassociations", '<association type="2" maxResults="9"/>', GetAssociations(1, "MANAGER", "", 9)),
        ("chaninfo", '<chanib name=" 야간 근무 "/>', GetRoom(1, "", "야간 근무")),
        ("ChanProp", CHANIB, GetRoom(1, ROOM)),
        ("markread", f'{CHANIB}<msgref chatId="7"/>', MarkRead(1, ROOM, 7)),
        ("getunread", "", GetUnread(1)),
        ("getunread", CHANIB * 2, GetUnread(1, (ROOM,))),
        ("replmsg", f'<msgref chanUri="{ROOM}" chatId="7"/>', ReplaceMessage(1, ROOM, 7)),
        (
            "replmsg",
            f'<msgref chanUri="{ROOM}" chatId="7"/><chat> 지움&#xD;\n</chat>',
            ReplaceMessage(1, ROOM, 7, " 지움\r\n"),
        ),
        (
            "chanpurge",
            f'{CHANIB}<purge until="2013-06-11T12:00:00.1234569Z"/>',
            PurgeRoom(1, ROOM, AT),
        ),
        ("chanmove", f'<chanib uri="{ROOM}" parent="{OPS.upper()}"/>', MoveRoom(1, ROOM, OPS)),
        ("getroles", CHANIB, GetRoles(1, ROOM)),
        (
            "getroles",
            f'<chanib uri="{ROOM}"><role name="manager"/><role name="PRESENTER"/></chanib>',
            GetRoles(1, ROOM, ("MANAGER", "PRESENTER")),
        ),
        ("catinfo", f'<catib uri="MA-CAT://Example.COM/{{{GUID}}}"/>', GetCategory(1, OPS)),
        ("catinfo", '<catib uri=" garbage "/>', GetCategory(1, "garbage")),
        ("catsrch", '<qib criteria=" 정비 "/>', SearchCategories(1, "정비")),
        ("usrsrch", '<qib qtype="USER" lastname="김" maxResults="5"/>', FindUsers(1, "김", max_results=5)),
        ("prinsrch", f'{CHANIB}<qib qtype="presenter"/>', FindPrincipals(1, "PRESENTER", room_uri=ROOM)),
        (
            "prinsrch",
            f'<catib uri="{OPS}"/><qib qtype="CREATOR" criteria="b"/>',
            FindPrincipals(1, "CREATOR", "b", category_uri=OPS),
        ),
        ("getuserinfo", '<uib uri="SIP:Alice@Example.com"/>', GetUserInfo(1, "sip:alice@example.com")),
        ("getgroupinfo", f'<uib uri="ma-grp://example.com/{GUID.upper()}"/>', GetGroupInfo(1, GROUP)),
        ("getgroupinfo", f'<uib uri="{GUID}@u.g"/>', GetGroupInfo(1, GROUP)),
        ("getgroupinfo", '<uib uri="ma-grp:crew"/>', GetGroupInfo(1, "ma-grp:crew")),
    ],
)
def test_good_commands(name: str, data: str, expected: Request) -> None:
    assert command(name, data) == expected


def test_every_filter_of_a_search() -> None:
    qib = (
        f'<qib qtype="BYFILTER" member="SIP:Bob@x" manager="{GUID}@u.g" category="{OPS.upper()}" siopid="{{{GUID}}}" '
        'visibility="secret" behavior="auditorium" searchInvites="true" invite="True" disabled="no"/>'
    )
    assert command("chansrch", qib) == SearchRooms(
        1,
        "BYFILTER",
        member="sip:bob@x",
        manager=GROUP,
        category=OPS,
        addin=GUID,
        visibility="PRIVATE",
        behavior="AUDITORIUM",
        invite=True,
        disabled=False,
    )


@pytest.mark.parametrize(
    ("attributes", "invite"),
    [('invite="true"', None), ('searchInvites="1"', False), ('searchInvites="0" invite="true"', None)],
)
def test_invitations_filter_only_with_their_switch(attributes: str, invite: bool | None) -> None:
    assert command("chansrch", f"<qib {attributes}/>") == SearchRooms(1, invite=invite)


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("", HistoryFilter()),
        ("<text> 펌프 trip </text>", HistoryFilter("펌프 trip")),
        ('<text mt="par">a</text>', HistoryFilter("a")),
        ('<text mt="EXT" mc="1">a</text>', HistoryFilter("a", "PHR", True)),
        ('<author uri="SIP:A@x"/><author uri="sip:b@x"/>', HistoryFilter(authors=("sip:a@x", "sip:b@x"))),
        ('<date from="2013-06-11T12:00:00.1234560Z" to=""/>', HistoryFilter(since=AT)),
        ('<msgid msgid="7" jmsg="true"/>', HistoryFilter(anchor=7, only_anchor=True)),
        ('<msgid jmsg="true"/>', HistoryFilter()),
        ('<limit cnt="0"/>', HistoryFilter()),
        (f'<limit cnt="{10**30}"/>', HistoryFilter(limit=2**64 - 1)),
        ('<limit cnt="0"/>', HistoryFilter()),
        ('<date from="2013-06-11" to="2013-06-11"/>', HistoryFilter(since=DAY, until=DAY + 86_399_999_999)),
        ('<limit cnt="5"/><sort searchbkwds="yes"/>', HistoryFilter(limit=5, newest_first_scan=True)),
        ('<sort sortbkwds="true"/>', HistoryFilter(newest_first_sort=True)),
    ],
)
def test_queries_of_history(inside: str, expected: HistoryFilter) -> None:
    assert query(inside) == expected


def test_history_from_a_message() -> None:
    one = command("bcbymsg", f'{CHANIB}{CHANIB}<bcq><msgid msgid="7"/></bcq>')
    assert one == HistoryByMessage(1, (ROOM,), HistoryFilter(anchor=7))


def test_history_without_a_query_is_all_of_it() -> None:
    assert command("bcbydate", CHANIB) == HistoryByDate(1, (ROOM,))


@pytest.mark.parametrize(
    ("attributes", "inside", "expected"),
    [
        ("", "", RoomSettings()),
        ('name="" description="" topic="차"', "", RoomSettings("", "", "차")),
        (f'parent="{OPS.upper()}" behavior="normal"', "", RoomSettings(parent=OPS, behavior="NORMAL")),
        ('parent="" disabled="" behavior=" "', "", RoomSettings()),
        ('siopid=""', "", RoomSettings(addin="")),
        (f'siopid="{{{GUID}}}"', "", RoomSettings(addin=GUID)),
        ('visibility="Closed"', "", RoomSettings(visibility="SCOPED")),
        ("", f'<info id="{VISIBLE}ity">SECRET</info>', RoomSettings(visibility="PRIVATE")),
        ('visibility="OPEN"', f'<info id="{VISIBLE.upper()}TY"> private </info>', RoomSettings(visibility="PRIVATE")),
        ("", f'<prop id="{INVITE}">Inherit</prop>', RoomSettings(invite="inherit")),
        ("", f'<prop id="{INVITE}">True</prop>', RoomSettings(invite=True)),
        ("", f'<prop id="{INVITE}">false</prop>', RoomSettings(invite=False)),
        ("", f'<prop id="{INVITE}"/><prop id="urn:x">maybe</prop>', RoomSettings()),
        ("", "<audit/>", RoomSettings()),
        ("", '<audit updatedon="2013-06-11T12:00:00.1234560Z"/>', RoomSettings(expected=AT)),
        ("", '<role name="member"/>', RoomSettings(roles=(ListSetting("MEMBER", "SET", ()),))),
        (
            "",
            f'<role name="MANAGER" op="add"><uib uri="SIP:A@X"/><uib uri="{GUID}@u.g"/></role>',
            RoomSettings(roles=(ListSetting("MANAGER", "ADD", ("sip:a@x", GROUP)),)),
        ),
    ],
)
def test_settings_of_rooms(attributes: str, inside: str, expected: RoomSettings) -> None:
    assert settings(attributes, inside) == expected


@pytest.mark.parametrize(
    ("attributes", "inside", "expected"),
    [
        ("", "", CategorySettings()),
        ('name="정비" description="" invite="1"', "", CategorySettings("정비", "", invite=True)),
        (f'parent="{OPS}" logged="no" filepost="YES"', "", CategorySettings(None, None, OPS, None, False, True)),
        (
            'invite="inherit" logged=" Inherit " filepost="INHERIT"',
            "",
            CategorySettings(invite="inherit", logged="inherit", filepost="inherit"),
        ),
        ("", '<audit updatedon="2013-06-11T12:00:00.1234560Z"/>', CategorySettings(expected=AT)),
        (
            "",
            '<role name="creator"><uib uri="sip:a@x"/></role><scope type="denied" op="DEL"/><scope type="ALLOWED"/>',
            CategorySettings(
                lists=(
                    ListSetting("CREATOR", "SET", ("sip:a@x",)),
                    ListSetting("DENIED", "DEL", ()),
                    ListSetting("ALLOWED", "SET", ()),
                )
            ),
        ),
    ],
)
def test_settings_of_categories(attributes: str, inside: str, expected: CategorySettings) -> None:
    assert category_settings(attributes, inside) == expected


def test_lists_that_are_set_alone_are_added_to() -> None:
    assert command("setroles", f'<chanib uri="{ROOM}"><role name="MEMBER"><uib uri="sip:a@x"/></role></chanib>') == (
        SetRoles(1, ROOM, (ListSetting("MEMBER", "ADD", ("sip:a@x",)),))
    )
    assert command("setscope", f'<catib uri="{OPS}"><scope type="ALLOWED"/></catib>') == (
        SetScope(1, OPS, (ListSetting("ALLOWED", "ADD", ()),))
    )


def test_what_is_made_has_a_name_and_rooms_have_a_category() -> None:
    made = command("chancreate", f'<chanib name="야간" parent="{OPS}"/>')
    assert made == CreateRoom(1, RoomSettings("야간", parent=OPS))
    assert command("catcreate", '<catib name="정비"/>') == CreateCategory(1, CategorySettings("정비"))


def test_a_role_list_may_hold_thousands() -> None:
    people = "".join(f'<uib uri="sip:p{number}@example.com"/>' for number in range(5000))
    one = command("setroles", f'<chanib uri="{ROOM}"><role name="MEMBER">{people}</role></chanib>')
    assert isinstance(one, SetRoles)
    assert len(one.roles[0].principals) == 5000


# Bad ones -----------------------------------------------------------------------------------------------------------

_ROLE = f'<chanib uri="{ROOM}"><role {{}}/></chanib>'
_SETTING = f'<chanib uri="{ROOM}" {{}}/>'
_QUERY = f"{CHANIB}<bcq>{{}}</bcq>"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("getpref", "", "pref is missing"),
        ("getpref", '<pref label=" "/>', "label is missing"),
        ("getpref", '<pref label="x" seqid="new"/>', "seqid is not a number"),
        ("setpref", '<pref content="x"/>', "label is missing"),
        ("setpref", '<pref label="x"/>', "content is missing"),
        ("setpref", '<pref label="x" content="x" seqid="-1"/>', "seqid is not a number"),
        ("addincreate", '<siop url="https://x"/>', "name is missing"),
        ("addincreate", '<siop name="x"/>', "url is missing"),
        ("addinmodify", '<siop name="x"/>', "id is missing"),
        ("addindelete", "", "siop is missing"),
        ("getfutok", "", "ftdb is missing"),
        ("getfutok", '<ftdb fileUrl="a"/>', "channelUri is missing"),
        ("getfdtok", f'<ftdb channelUri="{ROOM}"/>', "fileUrl is missing"),
        ("getftok", "<token/>", "token is missing"),
        ("getassociations", "", "association is missing"),
        ("getassociations", "<association/>", "type is missing"),
        ("getassociations", '<association type="3"/>', "type is not known"),
        ("getassociations", '<association type="1" maxResults="x"/>', "maxResults is not a number"),
        ("chaninfo", "", "chanib is missing"),
        ("chaninfo", '<chanib name=" "/>', "uri and name are missing"),
        ("getpartlist", "<chanib/>", "uri is missing"),
        ("getperms", "", "chanib is missing"),
        ("markread", CHANIB, "msgref is missing"),
        ("markread", f"{CHANIB}<msgref/>", "chatId is missing"),
        ("markread", f'{CHANIB}<msgref chatId="last"/>', "chatId is not a number"),
        ("part", f"{CHANIB}{CHANIB}", "chanib is there more than once"),
        ("bccontext", f"{CHANIB}{CHANIB}", "chanib is there more than once"),
        (
            "delmsg",
            f'<msgref chanUri="{ROOM}" chatId="1"/><msgref chanUri="{ROOM}" chatId="2"/>',
            "msgref is there more than once",
        ),
        (
            "chancreate",
            '<chanib name="a" parent="b"><role name="MEMBER" op="DEL"/></chanib>',
            "DEL: nobody is in the lists of something new",
        ),
        (
            "catcreate",
            '<catib name="a"><scope type="ALLOWED" op="DEL"/></catib>',
            "DEL: nobody is in the lists of something new",
        ),
        ("chansrch", '<qib visibility="dark"/>', "visibility is not known"),
        ("chansrch", '<qib behavior="odd"/>', "behavior is not known"),
        ("chansrch", '<qib disabled="perhaps"/>', "disabled is not a boolean"),
        ("bcbydate", "<bcq/>", "chanib is missing"),
        ("bcbydate", _QUERY.format('<limit cnt="-1"/>'), "cnt is not a number"),
        ("bcbydate", _QUERY.format('<text mt="SOME"/>'), "mt is not known"),
        ("bcbydate", _QUERY.format("<author/>"), "uri is missing"),
        ("bcbydate", _QUERY.format('<author uri="sip:a@x"/>' * 101), "too many authors"),
        ("bcbydate", _QUERY.format('<date from="noon"/>'), "from is not a time"),
        ("bcbydate", _QUERY.format('<date to="2013-13-01"/>'), "to is not a time"),
        ("bcbydate", _QUERY.format('<msgid msgid="x"/>'), "msgid is not a number"),
        ("bcbymsg", CHANIB, "bcq is missing"),
        ("bcbymsg", _QUERY.format(""), "msgid is missing"),
        ("delmsg", "", "msgref is missing"),
        ("delmsg", '<msgref chatId="1"/>', "chanUri is missing"),
        ("replmsg", f'<msgref chanUri="{ROOM}"/>', "chatId is missing"),
        ("chanpurge", CHANIB, "purge is missing"),
        ("chanpurge", f"{CHANIB}<purge/>", "until is missing"),
        ("chanpurge", f'{CHANIB}<purge until="x"/>', "until is not a time"),
        ("chancreate", "", "chanib is missing"),
        ("chancreate", f'<chanib parent="{OPS}"/>', "name is missing"),
        ("chancreate", '<chanib name="x"/>', "parent is missing"),
        ("chanmodify", '<chanib name="x"/>', "uri is missing"),
        ("chanmodify", _SETTING.format('behavior="LOUD"'), "behavior is not known"),
        ("chanmodify", _SETTING.format('visibility="DARK"'), "visibility is not known"),
        ("chanmodify", _SETTING.format('disabled="off"'), "disabled is not a boolean"),
        ("chanmodify", f'<chanib uri="{ROOM}"><audit updatedon="x"/></chanib>', "updatedon is not a time"),
        (
            "chanmodify",
            f'<chanib uri="{ROOM}"><prop id="{INVITE}">maybe</prop></chanib>',
            "invite is not a boolean",
        ),
        ("chanmodify", _ROLE.format('name="CREATOR"'), "role name is not known"),
        ("chandelete", "", "chanib is missing"),
        ("chanmove", CHANIB, "parent is missing"),
        ("getroles", _ROLE.format('name="OWNER"'), "role name is not known"),
        ("setroles", CHANIB, "role is missing"),
        ("setroles", _ROLE.format(""), "role name is missing"),
        ("setroles", _ROLE.format('name="MEMBER" op="PUT"'), "op is not known"),
        ("setroles", f'<chanib uri="{ROOM}"><role name="MEMBER"><uib/></role></chanib>', "uri is missing"),
        ("catcreate", "", "catib is missing"),
        ("catcreate", "<catib/>", "name is missing"),
        ("catmodify", '<catib name="x"/>', "uri is missing"),
        ("catmodify", f'<catib uri="{OPS}" logged="x"/>', "logged is not a boolean"),
        ("catmodify", f'<catib uri="{OPS}"><role name="MEMBER"/></catib>', "role name is not known"),
        ("catmodify", f'<catib uri="{OPS}"><scope type="x"/></catib>', "scope type is not known"),
        ("catdelete", "<catib/>", "uri is missing"),
        ("catinfo", "", "catib is missing"),
        ("catsrch", "", "qib is missing"),
        ("getscope", "<catib/>", "uri is missing"),
        ("setscope", f'<catib uri="{OPS}"/>', "scope is missing"),
        ("setscope", f'<catib uri="{OPS}"><scope/></catib>', "scope type is missing"),
        ("usrsrch", "", "qib is missing"),
        ("usrsrch", '<qib maxResults="x"/>', "maxResults is not a number"),
        ("prinsrch", CHANIB, "qib is missing"),
        ("prinsrch", f"{CHANIB}<qib/>", "qtype is missing"),
        ("prinsrch", f'{CHANIB}<qib qtype="OWNER"/>', "qtype is not known"),
        ("prinsrch", '<qib qtype="MEMBER"/>', "chanib and catib are missing"),
        ("getuserinfo", "", "uib is missing"),
        ("getgroupinfo", "<uib/>", "uri is missing"),
    ],
)
def test_bad_commands(name: str, data: str, reason: str) -> None:
    assert command(name, data) == BadCommand(1, name, reason)


@pytest.mark.parametrize("name", ["bcbydate", "getunread"])
def test_a_room_is_named_once_and_one_without_uri_spoils_no_other(name: str) -> None:
    found = command(name, f'{CHANIB}<chanib/>{CHANIB}<chanib uri=" {ROOM.upper()} "/>')
    assert isinstance(found, GetUnread | HistoryByDate)
    assert found.room_uris == (ROOM, "")


def test_a_chanid_without_value_is_a_room_that_does_not_exist() -> None:
    found = command("bjoin", f'<chanid key="0"/><chanid key="1" value="{GUID}"/>')
    assert found == BatchJoin(1, (RoomRef(0, "", ""), RoomRef(1, "", GUID)))


def test_a_list_in_parts_is_one_list() -> None:
    bob, carol = '<uib uri="sip:bob@x"/>', '<uib uri="sip:carol@x"/>'
    roles = f'<role name="MEMBER">{bob}</role><role name="MANAGER">{bob}</role><role name="member">{carol}</role>'
    found = command("chancreate", f'<chanib name="a" parent="b">{roles}</chanib>')
    assert isinstance(found, CreateRoom)
    assert found.settings.roles == (
        ListSetting("MEMBER", "SET", ("sip:bob@x", "sip:carol@x")),
        ListSetting("MANAGER", "SET", ("sip:bob@x",)),
    )


def test_a_room_is_purged_with_all_of_the_day() -> None:
    found = command("chanpurge", f'{CHANIB}<purge until="2026-11-27"/>')
    assert isinstance(found, PurgeRoom)
    assert found.until == parse_time("2026-11-27T23:59:59.999999Z")


@pytest.mark.parametrize("name", ["bcbydate", "getunread"])
def test_a_command_names_so_many_rooms_at_most(name: str) -> None:
    limits = DecodeLimits(rooms_per_command=2)
    assert command(name, CHANIB * 3, limits) == BadCommand(1, name, "too many rooms", ResponseCode.LIMIT_EXCEEDED)
    assert not isinstance(command(name, CHANIB * 2, limits), BadCommand)


LONG = "x" * (MOST_TEXT + 1)
LONG_URI = "sip:" + "x" * (MOST_URI - 3)


@pytest.mark.parametrize(
    ("name", "data", "attribute"),
    [
        ("chansrch", f'<qib criteria="{LONG}"/>', "criteria"),
        ("chansrch", f'<qib member="{LONG}"/>', "member"),
        ("chaninfo", f'<chanib name="{LONG}"/>', "name"),
        ("catsrch", f'<qib criteria="{LONG}"/>', "criteria"),
        ("usrsrch", f'<qib lastname="{LONG}"/>', "lastname"),
        ("usrsrch", f'<qib firstname="{LONG}"/>', "firstname"),
        ("usrsrch", f'<qib email="{LONG}"/>', "email"),
        ("usrsrch", f'<qib criteria="{LONG}"/>', "criteria"),
        ("prinsrch", f'{CHANIB}<qib qtype="MEMBER" criteria="{LONG}"/>', "criteria"),
        ("addincreate", f'<siop name="{LONG}" url="https://x.example/"/>', "name"),
        ("getuserinfo", f'<uib uri="{LONG_URI}"/>', "uri"),
        ("bcbydate", f'{CHANIB}<bcq><author uri="{LONG_URI}"/></bcq>', "uri"),
        ("setroles", f'<chanib uri="{ROOM}"><role name="MEMBER"><uib uri="{LONG_URI}"/></role></chanib>', "uri"),
    ],
)
def test_texts_and_addresses_are_short(name: str, data: str, attribute: str) -> None:
    most = MOST_URI if attribute == "uri" else MOST_TEXT
    too_long = BadCommand(1, name, f"{attribute} has more than {most} characters", ResponseCode.LIMIT_EXCEEDED)
    assert command(name, data) == too_long
    assert not isinstance(command(name, data.replace("xx", "x", 1)), BadCommand)
