"""Answers and notices about rooms and categories that were made, changed or removed, and about their lists."""

from __future__ import annotations

from collections.abc import Iterable

from parlour.xccos.blocks import category_block, category_reference, element, list_block, room_block, room_reference
from parlour.xccos.encode.envelope import Fragment, notice, reply
from parlour.xccos.types import CategoryInfo, Command, ListMembers, RoomCard, RoomInfo

__all__ = [
    "categories_reply",
    "category_reply",
    "moved_reply",
    "roles_reply",
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


def roles_reply(envid: int, command: Command, room_uri: str, roles: Iterable[ListMembers]) -> Fragment:
    """Who stands in which role of a room."""
    return reply(envid, command, 200, element("chanib", "".join([list_block(one) for one in roles]), uri=room_uri))


def categories_reply(
    envid: int, command: Command, categories: Iterable[CategoryInfo], truncated: bool = False
) -> Fragment:
    """Categories, with those of their lists that they hold."""
    end = '<qib truncated="true"/>' if truncated else ""
    return reply(envid, command, 200, "".join([category_block(one) for one in categories]) + end)


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
