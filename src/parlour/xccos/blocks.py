"""The elements inside `data`, each rendered by one function (docs/protocol/xccos.md, Blocks).

What goes out is what the strictest known client needs: a name on every room, both spellings of visibility, `True` and
`False` in the text of `prop`, numbers without blanks between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from parlour.xccos.ids import parse_room_uri
from parlour.xccos.times import format_time
from parlour.xccos.types import (
    AuditInfo,
    CategoryInfo,
    FailedRoom,
    Invitation,
    ListMembers,
    Message,
    RoomInfo,
    Seat,
    SeatTaken,
    ServerInfo,
    UserInfo,
)
from parlour.xml.escape import escape_attribute, escape_text

__all__ = [
    "INFO_FILESTORE",
    "INFO_UCNT",
    "INFO_VISIBILITY",
    "INFO_VISIBILTY",
    "PROP_FILEPOST",
    "PROP_INVITE",
    "PROP_LOGGED",
    "SCOPES",
    "SeatBook",
    "byte_size",
    "category_block",
    "category_reference",
    "element",
    "failure_block",
    "invitation_block",
    "list_block",
    "message_inside",
    "message_reference",
    "origin_attributes",
    "purge_block",
    "room_block",
    "room_reference",
    "seat_block",
    "server_info_block",
    "user_attributes",
    "user_block",
]

INFO_UCNT = "urn:parlano:ma:info:ucnt"
INFO_VISIBILTY = "urn:parlano:ma:info:visibilty"  # COMPAT: SIPE (and older servers) know only this spelling
INFO_VISIBILITY = "urn:parlano:ma:info:visibility"
INFO_FILESTORE = "urn:parlano:ma:info:filestoreuri"
PROP_LOGGED = "urn:parlano:ma:prop:logged"
PROP_INVITE = "urn:parlano:ma:prop:invite"
PROP_FILEPOST = "urn:parlano:ma:prop:filepost"
SCOPES = frozenset({"ALLOWED", "DENIED"})
"""Lists that are a `scope`; the others are a `role`."""


def byte_size(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def element(tag: str, inside: str = "", /, **attributes: str | int | None) -> str:
    """An element around the XML `inside`; attributes that are None are left out, booleans become `true` and `false`."""
    told = "".join([f' {name}="{_value(value)}"' for name, value in attributes.items() if value is not None])
    return f"<{tag}{told}>{inside}</{tag}>" if inside else f"<{tag}{told}/>"


def _value(value: str | int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape_attribute(value) if isinstance(value, str) else str(int(value))


def origin_attributes(room_uri: str, message: Message) -> str:
    """Where a message was posted and by whom; a page of history renders this once per author."""
    return (
        f'chanUri="{escape_attribute(room_uri)}" author="{escape_attribute(message.author)}" '
        f'authdisp="{escape_attribute(message.author_name)}"'
    )


def message_inside(origin: str, message: Message) -> str:
    """Everything of a message after its id and number, without the end tag. `origin` is `origin_attributes`."""
    rtf = "" if message.rtf is None else f"<rtf>{escape_text(message.rtf)}</rtf>"
    return (
        f'{origin} alert="{"true" if message.alert else "false"}" '
        f'chatId="{message.chat_id}" ts="{format_time(message.at)}"><chat>{escape_text(message.text)}</chat>{rtf}'
    )


def user_attributes(user: UserInfo) -> str:
    """The attributes of a `uib`, with a blank before each."""
    name = escape_attribute(user.name)
    guid = f' guid="{escape_attribute(user.guid)}"' if user.guid else ""
    return f' uri="{escape_attribute(user.uri)}"{guid} type="{user.kind}" uname="{name}" disname="{name}"'


def seat_block(user: UserInfo, seats: Iterable[SeatTaken]) -> str:
    """A person and the rooms just entered, for ntc:join: here `aib@value` is a room."""
    keys = []
    for seat in seats:
        domain, guid = parse_room_uri(seat.room_uri) or ("", "")
        keys.append(f'<aib key="{seat.mask}" domain="{escape_attribute(domain)}" value="{guid}"/>')
    return f"<uib{user_attributes(user)}>{''.join(keys)}</uib>"


class SeatBook:
    """The people of one reply, each listed once and numbered from 0, whatever number of rooms they sit in."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._blocks: list[str] = []

    def add_seats(self, seats: Sequence[Seat]) -> str:
        """The `aib` elements of a room, highest mask first: here `aib@value` is a list of people's numbers.

        COMPAT: SIPE wants no blanks in the list, and each person under one mask."""
        by_mask: dict[int, list[str]] = {}
        for seat in seats:
            by_mask.setdefault(seat.mask, []).append(str(self._number(seat.user)))
        return "".join(
            [f'<aib key="{mask}" value="{",".join(by_mask[mask])}"/>' for mask in sorted(by_mask, reverse=True)]
        )

    def blocks(self) -> str:
        """The `uib` elements."""
        return "".join(self._blocks)

    def _number(self, user: UserInfo) -> int:
        number = self._numbers.get(user.uri)
        if number is None:
            number = self._numbers[user.uri] = len(self._blocks)
            self._blocks.append(f'<uib{user_attributes(user)} id="{number}"/>')
        return number


def user_block(user: UserInfo) -> str:
    """A person or another principal with all that is told of it."""
    return element(
        "uib",
        "".join([_affiliation(one) for one in user.affiliations]) + _audit(user.audit),
        uri=user.uri,
        guid=user.guid or None,
        type=user.kind,
        uname=user.name,
        disname=user.name,
        email=user.email or None,
        company=user.company or None,
        path=user.path or None,
        disabled=user.disabled,
    )


def _affiliation(group: UserInfo) -> str:
    return element("affil", uri=group.uri, guid=group.guid or None, type=group.kind, disname=group.name or None)


def list_block(members: ListMembers) -> str:
    """A role or a scope, with those who stand in it."""
    people = "".join([user_block(one) for one in members.principals])
    if members.which in SCOPES:
        return element("scope", people, type=members.which)
    return element("role", people, name=members.which)


def category_block(category: CategoryInfo, lists: str | None = None) -> str:
    """A category with all that is told of it; `lists` is XML that stands in for its lists."""
    inside = "".join([list_block(one) for one in category.lists]) if lists is None else lists
    return element(
        "catib",
        _audit(category.audit) + inside,
        uri=category.uri,
        name=category.name,
        description=category.description,
        parent=category.parent or None,
        invite=category.invite,
        logged=category.logged,
        filepost=category.filepost,
        inherits=" ".join(category.inherits) or None,
    )


def room_reference(room_uri: str) -> str:
    """A room by its URI alone."""
    return f'<chanib uri="{escape_attribute(room_uri)}"/>'


def category_reference(category_uri: str) -> str:
    """A category by its URI alone."""
    return f'<catib uri="{escape_attribute(category_uri)}"/>'


def message_reference(room_uri: str, chat_id: int) -> str:
    """A message by its number."""
    return f'<msgref chanUri="{escape_attribute(room_uri)}" chatId="{chat_id}"/>'


def purge_block(room_uri: str, until: int) -> str:
    """A room and the time up to which its messages go."""
    return f'{room_reference(room_uri)}<purge until="{format_time(until)}"/>'


def room_block(room: RoomInfo, inside: str = "") -> str:
    """A room with all that is told of it; `inside` is XML that goes before its facts.

    Written out, not by `element`: a search or a bjoin has a thousand of them."""
    parent = f' parent="{escape_attribute(room.parent)}"' if room.parent else ""
    return (
        f'<chanib name="{escape_attribute(room.name)}" description="{escape_attribute(room.description)}"{parent} '
        f'behavior="{escape_attribute(room.behavior)}" topic="{escape_attribute(room.topic)}" '
        f'disabled="{"true" if room.disabled else "false"}"{_addin(room)} uri="{escape_attribute(room.uri)}">'
        f"{inside}{_audit(room.audit)}{_infos(room)}{_props(room)}</chanib>"
    )


def _addin(room: RoomInfo) -> str:
    told = (("siopid", room.addin_id), ("siopname", room.addin_name), ("siopurl", room.addin_url))
    return "".join([f' {name}="{escape_attribute(value)}"' for name, value in told if value])


def _audit(audit: AuditInfo | None) -> str:
    if audit is None:
        return ""
    updated, created = (None if at is None else format_time(at) for at in (audit.updated_at, audit.created_at))
    by, maker = audit.updated_by or None, audit.created_by or None
    return element("audit", updatedby=by, updatedon=updated, createdby=maker, createdon=created)


def _infos(room: RoomInfo) -> str:
    parts = []
    if room.participant_count is not None:
        parts.append(f'<info id="{INFO_UCNT}">{room.participant_count}</info>')
    if room.visibility is not None:
        value = escape_text(room.visibility)
        parts.append(f'<info id="{INFO_VISIBILTY}">{value}</info><info id="{INFO_VISIBILITY}">{value}</info>')
    if room.filestore_uri:
        parts.append(f'<info id="{INFO_FILESTORE}">{escape_text(room.filestore_uri)}</info>')
    return "".join(parts)


def _props(room: RoomInfo) -> str:
    told = ((PROP_LOGGED, room.logged), (PROP_INVITE, room.invite), (PROP_FILEPOST, room.filepost))
    return "".join([f'<prop id="{name}">{value}</prop>' for name, value in told if value is not None])


def failure_block(room: FailedRoom) -> str:
    """A room that could not be served."""
    return element("fib", key="OPERATION_FAILED", value=room.guid, domain=room.domain, code=room.code)


def server_info_block(info: ServerInfo, info_type: int | None) -> str:
    """Limits and identity of the server."""
    return element(
        "sib",
        infoType=info_type,
        serverTime=None if info.server_time is None else format_time(info.server_time),
        searchLimit=info.search_limit,
        messageSizeLimit=info.message_size_limit,
        storySizeLimit=info.story_size_limit,
        rootUri=info.root_uri,
        dbVersion=info.db_version,
        displayName=info.display_name or None,
        roomManagementUrl=info.room_management_url or None,
    )


def invitation_block(invitation: Invitation) -> str:
    """An invitation, with the room it is for."""
    created = "" if invitation.created_at is None else f' createdon="{format_time(invitation.created_at)}"'
    return (
        f'<inv inviteId="{invitation.number}" domain="{escape_attribute(invitation.domain)}"{created}>'
        f"{room_block(invitation.room)}</inv>"
    )
