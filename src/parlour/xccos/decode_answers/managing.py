"""Answers and notices about rooms and categories that were made, changed or removed, and about their lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from parlour.xccos.decode_answers.parts import category_of, is_truncated, lists_of, room_of
from parlour.xccos.decode_answers.reader import NoticeReader, ReplyReader
from parlour.xccos.fields import required, room_uri_of
from parlour.xccos.types import CategoriesFound, RoomCard, RoomRoles
from parlour.xccos.xml import Element

__all__ = ["NOTICES", "REPLIES"]


def _room_card(data: Element) -> RoomCard:
    catib = data.find("catib")
    return RoomCard(room_of(required(data, "chanib")), None if catib is None else category_of(catib))


def _room_roles(data: Element) -> RoomRoles:
    chanib = required(data, "chanib")
    return RoomRoles(room_uri_of(chanib, "uri"), tuple(lists_of(chanib)))


def _categories(data: Element) -> CategoriesFound:
    return CategoriesFound(tuple(category_of(catib) for catib in data.find_all("catib")), is_truncated(data))


REPLIES: Final[Mapping[str, ReplyReader]] = {
    "chaninfo": _room_card,
    "chancreate": _room_card,
    "chanmodify": _room_card,
    "chanmove": _room_card,
    "getroles": _room_roles,
    "nodespermcreatechild": _categories,
    "catcreate": _categories,
    "catmodify": _categories,
    "catdelete": _categories,
    "catinfo": _categories,
    "catsrch": _categories,
    "getscope": _categories,
    "setscope": _categories,
}

NOTICES: Final[Mapping[str, NoticeReader]] = {"chanmodified": _room_card, "chancreated": _room_card}
