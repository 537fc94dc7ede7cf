"""Answers and notices about rooms and categories that were made, changed or removed, and about their lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from parlour.xccos.blocks import (
    SCOPES,
    byte_size,
    category_block,
    category_reference,
    element,
    room_block,
    room_reference,
    user_block,
)
from parlour.xccos.encode.envelope import FRAME_BYTES, SPLIT_BYTES, Fragment, notice, reply
from parlour.xccos.encode.pieces import TRUNCATED, Section, cut, pieces, told, whole_reply
from parlour.xccos.types import CategoryInfo, Command, ListMembers, RoomCard, RoomInfo

__all__ = [
    "categories_replies",
    "category_reply",
    "moved_reply",
    "roles_replies",
    "room_card_reply",
    "room_changed_notice",
    "room_created_notice",
    "room_deleted_notice",
    "room_reply",
]


def room_card_reply(envid: int, command: Command, card: RoomCard) -> Fragment:
    """All about one room: rpl:chaninfo, rpl:chancreate, rpl:chanmodify."""
    category = "" if card.category is None else category_block(card.category)
    return reply(envid, command, 200, room_block(card.room) + category)


def moved_reply(envid: int, command: Command, room_uri: str, parent: str) -> Fragment:
    """A room is in another category now."""
    return reply(envid, command, 200, element("chanib", uri=room_uri, parent=parent))


def room_reply(envid: int, command: Command, room_uri: str) -> Fragment:
    """It is done: rpl:chandelete, rpl:setroles."""
    return reply(envid, command, 200, room_reference(room_uri))


def roles_replies(envid: int, command: Command, room_uri: str, roles: Iterable[ListMembers]) -> Iterator[Fragment]:
    """Who stands in which role of a room, in one reply or several: a role that is cut goes on in the next."""
    frame = byte_size(element("chanib", " ", uri=room_uri)) + len(TRUNCATED) + FRAME_BYTES
    datas = cut((_section(one) for one in roles), SPLIT_BYTES - frame)
    for data in told(element("chanib", data, uri=room_uri) for data in datas):
        yield reply(envid, command, 200, data)


def _section(members: ListMembers) -> Section:
    """A role or a scope, with those who stand in it."""
    tag, name = ("scope", "type") if members.which in SCOPES else ("role", "name")
    return Section(f'<{tag} {name}="{members.which}">', map(user_block, members.principals), f"</{tag}>")


def categories_replies(
    envid: int,
    command: Command,
    categories: Iterable[CategoryInfo],
    truncated: bool = False,
    *,
    whole: bool = False,
) -> Iterator[Fragment]:
    """Categories, with those of their lists that they hold, in one reply or several: a category whose lists are cut
    goes on in the next. `whole`: in one reply, as far as it reaches."""
    after = TRUNCATED if truncated else ""
    if whole:
        return iter([whole_reply(envid, command, map(category_block, categories), after=after)])
    blocks = (block for one in categories for block in _category_blocks(one))
    return pieces(envid, command, blocks, after=after)


def _category_blocks(category: CategoryInfo) -> Iterator[str]:
    """The category, several times where its lists are long, each time with some of those who stand in them."""
    frame = byte_size(category_block(category, " ")) + len(TRUNCATED) + FRAME_BYTES
    for lists in cut((_section(one) for one in category.lists), SPLIT_BYTES - frame):
        yield category_block(category, lists)


def category_reply(envid: int, command: Command, category_uri: str) -> Fragment:
    """It is done: rpl:catdelete, rpl:setscope."""
    return reply(envid, command, 200, category_reference(category_uri))


def room_changed_notice(room: RoomInfo) -> Fragment:
    """A room the receiver sits in has other settings now; all of them are told."""
    return notice("chanmodified", room_block(room))


def room_created_notice(room: RoomInfo) -> Fragment:
    """There is a new room."""
    return notice("chancreated", room_block(room))


def room_deleted_notice(room_uri: str) -> Fragment:
    """A room the receiver sits in is removed for good."""
    return notice("chandeleted", room_reference(room_uri))
