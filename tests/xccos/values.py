"""Arbitrary values of every request and answer, in the spelling that survives the wire, for the invariant tests."""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from parlour.xccos import encode
from parlour.xccos.encode import Fragment, Page
from parlour.xccos.ids import canonical_category_uri, canonical_principal, category_uri, group_uri, room_uri
from parlour.xccos.times import parse_time
from parlour.xccos.types import (
    AddIn,
    AddIns,
    Associations,
    AuditInfo,
    BatchJoin,
    CategoriesFound,
    CategoryInfo,
    CategorySettings,
    CheckToken,
    CreatableCategories,
    CreateAddIn,
    CreateCategory,
    CreateRoom,
    DeleteAddIn,
    DeleteCategory,
    DeleteMessage,
    DeleteRoom,
    FailedRoom,
    FindPrincipals,
    FindUsers,
    GetAddIns,
    GetAssociations,
    GetCategory,
    GetDownloadToken,
    GetGroupInfo,
    GetInvitations,
    GetParticipants,
    GetPermissions,
    GetPreference,
    GetRoles,
    GetRoom,
    GetScope,
    GetServerInfo,
    GetUnread,
    GetUploadToken,
    GetUserInfo,
    GroupChat,
    History,
    HistoryByDate,
    HistoryByMessage,
    HistoryFilter,
    HistoryPage,
    HistoryPages,
    Invitation,
    Invitations,
    Join,
    JoinedRoom,
    JoinedRooms,
    Kicked,
    ListMembers,
    ListSetting,
    MarkRead,
    MessageRef,
    ModifyAddIn,
    ModifyCategory,
    ModifyRoom,
    MoveRoom,
    Part,
    PartedRoom,
    PeopleFound,
    PeopleJoined,
    PeopleParted,
    Permissions,
    Preference,
    Purged,
    PurgeRoom,
    RecentHistory,
    ReplacedMessage,
    ReplaceMessage,
    RequestUri,
    RoomCard,
    RoomInfo,
    RoomRef,
    RoomRoles,
    RoomSettings,
    RoomsFound,
    SearchCategories,
    SearchRooms,
    Seat,
    SeatTaken,
    ServerInfo,
    ServiceUri,
    SetPreference,
    SetRoles,
    SetScope,
    TransferToken,
    Unread,
    UnreadCounts,
    UserInfo,
)
from parlour.xml.escape import strip_forbidden

S = st.SearchStrategy[Any]
SEQID = 1
ENVID = 77

# Words --------------------------------------------------------------------------------------------------------------

texts = st.one_of(
    st.text(max_size=20).map(strip_forbidden),
    st.sampled_from(['펌프 3호 & "밸브"', "夜勤 <引き継ぎ>", "a\r\nb\tc", "&amp;", " x ", "]]>", "İ ß 𝄞"]),
)
words = texts.map(str.strip)
some_words = words.filter(bool)
numbers = st.one_of(st.integers(0, 5), st.integers(0, (1 << 64) - 1))
counts = numbers.filter(bool)
limits = st.none() | numbers
flags = st.booleans()
maybe_flags = st.none() | flags
times = st.integers(parse_time("0001-01-01") or 0, parse_time("9999-12-31T23:59:59.999999Z") or 0)
maybe_times = st.none() | times
guids = st.uuids().map(str)
domains = st.text(string.ascii_lowercase + string.digits + ".-", min_size=1, max_size=20)
rooms = st.one_of(st.builds(room_uri, domains, guids), some_words.filter(lambda text: "://" not in text))
real_rooms = st.builds(room_uri, domains, guids)
categories = st.one_of(st.builds(category_uri, domains, guids), some_words.map(canonical_category_uri))
principals = st.one_of(
    some_words.map(lambda text: canonical_principal(f"sip:{text}")), st.builds(group_uri, guids), some_words
).map(canonical_principal)
behaviors = st.sampled_from(["NORMAL", "AUDITORIUM"])
visibilities = st.sampled_from(["OPEN", "SCOPED", "PRIVATE"])
invites = st.sampled_from([None, True, False, "inherit"])


def some(one: S, most: int = 2, least: int = 0, unique_by: Callable[[Any], object] | None = None) -> S:
    return st.lists(one, min_size=least, max_size=most, unique_by=unique_by).map(tuple)


def different(one: S, least: int = 0) -> S:
    return some(one, least=least, unique_by=lambda value: value)


def edits(one: S, least: int = 0) -> S:
    """A list that comes in parts is read as one."""
    return some(one, least=least, unique_by=lambda edit: (edit.which, edit.op))


# Requests -----------------------------------------------------------------------------------------------------------

one = st.just(SEQID)
refs = some(st.builds(RoomRef, numbers, domains, guids), least=1)
role_edits = st.builds(
    ListSetting,
    st.sampled_from(["MEMBER", "MANAGER", "PRESENTER"]),
    st.sampled_from(["ADD", "DEL", "SET"]),
    some(principals),
)
scope_edits = st.builds(
    ListSetting, st.sampled_from(["ALLOWED", "DENIED"]), st.sampled_from(["ADD", "DEL", "SET"]), some(principals)
)
creator_edits = st.builds(ListSetting, st.just("CREATOR"), st.sampled_from(["ADD", "DEL", "SET"]), some(principals))


def adding(one: S) -> S:
    """Of something new nobody is taken out."""
    return one.filter(lambda edit: edit.op != "DEL")


def room_settings(name: S, parent: S, roles: S = role_edits) -> S:
    return st.builds(
        RoomSettings,
        name,
        st.none() | texts,
        st.none() | texts,
        parent,
        st.none() | behaviors,
        st.none() | visibilities,
        maybe_flags,
        invites,
        st.none() | guids | st.just(""),
        edits(roles),
        maybe_times,
    )


def category_settings(name: S, lists: S = scope_edits | creator_edits) -> S:
    return st.builds(
        CategorySettings,
        name,
        st.none() | texts,
        st.none() | categories,
        maybe_flags,
        maybe_flags,
        maybe_flags,
        edits(lists),
        maybe_times,
    )


def history_filter(anchor: S, only_anchor: S) -> S:
    return st.builds(
        HistoryFilter,
        words,
        st.sampled_from(["ANY", "ALL", "PHR"]),
        flags,
        some(principals),
        maybe_times,
        maybe_times,
        anchor,
        only_anchor,
        st.none() | counts,
        flags,
        flags,
    )


rtfs = st.none() | texts.filter(str.strip)
posts = st.builds(GroupChat, one, rooms, texts, texts, texts, rtfs, flags, st.none() | numbers, maybe_times)
REQUESTS: dict[type, S] = {
    RequestUri: st.builds(RequestUri, one),
    GetServerInfo: st.builds(GetServerInfo, one, texts, st.none() | numbers),
    GetPreference: st.builds(GetPreference, one, some_words, numbers, flags),
    SetPreference: st.builds(SetPreference, one, some_words, texts, numbers),
    GetAddIns: st.builds(GetAddIns, one),
    CreateAddIn: st.builds(CreateAddIn, one, some_words, some_words),
    ModifyAddIn: st.builds(ModifyAddIn, one, guids, st.none() | some_words, st.none() | some_words),
    DeleteAddIn: st.builds(DeleteAddIn, one, guids, flags),
    GetUploadToken: st.builds(GetUploadToken, one, rooms, some_words),
    GetDownloadToken: st.builds(GetDownloadToken, one, rooms, some_words),
    CheckToken: st.builds(CheckToken, one, guids),
    Join: st.builds(Join, one, refs),
    BatchJoin: st.builds(BatchJoin, one, refs),
    Part: st.builds(Part, one, rooms),
    SearchRooms: st.builds(
        SearchRooms,
        one,
        st.sampled_from(["BYNAME", "BYFILTER", "BYURI"]),
        words,
        flags,
        flags,
        flags,
        limits,
        st.none() | principals,
        st.none() | principals,
        st.none() | categories,
        st.none() | guids,
        st.none() | visibilities,
        st.none() | behaviors,
        maybe_flags,
        maybe_flags,
    ),
    GetAssociations: st.builds(GetAssociations, one, st.sampled_from(["MEMBER", "MANAGER"]), texts, limits),
    GetRoom: st.builds(GetRoom, one, rooms, words) | st.builds(GetRoom, one, st.just(""), some_words),
    GetParticipants: st.builds(GetParticipants, one, rooms),
    GetPermissions: st.builds(GetPermissions, one, rooms),
    GetInvitations: st.builds(GetInvitations, one, numbers.filter(lambda number: number != 1), texts),
    MarkRead: st.builds(MarkRead, one, rooms, numbers),
    GetUnread: st.builds(GetUnread, one, different(rooms)),
    RecentHistory: st.builds(RecentHistory, one, rooms, st.none() | counts),
    HistoryByDate: st.builds(HistoryByDate, one, different(rooms, least=1), history_filter(st.none(), st.just(False))),
    HistoryByMessage: st.builds(HistoryByMessage, one, different(rooms, least=1), history_filter(numbers, flags)),
    DeleteMessage: st.builds(DeleteMessage, one, rooms, numbers),
    ReplaceMessage: st.builds(ReplaceMessage, one, rooms, numbers, texts),
    PurgeRoom: st.builds(PurgeRoom, one, rooms, times),
    CreatableCategories: st.builds(CreatableCategories, one),
    CreateRoom: st.builds(CreateRoom, one, room_settings(some_words, categories, adding(role_edits))),
    ModifyRoom: st.builds(ModifyRoom, one, rooms, room_settings(st.none() | texts, st.none() | categories)),
    DeleteRoom: st.builds(DeleteRoom, one, rooms),
    MoveRoom: st.builds(MoveRoom, one, rooms, categories),
    GetRoles: st.builds(GetRoles, one, rooms, some(st.sampled_from(["MEMBER", "MANAGER", "PRESENTER"]))),
    SetRoles: st.builds(SetRoles, one, rooms, edits(role_edits, least=1)),
    CreateCategory: st.builds(CreateCategory, one, category_settings(some_words, adding(scope_edits | creator_edits))),
    ModifyCategory: st.builds(ModifyCategory, one, categories, category_settings(st.none() | texts)),
    DeleteCategory: st.builds(DeleteCategory, one, categories),
    GetCategory: st.builds(GetCategory, one, categories),
    SearchCategories: st.builds(SearchCategories, one, words, limits),
    GetScope: st.builds(GetScope, one, categories),
    SetScope: st.builds(SetScope, one, categories, edits(scope_edits, least=1)),
    FindUsers: st.builds(FindUsers, one, words, words, words, words, limits),
    FindPrincipals: st.builds(
        FindPrincipals, one, st.sampled_from(["MEMBER", "MANAGER", "PRESENTER"]), words, rooms, max_results=limits
    )
    | st.builds(FindPrincipals, one, st.just("CREATOR"), words, category_uri=categories, max_results=limits),
    GetUserInfo: st.builds(GetUserInfo, one, principals),
    GetGroupInfo: st.builds(GetGroupInfo, one, principals),
    GroupChat: posts,
}

# Answers ------------------------------------------------------------------------------------------------------------

audits = st.builds(AuditInfo, texts, maybe_times, texts, maybe_times)
kinds = st.sampled_from([5, 8, 9, 10])
people = st.builds(UserInfo, texts, texts, texts, kinds)
whole_people = st.builds(
    UserInfo, texts, texts, texts, kinds, texts, texts, texts, maybe_flags, some(people), st.none() | audits
)
room_infos = st.builds(
    RoomInfo,
    real_rooms,
    texts,
    texts,
    texts,
    behaviors,
    texts,
    flags,
    st.none() | visibilities,
    st.none() | numbers,
    maybe_flags,
    invites,
    maybe_flags,
    words,
    texts,
    texts,
    texts,
    st.none() | audits,
)
lists = st.builds(
    ListMembers,
    st.sampled_from(["MEMBER", "MANAGER", "PRESENTER", "CREATOR", "ALLOWED", "DENIED"]),
    some(whole_people),
)
category_infos = st.builds(
    CategoryInfo,
    categories,
    texts,
    texts,
    texts,
    maybe_flags,
    maybe_flags,
    maybe_flags,
    st.none() | audits,
    some(lists),
)
failed = some(st.builds(FailedRoom, domains, guids, st.sampled_from([403, 404, 407])))
# A person has one card in a reply, whatever number of rooms they sit in.
sitters = st.sampled_from([UserInfo(f"sip:p{n}@example.com", str(n), f'김 "{n}" & <co>') for n in range(6)])
seats = st.builds(
    lambda users, masks: tuple(Seat(user, mask) for user, mask in zip(users, masks, strict=False)),
    st.lists(sitters, max_size=4, unique=True),
    st.sampled_from([(12276, 3984, 3984, 3984), (16372, 12276, 8080, 8080), (3984,) * 4]),
)
joined_rooms = st.builds(JoinedRoom, room_infos, seats)
invitations = some(st.builds(Invitation, numbers, texts, maybe_times, room_infos))
unread = some(st.builds(Unread, real_rooms, numbers, numbers))
preferences = st.builds(Preference, some_words, numbers, st.none() | texts)


def messages_of(room: str) -> S:
    """Kept messages of a room, numbered as a reader of history numbers them."""
    kept = st.builds(GroupChat, one, st.just(room), texts, texts, texts, rtfs, flags, numbers, times)
    return st.lists(kept, max_size=4).map(
        lambda found: tuple(
            GroupChat(
                place,
                post.room_uri,
                post.author,
                post.text,
                post.author_name,
                post.rtf,
                post.alert,
                post.chat_id,
                post.at,
            )
            for place, post in enumerate(found, 1)
        )
    )


pages = real_rooms.flatmap(lambda room: st.builds(HistoryPage, st.just(room), messages_of(room), numbers, flags))
histories = real_rooms.flatmap(lambda room: st.builds(History, st.just(room), messages_of(room)))
ASKED = GetAssociations(SEQID, "MANAGER")
Maker = Callable[[Any, Any], list[Fragment]]


def _wire_pages(found: HistoryPages) -> list[Page]:
    return [Page(page.room_uri, page.messages, page.matches, page.truncated) for page in found.pages]


def _joined(found: JoinedRooms, command: Any) -> list[Fragment]:
    return encode.batch_join_replies(ENVID, command, found.rooms, found.failed)


REPLIES: dict[type, tuple[S, Maker]] = {
    ServiceUri: (st.builds(ServiceUri, some_words), lambda body, c: [encode.request_uri_reply(ENVID, c, body.uri)]),
    ServerInfo: (
        st.builds(ServerInfo, maybe_times, numbers, numbers, numbers, texts, texts, texts, texts),
        lambda body, c: [encode.server_info_reply(ENVID, c, body)],
    ),
    Preference: (preferences, lambda body, c: [encode.preference_reply(ENVID, c, body)]),
    AddIns: (
        st.builds(AddIns, some(st.builds(AddIn, guids, texts, texts))),
        lambda body, c: encode.addins_replies(ENVID, c, body.addins),
    ),
    TransferToken: (st.builds(TransferToken, guids, texts), lambda body, c: [encode.token_reply(ENVID, c, body)]),
    JoinedRooms: (st.builds(JoinedRooms, some(joined_rooms), failed), _joined),
    PartedRoom: (st.builds(PartedRoom, rooms), lambda body, c: [encode.room_reply(ENVID, c, body.room_uri)]),
    RoomsFound: (
        st.builds(RoomsFound, some(room_infos), flags),
        lambda body, c: encode.search_replies(ENVID, c, body.rooms, body.truncated),
    ),
    Associations: (
        st.builds(Associations, st.just("MANAGER"), some(room_infos), flags),
        lambda body, c: encode.associations_replies(ENVID, ASKED, body.rooms, body.truncated),
    ),
    Permissions: (
        st.builds(Permissions, rooms, numbers, numbers),
        lambda body, c: [encode.permissions_reply(ENVID, c, body)],
    ),
    Invitations: (
        st.builds(Invitations, invitations),
        lambda body, c: encode.invitations_replies(ENVID, c, body.invitations),
    ),
    UnreadCounts: (
        st.builds(UnreadCounts, unread, failed),
        lambda body, c: encode.unread_replies(ENVID, c, body.rooms, body.failed),
    ),
    History: (histories, lambda body, c: encode.history_replies(ENVID, c, body.room_uri, body.messages)),
    HistoryPages: (
        st.builds(HistoryPages, some(pages), failed),
        lambda body, c: encode.pages_replies(ENVID, c, _wire_pages(body), body.failed),
    ),
    MessageRef: (
        st.builds(MessageRef, rooms, numbers),
        lambda body, c: [encode.message_ref_reply(ENVID, c, body.room_uri, body.chat_id)],
    ),
    Purged: (
        st.builds(Purged, rooms, times),
        lambda body, c: [encode.purged_reply(ENVID, c, body.room_uri, body.until)],
    ),
    RoomCard: (
        st.builds(RoomCard, room_infos, st.none() | category_infos),
        lambda body, c: [encode.room_card_reply(ENVID, c, body)],
    ),
    RoomRoles: (
        st.builds(RoomRoles, rooms, some(lists)),
        lambda body, c: encode.roles_replies(ENVID, c, body.room_uri, body.roles),
    ),
    CategoriesFound: (
        st.builds(CategoriesFound, some(category_infos), flags),
        lambda body, c: encode.categories_replies(ENVID, c, body.categories, body.truncated),
    ),
    PeopleFound: (
        st.builds(PeopleFound, some(whole_people), flags),
        lambda body, c: encode.people_replies(ENVID, c, body.people, body.truncated),
    ),
}
"""For each body of a reply: values, and how a server says one in answer to a command."""

taken = st.builds(SeatTaken, real_rooms, people, numbers)
NOTICES: dict[str, tuple[S, Callable[[Any], Fragment]]] = {
    "join": (st.builds(lambda seat: PeopleJoined((seat,)), taken), lambda body: encode.joined_notice(body.seats)),
    "permmodified": (
        st.builds(lambda seat: PeopleJoined((seat,)), taken),
        lambda body: encode.permissions_notice(body.seats),
    ),
    "part": (
        st.builds(lambda room, uris: PeopleParted(tuple((room, uri) for uri in uris)), rooms, some(principals)),
        lambda body: encode.parted_notice(
            body.seats[0][0] if body.seats else "ma-chan://x/y", [u for _, u in body.seats]
        ),
    ),
    "inv": (st.builds(Invitations, invitations), lambda body: encode.invitation_notice(body.invitations)),
    "kick": (
        st.builds(Kicked, rooms, st.sampled_from([403, 404, 407])),
        lambda body: encode.kick_notice(body.room_uri, body.code),
    ),
    "chanmodified": (st.builds(RoomCard, room_infos), lambda body: encode.room_changed_notice(body.room)),
    "chancreated": (st.builds(RoomCard, room_infos), lambda body: encode.room_created_notice(body.room)),
    "chandeleted": (st.builds(PartedRoom, rooms), lambda body: encode.room_deleted_notice(body.room_uri)),
    "msgdel": (
        st.builds(MessageRef, rooms, numbers),
        lambda body: encode.message_removed_notice(body.room_uri, body.chat_id),
    ),
    "msgrepl": (
        histories.filter(lambda found: found.messages).map(lambda found: ReplacedMessage(found.messages[0])),
        lambda body: encode.message_replaced_notice(body.message.room_uri, body.message),
    ),
    "chanpurge": (st.builds(Purged, rooms, times), lambda body: encode.purged_notice(body.room_uri, body.until)),
    "prefmodified": (
        st.builds(Preference, some_words, numbers),
        lambda body: encode.preference_notice(body.label, body.version),
    ),
}
"""For each notice: values of its body, and how a server says it."""
